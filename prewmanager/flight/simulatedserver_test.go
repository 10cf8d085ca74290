package flight

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// machine is one server. A Redis without replicas is one node for ever; where it fails over, a
// replica takes the place of the primary, with what the primary had told it.
type machine struct {
	leases map[string]lease
	log    []told // of purges
	writes []write
	booted time.Time // when it last came back; zero: it has run for long

	down   bool  // nothing reaches it
	frozen bool  // it answers nothing
	answer error // what it answers to every command; nil: as it should
}

type lease struct {
	value string
	until time.Time
}

// write is a change that replicas make too, some time later.
type write struct {
	at     time.Time
	change func(*machine)
}

func newMachine() *machine { return &machine{leases: map[string]lease{}} }

func (n *machine) write(change func(*machine)) {
	n.writes = append(n.writes, write{time.Now(), change})
	change(n)
}

// replica returns a node that has all that this one had some time ago.
func (n *machine) replica(ago time.Duration) *machine {
	r := newMachine()
	for _, w := range n.writes {
		if time.Since(w.at) >= ago {
			r.write(w.change)
			r.writes[len(r.writes)-1].at = w.at
		}
	}
	return r
}

// set puts a lease in the place of a key; the zero lease deletes it.
func (n *machine) set(key string, l lease) {
	n.write(func(n *machine) {
		if n.leases[key] = l; l.value == "" {
			delete(n.leases, key)
		}
	})
}

// forget has the node lose all that it has.
func (n *machine) forget() {
	clear(n.leases)
	n.log, n.writes = nil, nil
}

var (
	errDown = errors.New("connection refused")
	// errUnanswered is the error of an event that never comes to its end.
	errUnanswered = errors.New("no answer")
)

// refusedError is an error that the server has answered.
type refusedError string

func (e refusedError) Error() string { return string(e) }
func (refusedError) RedisError()     {}

// refuses is the error of a command that the server refuses, nil if it does not.
func (s *simulation) refuses(sc *script, key string, args []any) error {
	switch {
	case s.faults.keyRefused && key == prefix+"key 1":
		return refusedError("WRONGTYPE Operation against a key holding the wrong kind of value")
	case s.slot != nil && key == prefix+"key 1":
		return s.slot
	case !time.Now().Before(s.refusing), sc == tellScript, sc == forgetScript, s.deleting && sc == releaseScript && args[2].(int64) == 0:
		return nil
	}
	return refusedError("OOM command not allowed when used memory > 'maxmemory'.")
}

// seat is the server as one process sees it.
type seat struct {
	s     *simulation
	p     *proc
	over  *succession
	known []*machine // the primaries that the process has met, one for each part
}

func (s *simulation) seat(p *proc) *seat { return &seat{s: s, p: p, over: new(succession)} }

// part is the part of the keys, each with its own primary, to which a key belongs.
func (s *simulation) part(key string) int {
	if s.faults.parted && strings.HasSuffix(key, "1") {
		return 1
	}
	return 0
}

// find returns the primaries that the process sees now, one for each part. The caller has s.mu.
func (c *seat) find() []*machine {
	view := slices.Clone(c.s.views[c.p.name%processes])
	switch {
	case !c.s.faults.promoting() || slices.Equal(c.known, view):
	case c.known == nil:
		c.over.began()
	default:
		c.over.took("another server")
	}
	c.known = view
	return view
}

func (c *seat) view() []*machine {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	return c.find()
}

// fails is the error of every command to a node, nil if it answers.
func (n *machine) fails() error {
	switch {
	case n.down:
		return errDown
	case n.frozen:
		return errUnanswered
	}
	return n.answer
}

func (c *seat) step(ctx context.Context, sc *script, key string, args ...any) (any, error) {
	if sc == beatScript { // there are far too many beats to schedule each
		return int64(1), c.beat(ctx)
	}
	if sc == acquireScript {
		ctx = context.WithValue(ctx, taking{}, true)
	}
	n := c.view()[c.s.part(key)]
	if err := c.over.admits(ctx); err != nil {
		return nil, err
	}
	return c.s.await(ctx, c.p, sc.name+" "+key, func() (any, error) {
		if c.s.faults.promoting() && c.s.random.IntN(2) == 0 { // it is sent on to who is the primary by now
			n = c.find()[c.s.part(key)]
			if err := c.over.admits(ctx); err != nil {
				return nil, err
			}
		}
		if err := cmp.Or(n.fails(), c.s.refuses(sc, key, args)); err != nil {
			return nil, err
		}
		return c.s.carryOut(n, sc, key, args), nil
	})
}

// beat tries every primary, as in a cluster: all of it is well, or it is in trouble.
func (c *seat) beat(ctx context.Context) error {
	var failed error
	for _, n := range c.view() {
		c.s.mu.Lock()
		err := cmp.Or(n.fails(), c.s.refuses(beatScript, beatKey, nil))
		c.s.mu.Unlock()
		if err == errUnanswered {
			<-ctx.Done()
			err = ctx.Err()
		}
		failed = cmp.Or(failed, err)
	}
	return failed
}

func (c *seat) listen(ctx context.Context, i *subscription) {
	c.over.told(i.lost)
	c.s.mu.Lock()
	c.p.subscription = i
	c.s.mu.Unlock()
	if c.s.faults.unsubscribed {
		i.refuse(refusedError("NOPERM this user has no permissions to access one of the channels used as arguments"))
	}
	<-ctx.Done()
}

// asked carries out what is no script, at all nodes that the process sees, if they can be
// reached.
func asked[T any](c *seat, ctx context.Context, what string, answer func(nodes []*machine) T) (T, error) {
	nodes := c.view()
	got, err := c.s.await(ctx, c.p, what, func() (any, error) {
		for _, n := range nodes {
			if err := n.fails(); err != nil {
				return nil, err
			}
		}
		return answer(nodes), nil
	})
	if err != nil {
		var none T
		return none, err
	}
	return got.(T), nil
}

func (c *seat) values(ctx context.Context, keys []string) (map[string]string, error) {
	return asked(c, ctx, "values", func(nodes []*machine) map[string]string {
		values := map[string]string{}
		for _, n := range nodes {
			for key, l := range n.leases {
				if (keys == nil || slices.Contains(keys, key)) && l.until.After(time.Now()) {
					values[key] = l.value
				}
			}
		}
		return values
	})
}

func (c *seat) uptime(ctx context.Context) (time.Duration, error) {
	up := func(nodes []*machine) time.Duration {
		up := time.Hour
		for _, n := range nodes {
			up = min(up, time.Since(n.booted))
		}
		return c.over.longest(up)
	}
	if c.p.group != nil { // a process that starts, right after a beat; the others are purgers
		nodes := c.view()
		c.s.mu.Lock()
		defer c.s.mu.Unlock()
		for _, n := range nodes {
			if err := n.fails(); err != nil {
				return 0, err
			}
		}
		return up(nodes), nil
	}
	return asked(c, ctx, "uptime", up)
}

func (c *seat) purges(ctx context.Context) ([]told, error) {
	return asked(c, ctx, "purges", func(nodes []*machine) []told { return slices.Clone(nodes[0].log) })
}

func (c *seat) failsOver() bool { return c.s.faults.failsOver() }

// carryOut does what the scripts do in Redis. TestLeaseProtocol checks both alike.
func (s *simulation) carryOut(n *machine, sc *script, key string, args []any) any {
	text := func(i int) string {
		if i >= len(args) {
			return ""
		}
		return fmt.Sprint(args[i])
	}
	until := func(i int) time.Time {
		return time.Now().Add(time.Duration(args[i].(int64)) * time.Millisecond)
	}
	l := n.leases[key]
	if !l.until.After(time.Now()) {
		l = lease{}
	}
	mine := "L" + text(0)
	switch sc {
	case acquireScript:
		if strings.HasPrefix(l.value, "L") && len(l.value) == 27 && l.value != mine {
			return []any{"held", l.value[1:]}
		}
		if strings.HasPrefix(l.value, "F") && len(l.value) > 28 && l.value[28:] != text(4) {
			failure, err := decodeFailure(l.value[28:])
			all, waited := l.value[27] == '!', l.value[1:27] == text(2)
			if doubted := text(3) != "" && err == nil && failure.Mark == text(3); (all || waited) && !doubted {
				left := int64(0)
				if all {
					left = time.Until(l.until).Milliseconds()
				}
				return []any{"failed", l.value[28:], left}
			}
		}
		n.set(key, lease{mine, until(1)})
		return []any{"taken"}
	case extendScript:
		if l.value != "" && l.value != mine {
			return int64(0)
		}
		n.set(key, lease{mine, until(1)})
		return int64(1)
	case forgetScript:
		if strings.HasPrefix(l.value, "F") {
			n.set(key, lease{})
		}
		return int64(1)
	case tellScript:
		m := told{fmt.Sprint(time.Now().UnixMilli(), "-", len(n.log)), text(0)}
		if time.Now().Before(s.refusing) {
			m.number = ""
		} else {
			n.write(func(n *machine) { n.log = append(n.log, m) })
		}
		s.publish(n, key, m.number+" "+m.text)
		return int64(1)
	default: // releaseScript
		if l.value == "" || l.value == mine {
			if args[2].(int64) == 0 {
				n.set(key, lease{})
			} else {
				n.set(key, lease{text(1), until(2)})
			}
		}
		if s.faults.unpublished {
			return []any{"ERR The user executing the script can't publish to the channel mentioned in the command"}
		}
		s.publish(n, key, text(1))
		return int64(1)
	}
}

// publish delivers a message to every process that sees the node, each at its own time, if at
// all.
func (s *simulation) publish(n *machine, key, payload string) {
	for _, p := range s.procs {
		if s.views[p.name][s.part(key)] != n {
			continue
		}
		if p.dead || p.subscription == nil || s.faults.unsubscribed || s.faults.lostMessages && s.random.IntN(3) > 0 {
			continue
		}
		subscription := p.subscription
		s.order++
		s.events = append(s.events, &event{
			proc: p, what: "hear " + key, order: s.order, since: time.Now(), ctx: context.Background(), done: make(chan struct{}),
			do: func() (any, error) {
				if number, text, _ := strings.Cut(payload, " "); key == purgeKey {
					subscription.purged(told{number, text})
				} else {
					subscription.deliver(key, parseMessage(payload))
				}
				return nil, nil
			},
		})
	}
}
