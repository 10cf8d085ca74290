package flight

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// A purge deletes stored values, of any number of keys, while flights go on. What a flight
// makes meanwhile may be as old as what is deleted, and would be stored over it. So a purge
// has an order of events too:
//
//  1. Begin sends a message to all processes. Each marks its flights of the purged keys and
//     forgets their failures. A marked flight that had begun its call deletes what the call
//     has stored, and calls again before it answers. Begin returns which of the keys have a
//     lease.
//  2. The values are deleted.
//  3. Wait waits until the holders that had a lease at the beginning have given it back, or
//     have died and lost it. Then these keys are deleted once more: that is for calls whose
//     process has died, or has not heard the message.
//  4. End sends a message to all processes: caches outside of them may forget now.
//
// So no value from before a purge is found after its end. That does not hold for a call that
// has no lease, because Redis refused it one, or because its process died just as Redis lost
// all leases: then what the call stores stays until the next purge.

// ErrPurged is the error of a flight whose key was purged again and again while it made the
// value.
var ErrPurged = errors.New("purged each time that it was made")

const (
	// mostCalls is how often a flight makes its value at most, because of purges.
	mostCalls = 3
	// purgeFor is how long a purge may last of which no end is heard. One of a million
	// values takes minutes.
	purgeFor = time.Hour
	// endedFor is how long after the end of a purge a value may still be missing because of
	// it: a process that stood still for some seconds reads an old message that it is stored.
	endedFor = 10 * time.Second
	// logFor is how long Redis keeps the messages about purges for processes that were not
	// connected: as long as nginx keeps what it has from a store.
	logFor = 10 * time.Minute
	// mostHeard is how many messages a process remembers by their number: twice as many as
	// the log in Redis has.
	mostHeard = 200
)

// Purge is what a message says of a purge.
type Purge struct {
	ID    string                // the same in all messages about one purge
	Ended bool                  // everything is deleted; otherwise nothing is yet
	About func(key string) bool // whether a key is purged
}

// Hear reads a message about a purge; ok is false if it can't. late says that the message was
// lost and found in Redis's log. A process calls its Hear once for each message, one at a
// time; it has to return at once.
type Hear func(message string, late bool) (p Purge, ok bool)

// told is a message about a purge, with its number in Redis's log; empty if it is not in it.
type told struct{ number, text string }

// purges are those that a process has heard of.
type purges struct {
	hear Hear

	mu    sync.Mutex // protects the rest
	once  bool       // the log has been read
	heard []string   // numbers of the latest messages
	known map[string]known
}

type known struct {
	about func(key string) bool
	until time.Time // when it no longer explains that a value is missing
}

// note takes a message in and returns which keys have now been purged for the first time by
// the process's knowledge: their flights are older than the purge. That is nil if there are
// none.
func (p *purges) note(m told, late bool) (about func(key string) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.hear == nil || m.number != "" && slices.Contains(p.heard, m.number) {
		return nil
	}
	if p.heard = append(p.heard, m.number); len(p.heard) > mostHeard {
		p.heard = slices.Delete(p.heard, 0, 1)
	}
	purge, ok := p.hear(m.text, late)
	if !ok {
		return nil
	}
	now := time.Now()
	maps.DeleteFunc(p.known, func(_ string, k known) bool { return now.After(k.until) })
	before, again := p.known[purge.ID]
	switch {
	case !purge.Ended && again:
		return nil // it has ended already, by a message that came first
	case !purge.Ended:
		p.known[purge.ID] = known{purge.About, now.Add(purgeFor)}
		return purge.About
	}
	p.known[purge.ID] = known{purge.About, now.Add(endedFor)}
	if !again {
		return purge.About
	}
	// A purge may have found more than it began with.
	return func(key string) bool { return purge.About(key) && !before.about(key) }
}

// about reports whether a purge of key is under way, or ended a moment ago.
func (p *purges) about(key string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	for _, k := range p.known {
		if now.Before(k.until) && k.about(strings.TrimPrefix(key, prefix)) {
			return true
		}
	}
	return false
}

// purge takes in a message about a purge. Callers who come after it get no value that was
// made before it.
func (g *Group[V]) purge(m told, late bool) {
	about := g.purges.note(m, late)
	if about == nil {
		return
	}
	purged := func(key string) bool { return about(strings.TrimPrefix(key, prefix)) }
	g.negatives.forgetAll(purged)
	g.mu.Lock()
	defer g.mu.Unlock()
	for key, c := range g.calls {
		if !purged(key) {
			continue
		}
		c.marks.Add(1)
		select {
		case <-c.done: // only its lease is left to give back
			delete(g.calls, key)
		default:
		}
	}
}

// catchUp reads the messages about purges that this process has lost.
func (g *Group[V]) catchUp(ctx context.Context) {
	if g.purges.hear == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	log, err := g.leases.server.purges(ctx)
	if err != nil {
		return // the next subscription reads it
	}
	g.purges.mu.Lock()
	late := g.purges.once // at first it was not here to hear them
	g.purges.once = true
	g.purges.mu.Unlock()
	for _, m := range log {
		g.purge(m, late)
	}
}

// purged reports whether a purge explains that a value which was stored is not there. If the
// process has heard of none, it looks whether a message was lost.
func (g *Group[V]) purged(ctx context.Context, key string) bool {
	if g.purges.about(key) {
		return true
	}
	g.catchUp(ctx)
	return g.purges.about(key)
}

// perhapsPurged reports whether a purge may explain it: a Redis that was in trouble may have
// lost the message and its log.
func (g *Group[V]) perhapsPurged(ctx context.Context, key string) bool {
	return g.purges.hear != nil && g.leases.breaker.failedWithin(waitMost) || g.purged(ctx, key)
}

const (
	// askFor is how long a Purger asks a Redis that does not answer: longer than a restart.
	askFor = 2 * time.Second
	// putBack is how long Redis must have run before all leases are in it: holders put back
	// what a restart has lost when they renew their leases.
	putBack = time.Second
	// waitMost bounds the wait for the holders of leases. It is longer than a flight, which
	// ends before nginx's 35 s.
	waitMost = 35 * time.Second
	// waitEvery is the pause between two looks at their leases.
	waitEvery = 50 * time.Millisecond
)

// Purger takes a purge through its order of events, for a program that deletes the values
// itself. Many goroutines may use it. It must be made by NewPurger; call Close in the end.
type Purger struct {
	server server
	close  func() error
	made   time.Time

	mu   sync.Mutex // protects held
	held map[string]holder
}

// holder is who had the lease of a key when a purge of it began.
type holder struct {
	lease string // of the latest purge
	waits int    // purges that will wait for it
}

// NewPurger returns a Purger on a Redis, as New.
func NewPurger(at Redis) (*Purger, error) {
	server, err := dial(at)
	if err != nil {
		return nil, err
	}
	return newPurger(server, server.Close), nil
}

func newPurger(server server, close func() error) *Purger {
	return &Purger{server: server, close: close, made: time.Now(), held: map[string]holder{}}
}

// Close ends the connections.
func (p *Purger) Close() error { return p.close() }

// Begin tells all processes that the purge with an id begins, forgets the failures of the keys
// that match, and returns those of the keys that have a lease.
func (p *Purger) Begin(ctx context.Context, id string, match func(key string) bool, payload []byte) (leased []string, err error) {
	if err := p.tell(ctx, payload); err != nil {
		return nil, fmt.Errorf("purge %s: its begin: %w", id, err)
	}
	all, err := p.look(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("purge %s: the leases: %w", id, err)
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		key, value := strings.TrimPrefix(name, prefix), all[name]
		switch {
		case !match(key):
		case isLease(value):
			leased = append(leased, key)
			p.mu.Lock()
			p.held[key] = holder{value, p.held[key].waits + 1}
			p.mu.Unlock()
		case strings.HasPrefix(value, "F"):
			if err := p.ask(ctx, func(ctx context.Context) error {
				_, err := p.server.step(ctx, forgetScript, name)
				return err
			}); err != nil {
				return leased, fmt.Errorf("purge %s: a failure: %w", id, err)
			}
		}
	}
	return leased, nil
}

// Wait waits until none of the keys that Begin has returned has the lease that it had then.
func (p *Purger) Wait(ctx context.Context, leased []string) error {
	defer p.waited(leased)
	names := make([]string, len(leased))
	for i, key := range leased {
		names[i] = prefix + key
	}
	for began := time.Now(); ; {
		now, err := p.look(ctx, names)
		if err != nil {
			return fmt.Errorf("the leases of a purge: %w", err)
		}
		names = slices.DeleteFunc(names, func(name string) bool {
			p.mu.Lock()
			defer p.mu.Unlock()
			return now[name] == "" || now[name] != p.held[strings.TrimPrefix(name, prefix)].lease
		})
		switch {
		case len(names) == 0:
			return nil
		case time.Since(began) > waitMost:
			return fmt.Errorf("%d leases are held for more than %v, that of %s among them", len(names), waitMost, strings.TrimPrefix(names[0], prefix))
		}
		if err := pause(ctx, waitEvery); err != nil {
			return err
		}
	}
}

// waited forgets the holders that a purge has waited for.
func (p *Purger) waited(leased []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, key := range leased {
		h := p.held[key]
		if h.waits--; h.waits <= 0 {
			delete(p.held, key)
			continue
		}
		p.held[key] = h
	}
}

// End tells all processes that a purge has ended.
func (p *Purger) End(ctx context.Context, payload []byte) error {
	if err := p.tell(ctx, payload); err != nil {
		return fmt.Errorf("the end of a purge: %w", err)
	}
	return nil
}

// tell sends a message to all processes.
func (p *Purger) tell(ctx context.Context, payload []byte) error {
	return p.ask(ctx, func(ctx context.Context) error {
		_, err := p.server.step(ctx, tellScript, purgeKey, string(payload), logFor.Milliseconds())
		return err
	})
}

// look returns what is in the place of some keys, or of all if they are nil, once holders have
// had the time to put back what a restart of Redis has lost.
func (p *Purger) look(ctx context.Context, names []string) (values map[string]string, err error) {
	for {
		looked := time.Now()
		var up time.Duration
		err := p.ask(ctx, func(ctx context.Context) (err error) {
			values, err = p.server.values(ctx, names)
			return err
		})
		if err == nil {
			err = p.ask(ctx, func(ctx context.Context) (err error) {
				if up, err = p.server.uptime(ctx); refusal(err) != "" || err == errSilent { // it need not say
					up, err = time.Since(p.made), nil
				}
				return err
			})
		}
		left := putBack - (up - time.Since(looked))
		if err != nil || left <= 0 {
			return values, err
		}
		if err := pause(ctx, left); err != nil {
			return nil, err
		}
	}
}

// ask repeats a question to Redis that is not answered, for askFor, or failoverGrace where a
// replica takes over. A refusal is an answer, unless it passes.
func (p *Purger) ask(ctx context.Context, question func(context.Context) error) error {
	patience := askFor
	if p.server.failsOver() {
		patience = failoverGrace
	}
	for began := time.Now(); ; {
		call, cancel := context.WithTimeout(ctx, purgerTimeout)
		err := question(call)
		cancel()
		if err == nil || !ofAllKeys(err, p.server.failsOver()) || time.Since(began) > patience {
			return err
		}
		if err := pause(ctx, renewEvery); err != nil {
			return err
		}
	}
}

// purgerTimeout is the longest time that a Purger gives a command: all keys of a Redis with a
// hundred thousand failures take some 100 ms, in many commands.
const purgerTimeout = 5 * time.Second

// pause waits, or returns the error of ctx when that ends.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
