package flight

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"prew/deploy/local/stack"
)

// soothsayer is a Sentinel that says what a test has it say.
type soothsayer struct {
	net.Listener
	primary atomic.Value // the address, a string
}

func newSoothsayer(t *testing.T, primary string) *soothsayer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &soothsayer{Listener: listener}
	s.primary.Store(primary)
	var serving sync.WaitGroup
	t.Cleanup(func() {
		listener.Close()
		serving.Wait()
	})
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			context.AfterFunc(t.Context(), func() { conn.Close() })
			serving.Go(func() { s.serve(conn) })
		}
	})
	return s
}

func (s *soothsayer) url() string { return "redis+sentinel://" + s.Addr().String() + "/prew" }

// serve answers the one question that it knows, until the connection is closed. Commands are
// arrays of strings ("Redis serialization protocol specification").
func (s *soothsayer) serve(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	number := func(kind byte) int {
		line, err := in.ReadString('\n')
		n, wrong := strconv.Atoi(strings.TrimSpace(strings.TrimPrefix(line, string(kind))))
		if err != nil || wrong != nil {
			return -1
		}
		return n
	}
	for {
		words := make([]string, max(0, number('*')))
		if len(words) == 0 {
			return
		}
		for i := range words {
			number('$')
			line, _ := in.ReadString('\n')
			words[i] = strings.TrimSpace(line)
		}
		if strings.EqualFold(strings.Join(words, " "), "sentinel get-master-addr-by-name prew") {
			host, port, _ := net.SplitHostPort(s.primary.Load().(string))
			fmt.Fprintf(conn, "*2\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n", len(host), host, len(port), port)
		} else {
			fmt.Fprint(conn, "-ERR unknown command\r\n")
		}
	}
}

// TestSplitInHalf has two processes come to see another primary than the third: one that was
// promoted and has none of the leases, while the old one lives on. Each side makes at most
// one call for a key, whoever had its lease before, and so it stays when all see the same
// primary again.
func TestSplitInHalf(t *testing.T) {
	const keys = 60
	var servers []*stack.Redis
	for range 2 {
		server, err := stack.StartRedis(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		defer server.Stop()
		servers = append(servers, server)
	}
	here, there := newSoothsayer(t, servers[0].Addr), newSoothsayer(t, servers[0].Addr)
	var gs []*Group[string]
	for _, s := range []*soothsayer{here, there, there} {
		g, err := New[string](Redis{URL: s.url()}, 2*time.Minute, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { g.Close(context.Background()) })
		g.recent.took(5 * time.Second) // so that leases last for 20 s, however slow the machine is
		g.Settle(t.Context())
		gs = append(gs, g)
	}
	side := []int{0, 1, 1}

	s := new(store)
	var made [keys + 1][2]atomic.Int32 // calls for a key, by side
	going := make(chan struct{})
	names := make([]string, keys+1)
	for i := range names {
		names[i] = newKey(t)
	}
	var asking sync.WaitGroup
	ask := func(process, i int) {
		work := s.work(names[i], func() (string, error) {
			made[i][side[process]].Add(1)
			<-going
			return "value", nil
		})
		asking.Go(func() {
			if value, _, err := gs[process].Do(t.Context(), names[i], work); value != "value" || err != nil {
				t.Errorf("process %d got %q, %v", process, value, err)
			}
		})
	}
	calls := func(what string, least int32) {
		t.Helper()
		until(t, what, func() bool {
			for i := range keys {
				if made[i][0].Load()+made[i][1].Load() < least {
					return false
				}
			}
			return true
		})
	}
	turn := func(to *stack.Redis) {
		t.Helper()
		there.primary.Store(to.Addr)
		for _, g := range gs[1:] {
			until(t, "a process knows its primary", func() bool {
				place := g.leases.server.(*redisServer).place.(*sentinels)
				return place.current.Load().Options().Addr == to.Addr && g.leases.breaker.trouble() == nil
			})
		}
	}

	for i := range keys { // some are held on either side
		ask(i%3, i)
	}
	calls("a process calls for each key", 1)
	for i := range keys { // and all are wanted by all
		ask((i+1)%3, i)
		ask((i+2)%3, i)
	}
	turn(servers[1])
	for i := 0; i < keys; i += 3 { // the others' leases are left at the old primary
		until(t, "the far side calls for what only the old primary knows of", func() bool { return made[i][1].Load() > 0 })
	}
	turn(servers[0])
	close(going)
	asking.Wait()
	for i := range keys {
		if near, far := made[i][0].Load(), made[i][1].Load(); near > 1 || far > 1 {
			t.Errorf("%d and %d calls for key %d, want at most one on each side", near, far, i)
		}
	}
	for process := range gs {
		ask(process, keys)
	}
	asking.Wait()
	if n := made[keys][0].Load() + made[keys][1].Load(); n != 1 {
		t.Errorf("%d calls after all, want 1", n)
	}
}
