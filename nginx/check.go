package nginx

import (
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"regexp"
	"slices"

	"prew"
)

var (
	address      = regexp.MustCompile(`^(\*|[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}$`)
	user         = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_-]*)?$`)
	accessLog    = regexp.MustCompile(`^(stdout|unix:/[A-Za-z0-9._/-]+)?$`)
	redirectHost = regexp.MustCompile(`^([A-Za-z0-9.-]+(:[0-9]{1,5})?)?$`)
	cookieName   = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	cacheControl = regexp.MustCompile(`^[A-Za-z0-9=, _-]*$`)
	// An origin is what browsers send as Origin: lower case, without a path (RFC 6454,
	// section 6.2).
	webOrigin = regexp.MustCompile(`^https?://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?$`)
	cacheSize = regexp.MustCompile(`^[1-9][0-9]{0,9}[kKmMgG]?$`)
	// A path is written in quotes. A quote, backslash or control byte could end them,
	// and a dollar sign would start a variable and can't be escaped. Braces and
	// semicolons mean nothing inside quotes.
	path = regexp.MustCompile(`^/[^"\\$\x00-\x1f\x7f]*$`)
)

const (
	aPath = `an absolute path without ", \ and $`
	// mostMisses is far more than one client can look at in a second. nginx counts
	// thousandths of requests and would overflow at 2 million.
	mostMisses = 100_000
	// longestDir leaves room for the longest name of a socket: a socket's path has
	// 108 bytes, the last of them zero (unix(7)).
	longestDir = 107 - len("/previews.sock")
)

// mistake is a setting with a value that nginx can't be configured with.
type mistake struct {
	setting, value, expected string
}

// Error says that an empty setting is not set: prewnginx counts an empty variable
// as none.
func (m mistake) Error() string {
	if m.value == "" {
		return fmt.Sprintf("%s is not set, expected %s", m.setting, m.expected)
	}
	return fmt.Sprintf("%s: %q, expected %s", m.setting, m.value, m.expected)
}

// The variables that prewnginx reads a store's settings from.
var (
	ofPreviews = map[string]string{"bucket": "PREW_BUCKET", "region": "PREW_S3_REGION", "endpoint": "PREW_S3_ENDPOINT"}
	ofPhotos   = map[string]string{"bucket": "PREW_SOURCE_BUCKET", "region": "PREW_SOURCE_REGION", "endpoint": "PREW_SOURCE_ENDPOINT"}
)

// Check returns every mistake in a site that is to be written below dir: each value
// must have a form in which it is one word of configuration. A mistake is named by
// the variable that prewnginx reads the value from; what no variable sets, by the
// field.
func (s Site) Check(dir string) error {
	s = s.withDefaults()
	var errs []error
	expect := func(ok bool, variable, value, expected string) {
		if !ok {
			errs = append(errs, mistake{variable, value, expected})
		}
	}
	expectEach := func(ok func(string) bool, variable string, values []string, expected string) {
		for _, value := range values {
			if !ok(value) {
				errs = append(errs, fmt.Errorf("%s: %q, expected %s", variable, value, expected))
			}
		}
	}
	expect(address.MatchString(s.Listen), "PREW_NGINX_LISTEN", s.Listen, "host:port")
	if s.TLS != (TLS{}) {
		expect(address.MatchString(s.TLS.Listen), "PREW_TLS_LISTEN", s.TLS.Listen, "host:port")
		expect(path.MatchString(s.TLS.Certificate), "PREW_TLS_CERTIFICATE", s.TLS.Certificate, aPath)
		expect(path.MatchString(s.TLS.Key), "PREW_TLS_KEY", s.TLS.Key, aPath)
	}
	if !s.Private {
		previews := mistakesOf(s.Previews)
		for _, m := range previews {
			expect(false, ofPreviews[m.setting], m.value, m.expected)
		}
		// A mistake that photos take over from previews is reported once.
		for _, m := range mistakesOf(s.Photos) {
			expect(slices.Contains(previews, m), ofPhotos[m.setting], m.value, m.expected)
		}
	}
	errs = append(errs, prew.CheckPrefixes(s.Previews, s.Photos)...)
	expectEach(address.MatchString, "PREW_GATEWAYS", s.Gateways, "host:port")
	expect(len(s.Gateways) > 0, "PREW_GATEWAYS", "", "at least one")
	expectEach(isResolver, "PREW_RESOLVER", s.Resolvers, "the address of a DNS server, perhaps with a port; IPv6 in brackets")
	expect(s.CAFile == "" || path.MatchString(s.CAFile), "PREW_CA_FILE", s.CAFile, aPath)
	expectEach(isNetwork, "PREW_REAL_IP_FROM", s.RealIPFrom, "an address or a network, as 10.0.0.0/8")
	expect(redirectHost.MatchString(s.HTTPSRedirect), "PREW_HTTPS_REDIRECT", s.HTTPSRedirect, "a host, as www.example.org, or 1 for the one that is asked for")
	if s.HTTPSRedirect != "" && s.TLS == (TLS{}) && len(s.RealIPFrom) == 0 {
		errs = append(errs, fmt.Errorf("PREW_HTTPS_REDIRECT: %q, expected PREW_TLS_LISTEN or PREW_REAL_IP_FROM beside it: "+
			"nobody could come over https, and everybody would be sent in circles", s.HTTPSRedirect))
	}
	if s.MissesPerSecond < 0 || s.MissesPerSecond > mostMisses {
		errs = append(errs, fmt.Errorf("PREW_MISSES_PER_SECOND: %d, expected 0 (no limit) to %d", s.MissesPerSecond, mostMisses))
	}
	expect(cacheControl.MatchString(s.PhotoCacheControl), "PREW_PHOTO_CACHE_CONTROL", s.PhotoCacheControl, "directives, as public, max-age=86400")
	expect(cookieName.MatchString(s.TokenCookie), "PREW_TOKEN_COOKIE", s.TokenCookie, "at most 64 letters, digits, _ and -")
	expect(cacheControl.MatchString(s.ProtectedCacheControl), "PREW_PROTECTED_CACHE_CONTROL", s.ProtectedCacheControl, "directives, as private, max-age=60")
	if err := new(prew.Access).UnmarshalText([]byte(s.PhotoAccess)); err != nil {
		errs = append(errs, fmt.Errorf("PREW_PHOTO_ACCESS: %w", err))
	}
	if err := prew.CheckAccess(s.Presets, s.PhotoAccess, s.Private); err != nil {
		errs = append(errs, err)
	}
	if !s.AnyOrigin() {
		expectEach(webOrigin.MatchString, "PREW_ALLOW_ORIGIN", s.AllowOrigin, "* alone, or origins as https://www.example.org")
	}
	if s.HSTS < 0 {
		errs = append(errs, fmt.Errorf("PREW_HSTS: %d, expected a number of seconds", s.HSTS))
	}
	expect(accessLog.MatchString(s.AccessLog), "PREW_NGINX_ACCESS_LOG", s.AccessLog, "stdout, or a socket as unix:/dev/log")
	expect(s.CountedAt == "" || address.MatchString(s.CountedAt), "counted at", s.CountedAt, "host:port")
	expect(cacheSize.MatchString(s.CacheSize), "PREW_CACHE_SIZE", s.CacheSize, "a number of bytes, or with k, m or g behind it")
	expect(s.Gallery == "" || path.MatchString(s.Gallery), "gallery", s.Gallery, aPath)
	expect(user.MatchString(s.User), "user", s.User, "the name of a user")
	dir, err := filepath.Abs(dir)
	errs = append(errs, err)
	expect(path.MatchString(dir), "PREW_NGINX_DIR", dir, `a path without ", \ and $`)
	expect(len(dir) <= longestDir, "PREW_NGINX_DIR", dir, fmt.Sprintf("at most %d bytes, as sockets lie in it", longestDir))
	return errors.Join(errs...)
}

// isNetwork reports whether text is an address, or a network in the notation of RFC
// 4632, section 3.1.
func isNetwork(text string) bool {
	if addr, err := netip.ParseAddr(text); err == nil {
		return addr.Zone() == ""
	}
	_, err := netip.ParsePrefix(text)
	return err == nil
}

// isResolver reports whether nginx takes text as the address of a DNS server. nginx
// would take a name too, but the system's resolver would look it up, and only once.
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
