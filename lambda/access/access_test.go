package access

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"prew"
)

func TestCredentialsAreFoundWhereTheyMayBe(t *testing.T) {
	c, err := New(Settings{Cookie: "prew"})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		query, authorization, cookie string
		want                         Credentials
	}{
		{"", "", "", Credentials{}},
		{"e=1&s=x", "", "", Credentials{Expires: "1", Signature: "x"}},
		{"w=1&s=x&e=1&s=y&e=2", "", "", Credentials{Expires: "1", Signature: "x"}},
		{"e&s=", "", "", Credentials{}},
		{"E=1&S=x&xe=2", "", "", Credentials{}},
		{"e=%31", "", "", Credentials{Expires: "%31"}}, // as it is spelt, which no signature is of
		{"t=q", "", "", Credentials{Token: "q"}},
		{"t=q", "Bearer h", "prew=c", Credentials{Token: "h"}},
		{"t=q", "bEARER  h", "prew=c", Credentials{Token: "h"}},
		{"t=q", "Basic h", "prew=c", Credentials{Token: "q"}},
		{"", "Basic h", "other=x; prew=c; prew=d", Credentials{Token: "c"}},
		{"", "Bearer", "prew=c", Credentials{Token: "c"}},
		{"", "", "PREW=c", Credentials{}},
	} {
		h := http.Header{}
		for name, value := range map[string]string{"Authorization": test.authorization, "Cookie": test.cookie} {
			if value != "" {
				h.Set(name, value)
			}
		}
		if got := c.Credentials(test.query, h); got != test.want {
			t.Errorf("%q, %q, %q: %+v, want %+v", test.query, test.authorization, test.cookie, got, test.want)
		}
	}
}

// TestWithoutKeysNobodyMaySeeIt is about what a start would not let be: nothing is open by
// mistake.
func TestWithoutKeysNobodyMaySeeIt(t *testing.T) {
	c, err := New(Settings{Cookie: "prew"})
	if err != nil {
		t.Fatal(err)
	}
	carried := Credentials{"9999999999", strings.Repeat("A", 43), "x.y.z"}
	for _, access := range []prew.Access{prew.Signed, prew.Token, prew.Closed, ""} {
		if _, err := c.Check(Target{Access: access, Paths: []string{"/photo/a"}, Key: "a"}, carried); err == nil || err.(*Refusal).Code != prew.AccessRefused {
			t.Errorf("%q: %v", access, err)
		}
	}
	if _, err := c.Check(Target{Access: prew.Open}, Credentials{}); err != nil {
		t.Error(err)
	}
	if err := c.Can(prew.Open); err != nil {
		t.Error(err)
	}
	for _, access := range []prew.Access{prew.Signed, prew.Token} {
		if c.Can(access) == nil {
			t.Errorf("it can check %s", access)
		}
	}
	if err := c.Reach(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestMistakesInKeysAreToldAtOnceAndTellNoKey(t *testing.T) {
	_, err := New(Settings{SigningKeys: "a-key-of-some-length,hunter2", TokenKeys: "/nowhere/keys.pem", Cookie: "a b"})
	if err == nil {
		t.Fatal("no mistake")
	}
	want := []string{
		"PREW_SIGNING_KEYS: key 2 has 7 bytes, expected at least 16",
		"PREW_TOKEN_KEYS: open /nowhere/keys.pem: no such file or directory",
		"PREW_TOKEN_COOKIE: expected the name of a cookie, such as prew",
	}
	if got := strings.Split(err.Error(), "\n"); !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
	for _, test := range []struct{ keys, want string }{
		{"a-key-of-some-length, another-key-of-some-length", "PREW_SIGNING_KEYS: key 2 begins or ends with a space, expected none beside the commas"},
		{"a-key-of-some-length,", "PREW_SIGNING_KEYS: key 2 has 0 bytes, expected at least 16"},
		{"", ""},
		{"a-key-of-some-length", ""},
	} {
		if _, err := ParseKeys(test.keys); err == nil && test.want != "" || err != nil && err.Error() != test.want {
			t.Errorf("%q: %v, want %q", test.keys, err, test.want)
		}
	}
	for _, url := range []string{"http://login.example/keys", "https://", "https:///keys", "ftp://login.example/keys", "s3://keys/keys.pem"} {
		const want = "PREW_TOKEN_KEYS: expected a file, or a URL as https://host/path"
		if _, err := New(Settings{TokenKeys: url, Cookie: "prew"}); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", url, err, want)
		}
	}
}
