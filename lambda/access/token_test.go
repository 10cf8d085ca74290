package access

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"prew"
)

var secret = []byte(strings.Repeat("s", 32))

// ofSecret is a checker of tokens of the secret, as its settings are.
func ofSecret(t *testing.T, s Settings) *Checker {
	t.Helper()
	s.TokenKeys, s.Cookie, s.Claim = filepath.Join(t.TempDir(), "secret"), "prew", "prew"
	if err := os.WriteFile(s.TokenKeys, secret, 0o600); err != nil {
		t.Fatal(err)
	}
	return must(New(s))
}

func with(claims jwt.MapClaims) Credentials {
	if _, ok := claims["exp"]; !ok {
		claims["exp"] = time.Now().Add(time.Hour).Unix()
	}
	return Credentials{Token: must(jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString(secret))}
}

// TestAudienceAndIssuerCount checks who is an audience: without a name of its own a site must
// not take a token that is for somebody (RFC 7519, section 4.1.3).
func TestAudienceAndIssuerCount(t *testing.T) {
	for _, test := range []struct {
		settings Settings
		claims   jwt.MapClaims
		ok       bool
	}{
		{Settings{}, jwt.MapClaims{}, true},
		{Settings{}, jwt.MapClaims{"iss": "anybody"}, true},
		{Settings{}, jwt.MapClaims{"aud": "somebody"}, false},
		{Settings{Audience: "us"}, jwt.MapClaims{"aud": "us"}, true},
		{Settings{Audience: "us"}, jwt.MapClaims{"aud": []string{"them", "us"}}, true},
		{Settings{Audience: "us"}, jwt.MapClaims{"aud": "them"}, false},
		{Settings{Audience: "us"}, jwt.MapClaims{}, false},
		{Settings{Issuer: "login"}, jwt.MapClaims{"iss": "login"}, true},
		{Settings{Issuer: "login"}, jwt.MapClaims{"iss": "Login"}, false},
		{Settings{Issuer: "login"}, jwt.MapClaims{}, false},
	} {
		if _, err := ofSecret(t, test.settings).Check(anything, with(test.claims)); (err == nil) != test.ok {
			t.Errorf("%+v, %v: %v", test.settings, test.claims, err)
		}
	}
}

func TestClocksMayDifferByAMinute(t *testing.T) {
	c := ofSecret(t, Settings{})
	now := time.Unix(1_000_000, 0)
	c.now = func() time.Time { return now }
	c.tokens.now = c.now
	for _, test := range []struct {
		nbf, exp int64
		code     prew.Code
		until    int64
	}{
		{0, 1_000_100, "", 1_000_160},
		{0, 999_941, "", 1_000_001},
		{0, 999_940, prew.AccessExpired, 0},
		{1_000_060, 1_000_100, "", 1_000_160},
		{1_000_061, 1_000_100, prew.AccessRefused, 0},
		{0, 1_000_000_000_000, "", 1_000_000_000_060},
		{0, 1_000_000_000_001, prew.AccessRefused, 0},
	} {
		claims := jwt.MapClaims{"exp": test.exp}
		if test.nbf != 0 {
			claims["nbf"] = test.nbf
		}
		until, err := c.Check(anything, with(claims))
		if test.code == "" && (err != nil || until.Unix() != test.until) || test.code != "" && (err == nil || err.(*Refusal).Code != test.code) {
			t.Errorf("%+v: until %v, %v", test, until, err)
		}
	}
}

// TestTokenIsVerifiedOnce checks that a token that is known costs no signature check, and that
// its time and scope count all the same.
func TestTokenIsVerifiedOnce(t *testing.T) {
	c := ofSecret(t, Settings{})
	now := time.Unix(1_000_000, 0)
	c.now = func() time.Time { return now }
	c.tokens.now = c.now
	token := with(jwt.MapClaims{"exp": 1_000_100, "prew": map[string]any{"prefixes": []string{"a/"}}})
	if _, err := c.Check(anything, token); err != nil {
		t.Fatal(err)
	}
	c.tokens.keys.Load().keys[0].value = []byte("another secret, by which it is not signed")
	if _, err := c.Check(anything, token); err != nil {
		t.Errorf("it is verified again: %v", err)
	}
	other := anything
	other.Key = "b/a/b.jpg"
	if _, err := c.Check(other, token); err == nil || err.(*Refusal).Code != prew.AccessRefused {
		t.Errorf("for another folder: %v", err)
	}
	now = now.Add(160 * time.Second)
	if _, err := c.Check(anything, token); err == nil || err.(*Refusal).Code != prew.AccessExpired {
		t.Errorf("after its end: %v", err)
	}
	now = time.Unix(1_000_000, 0)
	c.tokens.keys.Store(&keySet{})
	if _, err := c.Check(anything, token); err == nil || err.(*Refusal).Code != prew.AccessRefused {
		t.Errorf("with other keys: %v", err)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	var m memory
	hash := func(i int) [sha256.Size]byte { return sha256.Sum256(fmt.Append(nil, i)) }
	for i := range 3 * maxRemembered {
		m.put(hash(i), grant{})
		if _, ok := m.get(hash(0)); !ok { // it is shown all the time
			t.Fatalf("what is in use is forgotten after %d", i)
		}
		if n := len(m.younger) + len(m.older); n > maxRemembered {
			t.Fatalf("%d tokens, limit is %d", n, maxRemembered)
		}
	}
	if _, ok := m.get(hash(1)); ok {
		t.Error("what nobody shows is kept")
	}
}

func TestTokenThatIsTooLongIsNotRead(t *testing.T) {
	c := ofSecret(t, Settings{})
	for _, test := range []struct {
		length int
		ok     bool
	}{{4000, true}, {8000, false}} {
		_, err := c.Check(anything, with(jwt.MapClaims{"sub": strings.Repeat("x", test.length)}))
		if (err == nil) != test.ok || err != nil && !strings.HasSuffix(err.Error(), "limit is 8192") {
			t.Errorf("%d: %v", test.length, err)
		}
	}
}

// FuzzCheck checks that nothing that a client may send crashes the checker or opens anything.
func FuzzCheck(f *testing.F) {
	dir := f.TempDir()
	file := filepath.Join(dir, "keys.json")
	if err := os.WriteFile(file, []byte(jwks(ofRSA(rsaKey, "kid", "a"), ofEC("kid", "b"), []string{"kty", "oct", "k", text([]byte(strings.Repeat("s", 32)))})), 0o600); err != nil {
		f.Fatal(err)
	}
	c := must(New(Settings{SigningKeys: "a-key-of-some-length", TokenKeys: file, Cookie: "prew", Claim: "prew"}))
	f.Add("1", strings.Repeat("A", 43), "eyJhbGciOiJub25lIn0.eyJleHAiOjk5OTk5OTk5OTl9.")
	f.Add("9999999999", "", "eyJhbGciOiJIUzI1NiIsImtpZCI6ImEifQ.e30.AA")
	f.Add("0", "=", "..")
	f.Fuzz(func(t *testing.T, e, s, token string) {
		for _, access := range []prew.Access{prew.Signed, prew.Token} {
			target := anything
			target.Access = access
			_, err := c.Check(target, Credentials{e, s, token})
			if refusal, ok := err.(*Refusal); !ok || !refusal.Code.Known() || token != "" && len(token) > 12 && strings.Contains(refusal.Reason, token) {
				t.Errorf("%q %q %q: %v", e, s, token, err)
			}
		}
	})
}
