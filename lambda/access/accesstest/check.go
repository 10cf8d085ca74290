package accesstest

import (
	"net/http"
	"reflect"
	"testing"
)

// CheckRefused holds the answer to an attack to its status and code, to being kept nowhere, and
// to saying nothing of what is asked for.
func (r Request) CheckRefused(t *testing.T, response *http.Response) {
	t.Helper()
	if response.StatusCode != r.Status || response.Header.Get("X-Prew-Error") != r.Code {
		t.Errorf("%s: %s %s, want %d %s", r.Name, response.Status, response.Header.Get("X-Prew-Error"), r.Status, r.Code)
	}
	if (response.Header.Get("WWW-Authenticate") != "") != (r.Status == 401) || response.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%s: WWW-Authenticate %q, Cache-Control %q", r.Name, response.Header.Get("WWW-Authenticate"), response.Header.Get("Cache-Control"))
	}
	for _, name := range Revealing {
		if value := response.Header.Get(name); value != "" {
			t.Errorf("%s: %s is %q", r.Name, name, value)
		}
	}
}

// CheckSame holds an answer to the same attack elsewhere to being the same but for its date.
func (r Request) CheckSame(t *testing.T, where string, other *http.Response, otherBody string, response *http.Response, body string) {
	t.Helper()
	for _, h := range []http.Header{response.Header, other.Header} {
		h.Del("Date")
	}
	if other.StatusCode != response.StatusCode || !reflect.DeepEqual(other.Header, response.Header) || otherBody != body {
		t.Errorf("%s: %s: %s, %v\nwant %s, %v", r.Name, where, other.Status, other.Header, response.Status, response.Header)
	}
}
