// Package answer holds what all answers to clients share, whichever program gives
// them: headers, conditions, and placeholders.
package answer

import (
	"net/http"

	"prew"
)

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

// SetOutline sets the headers by which a page keeps the place of a preview, as far as they are
// known. They are of the preview, so that 304 has none of them (RFC 9110, section 15.4.5), and who
// gets it has them already.
func SetOutline(h http.Header, o prew.Outline) {
	for _, field := range o.Fields() {
		SetIfAny(h, field.Header, field.Value)
	}
}
