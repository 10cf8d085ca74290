package nginx_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"prew"
	"prew/deploy/local/stack"
	"prew/nginx"
)

func TestConfigurationIsAccepted(t *testing.T) {
	program, err := nginx.Program()
	if err != nil {
		t.Fatal(err)
	}
	gallery := filepath.Join(t.TempDir(), "with a space; and {braces}")
	ca := newAuthority(t)
	certificate, key := files(t, ca.issue(t, "prew.test", soon()))
	gateways, local := []string{"127.0.0.1:2"}, stack.StoreAt("127.0.0.1:1", "photos")
	aws := prew.Place{Prefix: "prew/", Bucket: "photos", Region: "eu-central-1"}
	for _, site := range []nginx.Site{
		{Listen: "127.0.0.1:8080", Previews: local, Gateways: gateways},
		{Listen: "*:8080", Previews: aws, Gateways: []string{"127.0.0.1:2", "[::1]:2"}},
		{Listen: "[::1]:8080", Previews: stack.StoreAt("[::1]:1", "my.photos"), Gateways: []string{"localhost:2"}, Gallery: gallery, User: "root"},
		{Listen: "*:8080", Private: true, Gateways: gateways, AccessLog: "stdout"},
		{Listen: "*:8080", Private: true, Gateways: gateways, AccessLog: "unix:/dev/log"},
		{Listen: "*:8080", Previews: local, Photos: aws, Gateways: gateways, Resolvers: []string{"127.0.0.1", "127.0.0.1:53", "[::1]", "[::1]:53"}, CAFile: ca.file},
		{Listen: "*:8080", Previews: aws, Photos: local, Gateways: gateways},
		{Listen: "*:8080", Previews: aws, Photos: prew.Place{Bucket: "other", Endpoint: "http://minio:9000/", PathStyle: true}, Gateways: gateways},
		{Listen: "*:8080", TLS: nginx.TLS{Listen: "*:8443", Certificate: certificate, Key: key}, Previews: aws, Gateways: gateways, HTTPSRedirect: "1"},
		{Listen: "*:8080", TLS: nginx.TLS{Listen: "*:8443", Certificate: certificate, Key: key}, Previews: aws, Gateways: gateways, HTTPSRedirect: "www.example.org:8443", HSTS: 31536000},
		{Listen: "*:8080", Previews: aws, Gateways: gateways, HTTPSRedirect: "1", RealIPFrom: []string{"10.0.0.0/8", "192.0.2.1", "2001:db8::/32", "::1"}, MissesPerSecond: 100000, CacheSize: "500m"},
		{Listen: "*:8080", Private: true, Gateways: gateways, Presets: presetsOf(t, protectedPresets), PhotoAccess: "token", TokenCookie: "__Host-a", ProtectedCacheControl: "private, max-age=9"},
		{Listen: "*:8080", Previews: aws, Gateways: gateways, PhotoAccess: "closed"},
	} {
		dir := filepath.Join(t.TempDir(), "with a space")
		for range 2 { // a second start finds what the first one has left
			conf, err := site.Write(dir)
			if err != nil {
				t.Fatalf("%+v: %v", site, err)
			}
			out, err := exec.Command(program, "-e", filepath.Join(dir, "error.log"), "-p", dir, "-c", conf, "-t").CombinedOutput()
			// Only root can have workers of another user, and nginx warns of it.
			if err != nil || site.User == "" && strings.Contains(string(out), "[warn]") {
				t.Errorf("%+v: %v\n%s", site, err, out)
			}
		}
	}
}

func TestSiteRefusesWhatIsNoWord(t *testing.T) {
	good := nginx.Site{Listen: "127.0.0.1:8080", Previews: stack.StoreAt("127.0.0.1:1", "photos"), Gateways: []string{"127.0.0.1:2"}}
	tests := []struct {
		want   string
		change func(*nginx.Site)
	}{
		{`PREW_NGINX_LISTEN is not set`, func(s *nginx.Site) { s.Listen = "" }},
		{`PREW_NGINX_LISTEN: "8080"`, func(s *nginx.Site) { s.Listen = "8080" }},
		{`PREW_NGINX_LISTEN: "*:80; include /etc/passwd"`, func(s *nginx.Site) { s.Listen = "*:80; include /etc/passwd" }},
		{`PREW_TLS_LISTEN: "8443"`, func(s *nginx.Site) { s.TLS = nginx.TLS{Listen: "8443", Certificate: "/c", Key: "/k"} }},
		{`PREW_TLS_LISTEN is not set`, func(s *nginx.Site) { s.TLS = nginx.TLS{Certificate: "/c", Key: "/k"} }},
		{`PREW_TLS_CERTIFICATE is not set`, func(s *nginx.Site) { s.TLS = nginx.TLS{Listen: "*:8443", Key: "/k"} }},
		{`PREW_TLS_CERTIFICATE: "c.pem"`, func(s *nginx.Site) { s.TLS = nginx.TLS{Listen: "*:8443", Certificate: "c.pem", Key: "/k"} }},
		{`PREW_TLS_KEY: "/$k"`, func(s *nginx.Site) { s.TLS = nginx.TLS{Listen: "*:8443", Certificate: "/c", Key: "/$k"} }},
		{`PREW_BUCKET is not set`, func(s *nginx.Site) { s.Previews.Bucket = "" }},
		{`PREW_BUCKET: "a/../b"`, func(s *nginx.Site) { s.Previews.Bucket = "a/../b" }},
		{`PREW_BUCKET: "$args"`, func(s *nginx.Site) { s.Previews.Bucket = "$args" }},
		{`PREW_S3_REGION is not set`, func(s *nginx.Site) { s.Previews.Endpoint = "" }},
		{`PREW_S3_REGION: "eu;"`, func(s *nginx.Site) { s.Previews = prew.Place{Prefix: "prew/", Bucket: "b", Region: "eu;"} }},
		{`PREW_S3_ENDPOINT: "127.0.0.1:1"`, func(s *nginx.Site) { s.Previews.Endpoint = "127.0.0.1:1" }},
		{`PREW_S3_ENDPOINT: "ftp://s3.test"`, func(s *nginx.Site) { s.Previews.Endpoint = "ftp://s3.test" }},
		{`PREW_S3_ENDPOINT: "http://s3.test/base"`, func(s *nginx.Site) { s.Previews.Endpoint = "http://s3.test/base" }},
		{`PREW_S3_ENDPOINT: "http://key:secret@s3.test"`, func(s *nginx.Site) { s.Previews.Endpoint = "http://key:secret@s3.test" }},
		{`PREW_S3_ENDPOINT: "http://$arg_host"`, func(s *nginx.Site) { s.Previews.Endpoint = "http://$arg_host" }},
		{`PREW_S3_ENDPOINT: "http://a\";}"`, func(s *nginx.Site) { s.Previews.Endpoint = `http://a";}` }},
		{`PREW_S3_ENDPOINT: "http://s3.test:1\nx"`, func(s *nginx.Site) { s.Previews.Endpoint = "http://s3.test:1\nx" }},
		{`PREW_S3_ENDPOINT: "https://192.0.2.1"`, func(s *nginx.Site) { s.Previews.Endpoint = "https://192.0.2.1" }},
		{`PREW_S3_ENDPOINT: "http://192.0.2.1"`, func(s *nginx.Site) {
			s.Previews = prew.Place{Prefix: "prew/", Bucket: "b", Endpoint: "http://192.0.2.1"}
		}},
		{`PREW_SOURCE_BUCKET: "$args"`, func(s *nginx.Site) { s.Photos = stack.StoreAt("127.0.0.1:1", "$args") }},
		{`PREW_GATEWAYS: "127.0.0.1:2 weight=5"`, func(s *nginx.Site) { s.Gateways = []string{"127.0.0.1:1", "127.0.0.1:2 weight=5"} }},
		{`PREW_GATEWAYS is not set`, func(s *nginx.Site) { s.Gateways = nil }},
		{`PREW_RESOLVER: "dns.test"`, func(s *nginx.Site) { s.Resolvers = []string{"dns.test"} }},
		{`PREW_RESOLVER: "::1"`, func(s *nginx.Site) { s.Resolvers = []string{"127.0.0.1", "::1"} }},
		{`PREW_RESOLVER: "127.0.0.1 valid=1y"`, func(s *nginx.Site) { s.Resolvers = []string{"127.0.0.1 valid=1y"} }},
		{`PREW_RESOLVER: "[fe80::1%eth0]:53"`, func(s *nginx.Site) { s.Resolvers = []string{"[fe80::1%eth0]:53"} }},
		{`PREW_CA_FILE: "ca.pem"`, func(s *nginx.Site) { s.CAFile = "ca.pem" }},
		{`PREW_REAL_IP_FROM: "balancer.test"`, func(s *nginx.Site) { s.RealIPFrom = []string{"balancer.test"} }},
		{`PREW_REAL_IP_FROM: "10.0.0.0/33"`, func(s *nginx.Site) { s.RealIPFrom = []string{"10.0.0.0/33"} }},
		{`PREW_REAL_IP_FROM: "unix:"`, func(s *nginx.Site) { s.RealIPFrom = []string{"unix:"} }},
		{`PREW_HTTPS_REDIRECT: "1", expected PREW_TLS_LISTEN`, func(s *nginx.Site) { s.HTTPSRedirect = "1" }},
		{`PREW_HTTPS_REDIRECT: "https://x", expected a host`, func(s *nginx.Site) { s.HTTPSRedirect = "https://x" }},
		{`PREW_HTTPS_REDIRECT: "$http_x", expected a host`, func(s *nginx.Site) { s.HTTPSRedirect = "$http_x" }},
		{`PREW_HSTS: -1, expected a number of seconds`, func(s *nginx.Site) { s.HSTS = -1 }},
		{`PREW_PHOTO_CACHE_CONTROL: "no-store\"; x"`, func(s *nginx.Site) { s.PhotoCacheControl = `no-store"; x` }},
		{`PREW_TOKEN_COOKIE: "a.b", expected`, func(s *nginx.Site) { s.TokenCookie = "a.b" }},
		{`PREW_PROTECTED_CACHE_CONTROL: "no-store\"; x"`, func(s *nginx.Site) { s.ProtectedCacheControl = `no-store"; x` }},
		{`PREW_PHOTO_ACCESS: "shut", expected one of open, signed, token, closed`, func(s *nginx.Site) { s.PhotoAccess = "shut" }},
		{`PREW_PHOTO_ACCESS: signed in a public bucket, expected PREW_PRIVATE=1`, func(s *nginx.Site) { s.PhotoAccess = prew.Signed }},
		{`p.yaml:2: preset card: access: token in a public bucket, expected PREW_PRIVATE=1`, func(s *nginx.Site) { s.Presets = presetsOf(t, protectedPresets) }},
		{`PREW_ALLOW_ORIGIN: "*", expected * alone`, func(s *nginx.Site) { s.AllowOrigin = []string{"*", "https://a.test"} }},
		{`PREW_ALLOW_ORIGIN: "a.test"`, func(s *nginx.Site) { s.AllowOrigin = []string{"a.test"} }},
		{`PREW_ALLOW_ORIGIN: "https://a.test/"`, func(s *nginx.Site) { s.AllowOrigin = []string{"https://a.test/"} }},
		{`PREW_ALLOW_ORIGIN: "https://a.test\"; x"`, func(s *nginx.Site) { s.AllowOrigin = []string{`https://a.test"; x`} }},
		{`PREW_MISSES_PER_SECOND: -1`, func(s *nginx.Site) { s.MissesPerSecond = -1 }},
		{`PREW_MISSES_PER_SECOND: 100001`, func(s *nginx.Site) { s.MissesPerSecond = 100001 }},
		{`PREW_NGINX_ACCESS_LOG: "/tmp/x"`, func(s *nginx.Site) { s.AccessLog = "/tmp/x" }},
		{`PREW_NGINX_ACCESS_LOG: "unix:/dev/log,tag=x"`, func(s *nginx.Site) { s.AccessLog = "unix:/dev/log,tag=x" }},
		{`PREW_CACHE_SIZE: "lots"`, func(s *nginx.Site) { s.CacheSize = "lots" }},
		{`PREW_CACHE_SIZE: "0"`, func(s *nginx.Site) { s.CacheSize = "0" }},
		{`gallery: "pages"`, func(s *nginx.Site) { s.Gallery = "pages" }},
		{`gallery: "/pages\"; root \"/"`, func(s *nginx.Site) { s.Gallery = `/pages"; root "/` }},
		{`gallery: "/$http_x"`, func(s *nginx.Site) { s.Gallery = "/$http_x" }},
		{`gallery: "/a\nb"`, func(s *nginx.Site) { s.Gallery = "/a\nb" }},
		{`user: "root; include x"`, func(s *nginx.Site) { s.User = "root; include x" }},
		{"PREW_NGINX_LISTEN is not set, expected host:port\nPREW_S3_REGION is not set, expected one of AWS's, or an endpoint\nPREW_GATEWAYS is not set", func(s *nginx.Site) {
			*s = nginx.Site{Previews: prew.Place{Prefix: "prew/", Bucket: "b"}}
		}},
	}
	for _, test := range tests {
		site := good
		test.change(&site)
		dir := t.TempDir()
		if _, err := site.Write(dir); err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%+v: error %v, want one that starts with %s", site, err, test.want)
		}
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Errorf("%+v: refused, but %s was written", site, left[0].Name())
		}
	}
	for _, dir := range []string{"$HOME", strings.Repeat("long", 24)} {
		if _, err := good.Write(filepath.Join(t.TempDir(), dir)); err == nil || !strings.HasPrefix(err.Error(), "PREW_NGINX_DIR: ") {
			t.Errorf("the folder %s: error %v, want one of it", dir, err)
		}
	}
}

// as puts an nginx in front of the installed one that says it is of a version,
// and has its modules in a folder.
func as(t *testing.T, version, modules string) {
	t.Helper()
	bin := t.TempDir()
	script := "#!/bin/sh\necho 'nginx version: nginx/" + version + "\nconfigure arguments: --prefix=/x --modules-path=" + modules + "' >&2\n"
	if err := os.WriteFile(filepath.Join(bin, "nginx"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin)
}

func TestMissingModuleIsNamed(t *testing.T) {
	const headersMore, stream = "libnginx-mod-http-headers-more-filter", "libnginx-mod-stream"
	modules := t.TempDir()
	as(t, "1.22.1", modules)
	tests := []struct {
		store prew.Place
		want  []string
	}{
		{stack.StoreAt("127.0.0.1:1", "photos"), []string{headersMore}},
		{prew.Place{Prefix: "prew/", Bucket: "photos", Endpoint: "http://minio:9000"}, []string{headersMore, stream}},
		{prew.Place{Prefix: "prew/", Bucket: "photos", Region: "eu-central-1"}, []string{headersMore, stream}},
	}
	for _, test := range tests {
		site := nginx.Site{Listen: "127.0.0.1:8080", Previews: test.store, Gateways: []string{"127.0.0.1:2"}, Resolvers: []string{"127.0.0.1"}, CAFile: "/ca.pem"}
		_, err := site.Write(t.TempDir())
		for _, name := range []string{headersMore, stream} {
			if named := err != nil && strings.Contains(err.Error(), name); named != slices.Contains(test.want, name) {
				t.Errorf("%+v: error %v, want it to name %v", test.store, err, test.want)
			}
		}
	}
}

// TestHTTP2IsSpeltAsTheVersionReadsIt: the installed one reads one spelling.
func TestHTTP2IsSpeltAsTheVersionReadsIt(t *testing.T) {
	modules := t.TempDir()
	if err := os.WriteFile(filepath.Join(modules, "ngx_http_headers_more_filter_module.so"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for version, want := range map[string]string{
		"1.22.1": "listen *:8443 ssl http2;", "1.25.0": "listen *:8443 ssl http2;",
		"1.25.1": "listen *:8443 ssl;\n        http2 on;", "1.28.0": "listen *:8443 ssl;\n        http2 on;", "2.0.0": "http2 on;",
	} {
		as(t, version, modules)
		conf, err := nginx.Site{Listen: "*:8080", TLS: nginx.TLS{Listen: "*:8443", Certificate: "/c", Key: "/k"}, Private: true, Gateways: []string{"127.0.0.1:2"}}.Write(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(conf)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), want) {
			t.Errorf("%s: %s\nwant %s", version, text, want)
		}
	}
}

// TestStartsAgain: after a kill, which leaves sockets behind, and after a reload,
// for which the configuration was written beneath a running nginx.
func TestStartsAgain(t *testing.T) {
	gateway := newUpstream(t, picture(object))
	addr, err := stack.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	dir, site := t.TempDir(), nginx.Site{Listen: addr, Private: true, Gateways: []string{gateway.addr}}
	first, err := stack.StartNginx(dir, site)
	if err != nil {
		t.Fatal(err)
	}
	first.Kill()
	second, err := stack.StartNginx(dir, site)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(second.Stop)
	front := &front{second, dir}
	front.get(t, "/photo/a.jpg").check(t, "after a kill", 200, nil)
	site.User = map[bool]string{true: "root"}[os.Geteuid() == 0] // as StartNginx does
	if _, err := site.Write(dir); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(second.PID(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	for i := range 20 { // the old workers' and the new ones'
		front.get(t, "/photo/"+strconv.Itoa(i)+".jpg").check(t, "after a reload", 200, nil)
		time.Sleep(20 * time.Millisecond)
	}
}

func TestGallery(t *testing.T) {
	pages := filepath.Join(t.TempDir(), "a folder; with {braces}")
	if err := os.Mkdir(pages, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"index.html": "<!doctype html>", "gallery.js": "start()", "gallery.css": "img{}", "gallery.json": "[]"} {
		if err := os.WriteFile(filepath.Join(pages, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	front := start(t, nginx.Site{Previews: stack.StoreAt("127.0.0.1:1", "photos"), Gateways: []string{"127.0.0.1:1"}, Gallery: pages})
	const policy = "default-src 'none'; img-src 'self' blob:; script-src 'self'; style-src 'self'; connect-src 'self' http://127.0.0.1:*"
	for _, test := range []struct{ target, contentType, body string }{
		{"/", "text/html", "<!doctype html>"},
		{"/?x", "text/html", "<!doctype html>"},
		{"/gallery/", "text/html", "<!doctype html>"},
		{"/gallery/gallery.js", "text/javascript", "start()"},
		{"/gallery/gallery.css", "text/css", "img{}"},
		{"/gallery/gallery.json", "application/json", "[]"},
	} {
		var got answer
		for range 5 { // so that most workers have had the file open
			got = front.get(t, test.target)
		}
		got.check(t, test.target, 200, map[string]string{
			"Content-Type": test.contentType, "Cache-Control": "no-cache",
			"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff",
		})
		if got.body != test.body {
			t.Errorf("%s: %q, want %q", test.target, got.body, test.body)
		}
	}
	if err := os.WriteFile(filepath.Join(pages, "gallery.json"), []byte("[1]"), 0o644); err != nil {
		t.Fatal(err)
	}
	for range 10 { // whichever worker answers
		if got := front.get(t, "/gallery/gallery.json"); got.body != "[1]" {
			t.Errorf("%q, want what is in the file now", got.body)
		}
	}
	for _, target := range []string{"/gallery/none.js", "/gallery/../gallery.js", "/index.html", "/gallery/%2e%2e/gallery.js", "/gallery", "/x/../"} {
		front.get(t, target).checkPicture(t, target, 404, "path_refused", "not-found.png")
	}
	front.ask(t, "POST", "/").check(t, "POST /", 405, nil)
}
