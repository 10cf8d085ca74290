// Package access decides who may see a preview or a photo that not everybody may see. It
// knows addresses and what requests carry, and nothing of S3, Redis or pictures.
//
// A signed address carries the end of its time and a signature (signed.go). A token is a
// JWT (token.go), verified by keys of a file (keys.go) or of a URL (remote.go); what was
// verified once is remembered (memory.go).
package access

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"prew"
)

// Settings are those of a Checker, as their variables spell them.
type Settings struct {
	SigningKeys string // with commas between them; empty: no signature is good
	TokenKeys   string // a file, or the https:// URL of a JWKS; empty: no token is good
	Issuer      string // of tokens; empty: any
	Audience    string // of tokens; empty: those that name none
	Cookie      string // its name
	Claim       string // its name
}

// Checker decides whether a request may see what it asks for. It may be used by many
// goroutines.
type Checker struct {
	signing Keys
	tokens  *tokens
	cookie  string
	now     func() time.Time
}

// New reads the keys of the settings. The error joins all mistakes, each with its
// variable, and holds no part of a key.
func New(s Settings) (*Checker, error) {
	signing, signingErr := ParseKeys(s.SigningKeys)
	tokens, tokensErr := newTokens(s)
	var cookieErr error
	if _, err := http.ParseSetCookie(s.Cookie + "=x"); err != nil {
		cookieErr = errors.New("PREW_TOKEN_COOKIE: expected the name of a cookie, such as prew")
	}
	return &Checker{signing, tokens, s.Cookie, time.Now}, errors.Join(signingErr, tokensErr, cookieErr)
}

// NewFor is New for the presets and photos that are served, from buckets that are private or
// not. Mistakes are also what prew.CheckAccess returns, and keys that are missing: those by
// which alone somebody could see what is served.
func NewFor(s Settings, presets prew.Presets, photos prew.Access, private bool) (*Checker, error) {
	checker, err := New(s)
	if err != nil {
		return nil, errors.Join(prew.CheckAccess(presets, photos, private), err)
	}
	needed := map[prew.Access]bool{photos: true}
	for _, name := range presets.Names() {
		needed[presets.Access(name)] = true
	}
	errs := []error{prew.CheckAccess(presets, photos, private)}
	for _, way := range []prew.Access{prew.Signed, prew.Token} {
		if needed[way] {
			errs = append(errs, checker.Can(way))
		}
	}
	return checker, errors.Join(errs...)
}

// Can returns an error if there are no keys by which anybody could see what has this access.
func (c *Checker) Can(access prew.Access) error {
	switch {
	case access == prew.Signed && len(c.signing) == 0:
		return errors.New("PREW_SIGNING_KEYS is not set, expected the keys of signed addresses")
	case access == prew.Token && c.tokens == nil:
		return errors.New("PREW_TOKEN_KEYS is not set, expected what tokens are verified by")
	}
	return nil
}

// Reach fetches the keys of tokens, if they are at a URL and have not been fetched yet.
func (c *Checker) Reach(ctx context.Context) error {
	if c.tokens == nil {
		return nil
	}
	return c.tokens.reach(ctx)
}

// Credentials are what a request carries to show that it may see something.
type Credentials struct {
	Expires, Signature string // of a signed address, as they are spelt
	Token              string
}

// Credentials finds them in the query and the headers of a request. Of a parameter that
// the query has several times the first counts. The token is that of Authorization, or
// else of the query, or else of the cookie: what a request says itself goes before what a
// browser adds to each.
func (c *Checker) Credentials(query string, h http.Header) (found Credentials) {
	t := parameter(query, "t")
	if scheme, credentials, _ := strings.Cut(h.Get("Authorization"), " "); strings.EqualFold(scheme, "Bearer") {
		t = strings.TrimLeft(credentials, " ")
	}
	if t == "" {
		if cookie, err := (&http.Request{Header: h}).Cookie(c.cookie); err == nil {
			t = cookie.Value
		}
	}
	return Credentials{Expires: parameter(query, "e"), Signature: parameter(query, "s"), Token: t}
}

// parameter is the value of the first parameter of a query with a name, as it is spelt:
// nothing that a signature or a token may have needs an escape.
func parameter(query, name string) string {
	for pair := range strings.SplitSeq(query, "&") {
		if n, value, _ := strings.Cut(pair, "="); n == name {
			return value
		}
	}
	return ""
}

// Refusal is the error of a request that may not see what it asks for.
type Refusal struct {
	Code      prew.Code
	Reason    string // for the log: it has nothing that the request carries
	Challenge string // with AccessMissing: what WWW-Authenticate says
}

// Error implements error.
func (r *Refusal) Error() string { return r.Reason }

func refused(reason string) *Refusal { return &Refusal{Code: prew.AccessRefused, Reason: reason} }

var (
	errExpired  = &Refusal{Code: prew.AccessExpired, Reason: "its time is over"}
	errNoKeys   = refused("there are no keys to check it by")
	errUnsigned = &Refusal{prew.AccessMissing, "no signature, expected a signed address", signedChallenge}
	errNoToken  = &Refusal{prew.AccessMissing, "no token", "Bearer"} // RFC 6750, section 3
)

// signedChallenge stands in WWW-Authenticate where a signed address is expected. RFC 9110,
// section 15.5.2, asks for a challenge with every 401, and no scheme is registered for
// signatures in an address.
const signedChallenge = "prew-signature"

// Check returns until when a request with these credentials may see a target; the zero
// time is for what everybody may see. The error is a *Refusal.
func (c *Checker) Check(t Target, carried Credentials) (until time.Time, err error) {
	var refusal *Refusal
	switch t.Access {
	case prew.Open:
		return time.Time{}, nil
	case prew.Signed:
		until, refusal = c.signing.check(t.Paths, carried, c.now())
	case prew.Token:
		until, refusal = c.tokens.check(t, carried.Token, c.now())
	default:
		refusal = refused("nobody may see it")
	}
	if refusal != nil {
		return time.Time{}, refusal
	}
	return until, nil
}
