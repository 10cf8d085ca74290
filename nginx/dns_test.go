package nginx_test

import (
	"encoding/binary"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
)

// dns is a DNS server that knows the IPv4 addresses of some names.
type dns struct {
	addr string

	mu    sync.Mutex
	names map[string][]netip.Addr
}

func newDNS(t *testing.T) *dns {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &dns{addr: conn.LocalAddr().String(), names: map[string][]netip.Addr{}}
	var serving sync.WaitGroup
	serving.Go(func() {
		query := make([]byte, 512)
		for {
			n, from, err := conn.ReadFrom(query)
			if err != nil {
				return
			}
			if answer := d.answer(query[:n]); answer != nil {
				conn.WriteTo(answer, from)
			}
		}
	})
	t.Cleanup(func() { conn.Close(); serving.Wait() })
	return d
}

// points has a name lead to addresses from now on, for a second at a time.
func (d *dns) points(name string, addrs ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.names[name] = nil
	for _, addr := range addrs {
		d.names[name] = append(d.names[name], netip.MustParseAddr(addr))
	}
}

// answer answers a query of one question (RFC 1035, section 4); nil where there
// is none to read.
func (d *dns) answer(query []byte) []byte {
	const header = 12
	var labels []string
	at := header
	for at < len(query) && query[at] != 0 {
		end := at + 1 + int(query[at])
		if end > len(query) {
			return nil
		}
		labels = append(labels, string(query[at+1:end]))
		at = end
	}
	at += 5 // the root, the type, the class
	if at > len(query) {
		return nil
	}
	d.mu.Lock()
	addrs, known := d.names[strings.Join(labels, ".")]
	d.mu.Unlock()
	const typeA, ttl = 1, 1
	if binary.BigEndian.Uint16(query[at-4:]) != typeA {
		addrs = nil
	}
	flags := uint16(0x8580) // an answer, with authority, recursion as it was asked for
	if !known {
		flags |= 3 // no such name
	}
	answer := binary.BigEndian.AppendUint16(query[:2:2], flags)
	for _, count := range []int{1, len(addrs), 0, 0} {
		answer = binary.BigEndian.AppendUint16(answer, uint16(count))
	}
	answer = append(answer, query[header:at]...)
	for _, addr := range addrs {
		answer = append(answer, 0xc0, header, 0, typeA, 0, 1, 0, 0, 0, ttl, 0, 4) // the name is that of the question
		answer = append(answer, addr.AsSlice()...)
	}
	return answer
}
