package flight

import (
	"context"
	"errors"
	"fmt"
	"io"
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

// nodeTimeout is how long a node of a test's cluster does not answer before it is gone for
// the others.
const nodeTimeout = time.Second

func startCluster(t *testing.T) *stack.Cluster {
	t.Helper()
	c, err := stack.StartCluster(t.TempDir(), nodeTimeout)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Stop)
	return c
}

func startSentinels(t *testing.T) *stack.Sentinels {
	t.Helper()
	s, err := stack.StartSentinels(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

func clusterURL(c *stack.Cluster) string { return "redis+cluster://" + strings.Join(c.Addrs(), ",") }

func sentinelURL(s *stack.Sentinels) string {
	return "redis+sentinel://" + strings.Join(s.Addrs(), ",") + "/" + stack.SentinelName
}

// deaf is a group whose flights wait for messages alone, and never look by themselves.
func deaf(t *testing.T, url string) *Group[string] {
	t.Helper()
	g := group(t, url)
	g.jitter = func(string, time.Duration) time.Duration { return time.Hour }
	return g
}

// seated waits until so many flights of a group listen for messages.
func seated(t *testing.T, g *Group[string], n int) {
	t.Helper()
	until(t, fmt.Sprint(n, " flights listen"), func() bool {
		g.subscription.mu.Lock()
		defer g.subscription.mu.Unlock()
		return len(g.subscription.seats) == n
	})
}

// TestEveryKindOfRedis has the protocol carried out on each kind: the flights of two processes
// make one call, share a failure, and are woken by the holder's message. A purge finds the
// leases of all keys, wherever they are.
func TestEveryKindOfRedis(t *testing.T) {
	for name, start := range map[string]func(*testing.T) string{
		"one server": func(*testing.T) string { return shared.Addr },
		"cluster":    func(t *testing.T) string { return clusterURL(startCluster(t)) },
		"sentinel":   func(t *testing.T) string { return sentinelURL(startSentinels(t)) },

		"cluster over TLS":  clusterOverTLS,
		"sentinel over TLS": sentinelOverTLS,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := start(t)
			gs := []*Group[string]{deaf(t, url), deaf(t, url)}
			for _, g := range gs {
				g.Settle(t.Context())
			}
			// Twelve keys have slots of every primary.
			for i := range 12 {
				key := fmt.Sprint(newKey(t), i)
				testTogether(t, gs, key, nil)
				testTogether(t, gs, key+"f", &Failure{Code: "busy"})
			}
			testPurgeFinds(t, url, gs[0])
			for _, g := range gs {
				if s := g.Stats(); s.Alone > 0 {
					t.Errorf("%+v, want no call without a lease", s)
				}
			}
		})
	}
}

// testTogether has both groups asked for a key while one of them makes the value, or fails.
func testTogether(t *testing.T, gs []*Group[string], key string, failure *Failure) {
	t.Helper()
	s, going := new(store), make(chan struct{})
	goOn := sync.OnceFunc(func() { close(going) })
	defer goOn() // where the test fails, too: its groups wait for their calls
	work := s.work(key, func() (string, error) {
		<-going
		if failure != nil {
			return "", failure
		}
		return "value", nil
	})
	var asking sync.WaitGroup
	for _, g := range gs {
		asking.Go(func() {
			value, _, err := g.Do(t.Context(), key, work)
			got, _ := errors.AsType[*Failure](err)
			if failure == nil && (value != "value" || err != nil) || failure != nil && (got == nil || got.Code != failure.Code) {
				t.Errorf("%s: got %q, %v", key, value, err)
			}
		})
	}
	until(t, "the call", func() bool { return s.made.Load() > 0 })
	until(t, "the other one waits", func() bool { return gs[0].Stats().LeaseWaits+gs[1].Stats().LeaseWaits > 0 })
	for _, g := range gs {
		seated(t, g, 1)
		g.counter.count(func(s *Stats) { s.LeaseWaits = 0 })
	}
	goOn()
	asking.Wait()
	for _, g := range gs {
		until(t, "the lease is given back", func() bool { return g.Stats().Flying == 0 })
	}
	if n := s.made.Load(); n != 1 {
		t.Errorf("%s: %d calls, want 1", key, n)
	}
}

// testPurgeFinds checks that a purge finds leases and failures of any slot.
func testPurgeFinds(t *testing.T, url string, g *Group[string]) {
	t.Helper()
	base := newKey(t)
	var want []string
	for i := range 30 {
		key := fmt.Sprint(base, i)
		c := claim{key: prefix + key, token: token('a')}
		until(t, "the lease is taken", func() bool { return g.leases.acquire(t.Context(), &c).taken })
		if i%2 == 0 {
			g.leases.release(t.Context(), c, &Failure{Code: "missing", Keep: time.Minute})
			continue
		}
		renewal := g.leases.renew(c)
		defer renewal.stop()
		want = append(want, key)
	}
	p, err := NewPurger(Redis{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	leased, err := p.Begin(t.Context(), "purge", func(key string) bool { return strings.HasPrefix(key, base) }, []byte("begin"))
	slices.Sort(want)
	if err != nil || !slices.Equal(leased, want) {
		t.Errorf("leases of %d keys, %v, want those of %d: %q", len(leased), err, len(want), leased)
	}
	values, err := p.server.values(t.Context(), nil)
	for key, value := range values {
		if strings.HasPrefix(key, prefix+base) && !isLease(value) {
			t.Errorf("%s is %q, want the failure forgotten", key, value)
		}
	}
	if err != nil {
		t.Error(err)
	}
}

// nodeClient returns a client of one node.
func nodeClient(t *testing.T, addr string) *redis.Client {
	t.Helper()
	c := redis.NewClient(&redis.Options{Addr: addr})
	t.Cleanup(func() { c.Close() })
	return c
}

func must(t *testing.T, client *redis.Client, command ...any) any {
	t.Helper()
	got, err := client.Do(t.Context(), command...).Result()
	if err != nil {
		t.Fatal(command, err)
	}
	return got
}

// TestSlotMovesWithItsLeases moves a slot with leases in it from one primary to another, and
// looks at each step of that: nobody gets a lease that is held, and no process is in trouble.
func TestSlotMovesWithItsLeases(t *testing.T) {
	t.Parallel()
	c := startCluster(t)
	gs := []*Group[string]{group(t, clusterURL(c)), group(t, clusterURL(c))}
	for _, g := range gs {
		g.Settle(t.Context())
	}
	since := []time.Time{over(gs[0]), over(gs[1])}
	tag := "{" + newKey(t) + "}" // all keys here have one slot
	_, renewal := held(t, gs[0], tag+"old")
	stopped := false
	defer func() {
		if !stopped {
			renewal.stop()
		}
	}()
	from, err := c.Primary(t.Context(), prefix+tag)
	if err != nil {
		t.Fatal(err)
	}
	to := c.Nodes[(slices.Index(c.Nodes, from)+1)%3]
	source, target := nodeClient(t, from.Addr), nodeClient(t, to.Addr)
	slot := must(t, source, "cluster", "keyslot", prefix+tag)
	ids := []any{must(t, source, "cluster", "myid"), must(t, target, "cluster", "myid")}
	host, port, _ := strings.Cut(to.Addr, ":")

	asks := func(when, key, want string) {
		t.Helper()
		claim := &claim{key: prefix + tag + key, token: token('x')}
		got := ""
		until(t, "an answer", func() bool {
			switch state := gs[1].leases.acquire(t.Context(), claim); {
			case state.taken:
				got = "taken"
			case state.held:
				got = "held"
			}
			return got != "" // a busy machine may be in trouble
		})
		if got != want {
			t.Errorf("%s: %s is %s, want %s", when, key, got, want)
		}
	}
	asks("before", "old", "held")
	must(t, target, "cluster", "setslot", slot, "importing", ids[0])
	must(t, source, "cluster", "setslot", slot, "migrating", ids[1])
	asks("while it moves", "old", "held")
	asks("while it moves", "new", "taken")
	must(t, source, "migrate", host, port, "", "0", "5000", "keys", prefix+tag+"old")
	asks("once its lease has moved", "old", "held")
	for _, node := range c.Nodes[:3] {
		must(t, nodeClient(t, node.Addr), "cluster", "setslot", slot, "node", ids[1])
	}
	asks("once it has moved", "old", "held")
	asks("once it has moved", "another", "taken")
	until(t, "the holder renews its lease", func() bool { return renewal.extend(t.Context()) })
	renewal.stop()
	stopped = true
	gs[0].leases.release(t.Context(), renewal.claim, nil)
	asks("after its release", "old", "taken")
	for i, g := range gs {
		if g.Stats().Refused["moved"] > 0 || !over(g).Equal(since[i]) {
			t.Errorf("another primary was noted, at %v, refused: %v", over(g), g.Stats().Refused)
		}
	}
}

// over is when a group last saw a server take over from another.
func over(g *Group[string]) time.Time {
	s := g.leases.server.(*redisServer).over
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.since
}

// failover is a Redis whose primary a test lets fail.
type failover struct {
	url      string
	primary  func(key string) *stack.Redis
	replicas func(primary *stack.Redis) []*stack.Redis
	// switches makes a replica the primary of a key although the primary is well.
	switches func(key string)
}

func failovers(t *testing.T, test func(t *testing.T, f failover)) {
	t.Run("cluster", func(t *testing.T) {
		t.Parallel()
		c := startCluster(t)
		primary := func(key string) *stack.Redis {
			p, err := c.Primary(t.Context(), key)
			if err != nil {
				return nil
			}
			return p
		}
		replicas := func(p *stack.Redis) []*stack.Redis { return []*stack.Redis{c.Nodes[(slices.Index(c.Nodes, p)+3)%6]} }
		test(t, failover{clusterURL(c), primary, replicas, func(key string) {
			must(t, nodeClient(t, replicas(primary(key))[0].Addr), "cluster", "failover")
		}})
	})
	t.Run("sentinel", func(t *testing.T) {
		t.Parallel()
		s := startSentinels(t)
		primary := func(string) *stack.Redis {
			p, err := s.Primary(t.Context())
			if err != nil {
				return nil
			}
			return p
		}
		test(t, failover{sentinelURL(s), primary, func(p *stack.Redis) []*stack.Redis {
			return slices.DeleteFunc(slices.Clone(s.Nodes), func(r *stack.Redis) bool { return r == p })
		}, func(string) { must(t, nodeClient(t, s.Sentinels[0].Addr), "sentinel", "failover", stack.SentinelName) }})
	})
}

// cutOff keeps replicas from following their primary, so that they do not get what it is
// given from now on.
func cutOff(t *testing.T, replicas []*stack.Redis) {
	t.Helper()
	for _, r := range replicas {
		client := nodeClient(t, r.Addr)
		must(t, client, "config", "set", "masteruser", "nobody", "masterauth", "wrong")
		must(t, client, "client", "kill", "type", "master")
		until(t, "the replica is cut off", func() bool {
			return strings.Contains(fmt.Sprint(must(t, client, "info", "replication")), "master_link_status:down")
		})
	}
}

// TestPromotedReplicaHasForgotten kills a primary whose replicas lack the last lease, or has
// one take over from it: nobody else gets that lease before its holder has put it back.
func TestPromotedReplicaHasForgotten(t *testing.T) {
	for _, way := range []string{"killed", "switched"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			failovers(t, func(t *testing.T, f failover) {
				key := newKey(t)
				holder, other := group(t, f.url), group(t, f.url)
				holder.Settle(t.Context())
				other.Settle(t.Context())
				before := f.primary(prefix + key)
				if before == nil {
					t.Fatal("no primary")
				}
				if way == "killed" {
					cutOff(t, f.replicas(before))
				}
				_, renewal := held(t, holder, key)
				defer renewal.stop()
				since, errs := over(other), other.Stats().Errors
				if way == "killed" {
					before.Kill()
				} else {
					f.switches(prefix + key)
				}
				claim := &claim{key: prefix + key, token: token('x')}
				var after *stack.Redis
				until(t, "the lease is at the new primary, and known there", func() bool {
					state := other.leases.acquire(t.Context(), claim)
					if state.taken {
						t.Fatal("taken by another")
					}
					if after == nil || after == before {
						after = f.primary(prefix + key)
						return false
					}
					// Until it knows of the new primary, it may have asked the old one.
					if !state.held || !over(other).After(since) {
						return false
					}
					value, _ := nodeClient(t, after.Addr).Get(t.Context(), prefix+key).Result()
					return value == "L"+token('h')
				})
				if other.Stats().Errors == errs {
					t.Error("the other process's breaker does not know that another primary took over")
				}
			})
		})
	}
}

// TestSubscriptionMovesOn kills the primary at which a process is subscribed: it hears
// messages again, from another node, while that one is gone.
func TestSubscriptionMovesOn(t *testing.T) {
	failovers(t, func(t *testing.T, f failover) {
		g := deaf(t, f.url)
		g.Settle(t.Context())
		until(t, "it is subscribed", func() bool { return subscribedAt(t, f) != nil })
		subscribedAt(t, f).Kill()
		until(t, "redis is well again", func() bool {
			return g.leases.breaker.trouble() == nil && g.Stats().Errors > 0
		})
		// One whose message is lost would wait for an hour.
		key, s := newKey(t), new(store)
		holder, renewal := held(t, g, key)
		got := make(chan string, 1)
		go func() {
			value, _, _ := g.Do(t.Context(), key, s.work(key, nil))
			got <- value
		}()
		seated(t, g, 1)
		until(t, "it waits", func() bool { return g.Stats().LeaseWaits > 0 })
		s.put(key, "value")
		renewal.stop()
		until(t, "it is woken", func() bool {
			// A subscription that is made anew just now has not heard the first.
			g.leases.release(t.Context(), holder, nil)
			return len(got) > 0
		})
		if value := <-got; value != "value" {
			t.Errorf("got %q", value)
		}
	})
}

// subscribedAt returns the primary that has subscribers, nil if there is none.
func subscribedAt(t *testing.T, f failover) *stack.Redis {
	for n := range 64 {
		if p := f.primary(fmt.Sprint(n)); p != nil && must(t, nodeClient(t, p.Addr), "pubsub", "numsub", releases).([]any)[1] != int64(0) {
			return p
		}
	}
	return nil
}

// TestBeatsReachEveryPrimary freezes the primaries of a cluster one after another, before the
// others could know: each of them is missed.
func TestBeatsReachEveryPrimary(t *testing.T) {
	t.Parallel()
	c, err := stack.StartCluster(t.TempDir(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Stop)
	g := group(t, clusterURL(c))
	g.Settle(t.Context())
	for _, primary := range c.Nodes[:3] {
		until(t, "it is well", func() bool { return g.leases.breaker.trouble() == nil })
		good := func() time.Time {
			g.leases.breaker.mu.Lock()
			defer g.leases.breaker.mu.Unlock()
			return g.leases.breaker.lastGood
		}
		primary.Freeze()
		frozen := time.Now().Add(callTimeout) // a beat may be under way
		until(t, "it is missed", func() bool { return g.leases.breaker.trouble() != nil && time.Now().After(frozen.Add(quarantine)) })
		if good().After(frozen) {
			t.Errorf("a beat was good at %v, without %s since %v", good(), primary.Addr, frozen)
		}
		primary.Thaw()
	}
}

// TestPartOfAClusterGone kills a primary and its replica: the cluster is in trouble as a
// whole, and each process goes on alone after one grace.
func TestPartOfAClusterGone(t *testing.T) {
	t.Parallel()
	c := startCluster(t)
	gs := []*Group[string]{group(t, clusterURL(c)), group(t, clusterURL(c))}
	for _, g := range gs {
		g.Settle(t.Context())
	}
	c.Nodes[0].Kill()
	c.Nodes[3].Kill()
	for _, g := range gs {
		until(t, "it is in trouble", func() bool { return g.leases.breaker.trouble() != nil })
	}
	var made atomic.Int32
	var asking sync.WaitGroup
	for i := range 30 {
		key, s := fmt.Sprint(newKey(t), i), new(store)
		for _, g := range gs {
			asking.Go(func() {
				value, _, err := g.Do(t.Context(), key, s.work(key, func() (string, error) { made.Add(1); return "value", nil }))
				if value != "value" || err != nil {
					t.Errorf("got %q, %v", value, err)
				}
			})
		}
	}
	asking.Wait()
	if n := made.Load(); n < 30 || n > 60 {
		t.Errorf("%d calls for 30 keys and 2 processes", n)
	}
	for _, g := range gs {
		if trouble := g.leases.breaker.trouble(); trouble == nil || trouble.grace > 0 || trouble.patience != failoverGrace {
			t.Errorf("%+v, want a grace of %v that is over", trouble, failoverGrace)
		}
	}
}

// TestSentinelsThatAreGone freezes one Sentinel, which then answers nobody, as one does whose
// machine is gone: processes find the primary, and the next one.
func TestSentinelsThatAreGone(t *testing.T) {
	t.Parallel()
	s := startSentinels(t)
	known := group(t, sentinelURL(s))
	known.Settle(t.Context())
	s.Sentinels[0].Freeze()
	defer s.Sentinels[0].Thaw()
	late := group(t, sentinelURL(s))
	works := func(g *Group[string]) {
		t.Helper()
		until(t, "a lease", func() bool {
			c := claim{key: prefix + newKey(t), token: token('a')}
			return g.leases.acquire(t.Context(), &c).taken
		})
	}
	works(known)
	works(late)
	before, err := s.Primary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	before.Kill()
	until(t, "another primary", func() bool {
		after, err := s.Primary(t.Context())
		return err == nil && after != before
	})
	works(known)
	works(late)
}

// TestSentinelsNameAnotherPrimary has the Sentinels agree, one after another, on a primary that
// has no lease, while the one of before goes on answering: no command fails. Processes follow
// the majority, and nobody takes a lease before its holder has put it back.
func TestSentinelsNameAnotherPrimary(t *testing.T) {
	t.Parallel()
	s := startSentinels(t)
	empty, err := stack.StartRedis(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(empty.Kill)
	holder, other := group(t, sentinelURL(s)), group(t, sentinelURL(s))
	holder.Settle(t.Context())
	other.Settle(t.Context())
	key := newKey(t)
	_, renewal := held(t, holder, key)
	defer renewal.stop()
	since := over(other)
	host, port, _ := strings.Cut(empty.Addr, ":")
	for i, r := range s.Sentinels[:2] {
		client := nodeClient(t, r.Addr)
		if i == 1 {
			for range 3 { // a minority changes nothing
				if _, err := other.leases.server.(*redisServer).beat(t.Context()); err == nil && !over(other).Equal(since) {
					t.Error("one Sentinel of three is believed")
				}
			}
		}
		must(t, client, "sentinel", "remove", stack.SentinelName)
		must(t, client, "sentinel", "monitor", stack.SentinelName, host, port, "2")
	}
	claim := &claim{key: prefix + key, token: token('x')}
	until(t, "the lease is at the new primary, and known there", func() bool {
		state := other.leases.acquire(t.Context(), claim)
		if state.taken {
			t.Fatal("taken by another")
		}
		value, _ := nodeClient(t, empty.Addr).Get(t.Context(), prefix+key).Result()
		return state.held && value == "L"+token('h') && over(other).After(since)
	})
}

// TestSentinelsWithAPassword has Sentinels that want the primary's.
func TestSentinelsWithAPassword(t *testing.T) {
	t.Parallel()
	s := startSentinels(t)
	for _, r := range slices.Concat(s.Sentinels[:2], s.Nodes[:1]) {
		must(t, nodeClient(t, r.Addr), "acl", "setuser", "prew", "on", "allcommands", "allkeys", "allchannels", ">secret")
	}
	for _, r := range s.Sentinels[:2] {
		must(t, nodeClient(t, r.Addr), "acl", "setuser", "default", "resetpass", ">other")
	}
	g := group(t, strings.Replace(sentinelURL(s), "//", "//prew:secret@", 1))
	until(t, "a lease", func() bool {
		c := claim{key: prefix + newKey(t), token: token('a')}
		return g.leases.acquire(t.Context(), &c).taken
	})
	for _, one := range g.leases.server.(*redisServer).place.(*sentinels).all[:2] {
		until(t, "the password is asked for", one.locked.Load)
	}
}

// TestRightsThatAreEnoughInACluster is about the user that SECURITY.md describes: a slot that
// moves asks for one right more, and who has which slots for another.
func TestRightsThatAreEnoughInACluster(t *testing.T) {
	t.Parallel()
	c := startCluster(t)
	for _, node := range c.Nodes {
		rule := []any{"acl", "setuser", "prew", "on", ">secret"}
		for _, right := range strings.Fields(rightsOfAGateway + " " + rightsInACluster) {
			rule = append(rule, right)
		}
		must(t, nodeClient(t, node.Addr), rule...)
	}
	g := group(t, strings.Replace(clusterURL(c), "//", "//prew:secret@", 1))
	for i := range 6 {
		_, renewal := held(t, g, fmt.Sprint(newKey(t), i))
		renewal.stop()
	}
	asked := must(t, nodeClient(t, c.Nodes[0].Addr), "acl", "dryrun", "prew", "asking")
	if refused := g.Stats().Refused["noperm"]; refused > 0 || asked != "OK" {
		t.Errorf("%d commands were refused, asking is %v", refused, asked)
	}
}

// TestSlotsAreRedis checks the slots of keys, and that each primary has a key of beats.
func TestSlotsAreRedis(t *testing.T) {
	t.Parallel()
	c := startCluster(t)
	client := nodeClient(t, c.Addrs()[0])
	for n := range 20 {
		key := fmt.Sprint(beatKey, ":", n)
		if want := must(t, client, "cluster", "keyslot", key); int64(slotOf(key)) != want {
			t.Errorf("%s: slot %d, want %d", key, slotOf(key), want)
		}
	}
}

// TestErrorsThatACommandEndsWith is about what go-redis gets to see of a node's errors: only
// those after which a command may be carried out elsewhere, and a lease be taken there.
func TestErrorsThatACommandEndsWith(t *testing.T) {
	over := new(succession)
	c := newCluster([]string{"127.0.0.1:1"}, &redis.Options{}, over)
	defer c.Close()
	c.learn([]redis.ClusterSlot{{Start: 0, End: 16383, Nodes: []redis.ClusterNode{{Addr: "127.0.0.1:1"}}}})
	told := 0
	over.told(func(error) { told++ })
	for _, test := range []struct {
		err    error
		passed bool // go-redis sees it as it is
		told   int  // times that another primary was told of, so far
	}{
		{redis.Nil, true, 0},
		{refusedError("NOSCRIPT No matching script."), true, 0},
		{refusedError("LOADING Redis is loading the dataset in memory"), false, 0},
		{refusedError("READONLY You can't write against a read only replica."), false, 0},
		{io.EOF, false, 0},
		{&net.OpError{Op: "dial", Err: errors.New("refused")}, false, 0},
		{fmt.Errorf("%w", context.DeadlineExceeded), false, 0},
		{refusedError("ASK 1 127.0.0.1:2"), true, 0},
		{refusedError("MOVED 1 127.0.0.1:1"), true, 0},
		{refusedError("MOVED 1 127.0.0.1:2"), false, 1},
	} {
		hook := node{c, "127.0.0.1:1"}.ProcessHook(func(context.Context, redis.Cmder) error { return test.err })
		err := hook(t.Context(), redis.NewCmd(t.Context(), "evalsha"))
		if passed := errors.Is(err, test.err); passed != test.passed || refusal(err) != refusal(test.err) || told != test.told {
			t.Errorf("%v: %v, a refusal %q, told %d times; want it passed: %t, a refusal %q, told %d times",
				test.err, err, refusal(err), told, test.passed, refusal(test.err), test.told)
		}
	}
}

func TestBeatKeys(t *testing.T) {
	of := func(addr string, start, end int) redis.ClusterSlot {
		return redis.ClusterSlot{Start: start, End: end, Nodes: []redis.ClusterNode{{Addr: addr}, {Addr: "replica"}}}
	}
	for name, test := range map[string]struct {
		served []redis.ClusterSlot
		want   map[string][2]int // the slots of the key, by the primary
	}{
		"three":           {[]redis.ClusterSlot{of("a", 0, 5000), of("b", 5001, 10000), of("c", 10001, 16383)}, map[string][2]int{"a": {0, 5000}, "b": {5001, 10000}, "c": {10001, 16383}}},
		"one slot":        {[]redis.ClusterSlot{of("a", 0, 99), of("b", 100, 100), of("a", 101, 16383)}, map[string][2]int{"a": {0, 16383}, "b": {100, 100}}},
		"some are missed": {[]redis.ClusterSlot{of("a", 0, 5000), of("c", 10001, 16383)}, map[string][2]int{"a": {0, 5000}, "": {5001, 10000}, "c": {10001, 16383}}},
		"none":            {nil, map[string][2]int{"": {0, 16383}}},
		"nonsense":        {[]redis.ClusterSlot{of("a", -5, 99999), {Start: 1, End: 2}}, map[string][2]int{"a": {0, 16383}}},
	} {
		got := beatKeys(test.served)
		for addr, slots := range test.want {
			if slot := slotOf(got[addr]); got[addr] == "" || slot < slots[0] || slot > slots[1] {
				t.Errorf("%s: %q has slot %d, want one of %v", name, got[addr], slot, slots)
			}
		}
		if len(got) != len(test.want) {
			t.Errorf("%s: %v, want %d", name, got, len(test.want))
		}
	}
}
