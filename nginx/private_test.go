package nginx_test

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"prew/nginx"
)

// private starts a site of which nothing in S3 is public, before one gateway.
func private(t *testing.T, serve http.HandlerFunc) (*front, *upstream) {
	t.Helper()
	gateway := newUpstream(t, serve)
	return start(t, nginx.Site{Private: true, Gateways: []string{gateway.addr}}), gateway
}

// store answers as a gateway does that has found the object in S3.
func store(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.RequestURI, "/photo/") {
		picture(object)(w, r)
		return
	}
	picture(object, "X-Prew: stored", "Server-Timing: lease;dur=1.0")(w, r)
}

// TestPrivate has the gateway asked for everything and once: the cache keeps
// what it said, photos too, and asks again by ETag.
func TestPrivate(t *testing.T) {
	front, gateway := private(t, store)
	tests := []struct{ target, first, timing, then string }{
		{"/photo/a.jpg", "", "", ""},
		{"/photo/a+b.jpg", "", "", ""},
		{"/prew/thumb/a.jpg", "stored", "lease;dur=1.0", "cached"},
		{"/prew/thumb/a+b.jpg", "stored", "lease;dur=1.0", "cached"},
	}
	for _, test := range tests {
		check := func(what string, asked []string, status int, prew, timing string, headers ...string) {
			t.Helper()
			got := front.get(t, test.target, headers...)
			got.check(t, test.target+" "+what, status, map[string]string{"X-Prew": prew, "Server-Timing": timing, "ETag": `"` + object + `"`})
			if status == 200 && got.body != object {
				t.Errorf("%s %s: %q", test.target, what, got.body)
			}
			if targets := targetsOf(gateway.took()); !slices.Equal(targets, asked) {
				t.Errorf("%s %s: the gateway got %q, want %q", test.target, what, targets, asked)
			}
		}
		check("first", []string{test.target}, 200, test.first, test.timing)
		check("again", nil, 200, test.then, "")
		check("a part", nil, 206, test.then, "", "Range: bytes=2-4")
		check("unless it is known", nil, 304, test.then, "", `If-None-Match: "`+object+`"`)
		front.expire(t)
		front.get(t, test.target).check(t, test.target+" expired", 200, map[string]string{"X-Prew": test.then})
		requests := gateway.took()
		if len(requests) != 1 || requests[0].header.Get("If-None-Match") != `"`+object+`"` {
			t.Errorf("%s expired: the gateway got %v, want one request with the ETag", test.target, requests)
		}
	}
}

// TestPrivateFailures: what the gateway says of a failure passes as it is, and
// nothing of it is kept.
func TestPrivateFailures(t *testing.T) {
	front, gateway := private(t, nil)
	for _, target := range []string{"/photo/a.jpg", "/prew/thumb/a.jpg"} {
		for _, status := range []int{404, 422, 502, 503, 504} {
			gateway.answers(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("X-Prew-Error", "code_of_its_own")
				w.WriteHeader(status)
				w.Write([]byte("its picture"))
			})
			got := front.get(t, target)
			got.check(t, target, status, map[string]string{"X-Prew-Error": "code_of_its_own", "X-Prew": ""})
			if got.body != "its picture" {
				t.Errorf("%s: %q", target, got.body)
			}
		}
		gateway.answers(store)
		front.get(t, target).check(t, target+" afterwards", 200, nil)
	}
	front.expire(t)
	gateway.down()
	for _, target := range []string{"/photo/a.jpg", "/prew/thumb/a.jpg"} {
		if got := front.get(t, target); got.status != 200 || got.body != object {
			t.Errorf("%s with the gateway gone: status %d with %q, want what is in the cache", target, got.status, got.body)
		}
	}
	front.get(t, "/photo/new.jpg").checkPicture(t, "a photo that was never asked for", 502, "upstream_unreachable", "error.png")
}

// TestPrivateLargePhoto is longer than every buffer, and its reader slower than
// the gateway: who sends it is free again before it is read.
func TestPrivateLargePhoto(t *testing.T) {
	large := strings.Repeat("0123456789abcdef", 64<<20/16) // the largest photo that is rendered
	sent := make(chan bool, 1)
	front, _ := private(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "image/jpeg")
		w.Write([]byte(large))
		sent <- true
	})
	response, err := http.Get("http://" + front.Addr + "/photo/large.jpg")
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-sent: // and nobody has read more than the headers
	case <-time.After(deadline):
		t.Error("the gateway waits for the reader")
	}
	response.Body.Close()
	for range 2 {
		if got := front.get(t, "/photo/large.jpg"); got.status != 200 || got.body != large {
			t.Errorf("status %d with %d bytes, want 200 with %d", got.status, len(got.body), len(large))
		}
	}
}

// TestPrivatePaths sends every row of the table twice: what is not refused goes
// to the gateway in the client's spelling and is then in the cache under its one
// key.
func TestPrivatePaths(t *testing.T) {
	front, gateway := private(t, decodes)
	cached := map[string]bool{}
	for _, row := range rows(t) {
		path, _, _ := strings.Cut(row.target, "?")
		object, _ := url.PathUnescape(path)
		for range 2 {
			var want []string
			if row.room != "refused" && !cached[object] {
				want = []string{path}
			}
			got := front.get(t, row.target)
			what := strconv.Quote(row.target) + " (" + row.note + ")"
			if targets := targetsOf(gateway.took()); !slices.Equal(targets, want) {
				t.Errorf("%s: the gateway got %q, want %q", what, targets, want)
			}
			if row.room == "refused" {
				got.checkPicture(t, what, 404, "path_refused", "not-found.png")
				continue
			}
			if got.status != 200 || got.body != object {
				t.Errorf("%s: status %d with %q, want 200 with %q", what, got.status, got.body, object)
			}
			cached[object] = true
		}
	}
}
