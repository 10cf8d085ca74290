package flight

import (
	"context"
	"log/slog"
	"maps"
	"sync"
	"time"
)

const (
	// beatEvery is the pause between two beats, which try on a key of their own what
	// a lease needs, so that a process without traffic also knows how Redis is.
	beatEvery = 100 * time.Millisecond
	// quarantine is how long after an error this process takes no lease: four
	// renewals, in which the holders put their leases back into a restarted
	// Redis. Without it half of the leases were measured to be taken twice.
	quarantine = 4 * renewEvery
	// grace is how long flights wait for Redis to come back before they go on
	// without it. It counts from the last good beat, so that a Redis that is
	// gone delays the flights once and not every miss.
	grace = 2 * time.Second
	// failoverGrace is the grace where a replica takes over from a primary that fails. That
	// takes longer than a restart: the time after which the primary counts as gone, 15 s by
	// default in a cluster and 30 s with Sentinels but mostly set to 5 s or less, and an
	// election of a second or two. Of the 30 s that an answer may take it leaves 20 s to a
	// call.
	failoverGrace = 10 * time.Second
	// complainAfter is how long Redis must not have refused something before the
	// log says again that it does.
	complainAfter = time.Minute
)

// breaker is a circuit breaker: from Redis's latest answers it decides whether
// flights use Redis, wait, or go on without it. Only a beat can show that Redis is
// well, because it alone does all that a lease needs: a Redis that refuses every
// write still answers what only reads.
type breaker struct {
	answered  chan struct{} // closed at the first good beat
	failsOver bool          // a replica takes over from a primary that fails

	mu         sync.Mutex // protects the rest
	ever       bool       // there was a good beat
	lastGood   time.Time
	lastError  time.Time
	lasting    bool // no failover ends what was refused last
	errors     int64
	refused    map[string]int64     // how many of the errors were refusals, by kind
	complained map[string]time.Time // when Redis last refused what the log complains of
	degraded   time.Duration        // total of the troubles that are over
	since      time.Time            // when the present trouble began; zero: there is none
	said       map[string]bool      // the kinds of refusal that the log has of the present trouble
}

// newBreaker returns a breaker whose grace counts from now.
func newBreaker(failsOver bool) *breaker {
	return &breaker{
		answered: make(chan struct{}), failsOver: failsOver, lastGood: time.Now(),
		refused: noRefusals(), complained: map[string]time.Time{},
	}
}

// watch calls ask at once and then every beatEvery until ctx ends; ask notes Redis's answer.
func watch(ctx context.Context, ask func(context.Context)) {
	ticker := time.NewTicker(beatEvery)
	defer ticker.Stop()
	for {
		ask(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// note records the result of a beat, or that Redis was not reached.
func (b *breaker) note(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	if err != nil {
		b.errors++
		kind := refusal(err)
		if kind != "" {
			b.refused[kind]++
		}
		b.lastError, b.lasting = now, !ofAllKeys(err, b.failsOver)
		if b.since.IsZero() {
			b.since, b.said = now, map[string]bool{}
		}
		if !b.said[kind] && (kind != "" || len(b.said) == 0) { // a Redis that was gone may come back and refuse
			b.said[kind] = true
			slog.Warn("redis is in trouble", "refusal", kind, "reason", err)
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

// refuse records that Redis refuses a command for one key. Whether it refuses them
// for all keys, the next beat will show.
func (b *breaker) refuse(kind string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.errors++
	b.refused[kind]++
}

// complain logs that Redis refuses one thing while it is well otherwise: once, and
// again only when it has not done so for complainAfter.
func (b *breaker) complain(what, kind, reason string, more ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.since.IsZero() {
		return // the log says already what the trouble is
	}
	now := time.Now()
	if now.Sub(b.complained[what+kind]) >= complainAfter {
		slog.Warn("redis refuses "+what, append([]any{"refusal", kind, "reason", reason}, more...)...)
	}
	b.complained[what+kind] = now
}

// report returns the number of errors, how many of them were refusals, by kind, and
// how long Redis was not trusted.
func (b *breaker) report() (errors int64, refused map[string]int64, degraded time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	degraded = b.degraded
	if !b.since.IsZero() {
		degraded += time.Since(b.since)
	}
	return b.errors, maps.Clone(b.refused), degraded
}

// failedWithin reports whether there was an error in the last time of this length.
func (b *breaker) failedWithin(last time.Duration) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return time.Since(b.lastError) < last
}

// trouble says how long to wait after an error of Redis.
type trouble struct {
	quarantine time.Duration // the rest of it
	grace      time.Duration // the rest of it; zero: go on without Redis
	patience   time.Duration // all of the grace
}

// patience is the grace of the present trouble.
func (b *breaker) patience() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.graceNow()
}

// graceNow needs mu.
func (b *breaker) graceNow() time.Duration {
	if b.failsOver && !b.lasting {
		return failoverGrace
	}
	return grace
}

// trouble returns nil if Redis can be used.
func (b *breaker) trouble() *trouble {
	b.mu.Lock()
	defer b.mu.Unlock()
	left := quarantine - time.Since(b.lastError)
	if left <= 0 {
		return nil
	}
	patience := b.graceNow()
	return &trouble{left, max(0, patience-time.Since(b.lastGood)), patience}
}
