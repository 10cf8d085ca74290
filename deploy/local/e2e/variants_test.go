package e2e

import (
	"bufio"
	"bytes"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"prew"
	"prew/deploy/local/stack"
)

func TestVariantsOfAPublicBucket(t *testing.T) { onBoth(t, variants) }

// variants checks the formats and pixel ratios of a photo through a whole stack: one address
// is one file for each client, whoever is asked, rendered and stored once.
func variants(t *testing.T, system *stack.Stack) {
	t.Helper()
	key := fmt.Sprintf("variants/%d.jpg", time.Now().UnixNano())
	if _, err := system.S3.Client().PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String(stack.Bucket), Key: aws.String("photo/" + key), Body: bytes.NewReader(photo(t, 1000, 800)), ContentType: aws.String("image/jpeg"),
	}); err != nil {
		t.Fatal(err)
	}
	places := everywhere(t, system, prew.Places{})
	const chrome = "Accept: image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"
	files := map[string]string{} // by variant
	for _, test := range []struct {
		preset, accept string
		variant        string
		contentType    string
		width, height  int
		vary           string
	}{
		{"card", chrome, "card.webp", "image/webp", 640, 360, "Accept"},
		{"card", "Accept: */*", "card", "image/jpeg", 640, 360, "Accept"},
		{"card@2x", chrome, "card@2x.webp", "image/webp", 1000, 563, "Accept"}, // the photo has no more
		{"card@2x", "Accept: image/webp;q=0, */*", "card@2x", "image/jpeg", 1000, 563, "Accept"},
		{"thumb@2x", chrome, "thumb@2x.webp", "image/webp", 400, 400, "Accept"},
		{"card.webp", "Accept: image/jpeg", "card.webp", "image/webp", 640, 360, ""},
		{"card@2x.webp", "X-Nothing: 1", "card@2x.webp", "image/webp", 1000, 563, ""},
		{"preset_name_1", chrome, "preset_name_1", "image/jpeg", 320, 256, ""},
	} {
		what := test.preset + " for " + test.accept
		target := "/prew/" + test.preset + "/" + key
		known, before := files[test.variant], renders(t, system, "prew/"+test.variant+"/"+key)
		first := get(t, system.Addr(), target, test.accept)
		if first.status != 200 || first.header.Get("Content-Type") != test.contentType || first.header.Get("Vary") != test.vary {
			t.Fatalf("%s: %d %s, %s, Vary %q", what, first.status, first.header.Get("X-Prew-Error"), first.header.Get("Content-Type"), first.header.Get("Vary"))
		}
		if format, width, height := sizeOf(t, first.body); "image/"+format != test.contentType || width != test.width || height != test.height {
			t.Errorf("%s: %s of %dx%d, want %s of %dx%d", what, format, width, height, test.contentType, test.width, test.height)
		}
		if want := map[bool]string{true: "rendered", false: "cached"}[before == 0]; from(first) != want || known != "" && known != first.body {
			t.Errorf("%s: %s, want %s", what, from(first), want)
		}
		files[test.variant] = first.body
		for where, addr := range places {
			again := get(t, addr, target, test.accept)
			if again.status != 200 || again.body != first.body || again.header.Get("Vary") != test.vary || again.header.Get("Etag") != first.header.Get("Etag") {
				t.Errorf("%s, from %s: %d, the same bytes: %t, Vary %q", what, where, again.status, again.body == first.body, again.header.Get("Vary"))
			}
			same := get(t, addr, target, test.accept, "If-None-Match: "+first.header.Get("Etag"))
			if same.status != 304 || same.header.Get("Vary") != test.vary {
				t.Errorf("%s, from %s, with its ETag: %d, Vary %q", what, where, same.status, same.header.Get("Vary"))
			}
			if head, err := ask(addr, http.MethodHead, target, test.accept); err != nil || head.status != 200 || head.header.Get("Vary") != test.vary {
				t.Errorf("%s, from %s, HEAD: %d, Vary %q, %v", what, where, head.status, head.header.Get("Vary"), err)
			}
		}
		if n := renders(t, system, "prew/"+test.variant+"/"+key); n != 1 {
			t.Errorf("%s: %d renders, want 1", what, n)
		}
	}
	for _, undeclared := range []string{"card@3x", "card.png", "card@2x.png", "preset_name_1.webp", "preset_name_1@2x", "card@1x", "card.webp@2x"} {
		for range 2 {
			a := get(t, system.Addr(), "/prew/"+undeclared+"/"+key, chrome)
			if a.status != 404 || a.header.Get("X-Prew-Error") != "preset_unknown" || a.header.Get("Vary") != "" {
				t.Errorf("%s: %d %s, Vary %q", undeclared, a.status, a.header.Get("X-Prew-Error"), a.header.Get("Vary"))
			}
		}
		if n := invocations(t, system, "prew/"+undeclared+"/"+key); n != 0 {
			t.Errorf("%s: %d invocations", undeclared, n)
		}
	}
	for target, code := range map[string]string{"/prew/card/none.jpg": "source_missing", "/prew/card.webp/none.jpg": "source_missing"} {
		a := get(t, system.Addr(), target, chrome)
		// For a failure CloudFront does not run its function a second time.
		if vary := map[bool]string{true: "Accept"}[!strings.Contains(target, ".webp/") && !atTheEdge(system)]; a.status != 404 || a.header.Get("X-Prew-Error") != code || a.header.Get("Vary") != vary {
			t.Errorf("%s: %d %s, Vary %q", target, a.status, a.header.Get("X-Prew-Error"), a.header.Get("Vary"))
		}
	}
	acceptTable(t, places, key, files)
}

// acceptTable sends nginx's table of Accept for one photo to all of some places.
func acceptTable(t *testing.T, places map[string]string, key string, files map[string]string) {
	t.Helper()
	file, err := os.Open("../../../nginx/testdata/accept.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows := 0
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		columns := strings.Split(lines.Text(), "\t")
		var headers []string
		if columns[0] != "-" {
			accept, err := strconv.Unquote(columns[0])
			if err != nil {
				t.Fatal(err)
			}
			headers = []string{"Accept: " + accept}
		}
		want := "card"
		if slices.Contains(strings.Fields(columns[1]), "webp") {
			want = "card.webp"
		}
		for where, addr := range places {
			a := get(t, addr, "/prew/card/"+key, headers...)
			if a.status != 200 || a.body != files[want] || a.header.Get("Vary") != "Accept" {
				t.Errorf("%s for %.100q (%s): %d, %s, Vary %q; want %s", where, headers, columns[2], a.status, a.header.Get("Content-Type"), a.header.Get("Vary"), want)
			}
		}
		rows++
	}
	if rows < 40 {
		t.Errorf("%d rows, want at least 40", rows)
	}
}

// TestEnvironmentChangesVariants checks that a variant is changed by itself.
func TestEnvironmentChangesVariants(t *testing.T) {
	upload(t, "photo/variant-changed.jpg", photo(t, 800, 600))
	front := anotherFront(t, anotherGateway(t, "PRESET_HERO__WEBP=width=64").Addr)
	for accept, want := range map[string]int{"image/webp": 64, "*/*": 800} {
		a := get(t, front, "/prew/hero/variant-changed.jpg", "Accept: "+accept)
		if _, width, _ := sizeOf(t, a.body); a.status != 200 || width != want {
			t.Errorf("%s: %d, %d pixels wide, want %d", accept, a.status, width, want)
		}
	}
}
