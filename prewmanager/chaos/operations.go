package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"time"
)

// overload is promise 9.
func overload(ctx context.Context, t *trial) error {
	p := [...]struct {
		gateways, invokes, queue int
		loaded, after            time.Duration
	}{
		tiny:  {1, 4, 8, 2 * time.Second, 2 * time.Second},
		small: {3, 4, 8, 15 * time.Second, 6 * time.Second},
		full:  {3, 4, 8, 60 * time.Second, 6 * time.Second},
	}[t.size]
	if t.race { // with a quarter of the load, as the race detector slows gateways
		p.invokes, p.queue = 1, 2
	}
	const (
		beyond = 5 // times the capacity
		asking = 2 // clients for each preview
		most   = 4000
		soon   = 50 * time.Millisecond
		calm   = 5 * time.Second
		// normal is the time of one request without any other load, with the
		// slowest render.
		normal = longest + 500*time.Millisecond
	)
	capacity := float64(p.gateways*p.invokes) / ((shortest + longest) / 2).Seconds()
	rate := int(beyond * capacity)
	t.sized("%d new URIs a second by %d clients each for %s, %d gateways that render %.0f a second in all", rate, asking, brief(p.loaded), p.gateways, capacity)
	s, err := t.system(ctx, setup{gateways: p.gateways, shortest: shortest, longest: longest, env: []string{
		fmt.Sprintf("PREW_INVOKES=%d", p.invokes), fmt.Sprintf("PREW_QUEUE=%d", p.queue),
	}})
	if err != nil {
		return err
	}
	t.say("%d requests a second", rate*asking)
	keys := t.fresh(rate * (int(p.loaded.Seconds()) + 1))
	loaded, cancel := context.WithTimeout(ctx, p.loaded)
	defer cancel()
	fell := time.Now().Add(p.loaded)
	var replies []reply
	var loading sync.WaitGroup
	loading.Go(func() {
		replies = stream(loaded, rate*asking, most, func(i int) string { return keys[min(i/asking, len(keys)-1)] }, s.front)
	})
	if err := s.babble(); err != nil {
		return err
	}
	<-loaded.Done()
	// The last requests of the load are still being answered.
	t.say("after the load")
	probes := max(2, int(capacity/4)) // a second: far too few to be a load
	names := t.fresh(probes * (int(p.after.Seconds()) + 1))
	calming, cancel := context.WithTimeout(ctx, p.after)
	defer cancel()
	var back time.Duration
	for _, r := range stream(calming, probes, most, func(i int) string { return names[min(i, len(names)-1)] }, s.front) {
		if !r.good() || r.took > normal {
			back = max(back, r.ended().Sub(fell))
		}
	}
	loading.Wait()

	var all tally
	all.add(replies)
	var refusals []reply
	incomplete := 0
	for _, r := range replies {
		if r.status == http.StatusServiceUnavailable {
			refusals = append(refusals, r)
			if r.wrong || r.header.Get("X-Prew-Error") != "busy" || r.header.Get("Retry-After") == "" {
				incomplete++
			}
		}
	}
	refused := times(refusals)
	made, distinct := 0, 0
	for _, key := range keys {
		if runs := s.renderer.of(key).runs; runs > 0 {
			made += runs
			distinct++
		}
	}
	t.check("invocations at most 1.1 x the distinct URIs that were rendered", 10*made <= 11*distinct, "%d for %d", made, distinct)
	t.check("what is refused beyond the capacity", len(refusals) > 0, "%d of %d requests", len(refusals), len(replies))
	t.check("every refusal a 503 busy with Retry-After and a picture", incomplete == 0, "%d not", incomplete)
	t.check("every refusal within "+brief(soon), percentile(refused, 100) <= t.limit(soon), "p50 %s, p99 %s, longest %s", brief(percentile(refused, 50)), brief(percentile(refused, 99)), brief(percentile(refused, 100)))
	t.answered(all)
	t.check("all others got their preview", all.good+len(refusals) == all.all, "%d of %d, others: %s", all.good, all.all-len(refusals), all.others())
	t.check("what is rendered at least 0.9 x the capacity", float64(made) >= 0.9*capacity*p.loaded.Seconds(), "%d of %.0f", made, capacity*p.loaded.Seconds())
	t.within("back to normal after the load fell within", calm, back)
	s.stop() // the next system has the same addresses for metrics
	return t.deepQueue(ctx)
}

// deepQueue puts slow renders behind a queue that takes several times as long as an
// answer may. Clients that are told to come again do so, until they have the preview.
func (t *trial) deepQueue(ctx context.Context) error {
	p := [...]struct {
		uris                   int
		shortest, longest      time.Duration
		answer, invoke, stored time.Duration
	}{
		tiny:  {20, 300 * time.Millisecond, 400 * time.Millisecond, 1500 * time.Millisecond, 1200 * time.Millisecond, time.Second},
		small: {24, 1500 * time.Millisecond, 2 * time.Second, 6 * time.Second, 5 * time.Second, 4 * time.Second},
		full:  {48, 1500 * time.Millisecond, 2 * time.Second, 6 * time.Second, 5 * time.Second, 4 * time.Second},
	}[t.size]
	const invokes = 2
	t.sized("%d URIs at once, %d rendered at a time in %s to %s, an answer within %s", p.uris, invokes, brief(p.shortest), brief(p.longest), brief(p.answer))
	s, err := t.system(ctx, setup{gateways: 1, shortest: p.shortest, longest: p.longest, env: []string{
		fmt.Sprintf("PREW_INVOKES=%d", invokes), fmt.Sprintf("PREW_QUEUE=%d", p.uris),
		"PREW_ANSWER_TIMEOUT=" + p.answer.String(), "PREW_INVOKE_TIMEOUT=" + p.invoke.String(), "PREW_S3_TIMEOUT=" + p.stored.String(),
	}})
	if err != nil {
		return err
	}
	t.say("a deep queue")
	keys := t.fresh(p.uris)
	all := visitors(p.uris, s.front)
	defer leaveAll(all)
	patient, cancel := context.WithTimeout(ctx, 2*patience)
	defer cancel()
	replies := make([][]reply, p.uris)
	var asking sync.WaitGroup
	for i, v := range all {
		asking.Go(func() {
			for patient.Err() == nil {
				r := v.get(keys[i])
				replies[i] = append(replies[i], r)
				if r.good() {
					return
				}
				pause(patient, 100*time.Millisecond)
			}
		})
	}
	asking.Wait()
	served, busy, others := 0, 0, map[string]int{}
	for _, of := range replies {
		for _, r := range of {
			switch code := r.header.Get("X-Prew-Error"); {
			case r.good():
				served++
			case r.status == http.StatusServiceUnavailable && code == "busy":
				busy++
			default:
				others[fmt.Sprint(r.status, " ", code)]++
			}
		}
	}
	extra, none, most := runsOf(s.renderer, keys)
	t.check("behind a deep queue: one render per URI", extra == 0 && none == 0, "%d for %d URIs, at most %d of one at once", p.uris+extra-none, p.uris, most)
	t.check("behind a deep queue: busy where no time is left for a render, and then the preview", served == p.uris && busy > 0 && len(others) == 0, "%d of %d, %d times busy, others: %v", served, p.uris, busy, others)
	return nil
}

// rollingRestart is promise 10.
func rollingRestart(ctx context.Context, t *trial) error {
	p := [...]struct {
		rate, cycles int
		between      time.Duration
	}{
		tiny:  {100, 1, 100 * time.Millisecond},
		small: {500, 4, 500 * time.Millisecond},
		full:  {500, 20, 500 * time.Millisecond},
	}[t.size]
	const (
		asking  = 5    // clients for each preview: a hundred new ones a second
		most    = 4000 // more than can wait at 500 a second
		ofGrace = 30 * time.Second
	)
	s, err := t.system(ctx, setup{gateways: 3, shortest: shortest, longest: longest})
	if err != nil {
		return err
	}
	if t.size != tiny {
		p.rate = held(ctx, t, s, p.rate, most, asking)
	}
	t.sized("%d restarts of each of 3 gateways, %d requests/s", p.cycles, p.rate)
	loaded, cancel := context.WithCancel(ctx)
	defer cancel()
	var replies []reply
	var loading sync.WaitGroup
	prefix := t.key("rolling")
	loading.Go(func() {
		replies = stream(loaded, p.rate, most, func(i int) string { return fmt.Sprintf("%s-%d.jpg", prefix, i/asking) }, s.front)
	})
	var left []string
	unclean := 0
	var slowest time.Duration
	restart := func(g *gateway) error {
		pause(ctx, p.between)
		began := time.Now()
		g.Signal(syscall.SIGTERM)
		select {
		case <-g.Done():
		case <-time.After(ofGrace + 5*time.Second):
			g.Kill()
		case <-ctx.Done():
			return ctx.Err()
		}
		slowest = max(slowest, time.Since(began))
		if !strings.Contains(g.Err().Error(), "exit status 0") {
			unclean++
		}
		orphans, err := s.orphans(ctx)
		if err != nil {
			return err
		}
		left = append(left, orphans...)
		return s.restart(g)
	}
	for cycle := range p.cycles {
		for _, g := range s.gateways {
			t.say("restart %d of %d: %s", cycle+1, p.cycles, g.name)
			if err == nil {
				err = restart(g)
			}
		}
	}
	cancel()
	loading.Wait()
	if err != nil {
		return err
	}
	// Every client has an answer, so no flight is left that could hold a lease.
	leases, err := s.leases(ctx)
	if err != nil {
		return err
	}
	var all tally
	all.add(replies)
	t.check("0 client errors", all.good == all.all, "%d of %d got the preview, others: %s", all.good, all.all, all.others())
	t.check("0 leases left behind by a gateway that ended", len(left) == 0, "%d %s", len(left), strings.Join(left, "; "))
	t.none("leases left in the end", len(leases))
	t.check("every exit clean", unclean == 0, "%d of %d not", unclean, p.cycles*len(s.gateways))
	t.within("every exit within the grace of", ofGrace, slowest)
	return nil
}

// held returns a rate that this machine holds while nothing happens, with half as many requests
// again: the given one, or its half, a quarter and so on. What a machine can't answer anyway
// says nothing about restarts.
func held(ctx context.Context, t *trial, s *system, rate, most, asking int) int {
	const (
		least  = 50
		trying = 3 * time.Second
		prompt = 2 * time.Second // two renders and more; where requests queue up, the last ones take longer
	)
	for ; rate > least; rate /= 2 {
		prefix := t.key(fmt.Sprintf("held-%d", rate))
		probing, cancel := context.WithTimeout(ctx, trying)
		replies := stream(probing, rate*3/2, most, func(i int) string { return fmt.Sprintf("%s-%d.jpg", prefix, i/asking) }, s.front)
		cancel()
		var all tally
		all.add(replies)
		t.say("%d requests/s: %d of %d got the preview, the longest in %v", rate*3/2, all.good, all.all, all.longest)
		if ctx.Err() != nil || all.good == all.all && all.longest < prompt {
			break
		}
	}
	return rate
}

// partsFrozen is promise 12.
func partsFrozen(ctx context.Context, t *trial) error {
	p := [...]struct {
		clients, keys, each    int
		answer, invoke, stored time.Duration // stored: longer than a pause, because a pause may come during a look
		pauses                 int
	}{
		tiny:  {30, 10, 3, 12 * time.Second, 10 * time.Second, 6 * time.Second, 1},
		small: {300, 50, 10, 12 * time.Second, 10 * time.Second, 6 * time.Second, 3},
		full:  {1000, 100, 20, 30 * time.Second, 27 * time.Second, 8 * time.Second, 9},
	}[t.size]
	t.sized("%d clients x %d URIs, 3 gateways, an answer within %s", p.clients, p.keys, brief(p.answer))
	// Without Redis every gateway renders every preview. Admission control is not
	// measured here.
	s, err := t.system(ctx, setup{gateways: 3, shortest: shortest, longest: longest, slowable: true, env: []string{
		"PREW_ANSWER_TIMEOUT=" + p.answer.String(), "PREW_INVOKE_TIMEOUT=" + p.invoke.String(), "PREW_S3_TIMEOUT=" + p.stored.String(),
		"PREW_INVOKES=256",
	}})
	if err != nil {
		return err
	}
	all := visitors(p.clients, s.front)
	defer leaveAll(all)
	// nginx needs a little time to pass on the gateway's timeout.
	bound := p.answer + 500*time.Millisecond
	during := func(what string, limit time.Duration, served bool, replies []reply) {
		var got tally
		got.add(replies)
		t.check(what+": 0 wrong bodies, 0 clients left hanging", got.wrong+got.hung == 0, "%d, %d", got.wrong, got.hung)
		t.within(what+": the longest within", limit, got.longest)
		if served {
			t.check(what+": every request answered with its preview", got.good == got.all, "%d of %d, others: %s", got.good, got.all, got.others())
		} else {
			t.check(what+": every other request answered with a failure", noErrors(replies), "%d of %d got the preview, others: %s", got.good, got.all, got.others())
		}
	}
	round := func() []reply { return crowd(ctx, t.random, all, t.fresh(p.keys), p.each) }

	t.say("redis frozen")
	s.redis.Freeze()
	replies := round()
	s.redis.Thaw()
	during("redis frozen", bound, true, replies)
	during("redis thawed", bound, true, round())

	// Pause gateways before S3 is frozen: a render that waits for S3 would make the
	// next leases longer than an answer may take.
	if err := t.gatewaysPaused(ctx, s, p.pauses, bound, round, during); err != nil {
		return err
	}

	t.say("s3 slow")
	s.s3Proxy.Slow(300 * time.Millisecond)
	replies = round()
	s.s3Proxy.Slow(0)
	during("s3 slow, 300 ms", bound, true, replies)

	t.say("s3 frozen")
	straight := visitors(p.clients, s.addrs()...)
	defer leaveAll(straight)
	var front []reply
	keys := t.fresh(p.keys)
	s.s3.Freeze()
	var asking sync.WaitGroup
	if t.size > tiny { // nginx alone waits for S3 8 s
		asking.Go(func() { front = crowd(ctx, fork(t.random), all, keys, 1) })
	}
	replies = crowd(ctx, fork(t.random), straight, keys, 1)
	asking.Wait()
	s.s3.Thaw()
	during("s3 frozen, straight at a gateway", bound, false, replies)
	during("s3 frozen, through nginx", 8*time.Second+500*time.Millisecond, false, front)
	during("s3 thawed", bound, true, round())
	return nil
}

// gatewaysPaused stops gateways that wait for a render, each for longer than its
// lease, while clients come in rounds.
func (t *trial) gatewaysPaused(ctx context.Context, s *system, pauses int, bound time.Duration, round func() []reply,
	during func(what string, limit time.Duration, served bool, replies []reply)) error {
	pausing := make(chan error, 1)
	go func() {
		for i := range pauses {
			t.say("gateway paused, %d of %d", i+1, pauses)
			if err := s.pauseHolder(ctx, s.gateways[i%len(s.gateways)]); err != nil {
				pausing <- err
				return
			}
		}
		pausing <- nil
	}()
	var replies []reply
	const most = 1000 // rounds, each of which takes a render at least
	for range most {
		replies = append(replies, round()...)
		select {
		case err := <-pausing:
			if err != nil {
				return err
			}
			during("gateway paused for longer than its lease", bound, true, append(replies, round()...))
			return nil
		default:
		}
	}
	return fmt.Errorf("%d rounds and the gateways are still being paused", most)
}

// pauseHolder waits until a gateway holds a lease during a render and then stops the
// gateway until the lease has run out.
func (s *system) pauseHolder(ctx context.Context, g *gateway) error {
	const every = 5 * time.Millisecond
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for len(s.renderer.holding(g.name)) == 0 {
		pause(waiting, every)
		if waiting.Err() != nil {
			return fmt.Errorf("%s holds nothing: %w", g.name, waiting.Err())
		}
	}
	_, slowest := s.renderer.total()
	g.Freeze()
	defer g.Thaw()
	pause(ctx, max(leaseLeast, leaseFactor*slowest)+time.Second)
	return nil
}

// noErrors reports whether every reply is an answer.
func noErrors(replies []reply) bool {
	for _, r := range replies {
		if r.err != nil {
			return false
		}
	}
	return true
}

// fork returns a separate random source for one more goroutine.
func fork(random *rand.Rand) *rand.Rand { return rand.New(rand.NewPCG(random.Uint64(), 0)) }
