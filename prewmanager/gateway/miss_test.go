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
// itself; it returns true if it has. asked counts the questions whether there is a photo.
func s3With(t *testing.T, answers func(http.ResponseWriter, *http.Request) bool) (endpoint string, asked *atomic.Int32) {
	t.Helper()
	through := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: "http", Host: servers.S3.Addr})
		r.Out.Host = r.In.Host // it is part of the signature
	}}
	asked = new(atomic.Int32)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asksForPhoto(r) {
			asked.Add(1)
		}
		if !answers(w, r) {
			through.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL, asked
}

func asksForPhoto(r *http.Request) bool {
	return strings.Contains(r.URL.Path, "/photo/") && r.Header.Get("Range") == "bytes=0-0"
}

// TestInventedKeysReachNoFunction is about who makes up keys: each costs the gateway
// one flight and two questions to S3, takes no slot for an invocation, and is remembered.
func TestInventedKeysReachNoFunction(t *testing.T) {
	endpoint, asked := s3With(t, func(http.ResponseWriter, *http.Request) bool { return false })
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
	if n := asked.Load(); n != keys {
		t.Errorf("asked %d times for %d photos", n, keys)
	}
}

// TestFunctionDecidesWhereS3DoesNotSay is about an S3 that fails, hangs, or has no bucket.
func TestFunctionDecidesWhereS3DoesNotSay(t *testing.T) {
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
			if asksForPhoto(r) {
				<-r.Context().Done()
			}
			return false
		},
	} {
		t.Run(name, func(t *testing.T) {
			endpoint, asked := s3With(t, answers)
			f := new(renderer)
			server := start(t, f, func(s *settings) { s.Lacking, s.SourceEndpoint = true, endpoint })
			began := time.Now()
			r, body := get(t, server.URL+"/prew/thumb/unsaid/"+name+".jpg")
			if r.StatusCode != 200 || body != "preview of photo/unsaid/"+name+".jpg" || f.invoked.Load() != 1 {
				t.Errorf("%s, %.40q after %d invocations, want the preview of one", r.Status, body, f.invoked.Load())
			}
			// A busy machine may lose its lease and ask again.
			if took := time.Since(began); took > lacksTimeout+10*time.Second {
				t.Errorf("it took %v", took)
			}
			if asked.Load() == 0 {
				t.Error("nobody asked for the photo")
			}
		})
	}
}

// TestPhotoIsAskedForDuringTheLook holds the look for the preview back until the photo
// has been asked for: one after the other would wait for ever.
func TestPhotoIsAskedForDuringTheLook(t *testing.T) {
	asked := make(chan struct{})
	endpoint, _ := s3With(t, func(_ http.ResponseWriter, r *http.Request) bool {
		if asksForPhoto(r) {
			close(asked)
			return false
		}
		select {
		case <-asked:
		case <-time.After(5 * time.Second):
			t.Error("the photo is not asked for while the flight looks")
		}
		return false
	})
	put(t, "photo/meanwhile.jpg", "photo")
	server := start(t, new(renderer), func(s *settings) { s.Lacking, s.S3Endpoint = true, endpoint })
	if r, _ := get(t, server.URL+"/prew/thumb/meanwhile.jpg"); r.StatusCode != 200 || !strings.Contains(r.Header.Get("Server-Timing"), "photo;dur=") {
		t.Errorf("%s, %q", r.Status, r.Header.Get("Server-Timing"))
	}
}
