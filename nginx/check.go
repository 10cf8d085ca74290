package nginx

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
)

var (
	address   = regexp.MustCompile(`^(\*|[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}$`)
	user      = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_-]*)?$`)
	accessLog = regexp.MustCompile(`^(stdout|unix:/[A-Za-z0-9._/-]+)?$`)
	cacheSize = regexp.MustCompile(`^[1-9][0-9]{0,9}[kKmMgG]?$`)
	// path has no quote, backslash or control byte, which would end the quoted
	// text it stands in, and no dollar sign, which starts a variable there and
	// can't be escaped. A brace is none to nginx inside quotes.
	path = regexp.MustCompile(`^/[^"\\$\x00-\x1f\x7f]*$`)
)

const (
	aPath = `an absolute path without ", \ and $`
	// mostMisses is far beyond what one client can look at; nginx itself counts
	// in thousandths of a request and would overflow at 2 million.
	mostMisses = 100_000
	// longestDir leaves room for the longest name of a socket in the 108 bytes of
	// a socket's path, one of which is a zero (unix(7)).
	longestDir = 107 - len("/previews.sock")
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
	if s.TLS != (TLS{}) {
		expect(address.MatchString(s.TLS.Listen), "tls listen", s.TLS.Listen, "host:port")
		expect(path.MatchString(s.TLS.Certificate), "tls certificate", s.TLS.Certificate, aPath)
		expect(path.MatchString(s.TLS.Key), "tls key", s.TLS.Key, aPath)
	}
	if !s.Private {
		for _, err := range s.Previews.mistakes() {
			errs = append(errs, fmt.Errorf("previews: %w", err))
		}
		if s.Photos != s.Previews {
			for _, err := range s.Photos.mistakes() {
				errs = append(errs, fmt.Errorf("photos: %w", err))
			}
		}
	}
	for _, gateway := range s.Gateways {
		expect(address.MatchString(gateway), "gateway", gateway, "host:port")
	}
	if len(s.Gateways) == 0 {
		errs = append(errs, errors.New("no gateways, expected at least one"))
	}
	for _, resolver := range s.Resolvers {
		expect(isResolver(resolver), "resolver", resolver, "the address of a DNS server, perhaps with a port; IPv6 in brackets")
	}
	expect(s.CAFile == "" || path.MatchString(s.CAFile), "ca file", s.CAFile, aPath)
	for _, network := range s.RealIPFrom {
		expect(isNetwork(network), "real ip from", network, "an address or a network, as 10.0.0.0/8")
	}
	if s.HTTPSRedirect && s.TLS == (TLS{}) && len(s.RealIPFrom) == 0 {
		errs = append(errs, errors.New("https redirect without tls listen or real ip from, expected one of them: "+
			"nobody could come over https, and everybody would be sent in circles"))
	}
	if s.MissesPerSecond < 0 || s.MissesPerSecond > mostMisses {
		errs = append(errs, fmt.Errorf("misses per second %d, expected 0 (no limit) to %d", s.MissesPerSecond, mostMisses))
	}
	expect(accessLog.MatchString(s.AccessLog), "access log", s.AccessLog, "stdout, or a socket as unix:/dev/log")
	expect(cacheSize.MatchString(s.CacheSize), "cache size", s.CacheSize, "a number of bytes, or with k, m or g behind it")
	expect(s.Gallery == "" || path.MatchString(s.Gallery), "gallery", s.Gallery, aPath)
	expect(user.MatchString(s.User), "user", s.User, "the name of a user")
	expect(path.MatchString(dir), "folder", dir, `a path without ", \ and $`)
	expect(len(dir) <= longestDir, "folder", dir, fmt.Sprintf("at most %d bytes, as sockets lie in it", longestDir))
	return errors.Join(errs...)
}

// isNetwork tells an address, or a network in the notation of RFC 4632, section
// 3.1.
func isNetwork(text string) bool {
	if addr, err := netip.ParseAddr(text); err == nil {
		return addr.Zone() == ""
	}
	_, err := netip.ParsePrefix(text)
	return err == nil
}

// isResolver tells what nginx takes for a DNS server. It may be a name to
// nginx, which would be looked up once, by the system's own resolver.
func isResolver(text string) bool {
	if addr, err := netip.ParseAddr(text); err == nil {
		return addr.Is4()
	}
	if addrPort, err := netip.ParseAddrPort(text); err == nil {
		return addrPort.Addr().Zone() == "" && addrPort.Port() != 0
	}
	addr, err := netip.ParseAddrPort(text + ":53")
	return err == nil && addr.Addr().Is6() && addr.Addr().Zone() == ""
}
