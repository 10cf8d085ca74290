package gateway

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"prew/deploy/local/stack"
)

// TestPrivateGatewayStreamsWhatIsStored also checks that this works without Redis,
// as it does where nginx asks S3.
func TestPrivateGatewayStreamsWhatIsStored(t *testing.T) {
	f := new(renderer)
	server := start(t, f, func(s *settings) { s.Private, s.Redis = true, "127.0.0.1:1" })
	etag := put(t, "prew/hero/private.jpg", "0123456789")
	url := server.URL + "/prew/hero/private.jpg"
	whole, body := get(t, url)
	for name, want := range map[string]string{
		"X-Prew": "stored", "Etag": etag, "Content-Type": "image/jpeg", "Content-Length": "10", "Accept-Ranges": "bytes",
		"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox",
	} {
		if got := whole.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if whole.StatusCode != 200 || body != "0123456789" || whole.Header.Get("Last-Modified") == "" {
		t.Errorf("%s, %q, %v", whole.Status, body, whole.Header)
	}
	if r, body := get(t, url, "Range", "bytes=2-4"); r.StatusCode != 206 || body != "234" || r.Header.Get("Content-Range") != "bytes 2-4/10" {
		t.Errorf("a range: %s, %q, %v", r.Status, body, r.Header)
	}
	if r, body := get(t, url, "Range", "bytes=2-4", "If-Range", `"another"`); r.StatusCode != 200 || body != "0123456789" {
		t.Errorf("a range of another version: %s, %q", r.Status, body)
	}
	if r, _ := get(t, url, "Range", "bytes=20-"); r.StatusCode != 416 {
		t.Errorf("a range beyond the end: %s", r.Status)
	}
	if r, body := get(t, url, "If-None-Match", etag); r.StatusCode != 304 || body != "" {
		t.Errorf("the same ETag: %s, %q", r.Status, body)
	}
	if r, body := do(t, http.MethodHead, url, "Range", "bytes=2-4"); r.StatusCode != 200 || body != "" || r.ContentLength != 10 {
		t.Errorf("HEAD, which knows no ranges: %s, %q, %d", r.Status, body, r.ContentLength)
	}
	if n := f.invoked.Load(); n != 0 {
		t.Errorf("%d invocations", n)
	}
}

// TestPhotoIsStreamedAsItWasStored checks the headers that tell a client what the
// bytes are.
func TestPhotoIsStreamedAsItWasStored(t *testing.T) {
	server := start(t, new(renderer), func(s *settings) { s.Private = true })
	want := map[string]string{
		"Content-Type": "image/svg+xml", "Content-Encoding": "gzip", "Content-Disposition": "attachment", "Content-Language": "de", "Cache-Control": "max-age=7",
	}
	if _, err := servers.S3.Client().PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String(bucket), Key: aws.String("photo/stored-as.svgz"), Body: strings.NewReader("packed"),
		ContentType: aws.String(want["Content-Type"]), ContentEncoding: aws.String(want["Content-Encoding"]), CacheControl: aws.String(want["Cache-Control"]),
		ContentDisposition: aws.String(want["Content-Disposition"]), ContentLanguage: aws.String(want["Content-Language"]),
	}); err != nil {
		t.Fatal(err)
	}
	response, body := get(t, server.URL+"/photo/stored-as.svgz", "Accept-Encoding", "identity") // otherwise the test's client would unpack it
	for name, value := range want {
		if got := response.Header.Get(name); got != value {
			t.Errorf("%s: %q, want %q", name, got, value)
		}
	}
	if body != "packed" {
		t.Errorf("%q", body)
	}
}

// TestWhyAPhotoIsRefused asks as nginx does after S3's 403 or 404. What is wrong with
// the bucket is no missing photo, and a photo that only the gateway may read is none that
// there is.
func TestWhyAPhotoIsRefused(t *testing.T) {
	tests := []struct {
		s3     int
		code   string // of S3
		status int
		want   string
	}{
		{404, "NoSuchKey", 404, "source_missing"},
		{403, "AccessDenied", 404, "source_missing"},
		{404, "NoSuchBucket", 502, "storage_failed"},
		{403, "RequestTimeTooSkewed", 502, "storage_failed"},
		{403, "InvalidAccessKeyId", 502, "storage_failed"},
		{403, "InvalidObjectState", 422, "source_archived"},
		{416, "InvalidRange", 404, "source_missing"}, // an empty photo
		{200, "", 404, "source_missing"},
		{206, "", 404, "source_missing"},
	}
	for _, test := range tests {
		var asked atomic.Pointer[http.Request]
		refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked.Store(r)
			w.WriteHeader(test.s3)
			if test.s3 < 300 {
				io.WriteString(w, "private")
				return
			}
			io.WriteString(w, "<Error><Code>"+test.code+"</Code></Error>")
		}))
		server := start(t, new(renderer), func(s *settings) { s.Lacking, s.S3Endpoint = true, refusing.URL })
		r, body := get(t, server.URL+"/photo/refused.jpg", "X-Prew-Refused", "1", "If-None-Match", "*")
		if r.StatusCode != test.status || r.Header.Get("X-Prew-Error") != test.want || strings.Contains(body, "private") {
			t.Errorf("%d %s: %s %s, want %d %s", test.s3, test.code, r.Status, r.Header.Get("X-Prew-Error"), test.status, test.want)
		}
		if keep := r.Header.Get("Cache-Control"); strings.HasPrefix(keep, "public, max-age=") != (test.status == 404) {
			t.Errorf("%d %s: Cache-Control is %q", test.s3, test.code, keep)
		}
		if r := asked.Load(); r == nil || r.Method != "GET" || r.Header.Get("Range") != "bytes=0-0" || r.Header.Get("If-None-Match") != "" {
			t.Errorf("%d %s: S3 got %v, want a GET of the first byte", test.s3, test.code, r)
		}
		refusing.Close()
	}
}

// TestUnchangedPhotoHasItsETag is about S3, which sends the ETag with 304; the local
// server does not.
func TestUnchangedPhotoHasItsETag(t *testing.T) {
	unchanged := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("ETag", `"same"`)
		w.Header().Set("X-Amz-Request-Id", "1")
		w.WriteHeader(http.StatusNotModified)
	}))
	defer unchanged.Close()
	server := start(t, new(renderer), func(s *settings) { s.Private, s.S3Endpoint = true, unchanged.URL })
	r, _ := get(t, server.URL+"/photo/same.jpg", "If-None-Match", `"same"`)
	if r.StatusCode != 304 || r.Header.Get("ETag") != `"same"` || r.Header.Get("X-Amz-Request-Id") != "" {
		t.Errorf("%s, %v", r.Status, r.Header)
	}
}

func TestPrivateGatewayRendersWhatIsNotStored(t *testing.T) {
	f := new(renderer)
	server := start(t, f, func(s *settings) { s.Private = true })
	for _, want := range []string{"rendered", "stored"} {
		r, body := get(t, server.URL+"/prew/hero/private-miss.jpg")
		if r.StatusCode != 200 || r.Header.Get("X-Prew") != want || body != "preview of photo/private-miss.jpg" {
			t.Errorf("%s, %q, %q; want %s", r.Status, r.Header.Get("X-Prew"), body, want)
		}
	}
	if n := f.invoked.Load(); n != 1 {
		t.Errorf("%d invocations, want 1", n)
	}
	put(t, "prew/unknown/a.jpg", "of a preset that has been removed")
	if r, _ := get(t, server.URL+"/prew/unknown/a.jpg"); r.StatusCode != 404 || r.Header.Get("X-Prew-Error") != "preset_unknown" {
		t.Errorf("an unknown preset: %s, %q", r.Status, r.Header.Get("X-Prew-Error"))
	}
}

// TestObjectIsStreamedAsItArrives reads the first half of an object while the store
// holds the second back: the gateway can't have read it whole.
func TestObjectIsStreamedAsItArrives(t *testing.T) {
	half := strings.Repeat("0123456789abcdef", 64<<10) // 1 MiB, more than buffers hold back
	read := make(chan struct{})
	holding := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, half)
		w.(http.Flusher).Flush()
		select {
		case <-read:
		case <-time.After(5 * time.Second):
			t.Error("nothing of the first half has arrived")
		}
		io.WriteString(w, half)
	}))
	defer holding.Close()
	server := start(t, new(renderer), func(s *settings) { s.Private, s.S3Endpoint = true, holding.URL })
	response, err := http.Get(server.URL + "/photo/large.jpg")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if _, err := io.ReadFull(response.Body, make([]byte, len(half)/2)); err != nil {
		t.Fatal(err)
	}
	close(read)
	if n, err := io.Copy(io.Discard, response.Body); err != nil || int(n) != len(half)*3/2 {
		t.Errorf("%d more bytes: %v", n, err)
	}
}

func TestObjectThatDoesNotComeIsTooLate(t *testing.T) {
	answer := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-answer }))
	defer silent.Close()
	defer close(answer)
	server := start(t, new(renderer), func(s *settings) {
		s.Private, s.S3Endpoint, s.S3Timeout = true, silent.URL, 50*time.Millisecond
	})
	for _, path := range []string{"/photo/late.jpg", "/prew/hero/late.jpg"} {
		if r, _ := get(t, server.URL+path); r.StatusCode != 504 || r.Header.Get("X-Prew-Error") != "timed_out" {
			t.Errorf("%s: %s, %q", path, r.Status, r.Header.Get("X-Prew-Error"))
		}
	}
	if _, text := get(t, measuredAt(t, server)); !strings.Contains(text, `prew_s3_errors_total{code="timed_out",source="default"} 1`) || !strings.Contains(text, `prew_s3_errors_total{code="timed_out",source=""} 1`) {
		t.Error("they are not counted")
	}
}

// TestObjectThatStallsIsBrokenOff is about a store that stops in the middle: the
// client must not wait until nginx gives up, which would blame the gateway.
func TestObjectThatStallsIsBrokenOff(t *testing.T) {
	stalling := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "20")
		io.WriteString(w, "0123456789")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}))
	defer stalling.Close()
	log := logged(t)
	server := start(t, new(renderer), func(s *settings) {
		s.Private, s.S3Endpoint, s.S3Timeout = true, stalling.URL, 200*time.Millisecond
	})
	began := time.Now()
	response, err := http.Get(server.URL + "/photo/stalls.jpg")
	if err == nil {
		_, err = io.ReadAll(response.Body)
		response.Body.Close()
	}
	if took := time.Since(began); err == nil || took < 200*time.Millisecond || took > 5*time.Second {
		t.Errorf("%v after %v, want the answer broken off after 200 ms", err, took)
	}
	server.Close()
	if !strings.Contains(log(), `"code":"timed_out"`) || !strings.Contains(log(), "no more bytes in 200ms") {
		t.Errorf("logged\n%s", log())
	}
}

// TestObjectThatBreaksOffIsNotTakenForWhole is about a store, or a proxy before
// it, that does not send the length of its answer.
func TestObjectThatBreaksOffIsNotTakenForWhole(t *testing.T) {
	breaking := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "half of it")
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}))
	defer breaking.Close()
	server := start(t, new(renderer), func(s *settings) { s.Private, s.S3Endpoint = true, breaking.URL })
	response, err := http.Get(server.URL + "/photo/half.jpg")
	if err == nil {
		var body []byte
		if body, err = io.ReadAll(response.Body); err == nil {
			t.Errorf("%s, and %q ends as if it were whole", response.Status, body)
		}
		response.Body.Close()
	}
	server.Close() // returns after the entry is written
	_, text := get(t, measuredAt(t, server))
	for _, want := range []string{`prew_s3_errors_total{code="storage_failed",source="default"} 1`, `prew_requests_total{code="storage_failed",outcome="failed",route="photo",source="default"} 1`} {
		if !strings.Contains(text, want) {
			t.Errorf("no line %q", want)
		}
	}
}

func TestClientThatLeavesIsNoErrorOfS3(t *testing.T) {
	asked, answer := make(chan struct{}), make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { close(asked); <-answer }))
	defer slow.Close()
	defer close(answer)
	server := start(t, new(renderer), func(s *settings) { s.Private, s.S3Endpoint = true, slow.URL })
	ctx, leave := context.WithCancel(t.Context())
	go func() {
		<-asked
		leave()
	}()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/photo/slow.jpg", nil)
	if err != nil {
		t.Fatal(err)
	}
	if response, err := http.DefaultClient.Do(request); err == nil {
		response.Body.Close()
		t.Fatal(response.Status)
	}
	server.Close() // returns after the entry is written
	_, text := get(t, measuredAt(t, server))
	if !strings.Contains(text, `prew_requests_total{code="",outcome="left",route="photo",source="default"} 1`) || strings.Contains(text, `prew_s3_errors_total{code="timed_out",source="default"} 1`) {
		t.Error("it is not counted as left, or as an error of S3 too")
	}
}

func TestPhotosMayLieInAnotherStore(t *testing.T) {
	other, err := stack.StartS3(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { other.Stop() })
	if err := other.CreateBucket(t.Context(), "elsewhere"); err != nil {
		t.Fatal(err)
	}
	f := new(renderer)
	server := start(t, f, func(s *settings) { s.SourceBucket, s.SourceEndpoint = "elsewhere", "http://"+other.Addr })
	put(t, "photo/here.jpg", "in the bucket of the previews")
	if r, _ := get(t, server.URL+"/photo/here.jpg"); r.StatusCode != 404 {
		t.Errorf("a photo of the previews' bucket: %s", r.Status)
	}
	if r, body := get(t, server.URL+"/prew/hero/there.jpg"); r.StatusCode != 200 || body != "preview of photo/there.jpg" {
		t.Errorf("%s, %q", r.Status, body)
	}
	if got := f.last.Load(); got.SrcBucket != "elsewhere" || got.DstBucket != bucket {
		t.Errorf("rendered from %s to %s", got.SrcBucket, got.DstBucket)
	}
}
