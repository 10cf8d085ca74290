package nginx_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"prew/deploy/local/stack"
	"prew/nginx"
)

// TestEveryAnswerHasItsId: the same as in the log and at the gateway, another one for each
// request, on hits, misses and errors alike.
func TestEveryAnswerHasItsId(t *testing.T) {
	front, _, gateway := recording(t, failing(404), rendered(object))
	seen := map[string]bool{}
	targets := []string{"/prew/thumb/a.jpg", "/prew/thumb/a.jpg", "/photo/missing.jpg", "/photo/..", "/elsewhere"}
	for _, target := range targets {
		id := front.get(t, target, "X-Request-Id: mine").header.Get("X-Request-Id")
		if len(id) != 32 || seen[id] {
			t.Errorf("%s: %q, want an id of its own", target, id)
		}
		seen[id] = true
		for _, r := range gateway.took() {
			if got := r.header.Get("X-Request-Id"); got != id {
				t.Errorf("%s: %q at the gateway, %q at the client", target, got, id)
			}
		}
	}
	for _, line := range front.log(t, len(targets)) {
		if !seen[line["id"]] {
			t.Errorf("the log has %v, of no answer", line)
		}
	}
	if id := front.ask(t, "POST", "/photo/a.jpg").header.Get("X-Request-Id"); len(id) != 32 {
		t.Errorf("405: %q", id)
	}
}

// TestCacheControlOfPhotos: a photo's own comes first, and errors have their own.
func TestCacheControlOfPhotos(t *testing.T) {
	serve := func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.Contains(r.RequestURI, "missing"):
			failing(404)(w, r)
		case strings.Contains(r.RequestURI, "own"):
			picture(object)(w, r)
		default:
			w.Header().Set("Content-Length", "10")
			w.Header().Set("ETag", `"x"`)
			io.WriteString(w, object)
		}
	}
	s3, gateway := newUpstream(t, serve), newUpstream(t, serve)
	for _, set := range []string{"", "public, max-age=7"} {
		for _, closed := range []bool{false, true} {
			front := start(t, nginx.Site{Private: closed, Previews: stack.StoreAt(s3.addr, "photos"), Gateways: []string{gateway.addr}, PhotoCacheControl: set})
			for range 2 {
				for _, target := range []string{"/photo/a.jpg", "/photo/a+b.jpg"} {
					front.get(t, target).check(t, target, 200, map[string]string{"Cache-Control": set})
					front.get(t, target, "Range: bytes=0-1").check(t, target, 206, map[string]string{"Cache-Control": set})
					front.get(t, target, `If-None-Match: "x"`).check(t, target, 304, map[string]string{"Cache-Control": set})
				}
				front.get(t, "/photo/own.jpg").check(t, "its own", 200, map[string]string{"Cache-Control": "public, max-age=86400"})
				front.get(t, "/prew/thumb/a.jpg").check(t, "a preview", 200, map[string]string{"Cache-Control": ""})
			}
			front.get(t, "/photo/..").check(t, "a path that is refused", 404, map[string]string{"Cache-Control": "no-store"})
			front.get(t, "/photo/a.jpg", "Range: bytes=99-").check(t, "a range outside", 416, map[string]string{"Cache-Control": "no-store"})
			if !closed {
				front.get(t, "/photo/missing.jpg").check(t, "a missing photo", 404, map[string]string{"Cache-Control": "public, max-age=10"})
			}
		}
	}
}
