package gateway

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// s3With is the S3 server of all tests, behind a handler that may answer a request
// itself; it returns true if it has. heads counts the HEADs of photos.
func s3With(t *testing.T, answers func(http.ResponseWriter, *http.Request) bool) (endpoint string, heads *atomic.Int32) {
	t.Helper()
	through := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: "http", Host: s3Server.Addr})
		r.Out.Host = r.In.Host // it is part of the signature
	}}
	heads = new(atomic.Int32)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			heads.Add(1)
		}
		if !answers(w, r) {
			through.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL, heads
}

// TestInventedKeysReachNoFunction is about who makes up keys: each costs the gateway
// one flight and one HEAD, takes no slot for an invocation, and is remembered.
func TestInventedKeysReachNoFunction(t *testing.T) {
	endpoint, heads := s3With(t, func(http.ResponseWriter, *http.Request) bool { return false })
	f := new(renderer)
	server := start(t, f, func(s *settings) { s.Lacking, s.S3Endpoint, s.Invokes, s.Queue = true, endpoint, 1, 0 })
	const keys = 200
	for range 2 {
		var asking sync.WaitGroup
		turns := make(chan int)
		for range 20 {
			asking.Go(func() {
				for i := range turns {
					r, _ := get(t, fmt.Sprintf("%s/prew/thumb/invented/%d.jpg", server.URL, i))
					if r.StatusCode != 404 || r.Header.Get("X-Prew-Error") != "source_missing" || !strings.HasPrefix(r.Header.Get("Cache-Control"), "public, max-age=") {
						t.Errorf("%d: %s, %q, %q", i, r.Status, r.Header.Get("X-Prew-Error"), r.Header.Get("Cache-Control"))
					}
				}
			})
		}
		for i := range keys {
			turns <- i
		}
		close(turns)
		asking.Wait()
	}
	if n := f.invoked.Load(); n != 0 {
		t.Errorf("%d invocations for %d invented keys, want 0", n, keys)
	}
	if n := heads.Load(); n != keys {
		t.Errorf("%d HEADs for %d keys", n, keys)
	}
}

// TestFunctionDecidesWhereTheHeadDoesNot is about a HEAD that fails, hangs, or can't
// tell a missing photo from a missing bucket.
func TestFunctionDecidesWhereTheHeadDoesNot(t *testing.T) {
	fails := func(status int, code string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.Contains(r.URL.Path, "/photo/") {
				return false
			}
			w.WriteHeader(status)
			io.WriteString(w, "<Error><Code>"+code+"</Code></Error>")
			return true
		}
	}
	for name, answers := range map[string]func(http.ResponseWriter, *http.Request) bool{
		"fails":           fails(500, "InternalError"),
		"is-refused":      fails(403, "SignatureDoesNotMatch"),
		"finds-no-bucket": fails(404, "NoSuchBucket"),
		"hangs": func(_ http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodHead {
				<-r.Context().Done()
			}
			return false
		},
	} {
		t.Run(name, func(t *testing.T) {
			endpoint, heads := s3With(t, answers)
			f := new(renderer)
			server := start(t, f, func(s *settings) { s.Lacking, s.SourceEndpoint = true, endpoint })
			began := time.Now()
			r, body := get(t, server.URL+"/prew/thumb/head/"+name+".jpg")
			if r.StatusCode != 200 || body != "preview of photo/head/"+name+".jpg" || f.invoked.Load() != 1 {
				t.Errorf("%s, %.40q after %d invocations, want the preview of one", r.Status, body, f.invoked.Load())
			}
			if took := time.Since(began); took > lacksTimeout+time.Second {
				t.Errorf("it took %v", took)
			}
			if n := heads.Load(); n != 1 {
				t.Errorf("%d HEADs, want 1", n)
			}
		})
	}
}

// TestHeadIsAskedDuringTheLook holds the look for the preview back until the HEAD of
// the photo has come: one after the other would wait for ever.
func TestHeadIsAskedDuringTheLook(t *testing.T) {
	head := make(chan struct{})
	endpoint, _ := s3With(t, func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodHead {
			close(head)
		} else {
			select {
			case <-head:
			case <-time.After(5 * time.Second):
				t.Error("no HEAD while the flight looks")
			}
		}
		return false
	})
	put(t, "photo/meanwhile.jpg", "photo")
	server := start(t, new(renderer), func(s *settings) { s.Lacking, s.S3Endpoint = true, endpoint })
	if r, _ := get(t, server.URL+"/prew/thumb/meanwhile.jpg"); r.StatusCode != 200 || !strings.Contains(r.Header.Get("Server-Timing"), "photo;dur=") {
		t.Errorf("%s, %q", r.Status, r.Header.Get("Server-Timing"))
	}
}
