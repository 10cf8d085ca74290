package nginx_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// The headers that may reach a client, by who sends them.
var (
	byNginx = []string{"Server", "Date", "Connection", "Content-Length", "Content-Range", "Accept-Ranges", "Transfer-Encoding",
		"X-Content-Type-Options", "Content-Security-Policy", "X-Prew", "X-Prew-Error", "Server-Timing", "Retry-After", "Allow", "Cross-Origin-Resource-Policy", "X-Request-Id"}
	byStore = []string{"Content-Type", "Content-Encoding", "Content-Language", "Content-Disposition", "Cache-Control", "ETag", "Last-Modified"}
)

// strange are headers that a store, whoever made it, or an owner of an object may send
// and that no client shall see.
var strange = []string{
	"Location: /elsewhere", "Refresh: 0; url=/elsewhere", "Link: </x>; rel=preload", "Link: </y>; rel=preload",
	"Set-Cookie: a=b", "Set-Cookie2: a=b", "Clear-Site-Data: \"*\"", "Strict-Transport-Security: max-age=1", "Alt-Svc: h3=\":443\"",
	"NEL: {}", "Report-To: {}", "Reporting-Endpoints: a=\"https://x\"", "Public-Key-Pins: x", "Expect-CT: max-age=1", "Expires: 0", "Pragma: no-cache",
	"Vary: *", "Age: 9", "Via: 1.1 proxy", "Warning: 199 - x", "P3P: CP=x", "Content-Location: /other", "Content-MD5: x",
	"Content-Security-Policy-Report-Only: default-src *", "Content-DPR: 2", "Permissions-Policy: geolocation=*", "Feature-Policy: x",
	"Referrer-Policy: unsafe-url", "Cross-Origin-Opener-Policy: unsafe-none", "Cross-Origin-Embedder-Policy: unsafe-none",
	"Origin-Agent-Cluster: ?0", "Document-Policy: x", "Service-Worker-Allowed: /", "SourceMap: /x", "X-SourceMap: /x",
	"X-Frame-Options: ALLOWALL", "X-XSS-Protection: 0", "X-DNS-Prefetch-Control: on", "X-Robots-Tag: noindex", "Accept-CH: DPR", "Critical-CH: DPR",
	"Supports-Loading-Mode: fenced-frame", "Speculation-Rules: \"/x\"", "No-Vary-Search: params", "Access-Control-Allow-Credentials: true",
	"Access-Control-Expose-Headers: *", "Access-Control-Allow-Origin: *", "Timing-Allow-Origin: *", "Cross-Origin-Resource-Policy: same-origin", "WWW-Authenticate: Basic", "Proxy-Authenticate: Basic", "Authentication-Info: x", "Digest: x", "Upgrade: h2c", "Tk: N",
	"x-amz-request-id: 1", "x-amz-meta-camera: mine", "x-goog-hash: x", "x-goog-meta-a: b", "x-minio-deployment-id: x", "x-oss-request-id: x",
	"x-oss-meta-a: b", "x-rgw-object-type: x", "x-ms-request-id: x", "x-cos-request-id: x", "x-obs-id-2: x", "x-trans-id: x", "X-Powered-By: x",
	"X-Cache: HIT", "X-Served-By: x", "X-Request-Id: theirs", "X-Prew-Error: source_missing", "Retry-After: 9", "Allow: PUT",
	"X-Accel-Redirect: /x", "X-Accel-Expires: 0", "X-Pad: x",
	"X-Prew-Width: 0", "x-amz-meta-prew-height: 1e3", "x-amz-meta-prew-colour: red", "x-amz-meta-prew-crop: 1,2,3", "x-amz-meta-prew-name: x",
}

// TestOnlyListedHeadersPass sends headers of every kind from S3 and from a gateway, and
// as many of random names, and holds what arrives to the two lists, with the values of
// what passes.
func TestOnlyListedHeadersPass(t *testing.T) {
	headers := slices.Clone(strange)
	random := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		name := make([]byte, 1+random.IntN(20))
		for i := range name {
			name[i] = "abcdefghijklmnopqrstuvwxyz0123456789-_"[random.IntN(36)]
		}
		headers = append(headers, fmt.Sprintf("%c%s-Random: x", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[random.IntN(26)], name))
	}
	passing := map[string]string{
		"Content-Encoding": "br", "Content-Language": "de", "Content-Disposition": `attachment; filename="a.jpg"`,
		"Cache-Control": "public, max-age=86400", "ETag": `"` + object + `"`, "Last-Modified": "Sat, 01 Jun 2024 12:00:00 GMT", "Content-Type": "image/jpeg",
	}
	for _, name := range []string{"Content-Encoding", "Content-Language", "Content-Disposition"} {
		headers = append(headers, name+": "+passing[name])
	}
	serve := picture(object, headers...)
	front, _, _ := recording(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.RequestURI, "made") {
			failing(404)(w, r)
			return
		}
		serve(w, r)
	}, func(w http.ResponseWriter, r *http.Request) {
		serve(w, r)
	})
	allowed := append(slices.Clone(byNginx), byStore...)
	for _, folder := range []string{"/photo/", "/prew/stored/", "/prew/made/", "/photo/+", "/prew/made/+"} {
		for i, test := range []struct {
			status int
			header string
		}{{200, "X-Nothing: 1"}, {206, "Range: bytes=2-4"}, {304, `If-None-Match: "` + object + `"`}, {416, "Range: bytes=20-"}} {
			target := fmt.Sprintf("%s%d.jpg", folder, i)
			for _, where := range []string{"a miss", "a hit", "a hit of what was asked for again"} {
				if where == "a hit of what was asked for again" {
					if test.status == 416 {
						continue
					}
					front.expire(t)
				}
				what := fmt.Sprintf("%s, %s, %d", target, where, test.status)
				got := front.get(t, target, test.header)
				got.check(t, what, test.status, nil)
				for name, values := range got.header {
					if !slices.ContainsFunc(allowed, func(a string) bool { return strings.EqualFold(a, name) }) {
						t.Errorf("%s: %s came through: %q", what, name, values)
					}
					if len(values) != 1 {
						t.Errorf("%s: %s is there %d times", what, name, len(values))
					}
				}
				for _, name := range []string{"X-Prew-Error", "Retry-After", "Allow"} {
					if value := got.header.Get(name); value != "" {
						t.Errorf("%s: %s is %q, and this is no error", what, name, value)
					}
				}
				if id := got.header.Get("X-Request-Id"); len(id) != 32 {
					t.Errorf("%s: X-Request-Id is %q, want nginx's own", what, id)
				}
				if test.status < 300 {
					got.check(t, what, test.status, passing)
				}
				if test.status == 304 {
					got.check(t, what, 304, map[string]string{"ETag": passing["ETag"], "Cache-Control": passing["Cache-Control"], "Last-Modified": passing["Last-Modified"]})
				}
				if test.status == 416 {
					got.check(t, what, 416, map[string]string{"Cache-Control": "no-store", "Content-Encoding": "", "Content-Disposition": "", "Content-Range": "bytes */10", "X-Prew-Error": "", "ETag": ""})
				}
			}
		}
	}
}

// TestOnlyListedHeadersPassOfErrors: S3's failures are nginx's own answers, and of a
// gateway's failure only what it says to a client.
func TestOnlyListedHeadersPassOfErrors(t *testing.T) {
	fails := func(status int, picture string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			for _, header := range strange {
				name, value, _ := strings.Cut(header, ": ")
				w.Header().Add(name, value)
			}
			w.Header().Set("Cache-Control", "no-store")
			w.Header().Set("Content-Type", "image/png")
			w.WriteHeader(status)
			io.WriteString(w, picture)
		}
	}
	front, s3, gateway := recording(t, nil, nil)
	allowed := append(slices.Clone(byNginx), byStore...)
	for _, status := range []int{301, 303, 308, 400, 401, 402, 403, 404, 405, 406, 409, 410, 429, 451, 500, 501, 502, 503, 504, 507} {
		s3.answers(fails(status, "the store's"))
		gateway.answers(fails(status, "a gateway's"))
		for _, target := range []string{"/photo/a.jpg", "/prew/thumb/a.jpg", "/photo/a+b.jpg"} {
			got := front.get(t, target)
			what := fmt.Sprintf("%s with %d", target, status)
			for name, values := range got.header {
				if !slices.ContainsFunc(allowed, func(a string) bool { return strings.EqualFold(a, name) }) {
					t.Errorf("%s: %s came through: %q", what, name, values)
				}
				if len(values) != 1 {
					t.Errorf("%s: %s is there %d times", what, name, len(values))
				}
			}
			if got.body == "the store's" {
				t.Errorf("%s: the store's own answer came through, %d", what, got.status)
			}
			if target == "/photo/a+b.jpg" && got.status >= 400 {
				got.check(t, what, status, map[string]string{"X-Prew-Error": "source_missing", "Retry-After": "9", "Cache-Control": "no-store"})
			}
		}
	}
}

// TestOutline: what a page needs to keep the place of a preview is the same whether a gateway
// says it or the metadata of an object does, on misses and hits, and is of nothing else.
func TestOutline(t *testing.T) {
	known := map[string]string{"X-Prew-Width": "4032", "X-Prew-Height": "3024", "X-Prew-Colour": "#a0b1c2", "X-Prew-Crop": "100,0,640,480"}
	none := map[string]string{"X-Prew-Width": "", "X-Prew-Height": "", "X-Prew-Colour": "", "X-Prew-Crop": ""}
	stored := []string{"x-amz-meta-prew-width: 4032", "x-amz-meta-prew-height: 3024", "x-amz-meta-prew-colour: #a0b1c2", "x-amz-meta-prew-crop: 100,0,640,480", "x-amz-meta-other: 1"}
	front, s3, gateway := recording(t, nil, nil)
	for i, test := range []struct {
		name, target string
		s3, gateway  []string // nil: it has no such preview
		want         map[string]string
	}{
		{"in S3", "/prew/card/%d.jpg", stored, nil, known},
		{"rendered", "/prew/card/%d.jpg", nil, []string{"X-Prew: rendered", "X-Prew-Width: 4032", "X-Prew-Height: 3024", "X-Prew-Colour: #a0b1c2", "X-Prew-Crop: 100,0,640,480"}, known},
		{"by a gateway alone", "/prew/card/%d+.jpg", nil, []string{"X-Prew: stored", "X-Prew-Width: 4032", "X-Prew-Height: 3024", "X-Prew-Colour: #a0b1c2", "X-Prew-Crop: 100,0,640,480"}, known},
		{"of earlier days", "/prew/card/%d.jpg", []string{"x-amz-meta-other: 1"}, nil, none},
		{"the largest", "/prew/card/%d.jpg", []string{"x-amz-meta-prew-width: 999999", "x-amz-meta-prew-height: 1", "x-amz-meta-prew-crop: 999999,0,1,999999"}, nil, map[string]string{"X-Prew-Width": "999999", "X-Prew-Height": "1", "X-Prew-Colour": "", "X-Prew-Crop": "999999,0,1,999999"}},
		{"too large, and no side", "/prew/card/%d.jpg", []string{"x-amz-meta-prew-width: 1000000", "x-amz-meta-prew-height: 0", "x-amz-meta-prew-colour: #A0B1C2", "x-amz-meta-prew-crop: 0,0,1000000,1"}, nil, none},
		{"no numbers", "/prew/card/%d.jpg", []string{"x-amz-meta-prew-width: 4032px", "x-amz-meta-prew-height: -1", "x-amz-meta-prew-colour: #a0b1c2d", "x-amz-meta-prew-crop: 00,0,640,0"}, nil, none},
		{"twice", "/prew/card/%d.jpg", append(slices.Clone(stored), "x-prew-width: 1", "x-prew-height: 2", "x-prew-colour: #000000", "x-prew-crop: 1,2,3,4"), nil, none},
		{"a photo", "/photo/%d.jpg", stored, nil, none},
		{"a photo by a gateway", "/photo/%d+.jpg", nil, []string{"X-Prew-Width: 4032", "X-Prew-Height: 3024", "X-Prew-Colour: #a0b1c2", "X-Prew-Crop: 100,0,640,480"}, none},
	} {
		answers := func(headers []string) http.HandlerFunc {
			if headers == nil {
				return failing(404)
			}
			return picture(object, headers...)
		}
		s3.answers(answers(test.s3))
		gateway.answers(answers(test.gateway))
		target := fmt.Sprintf(test.target, i)
		for _, where := range []string{"a miss", "a hit", "asked for again"} {
			if where == "asked for again" {
				front.expire(t)
			}
			for _, more := range []struct {
				method, header string
				status         int
				want           map[string]string
			}{
				{"GET", "X-Nothing: 1", 200, test.want}, {"HEAD", "X-Nothing: 1", 200, test.want}, {"GET", "Range: bytes=2-4", 206, test.want},
				{"GET", `If-None-Match: "` + object + `"`, 304, none}, {"GET", `If-Match: "other"`, 412, none}, {"GET", "Range: bytes=20-", 416, none},
			} {
				got := front.ask(t, more.method, target, more.header)
				got.check(t, fmt.Sprintf("%s, %s: %s with %s", test.name, where, more.method, more.header), more.status, more.want)
				for name := range got.header {
					if strings.HasPrefix(strings.ToLower(name), "x-amz-") {
						t.Errorf("%s, %s: %s came through", test.name, where, name)
					}
				}
			}
		}
	}
}
