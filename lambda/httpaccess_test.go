package main

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"prew/deploy/local/stack/stacktest"
	"prew/lambda/access/accesstest"
)

// ask sends a request of a table, in which {etag} stands for an ETag.
func ask(t *testing.T, server *httptest.Server, r accesstest.Request, etag string) (*http.Response, string) {
	t.Helper()
	headers := slices.Clone(r.Headers)
	for i := range headers {
		headers[i] = strings.ReplaceAll(headers[i], "{etag}", etag)
	}
	return stacktest.Do(t, r.Method, server.URL+r.Target, headers...)
}

// TestWhoMaySeeItDoesOverHTTP runs the gateway's table against every door.
func TestWhoMaySeeItDoesOverHTTP(t *testing.T) {
	const key = "secret/seen by some.jpg"
	site := accesstest.New(t)
	client := s3Server(t)
	upload(t, client, "photo/"+key, picture(t, 800, 600))
	for _, door := range doors {
		f, _ := overHTTP(t, client, append(site.Environ(), door.environ...)...)
		server := served(t, f, door.event)
		for _, r := range site.Allowed(key) {
			response, body := ask(t, server, r, "")
			if response.StatusCode != r.Status || body == "" {
				t.Errorf("%s: %s: %s %s, want %d", door.name, r.Name, response.Status, response.Header.Get("X-Prew-Error"), r.Status)
			}
			if cached := response.Header.Get("Cache-Control"); r.Name != "open" && cached != "private" {
				t.Errorf("%s: %s: Cache-Control %q", door.name, r.Name, cached)
			}
		}
	}
	f, _ := overHTTP(t, client, site.Environ()...)
	missing, _ := stacktest.Get(t, served(t, f, payload2).URL+"/prew/card/secret/none.jpg?t="+site.Token("ec", accesstest.Claims(time.Now().Add(time.Hour))))
	if cached := missing.Header.Get("Cache-Control"); missing.StatusCode != 404 || cached != "private, max-age=10" {
		t.Errorf("a missing photo: %s, Cache-Control %q", missing.Status, cached)
	}
	object, _ := stored(t, client, "prew/card/"+key)
	if object.CacheControl == nil || *object.CacheControl != "private" {
		t.Errorf("it is stored with Cache-Control %v", object.CacheControl)
	}
}

// TestAttacksLearnNothingOverHTTP makes every attack on a photo that is there, with its
// previews, on one that is not, and on a store that is gone: each has the same answer three
// times, byte for byte, and nothing is rendered.
func TestAttacksLearnNothingOverHTTP(t *testing.T) {
	const there, none = "secret/there.jpg", "secret/no-ne.jpg"
	site := accesstest.New(t)
	client := s3Server(t)
	f, log := overHTTP(t, client, site.Environ()...)
	nowhere, _ := overHTTP(t, s3At("http://127.0.0.1:1"), site.Environ()...)
	server, gone := served(t, f, payload2), served(t, nowhere, payload2)
	upload(t, client, "photo/"+there, picture(t, 800, 600))
	etag := ""
	for _, r := range site.Allowed(there) {
		response, _ := ask(t, server, r, "")
		if strings.HasPrefix(r.Target, "/prew/card/") && len(r.Headers) == 2 {
			etag = response.Header.Get("ETag")
		}
	}
	log.Reset()
	onNone := site.Attacks(none)
	for i, r := range site.Attacks(there) {
		response, body := ask(t, server, r, etag)
		r.CheckRefused(t, response)
		other, otherBody := ask(t, server, onNone[i], etag)
		r.CheckSame(t, "without a photo", other, otherBody, response, body)
		other, otherBody = ask(t, gone, r, etag)
		r.CheckSame(t, "without a store", other, otherBody, response, body)
	}
	if strings.Contains(log.String(), `"msg":"render"`) {
		t.Error("something was rendered")
	}
	for _, secret := range []string{"accesstest-", "eyJ"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log has something of a key or a token: %q", secret)
		}
	}
}

// TestClosedPhotosAreNotThereOverHTTP checks that previews are shown all the same.
func TestClosedPhotosAreNotThereOverHTTP(t *testing.T) {
	client := s3Server(t)
	upload(t, client, "photo/a.jpg", picture(t, 80, 60))
	f, _ := overHTTP(t, client, "PREW_PHOTO_ACCESS=closed")
	server := served(t, f, payload2)
	for path, want := range map[string]int{"/photo/a.jpg": 404, "/photo/none.jpg": 404, "/prew/card/a.jpg": 200} {
		if r, _ := stacktest.Get(t, server.URL+path); r.StatusCode != want || want == 404 && r.Header.Get("X-Prew-Error") != "path_refused" {
			t.Errorf("%s: %s %s", path, r.Status, r.Header.Get("X-Prew-Error"))
		}
	}
}

// TestProtectedBehindCloudFront is about what no store gives anybody: the function sends it,
// to whom the client's own Authorization or the query shows to be somebody who may see it.
func TestProtectedBehindCloudFront(t *testing.T) {
	const key = "secret/a.jpg"
	site := accesstest.New(t)
	client := s3Server(t)
	upload(t, client, "photo/"+key, picture(t, 800, 600))
	f, _ := overHTTP(t, client, append(site.Environ(), "PREW_FRONT=cloudfront", "PREW_REDIRECT=https://previews.example")...)
	server := served(t, f, payload2)
	later := time.Now().Add(time.Hour)
	bearer := "Bearer " + site.Token("ec", accesstest.Claims(later))
	thumb := "/prew/thumb/" + key
	for _, test := range []struct {
		name, path, query string
		headers           []string
		want              int
	}{
		{"a token", "/prew/card.webp/" + key, "", []string{"X-Prew-Authorization", bearer, "Authorization", "AWS4-HMAC-SHA256 Credential=x"}, 200},
		{"a token of a photo", "/photo/" + key, "", []string{"X-Prew-Authorization", bearer}, 200},
		{"a token in the query", "/prew/card/" + key, "t=" + site.Token("ec", accesstest.Claims(later)), nil, 200},
		{"a signature, of the address that became a variant's", "/prew/thumb.webp/" + key, accesstest.Sign(thumb, later), nil, 200},
		{"a token in CloudFront's own header", "/prew/card/" + key, "", []string{"Authorization", bearer}, 401},
		{"nothing", "/prew/card/" + key, "", nil, 401},
		{"nothing of a photo", "/photo/" + key, "", nil, 401},
	} {
		for range 2 { // on a miss, and on a hit
			r, body := stacktest.Get(t, server.URL+"/prew/hero/b.jpg?"+test.query, append([]string{"X-Prew-Path", test.path}, test.headers...)...)
			if r.StatusCode != test.want || body == "" {
				t.Errorf("%s: %s %s", test.name, r.Status, r.Header.Get("X-Prew-Error"))
			}
			if r.StatusCode == 200 && r.Header.Get("Cache-Control") != "private" {
				t.Errorf("%s: Cache-Control %q", test.name, r.Header.Get("Cache-Control"))
			}
		}
	}
}
