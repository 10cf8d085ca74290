package nginx_test

import (
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"prew/deploy/local/stack"
	"prew/nginx"
)

// TestEveryErrorIsAPicture holds that no error of nginx's own is HTML, whichever step
// finds it.
func TestEveryErrorIsAPicture(t *testing.T) {
	t.Parallel() // nginx waits 5 s for a body that it has refused
	public, _, _ := recording(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.RequestURI, "missing") {
			failing(404)(w, r)
			return
		}
		picture("stored")(w, r)
	}, picture("stored"))
	closed, _ := private(t, picture("stored"))
	long := strings.Repeat("a", 20000)
	tests := []struct {
		status         int
		code           string
		method, target string
		headers        []string
	}{
		{400, "request_refused", "GET", "/photo/a.jpg", []string{"Host: twice"}},
		{400, "request_refused", "get", "/photo/a.jpg", nil},
		{400, "request_refused", "GET", "/photo/a.jpg", []string{"Cookie: " + long}},
		{400, "request_refused", "GET", "/photo/a.jpg", []string{"Content-Length: x"}},
		{405, "request_refused", "POST", "/photo/a.jpg", nil},
		{405, "request_refused", "POST", "/photo/a.png", []string{"Content-Length: 3\r\n\r\nabc"}},
		{405, "request_refused", "POST", "/photo/../a", nil},
		{405, "request_refused", "DELETE", "/elsewhere", nil},
		{405, "request_refused", "TRACE", "/prew/thumb/a.jpg", nil},
		{413, "request_refused", "GET", "/photo/a.jpg", []string{"Content-Length: 99999"}},
		{413, "request_refused", "GET", "/prew/thumb/a.jpg", []string{"Content-Length: 99999"}},
		{414, "request_refused", "GET", "/photo/" + long, nil},
		{501, "request_refused", "GET", "/photo/a.jpg", []string{"Transfer-Encoding: gzip"}},
		{404, "path_refused", "GET", "/elsewhere", nil},
		{404, "path_refused", "GET", "/photo/%00", nil},
	}
	for name, front := range map[string]*front{"public": public, "private": closed} {
		for _, test := range tests {
			what := fmt.Sprintf("%s: %s %.40s %.40q", name, test.method, test.target, test.headers)
			got := front.ask(t, test.method, test.target, test.headers...)
			picture := "error.png"
			if test.status == 404 {
				picture = "not-found.png"
			}
			got.checkPicture(t, what, test.status, test.code, picture)
			got.check(t, what, test.status, map[string]string{
				"Cache-Control": "no-store", "ETag": "", "Last-Modified": "", "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox",
			})
		}
		front.ask(t, "POST", "/photo/a.jpg").check(t, name, 405, map[string]string{"Allow": "GET, HEAD"})
	}
}

// TestWithoutDescriptorsItIsNotThePath lets each of nginx's workers open one more file: a
// client can connect and S3 can't be, and the path has no part in it.
func TestWithoutDescriptorsItIsNotThePath(t *testing.T) {
	s3 := newUpstream(t, picture(object))
	addr, err := stack.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	running, err := stack.StartNginx(t.TempDir(), nginx.Site{Listen: addr, Previews: stack.StoreAt(s3.addr, "photos"), Gateways: []string{"127.0.0.1:1"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(running.Stop)
	front := &front{Nginx: running}
	for pid, free := range workersOf(t, front.PID()) {
		limit := unix.Rlimit{Cur: uint64(free) + 1, Max: uint64(free) + 1}
		if err := unix.Prlimit(pid, unix.RLIMIT_NOFILE, &limit, nil); err != nil {
			t.Fatal(err)
		}
	}
	for _, target := range []string{"/photo/a.jpg", "/prew/thumb/a.jpg", "/photo/a+b.jpg"} {
		front.get(t, target).checkPicture(t, target, 502, "upstream_unreachable", "error.png")
	}
}

// workersOf returns nginx's workers once they have started, during which they open and
// close files, and the first number that each has no file open under: the workers'
// differ, as each is told of the others in its own order. On a busy machine the last of
// them may start late: they have to be as they are for a second.
func workersOf(t *testing.T, master int) map[int]int {
	t.Helper()
	workers := firstFree(t, master)
	for same := 0; same < 20; {
		time.Sleep(50 * time.Millisecond)
		again := firstFree(t, master)
		same++
		if !maps.Equal(again, workers) {
			workers, same = again, 0
		}
	}
	return workers
}

// firstFree returns, by the number of each of nginx's workers' processes, the first
// number that it has no file open under.
func firstFree(t *testing.T, master int) map[int]int {
	t.Helper()
	list, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", master, master))
	if err != nil {
		t.Fatal(err)
	}
	free := make(map[int]int)
	for word := range strings.FieldsSeq(string(list)) {
		pid, err := strconv.Atoi(word)
		if err != nil {
			t.Fatal(err)
		}
		title, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if err != nil || !strings.Contains(string(title), "worker process") {
			continue // the cache's own processes come and go
		}
		for {
			if _, err := os.Lstat(fmt.Sprintf("/proc/%d/fd/%d", pid, free[pid])); err != nil {
				break
			}
			free[pid]++
		}
	}
	return free
}

// TestHalfRequestsEnd has 200 clients send a part of a request and no more.
func TestHalfRequestsEnd(t *testing.T) {
	t.Parallel() // it waits for nginx's timeout
	front := start(t, nginx.Site{Private: true, Gateways: []string{"127.0.0.1:1"}})
	var conns []net.Conn
	for i := range 200 {
		conn, err := net.Dial("tcp", front.Addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		io.WriteString(conn, []string{"", "GET /photo/a.jpg HT", "GET /photo/a.jpg HTTP/1.1\r\nHost: x\r\nX-", "GET /photo/a.jpg HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc"}[i%4])
		conns = append(conns, conn)
	}
	end := time.Now().Add(15 * time.Second)
	for i, conn := range conns {
		conn.SetDeadline(end)
		if _, err := io.Copy(io.Discard, conn); err != nil {
			t.Fatalf("client %d is still connected after 15 s: %v", i, err)
		}
	}
}
