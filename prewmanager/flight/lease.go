package flight

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// takeFor is how long a lease is taken for at first: six renewals, so that
	// a holder survives losing a few, and a dead one is missed for little more
	// than half a second.
	takeFor = 600 * time.Millisecond
	// renewEvery is how often a holder says that it is alive, and puts back a
	// lease that a restarted Redis has lost.
	renewEvery = 100 * time.Millisecond
	// stretchLeast and stretchMost bound the lease during a call. A call goes on
	// when its holder dies; under 3 s the next holder was measured to start a
	// second one, and nobody should wait out a whole 27 s call for a holder
	// that died: renewals keep the lease of a live one as long as it takes.
	stretchLeast = 3 * time.Second
	stretchMost  = 27 * time.Second
)

// releaseTries is how often a release that failed is tried again, which takes a
// second: longer than a Redis takes to be restarted, and shorter than the lease
// of a call would keep others from the key.
const releaseTries = 4

// lateFor is how long a failure that is not remembered is kept for those who
// were waiting and missed the message: two polls.
const lateFor = 4 * pollEvery

// claim is one flight's wish for the lease of its key.
type claim struct {
	key     string
	token   string
	waited  string // the token of the holder it has waited for, if any
	doubted string // the mark of a remembered failure that no longer holds
}

// state is the answer to a claim: taken, held by another, or a failure. If it
// is none of these Redis is in trouble.
type state struct {
	taken   bool
	held    bool
	failure *Failure
	trouble *trouble
}

// leases takes leases on the server and knows whether it can be trusted.
type leases struct {
	server  server
	breaker *breaker
	watcher Watcher
}

// run runs a script within callTimeout and takes note of how the server did;
// that a flight's own time was up says nothing of it.
func (l *leases) run(flight context.Context, s *script, key string, args ...any) (any, error) {
	ctx, cancel := context.WithTimeout(flight, callTimeout)
	defer cancel()
	began := time.Now()
	answer, err := l.server.step(ctx, s, key, args...)
	if flight.Err() == nil {
		l.breaker.note(err)
	}
	if l.watcher != nil {
		l.watcher(flight, s.name, began, err)
	}
	return answer, err
}

// acquire tries for the lease of c once.
func (l *leases) acquire(ctx context.Context, c *claim) state {
	if trouble := l.breaker.trouble(); trouble != nil {
		return state{trouble: trouble}
	}
	reply, err := l.run(ctx, acquireScript, c.key, c.token, takeFor.Milliseconds(), c.waited, c.doubted)
	if err != nil {
		return state{trouble: l.breaker.trouble()}
	}
	answer := reply.([]any)
	switch answer[0] {
	case "taken":
		return state{taken: true}
	case "failed":
		failure, err := decodeFailure(answer[1].(string))
		if err != nil { // not written by this program; its lifetime is short
			return state{held: true}
		}
		failure.Keep = time.Duration(answer[2].(int64)) * time.Millisecond // what is left of it
		return state{failure: failure}
	default:
		c.waited = answer[1].(string)
		return state{held: true}
	}
}

// release gives the lease back and tells everybody how the flight ended, and
// says whether Redis has heard. It runs whether or not the flight's time is up.
func (l *leases) release(flight context.Context, c claim, failure *Failure) (heard bool) {
	message, keep := "D"+c.token, time.Duration(0)
	if failure != nil {
		audience := "?"
		keep = lateFor
		if failure.Keep > 0 {
			audience, keep = "!", failure.Keep
		}
		message = "F" + c.token + audience + failure.encode()
	}
	_, err := l.run(context.WithoutCancel(flight), releaseScript, c.key, c.token, message, keep.Milliseconds())
	return err == nil
}

// releaseAgain is for a release that was not heard. If none is, the lease
// expires by itself, and waiters look by themselves.
func (l *leases) releaseAgain(flight context.Context, c claim, failure *Failure) {
	for range releaseTries {
		time.Sleep(renewEvery)
		if l.release(flight, c, failure) {
			return
		}
	}
}

// renewal keeps a lease alive until it is stopped.
type renewal struct {
	leases *leases
	claim  claim
	ttl    atomic.Int64 // milliseconds
	quit   chan struct{}
	ended  chan struct{}
}

func (l *leases) renew(c claim) *renewal {
	r := &renewal{leases: l, claim: c, quit: make(chan struct{}), ended: make(chan struct{})}
	r.ttl.Store(takeFor.Milliseconds())
	go func() {
		defer close(r.ended)
		ticker := time.NewTicker(renewEvery)
		defer ticker.Stop()
		for {
			select {
			case <-r.quit:
				return
			case <-ticker.C:
			}
			select {
			case <-r.quit: // both may have come during a slow extend
				return
			default:
				r.extend(context.Background())
			}
		}
	}()
	return r
}

// extend says whether the lease is held after it.
func (r *renewal) extend(ctx context.Context) bool {
	held, err := r.leases.run(ctx, extendScript, r.claim.key, r.claim.token, r.ttl.Load())
	return err == nil && held == int64(1)
}

// stretch prolongs the lease to the length a call needs and says whether it is
// still held. If not, somebody else may be making the call already.
func (r *renewal) stretch(flight context.Context, length time.Duration) bool {
	r.ttl.Store(length.Milliseconds())
	return r.extend(context.WithoutCancel(flight))
}

func (r *renewal) stop() {
	close(r.quit)
	<-r.ended
}

// recent estimates how long calls take: the longest of late, forgetting a tenth
// of it with every call.
type recent struct {
	mu      sync.Mutex // protects longest
	longest time.Duration
}

func (r *recent) took(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.longest = max(d, r.longest*9/10)
}

// several is a lease that a call will fit in even when it takes four times as
// long as any of late.
func (r *recent) several() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return min(max(4*r.longest, stretchLeast), stretchMost)
}
