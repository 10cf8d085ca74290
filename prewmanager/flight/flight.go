// Package flight is singleflight across processes: it makes one call per key, in
// this process and in all processes that share a Redis. It knows keys, leases and
// failures, but not what the values are.
//
// The lease is for efficiency, not for correctness. A value that is made twice must
// be the same both times, and storing it twice must do no harm. Then, whenever Redis
// fails, a flight can choose to answer, and the order of events below only has to
// make second calls rare:
//
//  1. A caller joins the flight that is under way for the key in this process, or
//     starts one. The flight runs on a context of its own, so that a client that
//     leaves cancels nothing.
//  2. The flight takes the key's lease, or learns who holds it.
//  3. The holder looks for the value once more, since the last holder may have
//     stored it between this flight's last look and its lease. What it needs to
//     know before a call it asks meanwhile.
//  4. When there is a slot for the call, and enough time for all of it, the holder
//     stretches the lease beyond the time that calls have lately taken, because
//     a call goes on when its caller dies: the next holder must find the value
//     and not call again.
//  5. The holder makes the value, and answers its own process. Then, in one step, it
//     gives the lease back and publishes a message.
//  6. A waiting flight looks when a message comes, every quarter to half a second
//     in case the message was lost, and whenever the subscription was made anew.
//     If it finds nothing, it tries for the lease.
//  7. A failure is an answer too. It goes to all who wait, and is remembered for
//     its own time.
//  8. Without Redis, be it gone or refuse what a lease needs, flights wait out a
//     short grace and then go on with the singleflight of their own process alone.
//  9. What was being made while its key was purged is deleted and made again, before
//     anybody gets it (purge.go).
package flight

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// Outcome says where a value came from.
type Outcome int

const (
	Made   Outcome = iota + 1 // this caller's flight made it
	Joined                    // another caller's flight made it, here or in another process
	Found                     // it was stored already
)

// Work is what a flight does for its key.
type Work[V any] struct {
	// Look reads the stored value; found is false if there is none.
	Look func(context.Context) (value V, found bool, err error)
	// Prepare starts what Admit will wait for, so that it goes on during Look. It is
	// called when the flight has the lease, or goes on without one, and returns at
	// once. It may be nil.
	Prepare func(context.Context)
	// Admit waits until there is a slot for a call; leave gives it back. If it knows that
	// there is nothing to call for, it fails. takes returns how long a call may take by
	// now, judged by the latest: if ctx leaves less time for
	// it, Admit should fail, because a call goes on when its flight ends, and whoever
	// asks next would begin another beside it. A flight that loses its lease while it
	// waits calls Admit again.
	Admit func(ctx context.Context, takes func() time.Duration) (leave func(), err error)
	// Make makes the value and stores it where Look finds it. An error that is ErrVanished
	// says that it was stored and is not there.
	Make func(context.Context) (V, error)
	// Delete deletes the stored value, if there is one. It is called where a purge came
	// while the value was made, and may be nil where there are no purges.
	Delete func(context.Context) error
	// Holds reports whether a remembered failure with a Mark is still true. Each
	// process calls it at most once a second for a key.
	Holds func(context.Context, *Failure) bool
}

func (w Work[V]) prepare(ctx context.Context) {
	if w.Prepare != nil {
		w.Prepare(ctx)
	}
}

// ErrVanished is the error of a flight that did not find a value although another
// process's message says that it was stored, and no purge explains that.
var ErrVanished = errors.New("made by another process, and not stored")

const (
	// pollEvery is the shortest time after which a waiting flight looks without a
	// message; jitter adds up to as much again. So a lost message costs no more
	// than half a second, and a thousand flights do not look at once.
	pollEvery = 250 * time.Millisecond
	// checkEvery is how long an answer of Holds stays valid.
	checkEvery = time.Second
)

// Group coalesces calls. It must be made by New; call Close in the end.
type Group[V any] struct {
	leases       *leases
	subscription *subscription
	negatives    *negativeCache
	purges       *purges
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

// Watcher is called at the end of every command to Redis, with the context of the
// command's flight, the name of the step, when it began, and its error. The context
// has the values of the context that Do was called with. Renewals and beats belong
// to no flight, and their context has no values. Many goroutines call a Watcher at a
// time. It may be nil.
type Watcher func(flight context.Context, step string, began time.Time, err error)

// call is one flight; its results may be read once done is closed.
type call[V any] struct {
	done    chan struct{}
	value   V
	outcome Outcome
	err     error
	marks   atomic.Int32 // purges of the key since the flight began
	landed  func()       // what is left to do once the callers have the value; nil: nothing
}

// New returns a group on a Redis. A flight ends with an error after budget at the latest.
// Without hear the group knows of no purges. New returns at once, whether or not Redis can
// be reached.
func New[V any](at Redis, budget time.Duration, watcher Watcher, hear Hear) (*Group[V], error) {
	server, err := dial(at)
	if err != nil {
		return nil, err
	}
	g := newGroup[V](server, budget, watcher, hear)
	context.AfterFunc(g.ctx, func() { server.Close() })
	return g, nil
}

func newGroup[V any](server server, budget time.Duration, watcher Watcher, hear Hear) *Group[V] {
	ctx, cancel := context.WithCancel(context.Background())
	breaker := newBreaker(server.failsOver())
	g := &Group[V]{
		leases:       &leases{server, breaker, watcher},
		subscription: newSubscription(breaker),
		negatives:    newNegativeCache(),
		purges:       &purges{hear: hear, known: map[string]known{}},
		counter:      newCounter(),
		budget:       budget,
		jitter:       func(_ string, most time.Duration) time.Duration { return mathrand.N(most) },
		ctx:          ctx,
		hangUp:       cancel,
		calls:        map[string]*call[V]{},
	}
	g.subscription.purged = func(m told) { g.purge(m, false) }
	g.subscription.joined = func() { g.catchUp(ctx) }
	go watch(ctx, func(ctx context.Context) { g.leases.run(ctx, beatScript, beatKey) })
	go server.listen(ctx, g.subscription)
	return g
}

// Settle returns when flights may start, or when ctx ends: at Redis's first answer, if Redis has
// then run for longer than a quarantine; one quarantine later, if it has not or does not say
// since when it runs; or when the grace is over. A process that has just started would otherwise
// take leases that a Redis which has just restarted too has lost, and that their holders are
// about to put back.
func (g *Group[V]) Settle(ctx context.Context) {
	gone := time.After(g.leases.breaker.patience())
	select {
	case <-g.leases.breaker.answered:
	case <-gone:
		return
	case <-ctx.Done():
		return
	}
	asking, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	if up, err := g.leases.server.uptime(asking); err == nil && up >= quarantine {
		return
	}
	select {
	case <-time.After(quarantine):
	case <-ctx.Done():
	}
}

// Close waits for the flights under way, so that each gives its lease back and
// publishes its message, and then closes the connections. If ctx ends first, Close
// closes them then and returns ctx's error. Do must not be called any more.
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

// Do returns the value of key, made by one call of work.Make for all callers who
// ask for it meanwhile. The value is shared and must not be changed. Do returns
// early with ctx's error when ctx ends; the flight goes on. The lease of a key
// is named "prew:" and the key.
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

// run flies c and always lands it: a panic in the work must neither end the process
// nor leave its waiters hanging.
func (g *Group[V]) run(ctx context.Context, key string, c *call[V], work Work[V]) {
	ctx, cancel := context.WithTimeout(ctx, g.budget)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			c.err = g.panicked(key, p)
		}
		g.ended(c.outcome, c.err)
		if c.landed == nil {
			g.forget(key, c)
			close(c.done)
			return
		}
		if g.purges.about(key) { // what was found may be deleted just now
			g.forget(key, c)
			close(c.done)
			c.landed()
			return
		}
		// Whoever asks while the lease is given back has the value at once. Without this
		// flight they would start another, which would find the lease held and wait for
		// its message.
		close(c.done)
		c.landed()
		g.forget(key, c)
	}()
	c.value, c.outcome, c.err = g.fly(ctx, key, work, c)
}

// forget ends a flight: whoever asks now starts another, unless a purge had one started
// before.
func (g *Group[V]) forget(key string, c *call[V]) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.calls[key] == c {
		delete(g.calls, key)
	}
	g.count(func(s *Stats) { s.Flying-- })
}

// fly is the order of events of a call from the lease on.
func (g *Group[V]) fly(ctx context.Context, key string, work Work[V], c *call[V]) (V, Outcome, error) {
	var none V
	// Listen before asking for the lease: otherwise a holder that finishes after the
	// lease was refused and before we listen would wake nobody here.
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
			value, outcome, err := g.hold(ctx, claim, work, c)
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
			return g.alone(ctx, key, work, c)
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
		// If the look fails, the flight goes on: the holder may be about to
		// answer.
		value, found, err := work.Look(ctx)
		if err == nil && found {
			return value, Joined, nil
		}
		// Only a message of the holder that this flight waits for counts: an
		// earlier message may be about a value that has been deleted since.
		if err == nil && message.done != "" && message.done == claim.waited && !g.perhapsPurged(ctx, key) {
			return none, 0, ErrVanished
		}
	}
}

// errLost is hold's error when the lease was lost before the call.
var errLost = errors.New("lease lost")

// hold is the part of a call's flight that holds its lease: it looks, makes the value,
// and releases the lease with a message.
func (g *Group[V]) hold(ctx context.Context, claim claim, work Work[V], c *call[V]) (value V, outcome Outcome, err error) {
	renewal := g.leases.renew(claim)
	defer func() {
		if p := recover(); p != nil {
			err = g.panicked(claim.key, p)
		}
		failure := asFailure(err)
		switch {
		case err == errLost:
			renewal.stop()
		case failure == nil:
			// The value is stored, and callers in this process need not wait for Redis.
			c.landed = func() {
				defer func() {
					if p := recover(); p != nil {
						g.panicked(claim.key, p)
					}
				}()
				g.giveBack(ctx, claim, renewal, nil)
			}
		default:
			// A failure that may pass is for those who wait now. The flight lands after
			// its release, so that whoever asks later doesn't hear of it.
			g.negatives.remember(claim.key, failure)
			g.giveBack(ctx, claim, renewal, failure)
		}
	}()
	return g.obtain(ctx, claim.key, work, c, func() bool { return renewal.stretch(ctx, g.recent.several()) })
}

// obtain is the part of a flight that finds the value or makes it, with the lease or without
// one. It asks ready before each call. What a call has stored that began before a purge of
// its key is deleted, and made again.
func (g *Group[V]) obtain(ctx context.Context, key string, work Work[V], c *call[V], ready func() bool) (V, Outcome, error) {
	var none V
	for calls := 1; ; calls++ {
		value, outcome, old, err := g.attempt(ctx, work, c, ready)
		if !old && !(errors.Is(err, ErrVanished) && g.purged(ctx, key)) {
			return value, outcome, err
		}
		if old {
			if failed := work.Delete(context.WithoutCancel(ctx)); failed != nil {
				return none, 0, fmt.Errorf("purged while it was made, and not deleted: %w", failed)
			}
		}
		if calls == mostCalls || ctx.Err() != nil {
			return none, 0, cmp.Or(err, ErrPurged)
		}
		g.count(func(s *Stats) { s.Remade++ })
	}
}

// attempt looks for the value and makes it if it is not there. old reports that a purge came
// meanwhile, and that the result is from before it.
func (g *Group[V]) attempt(ctx context.Context, work Work[V], c *call[V], ready func() bool) (value V, outcome Outcome, old bool, err error) {
	marks := c.marks.Load()
	work.prepare(ctx)
	value, found, err := work.Look(ctx)
	if err == nil && found {
		return value, Found, false, nil
	}
	if err != nil {
		return value, 0, c.marks.Load() > marks, err
	}
	// Until there is a slot the lease stays short: a holder that dies in the queue
	// has no call under way, so nobody should wait for it.
	leave, err := work.Admit(ctx, g.takes)
	if err != nil {
		return value, 0, c.marks.Load() > marks, err
	}
	defer leave()
	if !ready() {
		return value, 0, false, errLost
	}
	marks = c.marks.Load()
	if value, err = g.call(ctx, work); err != nil {
		return value, 0, c.marks.Load() > marks, err
	}
	return value, Made, c.marks.Load() > marks, nil
}

// giveBack ends the renewal and gives the lease back, in this order: otherwise a late
// renewal would find the lease missing and take it again for a flight that is over.
func (g *Group[V]) giveBack(ctx context.Context, c claim, renewal *renewal, failure *Failure) {
	renewal.stop()
	if !g.leases.release(ctx, c, failure) {
		g.running.Go(func() { g.leases.releaseAgain(ctx, c, failure) })
	}
}

// call makes the value and remembers how long that took. A call that was cut off by
// the end of its flight takes at least as long as it had.
func (g *Group[V]) call(ctx context.Context, work Work[V]) (V, error) {
	start := time.Now()
	value, err := work.Make(ctx)
	if err == nil || ctx.Err() != nil {
		g.recent.took(time.Since(start))
	}
	return value, err
}

// takes returns how long a call may take: half as long again as the latest, because
// calls differ, but at most nine tenths of the budget: a flight that has waited for
// nothing may always begin its call, and so find out that calls have become faster.
func (g *Group[V]) takes() time.Duration { return min(g.recent.lately()*3/2, g.budget*9/10) }

// alone makes the value without a lease, when Redis has been gone for longer than
// the grace.
func (g *Group[V]) alone(ctx context.Context, key string, work Work[V], c *call[V]) (value V, _ Outcome, err error) {
	defer func() { g.negatives.remember(key, asFailure(err)) }()
	return g.obtain(ctx, key, work, c, func() bool {
		g.count(func(s *Stats) { s.Alone++ })
		return true
	})
}

// holds asks the work whether a remembered failure is still true, and updates the
// negative cache with the answer.
func (g *Group[V]) holds(ctx context.Context, key string, failure *Failure, work Work[V]) bool {
	if !work.Holds(ctx, failure) {
		g.negatives.forget(key)
		return false
	}
	g.negatives.confirm(key)
	return true
}

// wait returns the next message, or an empty one when it is time to look without a
// message. If Redis is in trouble, that time is the end of the quarantine and a
// little more, so that flights stopped by the same error do not all come back at
// once, but never later than the end of the grace.
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
