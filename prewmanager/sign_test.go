package main

import (
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"prew/lambda/access/accesstest"
)

// TestSignCommandPrintsAddressesThatAreGood checks the lines that it prints against the
// signatures of the paths that they mean.
func TestSignCommandPrintsAddressesThatAreGood(t *testing.T) {
	environ := append(accesstest.New(t).Environ(), accesstest.Presets...)
	tests := []struct {
		args []string
		want []string // address, and the path that is signed
		life time.Duration
	}{
		{[]string{"/prew/thumb/a/b c.jpg"}, []string{"/prew/thumb/a/b%20c.jpg?", "/prew/thumb/a/b%20c.jpg"}, time.Hour},
		{[]string{"--for=10s", "/prew/thumb@2x/a.jpg", "/photo/%61.jpg"}, []string{"/prew/thumb@2x/a.jpg?", "/prew/thumb@2x/a.jpg", "/photo/a.jpg?", "/photo/a.jpg"}, 10 * time.Second},
		{[]string{"/by-signature/a%2Bb.jpg"}, []string{"/by-signature/a%2Bb.jpg?", "/prew/thumb/a%2Bb.jpg"}, time.Hour},
		{[]string{"/w/a.jpg?w=200"}, []string{"/w/a.jpg?w=200&", "/prew/thumb/a.jpg"}, time.Hour},
	}
	for _, test := range tests {
		out, err := itself(t, environ, append([]string{"sign"}, test.args...)...).CombinedOutput()
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		if err != nil || 2*len(lines) != len(test.want) {
			t.Fatalf("%q: %v\n%s", test.args, err, out)
		}
		for i, line := range lines {
			address, path := test.want[2*i], test.want[2*i+1]
			_, query, _ := strings.Cut(line, "?")
			parameters, _ := url.ParseQuery(query)
			e, _ := strconv.ParseInt(parameters.Get("e"), 10, 64)
			if until := time.Unix(e, 0); time.Until(until) > test.life || time.Until(until) < test.life-9*time.Second {
				t.Errorf("%q: good until %v", test.args, until)
			}
			if want := address + accesstest.Sign(path, time.Unix(e, 0)); line != want {
				t.Errorf("%q: %s\nwant %s", test.args, line, want)
			}
		}
	}
	for _, test := range []struct {
		environ []string
		args    []string
		want    string
	}{
		{nil, []string{"/prew/thumb/a.jpg"}, "prewmanager: PREW_SIGNING_KEYS is not set, expected the keys of signed addresses"},
		{[]string{"PREW_SIGNING_KEYS=short"}, []string{"/prew/thumb/a.jpg"}, "prewmanager: PREW_SIGNING_KEYS: key 1 has 5 bytes, expected at least 16"},
		{environ, []string{"/photo/a.jpg", "/prew/nope/a.jpg"}, `prewmanager: preset "nope" is unknown, expected one of thumb, card, `},
		{environ, []string{"/prew/thumb/../a.jpg"}, "prewmanager: path refused: "},
		{environ, []string{"/nowhere/a.jpg"}, "prewmanager: path refused: "},
		{environ, []string{"/prew/thumb/a.jpg?x"}, "/prew/thumb/a.jpg?e="}, // the query of what is no alias says nothing
		{environ, []string{"--for=-1h", "/photo/a.jpg"}, "prewmanager: --for=-1h0m0s, expected at least 1s"},
	} {
		out, _ := itself(t, test.environ, append([]string{"sign"}, test.args...)...).CombinedOutput()
		if !strings.HasPrefix(string(out), test.want) {
			t.Errorf("%q: %s\nwant %s", test.args, out, test.want)
		}
	}
}
