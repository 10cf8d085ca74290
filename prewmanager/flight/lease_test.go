package flight

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"
)

// immediate is the simulation's server without its scheduler.
type immediate struct {
	unpurged
	s *simulation
	n *machine
}

func (i immediate) step(_ context.Context, sc *script, key string, args ...any) (any, error) {
	if sc == beatScript {
		return int64(1), nil
	}
	return i.s.carryOut(i.n, sc, key, args), nil
}

func (immediate) listen(ctx context.Context, _ *subscription) { <-ctx.Done() }

// TestLeaseProtocol checks what every server must do, both Redis and the server of
// the simulation.
func TestLeaseProtocol(t *testing.T) {
	real, err := dial(Redis{URL: shared.Addr})
	if err != nil {
		t.Fatal(err)
	}
	defer real.Close()
	client := redis.NewClient(&redis.Options{Addr: shared.Addr})
	defer client.Close()
	simulated := newMachine()
	for name, test := range map[string]struct {
		server server
		// put writes a value past the protocol; lasts is 0 for one that does not expire.
		put func(key, value string, lasts time.Duration)
	}{
		"redis": {real, func(key, value string, lasts time.Duration) {
			if err := client.Set(t.Context(), key, value, lasts).Err(); err != nil {
				t.Fatal(err)
			}
		}},
		"simulation": {immediate{s: &simulation{}, n: simulated}, func(key, value string, lasts time.Duration) {
			simulated.leases[key] = lease{value, time.Now().Add(lasts)}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			l := &leases{test.server, newBreaker(false), nil}
			testProtocol(t, l)
			testStrangers(t, l, test.put)
			if errors, _, _ := l.breaker.report(); errors != 0 {
				t.Errorf("%d errors", errors)
			}
		})
	}
}

func testProtocol(t *testing.T, l *leases) {
	// told asks for the lease and returns the answer in a word.
	told := func(c *claim) string {
		switch state := l.acquire(t.Context(), c); {
		case state.taken:
			return "taken"
		case state.held:
			return "held by " + c.waited[:1]
		case state.failure != nil:
			return "failed " + state.failure.Code
		}
		return "trouble"
	}
	extends := func(c claim, ttl time.Duration) bool {
		r := &renewal{leases: l, claim: c}
		return r.stretch(t.Context(), ttl)
	}
	expect := func(what, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %s, want %s", what, got, want)
		}
	}
	claims := func() (a, b, c *claim) {
		key := prefix + newKey(t)
		return &claim{key: key, token: token('a')}, &claim{key: key, token: token('b')}, &claim{key: key, token: token('c')}
	}

	a, b, c := claims()
	expect("the first", told(a), "taken")
	expect("the first again, whose answer was lost", told(a), "taken")
	expect("the second", told(b), "held by a")
	if !extends(*a, time.Minute) || extends(*b, time.Minute) {
		t.Error("the holder alone may extend")
	}
	l.release(t.Context(), *b, nil)
	expect("after a release by another", told(c), "held by a")
	l.release(t.Context(), *a, nil)
	expect("after the release", told(c), "taken")

	a, b, _ = claims()
	if !extends(*a, time.Minute) {
		t.Error("a lease that is gone is not put back")
	}
	expect("after it was put back", told(b), "held by a")

	a, b, _ = claims()
	expect("one that does not live long", told(a), "taken")
	extends(*a, time.Millisecond)
	until(t, "it expires", func() bool { return told(b) == "taken" })
	if extends(*a, time.Minute) {
		t.Error("a lease that another has taken is extended")
	}

	a, b, c = claims()
	told(a)
	told(b)
	l.release(t.Context(), *a, &Failure{Code: "busy"})
	expect("who waited, of a passing failure", told(b), "failed busy")
	expect("who comes later", told(c), "taken")
	expect("who waited, after that", told(b), "held by c")

	a, b, c = claims()
	told(a)
	l.release(t.Context(), *a, &Failure{Code: "damaged", Mark: "etag", Keep: time.Minute})
	expect("of a lasting failure", told(b), "failed damaged")
	state := l.acquire(t.Context(), c)
	if f := state.failure; f == nil || f.Mark != "etag" || f.Keep <= 0 || f.Keep > time.Minute {
		t.Errorf("%+v, want the mark and what is left of the minute", f)
	}
	b.doubted = "another"
	expect("who doubts another", told(b), "failed damaged")
	b.doubted = "etag"
	expect("who doubts it", told(b), "taken")

	a, b, _ = claims()
	told(a)
	l.release(t.Context(), *a, &Failure{Code: "missing", Keep: time.Millisecond})
	until(t, "a failure is forgotten", func() bool { return told(b) == "taken" })
}

// testStrangers is about values that another program has written where a lease would
// be: they neither hold anybody up nor look like a Redis in trouble.
func testStrangers(t *testing.T, l *leases, put func(key, value string, lasts time.Duration)) {
	for _, stranger := range []struct {
		value string
		lasts time.Duration
		taken bool
	}{
		{"", time.Minute, true},
		{"hello", time.Minute, true},
		{"L", time.Minute, true},
		{"L" + token('x') + "x", time.Minute, true},
		{"L" + token('x'), time.Minute, false},
		{"L" + token('x'), 0, true},
		{"F", time.Minute, true},
		{"Fgarbage", time.Minute, true},
		{"F" + token('x') + "!", time.Minute, true},
		{"F" + token('x') + "!{", time.Minute, true},
		{"F" + token('x') + "!7", time.Minute, true},
		{"F" + token('x') + `!{"code":7}`, time.Minute, true},
		{"F" + token('x') + `!{"code":"missing","mark":"m"}`, time.Minute, false},
		{"F" + token('x') + `!{"code":"missing","mark":"m"}`, 0, true},
	} {
		for _, doubted := range []string{"", "doubted"} {
			c := &claim{key: prefix + newKey(t), token: token('a'), doubted: doubted}
			put(c.key, stranger.value, stranger.lasts)
			if state := l.acquire(t.Context(), c); state.taken != stranger.taken || state.trouble != nil {
				t.Errorf("%q for %v, doubted %q: %+v, want taken: %v", stranger.value, stranger.lasts, doubted, state, stranger.taken)
			}
		}
	}
}

// restarting is a server that is gone until a time. Whether a step then fails at once or
// hangs until its end depends on who closes the connection.
type restarting struct {
	unpurged
	until time.Time
	hangs bool
	heard *bool // a release was
}

func (r restarting) step(ctx context.Context, s *script, _ string, _ ...any) (any, error) {
	if time.Now().Before(r.until) {
		if r.hangs {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		return nil, errors.New("connection refused")
	}
	*r.heard = true
	return int64(1), nil
}

func (restarting) listen(ctx context.Context, _ *subscription) { <-ctx.Done() }

// TestReleaseIsTriedForASecond checks that it is, whether a try fails at once or takes
// all of its time, and that it is over before the lease of a call is.
func TestReleaseIsTriedForASecond(t *testing.T) {
	for _, test := range []struct {
		gone  time.Duration
		hangs bool
		heard bool
	}{
		{900 * time.Millisecond, false, true},
		{900 * time.Millisecond, true, true},
		{time.Hour, false, false},
		{time.Hour, true, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			heard, began := false, time.Now()
			l := &leases{restarting{until: began.Add(test.gone), hangs: test.hangs, heard: &heard}, newBreaker(false), nil}
			l.releaseAgain(t.Context(), claim{key: "k", token: token('a')}, nil)
			if took := time.Since(began); heard != test.heard || took >= stretchLeast {
				t.Errorf("gone for %v, hangs %t: heard %t after %v", test.gone, test.hangs, heard, took)
			}
		})
	}
}

// TestReleasesAreHeardWithTheirKeys: a key may have spaces, digits and lines in it.
func TestReleasesAreHeardWithTheirKeys(t *testing.T) {
	gs := groups(t, 2)
	key := newKey(t) + "/7 a b\n12 c"
	seat := gs[1].subscription.listen(prefix + key)
	holder, renewal := held(t, gs[0], key)
	renewal.stop()
	for again, deadline := time.NewTicker(100*time.Millisecond), time.After(30*time.Second); ; {
		select {
		case <-again.C: // the other process may not have subscribed at the first
			gs[0].leases.release(t.Context(), holder, nil)
		case m := <-seat:
			if m.done == "" {
				continue // a hint, as a subscription begins with
			}
			if m.done != holder.token {
				t.Errorf("%s is done, want %s", m.done, holder.token)
			}
			return
		case <-deadline:
			t.Fatal("nothing is heard of a release within 30 s")
		}
	}
}

func TestPayloadsThatAreNoReleases(t *testing.T) {
	for _, test := range []struct {
		payload, key, message string
		ok                    bool
	}{
		{"6 prew:aD1", "prew:a", "D1", true},
		{"8 prew:a bF", "prew:a b", "F", true},
		{"6 prew:a", "prew:a", "", true},
		{"0 ", "", "", true},
		{"7 prew:a", "", "", false},
		{"-1 prew:a", "", "", false},
		{"9223372036854775808 prew:a", "", "", false},
		{"x prew:a", "", "", false},
		{"6", "", "", false},
		{"", "", "", false},
	} {
		key, message, ok := parseRelease(test.payload)
		if key != test.key || message != test.message || ok != test.ok {
			t.Errorf("%q: %q, %q, %t", test.payload, key, message, ok)
		}
	}
}
