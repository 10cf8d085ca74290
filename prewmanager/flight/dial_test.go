package flight

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"prew/deploy/local/stack"
)

// TestURLs says what each URL means, and which are mistakes.
func TestURLs(t *testing.T) {
	for _, test := range []struct {
		url       string
		kind      string
		addresses string // of a kind that has several
		name      string
		user      string
		password  string
		db        int
		tls       string // the name that certificates have to have
	}{
		{url: "127.0.0.1:6379"},
		{url: "redis://u:p@redis.test:6379/1", user: "u", password: "p", db: 1},
		{url: "rediss://redis.test", tls: "redis.test"},
		{url: "unix:///run/redis.sock"},
		{url: "a.test:7000,b.test:7001", kind: "cluster", addresses: "a.test:7000 b.test:7001"},
		{url: "redis+cluster://a.test:7000", kind: "cluster", addresses: "a.test:7000"},
		{url: "redis+cluster://:p%2F%40@[::1]:7000,b.test:7001", kind: "cluster", addresses: "[::1]:7000 b.test:7001", password: "p/@"},
		{url: "rediss+cluster://u:p@a.test:7000,b.test:7001", kind: "cluster", addresses: "a.test:7000 b.test:7001", user: "u", password: "p", tls: "a.test"},
		{url: "redis+sentinel://a.test:26379,b.test:26379/prew", kind: "sentinel", addresses: "a.test:26379 b.test:26379", name: "prew"},
		{url: "rediss+sentinel://u:p@a.test:26379/my%20redis/2", kind: "sentinel", addresses: "a.test:26379", name: "my redis", user: "u", password: "p", db: 2, tls: "a.test"},
	} {
		kind, addresses, name, o, err := parse(test.url)
		if err != nil {
			t.Errorf("%s: %v", test.url, err)
			continue
		}
		certified := ""
		if o.TLSConfig != nil {
			certified = o.TLSConfig.ServerName
		}
		if kind != test.kind || strings.Join(addresses, " ") != test.addresses || name != test.name ||
			o.Username != test.user || o.Password != test.password || o.DB != test.db || certified != test.tls {
			t.Errorf("%s: kind %q, addresses %v, name %q, %q:%q, database %d, TLS %q", test.url, kind, addresses, name, o.Username, o.Password, o.DB, certified)
		}
		g, err := New[string](Redis{URL: test.url}, time.Second, nil, nil)
		if err != nil {
			t.Errorf("%s: %v", test.url, err)
			continue
		}
		g.Close(t.Context())
	}
	const general = "not a URL of Redis's, expected redis://host:port or host:port, redis+cluster://host:port,host:port or redis+sentinel://host:port,host:port/name"
	for url, want := range map[string]string{
		"http://host":                          general,
		"redis://host/x":                       general,
		"redis://a.test:1,b.test:2":            general,
		"redis+ring://a.test:1":                general,
		"unix+cluster://a.test:1":              general,
		"redis+cluster://":                     `address 1 of 1 is not host:port`,
		"redis+cluster://a.test":               `address 1 of 1 is not host:port`,
		"redis+cluster://a.test:1,:2":          `address 2 of 2 is not host:port`,
		"redis+cluster://a.test:1,b.test:x":    `address 2 of 2 is not host:port`,
		"redis+cluster://a.test:1,b.test:0":    `address 2 of 2 is not host:port`,
		"redis+cluster://a.test:1,":            `address 2 of 2 is not host:port`,
		"redis+cluster://a.test:1/2":           `something follows the addresses, expected nothing`,
		"redis+cluster://a.test:1?protocol=2":  `address 1 of 1 is not host:port`,
		"redis+sentinel://a.test:1":            `no name follows the addresses, expected the one by which Sentinels know the primary`,
		"redis+sentinel://a.test:1/":           `no name follows the addresses, expected the one by which Sentinels know the primary`,
		"redis+sentinel://a.test:1/n/x":        `what follows the primary's name is not the number of a database`,
		"redis+sentinel://a.test:1/n/-1":       `what follows the primary's name is not the number of a database`,
		"redis+sentinel://a.test:1/n?db=2":     `no name follows the addresses, expected the one by which Sentinels know the primary, and no options`,
		"redis+sentinel://a.test:1,b.test/n/1": `address 2 of 2 is not host:port`,
	} {
		if _, err := New[string](Redis{URL: url}, time.Second, nil, nil); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", url, err, want)
		}
	}
}

// TestPasswordIsNoPartOfAMistake is about passwords that are not escaped: the
// parser's error would quote each of them, whole or in part.
func TestPasswordIsNoPartOfAMistake(t *testing.T) {
	for _, url := range []string{
		"redis://:open%sesame@redis.test:6379",
		"rediss://prew:open/sesame@redis.test:6379",
		"redis://:1/sesame@redis.test:6379",
		"http://:sesame@redis.test",
		"redis+cluster://:open%sesame@a.test:1,b.test:2",
		"redis+cluster://:open/sesame@a.test:1,b.test:2",
		"redis+cluster://:open,sesame@a.test:1/2",
		"redis+sentinel://prew:open%sesame@a.test:1/",
		"redis+cluster://prew:sesame",
		"redis+sentinel://prew:open/sesame",
	} {
		if _, err := dial(Redis{URL: url}); err == nil || strings.Contains(err.Error(), "open") || strings.Contains(err.Error(), "sesame") {
			t.Errorf("%s: %v", url, err)
		}
	}
}

// names answers questions for the address of redis.test over DNS ("Domain names -
// implementation and specification", RFC 1035).
type names struct {
	mu        sync.Mutex
	addresses []net.IP
}

func (n *names) mean(addresses ...string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.addresses = nil
	for _, a := range addresses {
		n.addresses = append(n.addresses, net.ParseIP(a).To4())
	}
}

// serve answers until the connection is closed.
func (n *names) serve(conn net.PacketConn) {
	packet := make([]byte, 512)
	for {
		size, from, err := conn.ReadFrom(packet)
		if err != nil {
			return
		}
		const header, afterName = 12, 4
		end := header + len("\x05redis\x04test\x00") + afterName
		if size < end {
			continue
		}
		answer := slices.Clone(packet[:end])
		answer[2], answer[3] = 0x84, 0 // an answer, of who is in charge of the name; no error
		answer[6], answer[7], answer[10], answer[11] = 0, 0, 0, 0
		if answer[end-3] == 1 { // of type A
			n.mu.Lock()
			answer[7] = byte(len(n.addresses))
			for _, a := range n.addresses {
				answer = append(answer, 0xc0, header, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4)
				answer = append(answer, a...)
			}
			n.mu.Unlock()
		}
		conn.WriteTo(answer, from)
	}
}

// TestPrimarysNameMoves has the name of a primary come to mean the replica that was promoted,
// as ElastiCache's primary endpoint does: processes follow without a restart, wait until the
// leases that it lacks are put back, and hear its messages although nothing ended the
// subscription at the old one.
func TestPrimarysNameMoves(t *testing.T) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	dns := new(names)
	go dns.serve(conn)
	before := net.DefaultResolver
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
	defer func() { net.DefaultResolver = before }()

	port := freePort(t)
	var servers []*stack.Redis
	for _, ip := range []string{"127.0.0.2", "127.0.0.3"} {
		server, err := stack.StartRedisAt(net.JoinHostPort(ip, port), t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		defer server.Stop()
		servers = append(servers, server)
	}
	old, promoted := nodeClient(t, servers[0].Addr), nodeClient(t, servers[1].Addr)

	dns.mean("127.0.0.2")
	url := "redis://redis.test:" + port
	var purged atomic.Bool
	other, err := New[string](Redis{URL: url}, 20*time.Second, nil, func(string, bool) (Purge, bool) {
		purged.Store(true)
		return Purge{}, false
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { other.Close(context.Background()) })
	holder := group(t, url)
	holder.Settle(t.Context())
	other.Settle(t.Context())
	key := newKey(t)
	_, renewal := held(t, holder, key)
	defer renewal.stop()
	until(t, "both are subscribed", func() bool {
		return must(t, old, "pubsub", "numsub", releases).([]any)[1] == int64(2)
	})

	dns.mean("127.0.0.3")
	must(t, old, "replicaof", "127.0.0.3", "1") // it does not hear from the new primary
	claim := &claim{key: prefix + key, token: token('x')}
	until(t, "the lease is at the new primary, and known there", func() bool {
		state := other.leases.acquire(t.Context(), claim)
		if state.taken {
			t.Fatal("taken by another")
		}
		value, _ := promoted.Get(t.Context(), prefix+key).Result()
		return state.held && value == "L"+token('h')
	})
	if over(other).IsZero() {
		t.Error("no other server was noted")
	}
	p, err := NewPurger(Redis{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if _, err := p.Begin(t.Context(), "purge", func(string) bool { return true }, []byte("begin")); err != nil {
		t.Fatal(err)
	}
	until(t, "a purge at the new primary is heard of", purged.Load)

	// A name may have two addresses of one server, as those of two families are.
	var told atomic.Int32
	server := other.leases.server.(*redisServer)
	server.over.told(func(error) { told.Add(1) })
	defer server.over.told(other.subscription.lost)
	for i, step := range []struct {
		means   []string
		reaches string
		told    int32
	}{
		{[]string{"127.0.0.2", "127.0.0.3"}, servers[0].Addr, 0},
		{[]string{"127.0.0.3"}, servers[1].Addr, 0},
		{[]string{"127.0.0.2"}, servers[0].Addr, 1},
		{[]string{"127.0.0.2"}, servers[0].Addr, 1},
	} {
		dns.mean(step.means...)
		server.place.(*single).reached(t.Context(), step.reaches)
		if n := told.Load(); n != step.told {
			t.Errorf("step %d: another server was told of %d times, want %d", i, n, step.told)
		}
	}
}

// takesOver has another server take over while a command is on its way to its connection.
type takesOver struct {
	doubter
	over *succession
}

func (h takesOver) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		h.over.took("another")
		return next(ctx, cmd)
	}
}

// TestConnectionMadeAsAnotherTakesOver has two connections made at once, of which one finds that
// the name has moved. The other one is to the new primary too, and takes no lease there.
func TestConnectionMadeAsAnotherTakesOver(t *testing.T) {
	server, err := dial(Redis{URL: shared.Addr})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	server.place.(*single).AddHook(takesOver{over: server.over})
	key := prefix + newKey(t)
	if _, err := server.step(t.Context(), acquireScript, key, token('a'), 1000, "", "", ""); !errors.Is(err, errTookOver) {
		t.Errorf("%v, want no lease from a server that has just taken over", err)
	}
	if err := nodeClient(t, shared.Addr).Get(t.Context(), key).Err(); err != redis.Nil {
		t.Errorf("%v, want no lease", err)
	}
	if _, err := server.step(t.Context(), beatScript, beatKey); err != nil {
		t.Errorf("a beat: %v", err)
	}
}
