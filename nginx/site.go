// Package nginx is the configuration of the nginx in front: where a request
// goes, what is cached, what a client sees. The .conf files are used as they
// stand, here and in production; a Site fills in the one that differs from
// place to place.
package nginx

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"text/template"
)

//go:embed *.conf pictures/*.png
var static embed.FS

//go:embed site.conf.tmpl
var siteTemplate string

// Site is what differs from place to place. Addresses are host:port.
type Site struct {
	Listen   string   // where clients come in; the host may be *
	S3       string   // the S3 server, asked over plain HTTP
	S3Host   string   // the Host header that S3 gets; empty: S3
	Bucket   string   // first segment of the path that S3 gets; empty: none, as the host names the bucket
	Gateways []string // at least one
	Gallery  string   // absolute folder with the page at / and /gallery/; empty: no such page
	User     string   // whom the workers run as, when started as root; empty: nginx's default
}

// Write lays out below dir all that nginx needs to serve the site and returns
// the file to start it with: nginx -e <dir>/error.log -p <dir> -c <file>. It
// stays in the foreground and writes nothing outside dir. What an earlier Write
// has left is replaced, except for the cache.
func (s Site) Write(dir string) (confFile string, err error) {
	dir, err = filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if s.S3Host == "" {
		s.S3Host = s.S3
	}
	if err := s.check(dir); err != nil {
		return "", err
	}
	module, err := headersMore()
	if err != nil {
		return "", err
	}
	var conf bytes.Buffer
	err = template.Must(template.New("site.conf").Parse(siteTemplate)).Execute(&conf, struct {
		Site
		Dir, Module string
	}{s, dir, module})
	if err != nil {
		return "", err
	}
	for _, folder := range []string{"conf", "pictures", "temp"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o755); err != nil {
			return "", err
		}
	}
	err = fs.WalkDir(static, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := static.ReadFile(path)
		if err != nil {
			return err
		}
		if filepath.Ext(path) == ".conf" {
			path = "conf/" + path
		}
		return os.WriteFile(filepath.Join(dir, filepath.FromSlash(path)), text, 0o644)
	})
	if err != nil {
		return "", err
	}
	confFile = filepath.Join(dir, "conf", "site.conf")
	return confFile, os.WriteFile(confFile, conf.Bytes(), 0o644)
}

var (
	address = regexp.MustCompile(`^(\*|[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}$`)
	host    = regexp.MustCompile(`^([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$`)
	bucket  = regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9._-]*)?$`)
	user    = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_-]*)?$`)
	// path has no quote, backslash or control byte, which would end the quoted
	// text it stands in, and no dollar sign, which starts a variable there and
	// can't be escaped. A brace is none to nginx inside quotes.
	path = regexp.MustCompile(`^/[^"\\$\x00-\x1f\x7f]*$`)
)

// check holds every value to a form in which it is one word of configuration.
func (s Site) check(dir string) error {
	var errs []error
	expect := func(ok bool, name, value, expected string) {
		if !ok {
			errs = append(errs, fmt.Errorf("%s %q, expected %s", name, value, expected))
		}
	}
	expect(address.MatchString(s.Listen), "listen", s.Listen, "host:port")
	expect(address.MatchString(s.S3), "s3", s.S3, "host:port")
	expect(host.MatchString(s.S3Host), "s3 host", s.S3Host, "a host name, perhaps with a port")
	expect(bucket.MatchString(s.Bucket), "bucket", s.Bucket, "letters, digits, . _ and -")
	for _, gateway := range s.Gateways {
		expect(address.MatchString(gateway), "gateway", gateway, "host:port")
	}
	if len(s.Gateways) == 0 {
		errs = append(errs, errors.New("no gateways, expected at least one"))
	}
	expect(s.Gallery == "" || path.MatchString(s.Gallery), "gallery", s.Gallery, `an absolute path without ", \ and $`)
	expect(user.MatchString(s.User), "user", s.User, "the name of a user")
	expect(path.MatchString(dir), "folder", dir, `a path without ", \ and $`)
	return errors.Join(errs...)
}

// Program finds nginx. Debian has it in /usr/sbin, which is not in every user's
// PATH.
func Program() (string, error) {
	program, err := exec.LookPath("nginx")
	if err != nil {
		program, err = exec.LookPath("/usr/sbin/nginx")
	}
	if err != nil {
		return "", errors.New("nginx is not installed: install the package nginx")
	}
	return program, nil
}

var modulesPath = regexp.MustCompile(`--modules-path=(\S+)`)

// headersMore finds the one module that the configuration needs beside nginx.
func headersMore() (string, error) {
	program, err := Program()
	if err != nil {
		return "", err
	}
	built, err := exec.Command(program, "-V").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s -V: %w: %s", program, err, built)
	}
	found := modulesPath.FindSubmatch(built)
	if found == nil {
		return "", fmt.Errorf("%s -V names no --modules-path, where the headers-more module would lie", program)
	}
	module := filepath.Join(string(found[1]), "ngx_http_headers_more_filter_module.so")
	if _, err := os.Stat(module); err != nil {
		return "", fmt.Errorf("%w: install the package libnginx-mod-http-headers-more-filter", err)
	}
	return module, nil
}
