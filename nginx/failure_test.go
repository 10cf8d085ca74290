package nginx_test

import (
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"prew/deploy/local/stack"
	"prew/nginx"
)

// What a client sees when S3 or a gateway fails.

func TestS3Fails(t *testing.T) {
	const keepNot = "no-store"
	tests := []struct {
		s3           int
		status       int
		code         string
		image        string
		cacheControl string
	}{
		{403, 404, "source_missing", "not-found.png", "public, max-age=10"},
		{404, 404, "source_missing", "not-found.png", "public, max-age=10"},
		{301, 502, "upstream_unreachable", "error.png", keepNot}, // a bucket of another region
		{307, 502, "upstream_unreachable", "error.png", keepNot},
		{400, 200, "", "", ""}, // a gateway reads why
		{401, 502, "upstream_unreachable", "error.png", keepNot},
		{405, 502, "upstream_unreachable", "error.png", keepNot},
		{409, 502, "upstream_unreachable", "error.png", keepNot},
		{500, 502, "upstream_unreachable", "error.png", keepNot},
		{502, 502, "upstream_unreachable", "error.png", keepNot},
		{503, 503, "storage_busy", "error.png", keepNot},
		{504, 504, "upstream_timeout", "error.png", keepNot},
	}
	front, s3, gateway := recording(t, nil, rendered("made"))
	for _, test := range tests {
		s3.answers(failing(test.s3))
		for _, target := range []string{"/photo/a.jpg", "/prew/thumb/" + strconv.Itoa(test.s3) + ".jpg"} {
			what := "S3 says " + strconv.Itoa(test.s3) + ": " + target
			if test.s3 == 400 || strings.HasPrefix(target, "/prew/") && (test.s3 == 403 || test.s3 == 404) {
				target = strings.Replace(target, "a.jpg", "400.jpg", 1) // what comes is cached
				outcome := "rendered"
				if strings.HasPrefix(target, "/photo/") {
					outcome = ""
				}
				front.get(t, target).check(t, what, 200, map[string]string{"X-Prew": outcome})
				continue
			}
			got := front.get(t, target)
			got.checkPicture(t, what, test.status, test.code, test.image)
			got.check(t, what, test.status, map[string]string{"Cache-Control": test.cacheControl, "Location": "", "Retry-After": map[int]string{503: "1"}[test.status]})
			head := front.ask(t, "HEAD", target)
			head.check(t, "HEAD, "+what, test.status, map[string]string{"X-Prew-Error": test.code, "Content-Length": strconv.Itoa(len(got.body))})
			if head.body != "" {
				t.Errorf("HEAD, %s: a body", what)
			}
		}
	}
	made, looked, read := 0, 0, 0
	for _, r := range gateway.took() {
		switch {
		case strings.HasPrefix(r.target, "/prew/"):
			made++
		case r.header.Get("X-Prew-Refused") != "":
			looked++
		default:
			read++
		}
	}
	if made != 3 || looked != 4 || read != 1 {
		t.Errorf("the gateway was asked for %d previews and to look for %d photos and to read %d, want 3, 4 and 1: for 403 and for 404, by GET and HEAD, and for 400", made, looked, read)
	}
	s3.down()
	for _, target := range []string{"/photo/a.jpg", "/prew/thumb/never.jpg"} {
		front.get(t, target).checkPicture(t, "S3 is gone: "+target, 502, "upstream_unreachable", "error.png")
	}
	front.get(t, "/prew/thumb/404.jpg").check(t, "S3 is gone: what is in the cache", 200, nil)
}

// TestAGatewaySaysWhyAPhotoIsRefused: S3's 403 or 404 may mean that the photo is missing,
// or that something is wrong with the bucket.
func TestAGatewaySaysWhyAPhotoIsRefused(t *testing.T) {
	front, s3, gateway := recording(t, picture(object), nil)
	front.get(t, "/photo/known.jpg").check(t, "GET", 200, nil)
	gateway.looks = func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "image/png")
		w.Header().Set("X-Prew-Error", "storage_failed")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusBadGateway)
		io.WriteString(w, "its picture")
	}
	front.expire(t)
	for _, status := range []int{403, 404} {
		s3.answers(failing(status))
		got := front.get(t, "/photo/a.jpg")
		got.check(t, "what S3 refuses", 502, map[string]string{"X-Prew-Error": "storage_failed", "Cache-Control": "no-store"})
		if got.body != "its picture" {
			t.Errorf("%q, want the gateway's picture", got.body)
		}
		if got := front.get(t, "/photo/known.jpg"); got.status != 200 || got.body != object {
			t.Errorf("%d with %q, want the old one out of the cache", got.status, got.body)
		}
	}
	gateway.down()
	front.get(t, "/photo/a.jpg").checkPicture(t, "and no gateway is there", 404, "source_missing", "not-found.png")
}

// TestFailuresMayHaveNoBody holds that nginx's own failures keep their status and
// headers where no picture is wanted.
func TestFailuresMayHaveNoBody(t *testing.T) {
	s3 := newUpstream(t, failing(404))
	front := start(t, nginx.Site{Previews: stack.StoreAt(s3.addr, "photos"), Gateways: []string{"127.0.0.1:1"}, NoErrorPictures: true})
	for path, want := range map[string]struct {
		status int
		code   string
	}{
		"/photo/a.jpg":      {404, "source_missing"},
		"/photo/a%2Fb.jpg":  {404, "path_refused"},
		"/prew/thumb/a.jpg": {502, "upstream_unreachable"}, // every gateway is gone
	} {
		got := front.get(t, path)
		got.check(t, path, want.status, map[string]string{"X-Prew-Error": want.code, "Content-Length": "0", "X-Content-Type-Options": "nosniff"})
		if got.body != "" {
			t.Errorf("%s: a body of %d bytes", path, len(got.body))
		}
	}
}

func TestS3IsTooLate(t *testing.T) {
	t.Parallel() // it takes the 8 s
	release := make(chan bool)
	front, _, _ := recording(t, func(http.ResponseWriter, *http.Request) { <-release }, nil)
	defer close(release)
	front.get(t, "/photo/a.jpg").checkPicture(t, "S3 does not answer", 504, "upstream_timeout", "error.png")
}

func TestGatewaysOwnErrorsPass(t *testing.T) {
	front, _, gateway := recording(t, failing(404), nil)
	for _, status := range []int{404, 422, 500, 502, 503, 504} {
		gateway.answers(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "image/png")
			w.Header().Set("Cache-Control", "public, max-age=7")
			w.Header().Set("X-Prew-Error", "code_of_its_own")
			w.Header().Set("Retry-After", "1")
			w.Header().Set("X-Content-Type-Options", "nosniff")
			w.Header().Set("Content-Security-Policy", "default-src 'none'; sandbox")
			w.WriteHeader(status)
			io.WriteString(w, "its picture")
		})
		for _, target := range []string{"/prew/thumb/a.jpg", "/prew/thumb/a+b.jpg", "/photo/a+b.jpg"} {
			got := front.get(t, target)
			what := target + " with " + strconv.Itoa(status)
			got.check(t, what, status, map[string]string{
				"Content-Type": "image/png", "Cache-Control": "public, max-age=7", "X-Prew-Error": "code_of_its_own", "Retry-After": "1",
				"X-Prew": "", "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox",
			})
			if got.body != "its picture" {
				t.Errorf("%s: %q", what, got.body)
			}
			if head := front.ask(t, "HEAD", target); head.status != status || head.body != "" {
				t.Errorf("HEAD %s: status %d with %q", what, head.status, head.body)
			}
		}
	}
}

func TestADeadGatewayIsReplaced(t *testing.T) {
	s3, dead, alive := newUpstream(t, failing(404)), newUpstream(t, nil), newUpstream(t, rendered("made"))
	front := start(t, nginx.Site{Previews: stack.StoreAt(s3.addr, "photos"), Gateways: []string{dead.addr, alive.addr}})
	dies := func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) } // closes the connection
	dead.answers(dies)
	for i := range 8 {
		target := "/prew/thumb/dies" + strconv.Itoa(i) + ".jpg"
		front.get(t, target).check(t, "a gateway dies at work: "+target, 200, nil)
	}
	if len(dead.took()) == 0 {
		t.Error("the gateway that dies was never asked")
	}
	dead.down()
	for i := range 8 {
		target := "/prew/thumb/dead" + strconv.Itoa(i) + ".jpg"
		front.get(t, target).check(t, "a gateway is dead: "+target, 200, nil)
	}
	alive.answers(dies)
	for i := range 4 {
		front.get(t, "/prew/thumb/none.jpg").checkPicture(t, "nobody is left, "+strconv.Itoa(i), 502, "upstream_unreachable", "error.png")
	}
	front.get(t, "/photo/a+b.jpg").checkPicture(t, "nobody is left for a photo", 502, "upstream_unreachable", "error.png")
	// Nobody is taken out for having failed.
	alive.answers(rendered("made"))
	front.get(t, "/prew/thumb/none.jpg").check(t, "one is back", 200, nil)
}

func TestAGatewayThatIsOffIsReplaced(t *testing.T) {
	t.Parallel() // a connection that nobody takes is given up after 1 s
	s3, alive := newUpstream(t, failing(404)), newUpstream(t, rendered("made"))
	off := []string{silent(t), silent(t)}
	one := start(t, nginx.Site{Previews: stack.StoreAt(s3.addr, "photos"), Gateways: []string{off[0], alive.addr}})
	for i := range 2 {
		target := "/prew/thumb/" + strconv.Itoa(i) + ".jpg"
		one.get(t, target).check(t, "one is off: "+target, 200, nil)
	}
	both := start(t, nginx.Site{Previews: stack.StoreAt(s3.addr, "photos"), Gateways: off})
	both.get(t, "/prew/thumb/a.jpg").checkPicture(t, "both are off", 504, "upstream_timeout", "error.png")
}

// silent is an address where connections are neither taken nor refused, as on a
// machine that is off: one whose queue of connections is full.
func silent(t *testing.T) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil { // room for one
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(name.(*syscall.SockaddrInet4).Port))
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return addr
}

// TestASlowGatewayIsNotReplaced: a second gateway would only wait for the same
// render, or pay for another.
func TestASlowGatewayIsNotReplaced(t *testing.T) {
	t.Parallel()
	release := make(chan bool)
	slow := func(http.ResponseWriter, *http.Request) { <-release }
	s3, one, two := newUpstream(t, failing(404)), newUpstream(t, slow), newUpstream(t, slow)
	front := start(t, nginx.Site{Previews: stack.StoreAt(s3.addr, "photos"), Gateways: []string{one.addr, two.addr}})
	defer close(release)
	front.get(t, "/prew/thumb/a.jpg").checkPicture(t, "a gateway does not answer", 504, "upstream_timeout", "error.png")
	if asked := len(one.took()) + len(two.took()); asked != 1 {
		t.Errorf("%d gateways were asked, want 1", asked)
	}
}
