package nginx_test

import (
	"net/http"
	"strings"
	"testing"

	"prew/deploy/local/stack"
	"prew/nginx"
)

// TestPagesOfOtherOrigins asks from pages of several origins, for hits, misses and
// errors alike. What one of them is told is not what the cache tells the next.
func TestPagesOfOtherOrigins(t *testing.T) {
	const exposed = "Content-Length, Content-Range, ETag, Retry-After, Server-Timing, X-Prew, X-Prew-Colour, X-Prew-Crop, X-Prew-Error, X-Prew-Height, X-Prew-Width, X-Request-Id"
	tests := []struct {
		allow            []string // of the site
		origin           string
		want, vary       string
		exposed, methods string
		preflight        int
	}{
		{nil, "", "", "", "", "", 405},
		{nil, "https://a.test", "", "", "", "", 405},
		{[]string{"*"}, "", "*", "", exposed, "GET, HEAD", 204},
		{[]string{"*"}, "https://a.test", "*", "", exposed, "GET, HEAD", 204},
		{[]string{"https://a.test", "http://b.test:8080"}, "https://a.test", "https://a.test", "Origin", exposed, "GET, HEAD", 204},
		{[]string{"https://a.test", "http://b.test:8080"}, "http://b.test:8080", "http://b.test:8080", "Origin", exposed, "GET, HEAD", 204},
		{[]string{"https://a.test", "http://b.test:8080"}, "https://c.test", "", "Origin", "", "", 204},
		{[]string{"https://a.test", "http://b.test:8080"}, "https://a.test.evil.test", "", "Origin", "", "", 204},
		{[]string{"https://a.test", "http://b.test:8080"}, "null", "", "Origin", "", "", 204},
		{[]string{"https://a.test", "http://b.test:8080"}, "", "", "Origin", "", "", 204},
	}
	s3 := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.Contains(r.RequestURI, "missing"):
			failing(404)(w, r)
		case strings.Contains(r.RequestURI, "broken"):
			failing(500)(w, r)
		default:
			picture(object, "Access-Control-Allow-Origin: https://evil.test", "Vary: Accept")(w, r)
		}
	})
	gateway := newUpstream(t, rendered(object))
	fronts := map[string]*front{}
	for _, test := range tests {
		key := strings.Join(test.allow, ",")
		if fronts[key] == nil {
			fronts[key] = start(t, nginx.Site{Previews: stack.StoreAt(s3.addr, "photos"), Gateways: []string{gateway.addr}, AllowOrigin: test.allow})
		}
		front := fronts[key]
		headers := []string{"X-Nothing: 1"}
		if test.origin != "" {
			headers = []string{"Origin: " + test.origin}
		}
		for _, target := range []string{
			"/photo/a.jpg", "/photo/a.jpg", "/prew/thumb/a.jpg", "/prew/thumb/a.jpg", "/prew/thumb/missing.jpg", "/photo/a+.jpg", "/photo/missing.jpg",
			"/photo/broken.jpg", "/photo/..", "/elsewhere", "/health",
		} {
			got := front.get(t, target, headers...)
			got.check(t, key+": "+target+" from "+test.origin, got.status, map[string]string{
				"Access-Control-Allow-Origin": test.want, "Timing-Allow-Origin": test.want, "Vary": test.vary, "Access-Control-Expose-Headers": test.exposed,
				"Cross-Origin-Resource-Policy": "cross-origin", "Access-Control-Allow-Methods": "", "Access-Control-Allow-Credentials": "",
			})
		}
		for _, more := range []struct {
			status int
			header string
		}{{206, "Range: bytes=0-1"}, {304, `If-None-Match: "` + object + `"`}, {412, `If-Match: "other"`}, {416, "Range: bytes=99-"}} {
			front.get(t, "/photo/a.jpg", append(headers, more.header)...).check(t, key+": "+more.header+" from "+test.origin, more.status, map[string]string{
				"Access-Control-Allow-Origin": test.want, "Timing-Allow-Origin": test.want, "Vary": test.vary, "Cross-Origin-Resource-Policy": "cross-origin",
			})
		}
		for _, target := range []string{"/photo/a.jpg", "/prew/thumb/a.jpg", "/elsewhere"} {
			got := front.ask(t, "OPTIONS", target, append(headers, "Access-Control-Request-Method: GET", "Access-Control-Request-Headers: range")...)
			got.check(t, key+": OPTIONS "+target+" from "+test.origin, test.preflight, map[string]string{
				"Access-Control-Allow-Origin": test.want, "Vary": test.vary, "Access-Control-Allow-Methods": test.methods,
			})
			if allowed := strings.Contains(got.header.Get("Access-Control-Allow-Headers"), "Range"); allowed != (test.methods != "") {
				t.Errorf("%s: OPTIONS %s from %s: Access-Control-Allow-Headers is %q", key, target, test.origin, got.header.Get("Access-Control-Allow-Headers"))
			}
		}
		front.ask(t, "POST", "/photo/a.jpg", headers...).check(t, key+": POST", 405, map[string]string{"Access-Control-Allow-Origin": test.want})
	}
}
