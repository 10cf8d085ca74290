package nginx

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestSystemResolvers(t *testing.T) {
	tests := []struct {
		text string
		want []string // none: an error
	}{
		{"nameserver 10.0.0.2\n", []string{"10.0.0.2"}},
		{"# made by hand\nsearch a.test\nnameserver 10.0.0.2 # first\nnameserver\t2001:db8::1\noptions ndots:5\nnameserver 127.0.0.53", []string{"10.0.0.2", "[2001:db8::1]", "127.0.0.53"}},
		{"nameserver fe80::1%eth0\nnameserver 10.0.0.2\n", []string{"10.0.0.2"}},
		{"nameserver fe80::1%eth0\n", nil},
		{"nameserver\nnameserver ; drop\n#nameserver 10.0.0.2\n", nil},
		{"", nil},
	}
	file := filepath.Join(t.TempDir(), "resolv.conf")
	if _, err := systemResolvers(file); err == nil {
		t.Error("no file is no error")
	}
	for _, test := range tests {
		if err := os.WriteFile(file, []byte(test.text), 0o644); err != nil {
			t.Fatal(err)
		}
		got, err := systemResolvers(file)
		if !slices.Equal(got, test.want) || (err == nil) != (len(test.want) > 0) {
			t.Errorf("%q: %v, %v, want %v", test.text, got, err, test.want)
		}
		for _, resolver := range got {
			if !isResolver(resolver) {
				t.Errorf("%q: %s is refused where a site names it", test.text, resolver)
			}
		}
	}
}
