package access

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"

	"github.com/golang-jwt/jwt/v5"
)

// The algorithms of tokens (RFC 7518, section 3.1; RFC 8037, section 3.1), each of one kind
// of key.
const (
	rs256 = "RS256" // an RSA public key
	es256 = "ES256" // an ECDSA public key on P-256
	eddsa = "EdDSA" // an Ed25519 public key
	hs256 = "HS256" // a secret
)

var methods = []string{rs256, es256, eddsa, hs256}

const (
	// minSecret is the length of the shortest secret, in bytes (RFC 7518, section 3.2).
	minSecret = 32
	// minRSA is the size of the smallest RSA key, in bits (RFC 7518, section 3.3), and
	// maxRSA that of the largest: to verify by a larger one takes milliseconds.
	minRSA, maxRSA = 2048, 8192
	// maxKeys bounds the keys of a set, because a token that names none is tried with each.
	maxKeys = 100
)

// key is a key by which tokens are verified, in its one algorithm.
type key struct {
	id        string // empty: it has none, and tokens with any id are tried with it
	algorithm string
	value     jwt.VerificationKey
}

// keySet is a set of keys, which nothing changes.
type keySet struct{ keys []key }

// has reports whether a key of the set has an id.
func (s *keySet) has(id string) bool {
	if s != nil {
		for _, k := range s.keys {
			if k.id == id {
				return true
			}
		}
	}
	return false
}

// find returns the keys of an algorithm that may have signed a token with a key's id, empty
// if the token names none.
func (s *keySet) find(algorithm, id string) (found jwt.VerificationKeySet) {
	if s == nil {
		return found
	}
	for _, k := range s.keys {
		if k.algorithm == algorithm && (id == "" || k.id == "" || k.id == id) {
			found.Keys = append(found.Keys, k.value)
		}
	}
	return found
}

// parseFile reads the keys of a file: a JWKS, public keys in PEM, or else one secret, which
// is the file's bytes without a newline at its end.
func parseFile(data []byte) (*keySet, error) {
	switch trimmed := bytes.TrimSpace(data); {
	case bytes.HasPrefix(trimmed, []byte("{")):
		set, wrong, err := parseJWKS(data)
		return set, errors.Join(append(wrong, err)...)
	case bytes.Contains(data, []byte("-----BEGIN")):
		return parsePEM(data)
	}
	secret := bytes.TrimSuffix(bytes.TrimSuffix(data, []byte("\n")), []byte("\r"))
	if len(secret) < minSecret {
		return nil, fmt.Errorf("neither PEM nor JSON, and as a secret it has %d bytes, expected at least %d", len(secret), minSecret)
	}
	return &keySet{[]key{{"", hs256, secret}}}, nil
}

// parsePEM reads public keys in PEM (RFC 7468, section 13), PKCS #1 and certificates too.
func parsePEM(data []byte) (*keySet, error) {
	set := new(keySet)
	for n := 1; ; n++ {
		block, rest := pem.Decode(data)
		if block == nil {
			if bytes.Contains(data, []byte("-----BEGIN")) {
				return nil, fmt.Errorf("PEM block %d can't be read", n)
			}
			return set, nil
		}
		data = rest
		var public any
		var err error
		switch block.Type {
		case "PUBLIC KEY":
			public, err = x509.ParsePKIXPublicKey(block.Bytes)
		case "RSA PUBLIC KEY":
			public, err = x509.ParsePKCS1PublicKey(block.Bytes)
		case "CERTIFICATE":
			var certificate *x509.Certificate
			if certificate, err = x509.ParseCertificate(block.Bytes); err == nil {
				public = certificate.PublicKey
			}
		default:
			return nil, fmt.Errorf("PEM block %d is a %s, expected a PUBLIC KEY", n, block.Type)
		}
		if err != nil {
			return nil, fmt.Errorf("PEM block %d: %w", n, err)
		}
		algorithm, err := algorithmOf(public)
		if err != nil {
			return nil, fmt.Errorf("PEM block %d: %w", n, err)
		}
		set.keys = append(set.keys, key{"", algorithm, public})
	}
}

// algorithmOf is the one algorithm of a public key.
func algorithmOf(public any) (string, error) {
	switch public := public.(type) {
	case *rsa.PublicKey:
		if bits := public.N.BitLen(); bits < minRSA || bits > maxRSA {
			return "", fmt.Errorf("an RSA key of %d bits, expected %d to %d", bits, minRSA, maxRSA)
		}
		return rs256, nil
	case *ecdsa.PublicKey:
		if public.Curve != elliptic.P256() {
			return "", fmt.Errorf("a key on %s, expected P-256", public.Curve.Params().Name)
		}
		return es256, nil
	case ed25519.PublicKey:
		return eddsa, nil
	}
	return "", errors.New("expected an RSA, P-256 or Ed25519 public key")
}

// jwk is a key of a JWKS (RFC 7517, section 4; RFC 7518, section 6; RFC 8037, section 2).
type jwk struct {
	Type      string `json:"kty"`
	ID        string `json:"kid"`
	Use       string `json:"use"`
	Algorithm string `json:"alg"`
	Curve     string `json:"crv"`
	N         number `json:"n"`
	E         number `json:"e"`
	X         number `json:"x"`
	Y         number `json:"y"`
	Secret    number `json:"k"`
}

// number is a number or a string of bytes in base64url without padding.
type number []byte

// UnmarshalText implements encoding.TextUnmarshaler.
func (n *number) UnmarshalText(text []byte) (err error) {
	if *n, err = base64.RawURLEncoding.AppendDecode(nil, text); err != nil {
		return errors.New("expected base64url without padding")
	}
	return nil
}

// parseJWKS reads a set of keys (RFC 7517, section 5). Keys for other uses and of other
// kinds and algorithms are left out; wrong has an error for each key that is damaged.
func parseJWKS(data []byte) (_ *keySet, wrong []error, err error) {
	var written struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(data, &written); err != nil {
		return nil, nil, errors.New(`no JWKS, expected {"keys": [...]}`)
	}
	if len(written.Keys) > maxKeys {
		return nil, nil, fmt.Errorf("a JWKS of %d keys, limit is %d", len(written.Keys), maxKeys)
	}
	set := new(keySet)
	for i, text := range written.Keys {
		var of jwk
		// The JSON error of a key may quote a secret.
		if json.Unmarshal(text, &of) != nil {
			wrong = append(wrong, fmt.Errorf("key %d of the JWKS can't be read", i+1))
			continue
		}
		k, err := of.key()
		switch {
		case err != nil:
			wrong = append(wrong, fmt.Errorf("key %d of the JWKS: %w", i+1, err))
		case k.algorithm != "" && (of.Algorithm == "" || of.Algorithm == k.algorithm):
			set.keys = append(set.keys, k)
		}
	}
	if len(set.keys) == 0 {
		err = errors.New("a JWKS without a key for RS256, ES256, EdDSA or HS256")
	}
	return set, wrong, err
}

// key is the key that a JWK describes, without an algorithm if it is of a kind, or for a
// use, that is not for tokens here.
func (of jwk) key() (k key, err error) {
	if of.Use != "" && of.Use != "sig" {
		return k, nil
	}
	var public any
	switch {
	case of.Type == "RSA":
		e := new(big.Int).SetBytes(of.E)
		if !e.IsInt64() || e.Int64() < 3 || e.Int64() > 1<<31-1 {
			return k, errors.New("an RSA key whose e is no exponent")
		}
		public = &rsa.PublicKey{N: new(big.Int).SetBytes(of.N), E: int(e.Int64())}
	case of.Type == "EC" && of.Curve == "P-256":
		if public, err = ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, of.X...), of.Y...)); err != nil {
			return k, errors.New("x and y are no point of P-256")
		}
	case of.Type == "OKP" && of.Curve == "Ed25519":
		if len(of.X) != ed25519.PublicKeySize {
			return k, fmt.Errorf("an Ed25519 key of %d bytes, expected %d", len(of.X), ed25519.PublicKeySize)
		}
		public = ed25519.PublicKey(of.X)
	case of.Type == "oct":
		if len(of.Secret) < minSecret {
			return k, fmt.Errorf("a secret of %d bytes, expected at least %d", len(of.Secret), minSecret)
		}
		return key{of.ID, hs256, []byte(of.Secret)}, nil
	default:
		return k, nil
	}
	algorithm, err := algorithmOf(public)
	if err != nil {
		return k, err
	}
	return key{of.ID, algorithm, public}, nil
}
