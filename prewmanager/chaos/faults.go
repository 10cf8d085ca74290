package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"
)

// The times of a render under load. The promised figures are for these times.
const (
	shortest = 400 * time.Millisecond
	longest  = 800 * time.Millisecond
)

// The bounds are made from these. The gateway's lease during a render lasts at least
// leaseLeast, or else four times the longest of the latest renders. A waiter looks by
// itself after poll without a message. The grace counts from Redis's last answer.
const (
	leaseLeast  = 3 * time.Second
	leaseFactor = 4
	poll        = 500 * time.Millisecond
	grace       = 2 * time.Second
)

// load is a number of rounds with fresh previews each.
type load struct {
	clients, keys, each int // in a round a client asks for this many (each) of the keys
	rounds              int // the least; more while faults are still to come
	kills, restarts     int
}

// eased is the load with as many clients as gateways bear. The race detector slows them so much
// that in a larger crowd some have Redis's answers too late, distrust it, and render what others
// render too, as they should.
func (t *trial) eased(l load) load {
	if t.race {
		l.clients = min(l.clients, 150)
	}
	return l
}

// most is the most rounds: four times as many as the faults need if a round takes a
// second.
func (l load) most() int { return l.rounds + 8*(l.kills+l.restarts) + 8 }

// outcome is the result of a load.
type outcome struct {
	tally
	keys            int
	extra, unmade   int // runs beyond one a key, and keys without any
	atOnce          int // runs of one key at a time, at most
	kills, restarts int
	waited          []time.Duration // durations of the requests made before the preview was stored
	worst           time.Duration   // the most that a request took beyond its bound; at most 0 if all were within
	worstBound      time.Duration
	worstTook       time.Duration
	killedMost      int // holders of one key that were killed
	doomed          int // 502s to requests during which every gateway was down at some time
}

// start starts a system and puts the load on it.
func (l load) start(ctx context.Context, t *trial, with setup) (*system, outcome, error) {
	s, err := t.system(ctx, with)
	if err != nil {
		return nil, outcome{}, err
	}
	o, err := l.put(ctx, t, s)
	return s, o, err
}

// put puts the load on a system while its gateways are killed and its Redis is
// restarted.
func (l load) put(ctx context.Context, t *trial, s *system) (outcome, error) {
	var o outcome
	all := visitors(l.clients, s.front)
	defer leaveAll(all)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	faults := make(chan error, 1)
	hits := make(chan bool, l.kills+l.restarts) // true for a kill
	random := fork(t.random)
	go func() {
		err := s.suffer(ctx, random, l.kills, l.restarts, hits)
		if err != nil {
			cancel(err)
		}
		faults <- err
	}()
	suffering := true
	var batches [][]reply
	var keys []string
	for round := 1; (round <= l.rounds || suffering) && round <= l.most() && ctx.Err() == nil; round++ {
		fresh := t.fresh(l.keys)
		keys = append(keys, fresh...)
		replies := crowd(ctx, t.random, all, fresh, l.each)
		o.add(replies)
		for _, r := range replies {
			if r.status == http.StatusBadGateway && !r.wrong && s.doomed(r) {
				o.doomed++
			}
		}
		batches = append(batches, waited(s.renderer, replies))
		s.trimLogs()
		select {
		case <-faults:
			suffering = false
		default:
		}
		for len(hits) > 0 {
			if <-hits {
				o.kills++
			} else {
				o.restarts++
			}
		}
		runs, _ := s.renderer.total()
		t.say("round %d of %d, %d of %d kills, %d of %d restarts of redis, %d runs for %d previews, %d requests, others: %s",
			round, l.rounds, o.kills, l.kills, o.restarts, l.restarts, runs, len(keys), o.all, o.others())
	}
	cause := context.Cause(ctx)
	cancel(nil)
	if suffering {
		<-faults // suffer still uses the gateways
	}
	if cause != nil {
		return o, cause
	}
	o.keys = len(keys)
	o.extra, o.unmade, o.atOnce = runsOf(s.renderer, keys)
	_, slowest := s.renderer.total()
	unit := max(leaseLeast, leaseFactor*slowest) + poll + slowest + 500*time.Millisecond
	o.worst = -unit
	for _, batch := range batches {
		for _, r := range batch {
			o.waited = append(o.waited, r.took)
			killed := s.renderer.of(r.key).killed
			o.killedMost = max(o.killedMost, killed)
			bound := unit * time.Duration(max(1, killed))
			if excess := r.took - bound; excess > o.worst {
				o.worst, o.worstBound, o.worstTook = excess, bound, r.took
			}
		}
	}
	return o, nil
}

// suffer kills gateways and restarts Redis in a random order, one fault every
// 0.6 to 1.3 s. A gateway is started again at once, Redis after 50 to 350 ms,
// and the next fault comes when they are ready.
func (s *system) suffer(ctx context.Context, random *rand.Rand, kills, restarts int, hits chan<- bool) error {
	for _, i := range random.Perm(kills + restarts) {
		pause(ctx, 600*time.Millisecond+time.Duration(random.Int64N(int64(700*time.Millisecond))))
		if ctx.Err() != nil {
			return nil
		}
		if i < kills {
			g := s.gateways[random.IntN(len(s.gateways))]
			s.kill(g)
			if err := s.restart(g); err != nil {
				return err
			}
		} else {
			s.killRedis()
			pause(ctx, 50*time.Millisecond+time.Duration(random.Int64N(int64(300*time.Millisecond))))
			if err := s.restartRedis(); err != nil {
				return err
			}
		}
		hits <- i < kills
	}
	return nil
}

// noFaults is promise 1.
func noFaults(ctx context.Context, t *trial) error {
	l := t.eased([...]load{
		tiny:  {clients: 100, keys: 25, each: 10, rounds: 1},
		small: {clients: 1000, keys: 100, each: 20, rounds: 3},
		full:  {clients: 1000, keys: 100, each: 100, rounds: 10},
	}[t.size])
	t.sized("%d runs of %d requests, 3 gateways", l.rounds, l.clients*l.each)
	_, o, err := l.start(ctx, t, setup{gateways: 3, shortest: shortest, longest: longest})
	if err != nil {
		return err
	}
	t.check("exactly one render per URI", o.extra == 0 && o.unmade == 0, "%d renders for %d URIs", o.keys+o.extra-o.unmade, o.keys)
	t.served(o.tally)
	return nil
}

// gatewaysKilled is promise 2.
func gatewaysKilled(ctx context.Context, t *trial) error {
	l := t.eased([...]load{
		tiny:  {clients: 100, keys: 25, each: 10, rounds: 1, kills: 2},
		small: {clients: 500, keys: 100, each: 10, rounds: 5, kills: 25},
		full:  {clients: 1000, keys: 100, each: 100, rounds: 5, kills: 60},
	}[t.size])
	t.sized("%d kills, rounds of %d clients x %d URIs, 3 gateways", l.kills, l.clients, l.keys)
	_, o, err := l.start(ctx, t, setup{gateways: 3, shortest: shortest, longest: longest})
	if err != nil {
		return err
	}
	t.check(fmt.Sprintf("at least %d kills", l.kills), o.kills >= l.kills, "%d", o.kills)
	t.check("no extra render", o.extra == 0 && o.unmade == 0, "%d for %d URIs", o.extra, o.keys)
	t.check("never two at once for a URI", o.atOnce <= 1, "%d", o.atOnce)
	t.answered(o.tally)
	t.survived(o)
	return nil
}

// mixedFaults is promise 3.
func mixedFaults(ctx context.Context, t *trial) error {
	l := t.eased([...]load{
		tiny:  {clients: 100, keys: 50, each: 10, rounds: 2, kills: 2, restarts: 1},
		small: {clients: 500, keys: 100, each: 10, rounds: 8, kills: 24, restarts: 8},
		full:  {clients: 1000, keys: 100, each: 100, rounds: 20, kills: 200, restarts: 60},
	}[t.size])
	t.sized("%d kills, %d restarts of redis, rounds of %d clients x %d URIs, 3 gateways behind nginx", l.kills, l.restarts, l.clients, l.keys)
	s, o, err := l.start(ctx, t, setup{gateways: 3, shortest: shortest, longest: longest})
	if err != nil {
		return err
	}
	_, slowest := s.renderer.total()
	t.check(fmt.Sprintf("at least %d kills, %d restarts", l.kills, l.restarts), o.kills >= l.kills && o.restarts >= l.restarts, "%d, %d", o.kills, o.restarts)
	t.answered(o.tally)
	t.survived(o)
	t.check("extra renders at most 0.5 % of URIs", 200*o.extra <= o.keys, "%d of %d, %.2f %%, at most %d at once", o.extra, o.keys, 100*float64(o.extra)/float64(o.keys), o.atOnce)
	p99 := percentile(o.waited, 99)
	t.check("p99 of those who waited at most 3 x the slowest render", p99 <= t.limit(3*slowest), "%s, slowest render %s, %d waited", brief(p99), brief(slowest), len(o.waited))
	t.check("the longest at most lease + poll + render + 0.5 s for each killed holder of its key", o.worst <= t.limit(0), "%s where %s is the bound; the longest of all %s; at most %d holders of a key killed",
		brief(o.worstTook), brief(o.worstBound), brief(o.longest), o.killedMost)
	return nil
}

// redisGone is promise 4.
func redisGone(ctx context.Context, t *trial) error {
	l := t.eased([...]load{
		tiny:  {clients: 60, keys: 15, each: 5, rounds: 1},
		small: {clients: 150, keys: 30, each: 10, rounds: 1},
		full:  {clients: 300, keys: 60, each: 30, rounds: 1}, // not more: the load of the crowd itself is not measured here
	}[t.size])
	t.sized("%d clients x %d URIs, 3 gateways", l.clients, l.keys)
	// There are three times as many renders as with a Redis. The limit is high,
	// because admission control is not measured here.
	s, with, err := l.start(ctx, t, setup{gateways: 3, shortest: shortest, longest: longest, env: []string{"PREW_INVOKES=256"}})
	if err != nil {
		return err
	}
	s.killRedis()
	var without tally
	var worst time.Duration
	var keys []string
	for round := range 2 { // the first one waits for the grace
		t.say("round %d without redis", round+1)
		all := visitors(l.clients, s.front)
		fresh := t.fresh(l.keys)
		keys = append(keys, fresh...)
		replies := crowd(ctx, t.random, all, fresh, l.each)
		leaveAll(all)
		without.add(replies)
		for _, r := range replies {
			worst = max(worst, r.took-with.longest)
		}
	}
	most := mostByOne(s.renderer, keys)
	t.served(without)
	t.check("at most one render per URI and gateway", most == 1, "%d", most)
	t.check("added latency at most the grace, "+brief(grace), worst <= t.limit(grace), "%s beyond %s with redis", brief(worst), brief(with.longest))
	return nil
}

// messagesLost is promise 5.
func messagesLost(ctx context.Context, t *trial) error {
	l := t.eased([...]load{
		tiny:  {clients: 60, keys: 15, each: 5, rounds: 1},
		small: {clients: 500, keys: 100, each: 10, rounds: 3},
		full:  {clients: 1000, keys: 100, each: 100, rounds: 3},
	}[t.size])
	t.sized("%d rounds of %d clients x %d URIs, 3 gateways", l.rounds, l.clients, l.keys)
	s, o, err := l.start(ctx, t, setup{gateways: 3, shortest: shortest, longest: longest, deaf: true})
	if err != nil {
		return err
	}
	_, slowest := s.renderer.total()
	t.within("p99 of those who waited, at most render + 1 s,", slowest+time.Second, percentile(o.waited, 99))
	t.check("one render per URI", o.extra == 0 && o.unmade == 0, "%d extra for %d URIs", o.extra, o.keys)
	t.served(o.tally)
	return nil
}
