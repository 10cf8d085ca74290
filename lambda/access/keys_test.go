package access

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"
)

// The keys of these tests.
var (
	rsaKey   = must(rsa.GenerateKey(rand.Reader, 2048))
	smallKey = must(rsa.GenerateKey(rand.Reader, 1024))
	ecKey    = must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	ec384Key = must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader))
	edPublic = must(x509.ParsePKIXPublicKey(must(x509.MarshalPKIXPublicKey(ed25519.NewKeyFromSeed(make([]byte, 32)).Public()))))
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func inPEM(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func public(key any) string { return inPEM("PUBLIC KEY", must(x509.MarshalPKIXPublicKey(key))) }

// jwks is a JWKS of keys as JSON objects, each an even list of names and values.
func jwks(keys ...[]string) string {
	set := []map[string]string{}
	for _, key := range keys {
		object := map[string]string{}
		for i := 0; i < len(key); i += 2 {
			object[key[i]] = key[i+1]
		}
		set = append(set, object)
	}
	return string(must(json.Marshal(map[string]any{"keys": set})))
}

func text(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func ofRSA(key *rsa.PrivateKey, more ...string) []string {
	return append([]string{"kty", "RSA", "n", text(key.N.Bytes()), "e", "AQAB"}, more...)
}

func ofEC(more ...string) []string {
	point := must(ecKey.PublicKey.Bytes())
	return append([]string{"kty", "EC", "crv", "P-256", "x", text(point[1:33]), "y", text(point[33:])}, more...)
}

func TestKeysOfAFile(t *testing.T) {
	certificate := must(x509.CreateCertificate(rand.Reader, &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "x"}, NotAfter: time.Now()},
		&x509.Certificate{SerialNumber: big.NewInt(1)}, &ecKey.PublicKey, ecKey))
	secret := strings.Repeat("s", 32)
	for _, test := range []struct {
		name, file string
		want       []string // id and algorithm of each
		wrong      string
	}{
		{"RSA", public(&rsaKey.PublicKey), []string{" RS256"}, ""},
		{"RSA in PKCS #1", inPEM("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(&rsaKey.PublicKey)), []string{" RS256"}, ""},
		{"P-256", public(&ecKey.PublicKey), []string{" ES256"}, ""},
		{"Ed25519", public(edPublic), []string{" EdDSA"}, ""},
		{"a certificate", inPEM("CERTIFICATE", certificate), []string{" ES256"}, ""},
		{"several, and words between", "the new key\n" + public(&ecKey.PublicKey) + "\nthe old one\n" + public(&rsaKey.PublicKey), []string{" ES256", " RS256"}, ""},
		{"a secret", secret + "\n", []string{" HS256"}, ""},
		{"a JWKS", jwks(ofRSA(rsaKey, "kid", "a"), ofEC("alg", "ES256"), []string{"kty", "OKP", "crv", "Ed25519", "x", text(edPublic.(ed25519.PublicKey)), "kid", "c"},
			[]string{"kty", "oct", "k", text([]byte(secret))}), []string{"a RS256", " ES256", "c EdDSA", " HS256"}, ""},
		{"a JWKS with keys for others", jwks(ofRSA(rsaKey, "use", "enc"), ofRSA(rsaKey, "alg", "RS512"), []string{"kty", "OKP", "crv", "X25519", "x", "AA"},
			[]string{"kty", "EC", "crv", "P-384"}, []string{"kty", "new"}, ofEC("use", "sig", "kid", "e")), []string{"e ES256"}, ""},

		{"nothing", "", nil, "neither PEM nor JSON, and as a secret it has 0 bytes, expected at least 32"},
		{"a short secret", secret[1:] + "\n", nil, "neither PEM nor JSON, and as a secret it has 31 bytes, expected at least 32"},
		{"a small RSA key", public(&smallKey.PublicKey), nil, "PEM block 1: an RSA key of 1024 bits, expected 2048 to 8192"},
		{"P-384", public(&ec384Key.PublicKey), nil, "PEM block 1: a key on P-384, expected P-256"},
		{"a private key", public(&ecKey.PublicKey) + inPEM("PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(ecKey))), nil, "PEM block 2 is a PRIVATE KEY, expected a PUBLIC KEY"},
		{"PEM that is cut short", public(&rsaKey.PublicKey)[:200], nil, "PEM block 1 can't be read"},
		{"PEM of something else", inPEM("PUBLIC KEY", []byte("x")), nil, "PEM block 1: asn1: "},
		{"JSON that is no JWKS", `{"keys": 1}`, nil, `no JWKS, expected {"keys": [...]}`},
		{"an empty JWKS", `{"keys": []}`, nil, "a JWKS without a key for RS256, ES256, EdDSA or HS256"},
		{"a JWKS with keys for others alone", jwks(ofRSA(rsaKey, "use", "enc")), nil, "a JWKS without a key for RS256, ES256, EdDSA or HS256"},
		{"a JWKS with a small key", jwks(ofEC(), ofRSA(smallKey)), nil, "key 2 of the JWKS: an RSA key of 1024 bits, expected 2048 to 8192"},
		{"a JWKS with an exponent of 1", jwks([]string{"kty", "RSA", "n", text(rsaKey.N.Bytes()), "e", "AQ"}), nil, "key 1 of the JWKS: an RSA key whose e is no exponent"},
		{"a JWKS with a point beside the curve", jwks([]string{"kty", "EC", "crv", "P-256", "x", text(make([]byte, 32)), "y", text(make([]byte, 32))}), nil, "key 1 of the JWKS: x and y are no point of P-256"},
		{"a JWKS with half a point", jwks([]string{"kty", "EC", "crv", "P-256", "x", "AA", "y", "AA"}), nil, "key 1 of the JWKS: x and y are no point of P-256"},
		{"a JWKS with a short key", jwks([]string{"kty", "OKP", "crv", "Ed25519", "x", "AA"}), nil, "key 1 of the JWKS: an Ed25519 key of 1 bytes, expected 32"},
		{"a JWKS with a short secret", jwks([]string{"kty", "oct", "k", "aHVudGVyMg"}), nil, "key 1 of the JWKS: a secret of 7 bytes, expected at least 32"},
		{"a JWKS with padding", jwks([]string{"kty", "oct", "k", text([]byte(secret)) + "="}), nil, "key 1 of the JWKS can't be read"},
		{"a JWKS without an end", jwks(slices.Repeat([][]string{ofEC()}, 101)...), nil, "a JWKS of 101 keys, limit is 100"},
	} {
		set, err := parseFile([]byte(test.file))
		if test.wrong != "" {
			if err == nil || !strings.HasPrefix(err.Error(), test.wrong) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%s: %v, want %s", test.name, err, test.wrong)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		var got []string
		for _, k := range set.keys {
			got = append(got, k.id+" "+k.algorithm)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

// TestKeyIsForItsAlgorithmAlone checks that no key is tried in the algorithm of another, and by
// which ids.
func TestKeyIsForItsAlgorithmAlone(t *testing.T) {
	set := &keySet{[]key{{"a", rs256, 1}, {"b", rs256, 2}, {"", rs256, 3}, {"a", hs256, 4}}}
	for _, test := range []struct {
		algorithm, id string
		want          []any
	}{
		{rs256, "", []any{1, 2, 3}},
		{rs256, "a", []any{1, 3}},
		{rs256, "c", []any{3}},
		{hs256, "a", []any{4}},
		{hs256, "b", nil},
		{es256, "a", nil},
	} {
		var got []any
		for _, k := range set.find(test.algorithm, test.id).Keys {
			got = append(got, k)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s of %q: %v, want %v", test.algorithm, test.id, got, test.want)
		}
	}
	if got := (*keySet)(nil).find(rs256, ""); len(got.Keys) > 0 {
		t.Errorf("keys that are not there: %v", got)
	}
}
