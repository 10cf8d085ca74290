// Package nginx is the configuration of the nginx in front: where a request
// goes, what is cached, what a client sees. The .conf files are used as they
// stand, here and in production; a Site fills in the one that differs from
// place to place.
package nginx

import (
	"bytes"
	"cmp"
	"embed"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"text/template"
)

//go:embed *.conf pictures/*.png
var static embed.FS

//go:embed site.conf.tmpl
var siteTemplate string

// Site is what differs from place to place. Addresses are host:port.
type Site struct {
	Listen   string   // where clients come in; the host may be *
	TLS      TLS      // where they come in over TLS
	Previews Store    // unused where the site is private
	Photos   Store    // the zero Store: Previews
	Private  bool     // nothing in S3 is public: the gateways are asked for everything
	Gateways []string // at least one

	// Resolvers are the DNS servers that are asked for the names of stores, each
	// an address, perhaps with a port. None: those of /etc/resolv.conf.
	Resolvers []string
	// CAFile holds the certificates that a store's must lead to. Empty: those that
	// the system trusts.
	CAFile string

	// HTTPSRedirect sends who comes over plain HTTP to https.
	HTTPSRedirect bool
	// RealIPFrom are the addresses, or networks as 10.0.0.0/8, of balancers in
	// front: they are believed who the client is and whether it came over https.
	RealIPFrom []string
	// MissesPerSecond is how many requests for what is neither in the cache nor
	// in S3 a client may make, after 100 at once. 0: as many as it likes.
	MissesPerSecond int

	CacheSize string // of the folder with the cache, as 500m; empty: 2g
	AccessLog string // "stdout", or the socket of a syslog as unix:/dev/log; empty: <dir>/access.log
	Gallery   string // absolute folder with the page at / and /gallery/; empty: no such page
	User      string // whom the workers run as, when started as root; empty: nginx's default
}

// TLS is where clients come in over TLS.
type TLS struct {
	Listen      string // host:port; the host may be *. Empty: nowhere
	Certificate string // absolute path of the PEM file with it and the ones it needs
	Key         string // absolute path of the PEM file
}

// Write lays out below dir all that nginx needs to serve the site and returns
// the file to start it with: nginx -e <dir>/error.log -p <dir> -c <file>. It
// stays in the foreground and writes nothing outside dir. What an earlier Write
// has left is replaced, except for the cache. Where Check finds mistakes, they are
// the error, and nothing is written.
func (s Site) Write(dir string) (confFile string, err error) {
	dir, err = filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if err := s.Check(dir); err != nil {
		return "", err
	}
	conf, err := s.withDefaults().conf(dir)
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
	if err := removeDeadSockets(dir); err != nil {
		return "", err
	}
	confFile = filepath.Join(dir, "conf", "site.conf")
	return confFile, os.WriteFile(confFile, conf, 0o644)
}

// withDefaults is the site with what may be left out filled in.
func (s Site) withDefaults() Site {
	s.CacheSize = cmp.Or(s.CacheSize, "2g")
	s.Photos = cmp.Or(s.Photos, s.Previews)
	return s
}

// conf is the text of site.conf.
func (s Site) conf(dir string) ([]byte, error) {
	program, err := inspect()
	if err != nil {
		return nil, err
	}
	data := struct {
		Site
		Dir       string
		HTTP2     bool // a directive of its own
		Modules   []string
		Upstreams []upstream
		Tunnels   []tunnel
	}{Site: s, Dir: dir, HTTP2: program.hasHTTP2()}
	if !s.Private {
		data.Upstreams, data.Tunnels = s.upstreams(dir)
	}
	headersMore, errHeadersMore := program.module("ngx_http_headers_more_filter_module.so", "libnginx-mod-http-headers-more-filter")
	data.Modules = append(data.Modules, headersMore)
	var errStream, errResolvers, errCA error
	if len(data.Tunnels) > 0 {
		var stream string
		stream, errStream = program.module("ngx_stream_module.so", "libnginx-mod-stream")
		data.Modules = append(data.Modules, stream)
		if len(data.Resolvers) == 0 {
			data.Resolvers, errResolvers = systemResolvers("/etc/resolv.conf")
		}
		if data.CAFile == "" {
			data.CAFile, errCA = systemCAFile()
		}
	}
	if err := errors.Join(errHeadersMore, errStream, errResolvers, errCA); err != nil {
		return nil, err
	}
	var conf bytes.Buffer
	err = template.Must(template.New("site.conf").Parse(siteTemplate)).Execute(&conf, data)
	return conf.Bytes(), err
}
