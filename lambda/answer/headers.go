// Package answer is what every answer to a client has alike, whichever program
// gives it: headers, conditions, and what is shown in place of a picture that
// there is none of.
package answer

import "net/http"

// Protect sets what every answer carries: other people's bytes are neither
// guessed at nor run (OWASP Secure Headers Project).
func Protect(h http.Header) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
}

// Conditional says whether a request asks for less than the whole picture.
func Conditional(h http.Header) bool {
	for _, name := range []string{"Range", "If-Range", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"} {
		if h.Get(name) != "" {
			return true
		}
	}
	return false
}

// SetIfAny sets a header, unless its value is empty.
func SetIfAny(h http.Header, name, value string) {
	if value != "" {
		h.Set(name, value)
	}
}
