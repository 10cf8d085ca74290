package flight

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
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
	mu        sync.Mutex // protects the rest
	lastGood  time.Time
	lastError time.Time
}

// newHealth gives Redis the grace from the start.
func newHealth() *health { return &health{lastGood: time.Now()} }

// watch asks after Redis until ctx ends.
func (h *health) watch(ctx context.Context, ping func(context.Context) error) {
	ticker := time.NewTicker(beatEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			beat, cancel := context.WithTimeout(ctx, callTimeout)
			h.note(ping(beat))
			cancel()
		}
	}
}

// note records how a command went.
func (h *health) note(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	was := h.lastError.After(h.lastGood)
	if err != nil {
		h.lastError = time.Now()
	} else {
		h.lastGood = time.Now()
	}
	switch {
	case err != nil && !was:
		slog.Warn("redis is gone", "reason", err)
	case err == nil && was:
		slog.Info("redis is back")
	}
}

// pause is how much of the quarantine is left.
func (h *health) pause() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return max(0, quarantine-time.Since(h.lastError))
}

// hopeless says whether the grace is over.
func (h *health) hopeless() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return time.Since(h.lastGood) > grace
}

// quiet is go-redis's own log, which has a line for every attempt to reach a
// Redis that is gone; note has one for going and one for coming back.
type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}

func init() { redis.SetLogger(quiet{}) }
