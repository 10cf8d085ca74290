package nginx_test

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"prew"
	"prew/nginx"
)

// named is a store that is reached by a name, over TLS where it has a
// certificate, and counts the connections to it.
type named struct {
	*upstream
	port        string
	connections atomic.Int32
	sni         atomic.Value // the name that was asked for last, a string
}

// newNamed listens on an address of this machine, host:port.
func newNamed(t *testing.T, addr string, certificate *tls.Certificate, serve http.HandlerFunc) *named {
	t.Helper()
	n := &named{upstream: unstarted(serve)}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	n.Listener.Close()
	n.Listener = listener
	_, n.port, _ = net.SplitHostPort(listener.Addr().String())
	n.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			n.connections.Add(1)
		}
	}
	if certificate == nil {
		n.Start()
	} else {
		n.TLS = &tls.Config{GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			n.sni.Store(hello.ServerName)
			return certificate, nil
		}}
		n.StartTLS()
	}
	t.Cleanup(n.Close)
	return n
}

// soon is long enough for a certificate to be good until.
func soon() time.Time { return time.Now().Add(time.Hour) }

// TestStoreByName reaches a store by its name, over TLS and not, with the bucket
// in the host and in the path.
func TestStoreByName(t *testing.T) {
	ca := newAuthority(t)
	tests := []struct {
		scheme, bucket string
		pathStyle      bool
		host, path     string
	}{
		{"https", "photos", true, "s3.test", "/photos/photo/a%20b.jpg"},
		{"https", "photos", false, "photos.s3.test", "/photo/a%20b.jpg"},
		{"https", "my.photos", false, "s3.test", "/my.photos/photo/a%20b.jpg"},
		{"http", "photos", true, "s3.test", "/photos/photo/a%20b.jpg"},
		{"http", "my.photos", false, "my.photos.s3.test", "/photo/a%20b.jpg"},
	}
	for _, test := range tests {
		what := fmt.Sprintf("%+v", test)
		var certificate *tls.Certificate
		if test.scheme == "https" {
			issued := ca.issue(t, test.host, soon())
			certificate = &issued
		}
		s3 := newNamed(t, "127.0.0.1:0", certificate, picture(object))
		names := newDNS(t)
		names.points(test.host, "127.0.0.1")
		front := start(t, nginx.Site{
			Previews: prew.Place{Prefix: "prew/", Bucket: test.bucket, Endpoint: test.scheme + "://s3.test:" + s3.port, PathStyle: test.pathStyle},
			Gateways: []string{"127.0.0.1:1"}, Resolvers: []string{names.addr}, CAFile: ca.file,
		})
		got := front.get(t, "/photo/a%20b.jpg")
		got.check(t, what, 200, nil)
		requests := s3.took()
		if len(requests) != 1 || requests[0].target != test.path || requests[0].host != test.host+":"+s3.port {
			t.Errorf("%s: S3 got %v", what, requests)
		}
		if sni := s3.sni.Load(); certificate != nil && sni != test.host {
			t.Errorf("%s: the certificate was asked for as %v", what, sni)
		}
	}
}

// TestConnectionsToAStoreAreKept: every worker keeps its own.
func TestConnectionsToAStoreAreKept(t *testing.T) {
	ca := newAuthority(t)
	certificate := ca.issue(t, "s3.test", soon())
	s3 := newNamed(t, "127.0.0.1:0", &certificate, picture(object))
	names := newDNS(t)
	names.points("s3.test", "127.0.0.1")
	front := start(t, nginx.Site{
		Previews: prew.Place{Prefix: "prew/", Bucket: "photos", Endpoint: "https://s3.test:" + s3.port, PathStyle: true},
		Gateways: []string{"127.0.0.1:1"}, Resolvers: []string{names.addr}, CAFile: ca.file,
	})
	workers := runtime.NumCPU()
	for i := range 20 * workers {
		front.get(t, "/photo/"+strconv.Itoa(i)+".jpg").check(t, "a photo", 200, nil)
		front.get(t, "/prew/thumb/"+strconv.Itoa(i)+".jpg").check(t, "a preview", 200, nil)
	}
	// Photos and previews are two upstreams.
	if connections := int(s3.connections.Load()); connections > 2*workers {
		t.Errorf("%d connections for %d objects, want at most %d", connections, 40*workers, 2*workers)
	}
}

// TestQuitWaitsForNobody: connections that are kept, to tunnels and to the
// upstream that has nothing, are no work to be finished.
func TestQuitWaitsForNobody(t *testing.T) {
	ca := newAuthority(t)
	certificate := ca.issue(t, "s3.test", soon())
	s3 := newNamed(t, "127.0.0.1:0", &certificate, picture(object))
	gateway := newUpstream(t, picture(object))
	names := newDNS(t)
	names.points("s3.test", "127.0.0.1")
	front := start(t, nginx.Site{
		Previews: prew.Place{Prefix: "prew/", Bucket: "photos", Endpoint: "https://s3.test:" + s3.port, PathStyle: true},
		Gateways: []string{gateway.addr}, Resolvers: []string{names.addr}, CAFile: ca.file,
	})
	for i := range 20 {
		front.get(t, "/photo/"+strconv.Itoa(i)+".jpg").check(t, "from S3", 200, nil)
		front.get(t, "/photo/"+strconv.Itoa(i)+"+.jpg").check(t, "from a gateway", 200, nil)
	}
	if err := syscall.Kill(front.PID(), syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	select {
	case <-front.Done():
	case <-time.After(20 * time.Second): // connections are kept for 60 s
		t.Error("nginx has not ended")
	}
}

// TestStoreMustShowItsCertificate: nobody else is even asked.
func TestStoreMustShowItsCertificate(t *testing.T) {
	ca, another := newAuthority(t), newAuthority(t)
	good, expired := soon(), time.Now().Add(-time.Minute)
	pair := func(ca authority, name string, until time.Time) *tls.Certificate {
		certificate := ca.issue(t, name, until)
		return &certificate
	}
	tests := []struct {
		name        string
		certificate *tls.Certificate
		status      int
	}{
		{"its own", pair(ca, "s3.test", good), 200},
		{"that others vouch for", through(t, ca, 3), 200},
		{"of another name", pair(ca, "s3.evil.test", good), 502},
		{"of a CA that nobody knows", pair(another, "s3.test", good), 502},
		{"expired", pair(ca, "s3.test", expired), 502},
		{"none, in plain HTTP", nil, 502},
	}
	for _, test := range tests {
		s3 := newNamed(t, "127.0.0.1:0", test.certificate, picture(object))
		names := newDNS(t)
		names.points("s3.test", "127.0.0.1")
		front := start(t, nginx.Site{
			Previews: prew.Place{Prefix: "prew/", Bucket: "photos", Endpoint: "https://s3.test:" + s3.port, PathStyle: true},
			Gateways: []string{"127.0.0.1:1"}, Resolvers: []string{names.addr}, CAFile: ca.file,
		})
		for _, target := range []string{"/photo/a.jpg", "/prew/thumb/a.jpg"} {
			got := front.get(t, target)
			if test.status == 200 {
				got.check(t, "a certificate "+test.name, 200, nil)
				continue
			}
			got.checkPicture(t, "a certificate "+test.name, 502, "upstream_unreachable", "error.png")
			if requests := s3.took(); len(requests) > 0 {
				t.Errorf("a certificate %s: S3 got %s", test.name, requests[0].target)
			}
		}
	}
}

// TestStoreMoves: nginx goes where the DNS says, without a reload.
func TestStoreMoves(t *testing.T) {
	t.Parallel() // what the DNS said is good for a second
	ca := newAuthority(t)
	certificate := ca.issue(t, "s3.test", soon())
	before := newNamed(t, "127.0.0.1:0", &certificate, picture("before"))
	newNamed(t, "127.0.0.2:"+before.port, &certificate, picture("after"))
	names := newDNS(t)
	names.points("s3.test", "127.0.0.1")
	front := start(t, nginx.Site{
		Previews: prew.Place{Prefix: "prew/", Bucket: "photos", Endpoint: "https://s3.test:" + before.port, PathStyle: true},
		Gateways: []string{"127.0.0.1:1"}, Resolvers: []string{names.addr}, CAFile: ca.file,
	})
	if got := front.get(t, "/photo/1.jpg"); got.body != "before" {
		t.Fatalf("status %d with %q, want the store as it was", got.status, got.body)
	}
	names.points("s3.test", "127.0.0.2")
	time.Sleep(2 * time.Second)
	before.down()
	for i := range 4 * runtime.NumCPU() {
		if got := front.get(t, "/photo/after"+strconv.Itoa(i)+".jpg"); got.status != 200 || got.body != "after" {
			t.Errorf("time %d: status %d with %q, want the store where it is now", i+1, got.status, got.body)
		}
	}
}

// TestStoreWithAnAddressThatIsOff has several addresses, as S3 does.
func TestStoreWithAnAddressThatIsOff(t *testing.T) {
	t.Parallel() // a connection that nobody takes is given up after 2 s
	ca := newAuthority(t)
	certificate := ca.issue(t, "s3.test", soon())
	off := silent(t)
	_, port, _ := net.SplitHostPort(off)
	newNamed(t, "127.0.0.2:"+port, &certificate, picture(object))
	names := newDNS(t)
	names.points("s3.test", "127.0.0.1", "127.0.0.2")
	front := start(t, nginx.Site{
		Previews: prew.Place{Prefix: "prew/", Bucket: "photos", Endpoint: "https://s3.test:" + port, PathStyle: true},
		Gateways: []string{"127.0.0.1:1"}, Resolvers: []string{names.addr}, CAFile: ca.file,
	})
	for i := range 2 * runtime.NumCPU() {
		front.get(t, "/photo/"+strconv.Itoa(i)+".jpg").check(t, "one address is off", 200, nil)
	}
}

// TestStoreEndsConnections: one that was kept may be closed by the store at any
// moment, also in the one when a request is on its way.
func TestStoreEndsConnections(t *testing.T) {
	ca := newAuthority(t)
	certificate := ca.issue(t, "s3.test", soon())
	var mu sync.Mutex
	seen := map[string]bool{} // by the address of its client
	s3 := newNamed(t, "127.0.0.1:0", &certificate, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		again := seen[r.RemoteAddr]
		seen[r.RemoteAddr] = true
		mu.Unlock()
		if again {
			panic(http.ErrAbortHandler) // closes the connection
		}
		picture(object)(w, r)
	})
	names := newDNS(t)
	names.points("s3.test", "127.0.0.1")
	front := start(t, nginx.Site{
		Previews: prew.Place{Prefix: "prew/", Bucket: "photos", Endpoint: "https://s3.test:" + s3.port, PathStyle: true},
		Gateways: []string{"127.0.0.1:1"}, Resolvers: []string{names.addr}, CAFile: ca.file,
	})
	const objects = 20
	for i := range objects {
		front.get(t, "/photo/"+strconv.Itoa(i)+".jpg").check(t, "closed on the second request", 200, nil)
	}
	if asked := len(s3.took()); asked == objects {
		t.Error("no connection was used again, so none was closed")
	}
}

// TestStoreThatDoesNotAnswer is silent at every step there is.
func TestStoreThatDoesNotAnswer(t *testing.T) {
	t.Parallel() // 2 to 8 s
	ca := newAuthority(t)
	certificate := ca.issue(t, "s3.test", soon())
	release := make(chan bool)
	slow := newNamed(t, "127.0.0.1:0", &certificate, func(http.ResponseWriter, *http.Request) { <-release })
	t.Cleanup(func() { close(release) }) // before its server waits for its requests
	off := silent(t)
	_, offPort, _ := net.SplitHostPort(off)
	mute, err := net.Listen("tcp", "127.0.0.1:0") // takes connections, as the kernel does, and says nothing
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { mute.Close() })
	_, mutePort, _ := net.SplitHostPort(mute.Addr().String())
	nobody, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nobody.Close() })
	names := newDNS(t)
	names.points("s3.test", "127.0.0.1")
	tests := []struct {
		name, resolver, port string
		status               int
		code                 string
	}{
		{"the request", names.addr, slow.port, 504, "upstream_timeout"},
		{"the handshake", names.addr, mutePort, 502, "upstream_unreachable"},
		{"the connection", names.addr, offPort, 502, "upstream_unreachable"},
		{"the DNS", nobody.LocalAddr().String(), slow.port, 502, "upstream_unreachable"},
	}
	t.Run("steps", func(t *testing.T) {
		for _, test := range tests {
			t.Run(test.name, func(t *testing.T) {
				t.Parallel()
				front := start(t, nginx.Site{
					Previews: prew.Place{Prefix: "prew/", Bucket: "photos", Endpoint: "https://s3.test:" + test.port, PathStyle: true},
					Gateways: []string{"127.0.0.1:1"}, Resolvers: []string{test.resolver}, CAFile: ca.file,
				})
				front.get(t, "/photo/a.jpg").checkPicture(t, test.name+" is not answered", test.status, test.code, "error.png")
			})
		}
	})
}

// TestStoreThatNobodyKnows has a name that the DNS does not know, until it does.
func TestStoreThatNobodyKnows(t *testing.T) {
	s3 := newNamed(t, "127.0.0.1:0", nil, picture(object))
	names := newDNS(t)
	front := start(t, nginx.Site{
		Previews: prew.Place{Prefix: "prew/", Bucket: "photos", Endpoint: "http://s3.test:" + s3.port, PathStyle: true},
		Gateways: []string{"127.0.0.1:1"}, Resolvers: []string{names.addr},
	})
	front.get(t, "/photo/a.jpg").checkPicture(t, "a name that is in no DNS", 502, "upstream_unreachable", "error.png")
	names.points("s3.test", "127.0.0.1")
	front.get(t, "/photo/a.jpg").check(t, "and then is", 200, nil)
}

// TestTwoStores: photos and previews lie in different ones.
func TestTwoStores(t *testing.T) {
	ca := newAuthority(t)
	certificate, another := ca.issue(t, "previews.s3.test", soon()), ca.issue(t, "elsewhere.test", soon())
	previews := newNamed(t, "127.0.0.1:0", &certificate, picture("preview"))
	far := newNamed(t, "127.0.0.1:0", &another, picture("photo"))
	near := newUpstream(t, picture("photo"))
	names := newDNS(t)
	names.points("previews.s3.test", "127.0.0.1")
	names.points("elsewhere.test", "127.0.0.1")
	for _, test := range []struct {
		photos prew.Place
		at     *upstream
		asked  string
	}{
		{prew.Place{Bucket: "originals", Prefix: "photo/", Endpoint: "http://" + near.addr, PathStyle: true}, near, near.addr + "/originals/photo/a.jpg"},
		{prew.Place{Bucket: "originals", Prefix: "photo/", Endpoint: "https://elsewhere.test:" + far.port, PathStyle: true}, far.upstream, "elsewhere.test:" + far.port + "/originals/photo/a.jpg"},
	} {
		front := start(t, nginx.Site{
			Previews: prew.Place{Prefix: "prew/", Bucket: "previews", Endpoint: "https://s3.test:" + previews.port}, Photos: test.photos,
			Gateways: []string{"127.0.0.1:1"}, Resolvers: []string{names.addr}, CAFile: ca.file,
		})
		if got := front.get(t, "/photo/a.jpg"); got.body != "photo" {
			t.Errorf("%+v: status %d with %q, want the photo", test.photos, got.status, got.body)
		}
		if got := front.get(t, "/prew/thumb/a.jpg"); got.body != "preview" {
			t.Errorf("%+v: status %d with %q, want the preview", test.photos, got.status, got.body)
		}
		preview := "previews.s3.test:" + previews.port + "/prew/thumb/a.jpg"
		for name, requests := range map[string][]asked{preview: previews.took(), test.asked: test.at.took()} {
			if len(requests) != 1 || requests[0].host+requests[0].target != name {
				t.Errorf("%v, want one request for %s", requests, name)
			}
		}
	}
}
