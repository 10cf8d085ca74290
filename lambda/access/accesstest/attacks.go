package accesstest

import (
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"prew"
)

// Attacks are requests of those who may not see the photo with a key, nor its previews. Each
// has the same answer whether there are any. The key lies in a folder.
func (s *Site) Attacks(key string) []Request {
	rows := append(s.nothingShown(key), s.badTokens(key)...)
	rows = append(rows, s.badClaims(key)...)
	rows = append(rows, s.badSignatures(key)...)
	return append(rows, s.otherSpellings(key)...)
}

// nothingShown asks without a token or a signature, in every way in which an answer could
// still say something.
func (s *Site) nothingShown(key string) (rows []Request) {
	escaped := prew.Escape(key)
	year := time.Now().Add(365 * 24 * time.Hour).UTC().Format(http.TimeFormat)
	for _, target := range []string{
		"/prew/card/" + escaped, "/prew/card.webp/" + escaped, "/prew/card@2x/" + escaped, "/prew/card%402x.webp/" + escaped, "/prew/c%61rd/" + escaped,
		"/by-token/" + escaped, "/by-token/" + base64.StdEncoding.EncodeToString([]byte("s3://"+key)) + ".b64", "/w/" + escaped + "?w=640",
		"/prew/thumb/" + escaped, "/prew/thumb.webp/" + escaped, "/by-signature/" + escaped, "/w/" + escaped + "?w=200", "/photo/" + escaped,
	} {
		rows = append(rows, Request{"nothing: " + target, http.MethodGet, target, nil, 401, "access_missing"})
	}
	for _, target := range []string{"/prew/card/" + escaped, "/prew/thumb/" + escaped, "/photo/" + escaped} {
		for _, how := range []Request{
			{Name: "HEAD", Method: http.MethodHead},
			{Name: "a range", Headers: []string{"Range", "bytes=0-0"}},
			{Name: "a range that nothing has", Headers: []string{"Range", "bytes=99999999-"}},
			{Name: "If-None-Match", Headers: []string{"If-None-Match", "*"}},
			{Name: "If-None-Match with the preview's ETag", Headers: []string{"If-None-Match", "{etag}"}},
			{Name: "If-Match", Headers: []string{"If-Match", `"none"`}},
			{Name: "If-Modified-Since", Headers: []string{"If-Modified-Since", year}},
			{Name: "If-Unmodified-Since", Headers: []string{"If-Unmodified-Since", "Thu, 01 Jan 1970 00:00:01 GMT"}},
			{Name: "If-Range", Headers: []string{"If-Range", "{etag}", "Range", "bytes=0-0"}},
			{Name: "Accept", Headers: []string{"Accept", "image/webp"}},
			{Name: "a target of nginx's", Headers: []string{"X-Prew-Target", "/prew/hero/" + escaped}},
			{Name: "another URL in a header", Headers: []string{"X-Original-URL", "/prew/hero/" + escaped, "X-Rewrite-URL", "/prew/hero/" + escaped}},
			{Name: "what S3 has refused", Headers: []string{"X-Prew-Refused", "1"}},
			{Name: "Cache-Control", Headers: []string{"Cache-Control", "only-if-cached"}},
		} {
			if how.Method == "" {
				how.Method = http.MethodGet
			}
			rows = append(rows, Request{how.Name + ": " + target, how.Method, target, how.Headers, 401, "access_missing"})
		}
	}
	return rows
}

// badTokens shows tokens that nobody of the site has made.
func (s *Site) badTokens(key string) (rows []Request) {
	later := time.Now().Add(time.Hour)
	good := s.Token("rsa", Claims(later))
	parts := strings.Split(good, ".")
	segment := func(value any) string {
		text, _ := json.Marshal(value)
		return base64.RawURLEncoding.EncodeToString(text)
	}
	altered := func(header, claims any, signature string) string {
		return segment(header) + "." + segment(claims) + "." + signature
	}
	flipped := []byte(parts[2])
	flipped[10] = next(flipped[10])
	theirs := s.foreign
	published := pemOf(s.public)
	with := func(header jwt.MapClaims) string {
		return token(theirs["rsa"], jwt.SigningMethodRS256, header, Claims(later))
	}
	everything := Claims(later)
	everything["sub"] = "root"
	for _, t := range []struct{ name, token string }{
		{"no token at all", "x"},
		{"two segments", parts[0] + "." + parts[1]},
		{"no signature", parts[0] + "." + parts[1] + "."},
		{"five segments, encrypted", good + ".x.y"},
		{"no base64", "!!!.!!!.!!!"},
		{"no JSON", "eA.eA.eA"},
		{"alg none", altered(map[string]string{"alg": "none", "typ": "JWT"}, Claims(later), "")},
		{"alg None", altered(map[string]string{"alg": "None", "kid": "rsa"}, Claims(later), "")},
		{"alg NONE with a signature", altered(map[string]string{"alg": "NONE"}, Claims(later), parts[2])},
		{"alg of the empty text", altered(map[string]string{"alg": ""}, Claims(later), parts[2])},
		{"no alg", altered(map[string]string{"kid": "rsa"}, Claims(later), parts[2])},
		{"alg that is a list", altered(map[string]any{"alg": []string{"RS256"}}, Claims(later), parts[2])},
		{"a flipped bit of the signature", parts[0] + "." + parts[1] + "." + string(flipped)},
		{"padding after the signature", good + "=="},
		{"other claims under a signature", parts[0] + "." + segment(everything) + "." + parts[2]},
		{"another algorithm over a signature", altered(map[string]string{"alg": "HS256", "kid": "rsa"}, Claims(later), parts[2])},
		{"the signature of an ECDSA key that is zero", altered(map[string]string{"alg": "ES256", "kid": "ec"}, Claims(later), base64.RawURLEncoding.EncodeToString(make([]byte, 64)))},
		{"HS256 with the public key in PEM", token(published, jwt.SigningMethodHS256, jwt.MapClaims{"kid": "rsa"}, Claims(later))},
		{"HS256 with the public key in PEM, no kid", token(published, jwt.SigningMethodHS256, nil, Claims(later))},
		{"HS256 with the public key in PEM without its last newline", token(published[:len(published)-1], jwt.SigningMethodHS256, nil, Claims(later))},
		{"HS256 with the modulus", token(s.public.N.Bytes(), jwt.SigningMethodHS256, nil, Claims(later))},
		{"HS256 with an empty secret", token([]byte{}, jwt.SigningMethodHS256, jwt.MapClaims{"kid": "secret"}, Claims(later))},
		{"HS512 with the secret", token(s.secret, jwt.SigningMethodHS512, jwt.MapClaims{"kid": "secret"}, Claims(later))},
		{"RS512 with the key", token(s.keys["rsa"], jwt.SigningMethodRS512, jwt.MapClaims{"kid": "rsa"}, Claims(later))},
		{"PS256 with the key", token(s.keys["rsa"], jwt.SigningMethodPS256, jwt.MapClaims{"kid": "rsa"}, Claims(later))},
		{"another RSA key", with(jwt.MapClaims{"kid": "rsa"})},
		{"another RSA key, no kid", with(nil)},
		{"another ECDSA key", token(theirs["ec"], jwt.SigningMethodES256, jwt.MapClaims{"kid": "ec"}, Claims(later))},
		{"another Ed25519 key", token(theirs["ed"], jwt.SigningMethodEdDSA, jwt.MapClaims{"kid": "ed"}, Claims(later))},
		{"another secret", token(theirs["secret"], jwt.SigningMethodHS256, jwt.MapClaims{"kid": "secret"}, Claims(later))},
		{"the kid of another key", token(s.keys["rsa"], jwt.SigningMethodRS256, jwt.MapClaims{"kid": "ec"}, Claims(later))},
		{"a kid that is a path", token([]byte{0}, jwt.SigningMethodHS256, jwt.MapClaims{"kid": "../../../../dev/null"}, Claims(later))},
		{"a kid that is SQL", token([]byte("x"), jwt.SigningMethodHS256, jwt.MapClaims{"kid": "x' UNION SELECT 'x"}, Claims(later))},
		{"a kid that is a URL", with(jwt.MapClaims{"kid": "https://evil.example/key"})},
		{"a kid that is a number", token(s.keys["rsa"], jwt.SigningMethodRS256, jwt.MapClaims{"kid": 1}, Claims(later))},
		{"a key in the header", with(jwt.MapClaims{"jwk": map[string]string{
			"kty": "RSA", "e": "AQAB", "n": base64.RawURLEncoding.EncodeToString(theirs["rsa"].(*rsa.PrivateKey).N.Bytes())}})},
		{"a key's address in the header", with(jwt.MapClaims{"jku": "https://evil.example/keys.json", "kid": "evil"})},
		{"a certificate's address in the header", with(jwt.MapClaims{"x5u": "https://evil.example/cert.pem"})},
		{"a certificate in the header", with(jwt.MapClaims{"x5c": []string{"MIIB"}})},
		{"an extension that has to be understood", token(s.keys["rsa"], jwt.SigningMethodRS256, jwt.MapClaims{"kid": "rsa", "crit": []string{"exp"}}, Claims(later))},
		{"claims that are not encoded", token(s.keys["rsa"], jwt.SigningMethodRS256, jwt.MapClaims{"kid": "rsa", "b64": false, "crit": []string{"b64"}}, Claims(later))},
	} {
		rows = append(rows, s.shown("token: "+t.name, key, t.token, "access_refused"))
	}
	escaped := prew.Escape(key)
	missing := func(name, target string, headers ...string) Request {
		return Request{"token: " + name, http.MethodGet, target, headers, 401, "access_missing"}
	}
	card := "/prew/card/" + escaped
	return append(rows,
		missing("a password", card, "Authorization", "Basic "+good),
		missing("no scheme", card, "Authorization", good),
		missing("an empty one", card, "Authorization", "Bearer "),
		missing("in another cookie", card, "Cookie", "Prew="+good+"; token="+good),
		missing("in another parameter", card+"?T="+good+"&token="+good),
		missing("where a signature belongs", "/prew/thumb/"+escaped+"?t="+good, "Authorization", "Bearer "+good),
		missing("a signature in its place", card+"?"+Sign(card, later)),
	)
}

// shown is a request for a preview with a token that is refused.
func (s *Site) shown(name, key, token, code string) Request {
	return Request{name, http.MethodGet, "/prew/card/" + prew.Escape(key), []string{"Authorization", "Bearer " + token}, 403, code}
}

// badClaims shows tokens of the site that are not for this, or not for now.
func (s *Site) badClaims(key string) (rows []Request) {
	now := time.Now()
	later := now.Add(time.Hour)
	for _, c := range []struct {
		name   string
		change map[string]any // nil takes a claim out
		code   string
	}{
		{"expired 61 s ago", map[string]any{"exp": now.Add(-61 * time.Second).Unix()}, "access_expired"},
		{"expired a day ago", map[string]any{"exp": now.Add(-24 * time.Hour).Unix()}, "access_expired"},
		{"expired, and of another audience", map[string]any{"exp": now.Add(-24 * time.Hour).Unix(), "aud": "others"}, "access_refused"},
		{"without an end", map[string]any{"exp": nil}, "access_refused"},
		{"an end of 0", map[string]any{"exp": 0}, "access_refused"},
		{"an end before there was time", map[string]any{"exp": -1e300}, "access_refused"},
		{"an end after all time", map[string]any{"exp": 1e300}, "access_refused"},
		{"an end that is a text", map[string]any{"exp": fmt.Sprint(later.Unix())}, "access_refused"},
		{"from in 2 minutes on", map[string]any{"nbf": now.Add(2 * time.Minute).Unix()}, "access_refused"},
		{"a beginning that is a text", map[string]any{"nbf": "soon"}, "access_refused"},
		{"of another audience", map[string]any{"aud": "others"}, "access_refused"},
		{"of other audiences", map[string]any{"aud": []string{"others", "pictures2"}}, "access_refused"},
		{"of no audience", map[string]any{"aud": nil}, "access_refused"},
		{"of an audience that is a number", map[string]any{"aud": 1}, "access_refused"},
		{"of another issuer", map[string]any{"iss": "https://login.example.evil.example"}, "access_refused"},
		{"of no issuer", map[string]any{"iss": nil}, "access_refused"},
		{"of another preset", map[string]any{"prew": map[string]any{"presets": []string{"hero"}}}, "access_refused"},
		{"of no preset", map[string]any{"prew": map[string]any{"presets": []string{}}}, "access_refused"},
		{"of a preset in other letters", map[string]any{"prew": map[string]any{"presets": []string{"CARD"}}}, "access_refused"},
		{"of every preset, as a star", map[string]any{"prew": map[string]any{"presets": []string{"*"}}}, "access_refused"},
		{"of another folder", map[string]any{"prew": map[string]any{"prefixes": []string{"elsewhere/"}}}, "access_refused"},
		{"of a folder below", map[string]any{"prew": map[string]any{"prefixes": []string{key + "/"}}}, "access_refused"},
		{"of no folder", map[string]any{"prew": map[string]any{"prefixes": []string{}}}, "access_refused"},
		{"of the beginning of a folder", map[string]any{"prew": map[string]any{"prefixes": []string{key[:1]}}}, "access_refused"},
		{"of the empty prefix", map[string]any{"prew": map[string]any{"prefixes": []string{""}}}, "access_refused"},
		{"of the folder, but another preset", map[string]any{"prew": map[string]any{"presets": []string{"hero"}, "prefixes": []string{key[:strings.Index(key, "/")+1]}}}, "access_refused"},
		{"a scope that is a text", map[string]any{"prew": "all"}, "access_refused"},
		{"a scope that is nothing", map[string]any{"prew": json.RawMessage("null")}, "access_refused"},
		{"a scope that is misspelt", map[string]any{"prew": map[string]any{"prefix": []string{"elsewhere/"}}}, "access_refused"},
		{"a scope whose list is nothing", map[string]any{"prew": map[string]any{"presets": nil}}, "access_refused"},
	} {
		claims := Claims(later)
		for name, value := range c.change {
			claims[name] = value
			if value == nil {
				delete(claims, name)
			}
		}
		rows = append(rows, s.shown("claims: "+c.name, key, s.Token("ec", claims), c.code))
	}
	claims := Claims(later)
	claims["prew"] = map[string]any{"presets": []string{"card", "photo", ""}}
	photo := s.shown("claims: of presets, for a photo", key, s.Token("ec", claims), "access_refused")
	photo.Target = "/photo/" + prew.Escape(key)
	alias := s.shown("claims: of another preset, for an alias", key, s.Token("ec", map[string]any{
		"iss": Issuer, "aud": Audience, "exp": later.Unix(), "prew": map[string]any{"presets": []string{"hero"}}}), "access_refused")
	alias.Target = "/by-token/" + prew.Escape(key)
	return append(rows, photo, alias)
}

// badSignatures shows signatures of other things.
func (s *Site) badSignatures(key string) (rows []Request) {
	now := time.Now()
	later := now.Add(time.Hour)
	escaped := prew.Escape(key)
	thumb := "/prew/thumb/" + escaped
	good := Sign(thumb, later)
	e, signature, _ := strings.Cut(strings.TrimPrefix(good, "e="), "&s=")
	raw, _ := base64.RawURLEncoding.DecodeString(signature)
	second := "e=" + e + "0"
	for _, q := range []struct{ name, target, query, code string }{
		{"of another photo", thumb, Sign("/prew/thumb/other.jpg", later), "access_refused"},
		{"of another preset", thumb, Sign("/prew/hero/"+escaped, later), "access_refused"},
		{"of the photo", thumb, Sign("/photo/"+escaped, later), "access_refused"},
		{"of the folder", thumb, Sign("/prew/thumb/", later), "access_refused"},
		{"of another spelling of the path", thumb, Sign("/prew/%74humb/"+escaped, later), "access_refused"},
		{"of the alias", "/by-signature/" + escaped, Sign("/by-signature/"+escaped, later), "access_refused"},
		{"of the path without its slash", thumb, Sign(thumb[1:], later), "access_refused"},
		{"of a path with a query", thumb, Sign(thumb+"?w=1", later), "access_refused"},
		{"of the preset, for a larger variant", "/prew/thumb@2x/" + escaped, good, "access_refused"},
		{"of the variant, for the preset", thumb, Sign("/prew/thumb.webp/"+escaped, later), "access_refused"},
		{"of another key", thumb, signBy("somebody-elses-key", thumb, later), "access_refused"},
		{"of another end", thumb, "e=" + fmt.Sprint(later.Unix()+1) + "&s=" + signature, "access_refused"},
		{"of an end with a zero more", thumb, second + "&s=" + signature, "access_refused"},
		{"of a time that is over", thumb, Sign(thumb, now.Add(-time.Second)), "access_expired"},
		{"of a time that is over, and of another photo", thumb, Sign("/prew/thumb/other.jpg", now.Add(-time.Second)), "access_refused"},
		{"without an end", thumb, "s=" + signature, "access_refused"},
		{"without a signature", thumb, "e=" + e, "access_refused"},
		{"empty", thumb, "e=" + e + "&s=", "access_refused"},
		{"cut short", thumb, "e=" + e + "&s=" + signature[:40], "access_refused"},
		{"longer", thumb, good + "AAAA", "access_refused"},
		{"padded", thumb, good + "=", "access_refused"},
		{"in hexadecimal digits", thumb, fmt.Sprintf("e=%s&s=%x", e, raw), "access_refused"},
		{"with bits that don't count", thumb, "e=" + e + "&s=" + signature[:42] + string(next(signature[42])), "access_refused"},
		{"with an end that begins with a zero", thumb, "e=0" + e + "&s=" + signature, "access_refused"},
		{"with an end that has a sign", thumb, "e=%2B" + e + "&s=" + signature, "access_refused"},
		{"with an end that is negative", thumb, "e=-1&s=" + signature, "access_refused"},
		{"with an end in hexadecimal digits", thumb, fmt.Sprintf("e=0x%x&s=%s", later.Unix(), signature), "access_refused"},
		{"with an end that has a fraction", thumb, "e=" + e + ".9&s=" + signature, "access_refused"},
		{"of which the second would be good", thumb, "e=" + e + "&s=AAAA&s=" + signature, "access_refused"},
		{"whose second end would be later", thumb, Sign(thumb, now.Add(-time.Minute)) + "&" + good, "access_expired"},
		{"with its parts changed about", thumb, "s=" + e + "&e=" + signature, "access_refused"},
	} {
		rows = append(rows, Request{"signature: " + q.name, http.MethodGet, q.target + "?" + q.query, nil, 403, q.code})
	}
	return append(rows,
		Request{"signature: in capitals", http.MethodGet, thumb + "?E=" + e + "&S=" + signature, nil, 401, "access_missing"},
		Request{"signature: in the path", http.MethodGet, thumb + "%3F" + good, nil, 401, "access_missing"},
		Request{"signature: in a cookie", http.MethodGet, thumb, []string{"Cookie", "e=" + e + "; s=" + signature}, 401, "access_missing"},
		Request{"signature: HEAD with one that is over", http.MethodHead, thumb + "?" + Sign(thumb, now.Add(-time.Hour)), nil, 403, "access_expired"},
		Request{"signature: a photo that takes a token", http.MethodGet, "/photo/" + escaped + "?" + Sign("/photo/"+escaped, later), nil, 401, "access_missing"},
	)
}

// next is the digit of base64url that differs from another in its last bit, which says nothing in
// the last digit of 32 bytes.
func next(digit byte) byte {
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return digits[strings.IndexByte(digits, digit)^1]
}

// otherSpellings asks by paths that mean nothing, though something close to them is open, or
// allowed to a token of another folder.
func (s *Site) otherSpellings(key string) (rows []Request) {
	escaped := prew.Escape(key)
	claims := Claims(time.Now().Add(time.Hour))
	claims["prew"] = map[string]any{"prefixes": []string{"public/"}}
	bearer := []string{"Authorization", "Bearer " + s.Token("ec", claims)}
	for _, path := range []string{
		"/prew/hero/../card/" + escaped, "/prew/hero/%2e%2e/card/" + escaped, "/prew/hero%2F..%2Fcard/" + escaped, "/prew/hero/..%5Ccard/" + escaped,
		"//prew/card/" + escaped, "/prew//card/" + escaped, "/prew/card//" + escaped, "/./prew/card/" + escaped, "/prew/./card/" + escaped,
		"/photo/../prew/card/" + escaped, "/prew/hero/../../photo/" + escaped, "/by-token/../prew/card/" + escaped, "/by-token//" + escaped,
		"/prew/card/public/../" + escaped, "/prew/card/public/%2e%2e/" + escaped, "/prew/card/public%2F..%2F" + escaped, "/prew/card/" + escaped + "/",
		"/photo/public/../" + escaped, "/photo/" + escaped + "%00.jpg",
	} {
		rows = append(rows, Request{"spelling: " + path, http.MethodGet, path, bearer, 404, "path_refused"})
	}
	for _, path := range []string{"/prew/CARD/" + escaped, "/prew/card%20/" + escaped, "/prew/card@3x/" + escaped, "/prew/card.png/" + escaped, "/prew/photo/" + escaped} {
		rows = append(rows, Request{"spelling: " + path, http.MethodGet, path, bearer, 404, "preset_unknown"})
	}
	return append(rows,
		Request{"spelling: a folder that begins alike", http.MethodGet, "/prew/card/public2/" + escaped, bearer, 403, "access_refused"},
		Request{"spelling: a folder in capitals", http.MethodGet, "/prew/card/PUBLIC/" + escaped, bearer, 403, "access_refused"},
	)
}
