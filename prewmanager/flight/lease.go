package flight

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// takeFor is the length of a new lease: six renewals, so that a holder keeps it
	// when a few renewals are lost, and others wait little more than half a second
	// for a dead holder.
	takeFor = 600 * time.Millisecond
	// renewEvery is the pause between two renewals. A renewal shows that the holder
	// is alive, and puts back a lease that a restarted Redis has lost.
	renewEvery = 100 * time.Millisecond
	// stretchLeast and stretchMost bound the lease during a call. A call goes on
	// when its holder dies; under 3 s the next holder was measured to start a
	// second call. A lease of all of a 27 s call is too long to wait for a dead
	// holder and not needed for a live one, which renews it.
	stretchLeast = 3 * time.Second
	stretchMost  = 27 * time.Second
)

// releaseFor is how long a failed release is tried again. It is longer than a restart of
// Redis, and with the last try shorter than the lease of a call, which would keep others
// from the key.
const releaseFor = time.Second

// lateFor is how long Redis keeps a failure with no Keep, for those who were waiting
// and missed the message: at least two polls.
const lateFor = 4 * pollEvery

// claim is one flight's wish for the lease of its key.
type claim struct {
	key     string
	token   string
	waited  string // the token of the holder that the flight has waited for, if any
	doubted string // the mark of a remembered failure that no longer holds
	garbled string // a failure in Redis that can't be read, as it is there

	refused  time.Time // when Redis first refused this key; zero: it did not
	troubled time.Time // when this flight's wait for Redis began; zero: it has an answer
}

// inTrouble returns the state of a flight while Redis is in trouble. It ends with the
// grace and a quarantine after this flight's own last answer, even if the beats are
// answered meanwhile and the breaker's grace never ends.
func (c *claim) inTrouble(t *trouble) state {
	if c.troubled.IsZero() {
		c.troubled = time.Now()
	}
	t.grace = min(t.grace, max(0, t.patience+quarantine-time.Since(c.troubled)))
	return state{trouble: t}
}

// refusedAlone returns the state of a flight whose key Redis has refused. Within a
// quarantine the beats show whether Redis refuses everything. If not, and Redis
// refuses the key a second time, the flight goes on without a lease.
func (c *claim) refusedAlone() state {
	if c.refused.IsZero() {
		c.refused = time.Now()
	}
	left := max(0, quarantine-time.Since(c.refused))
	return state{trouble: &trouble{quarantine: left, grace: left}}
}

// state is the answer to a claim: taken, held by another flight, or a failure. If
// it is none of these, Redis is in trouble.
type state struct {
	taken   bool
	held    bool
	failure *Failure
	trouble *trouble
}

// leases takes leases on the server, unless the breaker says not to use it.
type leases struct {
	server  server
	breaker *breaker
	watcher Watcher
}

// run runs a script within callTimeout and tells the breaker what that says about
// Redis: a beat everything, a step for a key only what is so for all of them. When the
// flight's own time was up, it says nothing.
func (l *leases) run(flight context.Context, s *script, key string, args ...any) (any, error) {
	ctx, cancel := context.WithTimeout(flight, callTimeout)
	defer cancel()
	began := time.Now()
	answer, err := l.server.step(ctx, s, key, args...)
	switch {
	case flight.Err() != nil:
	case s == beatScript, err != nil && ofAllKeys(err, l.server.failsOver()):
		l.breaker.note(err)
	case err != nil:
		l.breaker.refuse(refusal(err))
	}
	if l.watcher != nil {
		l.watcher(flight, s.name, began, err)
	}
	return answer, err
}

// acquire tries for the lease of c once.
func (l *leases) acquire(ctx context.Context, c *claim) state {
	if trouble := l.breaker.trouble(); trouble != nil {
		return c.inTrouble(trouble)
	}
	reply, err := l.run(ctx, acquireScript, c.key, c.token, takeFor.Milliseconds(), c.waited, c.doubted, c.garbled)
	if kind := refusal(err); kind != "" && !ofAllKeys(err, l.server.failsOver()) {
		s := c.refusedAlone()
		if s.trouble.grace == 0 {
			l.breaker.complain("the key", kind, err.Error(), "key", c.key)
		}
		return s
	}
	if err != nil {
		if trouble := l.breaker.trouble(); trouble != nil {
			return c.inTrouble(trouble)
		}
		return state{} // the flight's time is up
	}
	c.troubled = time.Time{}
	answer := reply.([]any)
	switch answer[0] {
	case "taken":
		return state{taken: true}
	case "failed":
		text := answer[1].(string)
		failure, err := decodeFailure(text)
		if err != nil && c.garbled != text { // another program wrote it
			c.garbled = text
			return l.acquire(ctx, c)
		}
		if err != nil {
			return state{held: true}
		}
		failure.Keep = time.Duration(answer[2].(int64)) * time.Millisecond // what is left of it
		return state{failure: failure}
	default:
		c.waited = answer[1].(string)
		return state{held: true}
	}
}

// release gives the lease back and publishes how the flight ended. It reports
// whether Redis has answered. It runs even when the flight's time is up.
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
	reply, err := l.run(context.WithoutCancel(flight), releaseScript, c.key, c.token, message, keep.Milliseconds())
	if unheard, ok := reply.([]any); ok { // the lease is given back, and those who wait will look by themselves
		reason := unheard[0].(string)
		l.breaker.refuse(kindOf(reason))
		l.breaker.complain("messages", kindOf(reason), reason)
	}
	return err == nil
}

// releaseAgain repeats a release that Redis did not answer, for releaseFor. If every try
// fails, the lease expires by itself, and waiting flights look by themselves.
func (l *leases) releaseAgain(flight context.Context, c claim, failure *Failure) {
	for began := time.Now(); time.Since(began) < releaseFor; {
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
			case <-r.quit: // quit and a tick may both have come during a slow extend
				return
			default:
				r.extend(context.Background())
			}
		}
	}()
	return r
}

// extend renews the lease and reports whether it is held afterwards.
func (r *renewal) extend(ctx context.Context) bool {
	held, err := r.leases.run(ctx, extendScript, r.claim.key, r.claim.token, r.ttl.Load())
	return err == nil && held == int64(1)
}

// stretch prolongs the lease to the length that a call needs and reports whether it
// is still held. If not, another holder may be making the call already.
func (r *renewal) stretch(flight context.Context, length time.Duration) bool {
	r.ttl.Store(length.Milliseconds())
	return r.extend(context.WithoutCancel(flight))
}

func (r *renewal) stop() {
	close(r.quit)
	<-r.ended
}

// recent estimates how long calls take: it is the longest of the latest calls,
// reduced by a tenth with every call.
type recent struct {
	mu      sync.Mutex // protects longest
	longest time.Duration
}

func (r *recent) took(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.longest = max(d, r.longest*9/10)
}

// lately is how long a call takes, zero if there was none yet.
func (r *recent) lately() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.longest
}

// several is the length of a lease for a call, even if the call takes four times as
// long as any of the latest.
func (r *recent) several() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return min(max(4*r.longest, stretchLeast), stretchMost)
}
