package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"math/rand/v2"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"prew"
	"prew/deploy/local/stack"
)

// TestManyClientsInManyPlaces measures what coalescing there is without gateways: each place of
// CloudFront collapses its own requests, and nobody those of all places. The function has a
// process for each, as it would on Lambda.
func TestManyClientsInManyPlaces(t *testing.T) {
	const places = 10
	system := begin(t, stack.Config{Front: stack.Edge, Renderers: places})
	addrs := []string{system.Addr()}
	for len(addrs) < places {
		addrs = append(addrs, emptyCache(t, system, prew.Places{}, true))
	}
	uploadTo(t, system, "photo/many.jpg", photo(t, 1200, 800))
	crowd(t, func(i int) (addr, target string) { return addrs[i%places], "/prew/card/many.jpg" }, 1)
	asked, rendered := invocations(t, system, "prew/card/many.jpg"), renders(t, system, "prew/card/many.jpg")
	t.Logf("300 clients on one cold key in %d places of CloudFront: the function was asked %d times and rendered %d times", places, asked, rendered)
	if asked < 1 || asked > places || rendered < 1 || rendered > asked {
		t.Errorf("asked %d times and rendered %d times, want 1 to %d", asked, rendered, places)
	}
	if got := stored(t, system, "prew/"); len(got) != 1 {
		t.Errorf("stored are %q, want one preview", got)
	}
}

// TestReplacedPhotoAtTheEdge: the function hears of it and deletes the previews, and CloudFront
// does not hear of it: what it has it keeps as long as Cache-Control says.
func TestReplacedPhotoAtTheEdge(t *testing.T) {
	system := begin(t, stack.Config{Front: stack.Edge, Renderers: 1, Events: true})
	uploadTo(t, system, "photo/replaced.jpg", photo(t, 800, 600))
	const target = "/prew/hero/replaced.jpg"
	before := get(t, system.Addr(), target)
	if before.status != 200 || len(stored(t, system, "prew/")) != 1 {
		t.Fatalf("%d, stored are %q", before.status, stored(t, system, "prew/"))
	}
	uploadTo(t, system, "photo/replaced.jpg", photo(t, 600, 800))
	for deadline := time.Now().Add(time.Minute); len(stored(t, system, "prew/")) > 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the preview of the old photo is still stored")
		}
	}
	if kept := get(t, system.Addr(), target); from(kept) != "cached" || kept.body != before.body {
		t.Errorf("where it was asked for before: %s, the same bytes: %v", from(kept), kept.body == before.body)
	}
	if anew := get(t, emptyCache(t, system, prew.Places{}, true), target); from(anew) != "rendered" || anew.body == before.body {
		t.Errorf("elsewhere: %s, the same bytes: %v", from(anew), anew.body == before.body)
	}
}

// TestPurgedPreviewAtTheEdge deletes one by prewmanager purge: it is gone from the bucket, and
// CloudFront keeps it unless it is told, which --cloudfront does.
func TestPurgedPreviewAtTheEdge(t *testing.T) {
	system := begin(t, stack.Config{Front: stack.Edge, Renderers: 1})
	uploadTo(t, system, "photo/purged.jpg", photo(t, 800, 600))
	for _, preset := range []string{"card", "hero"} {
		get(t, system.Addr(), "/prew/"+preset+"/purged.jpg")
	}
	program, err := stack.Program("prewmanager")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, program, "purge", "--preset", "card", "--photo", "purged.jpg")
	command.Env = append(system.S3.Env(), "PREW_BUCKET="+stack.Bucket, "HOME="+t.TempDir(), "PREW_REDIS=127.0.0.1:1")
	said, err := command.CombinedOutput()
	if failed, ok := errors.AsType[*exec.ExitError](err); !ok || failed.ExitCode() != 3 || !strings.Contains(string(said), "gateways were not told") {
		t.Errorf("%v: %s", err, said) // it has no Redis to tell them by
	}
	if got := strings.Join(stored(t, system, "prew/"), " "); got != "prew/hero/purged.jpg" {
		t.Errorf("stored are %s", got)
	}
	for preset, want := range map[string]string{"card": "rendered", "hero": "stored"} {
		target := "/prew/" + preset + "/purged.jpg"
		if kept := get(t, system.Addr(), target); from(kept) != "cached" {
			t.Errorf("%s where it was asked for before: %s", preset, from(kept))
		}
		if anew := get(t, emptyCache(t, system, prew.Places{}, true), target); from(anew) != want {
			t.Errorf("%s elsewhere: %s, want %s", preset, from(anew), want)
		}
	}
}

// noise is a PNG of so many pixels that does not become smaller.
func noise(t *testing.T, width, height int) []byte {
	t.Helper()
	img, random := image.NewNRGBA(image.Rect(0, 0, width, height)), rand.NewChaCha8([32]byte{})
	random.Read(img.Pix)
	for i := 3; i < len(img.Pix); i += 4 {
		img.Pix[i] = 0xff
	}
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestLargePreviewAtTheEdge has more than the 6 MB of an answer that is not streamed: then who
// has it rendered is sent to where it is stored by now.
func TestLargePreviewAtTheEdge(t *testing.T) {
	t.Setenv("PRESET_WHOLE", "width=2000,height=2000,format=png")
	for _, stream := range []string{"1", "0"} {
		t.Run("PREW_STREAM="+stream, func(t *testing.T) {
			t.Setenv("PREW_STREAM", stream)
			system := begin(t, stack.Config{Front: stack.Edge, Renderers: 1})
			uploadTo(t, system, "photo/large.png", noise(t, 1600, 1400))
			const target = "/prew/whole/large.png"
			cold := get(t, system.Addr(), target)
			if stream == "0" {
				if cold.status != http.StatusFound || cold.header.Get("Location") != target+"?again" || cold.header.Get("Cache-Control") != "no-store" {
					t.Fatalf("cold: %d %s to %q, %s", cold.status, cold.header.Get("X-Prew-Error"), cold.header.Get("Location"), cold.header.Get("Cache-Control"))
				}
				cold = get(t, system.Addr(), cold.header.Get("Location"))
			}
			if format, width, height := sizeOf(t, cold.body); cold.status != 200 || format != "png" || width != 1600 || height != 1400 || len(cold.body) < 6<<20 {
				t.Errorf("%d, %s of %dx%d in %d bytes", cold.status, format, width, height, len(cold.body))
			}
			if again := get(t, system.Addr(), target); from(again) != "cached" || again.body != cold.body {
				t.Errorf("again: %s, the same bytes: %v", from(again), again.body == cold.body)
			}
			if n := renders(t, system, "prew/whole/large.png"); n != 1 {
				t.Errorf("%d renders, want 1", n)
			}
		})
	}
}

// TestEnvironmentChangesPresetsAtTheEdge, for the viewer function and the function alike.
func TestEnvironmentChangesPresetsAtTheEdge(t *testing.T) {
	t.Setenv("PRESET_THUMB", "width=64,height=64")
	t.Setenv("PRESET_OWN", "width=80,formats=webp")
	system := begin(t, stack.Config{Front: stack.Edge, Renderers: 1})
	uploadTo(t, system, "photo/changed.jpg", photo(t, 800, 600))
	for _, test := range []struct{ preset, accept, want string }{
		{"thumb", "*/*", "jpeg of 64x64"}, {"own", "*/*", "jpeg of 80x60"}, {"own", "image/webp", "webp of 80x60"},
	} {
		a := get(t, system.Addr(), "/prew/"+test.preset+"/changed.jpg", "Accept: "+test.accept)
		if format, width, height := sizeOf(t, a.body); a.status != 200 || fmt.Sprintf("%s of %dx%d", format, width, height) != test.want {
			t.Errorf("%s for %s: %d, %s of %dx%d, want %s", test.preset, test.accept, a.status, format, width, height, test.want)
		}
	}
}
