// Package answer holds what all answers to clients share, whichever program gives
// them: headers, conditions, and placeholders.
package answer

import "net/http"

// Protect sets the headers that every answer carries: a browser must not guess the
// type of other people's bytes and must not run them (OWASP Secure Headers Project).
func Protect(h http.Header) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
}

// SetIfAny sets a header, unless its value is empty.
func SetIfAny(h http.Header, name, value string) {
	if value != "" {
		h.Set(name, value)
	}
}
