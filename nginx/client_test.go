package nginx_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// What of a request goes on, and what of an answer comes through.

func TestNothingOfTheClientGoesOn(t *testing.T) {
	front, s3, gateway := recording(t, failing(403), rendered("made"))
	sent := []string{
		"Authorization: Bearer secret", "Cookie: session=1", "Range: bytes=0-1", "If-None-Match: \"x\"", "If-Modified-Since: Mon, 01 Jan 2024 00:00:00 GMT",
		"X-Amz-Security-Token: x", "X-Forwarded-For: 1.2.3.4", "X-Request-Id: mine", "X-Prew: rendered", "User-Agent: test", "Accept: text/html",
		"Accept-Encoding: gzip", "Upgrade: h2c", "Content-Length: 0",
	}
	front.get(t, "/prew/thumb/a.jpg?X-Amz-Signature=abc&versionId=1", sent...)
	front.get(t, "/photo/a.jpg?acl", sent...)
	for _, r := range s3.took() {
		if len(r.header) != 0 || r.body != "" || strings.Contains(r.target, "?") {
			t.Errorf("S3 got %s with %v and the body %q, want the path alone", r.target, r.header, r.body)
		}
	}
	requests := gateway.took()
	if len(requests) != 2 {
		t.Fatalf("%d requests at the gateway, want one for the preview, and one to look for the photo", len(requests))
	}
	if r := requests[1]; r.target != "/photo/a.jpg" || len(r.header) != 2 || r.header.Get("X-Prew-Refused") != "1" || len(r.header.Get("X-Request-Id")) != 32 {
		t.Errorf("the gateway got %s with %v, want the path, an X-Request-Id of nginx's and X-Prew-Refused", r.target, r.header)
	}
	r := requests[0]
	if names := slices.Collect(maps.Keys(r.header)); r.target != "/prew/thumb/a.jpg" || !slices.Equal(names, []string{"X-Request-Id"}) || len(r.header.Get("X-Request-Id")) != 32 {
		t.Errorf("the gateway got %s with %v, want the path and an X-Request-Id of nginx's", r.target, r.header)
	}
}

// TestABodyGoesNowhere: sent without its length, it would be the next request on
// the connection.
func TestABodyGoesNowhere(t *testing.T) {
	front, s3, gateway := recording(t, failing(404), rendered("made"))
	const body = "GET /photos/private/a.jpg HTTP/1.1\r\nHost: s3\r\n\r\n"
	front.get(t, "/prew/thumb/a.jpg", fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body)).check(t, "GET with a body", 200, nil)
	front.get(t, "/prew/thumb/b.jpg", fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0", len(body), body)).check(t, "GET with a chunked body", 200, nil)
	front.get(t, "/prew/thumb/c.jpg").check(t, "GET", 200, nil) // on the same connections
	for name, requests := range map[string][]asked{"S3": s3.took(), "the gateway": gateway.took()} {
		if len(requests) != 3 {
			t.Errorf("%s got %q, want 3 requests", name, targetsOf(requests))
		}
		for _, r := range requests {
			if r.body != "" || r.header.Get("Content-Length") != "" || strings.Contains(r.target, "private") {
				t.Errorf("%s got %s with the body %q", name, r.target, r.body)
			}
		}
	}
}

func TestMethods(t *testing.T) {
	front, s3, gateway := recording(t, picture("photo"), rendered("made"))
	for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "PURGE", "HEADS", "GETX"} {
		for _, target := range []string{"/photo/a.jpg", "/prew/thumb/a.jpg", "/prew/thumb/a+b.jpg", "/photo/../x", "/", "/x"} {
			got := front.ask(t, method, target, "Content-Length: 0")
			got.check(t, method+" "+target, 405, map[string]string{"Allow": "GET, HEAD", "X-Prew": ""})
		}
	}
	if arrived := append(s3.took(), gateway.took()...); len(arrived) > 0 {
		t.Errorf("%s %s arrived", arrived[0].method, arrived[0].target)
	}
	front.get(t, "/photo/a.jpg").check(t, "GET", 200, map[string]string{"Allow": ""})
}

func TestHeadersThatStayInside(t *testing.T) {
	hostile := []string{
		"x-amz-request-id: 1", "x-amz-id-2: 2", "x-amz-meta-camera: my own", "X-Amz-Server-Side-Encryption: AES256", "x-amz-version-id: 3",
		"Set-Cookie: a=b", "Server: AmazonS3", "Content-Security-Policy: default-src *", "X-Content-Type-Options: sniff", "X-Content-Type-Options: nosniff",
		"X-Accel-Redirect: /bad-request", "X-Accel-Expires: 0", "Vary: *", "Expires: 0",
	}
	front, s3, gateway := recording(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.RequestURI, "missing") {
			failing(404)(w, r)
			return
		}
		picture("stored", append(hostile, "X-Prew: hacked", "Server-Timing: s3;dur=1")...)(w, r)
	}, picture("made", append(hostile, "X-Prew: rendered")...))
	for _, target := range []string{"/photo/a.jpg", "/prew/thumb/a.jpg", "/prew/thumb/missing.jpg", "/photo/a+b.jpg"} {
		for _, time := range []string{"first", "second"} {
			got := front.get(t, target)
			what := target + ", " + time + " time"
			if asked := len(s3.took()) + len(gateway.took()); time == "second" && asked > 0 {
				t.Errorf("%s: asked for again, a header kept it out of the cache", what)
			}
			got.check(t, what, 200, map[string]string{
				"Server": "nginx", "Set-Cookie": "", "Cache-Control": "public, max-age=86400", "Content-Type": "image/jpeg",
				"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox",
			})
			for name := range got.header {
				if strings.HasPrefix(strings.ToLower(name), "x-a") { // x-amz-*, X-Accel-*
					t.Errorf("%s: %s came through", what, name)
				}
			}
		}
	}
}

// TestEveryAnswerIsProtected collects an answer of every status there is.
func TestEveryAnswerIsProtected(t *testing.T) {
	t.Parallel() // nginx waits 5 s for a body that it has refused
	front, _, _ := recording(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.Contains(r.RequestURI, "missing"):
			failing(404)(w, r)
		case strings.Contains(r.RequestURI, "broken"):
			failing(500)(w, r)
		default:
			picture("stored")(w, r)
		}
	}, failing(422))
	tests := []struct {
		status         int
		method, target string
		headers        []string
	}{
		{200, "GET", "/photo/a.jpg", nil},
		{200, "HEAD", "/prew/thumb/a.jpg", nil},
		{206, "GET", "/photo/a.jpg", []string{"Range: bytes=0-1"}},
		{304, "GET", "/photo/a.jpg", []string{`If-None-Match: "stored"`}},
		{400, "GET", "/photo/a.jpg", []string{"Host: twice"}},
		{400, "get", "/photo/a.jpg", nil},
		{404, "GET", "/photo/missing.jpg", nil},
		{404, "GET", "/photo/%00", nil},
		{404, "GET", "/photo/..", nil},
		{404, "GET", "/", nil},
		{405, "POST", "/photo/a.jpg", nil},
		{405, "TRACE", "/photo/a.jpg", nil},
		{412, "GET", "/photo/a.jpg", []string{`If-Match: "other"`}},
		{413, "GET", "/photo/a.jpg", []string{"Content-Length: 99999"}},
		{414, "GET", "/photo/" + strings.Repeat("a", 20000), nil},
		{416, "GET", "/photo/a.jpg", []string{"Range: bytes=99-"}},
		{422, "GET", "/prew/thumb/missing.jpg", nil},
		{400, "GET", "/photo/a.jpg", []string{"Cookie: " + strings.Repeat("a", 20000)}},
		{502, "GET", "/photo/broken.jpg", nil},
	}
	for _, test := range tests {
		what := test.method + " " + test.target[:min(40, len(test.target))]
		got := front.ask(t, test.method, test.target, test.headers...)
		got.check(t, what, test.status, map[string]string{
			"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox", "Server": "nginx",
		})
		if test.method == "HEAD" && got.body != "" {
			t.Errorf("%s has a body", what)
		}
	}
}

func TestAccessLog(t *testing.T) {
	front, _, gateway := recording(t, failing(404), rendered("made"))
	front.get(t, `/prew/thumb/"a".jpg?q`)
	front.get(t, "/prew/thumb/b.jpg")
	front.get(t, "/prew/thumb/b.jpg")
	requests := gateway.took()
	lines := front.log(t, 3)
	if len(lines) != 3 || len(requests) != 2 {
		t.Fatalf("%d lines and %d requests at the gateway, want 3 and 2", len(lines), len(requests))
	}
	// Each worker writes for itself, so the lines are in no order.
	want := []map[string]string{
		{"uri": `/prew/thumb/"a".jpg?q`, "status": "200", "cache": "MISS", "prew": "rendered", "upstream_status": "421 : 200", "id": requests[0].header.Get("X-Request-Id")},
		{"uri": "/prew/thumb/b.jpg", "status": "200", "cache": "MISS", "prew": "rendered", "upstream_status": "404 : 200", "id": requests[1].header.Get("X-Request-Id")},
		{"uri": "/prew/thumb/b.jpg", "status": "200", "cache": "HIT", "prew": "cached", "upstream_status": "", "bytes": "4"},
	}
	for _, fields := range want {
		i := slices.IndexFunc(lines, func(line map[string]string) bool {
			return line["uri"] == fields["uri"] && line["cache"] == fields["cache"]
		})
		if i < 0 {
			t.Errorf("no line for %s with cache %s in %v", fields["uri"], fields["cache"], lines)
			continue
		}
		for name, value := range fields {
			if lines[i][name] != value {
				t.Errorf("%s: %s is %q, want %q", fields["uri"], name, lines[i][name], value)
			}
		}
	}
}
