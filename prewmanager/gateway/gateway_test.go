package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/redis/go-redis/v9"

	"prew"
	"prew/deploy/local/stack/stacktest"
	"prew/lambda/access"
	"prew/lambda/answer"
	"prew/lambda/store"
	"prew/prewmanager/flight"
)

const bucket = "gateway"

var (
	servers = stacktest.Servers{Bucket: bucket}
	put     = servers.Put
	get     = stacktest.Get
	do      = stacktest.Do
)

func TestMain(m *testing.M) { os.Exit(servers.Run(m)) }

// renderer stands in for the function, behind the real Invoke API, in tests that
// need it to fail. Its zero value renders: it stores the photo's key as the
// preview.
type renderer struct {
	answer      func(http.ResponseWriter, prew.RenderRequest) // nil: renders
	gone        atomic.Bool                                   // the function does not exist
	reached     atomic.Int32                                  // dry runs
	invoked     atomic.Int32
	connections atomic.Int32 // all that were ever made
	last        atomic.Pointer[prew.RenderRequest]
}

func (f *renderer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	dry := r.Header.Get("X-Amz-Invocation-Type") == "DryRun"
	if dry {
		f.reached.Add(1)
	} else {
		f.invoked.Add(1)
	}
	switch {
	case f.gone.Load():
		w.Header().Set("X-Amzn-ErrorType", "ResourceNotFoundException")
		w.WriteHeader(http.StatusNotFound)
		io.WriteString(w, `{"message":"Function not found: render"}`)
		return
	case dry:
		w.WriteHeader(http.StatusNoContent)
		return
	}
	var request prew.RenderRequest
	if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	f.last.Store(&request)
	if f.answer != nil {
		f.answer(w, request)
		return
	}
	body := []byte("preview of " + request.SrcKey)
	stored, err := servers.S3.Client().PutObject(r.Context(), &s3.PutObjectInput{
		Bucket: &request.DstBucket, Key: &request.DstKey, Body: bytes.NewReader(body),
		ContentType: aws.String("image/jpeg"), CacheControl: &request.CacheControl,
	})
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	json.NewEncoder(w).Encode(prew.RenderResult{
		Status: true, ContentType: "image/jpeg", Size: len(body), ETag: *stored.ETag, Data: body,
		Timing: prew.Timing{Start: time.Now(), Total: 7, Opened: 0.5, Fetch: 1, Render: 2, Store: 3, Cold: true},
	})
}

// settings are the settings that a test may change.
type settings struct {
	prew.Places
	Environ                  []string // SOURCE_ and PRESET_ variables
	Redis                    string
	Nginx                    string // URL of its purge listener
	Private, NoPictures      bool
	Lacking                  bool // photos that are not stored are missing; otherwise whoever asks finds every photo
	Invokes, Queue           int
	Access                   access.Settings
	PhotoAccess              prew.Access
	AnswerTimeout            time.Duration
	InvokeTimeout, S3Timeout time.Duration
}

// everyPhoto is an HTTP client that finds every object by HEAD and by its first byte, so
// that a test need not store the photo of each preview that it asks for.
type everyPhoto struct{ aws.HTTPClient }

func (c everyPhoto) Do(r *http.Request) (*http.Response, error) {
	response, err := c.HTTPClient.Do(r)
	asks := r.Method == http.MethodHead || r.Header.Get("Range") == "bytes=0-0"
	if err == nil && asks && response.StatusCode == http.StatusNotFound {
		response.StatusCode = http.StatusOK
		response.Header.Set("ETag", `"there"`)
	}
	return response, err
}

// start serves a gateway with the function f until the test ends.
func start(t *testing.T, f *renderer, change ...func(*settings)) *httptest.Server {
	t.Helper()
	invoke := httptest.NewUnstartedServer(f)
	invoke.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			f.connections.Add(1)
		}
	}
	invoke.Start()
	t.Cleanup(invoke.Close)
	for _, variable := range append(servers.S3.Env(), "AWS_ENDPOINT_URL_LAMBDA="+invoke.URL) {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
	s := settings{
		Places: prew.Places{Bucket: bucket, S3PathStyle: true}, Redis: servers.Redis.Addr, Nginx: "http://127.0.0.1:1",
		Invokes: 64, Queue: 256, AnswerTimeout: prew.AnswerTimeout, InvokeTimeout: prew.InvokeTimeout, S3Timeout: prew.StoreTimeout,
		Access: access.Settings{Cookie: "prew", Claim: "prew"}, PhotoAccess: prew.Open,
	}
	for _, c := range change {
		c(&s)
	}
	presets, err := prew.LoadPresets("presets.yaml", prew.EmbeddedPresets, s.Environ)
	if err != nil {
		t.Fatal(err)
	}
	sources, err := prew.ReadSources(s.Places, s.Environ)
	if err != nil {
		t.Fatal(err)
	}
	if err := sources.CheckPresets(presets); err != nil {
		t.Fatal(err)
	}
	placeholders, err := answer.NewPlaceholders("", "")
	if err != nil {
		t.Fatal(err)
	}
	if s.NoPictures {
		placeholders = nil
	}
	cfg, err := store.Load(t.Context(), s.Invokes+s.Queue)
	if err != nil {
		t.Fatal(err)
	}
	traces, err := NewTraces(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	metrics := NewMetrics(sources.All())
	purges := NewPurges(s.Nginx, s.Previews(), metrics)
	flights, err := flight.New[*Preview](flight.Redis{URL: s.Redis}, s.AnswerTimeout, traces.Redis, purges.Hear)
	if err != nil {
		t.Fatal(err)
	}
	checker, err := access.New(s.Access)
	if err != nil {
		t.Fatal(err)
	}
	photos := cfg.Copy()
	if !s.Lacking {
		photos.HTTPClient = everyPhoto{cfg.HTTPClient}
	}
	buckets := map[string]store.Bucket{}
	for _, source := range sources.All() {
		buckets[source.Name] = store.Open(photos, source.Photos)
	}
	g := New(Config{
		Presets: presets, Sources: sources, Flights: flights, Photos: buckets, Previews: store.Open(cfg, s.Previews()),
		Function:  OnLambda(cfg, "render", s.InvokeTimeout, metrics),
		S3Timeout: s.S3Timeout, Invokes: s.Invokes, Queue: s.Queue, CacheControl: prew.DefaultCacheControl, Private: s.Private,
		Placeholders: placeholders, Metrics: metrics, Traces: traces,
		Access: checker, PhotoAccess: s.PhotoAccess, Protected: "private",
	})
	close(g.settled) // Redis has been there all along
	g.unreached.Store(nil)
	t.Cleanup(func() { g.Close(context.Background()) })
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	return server
}

// TestConnectionsOfManyInvocationsAreKept saves a TLS handshake before each render.
func TestConnectionsOfManyInvocationsAreKept(t *testing.T) {
	const atOnce = 30
	var all sync.WaitGroup
	f := &renderer{answer: func(w http.ResponseWriter, _ prew.RenderRequest) {
		all.Done()
		all.Wait()
		json.NewEncoder(w).Encode(prew.RenderResult{Status: true, ContentType: "image/jpeg", Size: 1, Data: []byte("p")})
	}}
	server := start(t, f)
	for round := range 2 {
		all.Add(atOnce)
		var asking sync.WaitGroup
		for i := range atOnce {
			asking.Go(func() {
				if response, _ := get(t, fmt.Sprintf("%s/prew/thumb/kept/%d/%d.jpg", server.URL, round, i)); response.StatusCode != 200 {
					t.Error(response.Status)
				}
			})
		}
		asking.Wait()
	}
	// A few may be made before a connection of the first round is free.
	if made := f.connections.Load(); made > atOnce+atOnce/3 {
		t.Errorf("%d connections for twice %d invocations at once", made, atOnce)
	}
}

func TestPreviewIsRenderedOnceThenStored(t *testing.T) {
	f := new(renderer)
	server := start(t, f)
	const body = "preview of photo/once/a b.jpg"

	first, got := get(t, server.URL+"/prew/thumb/once/a%20b.jpg")
	if first.StatusCode != 200 || got != body {
		t.Fatalf("%s: %q, want 200: %q", first.Status, got, body)
	}
	for name, want := range map[string]string{
		"X-Prew": "rendered", "Content-Type": "image/jpeg", "Cache-Control": "public, max-age=86400",
		"Accept-Ranges": "bytes", "X-Content-Type-Options": "nosniff",
		"Content-Security-Policy": "default-src 'none'; sandbox",
	} {
		if got := first.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	timing := first.Header.Get("Server-Timing")
	for _, stage := range []string{"lease;dur=", "queue;dur=", "invoke;dur=", "fetch;dur=1.0", "render;dur=2.0", "store;dur=3.0"} {
		if !strings.Contains(timing, stage) {
			t.Errorf("Server-Timing: %q lacks %s", timing, stage)
		}
	}

	landed(t, server)
	second, got := get(t, server.URL+"/prew/thumb/once/a%20b.jpg")
	if second.StatusCode != 200 || got != body || second.Header.Get("X-Prew") != "stored" {
		t.Errorf("then %s: %q, %q; want it stored", second.Status, got, second.Header.Get("X-Prew"))
	}
	for _, name := range []string{"ETag", "Content-Type", "Cache-Control"} {
		if a, b := first.Header.Get(name), second.Header.Get(name); a == "" || a != b {
			t.Errorf("%s: %q when rendered, %q when stored", name, a, b)
		}
	}
	if n := f.invoked.Load(); n != 1 {
		t.Errorf("%d invocations, want 1", n)
	}
}

func TestPartsAndConditions(t *testing.T) {
	server := start(t, new(renderer))
	url := server.URL + "/prew/thumb/parts.jpg"
	const body = "preview of photo/parts.jpg"

	ranged, got := get(t, url, "Range", "bytes=0-6") // on a miss
	if ranged.StatusCode != 206 || got != "preview" || ranged.Header.Get("X-Prew") != "rendered" {
		t.Errorf("a range: %s, %q, %q", ranged.Status, got, ranged.Header.Get("X-Prew"))
	}
	if none, got := get(t, url, "If-None-Match", ranged.Header.Get("ETag")); none.StatusCode != 304 || got != "" {
		t.Errorf("the same ETag: %s, %q", none.Status, got)
	}
	if changed, got := get(t, url, "If-None-Match", `"other"`); changed.StatusCode != 200 || got != body {
		t.Errorf("another ETag: %s, %q", changed.Status, got)
	}
	if head, got := do(t, http.MethodHead, url); head.StatusCode != 200 || got != "" || head.ContentLength != int64(len(body)) {
		t.Errorf("HEAD: %s, %q, %d bytes announced", head.Status, got, head.ContentLength)
	}
	if post, _ := do(t, http.MethodPost, url); post.StatusCode != 405 || post.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %s, Allow %q", post.Status, post.Header.Get("Allow"))
	}
	gateway := server.Config.Handler.(*Gateway)
	for _, ready := range []bool{true, false} {
		if !ready {
			gateway.Drain()
		}
		if health, _ := get(t, server.URL+"/health"); health.StatusCode != 200 {
			t.Errorf("ready %v: health: %s", ready, health.Status)
		}
		if answer, _ := get(t, server.URL+"/ready"); (answer.StatusCode == 200) != ready || answer.StatusCode != 200 && answer.StatusCode != 503 {
			t.Errorf("ready %v: %s", ready, answer.Status)
		}
	}
}

// results answers every invocation with the same result.
func results(result prew.RenderResult) func(http.ResponseWriter, prew.RenderRequest) {
	return func(w http.ResponseWriter, _ prew.RenderRequest) { json.NewEncoder(w).Encode(result) }
}

func refusals(code prew.Code) func(http.ResponseWriter, prew.RenderRequest) {
	return results(prew.RenderResult{Error: &prew.RenderError{Code: code, Message: "because"}})
}

func TestEveryFailureHasItsAnswer(t *testing.T) {
	tests := []struct {
		name   string
		path   string // empty: a photo of its own
		answer func(http.ResponseWriter, prew.RenderRequest)
		status int
		code   string
		cached string // Cache-Control
		kept   bool   // whether a second request starts nothing
	}{
		{"refused path", "/prew/thumb/a%2Fb.jpg", nil, 404, "path_refused", "no-store", true},
		{"another room", "/index.html", nil, 404, "path_refused", "no-store", true},
		{"unknown preset", "/prew/640x480/a.jpg", nil, 404, "preset_unknown", "no-store", true},
		{"missing", "", refusals(prew.SourceMissing), 404, "source_missing", "public, max-age=9", true},
		{"unsupported", "", refusals(prew.SourceUnsupported), 422, "source_unsupported", "no-store", true},
		{"damaged", "", refusals(prew.SourceDamaged), 422, "source_damaged", "no-store", true},
		{"too large", "", refusals(prew.SourceTooLarge), 422, "source_too_large", "no-store", true},
		{"invalid", "", refusals(prew.RequestInvalid), 502, "request_invalid", "no-store", false},
		{"storage", "", refusals(prew.StorageFailed), 502, "storage_failed", "no-store", false},
		{"newer", "", refusals("not_known_yet"), 502, "render_failed", "no-store", false},
		{"garbage", "", func(w http.ResponseWriter, _ prew.RenderRequest) { io.WriteString(w, "<html>") }, 502, "render_garbage", "no-store", false},
		{"too long", "", func(w http.ResponseWriter, _ prew.RenderRequest) {
			io.WriteString(w, `{"status":true,"content_type":"`+strings.Repeat("x", maxAnswer)+`"}`)
		}, 502, "render_garbage", "no-store", false},
		{"no word", "", results(prew.RenderResult{}), 502, "render_garbage", "no-store", false},
		{"cut data", "", results(prew.RenderResult{Status: true, ContentType: "image/png", Size: 9, Data: []byte("12345678")}), 502, "render_garbage", "no-store", false},
		{"nothing stored", "", results(prew.RenderResult{Status: true, ContentType: "image/png", Size: 9}), 502, "not_stored", "no-store", false},
		{"crash", "", func(w http.ResponseWriter, _ prew.RenderRequest) {
			w.Header().Set("X-Amz-Function-Error", "Unhandled")
			io.WriteString(w, `{"errorType":"Runtime.ExitError","errorMessage":"RequestId: 1 Error: Runtime exited"}`)
		}, 502, "render_failed", "no-store", false},
		{"stopped", "", func(w http.ResponseWriter, _ prew.RenderRequest) {
			w.Header().Set("X-Amz-Function-Error", "Unhandled")
			io.WriteString(w, `{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: 1 Error: Task timed out after 25.00 seconds"}`)
		}, 504, "timed_out", "no-store", false},
		{"panic in a render", "", refusals(prew.RenderPanic), 502, "render_panic", "no-store", false},
		{"panic", "", func(w http.ResponseWriter, _ prew.RenderRequest) {
			w.Header().Set("X-Amz-Function-Error", "Unhandled")
			io.WriteString(w, `{"errorMessage":"index out of range","errorType":"boundsError","stackTrace":[{"path":"prew/lambda/handler.go","line":1,"label":"preview"}]}`)
		}, 502, "render_panic", "no-store", false},
		{"panic that ends the process", "", func(w http.ResponseWriter, _ prew.RenderRequest) {
			w.Header().Set("X-Amz-Function-Error", "Unhandled")
			io.WriteString(w, `{"errorType":"Runtime.ExitError","errorMessage":"RequestId: 1 Error: Runtime exited with error: exit status 2"}`)
		}, 502, "render_panic", "no-store", false},
		{"too much memory", "", func(w http.ResponseWriter, _ prew.RenderRequest) {
			w.Header().Set("X-Amz-Function-Error", "Unhandled")
			io.WriteString(w, `{"errorType":"Runtime.OutOfMemory","errorMessage":"RequestId: 1 Error: memory 530 MB, limit is 512 MB"}`)
		}, 422, "source_too_large", "no-store", true},
		{"no function", "", func(w http.ResponseWriter, _ prew.RenderRequest) {
			w.Header().Set("X-Amzn-ErrorType", "ResourceNotFoundException")
			w.WriteHeader(404)
		}, 502, "render_failed", "no-store", false},
		{"throttled", "", func(w http.ResponseWriter, _ prew.RenderRequest) {
			w.Header().Set("X-Amzn-ErrorType", "TooManyRequestsException")
			w.WriteHeader(429)
		}, 503, "throttled", "no-store", false},
	}
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := &renderer{answer: test.answer}
			server := start(t, f, func(s *settings) { s.InvokeTimeout, s.S3Timeout = 3*time.Second, 2900*time.Millisecond })
			path := test.path
			if path == "" {
				path = "/prew/hero/failure-" + string(rune('a'+i)) + ".jpg"
			}
			response, body := get(t, server.URL+path)
			if response.StatusCode != test.status || response.Header.Get("X-Prew-Error") != test.code {
				t.Errorf("%s, %q; want %d, %q", response.Status, response.Header.Get("X-Prew-Error"), test.status, test.code)
			}
			if got := response.Header.Get("Cache-Control"); got != test.cached {
				t.Errorf("Cache-Control: %q, want %q", got, test.cached)
			}
			if got := response.Header.Get("Retry-After"); (got != "") != (test.status == 503) {
				t.Errorf("Retry-After: %q", got)
			}
			if got := response.Header.Get("Content-Type"); got != "image/png" || !strings.HasPrefix(body, "\x89PNG") {
				t.Errorf("the answer is no picture but %s, %.20q", got, body)
			}
			if response.Header.Get("X-Content-Type-Options") != "nosniff" || response.Header.Get("Content-Security-Policy") == "" {
				t.Error("no protection")
			}
			before := f.invoked.Load()
			again, _ := get(t, server.URL+path)
			if again.StatusCode != test.status {
				t.Errorf("then %s", again.Status)
			}
			if more := f.invoked.Load() - before; (more == 0) != test.kept {
				t.Errorf("then %d invocations, remembered: %v", more, test.kept)
			}
		})
	}
}

// TestFailuresMayHaveNoBody is about PREW_ERROR_PICTURES=off: a browser that asked
// for a picture notices a failure by its body and not by its status.
func TestFailuresMayHaveNoBody(t *testing.T) {
	server := start(t, &renderer{answer: refusals(prew.SourceDamaged)}, func(s *settings) { s.NoPictures = true })
	for path, want := range map[string]struct {
		status int
		code   string
	}{"/prew/thumb/a%2Fb.jpg": {404, "path_refused"}, "/prew/hero/no-body.jpg": {422, "source_damaged"}} {
		r, body := get(t, server.URL+path)
		if r.StatusCode != want.status || r.Header.Get("X-Prew-Error") != want.code || r.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %s, %v", path, r.Status, r.Header)
		}
		if body != "" || r.ContentLength != 0 || r.Header.Get("Content-Type") != "" {
			t.Errorf("%s: a body of %d bytes, %q", path, len(body), r.Header.Get("Content-Type"))
		}
	}
}

// TestFailureOfANewerGatewayHasAnAnswer is about a failure that comes through Redis
// with a code that this gateway does not know.
func TestFailureOfANewerGatewayHasAnAnswer(t *testing.T) {
	server := start(t, new(renderer))
	client := redis.NewClient(&redis.Options{Addr: servers.Redis.Addr})
	defer client.Close()
	const path = "prew/hero/newer-gateway.jpg"
	failure := "F" + strings.Repeat("A", 26) + `!{"code":"not_known_yet","message":"because"}`
	if err := client.Set(t.Context(), "prew:"+bucket+"/"+path, failure, time.Minute).Err(); err != nil {
		t.Fatal(err)
	}
	if response, _ := get(t, server.URL+"/"+path); response.StatusCode != 502 || response.Header.Get("X-Prew-Error") != "render_failed" {
		t.Errorf("%s, %q", response.Status, response.Header.Get("X-Prew-Error"))
	}
}

func TestSlowFunctionIsTooLate(t *testing.T) {
	done := make(chan struct{})
	defer close(done)
	f := &renderer{answer: func(http.ResponseWriter, prew.RenderRequest) { <-done }}
	server := start(t, f, func(s *settings) { s.InvokeTimeout, s.S3Timeout = 200*time.Millisecond, 100*time.Millisecond })
	response, _ := get(t, server.URL+"/prew/hero/slow.jpg")
	if response.StatusCode != 504 || response.Header.Get("X-Prew-Error") != "timed_out" {
		t.Errorf("%s, %q", response.Status, response.Header.Get("X-Prew-Error"))
	}
	if n := f.invoked.Load(); n != 1 {
		t.Errorf("%d invocations: one that timed out was repeated", n)
	}
}

func TestPreviewThatCameNotAlongIsReadFromStorage(t *testing.T) {
	f := &renderer{answer: func(w http.ResponseWriter, r prew.RenderRequest) {
		put(t, r.DstKey, "stored by somebody else")
		json.NewEncoder(w).Encode(prew.RenderResult{Status: true, ContentType: "image/jpeg", Size: 4})
	}}
	response, body := get(t, start(t, f).URL+"/prew/hero/elsewhere.jpg")
	if response.StatusCode != 200 || body != "stored by somebody else" || response.Header.Get("X-Prew") != "rendered" {
		t.Errorf("%s, %q, %q", response.Status, body, response.Header.Get("X-Prew"))
	}
}

func TestPhotoThatWasReplacedIsRenderedAgain(t *testing.T) {
	for name, answer := range map[string]func(etag string) func(http.ResponseWriter, prew.RenderRequest){
		"damaged": func(etag string) func(http.ResponseWriter, prew.RenderRequest) {
			return results(prew.RenderResult{Error: &prew.RenderError{Code: prew.SourceDamaged, SourceETag: etag}})
		},
		"too-large": func(string) func(http.ResponseWriter, prew.RenderRequest) {
			return func(w http.ResponseWriter, _ prew.RenderRequest) {
				w.Header().Set("X-Amz-Function-Error", "Unhandled")
				io.WriteString(w, `{"errorType":"Runtime.OutOfMemory"}`)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := "/prew/thumb/replaced-" + name + ".jpg"
			f := &renderer{answer: answer(put(t, "photo/replaced-"+name+".jpg", "broken"))}
			server := start(t, f)
			if response, _ := get(t, server.URL+path); response.StatusCode != 422 {
				t.Fatal(response.Status)
			}
			f.answer = nil
			put(t, "photo/replaced-"+name+".jpg", "sound")
			for deadline := time.Now().Add(10 * time.Second); ; {
				response, _ := get(t, server.URL+path)
				if response.StatusCode == 200 {
					break
				}
				if time.Now().After(deadline) {
					t.Fatalf("still %s", response.Status)
				}
				time.Sleep(50 * time.Millisecond)
			}
		})
	}
}

// TestForbiddenIsMissing is about S3 as it answers a caller that may not list
// the bucket, which the local server can't do.
func TestForbiddenIsMissing(t *testing.T) {
	forbidding := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		io.WriteString(w, `<Error><Code>AccessDenied</Code></Error>`)
	}))
	defer forbidding.Close()
	f := &renderer{answer: refusals(prew.SourceMissing)}
	server := start(t, f, func(*settings) { t.Setenv("AWS_ENDPOINT_URL_S3", forbidding.URL) })
	if response, _ := get(t, server.URL+"/prew/thumb/forbidden.jpg"); response.Header.Get("X-Prew-Error") != "source_missing" {
		t.Errorf("%s, %q", response.Status, response.Header.Get("X-Prew-Error"))
	}
	if response, _ := get(t, server.URL+"/photo/forbidden+.jpg"); response.StatusCode != 404 || response.Header.Get("X-Prew-Error") != "source_missing" {
		t.Errorf("%s, %q", response.Status, response.Header.Get("X-Prew-Error"))
	}
}

func TestPhotoIsStreamed(t *testing.T) {
	server := start(t, new(renderer))
	etag := put(t, "photo/a+b.jpg", "0123456789")
	for _, path := range []string{"/photo/a+b.jpg", "/photo/a%2Bb.jpg", "/%70hoto/a+b.jpg"} {
		response, body := get(t, server.URL+path)
		if response.StatusCode != 200 || body != "0123456789" || response.Header.Get("Etag") != etag || response.Header.Get("Content-Type") != "image/jpeg" {
			t.Errorf("%s: %s, %q, %v", path, response.Status, body, response.Header)
		}
		if response.Header.Get("X-Prew") != "" || response.Header.Get("Content-Security-Policy") == "" {
			t.Errorf("%s: %v", path, response.Header)
		}
	}
	url := server.URL + "/photo/a+b.jpg"
	if r, body := get(t, url, "Range", "bytes=2-4"); r.StatusCode != 206 || body != "234" || r.Header.Get("Content-Range") != "bytes 2-4/10" {
		t.Errorf("a range: %s, %q, %v", r.Status, body, r.Header)
	}
	if r, _ := get(t, url, "Range", "bytes=20-"); r.StatusCode != 416 {
		t.Errorf("a range beyond the end: %s", r.Status)
	}
	if r, body := get(t, url, "If-None-Match", etag); r.StatusCode != 304 || body != "" {
		t.Errorf("the same ETag: %s, %q", r.Status, body)
	}
	if r, body := do(t, http.MethodHead, url); r.StatusCode != 200 || body != "" || r.ContentLength != 10 {
		t.Errorf("HEAD: %s, %q, %d", r.Status, body, r.ContentLength)
	}
	if r, _ := get(t, server.URL+"/photo/none+.jpg"); r.StatusCode != 404 || r.Header.Get("Cache-Control") != "public, max-age=9" {
		t.Errorf("a missing one: %s, %q", r.Status, r.Header.Get("Cache-Control"))
	}
	if r, _ := get(t, server.URL+"/photo/a%2Fb.jpg"); r.StatusCode != 404 || r.Header.Get("X-Prew-Error") != "path_refused" {
		t.Errorf("a refused path: %s, %q", r.Status, r.Header.Get("X-Prew-Error"))
	}
}
