// Package flight makes one call per key: in this process, and across all
// processes that share a Redis. It knows keys, leases and failures, and nothing
// of what is made.
//
// The lease is for efficiency, not for correctness. What is made twice must come
// out the same and be harmless to store twice; then every failure of Redis can
// lean towards answering, and the order of events below only has to make second
// calls rare:
//
//  1. Whoever asks joins the flight that is under way for the key in this
//     process, or starts one. The flight runs on a context of its own, so that
//     a client that leaves cancels nothing.
//  2. The flight takes the key's lease, or learns who holds it.
//  3. The holder looks once more, since the last holder may have stored the
//     value between this flight's last look and its lease.
//  4. When there is a place for the call, and just before it, the holder
//     stretches the lease beyond the time that calls have lately taken, because
//     a call goes on when its caller dies: the next holder must find the value
//     and not call again.
//  5. The holder makes the value, gives the lease back and tells everybody, in
//     one step.
//  6. Whoever waits looks when told, every quarter to half a second in case the
//     message was lost, and whenever the subscription was made anew. Who looks
//     and finds nothing tries for the lease.
//  7. A failure is an answer too. It goes to all who wait, and is remembered as
//     long as it says.
//  8. Without Redis, flights wait out a short grace and then go on under the
//     coalescing of their own process alone.
package flight

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"sync"
	"time"
)

// Outcome says how a value was come by.
type Outcome int

const (
	Made   Outcome = iota + 1 // this caller's flight made it
	Joined                    // another caller's flight made it, here or in another process
	Found                     // it was there already
)

// Work is what a flight does for its key.
type Work[V any] struct {
	// Look reads the stored value; found is false where there is none.
	Look func(context.Context) (value V, found bool, err error)
	// Admit waits until there is a place for a call, which leave gives back.
	Admit func(context.Context) (leave func(), err error)
	// Make makes the value and stores it where Look finds it.
	Make func(context.Context) (V, error)
	// Holds asks whether a remembered failure with a Mark is still true. It is
	// called at most once a second for a key and process.
	Holds func(context.Context, *Failure) bool
}

// ErrVanished is the error of a flight that was told by another process that
// the value is there, and did not find it.
var ErrVanished = errors.New("made by another process, and not stored")

const (
	// pollEvery is how often a waiter looks by itself, with as much again as
	// jitter, so that a lost message costs no more than half a second and a
	// thousand waiters do not look at once.
	pollEvery = 250 * time.Millisecond
	// checkEvery is how long the answer of Holds is taken for true.
	checkEvery = time.Second
)

// Group coalesces calls. It must be made by New and closed in the end.
type Group[V any] struct {
	leases       *leases
	subscription *subscription
	negatives    *negativeCache
	*counter
	budget time.Duration
	recent recent
	jitter func(key string, most time.Duration) time.Duration

	ctx     context.Context // of the connections
	hangUp  context.CancelFunc
	running sync.WaitGroup // flights

	mu    sync.Mutex // protects calls
	calls map[string]*call[V]
}

// Watcher hears of every command to Redis: the context of the flight that it was
// for, with the values of the context that Do was called with, the name of the
// step, when it began, and how it ended, which is now. What keeps leases alive
// and asks after Redis is for no flight, and its context has no values. Many
// call it at a time. Nil hears nothing.
type Watcher func(flight context.Context, step string, began time.Time, err error)

// call is one flight; its results may be read once done is closed.
type call[V any] struct {
	done    chan struct{}
	value   V
	outcome Outcome
	err     error
}

// New returns a group on the Redis at url, redis://[user:password@]host:port[/db]
// or host:port. A flight ends with an error after budget at the latest. New
// returns at once and works without Redis too, as the package promises.
func New[V any](url string, budget time.Duration, watcher Watcher) (*Group[V], error) {
	server, err := dial(url)
	if err != nil {
		return nil, err
	}
	g := newGroup[V](server, budget, watcher)
	context.AfterFunc(g.ctx, func() { server.client.Close() })
	return g, nil
}

func newGroup[V any](server server, budget time.Duration, watcher Watcher) *Group[V] {
	ctx, cancel := context.WithCancel(context.Background())
	breaker := newBreaker()
	g := &Group[V]{
		leases:       &leases{server, breaker, watcher},
		subscription: newSubscription(breaker.note),
		negatives:    newNegativeCache(),
		counter:      newCounter(),
		budget:       budget,
		jitter:       func(_ string, most time.Duration) time.Duration { return mathrand.N(most) },
		ctx:          ctx,
		hangUp:       cancel,
		calls:        map[string]*call[V]{},
	}
	go watch(ctx, func(ctx context.Context) { g.leases.run(ctx, beatScript, prefix) })
	go server.listen(ctx, g.subscription)
	return g
}

// Settle returns when Redis has answered for the first time and the quarantine is
// over after that, or the grace is over, or ctx ends. Who has just started can't
// know that Redis has as well, and before that would take leases that their
// holders are about to put back.
func (g *Group[V]) Settle(ctx context.Context) {
	gone := time.After(grace)
	select {
	case <-g.leases.breaker.answered:
	case <-gone:
		return
	case <-ctx.Done():
		return
	}
	select {
	case <-time.After(quarantine):
	case <-ctx.Done():
	}
}

// Close waits for the flights under way, so that each has given its lease back
// and told everybody, and ends the connections; or it ends them when ctx does,
// with that error. No flight may start any more.
func (g *Group[V]) Close(ctx context.Context) error {
	defer g.hangUp()
	landed := make(chan struct{})
	go func() {
		g.running.Wait()
		close(landed)
	}()
	select {
	case <-landed:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("flights are still under way: %w", ctx.Err())
	}
}

// Do returns the value of key, made by at most one call of work.Make among all
// who ask for it meanwhile. The value is shared and must not be changed. Do
// returns early with ctx's error when ctx ends; the flight goes on. The lease
// and the channel of a key are named "prew:" and the key.
func (g *Group[V]) Do(ctx context.Context, key string, work Work[V]) (V, Outcome, error) {
	var none V
	key = prefix + key
	if failure := g.negatives.recall(key); failure != nil {
		return none, Joined, failure
	}
	g.mu.Lock()
	c, joined := g.calls[key]
	if !joined {
		c = &call[V]{done: make(chan struct{})}
		g.calls[key] = c
		g.count(func(s *Stats) { s.Flying++ })
		flying := context.WithoutCancel(ctx)
		g.running.Go(func() { g.run(flying, key, c, work) })
	}
	g.mu.Unlock()

	g.count(func(s *Stats) { s.Waiters++ })
	defer g.count(func(s *Stats) { s.Waiters-- })
	select {
	case <-c.done:
	case <-ctx.Done():
		return none, 0, ctx.Err()
	}
	if joined && c.outcome == Made {
		return c.value, Joined, c.err
	}
	return c.value, c.outcome, c.err
}

// run flies c and lands it whatever happens: a panic of the work must neither
// end the process nor leave its waiters hanging.
func (g *Group[V]) run(ctx context.Context, key string, c *call[V], work Work[V]) {
	ctx, cancel := context.WithTimeout(ctx, g.budget)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			c.err = fmt.Errorf("panic in the flight of %s: %v", key, p)
		}
		g.mu.Lock()
		delete(g.calls, key)
		g.mu.Unlock()
		g.ended(c.outcome, c.err)
		close(c.done)
	}()
	c.value, c.outcome, c.err = g.fly(ctx, key, work)
}

// fly is the order of events from the lease on.
func (g *Group[V]) fly(ctx context.Context, key string, work Work[V]) (V, Outcome, error) {
	var none V
	// Listening starts before the lease is asked for: a holder that finishes
	// between its refusal and our listening would otherwise wake nobody here.
	news := g.subscription.listen(key)
	defer g.subscription.leave(key)

	claim := claim{key: key, token: rand.Text()}
	if failure := g.negatives.due(key); failure != nil {
		if g.holds(ctx, key, failure, work) {
			return none, Joined, failure
		}
		claim.doubted = failure.Mark
	}
	for {
		state := g.leases.acquire(ctx, &claim)
		switch {
		case state.taken:
			value, outcome, err := g.hold(ctx, claim, work)
			if err != errLost {
				return value, outcome, err
			}
		case state.failure != nil:
			if state.failure.Mark == "" || g.negatives.checked(key) || g.holds(ctx, key, state.failure, work) {
				g.negatives.remember(key, state.failure)
				return none, Joined, state.failure
			}
			claim.doubted = state.failure.Mark
			continue // the doubted failure gives way to our lease
		case state.trouble != nil && state.trouble.grace == 0:
			return g.alone(ctx, key, work)
		case state.held:
			g.count(func(s *Stats) { s.LeaseWaits++ })
		}

		message, err := g.wait(ctx, key, news, state.trouble)
		if err != nil {
			return none, 0, err
		}
		if message.failure != nil {
			g.negatives.remember(key, message.failure)
			return none, Joined, message.failure
		}
		// An error of the look is no reason to give up: the holder may be
		// about to answer.
		value, found, err := work.Look(ctx)
		if err == nil && found {
			return value, Joined, nil
		}
		// Only the word of the very holder that was waited for counts: an
		// earlier message may be of a value that has been deleted since.
		if err == nil && message.done != "" && message.done == claim.waited {
			return none, 0, ErrVanished
		}
	}
}

// errLost is hold's error when the lease was lost before the call.
var errLost = errors.New("lease lost")

// hold looks, makes and tells, as the holder of the lease of c.
func (g *Group[V]) hold(ctx context.Context, c claim, work Work[V]) (value V, outcome Outcome, err error) {
	renewal := g.leases.renew(c)
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in the call of %s: %v", c.key, p)
		}
		// The renewal has ended before the lease is given back; otherwise a late
		// one would find it missing and take it again for a dead flight.
		renewal.stop()
		if err != errLost {
			failure := asFailure(err)
			g.negatives.remember(c.key, failure)
			if !g.leases.release(ctx, c, failure) {
				// Not here: who waits in this process has waited long enough.
				g.running.Go(func() { g.leases.releaseAgain(ctx, c, failure) })
			}
		}
	}()
	value, found, err := work.Look(ctx)
	if err != nil {
		return value, 0, err
	}
	if found {
		return value, Found, nil
	}
	// Until there is a place the lease stays short: a holder that dies while it
	// queues has no call under way that anybody should wait for.
	leave, err := work.Admit(ctx)
	if err != nil {
		return value, 0, err
	}
	defer leave()
	if !renewal.stretch(ctx, g.recent.several()) {
		return value, 0, errLost
	}
	start := time.Now()
	value, err = work.Make(ctx)
	if err != nil {
		return value, 0, err
	}
	g.recent.took(time.Since(start))
	return value, Made, nil
}

// alone makes the value without a lease, where Redis has been gone for longer
// than the grace.
func (g *Group[V]) alone(ctx context.Context, key string, work Work[V]) (V, Outcome, error) {
	value, found, err := work.Look(ctx)
	if err != nil || found {
		return value, Found, err
	}
	leave, err := work.Admit(ctx)
	if err != nil {
		return value, 0, err
	}
	defer leave()
	g.count(func(s *Stats) { s.Alone++ })
	value, err = work.Make(ctx)
	if failure := asFailure(err); failure != nil {
		g.negatives.remember(key, failure)
	}
	return value, Made, err
}

// holds asks the work whether a failure that was remembered is still true.
func (g *Group[V]) holds(ctx context.Context, key string, failure *Failure, work Work[V]) bool {
	if !work.Holds(ctx, failure) {
		g.negatives.forget(key)
		return false
	}
	g.negatives.confirm(key)
	return true
}

// wait returns the next message, or an empty one when it is time to look
// without having been told. Where Redis is in trouble that is after the
// quarantine and a little more, so that flights which one error stopped do not
// all come back at once, but not after the grace.
func (g *Group[V]) wait(ctx context.Context, key string, news <-chan message, t *trouble) (message, error) {
	pause := pollEvery + g.jitter(key, pollEvery)
	if t != nil {
		pause = min(t.quarantine+g.jitter(key, renewEvery), t.grace)
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case m := <-news:
		return m, nil
	case <-timer.C:
		return message{}, nil
	case <-ctx.Done():
		return message{}, ctx.Err()
	}
}
