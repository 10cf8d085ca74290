package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"prew/deploy/tools/viewer"
)

// echo is a viewer function that changes next to nothing: what begins with /refused it answers
// itself, what begins with /protected it sends to the function, and it signs its answers.
const echo = `import cf from 'cloudfront';
function handler(event) {
  var request = event.request;
  if (event.context.eventType === 'viewer-response') {
    event.response.headers['x-viewer'] = {value: request.uri};
    return event.response;
  }
  if (request.uri.indexOf('/refused') === 0) return {statusCode: 404, headers: {'x-prew-error': {value: 'path_refused'}}};
  if (request.uri.indexOf('/fails') === 0) return null;
  if (request.uri.indexOf('/protected') === 0) cf.selectRequestOriginById('function');
  if (request.headers.authorization) request.headers['x-prew-authorization'] = {value: request.headers.authorization.value};
  request.headers['x-prew-path'] = {value: '/asked' + request.uri};
  return request;
}
`

// origin answers as a test says, and counts what it is asked for.
type origin struct {
	*httptest.Server
	asked  atomic.Int64
	answer func(http.ResponseWriter, *http.Request)
}

func newOrigin(t *testing.T, answer func(http.ResponseWriter, *http.Request)) *origin {
	o := &origin{answer: answer}
	o.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o.asked.Add(1)
		o.answer(w, r)
	}))
	t.Cleanup(o.Close)
	return o
}

// serve starts a front before origins, by a viewer function.
func serve(t *testing.T, previews, photos, function *origin, static string) string {
	t.Helper()
	loaded, err := viewer.Load([]byte(echo))
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(newFront(loaded, origins{
		previews: previews.URL + "/bucket", photos: photos.URL + "/photos", function: function.URL,
		region: "eu-west-1", credentials: aws.Credentials{AccessKeyID: "key", SecretAccessKey: "secret"},
	}, static))
	t.Cleanup(front.Close)
	return front.URL
}

func send(t *testing.T, method, url string, header ...string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(body)
}

// says is an origin that says where it is and what it was asked for.
func says(t *testing.T, name string, status int, cacheControl string) *origin {
	return newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"1"`)
		if cacheControl != "" {
			w.Header().Set("Cache-Control", cacheControl)
		}
		w.Header().Set("X-Amz-Storage-Class", "STANDARD")
		w.WriteHeader(status)
		fmt.Fprint(w, name, " ", r.RequestURI, " ", r.Header.Get("X-Prew-Path"), " ", r.Header.Get("X-Prew-Authorization"))
	})
}

// TestOriginsAreAskedInTheirOrder: S3, and the function for what S3 refuses.
func TestOriginsAreAskedInTheirOrder(t *testing.T) {
	for _, test := range []struct {
		path             string
		previews, photos int
		want             string
	}{
		{"/prew/thumb/a%20b.jpg", 200, 200, "200 previews /bucket/prew/thumb/a%20b.jpg /asked/prew/thumb/a%20b.jpg Bearer a"},
		{"/photo/a.jpg", 404, 200, "200 photos /photos/photo/a.jpg /asked/photo/a.jpg Bearer a"},
		{"/%70hoto/a.jpg", 404, 200, "200 photos /photos/%70hoto/a.jpg /asked/%70hoto/a.jpg Bearer a"},
		{"/photo/../prew/a.jpg", 200, 404, "200 previews /bucket/photo/../prew/a.jpg /asked/photo/../prew/a.jpg Bearer a"},
		{"/prew/thumb/a.jpg?again", 403, 200, "201 function /prew/thumb/a.jpg?again= /asked/prew/thumb/a.jpg Bearer a"},
		{"/photo/a.jpg", 200, 404, "201 function /photo/a.jpg /asked/photo/a.jpg Bearer a"},
		{"/prew/thumb/a.jpg", 500, 200, "500 previews /bucket/prew/thumb/a.jpg /asked/prew/thumb/a.jpg Bearer a"},
		{"/prew/thumb/a.jpg", 412, 200, "412 previews /bucket/prew/thumb/a.jpg /asked/prew/thumb/a.jpg Bearer a"},
		{"/protected/a.jpg", 200, 200, "201 function /protected/a.jpg /asked/protected/a.jpg Bearer a"},
	} {
		site := serve(t, says(t, "previews", test.previews, ""), says(t, "photos", test.photos, ""), says(t, "function", 201, ""), "")
		response, body := send(t, http.MethodGet, site+test.path, "Authorization", "Bearer a")
		if got := fmt.Sprint(response.StatusCode, " ", body); got != test.want {
			t.Errorf("%s: %s, want %s", test.path, got, test.want)
		}
		if got, want := response.Header.Get("X-Cache"), map[bool]string{true: failed, false: miss}[response.StatusCode >= 400]; got != want {
			t.Errorf("%s: X-Cache %q, want %q", test.path, got, want)
		}
	}
}

// TestOriginsSeeASignature in place of what the viewer has sent, and nothing else of it.
func TestOriginsSeeASignature(t *testing.T) {
	part := ""
	check := func(name, service string, status int) *origin {
		return newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
			if got := r.Header.Get("Authorization"); !strings.HasPrefix(got, "AWS4-HMAC-SHA256 Credential=key/") || !strings.Contains(got, "/eu-west-1/"+service+"/aws4_request") {
				t.Errorf("%s: %q", name, got)
			}
			for _, header := range []string{"X-Other", "Accept", "Accept-Encoding", "Referer"} {
				if got := r.Header.Get(header); got != "" {
					t.Errorf("%s: %s is %q", name, header, got)
				}
			}
			if got := r.Header.Get("Range"); got != part {
				t.Errorf("%s: Range is %q, want %q", name, got, part)
			}
			w.WriteHeader(status)
			io.WriteString(w, "answer")
		})
	}
	site := serve(t, check("S3", "s3", 403), check("S3", "s3", 403), check("the function", "lambda", 200), "")
	for _, path := range []string{"/prew/a.jpg", "/protected/a.jpg"} {
		if path == "/protected/a.jpg" { // of an object that may be kept the whole is asked for
			part = "bytes=0-1"
		}
		if response, _ := send(t, http.MethodGet, site+path, "Authorization", "Bearer a", "X-Other", "b", "Accept", "image/webp", "Accept-Encoding", "br", "Referer", "c", "Range", "bytes=0-1"); response.StatusCode >= 300 {
			t.Errorf("%s: %s", path, response.Status)
		}
	}
}

// TestWhatIsKept, and for how long nobody but who has asked gets it.
func TestWhatIsKept(t *testing.T) {
	for _, test := range []struct {
		status       int
		cacheControl string
		want         time.Duration
	}{
		{200, "", 24 * time.Hour},
		{200, "public, max-age=60", time.Minute},
		{200, "max-age=60, s-maxage=120", 2 * time.Minute},
		{200, "s-maxage=120, max-age=60", 2 * time.Minute},
		{200, "max-age=0", 0},
		{200, "max-age=-5", 0},
		{200, "max-age=99999999999", 365 * 24 * time.Hour},
		{200, "private, max-age=60", 0},
		{200, "no-store", 0},
		{200, "no-cache", 0},
		{404, "", 0},
		{404, "public, max-age=10", 10 * time.Second},
		{404, "no-store", 0},
		{422, "public, max-age=10", 0},
		{302, "public, max-age=10", 0},
		{206, "public, max-age=10", 0},
		{304, "public, max-age=10", 0},
		{503, "max-age=1", time.Second},
	} {
		if got := lifetimeOf(test.status, http.Header{"Cache-Control": {test.cacheControl}}); max(got, 0) != test.want {
			t.Errorf("%d, %s: %v, want %v", test.status, test.cacheControl, got, test.want)
		}
	}
}

// TestHitsAndMisses: what is kept is answered under the conditions of each request, and its
// headers are those of the policy and of the viewer function.
func TestHitsAndMisses(t *testing.T) {
	previews := says(t, "previews", 200, "public, max-age=60")
	site := serve(t, previews, previews, previews, "")
	const address = "/prew/a.jpg"
	whole := "previews /bucket/prew/a.jpg /asked/prew/a.jpg "
	for _, test := range []struct {
		method, name, value string
		status              int
		cache, body         string
		asked               int64 // of the origin, in all
	}{
		{"HEAD", "X", "", 200, miss, "", 1},
		{"GET", "X", "", 200, hit, whole, 1},
		{"HEAD", "X", "", 200, hit, "", 1},
		{"GET", "Range", "bytes=0-7", 206, hit, "previews", 1},
		{"GET", "Range", "bytes=999-", 416, failed, "<HTML><BODY><H1>416 ERROR</H1>The object is not as the request wants it.</BODY></HTML>\n", 1},
		{"GET", "If-None-Match", `"1"`, 304, hit, "", 1},
		{"GET", "If-Match", `"2"`, 412, failed, "<HTML><BODY><H1>412 ERROR</H1>The object is not as the request wants it.</BODY></HTML>\n", 1},
	} {
		response, body := send(t, test.method, site+address, test.name, test.value)
		if response.StatusCode != test.status || response.Header.Get("X-Cache") != test.cache || body != test.body || previews.asked.Load() != test.asked {
			t.Errorf("%s, %s: %s: %s, %q, asked %d times", test.method, test.name, test.value, response.Status, body, previews.asked.Load())
		}
		if age := response.Header.Get("Age"); (age != "") != (test.cache == hit) {
			t.Errorf("%s, %s: Age %q", test.method, test.name, age)
		}
		if test.status >= 400 {
			continue
		}
		for name, want := range map[string]string{"X-Viewer": address, "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox",
			"Cross-Origin-Resource-Policy": "cross-origin", "X-Amz-Storage-Class": ""} {
			if got := response.Header.Get(name); got != want {
				t.Errorf("%s, %s: %s is %q, want %q", test.method, test.name, name, got, want)
			}
		}
	}
}

// TestCollapsing has many ask for one thing that nobody has yet.
func TestCollapsing(t *testing.T) {
	const viewers = 50
	for _, test := range []struct {
		status       int
		cacheControl string
		shared       bool
	}{
		{200, "public, max-age=60", true},
		{200, "", true},
		{404, "public, max-age=10", true},
		{200, "private", false},
		{422, "no-store", false},
	} {
		all := make(chan struct{}) // open once every viewer waits
		function := newOrigin(t, nil)
		function.answer = func(w http.ResponseWriter, r *http.Request) {
			<-all
			w.Header().Set("Cache-Control", test.cacheControl)
			if test.cacheControl == "" {
				w.Header().Del("Cache-Control")
			}
			w.WriteHeader(test.status)
			io.WriteString(w, "answer")
		}
		s3 := says(t, "previews", 403, "")
		loaded, err := viewer.Load([]byte(echo))
		if err != nil {
			t.Fatal(err)
		}
		f := newFront(loaded, origins{previews: s3.URL, photos: s3.URL, function: function.URL, region: "eu-west-1", credentials: aws.Credentials{AccessKeyID: "k", SecretAccessKey: "s"}}, "")
		var begun, done sync.WaitGroup
		for range viewers {
			begun.Add(1)
			done.Go(func() {
				w := httptest.NewRecorder()
				begun.Done()
				f.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/prew/a.jpg", nil))
				if w.Code != test.status || w.Body.String() != "answer" {
					t.Errorf("%d %s: %d %q", test.status, test.cacheControl, w.Code, w.Body)
				}
			})
		}
		begun.Wait()
		close(all)
		done.Wait()
		if n := function.asked.Load(); test.shared && n != 1 || !test.shared && n != viewers {
			t.Errorf("%d %q: the function was asked %d times for %d viewers", test.status, test.cacheControl, n, viewers)
		}
	}
}

// TestViewerThatLeavesIsNoHarmToOthers who wait for the answer to its request.
func TestViewerThatLeavesIsNoHarmToOthers(t *testing.T) {
	arrived, open := make(chan struct{}, 2), make(chan struct{})
	s3 := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		<-open
		io.WriteString(w, "answer")
	})
	site := serve(t, s3, s3, s3, "")
	ctx, leave := context.WithCancel(t.Context())
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, site+"/prew/a.jpg", nil)
	if err != nil {
		t.Fatal(err)
	}
	left := make(chan error, 1)
	go func() {
		_, err := http.DefaultTransport.RoundTrip(request)
		left <- err
	}()
	<-arrived
	leave()
	if err := <-left; err == nil {
		t.Error("the viewer has not left")
	}
	close(open)
	if response, body := send(t, http.MethodGet, site+"/prew/a.jpg"); response.StatusCode != 200 || body != "answer" || s3.asked.Load() != 1 {
		t.Errorf("%s, %q, asked %d times", response.Status, body, s3.asked.Load())
	}
}

// TestOwnAnswers are those that no origin gives.
func TestOwnAnswers(t *testing.T) {
	static := t.TempDir()
	for name, text := range map[string]string{"index.html": "the page", "gallery.json": "{}"} {
		if err := os.WriteFile(filepath.Join(static, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	gone := says(t, "previews", 200, "")
	gone.Close()
	site := serve(t, gone, gone, gone, static)
	for _, test := range []struct {
		method, path string
		status       int
		cache, body  string
	}{
		{"GET", "/", 200, "", "the page"},
		{"GET", "/gallery/gallery.json", 200, "", "{}"},
		{"GET", "/gallery/none", 404, "", "404 page not found\n"},
		{"POST", "/prew/a.jpg", 403, failed, "-"},
		{"DELETE", "/prew/a.jpg", 403, failed, "-"},
		{"GET", "/refused/a.jpg", 404, generated, ""},
		{"GET", "/fails/a.jpg", 503, failed, "-"},
		{"GET", "/prew/a.jpg", 502, failed, "-"},
		{"GET", "/prew/" + strings.Repeat("k", 8192), 414, failed, "-"},
	} {
		response, body := send(t, test.method, site+test.path)
		if response.StatusCode != test.status || response.Header.Get("X-Cache") != test.cache || test.body != "-" && body != test.body {
			t.Errorf("%s %.30s: %s, %q, %q", test.method, test.path, response.Status, response.Header.Get("X-Cache"), body)
		}
	}
}

// TestLargeBodiesAreNotKept, but pass.
func TestLargeBodiesAreNotKept(t *testing.T) {
	large := bytes.Repeat([]byte("x"), 1<<20+1)
	loaded, err := viewer.Load([]byte(echo))
	if err != nil {
		t.Fatal(err)
	}
	for _, announced := range []bool{true, false} {
		s3 := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
			if announced {
				w.Header().Set("Content-Length", fmt.Sprint(len(large)))
			}
			w.Write(large)
		})
		f := newFront(loaded, origins{previews: s3.URL, photos: s3.URL, function: s3.URL, region: "eu-west-1", credentials: aws.Credentials{AccessKeyID: "k", SecretAccessKey: "s"}}, "")
		f.cache.largest = 1 << 20
		for range 2 {
			w := httptest.NewRecorder()
			f.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/prew/a.jpg", nil))
			if cache := w.Header().Get("X-Cache"); cache != miss || w.Body.Len() != len(large) {
				t.Errorf("announced is %v: %q, %d bytes", announced, cache, w.Body.Len())
			}
		}
	}
}

// TestCacheIsBounded: what was not asked for for the longest time goes.
func TestCacheIsBounded(t *testing.T) {
	c := newCache(10, 10)
	keep := func(key string, until time.Time) {
		if _, _, lead := c.begin(key); !lead {
			t.Fatalf("%s is there already", key)
		}
		c.end(key, &object{body: []byte("four"), until: until})
	}
	later := time.Now().Add(time.Hour)
	keep("a", later)
	keep("b", later)
	c.fresh("a")
	keep("c", later)
	if c.fresh("a") == nil || c.fresh("b") != nil || c.fresh("c") == nil || c.used != 8 {
		t.Errorf("a %v, b %v, c %v, %d bytes", c.fresh("a"), c.fresh("b"), c.fresh("c"), c.used)
	}
	keep("d", time.Now().Add(-time.Second))
	if c.fresh("d") != nil {
		t.Error("what is over is given")
	}
}
