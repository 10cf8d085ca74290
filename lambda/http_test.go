package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"prew"
	"prew/deploy/local/emulator"
	"prew/deploy/local/stack"
	"prew/deploy/local/stack/stacktest"
	"prew/lambda/store"
)

// overHTTP returns a function on a store that answers over HTTP, as an environment says, and
// its log. Photos and previews lie in the bucket of all tests.
func overHTTP(t *testing.T, client *s3.Client, environ ...string) (function, *bytes.Buffer) {
	t.Helper()
	f, log := functionOn(t, client)
	variables := map[string]string{"PREW_BUCKET": bucket}
	var presets []string
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		variables[name] = value
		if strings.HasPrefix(name, "PRESET_") {
			presets = append(presets, entry)
		}
	}
	places, err := prew.ReadPlaces(func(name string) (string, bool) { value, ok := variables[name]; return value, ok })
	if err != nil {
		t.Fatal(err)
	}
	if f.sources, err = prew.ReadSources(places, environ); err != nil {
		t.Fatal(err)
	}
	if f.presets, err = prew.LoadPresets("presets.yaml", prew.EmbeddedPresets, presets); err != nil {
		t.Fatal(err)
	}
	if f.site, err = readSite(func(name string) string { return variables[name] }, f.presets, f.sources); err != nil {
		t.Fatal(err)
	}
	f.protected = f.site.protected
	f.site.previews, f.site.photos = store.Bucket{Client: client, Name: bucket}, store.Bucket{Client: client, Name: bucket}
	return f, log
}

// payload2 is the event of a Function URL for a request.
func payload2(r *http.Request) map[string]any {
	path, query, _ := strings.Cut(r.RequestURI, "?")
	var cookies []string
	headers := map[string]string{}
	for name, values := range r.Header {
		if name == "Cookie" {
			cookies = strings.Split(values[0], "; ")
			continue
		}
		headers[strings.ToLower(name)] = strings.Join(values, ",")
	}
	return map[string]any{
		"version": "2.0", "rawPath": path, "rawQueryString": query, "cookies": cookies, "headers": headers,
		"requestContext": map[string]any{"requestId": "id-of-the-request", "http": map[string]string{"method": r.Method, "path": path}},
	}
}

// payload1 is the event of a REST API for a request.
func payload1(r *http.Request) map[string]any {
	path, query, _ := strings.Cut(r.RequestURI, "?")
	parameters, _ := url.ParseQuery(query)
	return map[string]any{
		"path": path, "httpMethod": r.Method, "multiValueQueryStringParameters": parameters, "multiValueHeaders": r.Header,
		"requestContext": map[string]any{"requestId": "id-of-the-request", "httpMethod": r.Method},
	}
}

// served offers a function over HTTP: each request becomes an event, which is handed to the
// function as Lambda does it, and the function's answer becomes that to the request.
func served(t *testing.T, f function, event func(*http.Request) map[string]any) *httptest.Server {
	t.Helper()
	handler := lambda.NewHandler(f.invoke)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		payload, err := json.Marshal(event(r))
		if err != nil {
			t.Error(err)
		}
		output, err := handler.Invoke(context.WithoutCancel(r.Context()), payload)
		if err != nil {
			t.Errorf("%s %s: %v", r.Method, r.RequestURI, err)
		}
		var answer struct {
			StatusCode      int
			Headers         map[string]string
			Body            string
			IsBase64Encoded bool
		}
		prelude, body, streamed := bytes.Cut(output, make([]byte, 8))
		if err := json.Unmarshal(prelude, &answer); err != nil {
			t.Errorf("%s %s: %v in %.300q", r.Method, r.RequestURI, err, output)
		}
		if streamed != f.site.stream {
			t.Errorf("%s %s: streamed is %v", r.Method, r.RequestURI, streamed)
		}
		if !streamed {
			if body, err = base64.StdEncoding.DecodeString(answer.Body); err != nil || answer.IsBase64Encoded != (len(body) > 0) {
				t.Errorf("%s %s: a body of %d bytes, base64 %v: %v", r.Method, r.RequestURI, len(body), answer.IsBase64Encoded, err)
			}
			if len(output) > 6<<20 {
				t.Errorf("%s %s: an answer of %d bytes, which Lambda refuses", r.Method, r.RequestURI, len(output))
			}
		}
		if r.Method == http.MethodHead && len(body) > 0 {
			t.Errorf("HEAD %s: a body of %d bytes", r.RequestURI, len(body))
		}
		for name, value := range answer.Headers {
			w.Header().Set(name, value)
		}
		w.WriteHeader(answer.StatusCode)
		w.Write(body)
	}))
	t.Cleanup(server.Close)
	return server
}

// doors are all ways in which a request comes in and its answer goes out.
var doors = []struct {
	name    string
	environ []string
	event   func(*http.Request) map[string]any
}{
	{"payload 2.0", nil, payload2},
	{"payload 2.0, streamed", []string{"PREW_STREAM=1"}, payload2},
	{"payload 1.0", nil, payload1},
	{"payload 1.0, streamed", []string{"PREW_STREAM=1"}, payload1},
}

func TestPreviewIsRenderedStoredAndSent(t *testing.T) {
	client := s3Server(t)
	for i, door := range doors {
		t.Run(door.name, func(t *testing.T) {
			f, log := overHTTP(t, client, door.environ...)
			server := served(t, f, door.event)
			name := fmt.Sprintf("%d/a b/ö+.jpg", i)
			upload(t, client, "photo/"+name, picture(t, 800, 600))
			address := server.URL + prew.Ref{Preset: "card", Key: name}.Path()

			first, body := stacktest.Get(t, address)
			object, data := stored(t, client, "prew/card/"+name)
			if first.StatusCode != 200 || body != string(data) || len(data) == 0 {
				t.Fatalf("%s with %d bytes, stored are %d", first.Status, len(body), len(data))
			}
			for name, want := range map[string]string{
				"X-Prew": "rendered", "Content-Type": "image/jpeg", "Cache-Control": "public, max-age=86400", "ETag": aws.ToString(object.ETag),
				"Accept-Ranges": "bytes", "X-Content-Type-Options": "nosniff", "Vary": "Accept", "Last-Modified": object.LastModified.UTC().Format(http.TimeFormat),
				"Content-Security-Policy": "default-src 'none'; sandbox", "X-Prew-Error": "", "Content-Length": fmt.Sprint(len(data)),
			} {
				if got := first.Header.Get(name); got != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
			if timing := first.Header.Get("Server-Timing"); !strings.Contains(timing, "fetch;dur=") || !strings.Contains(timing, "render;dur=") || !strings.Contains(timing, "store;dur=") {
				t.Errorf("Server-Timing: %q", timing)
			}
			second, again := stacktest.Get(t, address)
			if second.StatusCode != 200 || again != body || second.Header.Get("X-Prew") != "stored" || second.Header.Get("Server-Timing") != "" {
				t.Errorf("the second time %s, %v", second.Status, second.Header)
			}
			webp, _ := stacktest.Get(t, address, "Accept", "image/webp")
			if webp.Header.Get("Content-Type") != "image/webp" || webp.Header.Get("X-Prew") != "rendered" {
				t.Errorf("to who accepts WebP: %s, %v", webp.Status, webp.Header)
			}
			var lines []struct {
				Msg, Request, Route, Preset, Key, Outcome string
				Status, Sent                              int
			}
			for line := range strings.Lines(log.String()) {
				lines = append(lines, struct {
					Msg, Request, Route, Preset, Key, Outcome string
					Status, Sent                              int
				}{})
				if err := json.Unmarshal([]byte(line), &lines[len(lines)-1]); err != nil {
					t.Fatalf("%s: %v", line, err)
				}
			}
			if len(lines) != 5 || lines[0].Msg != "render" || lines[0].Request != "id-of-the-request" || lines[1].Msg != "request" || lines[1].Request != "id-of-the-request" ||
				lines[1].Route != "preview" || lines[1].Preset != "card" || lines[1].Key != name || lines[1].Outcome != "rendered" ||
				lines[1].Status != 200 || lines[1].Sent != len(data) || lines[2].Outcome != "stored" {
				t.Errorf("the log is %s", log)
			}
		})
	}
}

// TestConditionsByRFC9110OverHTTP runs nginx's table against what is stored.
func TestConditionsByRFC9110OverHTTP(t *testing.T) {
	client := s3Server(t)
	if _, err := client.PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String(bucket), Key: aws.String("prew/hero/conditions.jpg"), Body: strings.NewReader(stack.Conditioned), ContentType: aws.String("image/jpeg"),
	}); err != nil {
		t.Fatal(err)
	}
	object, _ := stored(t, client, "prew/hero/conditions.jpg")
	rows, err := stack.Conditions("../nginx/testdata/conditions.tsv", *object.ETag, *object.LastModified)
	if err != nil {
		t.Fatal(err)
	}
	for _, door := range doors {
		f, _ := overHTTP(t, client, door.environ...)
		server := served(t, f, door.event)
		for _, row := range rows {
			var headers []string
			for _, line := range row.Headers {
				name, value, _ := strings.Cut(line, ": ")
				headers = append(headers, name, value)
			}
			response, body := stacktest.Do(t, row.Method, server.URL+"/prew/hero/conditions.jpg", headers...)
			if wrong := row.Check(response.StatusCode, response.Header, body); wrong != "" {
				t.Errorf("%s: %s: %s", door.name, row, wrong)
			}
		}
	}
}

// TestFailuresOverHTTP have the picture, the code and the status that a gateway's have.
func TestFailuresOverHTTP(t *testing.T) {
	client := s3Server(t)
	upload(t, client, "photo/text.jpg", []byte("no picture"))
	upload(t, client, "photo/cut.jpg", picture(t, 800, 600)[:700])
	f, log := overHTTP(t, client)
	server := served(t, f, payload2)
	for _, test := range []struct {
		path         string
		status       int
		code         string
		cacheControl string
	}{
		{"/prew/card/none.jpg", 404, "source_missing", "public, max-age=10"},
		{"/photo/none.jpg", 404, "source_missing", "public, max-age=10"},
		{"/prew/card/text.jpg", 422, "source_unsupported", "no-store"},
		{"/prew/card/cut.jpg", 422, "source_damaged", "no-store"},
		{"/prew/nothing/a.jpg", 404, "preset_unknown", "no-store"},
		{"/prew/card/../a.jpg", 404, "path_refused", "no-store"},
		{"/prew/card/a%2Fb.jpg", 404, "path_refused", "no-store"},
		{"/prew/card/" + strings.Repeat("k/", 600) + "k", 404, "path_refused", "no-store"},
		{"/prew/card/" + strings.Repeat("k", 300), 404, "path_refused", "no-store"}, // of the store, which has files
		{"/photo/a//b.jpg", 404, "path_refused", "no-store"},
		{"/", 404, "path_refused", "no-store"},
		{"/health", 404, "path_refused", "no-store"},
		{"/gallery/index.html", 404, "path_refused", "no-store"},
	} {
		log.Reset()
		response, body := stacktest.Get(t, server.URL+test.path)
		if response.StatusCode != test.status || response.Header.Get("X-Prew-Error") != test.code || response.Header.Get("Cache-Control") != test.cacheControl {
			t.Errorf("%.60s: %s %s, %s", test.path, response.Status, response.Header.Get("X-Prew-Error"), response.Header.Get("Cache-Control"))
		}
		if !strings.HasPrefix(body, "\x89PNG") || response.Header.Get("Content-Type") != "image/png" {
			t.Errorf("%.60s: no picture, but %q", test.path, response.Header.Get("Content-Type"))
		}
		if !strings.Contains(log.String(), fmt.Sprintf(`"code":%q`, test.code)) {
			t.Errorf("%.60s: the log is %s", test.path, log)
		}
		head, none := stacktest.Do(t, http.MethodHead, server.URL+test.path)
		if head.StatusCode != test.status || none != "" || head.ContentLength != int64(len(body)) {
			t.Errorf("HEAD %.60s: %s, %d bytes announced", test.path, head.Status, head.ContentLength)
		}
	}
	if post, body := stacktest.Do(t, http.MethodPost, server.URL+"/prew/card/none.jpg"); post.StatusCode != 405 || post.Header.Get("Allow") != "GET, HEAD" || body != "expected GET or HEAD\n" {
		t.Errorf("POST: %s, %v, %q", post.Status, post.Header, body)
	}
	without, _ := overHTTP(t, client, "PREW_ERROR_PICTURES=off")
	if none, body := stacktest.Get(t, served(t, without, payload2).URL+"/prew/card/none.jpg"); none.StatusCode != 404 || body != "" || none.Header.Get("Content-Type") != "" {
		t.Errorf("without pictures: %s, %v with %d bytes", none.Status, none.Header, len(body))
	}
}

// TestRefusalsOfTheStoreOverHTTP tells what passes by itself from what the bucket's owner has to
// see to.
func TestRefusalsOfTheStoreOverHTTP(t *testing.T) {
	for _, test := range []struct {
		status     int
		code       string
		want       int
		as         string
		retryAfter string
	}{
		{503, "SlowDown", 503, "storage_busy", "1"},
		{404, "NoSuchBucket", 502, "storage_failed", ""},
		{403, "InvalidObjectState", 422, "source_archived", ""},
	} {
		refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(test.status)
			fmt.Fprintf(w, "<Error><Code>%s</Code></Error>", test.code)
		}))
		f, _ := overHTTP(t, s3At(refusing.URL))
		server := served(t, f, payload2)
		for _, path := range []string{"/photo/a.jpg", "/prew/card/a.jpg"} {
			r, _ := stacktest.Get(t, server.URL+path)
			if r.StatusCode != test.want || r.Header.Get("X-Prew-Error") != test.as || r.Header.Get("Retry-After") != test.retryAfter || r.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s of %s: %s, %v", test.code, path, r.Status, r.Header)
			}
		}
		refusing.Close()
	}
}

// s3At is a client of a server that is no S3.
func s3At(endpoint string) *s3.Client {
	return s3.New(s3.Options{
		BaseEndpoint: &endpoint, Region: "us-east-1", UsePathStyle: true, Retryer: aws.NopRetryer{},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "key", SecretAccessKey: "secret"}, nil
		}),
	})
}

// TestLostRaceIsAnsweredWithWhatIsStored has another preview stored while one is rendered.
func TestLostRaceIsAnsweredWithWhatIsStored(t *testing.T) {
	client := s3Server(t)
	upload(t, client, "photo/race.jpg", picture(t, 800, 600))
	f, _ := overHTTP(t, client)
	options := client.Options()
	options.HTTPClient = before{options.HTTPClient, func(r *http.Request) {
		if r.Method == http.MethodPut {
			upload(t, client, "prew/card/race.jpg", []byte("another's"))
		}
	}}
	f.storage.previews = s3.New(options)
	response, body := stacktest.Get(t, served(t, f, payload2).URL+"/prew/card/race.jpg")
	if response.StatusCode != 200 || body != "another's" || response.Header.Get("X-Prew") != "rendered" || !strings.Contains(response.Header.Get("Server-Timing"), "render;dur=") {
		t.Errorf("%s, %v with %.20q", response.Status, response.Header, body)
	}
}

// before is an HTTP client that does something before each request.
type before struct {
	aws.HTTPClient
	do func(*http.Request)
}

func (b before) Do(r *http.Request) (*http.Response, error) {
	b.do(r)
	return b.HTTPClient.Do(r)
}

// noise is a PNG that does not become smaller.
func noise(t *testing.T, w, h int) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	random := rand.New(rand.NewPCG(1, 2))
	for y := range h {
		for x := range w {
			n := random.Uint32()
			m.Set(x, y, color.RGBA{uint8(n), uint8(n >> 8), uint8(n >> 16), 0xff})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestTooLargeBody is sent from the store: once, and never in a loop.
func TestTooLargeBody(t *testing.T) {
	client := s3Server(t)
	large := noise(t, 1400, 1100)
	if len(large) <= prew.InlineLimit {
		t.Fatalf("the photo has %d bytes", len(large))
	}
	upload(t, client, "photo/large.png", large)
	f, _ := overHTTP(t, client, "PRESET_LARGE=width=2000,format=png,aliases=/old/{key}?w=2000")
	server := served(t, f, payload2)

	for _, outcome := range []string{"rendered", "stored"} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			r, body := stacktest.Do(t, method, server.URL+"/old/large.png?w=2000&x=y")
			if r.StatusCode != 302 || r.Header.Get("Location") != "/prew/large/large.png?again" || r.Header.Get("Cache-Control") != "no-store" || body != "" {
				t.Errorf("%s: %s to %q, %s", outcome, r.Status, r.Header.Get("Location"), r.Header.Get("Cache-Control"))
			}
			if method == http.MethodGet && r.Header.Get("X-Prew") != outcome {
				t.Errorf("X-Prew: %s, want %s", r.Header.Get("X-Prew"), outcome)
			}
		}
	}
	if _, data := stored(t, client, "prew/large/large.png"); len(data) <= prew.InlineLimit {
		t.Fatalf("stored are %d bytes", len(data))
	}
	for _, path := range []string{"/prew/large/large.png?again", "/prew/large/large.png?x&again=1"} {
		if r, _ := stacktest.Get(t, server.URL+path); r.StatusCode != 502 || r.Header.Get("X-Prew-Error") != "not_stored" {
			t.Errorf("%s: %s %s", path, r.Status, r.Header.Get("X-Prew-Error"))
		}
	}
	if r, body := stacktest.Get(t, server.URL+"/prew/large/large.png?again", "Range", "bytes=1-3"); r.StatusCode != 206 || body != "PNG" {
		t.Errorf("a part of it: %s, %q", r.Status, body)
	}
	etag := ""
	if object, _ := stored(t, client, "prew/large/large.png"); object.ETag != nil {
		etag = *object.ETag
	}
	if r, _ := stacktest.Get(t, server.URL+"/prew/large/large.png", "If-None-Match", etag); r.StatusCode != 304 {
		t.Errorf("who has it already: %s", r.Status)
	}
	if r, _ := stacktest.Get(t, server.URL+"/photo/large.png"); r.StatusCode != 302 || r.Header.Get("Location") != "/photo/large.png?again" {
		t.Errorf("the photo: %s to %q", r.Status, r.Header.Get("Location"))
	}
	if r, _ := stacktest.Get(t, server.URL+"/photo/large.png?again"); r.StatusCode != 422 || r.Header.Get("X-Prew-Error") != "source_too_large" {
		t.Errorf("the photo again: %s %s", r.Status, r.Header.Get("X-Prew-Error"))
	}

	f.site.now = func() time.Time { return time.Now().Add(11 * time.Second) }
	if r, _ := stacktest.Get(t, served(t, f, payload2).URL+"/prew/large/large.png"); r.StatusCode != 502 || r.Header.Get("X-Prew-Error") != "not_stored" {
		t.Errorf("what was stored long ago: %s %s", r.Status, r.Header.Get("X-Prew-Error"))
	}

	streaming, _ := overHTTP(t, client, "PRESET_LARGE=width=2000,format=png", "PREW_STREAM=1")
	server = served(t, streaming, payload2)
	upload(t, client, "photo/streamed.png", large)
	for _, path := range []string{"/prew/large/large.png", "/prew/large/streamed.png", "/photo/large.png"} {
		if r, body := stacktest.Get(t, server.URL+path); r.StatusCode != 200 || len(body) <= prew.InlineLimit || r.ContentLength != int64(len(body)) {
			t.Errorf("streamed, %s: %s with %d bytes", path, r.Status, len(body))
		}
	}
}

// TestClientIsSentBack is for a store that sends who finds nothing there to the function.
func TestClientIsSentBack(t *testing.T) {
	client := s3Server(t)
	upload(t, client, "photo/a b.jpg", picture(t, 800, 600))
	f, _ := overHTTP(t, client, "PREW_REDIRECT=https://previews.example")
	server := served(t, f, payload2)
	for _, test := range []struct {
		name, path string
		headers    []string
		location   string // empty: the body itself
	}{
		{"stored just now", "/prew/card/a%20b.jpg?v=1", nil, "https://previews.example/prew/card/a%20b.jpg?again"},
		{"that is stored", "/prew/card/a%20b.jpg", nil, ""},
		{"a variant, by its own name", "/prew/card/a%20b.jpg", []string{"Accept", "image/webp"}, "https://previews.example/prew/card.webp/a%20b.jpg?again"},
		{"by who was sent back already", "/prew/hero/a%20b.jpg?again", nil, ""},
		{"a photo", "/photo/a%20b.jpg", nil, ""},
	} {
		r, body := stacktest.Get(t, server.URL+test.path, test.headers...)
		want := 302
		if test.location == "" {
			want = 200
		}
		if r.StatusCode != want || r.Header.Get("Location") != test.location || (body == "") != (want == 302) {
			t.Errorf("%s: %s to %q with %d bytes", test.name, r.Status, r.Header.Get("Location"), len(body))
		}
		if want == 302 && (r.Header.Get("Cache-Control") != "no-store" || r.Header.Get("Vary") != "Accept") {
			t.Errorf("%s: %v", test.name, r.Header)
		}
	}
	if r, _ := stacktest.Get(t, server.URL+"/prew/card/none.jpg"); r.StatusCode != 404 {
		t.Errorf("a missing photo: %s", r.Status)
	}
}

// TestBehindCloudFront is about what the viewer function says in place of the request.
func TestBehindCloudFront(t *testing.T) {
	client := s3Server(t)
	upload(t, client, "photo/a+b.jpg", picture(t, 800, 600))
	f, log := overHTTP(t, client, "PREW_FRONT=cloudfront")
	server := served(t, f, payload2)
	const object = "/prew/hero/of%20the%20object.jpg" // of the request to S3, which is the request to the function too

	r, body := stacktest.Get(t, server.URL+object, "X-Prew-Path", "/prew/card.webp/a%2Bb.jpg")
	if r.StatusCode != 200 || r.Header.Get("Content-Type") != "image/webp" || body == "" {
		t.Errorf("%s, %v", r.Status, r.Header)
	}
	stored(t, client, "prew/card.webp/a+b.jpg")
	if r, _ := stacktest.Get(t, server.URL+object, "X-Prew-Path", "/prew/card/a%2Bb.jpg", "Accept", "image/webp"); r.Header.Get("Content-Type") != "image/jpeg" {
		t.Errorf("what the viewer function has chosen is not what is sent: %v", r.Header)
	}
	for _, path := range []string{"", "/prew/card/../a.jpg", "/prew/card/a.jpg?x", "prew/card/a.jpg"} {
		if r, _ := stacktest.Get(t, server.URL+"/prew/card/a%2Bb.jpg", "X-Prew-Path", path); r.StatusCode != 404 || r.Header.Get("X-Prew-Error") == "" {
			t.Errorf("%q: %s, %v", path, r.Status, r.Header)
		}
	}
	for path, code := range map[string]string{"/photo/a%2Bb.jpg": "source_missing", "/photo/none.jpg": "source_missing", "/photo/a%2Fb.jpg": "path_refused"} {
		r, body := stacktest.Get(t, server.URL+object, "X-Prew-Path", path)
		if r.StatusCode != 404 || r.Header.Get("X-Prew-Error") != code || !strings.HasPrefix(body, "\x89PNG") {
			t.Errorf("%s, which S3 has refused: %s, %v", path, r.Status, r.Header)
		}
	}
	log.Reset()
	plain, _ := overHTTP(t, client)
	if r, _ := stacktest.Get(t, served(t, plain, payload2).URL+"/prew/card/none.jpg", "X-Prew-Path", "/prew/card/a%2Bb.jpg"); r.StatusCode != 404 {
		t.Errorf("a client without CloudFront chooses another path: %s", r.Status)
	}
}

// TestFunctionThatIsNotMeantForHTTP renders all the same.
func TestFunctionThatIsNotMeantForHTTP(t *testing.T) {
	client := s3Server(t)
	upload(t, client, "photo/a.jpg", picture(t, 80, 60))
	for _, test := range []struct{ variable, names string }{
		{"PREW_BUCKET=", "PREW_BUCKET is not set"},
		{"PRESET_CARD=access=signed", "expected PREW_PRIVATE=1"},
		{"PREW_SIGNING_KEYS=short", "PREW_SIGNING_KEYS"},
		{"PREW_TOKEN_KEYS=/not/there", "PREW_TOKEN_KEYS"},
		{"PREW_PHOTO_ACCESS=some", "PREW_PHOTO_ACCESS"},
		{"PREW_ERROR_IMAGE=/not/there", "PREW_ERROR_IMAGE"},
		{"PREW_PRIVATE=perhaps", "PREW_PRIVATE"},
		{"PREW_ERROR_PICTURES=perhaps", "PREW_ERROR_PICTURES"},
	} {
		f, log := overHTTP(t, client, test.variable)
		r, body := stacktest.Get(t, served(t, f, payload2).URL+"/prew/card/a.jpg")
		if r.StatusCode != 500 || r.Header.Get("X-Prew-Error") != "request_invalid" || r.Header.Get("Cache-Control") != "no-store" || body != "" {
			t.Errorf("%s: %s, %v", test.variable, r.Status, r.Header)
		}
		if !strings.Contains(log.String(), test.names) {
			t.Errorf("%s: the log is %s", test.variable, log)
		}
		if strings.Contains(log.String(), "short") {
			t.Errorf("a key is in the log: %s", log)
		}
		if result := invoke(t, f, prew.RenderRequest{SrcBucket: bucket, SrcKey: "photo/a.jpg", DstBucket: bucket, DstKey: "prew/thumb/a.jpg", PresetName: "thumb"}); !result.Status {
			t.Errorf("%s: nothing is rendered: %+v", test.variable, result.Error)
		}
	}
}

func TestSettingsOfHTTP(t *testing.T) {
	for _, test := range []struct{ environ, wrong string }{
		{"PREW_STREAM=1", ""},
		{"PREW_STREAM=perhaps", `PREW_STREAM: "perhaps", expected on or off`},
		{"PREW_REDIRECT=https://example.com", ""},
		{"PREW_REDIRECT=http://example.com:8080", ""},
		{"PREW_REDIRECT=example.com", `PREW_REDIRECT: "example.com", expected a host as https://example.com`},
		{"PREW_REDIRECT=https://", `PREW_REDIRECT: "https://", expected a host as https://example.com`},
		{"PREW_REDIRECT=https://example.com/", `PREW_REDIRECT: "https://example.com/", expected a host as https://example.com`},
		{"PREW_REDIRECT=https://a@example.com", `PREW_REDIRECT: "https://a@example.com", expected a host as https://example.com`},
		{"PREW_REDIRECT=https://example.com?", `PREW_REDIRECT: "https://example.com?", expected a host as https://example.com`},
		{"PREW_FRONT=cloudfront", ""},
		{"PREW_FRONT=nginx", `PREW_FRONT: "nginx", expected cloudfront or nothing`},
		{"PREW_PROTECTED_CACHE_CONTROL=public", ""},
		{"PREW_FRONT=cloudfront PREW_PROTECTED_CACHE_CONTROL=private,max-age=60", ""},
		{"PREW_FRONT=cloudfront PREW_PROTECTED_CACHE_CONTROL=no-store", ""},
		{"PREW_FRONT=cloudfront PREW_PROTECTED_CACHE_CONTROL=max-age=60,private",
			`PREW_PROTECTED_CACHE_CONTROL: "max-age=60,private" behind CloudFront, which would serve it to everybody, expected private or no-store`},
		{"PREW_FRONT=nginx PREW_STREAM=2", "PREW_STREAM: \"2\", expected on or off\nPREW_FRONT: \"nginx\", expected cloudfront or nothing"},
	} {
		variables := map[string]string{}
		for entry := range strings.FieldsSeq(test.environ) {
			name, value, _ := strings.Cut(entry, "=")
			variables[name] = value
		}
		_, err := readSite(func(name string) string { return variables[name] }, prew.Presets{}, sourcesOf(t))
		if got := fmt.Sprint(err); got != test.wrong && (err != nil || test.wrong != "") {
			t.Errorf("%s: %v, want %s", test.environ, err, test.wrong)
		}
	}
}

// TestProgramStreams has the program that is deployed stream a preview: first what it says of
// it, then eight zeros, then the preview (AWS Lambda Developer Guide, "Response streaming").
func TestProgramStreams(t *testing.T) {
	server, err := stack.StartS3(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Stop() })
	if err := server.CreateBucket(t.Context(), bucket); err != nil {
		t.Fatal(err)
	}
	upload(t, server.Client(), "photo/a.jpg", picture(t, 800, 600))
	program, err := stack.Program("bootstrap")
	if err != nil {
		t.Fatal(err)
	}
	lambda, err := emulator.Start(emulator.Config{
		Bootstrap: program, Processes: 1, Timeout: prew.FunctionTimeout, Memory: stack.FunctionMemory, Dir: t.TempDir(),
		Env: append(server.Env(), "PREW_BUCKET="+bucket, "PREW_STREAM=1"),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(lambda.Stop)
	for _, outcome := range []string{"rendered", "stored"} {
		response, err := http.Post(lambda.URL+"/2015-03-31/functions/prew/invocations", "application/json",
			strings.NewReader(`{"rawPath":"/prew/card/a.jpg","requestContext":{"http":{"method":"GET"}}}`))
		if err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		_, data := stored(t, server.Client(), "prew/card/a.jpg")
		prelude, body, _ := bytes.Cut(answer, make([]byte, 8))
		var says struct {
			StatusCode int
			Headers    map[string]string
		}
		if err := json.Unmarshal(prelude, &says); err != nil || says.StatusCode != 200 || says.Headers["X-Prew"] != outcome || !bytes.Equal(body, data) {
			t.Errorf("%s: %.400q with %d of %d bytes (%v)", outcome, prelude, len(body), len(data), err)
		}
	}
}

// TestStoreThatBreaksOff is a failure where all of a body is read before it is sent. Where it is
// streamed, the log says it and Lambda hears of it.
func TestStoreThatBreaksOff(t *testing.T) {
	breaking := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "100000")
		w.Write(make([]byte, 50000))
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}))
	defer breaking.Close()
	f, _ := overHTTP(t, s3At(breaking.URL))
	if r, _ := stacktest.Get(t, served(t, f, payload2).URL+"/prew/card/a.jpg"); r.StatusCode != 502 || r.Header.Get("X-Prew-Error") != "storage_failed" || r.Header.Get("Etag") != "" {
		t.Errorf("%s, %v", r.Status, r.Header)
	}
	streaming, log := overHTTP(t, s3At(breaking.URL), "PREW_STREAM=1")
	answer, err := streaming.invoke(t.Context(), json.RawMessage(`{"rawPath":"/prew/card/a.jpg","requestContext":{"requestId":"of-the-client","http":{"method":"GET"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, answer.(io.Reader)); err == nil {
		t.Error("Lambda takes the part for the whole")
	}
	if !strings.Contains(log.String(), `"msg":"broken off","request":"of-the-client"`) {
		t.Errorf("the log is %s", log)
	}
}

// TestAnswerToHeadClosesItsObject checks that nothing of a body that nobody is sent stays open.
func TestAnswerToHeadClosesItsObject(t *testing.T) {
	closed := false
	body := struct {
		io.Reader
		io.Closer
	}{strings.NewReader("body"), closer(func() { closed = true })}
	for _, streamed := range []bool{false, true} {
		closed = false
		reply{status: 200, header: http.Header{}, stream: body}.as(http.MethodHead, streamed)
		if !closed {
			t.Errorf("streamed %v: it is open", streamed)
		}
	}
}

type closer func()

func (c closer) Close() error { c(); return nil }
