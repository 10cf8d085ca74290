package nginx_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestLogObeysNobody asks for paths with raw bytes that a terminal obeys, or that turn
// the order of the text around.
func TestLogObeysNobody(t *testing.T) {
	front, _, _ := recording(t, picture(object), picture(object))
	tests := []struct{ target, logged string }{
		{"/photo/é.jpg", "/photo/é.jpg"},
		{"/photo/%E2%80%AE.jpg", "/photo/%E2%80%AE.jpg"},
		{"/photo/a\u202egpj.exe", "/photo/a..."},
		{"/photo/a\u009b31m.jpg", "/photo/a..."},
		{"/photo/é\u061c.jpg?\u2066", "/photo/é..."},
		{"/photo/a.jpg?\u200f", "/photo/a.jpg?..."},
		{"/photo/\u2013.jpg", "/photo/\u2013.jpg"}, // a dash, with bytes like theirs
	}
	var want, got []string // workers write in no order
	for _, test := range tests {
		front.get(t, test.target)
		want = append(want, test.logged)
	}
	for _, line := range front.log(t, len(tests)) {
		got = append(got, line["uri"])
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("logged as %+q, want %+q", got, want)
	}
	text, err := os.ReadFile(filepath.Join(front.dir, "access.log"))
	if err != nil {
		t.Fatal(err)
	}
	if i := strings.IndexAny(string(text), "\x7f\u009b\u061c\u200f\u202e\u2066"); i >= 0 {
		t.Errorf("the log has %q", text[i:i+3])
	}
}
