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

// health is what is known of Redis from its latest answers.
type health struct {
	answered chan struct{} // closed at the first good answer

	mu        sync.Mutex // protects the rest
	ever      bool       // there was one
	lastGood  time.Time
	lastError time.Time
	errors    int64
	degraded  time.Duration // of the quarantines that are over
	since     time.Time     // when this one began; zero: there is none
}

// newHealth gives Redis the grace from the start.
func newHealth() *health { return &health{answered: make(chan struct{}), lastGood: time.Now()} }

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
func (h *health) note(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	if err != nil {
		h.errors++
		h.lastError = now
		if h.since.IsZero() {
			h.since = now
			slog.Warn("redis is in trouble", "reason", err)
		}
		return
	}
	if !h.ever {
		h.ever = true
		close(h.answered)
	}
	h.lastGood = now
	if !h.since.IsZero() && now.Sub(h.lastError) >= quarantine {
		h.degraded += now.Sub(h.since)
		slog.Info("redis is well again", "ms", now.Sub(h.since).Milliseconds())
		h.since = time.Time{}
	}
}

// report is how many errors there were, and how long Redis was not trusted.
func (h *health) report() (errors int64, degraded time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	degraded = h.degraded
	if !h.since.IsZero() {
		degraded += time.Since(h.since)
	}
	return h.errors, degraded
}

// trouble is what Redis is in after an error.
type trouble struct {
	quarantine time.Duration // how much of it is left
	grace      time.Duration // how much of it is left; none: go on without Redis
}

// trouble returns nil where Redis can be asked.
func (h *health) trouble() *trouble {
	h.mu.Lock()
	defer h.mu.Unlock()
	left := quarantine - time.Since(h.lastError)
	if left <= 0 {
		return nil
	}
	return &trouble{left, max(0, grace-time.Since(h.lastGood))}
}
