package flight

import (
	"fmt"
	"log/slog"
	"maps"
	"runtime/debug"
	"sync"
	"time"
)

// Stats are counts since the start of the group, and what is under way now.
type Stats struct {
	Ended      map[Outcome]int64 // flights with a value; Joined: another process made it
	Failed     map[string]int64  // flights that failed, by the code of their failure
	Flying     int64             // flights under way, until their leases are given back
	Waiters    int64             // callers of Do that wait for a flight
	LeaseWaits int64             // times that a flight waited because another had the lease
	Errors     int64             // failed commands to Redis
	Refused    map[string]int64  // the commands among them that Redis itself refused, by kind
	Degraded   time.Duration     // time in which Redis was not trusted
	Alone      int64             // calls that were made without a lease
	Panics     int64             // panics in the work, each an error of its flight
	Remade     int64             // values that were deleted and made again, because of a purge meanwhile
}

// counter collects Stats.
type counter struct {
	mu    sync.Mutex // protects stats
	stats Stats
}

func newCounter() *counter {
	return &counter{stats: Stats{Ended: map[Outcome]int64{}, Failed: map[string]int64{}}}
}

// count changes the stats in one step.
func (c *counter) count(change func(*Stats)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(&c.stats)
}

// panicked logs and counts a panic in the work of a flight, with its stack, and
// returns the error that the flight ends with.
func (c *counter) panicked(key string, value any) error {
	slog.Error("panic in a flight", "key", key, "reason", fmt.Sprint(value), "stack", string(debug.Stack()))
	c.count(func(s *Stats) { s.Panics++ })
	return fmt.Errorf("panic in the flight of %s: %v", key, value)
}

// ended counts how a flight ended.
func (c *counter) ended(outcome Outcome, err error) {
	c.count(func(s *Stats) {
		if failure := asFailure(err); failure != nil {
			s.Failed[failure.Code]++
		} else {
			s.Ended[outcome]++
		}
	})
}

// Stats returns the counts as they are now.
func (g *Group[V]) Stats() Stats {
	g.counter.mu.Lock()
	defer g.counter.mu.Unlock()
	s := g.counter.stats
	s.Ended, s.Failed = maps.Clone(s.Ended), maps.Clone(s.Failed)
	s.Errors, s.Refused, s.Degraded = g.leases.breaker.report()
	return s
}
