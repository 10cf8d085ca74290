package nginx

import (
	"bufio"
	"fmt"
	"net/netip"
	"os"
	"strings"
)

// systemResolvers returns the name servers of a resolv.conf (resolv.conf(5)), IPv6 in
// brackets as nginx expects. An address with a zone, as fe80::1%eth0, is left out:
// nginx can't read one.
func systemResolvers(file string) ([]string, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("%w: set PREW_RESOLVER", err)
	}
	defer f.Close()
	var resolvers []string
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) < 2 || words[0] != "nameserver" {
			continue
		}
		addr, err := netip.ParseAddr(words[1])
		switch {
		case err != nil || addr.Zone() != "":
		case addr.Is4():
			resolvers = append(resolvers, addr.String())
		default:
			resolvers = append(resolvers, "["+addr.String()+"]")
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if len(resolvers) == 0 {
		return nil, fmt.Errorf("%s names no name server: set PREW_RESOLVER", file)
	}
	return resolvers, nil
}
