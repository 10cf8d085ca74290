// Package accesstest has a site on which not everybody may see everything, those who may, and
// those who try all the same, for the tests of gateway and nginx.
package accesstest

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"prew"
	"prew/lambda/access"
)

// What the site is called in tokens.
const (
	Issuer   = "https://login.example"
	Audience = "pictures"
)

// signingKeys are the site's keys of signed addresses: the second is on its way out.
const signingKeys = "accesstest-new-key,accesstest-old-key"

// Presets are the PRESET_<NAME> variables of the site: card takes a token, thumb a signature.
var Presets = []string{
	"PRESET_CARD=access=token,aliases=/by-token/{key} /by-token/{base64:s3://{key}}.b64 /w/{key}?w=640",
	"PRESET_THUMB=access=signed,aliases=/by-signature/{key} /w/{key}?w=200",
}

// Photos is who may see the photos of the site.
const Photos = prew.Token

// Site has the keys of the site, and those of somebody else.
type Site struct {
	file    string // the JWKS
	secret  []byte
	keys    map[string]any // private, by the ids that the JWKS has for them
	foreign map[string]any // of somebody else
	public  *rsa.PublicKey
}

// New makes the keys of a site, in a folder that lasts as long as the test.
func New(t testing.TB) *Site {
	t.Helper()
	s := &Site{
		file: filepath.Join(t.TempDir(), "keys.json"), secret: []byte("accesstest-secret-of-32-bytes-or-more"),
		keys: newKeys(t), foreign: newKeys(t),
	}
	s.public = &s.keys["rsa"].(*rsa.PrivateKey).PublicKey
	text := base64.RawURLEncoding.EncodeToString
	point, err := s.keys["ec"].(*ecdsa.PrivateKey).PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	set, err := json.Marshal(map[string]any{"keys": []map[string]string{
		{"kid": "rsa", "kty": "RSA", "use": "sig", "n": text(s.public.N.Bytes()), "e": text(big.NewInt(int64(s.public.E)).Bytes())},
		{"kid": "ec", "kty": "EC", "crv": "P-256", "alg": "ES256", "x": text(point[1:33]), "y": text(point[33:])},
		{"kid": "ed", "kty": "OKP", "crv": "Ed25519", "x": text(s.keys["ed"].(ed25519.PrivateKey).Public().(ed25519.PublicKey))},
		{"kid": "secret", "kty": "oct", "k": text(s.secret)},
	}})
	if err != nil {
		t.Fatal(err)
	}
	s.keys["secret"] = s.secret
	if err := os.WriteFile(s.file, set, 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

func newKeys(t testing.TB) map[string]any {
	t.Helper()
	ofRSA, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]any{"rsa": ofRSA, "ec": ec, "ed": ed, "secret": []byte("a-secret-of-somebody-else-of-32-bytes")}
}

// Settings are those of the site's checker.
func (s *Site) Settings() access.Settings {
	return access.Settings{SigningKeys: signingKeys, TokenKeys: s.file, Issuer: Issuer, Audience: Audience, Cookie: "prew", Claim: "prew"}
}

// Environ has the variables of the site's gateways and nginx.
func (s *Site) Environ() []string {
	return append([]string{
		"PREW_PRIVATE=1", "PREW_PHOTO_ACCESS=" + string(Photos), "PREW_SIGNING_KEYS=" + signingKeys, "PREW_TOKEN_KEYS=" + s.file,
		"PREW_TOKEN_ISSUER=" + Issuer, "PREW_TOKEN_AUDIENCE=" + Audience,
	}, Presets...)
}

// Claims are the claims of a token that is good for everything until a time.
func Claims(until time.Time) jwt.MapClaims {
	return jwt.MapClaims{"iss": Issuer, "aud": Audience, "exp": until.Unix(), "sub": "somebody"}
}

// Token is a token of the site with claims, by the key with an id: rsa, ec, ed or secret.
func (s *Site) Token(id string, claims jwt.MapClaims) string {
	return token(s.keys[id], methods[id], jwt.MapClaims{"kid": id}, claims)
}

var methods = map[string]jwt.SigningMethod{
	"rsa": jwt.SigningMethodRS256, "ec": jwt.SigningMethodES256, "ed": jwt.SigningMethodEdDSA, "secret": jwt.SigningMethodHS256,
}

// token is a token with a header's additions and claims.
func token(key any, method jwt.SigningMethod, header, claims jwt.MapClaims) string {
	t := jwt.NewWithClaims(method, claims)
	for name, value := range header {
		t.Header[name] = value
	}
	text, err := t.SignedString(key)
	if err != nil {
		panic(err) // a mistake in a table of tests
	}
	return text
}

// Sign is the query of an address of a canonical path, by the present key of the site.
func Sign(path string, until time.Time) string { return signBy(signingKeys, path, until) }

func signBy(key, path string, until time.Time) string {
	keys, err := access.ParseKeys(key)
	if err != nil {
		panic(err)
	}
	return keys.Sign(path, until)
}

// Request is a request, and how it is answered.
type Request struct {
	Name    string
	Method  string
	Target  string   // path and query
	Headers []string // names and values
	Status  int
	Code    string // X-Prew-Error
}

// Allowed are requests of those who may see the photo with a key, or its preview.
func (s *Site) Allowed(key string) []Request {
	later := time.Now().Add(time.Hour)
	bearer := func(id string) []string { return []string{"Authorization", "Bearer " + s.Token(id, Claims(later))} }
	scoped := func(scope any) []string {
		claims := Claims(later)
		claims["prew"] = scope
		return []string{"Authorization", "bearer " + s.Token("ec", claims)}
	}
	folder, _, _ := strings.Cut(key, "/")
	escaped := prew.Escape(key)
	card, thumb, photo := "/prew/card/"+escaped, "/prew/thumb/"+escaped, "/photo/"+escaped
	barely := Claims(time.Now().Add(-50 * time.Second))
	barely["nbf"] = time.Now().Add(50 * time.Second).Unix()
	nobody := s.Token("rsa", Claims(later))
	rows := []Request{
		{Name: "RS256", Target: card, Headers: bearer("rsa")},
		{Name: "ES256", Target: card, Headers: bearer("ec")},
		{Name: "EdDSA", Target: card, Headers: bearer("ed")},
		{Name: "HS256", Target: card, Headers: bearer("secret")},
		{Name: "no kid", Target: card, Headers: []string{"Authorization", "Bearer " + token(s.keys["ec"], jwt.SigningMethodES256, nil, Claims(later))}},
		{Name: "clocks that differ by less than a minute", Target: card, Headers: []string{"Authorization", "Bearer " + s.Token("ec", barely)}},
		{Name: "cookie", Target: card, Headers: []string{"Cookie", "a=b; prew=" + nobody}},
		{Name: "query", Target: card + "?t=" + nobody},
		{Name: "query beside a cookie of long ago", Target: card + "?t=" + nobody, Headers: []string{"Cookie", "prew=old"}},
		{Name: "cookie beside a password of another kind", Target: card, Headers: []string{"Authorization", "Basic eDp5", "Cookie", "prew=" + nobody}},
		{Name: "alias", Target: "/by-token/" + escaped, Headers: bearer("ec")},
		{Name: "alias in base64", Target: "/by-token/" + base64.RawURLEncoding.EncodeToString([]byte("s3://"+key)) + ".b64", Headers: bearer("ec")},
		{Name: "alias with a query", Target: "/w/" + escaped + "?w=640&t=" + nobody},
		{Name: "variant", Target: "/prew/card@2x.webp/" + escaped, Headers: bearer("ec")},
		{Name: "scope of the preset", Target: card, Headers: scoped(map[string]any{"presets": []string{"hero", "card"}})},
		{Name: "scope of the preset, of a variant", Target: "/prew/card@2x/" + escaped, Headers: scoped(map[string]any{"presets": []string{"card"}})},
		{Name: "scope of the folder", Target: card, Headers: scoped(map[string]any{"prefixes": []string{"other/", folder + "/"}})},
		{Name: "scope of both", Target: card, Headers: scoped(map[string]any{"presets": []string{"card"}, "prefixes": []string{folder + "/"}})},
		{Name: "photo", Target: photo, Headers: bearer("ec")},
		{Name: "photo, scope of the folder", Target: photo, Headers: scoped(map[string]any{"prefixes": []string{folder + "/"}})},
		{Name: "signed", Target: thumb + "?" + Sign(thumb, later)},
		{Name: "signed by the old key", Target: thumb + "?" + signBy("accesstest-old-key", thumb, later)},
		{Name: "signed, and something else in the query", Target: thumb + "?v=3&" + Sign(thumb, later) + "&utm=x"},
		{Name: "signed, by another spelling of its path", Target: "/prew/%74humb/" + escaped + "?" + Sign(thumb, later)},
		{Name: "signed alias", Target: "/by-signature/" + escaped + "?" + Sign(thumb, later)},
		{Name: "signed alias with a query", Target: "/w/" + escaped + "?w=200&" + Sign(thumb, later)},
		{Name: "signed, negotiated", Target: thumb + "?" + Sign(thumb, later), Headers: []string{"Accept", "image/webp"}},
		{Name: "what it is negotiated to, by name", Target: "/prew/thumb.webp/" + escaped + "?" + Sign(thumb, later)},
		{Name: "open", Target: "/prew/hero/" + escaped},
	}
	for i := range rows {
		rows[i].Method, rows[i].Status = http.MethodGet, http.StatusOK
	}
	return rows
}

// Revealing are the headers that an answer to an attack must not have: each says something of
// the photo or the preview.
var Revealing = []string{"ETag", "Last-Modified", "Content-Range", "Accept-Ranges", "Server-Timing", "X-Prew", "X-Prew-Width", "X-Prew-Height", "X-Prew-Colour", "X-Prew-Crop", "Content-Location", "Age", "X-Accel-Expires"}

// pemOf is a public key as it is published.
func pemOf(public any) []byte {
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		panic(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}
