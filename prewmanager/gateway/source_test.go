package gateway

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"prew"
	"prew/deploy/local/stack"
)

// people starts a second S3 server with the bucket people, and returns the variable that makes
// a source of it, and one that gives the preset face its photos.
func people(t *testing.T) (server *stack.S3, environ []string) {
	t.Helper()
	server, err := stack.StartS3(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Stop() })
	if err := server.CreateBucket(t.Context(), "people"); err != nil {
		t.Fatal(err)
	}
	return server, []string{
		"SOURCE_PEOPLE=bucket=people,prefix=faces,path_style=1,endpoint=http://" + server.Addr,
		"PRESET_FACE=width=64,formats=webp,source=people",
	}
}

func TestPresetHasItsPhotosFromItsSource(t *testing.T) {
	log := logged(t)
	_, environ := people(t)
	f := new(renderer)
	server := start(t, f, func(s *settings) { s.Environ = environ })
	for _, test := range []struct{ path, bucket, photo, preview, source string }{
		{"/prew/face/of%20me.jpg", "people", "faces/of me.jpg", "prew/face/of me.jpg", "people"},
		{"/prew/face.webp/of%20me.jpg", "people", "faces/of me.jpg", "prew/face.webp/of me.jpg", "people"},
		{"/prew/hero/of%20me.jpg", bucket, "photo/of me.jpg", "prew/hero/of me.jpg", ""},
	} {
		r, body := get(t, server.URL+test.path)
		if r.StatusCode != 200 || body != "preview of "+test.photo {
			t.Errorf("%s: %s, %q", test.path, r.Status, body)
		}
		got := f.last.Load()
		if got.SrcBucket != test.bucket || got.SrcKey != test.photo || got.DstBucket != bucket || got.DstKey != test.preview || got.Source != test.source {
			t.Errorf("%s: rendered from %s/%s of %q to %s/%s", test.path, got.SrcBucket, got.SrcKey, got.Source, got.DstBucket, got.DstKey)
		}
	}
	server.Close()
	var sources []string
	for text := range strings.Lines(log()) {
		var line struct{ Msg, Source string }
		if json.Unmarshal([]byte(text), &line) == nil && line.Msg == "request" {
			sources = append(sources, line.Source)
		}
	}
	if fmt.Sprint(sources) != "[people people default]" {
		t.Errorf("logged as of %q", sources)
	}
	_, text := get(t, measuredAt(t, server))
	for _, want := range []string{
		`prew_requests_total{code="",outcome="rendered",route="preview",source="people"} 2`,
		`prew_requests_total{code="",outcome="rendered",route="preview",source="default"} 1`,
		`prew_s3_errors_total{code="storage_busy",source="people"} 0`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no line %q", want)
		}
	}
}

// TestMissingPhotoOfOneSourceSaysNothingOfAnother asks for a key that only one source has, in
// either order.
func TestMissingPhotoOfOneSourceSaysNothingOfAnother(t *testing.T) {
	_, environ := people(t)
	f := new(renderer)
	server := start(t, f, func(s *settings) { s.Environ, s.Lacking = environ, true })
	put(t, "photo/only-here.jpg", "x")
	for range 2 {
		if r, _ := get(t, server.URL+"/prew/face/only-here.jpg"); r.StatusCode != 404 || r.Header.Get("X-Prew-Error") != "source_missing" {
			t.Errorf("of the source that lacks it: %s, %q", r.Status, r.Header.Get("X-Prew-Error"))
		}
		if r, _ := get(t, server.URL+"/prew/hero/only-here.jpg"); r.StatusCode != 200 {
			t.Errorf("of the source that has it: %s", r.Status)
		}
	}
	if n := f.invoked.Load(); n != 1 {
		t.Errorf("%d invocations, want 1", n)
	}
}

// TestSourceThatFailsFailsAlone takes the store of one source away.
func TestSourceThatFailsFailsAlone(t *testing.T) {
	other, environ := people(t)
	f := &renderer{answer: func(w http.ResponseWriter, request prew.RenderRequest) {
		if request.Source == "people" {
			refusals(prew.StorageFailed)(w, request)
			return
		}
		json.NewEncoder(w).Encode(prew.RenderResult{Status: true, ContentType: "image/jpeg", Size: 1, Data: []byte("p")})
	}}
	server := start(t, f, func(s *settings) { s.Environ, s.S3Timeout = environ, time.Second })
	other.Kill()
	g := server.Config.Handler.(*Gateway)
	if err := g.reach(t.Context()); err == nil || !strings.HasPrefix(err.Error(), "bucket of the photos of the source people, people: ") {
		t.Errorf("not ready because of %v", err)
	}
	for path, status := range map[string]int{"/prew/face/alone.jpg": 502, "/prew/hero/alone.jpg": 200} {
		if r, _ := get(t, server.URL+path); r.StatusCode != status {
			t.Errorf("%s: %s, want %d", path, r.Status, status)
		}
	}
	_, text := get(t, measuredAt(t, server))
	for _, want := range []string{
		`prew_requests_total{code="storage_failed",outcome="failed",route="preview",source="people"} 1`,
		`prew_requests_total{code="storage_failed",outcome="failed",route="preview",source="default"} 0`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no line %q", want)
		}
	}
}

// TestPhotosAtTheRootOfTheBucketOfThePreviews checks that no photo is a preview: such a path is
// refused before S3 or the function hears of it, unless its preset has another source.
func TestPhotosAtTheRootOfTheBucketOfThePreviews(t *testing.T) {
	_, environ := people(t)
	root, small := "", "small/previews"
	f := new(renderer)
	server := start(t, f, func(s *settings) { s.Environ, s.SourcePrefix, s.Prefix = environ, &root, &small })
	if r, body := get(t, server.URL+"/prew/hero/2024/cat.jpg"); r.StatusCode != 200 || body != "preview of 2024/cat.jpg" {
		t.Errorf("%s, %q", r.Status, body)
	}
	if got := f.last.Load(); got.SrcKey != "2024/cat.jpg" || got.DstKey != "small/previews/hero/2024/cat.jpg" {
		t.Errorf("rendered from %s to %s", got.SrcKey, got.DstKey)
	}
	put(t, "small/cat.jpg", "photo")
	for path, status := range map[string]int{
		"/photo/small/previews/hero/2024/cat.jpg": 404, "/prew/hero/small/previews/hero/2024/cat.jpg": 404,
		"/prew/nope/small/previews/a.jpg": 404, "/photo/small/cat.jpg": 200, "/prew/face/small/previews/a.jpg": 200, "/prew/hero/small/cat.jpg": 200,
	} {
		r, _ := get(t, server.URL+path)
		if r.StatusCode != status || (status == 404) != (r.Header.Get("X-Prew-Error") == "path_refused") {
			t.Errorf("%s: %s, %q; want %d", path, r.Status, r.Header.Get("X-Prew-Error"), status)
		}
	}
}
