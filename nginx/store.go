package nginx

import (
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
)

// Store is a bucket and where it is reached.
type Store struct {
	Bucket    string
	Region    string // names AWS's endpoint; unused where Endpoint is set
	Endpoint  string // http or https://host, perhaps with a port; empty: AWS's
	PathStyle bool   // the bucket is named in the path and not in the host
}

// endpoint returns the store's Endpoint or, where that is empty, the region's (AWS
// General Reference, "Amazon S3 endpoints and quotas"). China's regions have a domain of
// their own.
func (s Store) endpoint() string {
	if s.Endpoint != "" {
		return strings.TrimSuffix(s.Endpoint, "/")
	}
	domain := "amazonaws.com"
	if strings.HasPrefix(s.Region, "cn-") {
		domain += ".cn"
	}
	return "https://s3." + s.Region + "." + domain
}

var (
	bucket   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)
	region   = regexp.MustCompile(`^[a-z0-9-]+$`)
	endpoint = regexp.MustCompile(`^https?://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$`)
)

// mistakes returns every mistake in a store, by the names bucket, region and endpoint.
func (s Store) mistakes() (all []mistake) {
	if !bucket.MatchString(s.Bucket) {
		all = append(all, mistake{"bucket", s.Bucket, "letters, digits, . _ and -"})
	}
	if s.Endpoint == "" {
		if !region.MatchString(s.Region) {
			all = append(all, mistake{"region", s.Region, "one of AWS's, or an endpoint"})
		}
		return all
	}
	e, err := url.Parse(s.endpoint())
	switch {
	case err != nil || !endpoint.MatchString(s.endpoint()):
		all = append(all, mistake{"endpoint", s.Endpoint, "http://host:port or https://host:port"})
	case e.Scheme == "https" && isAddress(e.Hostname()):
		all = append(all, mistake{"endpoint", s.Endpoint, "a name that is in the DNS, for which it has its certificate"})
	case isAddress(e.Hostname()) && !s.PathStyle:
		all = append(all, mistake{"endpoint", s.Endpoint, "a name, or the bucket in the path: an address has no names below it"})
	}
	return all
}

// place is a store as nginx connects to it and asks it.
type place struct {
	TLS    bool
	Name   string // of the server, for which it must have its certificate
	Addr   string // host:port
	Host   string // the Host header
	Prefix string // comes before every path, as /photos
}

// place returns the place of a store without mistakes. Over TLS a bucket with a dot in
// its name is named in the path, as the SDK does: a certificate for
// *.s3.eu-west-1.amazonaws.com does not match a name with a further dot (RFC 6125,
// section 6.4.3).
func (s Store) place() place {
	e, err := url.Parse(s.endpoint())
	if err != nil {
		panic(err) // mistakes has parsed it
	}
	p := place{TLS: e.Scheme == "https", Name: e.Hostname(), Host: e.Host}
	if s.PathStyle || p.TLS && strings.Contains(s.Bucket, ".") {
		p.Prefix = "/" + s.Bucket
	} else {
		p.Name, p.Host = s.Bucket+"."+p.Name, s.Bucket+"."+p.Host
	}
	port := e.Port()
	if port == "" {
		port = map[bool]string{false: "80", true: "443"}[p.TLS]
	}
	p.Addr = net.JoinHostPort(p.Name, port)
	return p
}

// isAddress reports whether a host is not looked up in the DNS. localhost is never in it
// (RFC 6761, section 6.3).
func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil || host == "localhost"
}
