package nginx_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"prew/deploy/local/stack"
	"prew/nginx"
)

// How clients come in: TLS, the way there, who they are, how much they may ask.

func TestHealth(t *testing.T) {
	front := start(t, nginx.Site{Previews: stack.StoreAt("127.0.0.1:1", "photos"), Gateways: []string{"127.0.0.1:1"}, HTTPSRedirect: "1", RealIPFrom: []string{"10.0.0.1"}})
	for _, target := range []string{"/health", "/health?from=balancer"} {
		got := front.get(t, target)
		got.check(t, target, 200, map[string]string{"Content-Type": "text/plain", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"})
		if got.body != "ok\n" {
			t.Errorf("%s: %q", target, got.body)
		}
	}
	front.ask(t, "HEAD", "/health").check(t, "HEAD /health", 200, nil)
	front.get(t, "/photo/seen.jpg")
	if lines := front.log(t, 1); len(lines) != 1 || lines[0]["uri"] != "/photo/seen.jpg" {
		t.Errorf("the access log has %v, want no line of /health", lines)
	}
	front.ask(t, "POST", "/health", "Content-Length: 0").check(t, "POST /health", 405, nil)
}

// overTLS starts a site with a TLS listener beside the plain one and returns its
// address and a client that trusts it.
func overTLS(t *testing.T, site nginx.Site) (*front, string, *tls.Config) {
	t.Helper()
	ca := newAuthority(t)
	addr, err := stack.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	site.TLS.Listen = addr
	site.TLS.Certificate, site.TLS.Key = files(t, ca.issue(t, "prew.test", soon()))
	roots := x509.NewCertPool()
	roots.AddCert(ca.certificate)
	return start(t, site), addr, &tls.Config{RootCAs: roots, ServerName: "prew.test"}
}

func TestTLS(t *testing.T) {
	s3 := newUpstream(t, picture(object))
	_, addr, config := overTLS(t, nginx.Site{Previews: stack.StoreAt(s3.addr, "photos"), Gateways: []string{"127.0.0.1:1"}})
	for _, test := range []struct {
		version  uint16
		http2    bool
		protocol string // of the answer; empty: refused
	}{
		{tls.VersionTLS13, true, "HTTP/2.0"},
		{tls.VersionTLS13, false, "HTTP/1.1"},
		{tls.VersionTLS12, true, "HTTP/2.0"},
		{tls.VersionTLS11, false, ""},
		{tls.VersionTLS10, false, ""},
	} {
		what := fmt.Sprintf("%s, HTTP/2: %t", tls.VersionName(test.version), test.http2)
		config := config.Clone()
		config.MinVersion, config.MaxVersion = test.version, test.version
		transport := &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: test.http2}
		response, err := (&http.Client{Transport: transport}).Get("https://" + addr + "/photo/a.jpg")
		if test.protocol == "" {
			if err == nil {
				t.Errorf("%s is spoken", what)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		response.Body.Close()
		transport.CloseIdleConnections()
		if response.StatusCode != 200 || response.Proto != test.protocol {
			t.Errorf("%s: %s over %s, want 200 over %s", what, response.Status, response.Proto, test.protocol)
		}
	}
	// Forward secrecy, always (TLS 1.3 has nothing else).
	config.MaxVersion, config.CipherSuites = tls.VersionTLS12, []uint16{tls.TLS_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA}
	if conn, err := tls.Dial("tcp", addr, config); err == nil {
		conn.Close()
		t.Error("a weak cipher is spoken")
	}
}

func TestRedirectToHTTPS(t *testing.T) {
	const location = "https://prew.test/photo/a%20b+c.jpg?q=1"
	tests := []struct {
		name, header string
		redirect     string   // of the site
		balancers    []string // of the site; the client is 127.0.0.1
		location     string   // empty: served
		overTLS      int      // the status over TLS, with the same header
	}{
		{"off", "X-Nothing: 1", "", nil, "", 200},
		{"on", "X-Nothing: 1", "1", nil, location, 200},
		{"a client that says it came over https", "X-Forwarded-Proto: https", "1", nil, location, 200},
		{"a client that says it did not", "X-Forwarded-Proto: http", "1", nil, location, 200},
		{"one that says so behind another balancer", "X-Forwarded-Proto: https", "1", []string{"10.0.0.0/8"}, location, 200},
		{"a balancer that says so", "X-Forwarded-Proto: https", "1", []string{"10.0.0.0/8", "127.0.0.0/8"}, "", 200},
		{"a balancer that says http", "X-Forwarded-Proto: http", "1", []string{"127.0.0.1"}, location, 301},
		{"a host of its own", "X-Nothing: 1", "www.example.org", nil, "https://www.example.org/photo/a%20b+c.jpg?q=1", 200},
		{"a host with a port", "X-Nothing: 1", "www.example.org:8443", nil, "https://www.example.org:8443/photo/a%20b+c.jpg?q=1", 200},
		{"a balancer that says nothing", "X-Nothing: 1", "1", []string{"127.0.0.1"}, location, 200},
	}
	for _, test := range tests {
		gateway := newUpstream(t, picture(object))
		front, addr, config := overTLS(t, nginx.Site{Private: true, Gateways: []string{gateway.addr}, HTTPSRedirect: test.redirect, RealIPFrom: test.balancers})
		got := front.get(t, "/photo/a%20b+c.jpg?q=1", test.header)
		status := 200
		if test.location != "" {
			status = 301
		}
		got.check(t, test.name, status, map[string]string{"Location": test.location, "X-Content-Type-Options": "nosniff"})
		// Who the client is does not change who is believed.
		front.get(t, "/photo/a%20b+c.jpg?q=1", test.header, "X-Forwarded-For: 192.0.2.1").check(t, test.name+", of a client", status, map[string]string{"Location": test.location})
		front.ask(t, "POST", "/photo/a.jpg", test.header).check(t, test.name+", POST", 405, nil)

		client := &http.Client{Transport: &http.Transport{TLSClientConfig: config}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		request, err := http.NewRequest("GET", "https://"+addr+"/photo/a.jpg", nil)
		if err != nil {
			t.Fatal(err)
		}
		name, value, _ := strings.Cut(test.header, ": ")
		request.Header.Set(name, value)
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		client.CloseIdleConnections()
		if status := response.StatusCode; status != test.overTLS {
			t.Errorf("%s: %d over TLS, want %d", test.name, status, test.overTLS)
		}
	}
}

// TestHSTS: browsers are told to use https alone where they have come over it, on hits,
// misses and errors alike.
func TestHSTS(t *testing.T) {
	for _, test := range []struct {
		seconds int
		want    string
	}{{0, ""}, {31536000, "max-age=31536000"}} {
		gateway := newUpstream(t, picture(object, "Strict-Transport-Security: max-age=1"))
		front, addr, config := overTLS(t, nginx.Site{Private: true, Gateways: []string{gateway.addr}, HSTS: test.seconds})
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: config}}
		for _, target := range []string{"/photo/a.jpg", "/photo/a.jpg", "/prew/thumb/a.jpg", "/elsewhere", "/health"} {
			response, err := client.Get("https://" + addr + target)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			if got := strings.Join(response.Header.Values("Strict-Transport-Security"), " | "); got != test.want {
				t.Errorf("%d s: %s: %q, want %q", test.seconds, target, got, test.want)
			}
			front.get(t, target).check(t, target+" over plain HTTP", response.StatusCode, map[string]string{"Strict-Transport-Security": ""})
		}
		client.CloseIdleConnections()
	}
}

// TestClientBehindBalancers looks into the access log for who the client was.
func TestClientBehindBalancers(t *testing.T) {
	t.Parallel() // the log is a second late
	tests := []struct {
		balancers []string
		header    string
		want      string
	}{
		{nil, "X-Forwarded-For: 192.0.2.1", "127.0.0.1"},
		{[]string{"10.0.0.0/8"}, "X-Forwarded-For: 192.0.2.1", "127.0.0.1"},
		{[]string{"127.0.0.1"}, "X-Nothing: 1", "127.0.0.1"},
		{[]string{"127.0.0.1"}, "X-Forwarded-For: 192.0.2.1", "192.0.2.1"},
		{[]string{"127.0.0.1"}, "X-Forwarded-For: 2001:db8::1", "2001:db8::1"},
		{[]string{"127.0.0.0/8", "10.0.0.0/8"}, "X-Forwarded-For: 192.0.2.1, 10.1.2.3", "192.0.2.1"},
		{[]string{"127.0.0.1"}, "X-Forwarded-For: 6.6.6.6, 192.0.2.1", "192.0.2.1"}, // the first one is the client's invention
		{[]string{"127.0.0.1"}, "X-Real-IP: 192.0.2.1", "127.0.0.1"},
		{[]string{"127.0.0.1"}, "X-Forwarded-For: nonsense", "127.0.0.1"},
	}
	for _, test := range tests {
		front := start(t, nginx.Site{Private: true, Gateways: []string{"127.0.0.1:1"}, RealIPFrom: test.balancers})
		front.get(t, "/photo/a.jpg", test.header)
		if lines := front.log(t, 1); len(lines) != 1 || lines[0]["client"] != test.want {
			t.Errorf("%v, %s: the log has %v, want the client %s", test.balancers, test.header, lines, test.want)
		}
	}
}

// TestMissesAreLimited: a client may have 100 at once and then as many a second
// as the site says. What the cache or S3 has never counts.
func TestMissesAreLimited(t *testing.T) {
	s3, gateway := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.RequestURI, "missing") {
			failing(404)(w, r)
			return
		}
		picture(object)(w, r)
	}), newUpstream(t, rendered(object))
	for _, private := range []bool{false, true} {
		front := start(t, nginx.Site{
			Previews: stack.StoreAt(s3.addr, "photos"), Gateways: []string{gateway.addr}, Private: private,
			RealIPFrom: []string{"127.0.0.1"}, MissesPerSecond: 1,
		})
		from := func(client, target string) answer {
			t.Helper()
			return front.get(t, target, "X-Forwarded-For: "+client)
		}
		statuses := func(client, name string, count int) map[int]int {
			t.Helper()
			seen := map[int]int{}
			for i := range count {
				seen[from(client, fmt.Sprintf("/prew/thumb/missing-%s-%d.jpg", name, i)).status]++
			}
			return seen
		}
		what := fmt.Sprintf("private: %t", private)
		// The first leaves room for what comes before the limit is reached.
		for _, target := range []string{"/prew/thumb/missing-hit.jpg", "/prew/thumb/missing-hit+.jpg", "/photo/hit+.jpg"} {
			from("192.0.2.1", target).check(t, what+", "+target, 200, nil)
			for range 150 {
				if got := from("192.0.2.1", target); got.status != 200 {
					t.Fatalf("%s: %s, which is in the cache, is %d", what, target, got.status)
				}
			}
		}
		if !private {
			for i := range 150 {
				if got := from("192.0.2.1", fmt.Sprintf("/prew/thumb/stored-%d.jpg", i)); got.status != 200 {
					t.Fatalf("what is in S3 is %d", got.status)
				}
			}
		}
		gateway.took()
		seen := statuses("192.0.2.1", "a", 150)
		if seen[200] < 90 || seen[200] > 140 || seen[200]+seen[429] != 150 {
			t.Errorf("%s: %v of 150 misses, want about 100 answered and the others refused", what, seen)
		}
		if asked := len(gateway.took()); asked != seen[200] {
			t.Errorf("%s: the gateway was asked %d times for %d answers", what, asked, seen[200])
		}
		refused := from("192.0.2.1", "/prew/thumb/missing-z.jpg")
		refused.checkPicture(t, what+": one too many", 429, "too_many_misses", "error.png")
		refused.check(t, what+": one too many", 429, map[string]string{"Retry-After": "1", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"})
		from("192.0.2.1", "/prew/thumb/missing-a-0.jpg").check(t, what+": and what is in the cache", 200, map[string]string{"X-Prew": "cached"})
		from("192.0.2.2", "/prew/thumb/missing-b.jpg").check(t, what+": and another client", 200, nil)

		// An IPv4 address is one client, also where it is spelt as one of IPv6.
		seen = statuses("::ffff:198.51.100.1", "mapped", 150)
		if seen[429] == 0 {
			t.Errorf("%s: %v of 150 misses of one mapped address, want some refused", what, seen)
		}
		from("::ffff:198.51.100.2", "/prew/thumb/missing-mapped-other.jpg").check(t, what+": and another one", 200, nil)
		from("198.51.100.1", "/prew/thumb/missing-mapped-not.jpg").check(t, what+": and the same one, not mapped", 429, nil)

		// One network of 64 bits is one client.
		seen = statuses("2001:db8::1", "c", 80)
		for status, count := range statuses("2001:db8::2:2", "d", 70) {
			seen[status] += count
		}
		if seen[200] < 90 || seen[429] == 0 {
			t.Errorf("%s: %v of 150 misses of two addresses of one network, want about 100 answered", what, seen)
		}
		from("2001:db8:0:1::1", "/prew/thumb/missing-e.jpg").check(t, what+": another network", 200, nil)
	}
}

// TestMissingPhotosAreLimited: a photo that is missing counts as a miss, for S3 and a
// gateway look for it; one that is there never does.
func TestMissingPhotosAreLimited(t *testing.T) {
	s3, gateway := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.RequestURI, "missing") {
			failing(404)(w, r)
			return
		}
		picture(object)(w, r)
	}), newUpstream(t, rendered(object))
	front := start(t, nginx.Site{Previews: stack.StoreAt(s3.addr, "photos"), Gateways: []string{gateway.addr}, MissesPerSecond: 1})
	for i := range 150 {
		front.get(t, fmt.Sprintf("/photo/there-%d.jpg", i)).check(t, "a photo that is there", 200, nil)
	}
	seen := map[int]int{}
	for i := range 150 {
		seen[front.get(t, fmt.Sprintf("/photo/missing-%d.jpg", i)).status]++
	}
	if seen[404] < 90 || seen[404] > 140 || seen[404]+seen[429] != 150 {
		t.Errorf("%v of 150 missing photos, want about 100 answered and the others refused", seen)
	}
	if asked := len(gateway.took()); asked != seen[404] {
		t.Errorf("the gateway was asked %d times for %d answers", asked, seen[404])
	}
	front.get(t, "/photo/missing-z.jpg").checkPicture(t, "one too many", 429, "too_many_misses", "error.png")
	for range 2 {
		front.get(t, "/photo/there-0.jpg").check(t, "and a photo that is there", 200, nil)
	}
	front.get(t, "/photo/there-new.jpg").check(t, "and a new one that is there", 200, nil)
}

// TestNoLimitOfMisses: where the site has none, nobody is counted.
func TestNoLimitOfMisses(t *testing.T) {
	front, _, gateway := recording(t, failing(404), rendered(object))
	for i := range 150 {
		if got := front.get(t, fmt.Sprintf("/prew/thumb/%d.jpg", i)); got.status != 200 {
			t.Fatalf("miss %d is %d", i, got.status)
		}
	}
	if asked := targetsOf(gateway.took()); len(asked) != 150 || !slices.Contains(asked, "/prew/thumb/149.jpg") {
		t.Errorf("the gateway was asked %d times, want 150", len(asked))
	}
}

// TestPathsOverHTTP2: a path means what it means over HTTP/1.1, where nginx reads
// it with another parser.
func TestPathsOverHTTP2(t *testing.T) {
	gateway := newUpstream(t, decodes)
	_, addr, config := overTLS(t, nginx.Site{Private: true, Gateways: []string{gateway.addr}})
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: true}, Timeout: 2 * time.Second}
	defer client.CloseIdleConnections()
	for _, row := range rows(t) {
		if strings.ContainsFunc(row.target, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
			continue // a value of HTTP/2's headers has none of them
		}
		path, _, _ := strings.Cut(row.target, "?")
		object, _ := url.PathUnescape(path)
		what := fmt.Sprintf("%.100q (%s)", row.target, row.note)
		request := &http.Request{Method: "GET", URL: &url.URL{Scheme: "https", Host: addr, Opaque: "//" + addr + row.target}, Header: http.Header{}}
		response, err := client.Do(request)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || response.Proto != "HTTP/2.0" {
			t.Errorf("%s: %s, %v", what, response.Proto, err)
		}
		got := answer{response.StatusCode, response.Header, string(body)}
		if row.room == "refused" {
			got.checkPicture(t, what, 404, "path_refused", "not-found.png")
			continue
		}
		if got.status != 200 || got.body != object {
			t.Errorf("%s: status %d with %q, want 200 with %q", what, got.status, got.body, object)
		}
	}
}
