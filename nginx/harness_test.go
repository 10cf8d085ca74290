package nginx_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"prew/deploy/local/stack"
	"prew/nginx"
)

// deadline is how long a test waits for what must happen. The longest wait of
// nginx's own that one sits out is the 35 s for a gateway.
const deadline = time.Minute

// front is a running nginx.
type front struct {
	*stack.Nginx
	dir string
}

// start runs nginx before the given S3 and gateways until the test ends.
func start(t *testing.T, site nginx.Site) *front {
	t.Helper()
	addr, err := stack.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	site.Listen = addr
	dir := t.TempDir()
	running, err := stack.StartNginx(dir, site)
	if err != nil {
		t.Fatal(err)
	}
	f := &front{running, dir}
	t.Cleanup(func() {
		f.Stop()
		// A worker that crashed, a cycle of redirects, a regular expression that
		// gave up: whatever the answer was, none of it may happen.
		log, err := os.ReadFile(filepath.Join(dir, "error.log"))
		if err != nil {
			t.Error(err)
		}
		for line := range strings.Lines(string(log)) {
			if strings.Contains(line, "exited on signal 9") { // nginx kills workers that take longer than a second to end, as on a busy machine
				continue
			}
			if strings.Contains(line, "[emerg]") || strings.Contains(line, "[alert]") || strings.Contains(line, "[crit]") ||
				strings.Contains(line, "cycle") || strings.Contains(line, "pcre2_match") {
				t.Errorf("error.log: %s", line)
			}
		}
	})
	return f
}

// answer is a response, read to its end.
type answer struct {
	status int
	header http.Header
	body   string
}

// ask sends one request as it is spelt: Go's own client would clean its path.
// Each header is a line.
func (f *front) ask(t *testing.T, method, target string, headers ...string) answer {
	t.Helper()
	conn, err := net.Dial("tcp", f.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(deadline))
	request := method + " " + target + " HTTP/1.1\r\nHost: prew.test\r\nConnection: close\r\n"
	for _, header := range headers {
		request += header + "\r\n"
	}
	if _, err := io.WriteString(conn, request+"\r\n"); err != nil {
		t.Fatal(err)
	}
	reader := bufio.NewReader(conn)
	response, err := http.ReadResponse(reader, &http.Request{Method: method})
	if err != nil {
		t.Fatalf("%s %q: %v", method, target, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("%s %q: %v", method, target, err)
	}
	// nginx sends the last byte, then puts the answer into its cache, then closes
	// the connection: what is asked for next finds it there.
	if _, err := reader.ReadByte(); err != io.EOF {
		t.Fatalf("%s %q: the connection goes on after the answer: %v", method, target, err)
	}
	return answer{response.StatusCode, response.Header, string(body)}
}

func (f *front) get(t *testing.T, target string, headers ...string) answer {
	t.Helper()
	return f.ask(t, "GET", target, headers...)
}

// log is the access log as soon as it has so many lines: it is written at the
// latest a second after its first.
func (f *front) log(t *testing.T, count int) []map[string]string {
	t.Helper()
	var lines []map[string]string
	for end := time.Now().Add(deadline); len(lines) < count && time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		text, err := os.ReadFile(filepath.Join(f.dir, "access.log"))
		if err != nil {
			t.Fatal(err)
		}
		lines = nil
		for line := range strings.Lines(string(text)) {
			if !strings.HasSuffix(line, "\n") {
				break // it is being written
			}
			var fields map[string]string
			if err := json.Unmarshal([]byte(line), &fields); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			lines = append(lines, fields)
		}
	}
	return lines
}

// expire makes everything in the cache as old as if its ten minutes were over.
// A file of the cache starts with its version and then the second until which
// it is valid, both words of the machine (ngx_http_file_cache_header_t).
func (f *front) expire(t *testing.T) {
	t.Helper()
	expired := 0
	err := filepath.WalkDir(filepath.Join(f.dir, "cache"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		expired++
		file, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		defer file.Close()
		past := binary.NativeEndian.AppendUint64(nil, uint64(time.Now().Add(-time.Second).Unix()))
		_, err = file.WriteAt(past, 8)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if expired == 0 {
		t.Fatal("the cache is empty")
	}
}

// check compares an answer's status and the headers that are named, "" meaning
// absent.
func (a answer) check(t *testing.T, what string, status int, headers map[string]string) {
	t.Helper()
	if a.status != status {
		t.Errorf("%s: status %d, want %d", what, a.status, status)
	}
	for name, want := range headers {
		if got := strings.Join(a.header.Values(name), " | "); got != want {
			t.Errorf("%s: %s is %q, want %q", what, name, got, want)
		}
	}
}

// checkPicture holds an error to being the picture of that name with that code.
func (a answer) checkPicture(t *testing.T, what string, status int, code, name string) {
	t.Helper()
	picture, err := os.ReadFile(filepath.Join("pictures", name))
	if err != nil {
		t.Fatal(err)
	}
	a.check(t, what, status, map[string]string{"Content-Type": "image/png", "X-Prew-Error": code, "X-Prew": ""})
	if !bytes.Equal([]byte(a.body), picture) {
		t.Errorf("%s: %d bytes, want the %d of %s", what, len(a.body), len(picture), name)
	}
}

// asked is a request as it arrived at S3 or at a gateway.
type asked struct {
	method, host, target string
	header               http.Header
	body                 string
}

// upstream stands for S3 or a gateway where a test needs a fault, or a record of
// what arrives there.
type upstream struct {
	*httptest.Server
	addr string

	mu       sync.Mutex
	requests []asked
	serve    http.HandlerFunc
	looks    http.HandlerFunc // a gateway's answer for a photo that S3 refuses
}

func newUpstream(t *testing.T, serve http.HandlerFunc) *upstream {
	t.Helper()
	u := unstarted(serve)
	u.Start()
	u.addr = u.Listener.Addr().String()
	t.Cleanup(u.Close)
	return u
}

// unstarted is an upstream whose server is yet to be started and closed.
func unstarted(serve http.HandlerFunc) *upstream {
	u := &upstream{serve: serve, looks: sourceMissing}
	u.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		u.mu.Lock()
		u.requests = append(u.requests, asked{r.Method, r.Host, r.RequestURI, r.Header.Clone(), string(body)})
		serve := u.serve
		u.mu.Unlock()
		if r.Header.Get("X-Prew-Refused") != "" {
			serve = u.looks
		}
		serve(w, r)
	}))
	return u
}

// answers changes what it answers from now on.
func (u *upstream) answers(serve http.HandlerFunc) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.serve = serve
}

// took returns the requests that arrived since the last call.
func (u *upstream) took() []asked {
	u.mu.Lock()
	defer u.mu.Unlock()
	requests := u.requests
	u.requests = nil
	return requests
}

// down closes the server for good.
func (u *upstream) down() { u.CloseClientConnections(); u.Close() }

// pictureTime is when every picture was last changed.
var pictureTime = time.Date(2024, 6, 1, 12, 0, 0, 0, time.UTC)

// picture answers with a body and an ETag made of it, as S3 does: with ranges
// and conditions, which nginx only sends to ask whether its copy is still good.
func picture(body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "image/jpeg")
		w.Header().Set("ETag", fmt.Sprintf("%q", body))
		w.Header().Set("Cache-Control", "public, max-age=86400")
		for _, header := range headers {
			name, value, _ := strings.Cut(header, ": ")
			w.Header().Add(name, value)
		}
		http.ServeContent(w, r, "", pictureTime, strings.NewReader(body))
	}
}

// failing answers with a status and a text that no client shall see.
func failing(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(status)
		io.WriteString(w, "<Error><BucketName>photos</BucketName></Error>")
	}
}

// rendered answers as a gateway does that has just had a preview made.
func rendered(body string) http.HandlerFunc {
	return picture(body, "X-Prew: rendered", "Server-Timing: invoke;dur=312.0")
}

// sourceMissing answers as a gateway does that has looked for a photo that S3 refuses, and
// found none.
func sourceMissing(w http.ResponseWriter, r *http.Request) {
	picture, err := os.ReadFile(filepath.Join("pictures", "not-found.png"))
	if err != nil {
		panic(err)
	}
	w.Header().Set("Content-Type", "image/png")
	w.Header().Set("Content-Length", strconv.Itoa(len(picture)))
	w.Header().Set("X-Prew-Error", "source_missing")
	w.Header().Set("Cache-Control", "public, max-age=10")
	w.WriteHeader(http.StatusNotFound)
	w.Write(picture)
}

// recording starts nginx between an S3 and a gateway.
func recording(t *testing.T, s3, gateway http.HandlerFunc) (*front, *upstream, *upstream) {
	t.Helper()
	s, g := newUpstream(t, s3), newUpstream(t, gateway)
	return start(t, nginx.Site{Previews: stack.StoreAt(s.addr, "photos"), Gateways: []string{g.addr}}), s, g
}
