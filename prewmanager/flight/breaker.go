package flight

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

const (
	// beatEvery is the pause between two beats, which ask Redis for an answer, so
	// that a process without traffic also knows whether Redis is there.
	beatEvery = 100 * time.Millisecond
	// quarantine is how long after an error this process takes no lease: four
	// renewals, in which the holders put their leases back into a restarted
	// Redis. Without it half of the leases were measured to be taken twice.
	quarantine = 4 * renewEvery
	// grace is how long flights wait for Redis to come back before they go on
	// without it. It counts from the last good answer, so that a Redis that is
	// gone delays the flights once and not every miss.
	grace = 2 * time.Second
)

// breaker is a circuit breaker: from Redis's latest answers it decides whether
// flights use Redis, wait, or go on without it.
type breaker struct {
	answered chan struct{} // closed at the first good answer

	mu        sync.Mutex // protects the rest
	ever      bool       // there was a good answer
	lastGood  time.Time
	lastError time.Time
	errors    int64
	degraded  time.Duration // total of the troubles that are over
	since     time.Time     // when the present trouble began; zero: there is none
}

// newBreaker returns a breaker whose grace counts from now.
func newBreaker() *breaker { return &breaker{answered: make(chan struct{}), lastGood: time.Now()} }

// watch calls ask every beatEvery until ctx ends; ask notes Redis's answer.
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

// note records the result of a command.
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

// report returns the number of errors and how long Redis was not trusted.
func (b *breaker) report() (errors int64, degraded time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	degraded = b.degraded
	if !b.since.IsZero() {
		degraded += time.Since(b.since)
	}
	return b.errors, degraded
}

// trouble says how long to wait after an error of Redis.
type trouble struct {
	quarantine time.Duration // the rest of it
	grace      time.Duration // the rest of it; zero: go on without Redis
}

// trouble returns nil if Redis can be used.
func (b *breaker) trouble() *trouble {
	b.mu.Lock()
	defer b.mu.Unlock()
	left := quarantine - time.Since(b.lastError)
	if left <= 0 {
		return nil
	}
	return &trouble{left, max(0, grace-time.Since(b.lastGood))}
}
