// Package nginx is the configuration of the nginx in front: where a request goes, what
// is cached, what a client sees. The .conf files are the same everywhere, in tests and
// in production. site.conf is written from a template for each Site. server.conf begins
// with the way of a request.
package nginx

import (
	"bytes"
	"cmp"
	"embed"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"prew"
)

//go:embed *.conf pictures/*.png
var static embed.FS

//go:embed site.conf.tmpl
var siteTemplate string

// OpenFiles is how many open files a worker of nginx may have. site.conf.tmpl says what
// for. Who starts nginx sees to it that the system allows so many.
const OpenFiles = 16384

// Site is what differs from place to place. Addresses are host:port.
type Site struct {
	Listen   string     // clients connect to it; the host may be *
	TLS      TLS        // clients connect to it over TLS
	Previews prew.Place // where the site is private only its prefix counts; the zero Place: prew/
	Photos   prew.Place // of the default source; the zero Place: in photo/ of the bucket of Previews
	Private  bool       // nothing in S3 is public, and every miss goes to a gateway
	Gateways []string   // at least one

	// Presets are those of the gateways: the paths of presets that have formats are
	// negotiated, their aliases are addresses, and those that not everybody may see are
	// guarded. The zero Presets: none are.
	Presets prew.Presets

	PhotoAccess           prew.Access // who may see photos; empty: everybody
	TokenCookie           string      // the cookie that may hold a token; empty: prew
	ProtectedCacheControl string      // Cache-Control of what not everybody may see; empty: private

	// Resolvers are the DNS servers that look up the names of stores, each an address,
	// perhaps with a port. None: those of /etc/resolv.conf.
	Resolvers []string
	// CAFile is a PEM file with the certificates that are trusted to vouch for a
	// store's. Empty: those that the system trusts.
	CAFile string

	// HTTPSRedirect redirects requests over plain HTTP to https, except for /health, and
	// to this host. "1" redirects to the host that the request names.
	HTTPSRedirect string
	// HSTS is how many seconds browsers shall use https alone (RFC 6797). 0: nothing is
	// said of that.
	HSTS int
	// RealIPFrom are the addresses, or networks as 10.0.0.0/8, of balancers in front.
	// Their X-Forwarded-For and X-Forwarded-Proto are believed.
	RealIPFrom []string
	// PhotoCacheControl is the Cache-Control of photos that have none of their own in S3.
	// Empty: they get none.
	PhotoCacheControl string
	// AllowOrigin are the origins, as https://www.example.org, whose pages may read what is
	// answered, or "*" alone for all. None: pages of others may show it and no more.
	AllowOrigin []string
	// MissesPerSecond is how many requests a second a client may make for what is
	// neither in the cache nor in S3, after 100 at once. 0: no limit.
	MissesPerSecond int

	// NoErrorPictures answers nginx's own failures with an empty body, for which a
	// browser calls <img onerror>.
	NoErrorPictures bool

	// CountedAt is host:port of the UDP socket that nginx sends a line for each request to,
	// for its metrics (package count). Empty: nowhere.
	CountedAt string

	CacheSize string // most bytes of the cache on disk, as 500m; empty: 2g
	AccessLog string // "stdout", or a syslog's socket as unix:/dev/log; empty: <dir>/access.log
	Gallery   string // absolute folder with the page at / and /gallery/; empty: no such page
	User      string // user of the workers where nginx is started as root; empty: nginx's default
}

// TLS is the address where clients connect over TLS, and its certificate.
type TLS struct {
	Listen      string // host:port; the host may be *. Empty: nowhere
	Certificate string // absolute path of the PEM file with the certificate and its intermediates
	Key         string // absolute path of the PEM file with the key
}

// Write writes below dir everything that nginx needs to serve the site, and returns the
// file to start it with: nginx -e <dir>/error.log -p <dir> -c <file>. nginx then stays
// in the foreground and writes nothing outside dir. Files of an earlier Write are
// overwritten; the cache stays, and verdicts go unless an nginx is still using them. Where Check finds mistakes, they are the error, and
// nothing is written.
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
	for _, folder := range []string{"conf", "temp"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o755); err != nil {
			return "", err
		}
	}
	files, err := fs.Glob(static, "*.conf")
	if err != nil {
		return "", err
	}
	for _, name := range files {
		text, err := static.ReadFile(name)
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(filepath.Join(dir, "conf", name), text, 0o644); err != nil {
			return "", err
		}
	}
	pictures, err := s.pictures()
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(dir, "conf", "pictures.conf"), pictures, 0o644); err != nil {
		return "", err
	}
	if err := removeDeadSockets(dir); err != nil {
		return "", err
	}
	if err := removeOldVerdicts(dir); err != nil {
		return "", err
	}
	confFile = filepath.Join(dir, "conf", "site.conf")
	return confFile, os.WriteFile(confFile, conf, 0o644)
}

// withDefaults returns the site with the defaults of all fields that have one filled in.
func (s Site) withDefaults() Site {
	s.CacheSize = cmp.Or(s.CacheSize, "2g")
	if s.Previews == (prew.Place{}) {
		s.Previews.Prefix = prew.DefaultPrefix
	}
	if s.Photos == (prew.Place{}) {
		s.Photos = s.Previews
		s.Photos.Prefix = prew.DefaultSourcePrefix
	}
	s.PhotoAccess = cmp.Or(s.PhotoAccess, prew.Open)
	s.TokenCookie = cmp.Or(s.TokenCookie, "prew")
	s.ProtectedCacheControl = cmp.Or(s.ProtectedCacheControl, "private")
	return s
}

// AnyOrigin reports whether pages of all origins may read what is answered.
func (s Site) AnyOrigin() bool { return len(s.AllowOrigin) == 1 && s.AllowOrigin[0] == "*" }

// RedirectHost returns what nginx redirects requests over plain HTTP to: a host, the
// variable for the request's own, or nothing where it does not redirect.
func (s Site) RedirectHost() string {
	if s.HTTPSRedirect == "1" {
		return "$host"
	}
	return s.HTTPSRedirect
}

// conf returns the text of site.conf, for the installed nginx.
func (s Site) conf(dir string) ([]byte, error) {
	program, err := inspect()
	if err != nil {
		return nil, err
	}
	data := struct {
		Site
		Dir       string
		OpenFiles int
		HTTP2     bool // "http2" is a directive
		Modules   []string
		Upstreams []upstream
		Tunnels   []tunnel

		Negotiated []negotiated
		NoRoom     int // fewest bytes behind /prew/ that leave no room for a format
		Formats    []prew.Format

		Named   []string // patterns of the names of presets that have a source
		Refused []string

		Reserved    string // first segments of paths that are no aliases
		Aliases     []aliasGroup
		AliasedURIs []aliasedURI

		Guards       []guard
		GuardsBase64 bool // an alias in base64 is guarded
		TakesTokens  bool
		MostVerdicts string
	}{Site: s, Dir: dir, OpenFiles: OpenFiles, HTTP2: program.hasHTTP2(), MostVerdicts: mostVerdicts}
	data.Negotiated, data.Formats = s.negotiated()
	data.NoRoom = prew.MaxObject - len(s.Previews.Prefix) - prew.LongestFormat + 1
	data.Named, data.Refused = s.ofNamedSources(), s.refused()
	data.Reserved = strings.Join(prew.Reserved, "|")
	data.Aliases, data.AliasedURIs = s.aliases()
	data.Guards = s.guards()
	data.GuardsBase64 = slices.ContainsFunc(data.Guards, func(g guard) bool { return g.Then == "@base64" })
	data.TakesTokens = slices.ContainsFunc(data.Guards, func(g guard) bool { return g.Access != string(prew.Signed) })
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
