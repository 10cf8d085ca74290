package nginx_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"prew/deploy/local/stack"
	"prew/nginx"
)

func TestConfigurationIsAccepted(t *testing.T) {
	program, err := nginx.Program()
	if err != nil {
		t.Fatal(err)
	}
	gallery := filepath.Join(t.TempDir(), "with a space; and {braces}")
	for _, site := range []nginx.Site{
		{Listen: "127.0.0.1:8080", Previews: stack.StoreAt("127.0.0.1:1", "photos"), Gateways: []string{"127.0.0.1:2"}},
		{Listen: "*:8080", Previews: nginx.Store{Bucket: "photos", Region: "eu-central-1"}, Gateways: []string{"127.0.0.1:2", "[::1]:2"}},
		{Listen: "[::1]:8080", Previews: stack.StoreAt("127.0.0.1:1", "my.photos"), Gateways: []string{"localhost:2"}, Gallery: gallery, User: "root"},
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
		{`listen ""`, func(s *nginx.Site) { s.Listen = "" }},
		{`listen "8080"`, func(s *nginx.Site) { s.Listen = "8080" }},
		{`listen "*:80; include /etc/passwd"`, func(s *nginx.Site) { s.Listen = "*:80; include /etc/passwd" }},
		{`gateway "127.0.0.1:2 weight=5"`, func(s *nginx.Site) { s.Gateways = []string{"127.0.0.1:1", "127.0.0.1:2 weight=5"} }},
		{`no gateways`, func(s *nginx.Site) { s.Gateways = nil }},
		{`gallery "pages"`, func(s *nginx.Site) { s.Gallery = "pages" }},
		{`gallery "/pages\"; root \"/"`, func(s *nginx.Site) { s.Gallery = `/pages"; root "/` }},
		{`gallery "/$http_x"`, func(s *nginx.Site) { s.Gallery = "/$http_x" }},
		{`gallery "/a\nb"`, func(s *nginx.Site) { s.Gallery = "/a\nb" }},
		{`user "root; include x"`, func(s *nginx.Site) { s.User = "root; include x" }},
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
	if _, err := good.Write(filepath.Join(t.TempDir(), "$HOME")); err == nil {
		t.Error("a folder with a dollar sign was accepted")
	}
}

func TestMissingModuleIsNamed(t *testing.T) {
	bin := t.TempDir()
	script := "#!/bin/sh\necho 'nginx version: nginx/1.22.1\nconfigure arguments: --prefix=/x --modules-path=" + bin + "' >&2\n"
	if err := os.WriteFile(filepath.Join(bin, "nginx"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin)
	_, err := nginx.Site{Listen: "127.0.0.1:8080", Previews: stack.StoreAt("127.0.0.1:1", "photos"), Gateways: []string{"127.0.0.1:2"}}.Write(t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "libnginx-mod-http-headers-more-filter") {
		t.Errorf("error %v, want one that names the package", err)
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
	const policy = "default-src 'none'; img-src 'self' blob:; script-src 'self'; style-src 'self'; connect-src 'self'"
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
