package gateway

import (
	"fmt"
	"net/http"
	"testing"

	"prew"
)

// TestClientGetsTheVariantThatItAccepts asks a gateway without nginx, of a public bucket and
// of a private one: each variant is rendered once, as the function is told, and stored under
// its own name, whoever asks for it.
func TestClientGetsTheVariantThatItAccepts(t *testing.T) {
	const chrome, firefox = "image/avif,image/webp,image/apng,*/*;q=0.8", "image/webp, */*"
	for _, private := range []bool{false, true} {
		f := new(renderer)
		server := start(t, f, func(s *settings) { s.Private = private })
		key := fmt.Sprintf("variants/%t.jpg", private)
		for _, test := range []struct {
			preset, accept string
			variant        string // empty: there is none
			prew, vary     string
		}{
			{"card", chrome, "card.webp", "rendered", "Accept"},
			{"card", firefox, "card.webp", "stored", "Accept"},
			{"card.webp", "", "card.webp", "stored", ""},
			{"card", "", "card", "rendered", "Accept"},
			{"card", "image/webp;q=0, */*", "card", "stored", "Accept"},
			{"card@2x", "*/*", "card@2x", "rendered", "Accept"},
			{"card@2x", chrome, "card@2x.webp", "rendered", "Accept"},
			{"card%402x.webp", "", "card@2x.webp", "stored", ""},
			{"avatar", chrome, "avatar", "rendered", ""},
			{"card@3x", chrome, "", "", ""},
			{"card.png", "image/png", "", "", ""},
			{"avatar@2x", chrome, "", "", ""},
			{"avatar.webp", chrome, "", "", ""},
		} {
			what := fmt.Sprintf("private %t: %s for %q", private, test.preset, test.accept)
			before := f.invoked.Load()
			r, body := get(t, server.URL+"/prew/"+test.preset+"/"+key, "Accept", test.accept)
			landed(t, server)
			if got := r.Header.Get("Vary"); got != test.vary {
				t.Errorf("%s: Vary is %q, want %q", what, got, test.vary)
			}
			if test.variant == "" {
				if r.StatusCode != 404 || r.Header.Get("X-Prew-Error") != "preset_unknown" || f.invoked.Load() != before {
					t.Errorf("%s: %s %s, %d invocations", what, r.Status, r.Header.Get("X-Prew-Error"), f.invoked.Load()-before)
				}
				continue
			}
			if r.StatusCode != 200 || r.Header.Get("X-Prew") != test.prew || body != "preview of photo/"+key {
				t.Errorf("%s: %s, %q, %q; want %s", what, r.Status, r.Header.Get("X-Prew"), body, test.prew)
			}
			if rendered := f.invoked.Load() - before; (rendered == 1) != (test.prew == "rendered") {
				t.Errorf("%s: %d invocations", what, rendered)
			}
			if test.prew == "rendered" {
				request := f.last.Load()
				presets, _ := prew.LoadPresets("presets.yaml", prew.EmbeddedPresets, nil)
				if preset, _ := presets.Get(test.variant); request.DstKey != "prew/"+test.variant+"/"+key || request.PresetName != test.variant || request.Preset != preset {
					t.Errorf("%s: the function was asked for %s at %s: %+v", what, request.PresetName, request.DstKey, request.Preset)
				}
			}
		}
	}
}

// TestVaryIsOnEveryAnswerOfANegotiatedPath checks what is answered without a body and what
// fails, too.
func TestVaryIsOnEveryAnswerOfANegotiatedPath(t *testing.T) {
	for _, private := range []bool{false, true} {
		server := start(t, new(renderer), func(s *settings) { s.Private = private })
		url := server.URL + fmt.Sprintf("/prew/thumb/vary/%t.jpg", private)
		first, _ := get(t, url, "Accept", "image/webp")
		etag := first.Header.Get("ETag")
		landed(t, server)
		broken := start(t, &renderer{answer: refusals(prew.SourceDamaged)}, func(s *settings) { s.Private = private })
		for _, test := range []struct {
			what, method, url string
			headers           []string
			status            int
		}{
			{"HEAD", http.MethodHead, url, nil, 200},
			{"304", http.MethodGet, url, []string{"If-None-Match", etag}, 304},
			{"206", http.MethodGet, url, []string{"Range", "bytes=0-1"}, 206},
			{"412", http.MethodGet, url, []string{"If-Match", `"other"`}, 412},
			{"416", http.MethodGet, url, []string{"Range", "bytes=999-"}, 416},
			{"a failure", http.MethodGet, broken.URL + fmt.Sprintf("/prew/thumb/vary/broken-%t.jpg", private), nil, 422},
			{"a failure that is remembered", http.MethodGet, broken.URL + fmt.Sprintf("/prew/thumb/vary/broken-%t.jpg", private), nil, 422},
		} {
			r, _ := do(t, test.method, test.url, append(test.headers, "Accept", "image/webp")...)
			if r.StatusCode != test.status || r.Header.Get("Vary") != "Accept" {
				t.Errorf("private %t, %s: %s with Vary %q", private, test.what, r.Status, r.Header.Get("Vary"))
			}
		}
		for _, path := range []string{"/prew/thumb.webp/vary/none.jpg", "/prew/avatar/vary/none.jpg", "/prew/thumb//none.jpg", "/prew/nope/none.jpg", "/photo/vary/none.jpg", "/health"} {
			if r, _ := get(t, broken.URL+path, "Accept", "image/webp"); r.Header.Get("Vary") != "" {
				t.Errorf("private %t, %s: %s with Vary %q", private, path, r.Status, r.Header.Get("Vary"))
			}
		}
	}
}
