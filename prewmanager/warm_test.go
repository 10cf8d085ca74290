package main

import (
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"prew/deploy/local/stack"
)

// warmed is a bucket with photos and previews, and a stand-in for its gateways.
type warmed struct {
	bucket string
	answer func(w http.ResponseWriter, path string)

	mu    sync.Mutex
	asked []string
}

func newWarmed(t *testing.T, bucket string, objects ...string) (w *warmed, environ []string) {
	t.Helper()
	if err := servers.S3.CreateBucket(t.Context(), bucket); err != nil {
		t.Fatal(err)
	}
	for _, key := range objects {
		if _, err := servers.S3.Client().PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(bucket), Key: &key, Body: strings.NewReader("p")}); err != nil {
			t.Fatal(err)
		}
	}
	w = &warmed{bucket: bucket, answer: func(w http.ResponseWriter, _ string) { w.Header().Set("X-Prew", "rendered") }}
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodHead || r.Header.Get("X-Prew-Warm") == "" {
			t.Errorf("%s with %v", r.Method, r.Header)
		}
		if signed := r.URL.RawQuery != ""; signed != strings.HasPrefix(r.URL.Path, "/prew/secret/") {
			t.Errorf("%s: signed %v", r.URL, signed)
		}
		w.mu.Lock()
		w.asked = append(w.asked, r.URL.Path)
		w.mu.Unlock()
		w.answer(out, r.URL.Path)
	}))
	t.Cleanup(server.Close)
	presets := filepath.Join(t.TempDir(), "p.yaml")
	if err := os.WriteFile(presets, []byte("card: {width: 8, formats: [webp]}\nwide: {width: 9}\nsecret: {width: 9, access: signed}\nours: {width: 9, access: token}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return w, append(servers.S3.Env(), "PREW_BUCKET="+bucket, "PREW_PRESETS="+presets, "XDG_STATE_HOME="+t.TempDir(), "PREW_SIGNING_KEYS=0123456789abcdef",
		"PREW_GATEWAYS="+strings.TrimPrefix(server.URL, "http://"))
}

func TestWarmAsksForWhatIsMissing(t *testing.T) {
	keys := filepath.Join(t.TempDir(), "keys")
	if err := os.WriteFile(keys, []byte("a.jpg\nd/c.jpg\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for i, test := range []struct {
		args  string
		code  int
		asked []string
		said  string
	}{
		{"--preset card", 0, []string{"/prew/card.webp/b.jpg", "/prew/card.webp/d/c.jpg", "/prew/card/b.jpg", "/prew/card/d/c.jpg"}, "4 previews rendered"},
		{"--preset card.webp,wide --prefix d/", 0, []string{"/prew/card.webp/d/c.jpg", "/prew/wide/d/c.jpg"}, "2 previews rendered"},
		{"--preset card.webp --keys " + keys, 0, []string{"/prew/card.webp/a.jpg", "/prew/card.webp/d/c.jpg"}, "2 previews rendered"},
		{"--preset card --dry-run", 0, nil, "4 previews are missing"},
		{"--preset card --keys " + keys + " --dry-run", 0, nil, "2 previews are missing"},
		{"--preset secret", 0, []string{"/prew/secret/a.jpg", "/prew/secret/b.jpg", "/prew/secret/d/c.jpg"}, "3 previews rendered"},
		{"--preset ours", 2, nil, "preset ours: access: token: "},
		{"--preset crad", 2, nil, `preset "crad": not known`},
		{"", 2, nil, "missing flags: --preset"},
		{"--preset card --rate 0", 2, nil, "--rate: 0, expected more than 0"},
		{"--preset card --keys /nowhere", 2, nil, "--keys: open /nowhere"},
		{"--preset card --gateways host", 2, nil, `PREW_GATEWAYS: "host", expected host:port`},
	} {
		w, environ := newWarmed(t, fmt.Sprintf("warm%d", i), "photo/a.jpg", "photo/b.jpg", "photo/d/c.jpg", "prew/card/a.jpg", "prew/card.webp/a.jpg", "prew/card/orphan.jpg")
		cmd := itself(t, environ, append([]string{"warm"}, strings.Fields(test.args)...)...)
		out, _ := cmd.CombinedOutput()
		slices.Sort(w.asked)
		if code := cmd.ProcessState.ExitCode(); code != test.code || !slices.Equal(w.asked, test.asked) || !strings.Contains(string(out), test.said) {
			t.Errorf("%s: exit code %d, asked %q: %s", test.args, code, w.asked, out)
		}
	}
}

// TestWarmComesAgainWhereItShould checks what becomes of each answer of a gateway.
func TestWarmComesAgainWhereItShould(t *testing.T) {
	w, environ := newWarmed(t, "warm-again", "photo/busy.jpg", "photo/damaged.jpg", "photo/gone.jpg", "photo/stored.jpg", "photo/unknown.jpg")
	busy := 0
	w.answer = func(out http.ResponseWriter, path string) {
		switch path {
		case "/prew/wide/busy.jpg":
			if busy++; busy < 3 {
				out.Header().Set("X-Prew-Error", "busy")
				out.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			out.Header().Set("X-Prew", "joined")
		case "/prew/wide/damaged.jpg":
			out.WriteHeader(http.StatusUnprocessableEntity)
		case "/prew/wide/gone.jpg":
			out.Header().Set("X-Prew-Error", "source_missing")
			out.WriteHeader(http.StatusNotFound)
		case "/prew/wide/stored.jpg":
			out.Header().Set("X-Prew", "stored")
		}
	}
	cmd := itself(t, environ, "warm", "--preset", "wide", "--json")
	out, err := cmd.Output()
	var said warmReport
	if json.Unmarshal(out, &said) != nil || err != nil || said.Rendered != 1 || said.Stored != 2 || said.Refused != 2 || said.Failed != 0 || said.Result != "done" || busy != 3 {
		t.Errorf("%v: %s", err, out)
	}
}

// TestWarmSaysWhatFailed is about a gateway with other presets, and about none.
func TestWarmSaysWhatFailed(t *testing.T) {
	w, environ := newWarmed(t, "warm-failed", "photo/a.jpg", "photo/b.jpg")
	w.answer = func(out http.ResponseWriter, path string) {
		out.Header().Set("X-Prew", "rendered")
		if path == "/prew/wide/b.jpg" {
			out.Header().Set("X-Prew-Error", "preset_unknown")
			out.WriteHeader(http.StatusNotFound)
		}
	}
	cmd := itself(t, environ, "warm", "--preset", "wide")
	out, _ := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != partlyDone || !strings.Contains(string(out), "/prew/wide/b.jpg: ") || !strings.Contains(string(out), "404 Not Found (preset_unknown)") {
		t.Errorf("exit code %d: %s", code, out)
	}
	cmd = itself(t, append(environ, "PREW_GATEWAYS=127.0.0.1:1"), "warm", "--preset", "wide")
	out, _ = cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != refused || !strings.Contains(string(out), "no gateway answers") {
		t.Errorf("exit code %d: %s", code, out)
	}
}

func TestInterruptedWarmGoesOn(t *testing.T) {
	var photos []string
	for i := range 300 {
		photos = append(photos, fmt.Sprintf("photo/%03d.jpg", i))
	}
	w, environ := newWarmed(t, "warm-on", photos...)
	cmd := itself(t, environ, "warm", "--preset", "wide", "--parallel", "4", "--rate", "1000")
	w.answer = func(out http.ResponseWriter, path string) {
		if path == "/prew/wide/100.jpg" {
			cmd.Process.Signal(os.Interrupt)
		}
		out.Header().Set("X-Prew", "rendered")
		time.Sleep(time.Millisecond)
	}
	out, _ := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != partlyDone || !strings.Contains(string(out), "interrupted; --resume goes on from") {
		t.Errorf("exit code %d: %s", code, out)
	}
	w.answer = func(out http.ResponseWriter, _ string) { out.Header().Set("X-Prew", "rendered") }
	first := len(w.asked)
	out, err := itself(t, environ, "warm", "--preset", "wide", "--parallel", "4", "--rate", "1000", "--resume").CombinedOutput()
	slices.Sort(w.asked)
	// A busy machine may hold up one of the four, and the position with it, while the others go on.
	if again := len(w.asked) - 300; err != nil || first > 250 || again < 0 || again > 50 || len(slices.Compact(w.asked)) != 300 {
		t.Errorf("%v: %s\n%d asked, then %d more", err, out, first, len(w.asked)-first)
	}
}

// TestWarmedPreviewsAreStored warms by a real gateway with the real function.
func TestWarmedPreviewsAreStored(t *testing.T) {
	renderer, err := stack.Program("bootstrap")
	if err != nil {
		t.Fatal(err)
	}
	_, environ := newWarmed(t, "warm-real")
	presets := filepath.Join(t.TempDir(), "open.yaml")
	if err := os.WriteFile(presets, []byte("card: {width: 8, formats: [webp]}\nwide: {width: 9}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	environ = append(environ, "PREW_PRESETS="+presets)
	var picture strings.Builder
	if err := jpeg.Encode(&picture, image.NewGray(image.Rect(0, 0, 40, 30)), nil); err != nil {
		t.Fatal(err)
	}
	const photos = 20
	for i := range photos {
		key := fmt.Sprintf("photo/%d é.jpg", i)
		if _, err := servers.S3.Client().PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("warm-real"), Key: &key, Body: strings.NewReader(picture.String())}); err != nil {
			t.Fatal(err)
		}
	}
	cmd, addr, log := serving(t, append(environ, "PREW_FUNCTION=local", "PREW_RENDERER="+renderer, "PREW_RENDERERS=2")...)
	defer func() { cmd.Process.Signal(os.Interrupt); cmd.Wait() }()
	for _, want := range []string{"60 previews rendered, 0 stored", "0 previews rendered, 0 stored"} {
		out, err := itself(t, append(environ, "PREW_GATEWAYS="+addr), "warm", "--preset", "card", "--preset", "wide", "--rate", "500").CombinedOutput()
		if err != nil || !strings.HasPrefix(string(out), want) {
			t.Errorf("%v: %s, want %s\n%s", err, out, want, log)
		}
	}
}
