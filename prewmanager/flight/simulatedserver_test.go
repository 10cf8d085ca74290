package flight

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

type lease struct {
	value string
	until time.Time
}

var errDown = errors.New("connection refused")

// refusedError is an error that the server has answered.
type refusedError string

func (e refusedError) Error() string { return string(e) }
func (refusedError) RedisError()     {}

// refuses is the error of a command that the server refuses, nil if it does not.
func (s *simulation) refuses(sc *script, key string, args []any) error {
	switch {
	case s.faults.keyRefused && key == prefix+"key 1":
		return refusedError("WRONGTYPE Operation against a key holding the wrong kind of value")
	case !time.Now().Before(s.refusing), sc == tellScript, sc == forgetScript, s.deleting && sc == releaseScript && args[2].(int64) == 0:
		return nil
	}
	return refusedError("OOM command not allowed when used memory > 'maxmemory'.")
}

// step implements server for a process.
func (p *proc) step(s *simulation, ctx context.Context, sc *script, key string, args ...any) (any, error) {
	if sc == beatScript { // there are far too many beats to schedule each
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.down {
			return nil, errDown
		}
		return int64(1), s.refuses(sc, key, args)
	}
	return s.await(ctx, p, sc.name+" "+key, func() (any, error) {
		if s.down {
			return nil, errDown
		}
		if err := s.refuses(sc, key, args); err != nil {
			return nil, err
		}
		return s.carryOut(sc, key, args), nil
	})
}

// seat is the server as one process sees it.
type seat struct {
	s *simulation
	p *proc
}

func (c seat) step(ctx context.Context, sc *script, key string, args ...any) (any, error) {
	return c.p.step(c.s, ctx, sc, key, args...)
}

func (c seat) listen(ctx context.Context, i *subscription) {
	c.s.mu.Lock()
	c.p.subscription = i
	c.s.mu.Unlock()
	if c.s.faults.unsubscribed {
		i.refuse(refusedError("NOPERM this user has no permissions to access one of the channels used as arguments"))
	}
	<-ctx.Done()
}

// asked carries out what is no script, if the server can be reached.
func asked[T any](c seat, ctx context.Context, what string, answer func() T) (T, error) {
	got, err := c.s.await(ctx, c.p, what, func() (any, error) {
		if c.s.down {
			return nil, errDown
		}
		return answer(), nil
	})
	if err != nil {
		var none T
		return none, err
	}
	return got.(T), nil
}

func (c seat) values(ctx context.Context, keys []string) (map[string]string, error) {
	return asked(c, ctx, "values", func() map[string]string {
		values := map[string]string{}
		for key, l := range c.s.leases {
			if (keys == nil || slices.Contains(keys, key)) && l.until.After(time.Now()) {
				values[key] = l.value
			}
		}
		return values
	})
}

func (c seat) uptime(ctx context.Context) (time.Duration, error) {
	if c.p.group != nil { // a process that starts, right after a beat; the others are purgers
		c.s.mu.Lock()
		defer c.s.mu.Unlock()
		if c.s.down {
			return 0, errDown
		}
		return time.Since(c.s.booted), nil
	}
	return asked(c, ctx, "uptime", func() time.Duration { return time.Since(c.s.booted) })
}

func (c seat) purges(ctx context.Context) ([]told, error) {
	return asked(c, ctx, "purges", func() []told { return slices.Clone(c.s.log) })
}

func (seat) failsOver() bool { return false }

// carryOut does what the scripts do in Redis. TestLeaseProtocol checks both alike.
func (s *simulation) carryOut(sc *script, key string, args []any) any {
	text := func(i int) string {
		if i >= len(args) {
			return ""
		}
		return fmt.Sprint(args[i])
	}
	until := func(i int) time.Time {
		return time.Now().Add(time.Duration(args[i].(int64)) * time.Millisecond)
	}
	l := s.leases[key]
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
		s.leases[key] = lease{mine, until(1)}
		return []any{"taken"}
	case extendScript:
		if l.value != "" && l.value != mine {
			return int64(0)
		}
		s.leases[key] = lease{mine, until(1)}
		return int64(1)
	case forgetScript:
		if strings.HasPrefix(l.value, "F") {
			delete(s.leases, key)
		}
		return int64(1)
	case tellScript:
		m := told{fmt.Sprint(time.Now().UnixMilli(), "-", len(s.log)), text(0)}
		if time.Now().Before(s.refusing) {
			m.number = ""
		} else {
			s.log = append(s.log, m)
		}
		s.publish(key, m.number+" "+m.text)
		return int64(1)
	default: // releaseScript
		if l.value == "" || l.value == mine {
			if args[2].(int64) == 0 {
				delete(s.leases, key)
			} else {
				s.leases[key] = lease{text(1), until(2)}
			}
		}
		if s.faults.unpublished {
			return []any{"ERR The user executing the script can't publish to the channel mentioned in the command"}
		}
		s.publish(key, text(1))
		return int64(1)
	}
}

// publish delivers a message to every process, each at its own time, if at all.
func (s *simulation) publish(key, payload string) {
	for _, p := range s.procs {
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
