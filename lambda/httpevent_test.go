package main

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"prew"
)

// TestEventsOfEveryKind reads an event of each kind, as AWS documents it: of the same request,
// of which an HTTP API hands the path decoded, and payload 1.0 the query.
func TestEventsOfEveryKind(t *testing.T) {
	for _, test := range []struct{ file, id, query string }{
		{"url.json", "8f1f2a3e-7c6d-4a55-9d53-0c5a1b2c3d4e", "w=300&crop&w=301"},
		{"httpapi.json", "LV7fzho-PHcEJPw=", "w=300&crop&w=301"},
		{"httpapi1.json", "LV7fzho-PHcEJPw=", "crop&w=300&w=301"},
		{"rest.json", "deef4878-7910-11e6-8f14-25afc3e9ae33", "crop&w=300&w=301"},
	} {
		payload, err := os.ReadFile(filepath.Join("testdata/events", test.file))
		if err != nil {
			t.Fatal(err)
		}
		e, ok := readHTTP(payload)
		if !ok {
			t.Errorf("%s is not read", test.file)
			continue
		}
		r := e.request()
		path, query, _ := strings.Cut(r.RequestURI, "?")
		ref, err := prew.ParsePath(path)
		if want := (prew.Ref{Preset: "card", Key: "a b/ö+.jpg"}); ref != want || err != nil {
			t.Errorf("%s: %s is %v (%v), want %v", test.file, path, ref, err, want)
		}
		if query != test.query || r.Method != "GET" || e.RequestContext.RequestID != test.id {
			t.Errorf("%s: %s with the query %s and the id %s", test.file, r.Method, query, e.RequestContext.RequestID)
		}
		token, err := r.Cookie("prew")
		if err != nil || token.Value != "token" || r.Header.Get("Accept") != "image/avif,image/webp" {
			t.Errorf("%s: the cookie is %v, the headers are %v", test.file, token, r.Header)
		}
		if tags := strings.ReplaceAll(strings.Join(r.Header.Values("If-None-Match"), ","), " ", ""); tags != `"a","b"` {
			t.Errorf("%s: If-None-Match is %s", test.file, tags)
		}
	}
}

func TestWhatIsNoRequestOverHTTP(t *testing.T) {
	for _, payload := range []string{
		``, `null`, `[]`, `{}`, `"requestContext"`,
		`{"src_bucket":"photos","src_key":"photo/a.jpg"}`,
		`{"Records":[]}`,
		`{"invocationSchemaVersion":"1.0"}`,
		`{"requestContext":null}`,
		`{"requestContext":{}}`,
		`{"requestContext":{"eventType":"MESSAGE","connectionId":"x"}}`, // a WebSocket API's
		`{"requestContext":{"http":{}}}`,
		`{"requestContext":{"http":{"method":7}}}`,
		`{"httpMethod":"GET","path":"/"}`,
		`{"httpMethod":"GET","requestContext":{},"multiValueHeaders":{"a":7}}`,
	} {
		if _, ok := readHTTP([]byte(payload)); ok {
			t.Errorf("%s is read", payload)
		}
	}
}

// TestPathIsSpeltAgain checks that a path that an API has decoded is one that a client may have
// spelt, and that one that was spelt stays as it is.
func TestPathIsSpeltAgain(t *testing.T) {
	for path, want := range map[string]string{
		"/prew/card/a.jpg":              "/prew/card/a.jpg",
		"/prew/card/a%20b%C3%B6%2B.jpg": "/prew/card/a%20b%C3%B6%2B.jpg",
		"/prew/card/a b+ö.jpg":          "/prew/card/a%20b+%C3%B6.jpg",
		"/prew/card@2x/a?b#c.jpg":       "/prew/card@2x/a%3Fb%23c.jpg",
		"/prew/card/100%.jpg":           "/prew/card/100%25.jpg",
		"/prew/card/%":                  "/prew/card/%25",
		"/prew/card/%4":                 "/prew/card/%254",
		"/prew/card/%4g":                "/prew/card/%254g",
		"/prew/card/\x00\x1f\x7f":       "/prew/card/%00%1F%7F",
		"/prew/card/(a)[b]{c}\"d\"\\":   "/prew/card/(a)[b]{c}\"d\"\\",
		"":                              "",
	} {
		if got := escaped(path, "?#%"); got != want {
			t.Errorf("%q: %q, want %q", path, got, want)
		}
	}
}

func TestQueryIsPutTogether(t *testing.T) {
	for _, test := range []struct {
		parameters map[string][]string
		want       string
	}{
		{nil, ""},
		{map[string][]string{"w": {"300"}, "h": {"200", "100"}, "crop": {""}}, "crop&h=200&h=100&w=300"},
		{map[string][]string{"t": {"eyJ.eyJ-_.x"}, "s": {"a=="}}, "s=a==&t=eyJ.eyJ-_.x"},
		{map[string][]string{"a&b=c": {"d&e=f+g h#%"}}, "a%26b%3Dc=d%26e=f%2Bg%20h%23%25"},
	} {
		if got := queryOf(test.parameters); got != test.want {
			t.Errorf("%v: %s, want %s", test.parameters, got, test.want)
		}
	}
}

// FuzzHTTPEvent checks that no payload makes a request that no client could have made.
func FuzzHTTPEvent(f *testing.F) {
	files, err := filepath.Glob("testdata/events/*.json")
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, file := range files {
		payload, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(payload)
	}
	f.Add([]byte(`{"rawPath":"/prew/card/%2f%","headers":{"":"","a\n":"\n"},"cookies":["a\n"],"requestContext":{"http":{"method":"G T"}}}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		e, ok := readHTTP(payload)
		if !ok {
			return
		}
		r := e.request()
		path, _, _ := strings.Cut(r.RequestURI, "?")
		if strings.ContainsFunc(path, func(c rune) bool { return c <= ' ' || c >= 0x7f || c == '#' }) {
			t.Errorf("the path is %q", path)
		}
		if _, err := url.PathUnescape(path); err != nil {
			t.Errorf("the path is %q: %v", path, err)
		}
		if again := escaped(path, "?#%"); again != path {
			t.Errorf("%q becomes %q", path, again)
		}
	})
}

// FuzzDecodedPath checks that an HTTP API's event, in which a path is decoded, asks for what
// the client asked for, except where the key has what reads like an escape.
func FuzzDecodedPath(f *testing.F) {
	for _, key := range []string{"a.jpg", "a b/ö+.jpg", "100%", "a?b#c", "%41"} {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key string) {
		want := prew.Ref{Preset: "card", Key: key}
		if ref, err := prew.ParsePath(want.Path()); err != nil || ref != want {
			return // no key
		}
		if decoded, err := url.PathUnescape(key); err == nil && decoded != key || strings.Count(key, "%") > 1 {
			return
		}
		path, err := url.PathUnescape(want.Path())
		if err != nil {
			t.Fatal(err)
		}
		payload, err := json.Marshal(map[string]any{"rawPath": path, "requestContext": map[string]any{"http": map[string]any{"method": "GET"}}})
		if err != nil {
			t.Fatal(err)
		}
		e, ok := readHTTP(payload)
		if !ok {
			t.Fatalf("%s is not read", payload)
		}
		if ref, err := prew.ParsePath(e.request().RequestURI); !reflect.DeepEqual(ref, want) {
			t.Errorf("%q asks for %v (%v), want %v", path, ref, err, want)
		}
	})
}
