package flight

import (
	"net"
	"strings"
	"testing"
)

// FuzzURL takes texts that are no URL of Redis's, with a password in each: what is accepted
// has addresses that can be dialled, and no mistake quotes the password.
func FuzzURL(f *testing.F) {
	for _, seed := range [][2]string{
		{"redis://prew:", "@redis.test:6379/1"},
		{"rediss://:", "@redis.test"},
		{"redis+cluster://prew:", "@a.test:7000,[::1]:7001"},
		{"rediss+sentinel://prew:", "@a.test:26379,b.test:26379/my%20redis/2"},
		{"redis+cluster://:", "/x@a.test:1,b.test:x"},
		{"redis+sentinel://:%", "@a.test:1/n?db=2"},
		{":", "@a.test:1,b.test:2"},
		{"unix://:", "@/run/redis.sock?db=1"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, before, after string) {
		const password = "open-sesame"
		if !strings.HasSuffix(before, ":") && !strings.HasSuffix(before, ":%") || !strings.Contains(after, "@") {
			t.Skip("no password")
		}
		kind, addresses, name, options, err := parse(before + password + after)
		switch {
		case err != nil && strings.Contains(err.Error(), password):
			t.Errorf("the password is quoted: %v", err)
		case err != nil:
		case kind == "" && (options.Addr == "" || len(addresses) > 0):
			t.Errorf("address %q, addresses %q", options.Addr, addresses)
		case kind != "" && len(addresses) == 0, kind == "sentinel" && name == "":
			t.Errorf("%s: addresses %q, name %q", kind, addresses, name)
		}
		for _, a := range addresses {
			if host, port, err := net.SplitHostPort(a); err == nil && (host == "" || port == "" || port == "0") {
				t.Errorf("address %q", a)
			} else if err != nil && kind != "" {
				t.Errorf("address %q: %v", a, err)
			}
		}
	})
}
