package nginx

import (
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strings"

	"prew"
)

// endpointOf returns a place's endpoint or, where it has none, its region's (AWS
// General Reference, "Amazon S3 endpoints and quotas"). China's regions have a domain of
// their own.
func endpointOf(p prew.Place) string {
	if p.Endpoint != "" {
		return strings.TrimSuffix(p.Endpoint, "/")
	}
	domain := "amazonaws.com"
	if strings.HasPrefix(p.Region, "cn-") {
		domain += ".cn"
	}
	return "https://s3." + p.Region + "." + domain
}

var (
	bucket   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)
	region   = regexp.MustCompile(`^[a-z0-9-]+$`)
	endpoint = regexp.MustCompile(`^https?://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$`)
)

// mistakesOf returns every mistake in a place, by the names bucket, region and endpoint.
func mistakesOf(p prew.Place) (all []mistake) {
	if !bucket.MatchString(p.Bucket) {
		all = append(all, mistake{"bucket", p.Bucket, "letters, digits, . _ and -"})
	}
	if p.Endpoint == "" {
		if !region.MatchString(p.Region) {
			all = append(all, mistake{"region", p.Region, "one of AWS's, or an endpoint"})
		}
		return all
	}
	e, err := url.Parse(endpointOf(p))
	switch {
	case err != nil || !endpoint.MatchString(endpointOf(p)):
		all = append(all, mistake{"endpoint", p.Endpoint, "http://host:port or https://host:port"})
	case e.Scheme == "https" && isAddress(e.Hostname()):
		all = append(all, mistake{"endpoint", p.Endpoint, "a name that is in the DNS, for which it has its certificate"})
	case isAddress(e.Hostname()) && !p.PathStyle:
		all = append(all, mistake{"endpoint", p.Endpoint, "a name, or the bucket in the path: an address has no names below it"})
	}
	return all
}

// origin is a store as nginx connects to it and asks it.
type origin struct {
	TLS    bool
	Name   string // of the server, for which it must have its certificate
	Addr   string // host:port
	Host   string // the Host header
	Prefix string // comes before every path, as /photos
}

// originOf returns the origin at a place without mistakes. Over TLS a bucket with a dot in
// its name is named in the path, as the SDK does: a certificate for
// *.s3.eu-west-1.amazonaws.com does not match a name with a further dot (RFC 6125,
// section 6.4.3).
func originOf(p prew.Place) origin {
	e, err := url.Parse(endpointOf(p))
	if err != nil {
		panic(err) // mistakesOf has parsed it
	}
	o := origin{TLS: e.Scheme == "https", Name: e.Hostname(), Host: e.Host}
	if p.PathStyle || o.TLS && strings.Contains(p.Bucket, ".") {
		o.Prefix = "/" + p.Bucket
	} else {
		o.Name, o.Host = p.Bucket+"."+o.Name, p.Bucket+"."+o.Host
	}
	port := e.Port()
	if port == "" {
		port = map[bool]string{false: "80", true: "443"}[o.TLS]
	}
	o.Addr = net.JoinHostPort(o.Name, port)
	return o
}

// isAddress reports whether a host is not looked up in the DNS. localhost is never in it
// (RFC 6761, section 6.3).
func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil || host == "localhost"
}
