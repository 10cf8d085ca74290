package gateway

import (
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"

	"prew"
)

// TestAliasIsItsPresetsAddress asks a gateway without nginx, of a public bucket and of a
// private one, by an alias of each form: every answer is that of the preset's own address,
// byte for byte, and a success says which address that is.
func TestAliasIsItsPresetsAddress(t *testing.T) {
	aliases := []string{"PRESET_CARD=aliases=/100x100/{key} /img/{key}/large.jpg /h/{key}?w=300&h=200 /{*}/plain/s3://photos/{key}@webp /{*}/{base64:s3://photos/{key}}.jpg"}
	refusals := refusals(prew.SourceDamaged)
	for _, private := range []bool{false, true} {
		change := func(s *settings) { s.Private, s.Environ = private, aliases }
		servers := map[string]*httptest.Server{"whole": start(t, new(renderer), change), "broken": start(t, &renderer{answer: refusals}, change)}
		for _, test := range []struct{ name, key, raw string }{
			{"whole", fmt.Sprintf("aliases/%t 1.jpg", private), fmt.Sprintf("aliases/%t%%201.jpg", private)},
			{"broken", fmt.Sprintf("aliases/broken-%t.jpg", private), fmt.Sprintf("aliases/broken-%t.jpg", private)},
			{"whole", "../x.jpg", "../x.jpg"},
			{"whole", "a//x.jpg", "a//x.jpg"},
		} {
			own := servers[test.name].URL + "/prew/card/" + test.raw
			etag := ""
			if r, _ := get(t, own); r.StatusCode == 200 {
				etag = r.Header.Get("ETag")
				get(t, own, "Accept", "image/webp")
				landed(t, servers[test.name])
			}
			for _, alias := range []string{
				"/100x100/" + test.raw, "/img/" + test.raw + "/large.jpg", "/h/" + test.raw + "?h=200&x&w=300",
				"/unsafe/plain/s3://photos/" + test.raw + "@webp",
				"/unsafe/" + base64.RawURLEncoding.EncodeToString([]byte("s3://photos/"+test.key)) + ".jpg",
			} {
				for _, headers := range [][]string{
					nil, {"Accept", "image/webp"}, {"If-None-Match", etag}, {"If-Match", `"other"`}, {"Range", "bytes=3-5"}, {"Range", "bytes=999-"},
				} {
					for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
						what := fmt.Sprintf("private %t: %s %s with %q", private, method, alias, headers)
						r, body := do(t, method, servers[test.name].URL+alias, headers...)
						want, wantBody := do(t, method, own, headers...)
						location := ""
						if want.StatusCode < 400 {
							location = "/prew/card/" + test.raw
						}
						if got := r.Header.Get("Content-Location"); got != location {
							t.Errorf("%s: %s with Content-Location %q, want %q", what, r.Status, got, location)
						}
						for _, h := range []http.Header{r.Header, want.Header} {
							for _, changes := range []string{"Content-Location", "Date", "X-Request-Id", "Server-Timing", "X-Prew"} {
								h.Del(changes)
							}
						}
						if r.StatusCode != want.StatusCode || body != wantBody || !maps.EqualFunc(r.Header, want.Header, func(a, b []string) bool { return fmt.Sprint(a) == fmt.Sprint(b) }) {
							t.Errorf("%s: %s, %d bytes, %v\nwant %s, %d bytes, %v", what, r.Status, len(body), r.Header, want.Status, len(wantBody), want.Header)
						}
					}
				}
			}
		}
		for _, none := range []string{"/101x100/a.jpg", "/h/a.jpg?w=300", "/unsafe/plain/s3://other/a.jpg@webp", "/unsafe/YWJj.jpg", "/%31%30%30x100/a.jpg"} {
			if r, _ := get(t, servers["whole"].URL+none); r.StatusCode != 404 || r.Header.Get("X-Prew-Error") != "path_refused" || r.Header.Get("Content-Location") != "" {
				t.Errorf("private %t: %s: %s %s", private, none, r.Status, r.Header.Get("X-Prew-Error"))
			}
		}
	}
}
