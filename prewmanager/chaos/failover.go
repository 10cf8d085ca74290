package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"prew/deploy/local/stack"
)

// failsOver is a kind of Redis in which a replica is promoted when a primary fails.
type failsOver struct {
	name  string
	start func(network *stack.Network, dir string) (*replicated, error)
}

// replicated is such a Redis, running.
type replicated struct {
	url     string         // as gateways name it
	servers []*stack.Redis // with the Sentinels
	// primary is the one of a key, as most of the others see it.
	primary func(ctx context.Context, key string) (*stack.Redis, error)
	well    func(context.Context) error
	stop    func()
}

// missedAfter is how long a node of a cluster may be silent until the others miss it. With
// less than two seconds a busy machine has nodes that miss each other; the default is 15.
const missedAfter = 2 * time.Second

var (
	clustered = failsOver{"a cluster", func(network *stack.Network, dir string) (*replicated, error) {
		c, err := network.StartCluster(dir, missedAfter)
		if err != nil {
			return nil, err
		}
		return &replicated{"redis+cluster://" + strings.Join(c.Addrs(), ","), c.Nodes, c.Primary, c.Well, c.Stop}, nil
	}}
	watched = failsOver{"sentinels", func(network *stack.Network, dir string) (*replicated, error) {
		s, err := network.StartSentinels(dir)
		if err != nil {
			return nil, err
		}
		return &replicated{
			url:     "redis+sentinel://" + strings.Join(s.Addrs(), ",") + "/" + stack.SentinelName,
			servers: append(s.Nodes[:len(s.Nodes):len(s.Nodes)], s.Sentinels...),
			primary: func(ctx context.Context, _ string) (*stack.Redis, error) { return s.Primary(ctx) },
			well:    s.Well,
			stop:    s.Stop,
		}, nil
	}}
)

// falling is a way in which a primary fails.
type falling struct {
	name string
	// begin and end make it fail and bring it back.
	begin, end func(primary *stack.Redis, r *replicated, network *stack.Network) error
	promoted   bool // the others miss it, and promote its replica
	cut        bool // it needs a network
}

var fallings = []falling{
	{"killed",
		func(primary *stack.Redis, _ *replicated, _ *stack.Network) error { primary.Kill(); return nil },
		func(primary *stack.Redis, _ *replicated, _ *stack.Network) error { return primary.StartAgain() }, true, false},
	{"frozen",
		func(primary *stack.Redis, _ *replicated, _ *stack.Network) error { primary.Freeze(); return nil },
		func(primary *stack.Redis, _ *replicated, _ *stack.Network) error { primary.Thaw(); return nil }, true, false},
	{"cut off from its replicas and all other servers",
		func(primary *stack.Redis, r *replicated, _ *stack.Network) error {
			return primary.Host.CutOff(r.others(primary)...)
		},
		mend, true, true},
	{"cut off from clients",
		func(primary *stack.Redis, _ *replicated, network *stack.Network) error {
			return primary.Host.CutOff(network.Home)
		},
		mend, false, true},
}

func mend(primary *stack.Redis, _ *replicated, _ *stack.Network) error { return primary.Host.Mend() }

// others are the hosts of all servers but some.
func (r *replicated) others(than ...*stack.Redis) (hosts []*stack.Host) {
	for _, server := range r.servers {
		if !slices.Contains(than, server) {
			hosts = append(hosts, server.Host)
		}
	}
	return hosts
}

// fallen is what a primary's failures of one kind did.
type fallen struct {
	longest time.Duration   // from a failure until the others had promoted a replica, or until its end
	waited  []time.Duration // durations of the requests made before the preview was stored
}

// failover is promise 15.
func failover(ctx context.Context, t *trial) error {
	p := [...]struct {
		load
		falls int // of each kind
		kinds []failsOver
	}{
		tiny:  {load{clients: 60, keys: 15, each: 5}, 1, []failsOver{clustered}},
		small: {load{clients: 300, keys: 50, each: 10}, 1, []failsOver{clustered, watched}},
		full:  {load{clients: 1000, keys: 100, each: 100}, 20, []failsOver{clustered, watched}},
	}[t.size]
	p.load = t.eased(p.load)
	var chosen []falling
	for _, f := range fallings {
		if !f.cut || t.network != nil {
			chosen = append(chosen, f)
		}
	}
	for _, kind := range p.kinds {
		t.sized("%s: %d failures of a primary, in rounds of %d clients x %d URIs, 3 gateways behind nginx", kind.name, len(chosen)*p.falls, p.clients, p.keys)
		s, err := t.system(ctx, setup{gateways: 3, shortest: shortest, longest: longest, failsOver: &kind, network: t.network, env: []string{"PREW_INVOKES=256"}})
		if err != nil {
			return err
		}
		if err := t.falls(ctx, s, p.load, chosen, p.falls); err != nil {
			return err
		}
		s.stop() // the next system has the same addresses for metrics
	}
	if t.network == nil || t.size == tiny {
		return nil
	}
	return t.split(ctx, p.load)
}

// falls lets primaries of a Redis fail, in a random order.
func (t *trial) falls(ctx context.Context, s *system, l load, kinds []falling, each int) error {
	all := visitors(l.clients, s.front)
	defer leaveAll(all)
	var got outcome
	results := make([]fallen, len(kinds))
	for n, i := range t.random.Perm(len(kinds) * each) {
		kind := kinds[i%len(kinds)]
		t.say("a primary is %s, %d of %d; %d extra renders for %d previews, %d requests, others: %s",
			kind.name, n+1, len(kinds)*each, got.extra, got.keys, got.all, got.others())
		if err := t.fall(ctx, s, l, kind, all, &got, &results[i%len(kinds)]); err != nil {
			return fmt.Errorf("a primary %s: %w", kind.name, err)
		}
	}
	t.answered(got.tally)
	t.served(got.tally)
	counted, err := s.sum(ctx, aloneCounter)
	if err != nil {
		return err
	}
	alone, excused := int(counted), 0
	if t.size == tiny || t.race { // a busy machine's nodes may miss each other for longer than the grace
		excused = alone
	}
	t.check("extra renders at most 1 % of URIs", 100*(got.extra-excused) <= got.keys && got.unmade == 0,
		"%d of %d, at most %d at once, %d renders without a lease", got.extra, got.keys, got.atOnce, alone)
	_, slowest := s.renderer.total()
	for i, r := range results {
		t.within(kinds[i].name+": p99 of those who waited, at most the failover + the grace + the slowest render,",
			r.longest+grace+slowest, percentile(r.waited, 99))
	}
	return nil
}

var aloneCounter = regexp.MustCompile(`(?m)^prew_renders_without_lease_total (\S+)$`)

// fall lets the primary of a key fail while clients come, and brings it back once a replica has
// been promoted. It returns when everything is well again.
func (t *trial) fall(ctx context.Context, s *system, l load, kind falling, all []*visitor, got *outcome, result *fallen) error {
	// A primary fails at any step of the flights, and comes back at any after the failover.
	some := func(most time.Duration) time.Duration { return time.Duration(t.random.Int64N(int64(most))) }
	r := s.replicated
	key := leaseOf(t.key("chaos"))
	was, err := r.agreed(ctx, key)
	if err != nil {
		return err
	}
	keys := t.fresh(l.keys)
	replies := make(chan []reply, 1)
	random := fork(t.random)
	go func() { replies <- crowd(ctx, random, all, keys, l.each) }()
	pause(ctx, some(time.Second))
	failed := time.Now()
	err = kind.begin(was, r, t.network)
	var took time.Duration
	if kind.promoted && err == nil {
		err = r.replaced(ctx, key, was)
		took = time.Since(failed)
		pause(ctx, some(time.Second)) // with the old primary still gone
		err = errors.Join(err, kind.end(was, r, t.network))
	} else {
		pause(ctx, time.Second+some(2*time.Second)) // less than the grace: for longer it would be gone
		err = errors.Join(err, kind.end(was, r, t.network))
		took = time.Since(failed)
	}
	during := <-replies
	if err != nil {
		return err
	}
	// The one that has failed comes back while others come.
	later := t.fresh(l.keys)
	after := crowd(ctx, t.random, all, later, l.each)
	if err := s.awaitAllWell(ctx); err != nil {
		return err
	}

	result.longest = max(result.longest, took)
	result.waited = append(result.waited, times(waited(s.renderer, during))...)
	got.add(append(during, after...))
	keys = append(keys, later...)
	got.keys += len(keys)
	extra, unmade, atOnce := runsOf(s.renderer, keys)
	got.extra, got.unmade, got.atOnce = got.extra+extra, got.unmade+unmade, max(got.atOnce, atOnce)
	return nil
}

// agreed returns the primary of a key once most servers name one.
func (r *replicated) agreed(ctx context.Context, key string) (primary *stack.Redis, err error) {
	err = r.await(ctx, func(ctx context.Context) (err error) {
		primary, err = r.primary(ctx, key)
		return err
	})
	return primary, err
}

// replaced returns once another than some node is the primary of a key.
func (r *replicated) replaced(ctx context.Context, key string, node *stack.Redis) error {
	return r.await(ctx, func(ctx context.Context) error {
		now, err := r.primary(ctx, key)
		if err == nil && now == node {
			err = errors.New("no replica is promoted")
		}
		return err
	})
}

// awaitAllWell returns once the Redis is well and no gateway distrusts it.
func (s *system) awaitAllWell(ctx context.Context) error {
	return s.replicated.await(ctx, func(ctx context.Context) error {
		if err := s.replicated.well(ctx); err != nil {
			return err
		}
		_, err := s.awaitTrust(ctx)
		return err
	})
}

// await calls a function until it returns nil.
func (r *replicated) await(ctx context.Context, is func(context.Context) error) error {
	const every, enough = 20 * time.Millisecond, 2 * time.Minute
	ctx, cancel := context.WithTimeout(ctx, enough)
	defer cancel()
	for {
		err := is(ctx)
		if err == nil || ctx.Err() != nil {
			return err
		}
		pause(ctx, every)
	}
}

// split cuts a network in half: the old primary, a Sentinel and two gateways on one side, and on
// the other its replicas, the two Sentinels that promote one of them, and a gateway.
func (t *trial) split(ctx context.Context, l load) error {
	const rounds = 3
	t.sized("%s, cut in half: 2 gateways see one primary, 1 another, %d rounds of %d clients x %d URIs", watched.name, rounds+2, l.clients, l.keys)
	s, err := t.system(ctx, setup{gateways: 3, apart: 3, shortest: shortest, longest: longest, failsOver: &watched, network: t.network, env: []string{"PREW_INVOKES=256"}})
	if err != nil {
		return err
	}
	r := s.replicated
	was, err := r.agreed(ctx, "")
	if err != nil {
		return err
	}
	sentinel := r.servers[len(r.servers)-1]
	one := []*stack.Host{was.Host, sentinel.Host, s.gateways[0].host, s.gateways[1].host}
	other := append(r.others(was, sentinel), s.gateways[2].host)
	all := visitors(l.clients, s.front)
	defer leaveAll(all)
	var got tally
	// round counts the runs of each side beyond one for each preview.
	round := func() (keys []string, extra int) {
		keys = t.fresh(l.keys)
		got.add(crowd(ctx, t.random, all, keys, l.each))
		for _, key := range keys {
			by := s.renderer.of(key).by
			extra += max(0, by[s.gateways[0].name]+by[s.gateways[1].name]-1) + max(0, by[s.gateways[2].name]-1)
		}
		return keys, extra
	}
	t.say("the network is cut in half")
	for _, host := range one {
		if err := host.CutOff(other...); err != nil {
			return err
		}
	}
	_, transit := round()
	if err := r.replaced(ctx, "", was); err != nil {
		return err
	}
	if _, err := s.awaitTrust(ctx); err != nil {
		return err
	}
	extra := 0
	for range rounds {
		_, more := round()
		extra += more
	}
	t.say("the network is whole again")
	for _, host := range one {
		if err := host.Mend(); err != nil {
			return err
		}
	}
	_, more := round()
	transit += more
	if err := s.awaitAllWell(ctx); err != nil {
		return err
	}
	keys, _ := round()
	again, unmade, _ := runsOf(s.renderer, keys)
	t.answered(got)
	t.served(got)
	t.check("at most one render per URI and side", extra == 0, "%d extra for %d URIs, and %d for %d while it was cut and mended", extra, rounds*l.keys, transit, 2*l.keys)
	t.check("whole again: one render per URI", again == 0 && unmade == 0, "%d renders for %d URIs", len(keys)+again-unmade, len(keys))
	return nil
}
