package flight

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

const (
	// beatEvery is how often Redis is asked whether it is there, so that a
	// process without traffic knows too.
	beatEvery = 100 * time.Millisecond
	// quarantine is how long nobody asks for a lease after an error: four
	// renewals, in which the holders put their leases back into a Redis that
	// was restarted. Without it half of them were measured to be taken twice.
	quarantine = 4 * renewEvery
	// grace is how long flights wait for Redis to come back before they go on
	// without it. It counts from the last good answer, so that a Redis that is
	// gone costs it once and not with every miss.
	grace = 2 * time.Second
)

// breaker is a circuit breaker: from the latest answers of Redis it knows whether to
// ask it, to wait, or to go on without it.
type breaker struct {
	answered chan struct{} // closed at the first good answer

	mu        sync.Mutex // protects the rest
	ever      bool       // there was one
	lastGood  time.Time
	lastError time.Time
	errors    int64
	degraded  time.Duration // of the quarantines that are over
	since     time.Time     // when this one began; zero: there is none
}

// newBreaker gives Redis the grace from the start.
func newBreaker() *breaker { return &breaker{answered: make(chan struct{}), lastGood: time.Now()} }

// watch calls ask, which notes how Redis did, until ctx ends.
func watch(ctx context.Context, ask func(context.Context)) {
	ticker := time.NewTicker(beatEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			ask(ctx)
		}
	}
}

// note records how a command went.
func (b *breaker) note(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	if err != nil {
		b.errors++
		b.lastError = now
		if b.since.IsZero() {
			b.since = now
			slog.Warn("redis is in trouble", "reason", err)
		}
		return
	}
	if !b.ever {
		b.ever = true
		close(b.answered)
	}
	b.lastGood = now
	if !b.since.IsZero() && now.Sub(b.lastError) >= quarantine {
		b.degraded += now.Sub(b.since)
		slog.Info("redis is well again", "ms", now.Sub(b.since).Milliseconds())
		b.since = time.Time{}
	}
}

// report is how many errors there were, and how long Redis was not trusted.
func (b *breaker) report() (errors int64, degraded time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	degraded = b.degraded
	if !b.since.IsZero() {
		degraded += time.Since(b.since)
	}
	return b.errors, degraded
}

// trouble is what Redis is in after an error.
type trouble struct {
	quarantine time.Duration // how much of it is left
	grace      time.Duration // how much of it is left; none: go on without Redis
}

// trouble returns nil where Redis can be asked.
func (b *breaker) trouble() *trouble {
	b.mu.Lock()
	defer b.mu.Unlock()
	left := quarantine - time.Since(b.lastError)
	if left <= 0 {
		return nil
	}
	return &trouble{left, max(0, grace-time.Since(b.lastGood))}
}
