package gateway

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"prew"
	"prew/prewmanager/access"
)

// signing are the keys of signed addresses in these tests.
const signing = "a-key-of-some-length,another-key-of-some-length"

// sign is the address of a canonical path that is good for a minute.
func sign(t *testing.T, path string) string {
	t.Helper()
	keys, err := access.ParseKeys(signing)
	if err != nil {
		t.Fatal(err)
	}
	return path + "?" + keys.Sign(path, time.Now().Add(time.Minute))
}

// TestNginxIsToldWhoMaySeeWhat asks for verdicts as nginx does.
func TestNginxIsToldWhoMaySeeWhat(t *testing.T) {
	server := start(t, new(renderer), func(s *settings) {
		s.Private, s.Environ, s.PhotoAccess, s.Access.SigningKeys = true, []string{"PRESET_CARD=access=signed"}, prew.Closed, signing
	})
	for _, test := range []struct {
		target string
		status int
		code   string
	}{
		{"/prew/thumb/a.jpg", 204, ""},
		{sign(t, "/prew/card/a.jpg"), 204, ""},
		{sign(t, "/prew/card.webp/a.jpg"), 204, ""},
		{strings.Replace(sign(t, "/prew/card/a.jpg"), "card", "card.webp", 1), 204, ""}, // what nginx has chosen
		{strings.Replace(sign(t, "/prew/card/a.jpg"), "card", "card@2x", 1), 403, "access_refused"},
		{strings.Replace(sign(t, "/prew/card.webp/a.jpg"), "card.webp", "card", 1), 403, "access_refused"},
		{"/prew/card/a.jpg", 401, "access_missing"},
		{"/prew/card/a.jpg?e=1&s=x", 403, "access_refused"},
		{"/prew/nope/a.jpg", 403, "access_refused"},
		{"/prew/thumb//a.jpg", 403, "access_refused"},
		{"/photo/a.jpg", 403, "access_refused"},
		{"", 403, "access_refused"},
	} {
		r, body := get(t, server.URL+"/access", "X-Prew-Target", test.target)
		if r.StatusCode != test.status || r.Header.Get("X-Prew-Error") != test.code || body != "" || r.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%q: %s %s %q", test.target, r.Status, r.Header.Get("X-Prew-Error"), body)
		}
		if got := r.Header.Get("X-Accel-Expires"); (got != "") != (test.status == 204) {
			t.Errorf("%q: X-Accel-Expires is %q", test.target, got)
		}
		if got := r.Header.Get("WWW-Authenticate"); (got != "") != (test.status == 401) {
			t.Errorf("%q: WWW-Authenticate is %q", test.target, got)
		}
	}
}

// TestVerdictIsKeptNoLongerThanItHolds is about nginx, which keeps it in whole seconds.
func TestVerdictIsKeptNoLongerThanItHolds(t *testing.T) {
	now := time.Unix(1000, 500_000_000)
	for _, test := range []struct {
		until time.Time
		want  int
	}{
		{time.Time{}, 60},
		{now.Add(time.Hour), 60},
		{now.Add(61 * time.Second), 60},
		{now.Add(60 * time.Second), 59},
		{now.Add(2500 * time.Millisecond), 1},
		{now.Add(1500 * time.Millisecond), 0},
		{now, 0},
		{now.Add(-time.Second), 0},
	} {
		if got := keptFor(test.until, now); got != test.want {
			t.Errorf("until %v: %d, want %d", test.until.Sub(now), got, test.want)
		}
	}
}

// TestProtectedPreviewIsPrivate checks Cache-Control of what is rendered, stored, not changed
// and missing, whatever the object has.
func TestProtectedPreviewIsPrivate(t *testing.T) {
	f := new(renderer)
	server := start(t, f, func(s *settings) {
		s.Private, s.Environ, s.PhotoAccess, s.Access.SigningKeys = true, []string{"PRESET_CARD=access=signed"}, prew.Signed, signing
		s.Lacking = true
	})
	put(t, "photo/private/a.jpg", "0123456789")
	put(t, "photo/private/b.jpg", "0123456789")
	address := server.URL + sign(t, "/prew/card/private/a.jpg")
	first, body := get(t, address)
	if first.StatusCode != http.StatusOK || first.Header.Get("Cache-Control") != "private" || first.Header.Get("X-Prew") != "rendered" || body == "" {
		t.Errorf("%s, %v", first.Status, first.Header)
	}
	if got := f.last.Load().CacheControl; got != "private" {
		t.Errorf("it is stored with %q", got)
	}
	landed(t, server)
	for _, test := range []struct {
		url     string
		headers []string
		status  int
		want    string
	}{
		{address, nil, 200, "private"},
		{address, []string{"Range", "bytes=0-1"}, 206, "private"},
		{address, []string{"If-None-Match", first.Header.Get("ETag")}, 304, "private"},
		{server.URL + sign(t, "/photo/private/a.jpg"), nil, 200, "private"},
		{server.URL + sign(t, "/prew/card/private/none.jpg"), nil, 404, "private, max-age="},
		{server.URL + sign(t, "/photo/private/none.jpg"), nil, 404, "private, max-age="},
		{server.URL + "/prew/thumb/private/b.jpg", nil, 200, prew.DefaultCacheControl},
		{server.URL + "/prew/card/private/a.jpg", nil, 401, "no-store"},
	} {
		r, _ := get(t, test.url, test.headers...)
		if r.StatusCode != test.status || !strings.HasPrefix(r.Header.Get("Cache-Control"), test.want) {
			t.Errorf("%d with %q: %s with %q", test.status, test.want, r.Status, r.Header.Get("Cache-Control"))
		}
	}
}
