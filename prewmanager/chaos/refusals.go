package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"prew/deploy/local/stack"
)

// refusing is a way in which Redis answers and refuses.
type refusing struct {
	name string
	kind string // under which the gateways count it
	// begin and end make Redis refuse and stop refusing.
	begin, end func(context.Context, *system) error
	leased     bool // what is refused costs polls, and leases are to be had all the same
	quick      bool // also in go test
}

// refusals are commands to a real Redis, or other arguments at its start.
var refusals = []refusing{
	{"out of memory", "oom", command("config", "set", "maxmemory", "1mb"), command("config", "set", "maxmemory", "0"), false, true},
	{"a replica", "readonly", command("replicaof", "127.0.0.1", "1"), command("replicaof", "no", "one"), false, false},
	{"no right to set", "noperm", command("acl", "setuser", "default", "-set"), command("acl", "setuser", "default", "+set"), false, false},
	{"no right to channels", "noperm", command("acl", "setuser", "default", "resetchannels"), command("acl", "setuser", "default", "&*"), true, true},
	{"a full disk", "misconf", fullDisk, command("config", "set", "save", ""), false, false},
	{"loading", "loading", loading, nil, false, false},
	{"a cluster without slots", "clusterdown", cluster(""), ordinary, false, false},
	{"a cluster with its slots elsewhere", "moved", cluster("0-16383"), ordinary, false, false},
}

// command sends Redis one command.
func command(words ...any) func(context.Context, *system) error {
	return func(ctx context.Context, s *system) error {
		if err := s.client.Do(ctx, words...).Err(); err != nil {
			return fmt.Errorf("redis: %v: %w", words, err)
		}
		return nil
	}
}

// fullDisk makes snapshots fail: a file can't take the place of a directory that is
// not empty.
func fullDisk(ctx context.Context, s *system) error {
	if err := os.MkdirAll(filepath.Join(s.dir, "dump.rdb", "in the way"), 0o755); err != nil {
		return err
	}
	for _, do := range []func(context.Context, *system) error{command("config", "set", "save", "3600 1000000"), command("bgsave")} {
		if err := do(ctx, s); err != nil {
			return err
		}
	}
	for !strings.Contains(s.client.Info(ctx, "persistence").Val(), "rdb_last_bgsave_status:err") {
		pause(ctx, 10*time.Millisecond)
		if ctx.Err() != nil {
			return fmt.Errorf("no snapshot fails: %w", ctx.Err())
		}
	}
	return os.RemoveAll(filepath.Join(s.dir, "dump.rdb"))
}

// loading restarts Redis with a snapshot that takes it some seconds to load, longer
// than the grace. It returns at once.
func loading(ctx context.Context, s *system) error {
	const keys, each = 4000, time.Millisecond
	words := make([]any, 0, 2*keys)
	for i := range keys {
		words = append(words, fmt.Sprint("another program's ", i), strings.Repeat("x", 100))
	}
	if err := s.client.MSet(ctx, words...).Err(); err != nil {
		return err
	}
	if err := command("save")(ctx, s); err != nil {
		return err
	}
	s.killRedis()
	s.loaded = make(chan error, 1)
	go func() {
		started, err := stack.StartRedisAt(s.redis.Addr, s.dir, "--key-load-delay", fmt.Sprint(each.Microseconds()), "--loading-process-events-interval-bytes", "1024")
		if err == nil {
			s.redis = started
			err = os.Remove(filepath.Join(s.dir, "dump.rdb"))
		}
		s.loaded <- err
	}()
	return nil
}

// cluster restarts Redis as the node of a cluster in which another node has the slots.
func cluster(slots string) func(context.Context, *system) error {
	return func(_ context.Context, s *system) error {
		bus, err := stack.FreeAddr()
		if err != nil {
			return err
		}
		_, port, err := net.SplitHostPort(bus)
		if err != nil {
			return err
		}
		this, other := strings.Repeat("a", 40), strings.Repeat("b", 40)
		nodes := this + " 127.0.0.1:0@0 myself,master - 0 0 1 connected\n" + other + " 127.0.0.1:1@2 master - 0 0 2 connected " + slots + "\nvars currentEpoch 2 lastVoteEpoch 0\n"
		if err := os.WriteFile(filepath.Join(s.dir, "nodes.conf"), []byte(nodes), 0o644); err != nil {
			return err
		}
		s.killRedis()
		// With this timeout the other node, which does not exist, is not missed.
		return s.restartRedis("--cluster-enabled", "yes", "--cluster-port", port, "--cluster-node-timeout", "600000")
	}
}

// ordinary restarts Redis as it usually is.
func ordinary(_ context.Context, s *system) error {
	s.killRedis()
	return s.restartRedis()
}

// redisRefuses is promise 13.
func redisRefuses(ctx context.Context, t *trial) error {
	l := t.eased([...]load{
		tiny:  {clients: 30, keys: 9, each: 6, rounds: 1},
		small: {clients: 150, keys: 30, each: 10, rounds: 1},
		full:  {clients: 300, keys: 60, each: 30, rounds: 1},
	}[t.size])
	var chosen []refusing
	for _, r := range refusals {
		if r.quick || t.size > tiny {
			chosen = append(chosen, r)
		}
	}
	t.sized("%d clients x %d URIs, 3 gateways, %d refusals and one of single keys", l.clients, l.keys, len(chosen))
	from, to := shortest, longest
	if t.size == tiny {
		from, to = 50*time.Millisecond, 100*time.Millisecond
	}
	// Without leases there are three times as many renders. Admission control is not
	// measured here.
	s, with, err := l.start(ctx, t, setup{gateways: 3, shortest: from, longest: to, env: []string{"PREW_INVOKES=256"}})
	if err != nil {
		return err
	}
	// With Redis too, a waiter that missed the message looks a poll later.
	usual := max(with.longest, to+poll)
	round := func() ([]string, []reply) {
		all := visitors(l.clients, s.front)
		defer leaveAll(all)
		keys := t.fresh(l.keys)
		return keys, crowd(ctx, t.random, all, keys, l.each)
	}
	for _, r := range chosen {
		t.say("%s", r.name)
		before, err := s.troubles()
		if err != nil {
			return err
		}
		if err := r.begin(ctx, s); err != nil {
			return err
		}
		keys, replies := round() // waits for the grace
		if r.kind != "loading" { // is over soon after that
			further, later := round()
			keys, replies = append(keys, further...), append(replies, later...)
		}
		t.refused(s, r.name, keys, replies, usual, r.leased)
		counted, err := s.refusalsCounted(ctx, r.kind)
		if err != nil {
			return err
		}
		t.check(r.name+": counted as "+r.kind, counted > 0, "%d", counted)
		if r.end == nil {
			err = <-s.loaded
		} else {
			err = r.end(ctx, s)
		}
		if err != nil {
			return err
		}
		after, err := s.awaitTrust(ctx)
		if err != nil {
			return err
		}
		said := after.of(r.kind) - before.of(r.kind)
		t.check(r.name+": each gateway says so once", said == len(s.gateways), "%d times", said)
		t.say("%s, and no longer", r.name)
		keys, replies = round()
		extra, none, _ := runsOf(s.renderer, keys)
		t.check(r.name+": afterwards one render per URI", extra == 0 && none == 0, "%d renders for %d URIs", len(keys)+extra-none, len(keys))
		var all tally
		all.add(replies)
		t.check(r.name+": afterwards every request answered with its preview", all.good == all.all, "%d of %d, others: %s", all.good, all.all, all.others())
	}
	return t.keysRefused(ctx, s, l, usual)
}

// refused adds the rows of a crowd that came while Redis refused.
func (t *trial) refused(s *system, name string, keys []string, replies []reply, usual time.Duration, leased bool) {
	var all tally
	all.add(replies)
	t.check(name+": every request answered with its preview", all.good == all.all, "%d of %d, others: %s", all.good, all.all, all.others())
	if leased {
		extra, none, _ := runsOf(s.renderer, keys)
		t.check(name+": one render per URI", extra == 0 && none == 0, "%d renders for %d URIs", len(keys)+extra-none, len(keys))
	} else {
		most := mostByOne(s.renderer, keys)
		t.check(name+": at most one render per URI and gateway", most == 1, "%d", most)
	}
	t.check(name+": added latency at most the grace, "+brief(grace), all.longest-usual <= t.limit(grace), "%s beyond %s with redis", brief(all.longest-usual), brief(usual))
}

// keysRefused lets single keys have another type: they alone go without a lease.
func (t *trial) keysRefused(ctx context.Context, s *system, l load, usual time.Duration) error {
	const name = "every third key of another type"
	t.say("%s", name)
	before, err := s.troubles()
	if err != nil {
		return err
	}
	keys := t.fresh(l.keys)
	var refused, others []string
	for i, key := range keys {
		if i%3 > 0 {
			others = append(others, key)
			continue
		}
		refused = append(refused, key)
		if err := s.client.LPush(ctx, leaseOf(key), "x").Err(); err != nil {
			return err
		}
	}
	all := visitors(l.clients, s.front)
	defer leaveAll(all)
	replies := crowd(ctx, t.random, all, keys, l.each)
	t.refused(s, name, refused, replies, usual, false)
	extra, none, _ := runsOf(s.renderer, others)
	t.check(name+": one render for each of the others", extra == 0 && none == 0, "%d renders for %d URIs", len(others)+extra-none, len(others))
	counted, err := s.refusalsCounted(ctx, "wrongtype")
	if err != nil {
		return err
	}
	t.check(name+": counted as wrongtype", counted > 0, "%d", counted)
	after, err := s.troubles()
	if err != nil {
		return err
	}
	t.check(name+": no trouble for all", after.begun == before.begun, "%d times", after.begun-before.begun)
	return nil
}

// troubles is what the gateways' logs say of Redis so far.
type troubles struct {
	begun, ended int
	text         []byte
}

var refusalField = regexp.MustCompile(`"msg":"redis (?:is in trouble|refuses [^"]*)"[^\n]*"refusal":"(\w+)"`)

// of counts the lines about refusals of a kind. What is refused beside leases has two
// lines, one for the subscription and one for messages: of these, the first counts.
func (t troubles) of(kind string) (lines int) {
	for _, found := range refusalField.FindAllSubmatch(t.text, -1) {
		if string(found[1]) == kind && !bytes.Contains(found[0], []byte("refuses messages")) {
			lines++
		}
	}
	return lines
}

func (s *system) troubles() (t troubles, err error) {
	for _, g := range s.gateways {
		text, err := os.ReadFile(filepath.Join(s.dir, g.name+".log"))
		if err != nil {
			return t, err
		}
		t.text = append(t.text, text...)
	}
	t.begun = bytes.Count(t.text, []byte(`"redis is in trouble"`))
	t.ended = bytes.Count(t.text, []byte(`"redis is well again"`))
	return t, nil
}

// awaitTrust returns once no gateway distrusts Redis, for as long as a subscription
// takes to be made anew.
func (s *system) awaitTrust(ctx context.Context) (troubles, error) {
	const resubscribed = 1200 * time.Millisecond
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	before := -1.0
	for {
		degraded, err := s.sum(ctx, degradedCounter)
		if err != nil {
			return troubles{}, err
		}
		if degraded == before {
			return s.troubles()
		}
		before = degraded
		pause(ctx, resubscribed)
		if ctx.Err() != nil {
			return troubles{}, fmt.Errorf("redis is not trusted again: %w", ctx.Err())
		}
	}
}

var degradedCounter = regexp.MustCompile(`(?m)^prew_redis_degraded_seconds_total (\S+)$`)

// refusalsCounted is how many refusals of a kind the gateways have counted.
func (s *system) refusalsCounted(ctx context.Context, kind string) (int, error) {
	n, err := s.sum(ctx, regexp.MustCompile(`(?m)^prew_redis_refusals_total\{kind="`+kind+`"\} (\S+)$`))
	return int(n), err
}
