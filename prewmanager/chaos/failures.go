package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// gathered makes all clients ask for a preview whose only run, p, is held until all
// of them wait. It returns their replies and the time when the latest run ended.
func gathered(ctx context.Context, s *system, all []*visitor, key string, p plan) ([]reply, time.Time, error) {
	gate := make(chan struct{})
	p.gate = gate
	s.renderer.arrange(key, p)
	var replies []reply
	var asking sync.WaitGroup
	asking.Go(func() { replies = together(all, key) })
	err := s.awaitWaiters(ctx, len(all))
	close(gate)
	asking.Wait()
	return replies, s.renderer.of(key).ended, err
}

// late is how long after a moment the last of the replies came.
func late(replies []reply, moment time.Time) (longest time.Duration) {
	for _, r := range replies {
		longest = max(longest, r.ended().Sub(moment))
	}
	return longest
}

// spoken reports whether every reply is the failure with a status and a code.
func spoken(replies []reply, status int, code string) (ok bool, said string) {
	counts := map[string]int{}
	for _, r := range replies {
		switch {
		case r.hung():
			counts["hung"]++
		case r.wrong:
			counts[fmt.Sprintf("%d with a wrong body", r.status)]++
		case r.err != nil:
			counts[reason(r.err)]++
		default:
			counts[strings.TrimSpace(strconv.Itoa(r.status)+" "+r.header.Get("X-Prew-Error"))]++
		}
	}
	var parts []string
	for what, n := range counts {
		parts = append(parts, fmt.Sprintf("%d: %s", n, what))
	}
	slices.Sort(parts)
	want := strings.TrimSpace(strconv.Itoa(status) + " " + code)
	return counts[want] == len(replies), strings.Join(parts, ", ")
}

// failureShared is promise 6.
func failureShared(ctx context.Context, t *trial) error {
	p := [...]struct {
		clients int
		after   time.Duration
	}{
		tiny:  {100, 1500 * time.Millisecond},
		small: {1000, 10 * time.Second},
		full:  {1000, 10 * time.Second},
	}[t.size]
	t.sized("%d waiters, 3 gateways", p.clients)
	s, err := t.system(ctx, setup{gateways: 3})
	if err != nil {
		return err
	}
	// The clients ask the gateways directly, over open connections, because the
	// promise is about how soon waiters wake.
	all := visitors(p.clients, s.addrs()...)
	defer leaveAll(all)
	together(all, t.key("chaos"))
	cases := []struct {
		name       string
		ending     ending
		status     int
		code       string
		remembered bool
		key        string
		ended      time.Time
	}{
		{"a missing photo", missing, http.StatusNotFound, "source_missing", true, "", time.Time{}},
		{"one that can't be rendered", damaged, http.StatusUnprocessableEntity, "source_damaged", true, "", time.Time{}},
		{"a transient failure", crashed, http.StatusBadGateway, "render_failed", false, "", time.Time{}},
	}
	var asking sync.WaitGroup
	defer asking.Wait()
	for i := range cases {
		c := &cases[i]
		c.key = t.key("chaos")
		if c.ending == damaged {
			if err := s.upload(ctx, photoOf(c.key), "no image"); err != nil {
				return err
			}
		}
		t.say("%s", c.name)
		var replies []reply
		replies, c.ended, err = gathered(ctx, s, all, c.key, plan{ending: c.ending})
		if err != nil {
			return err
		}
		ok, said := spoken(replies, c.status, c.code)
		t.check(fmt.Sprintf("%s: all answered %d %s", c.name, c.status, c.code), ok, "%s", said)
		runs := s.renderer.of(c.key).runs
		t.check(c.name+": one invocation", runs == 1, "%d", runs)
		t.within(c.name+": all answered after it within", 100*time.Millisecond, late(replies, c.ended))
		if c.remembered {
			// A request travels some milliseconds, and the failure is
			// remembered from the end of its run.
			stop, cancel := context.WithDeadline(ctx, c.ended.Add(p.after-100*time.Millisecond))
			asking.Go(func() {
				defer cancel()
				stream(stop, 40, p.clients, func(int) string { return c.key }, append(s.addrs(), s.front)...)
			})
		}
	}
	asking.Wait()
	for _, c := range cases {
		if c.remembered {
			runs := s.renderer.of(c.key).runs
			t.check(fmt.Sprintf("%s: requests of the next %s start none", c.name, brief(p.after)), runs == 1, "%d started", runs-1)
		}
	}
	return nil
}

// functionFails is promise 11.
func functionFails(ctx context.Context, t *trial) error {
	p := [...]struct {
		clients                int
		answer, invoke, stored time.Duration
	}{
		tiny:  {30, 3 * time.Second, 2 * time.Second, time.Second},
		small: {300, 6 * time.Second, 5 * time.Second, 4 * time.Second},
		full:  {1000, 30 * time.Second, 27 * time.Second, 8 * time.Second},
	}[t.size]
	t.sized("%d waiters, 3 gateways, %s for an invocation", p.clients, brief(p.invoke))
	s, err := t.system(ctx, setup{gateways: 3, env: []string{
		"PREW_ANSWER_TIMEOUT=" + p.answer.String(), "PREW_INVOKE_TIMEOUT=" + p.invoke.String(), "PREW_S3_TIMEOUT=" + p.stored.String(),
	}})
	if err != nil {
		return err
	}
	all := visitors(p.clients, s.front)
	defer leaveAll(all)
	// Prompt means: no later than a waiter would look by itself. A run without an
	// end of its own ends with the time for an invocation.
	const prompt = poll
	for _, c := range []struct {
		name       string
		ending     ending
		status     int
		code       string
		remembered bool
	}{
		{"crashed", crashed, http.StatusBadGateway, "render_failed", false},
		{"panicked", panicked, http.StatusBadGateway, "render_panic", false},
		{"garbage", garbage, http.StatusBadGateway, "render_garbage", false},
		{"success without an object", hollow, http.StatusBadGateway, "not_stored", false},
		{"stopped at its timeout", stopped, http.StatusGatewayTimeout, "timed_out", false},
		{"never answering", silent, http.StatusGatewayTimeout, "timed_out", false},
		{"throttled", throttled, http.StatusServiceUnavailable, "throttled", false},
		{"missing photo", missing, http.StatusNotFound, "source_missing", true},
		{"damaged photo", damaged, http.StatusUnprocessableEntity, "source_damaged", true},
	} {
		t.say("%s", c.name)
		key := t.key("chaos")
		if err := s.upload(ctx, photoOf(key), "no image"); err != nil {
			return err
		}
		var replies []reply
		var took time.Duration
		limit := prompt
		if c.ending == silent || c.ending == throttled {
			s.renderer.arrange(key, plan{ending: c.ending})
			replies = together(all, key)
			took, limit = late(replies, replies[0].began), p.invoke+prompt
		} else {
			var ended time.Time
			if replies, ended, err = gathered(ctx, s, all, key, plan{ending: c.ending}); err != nil {
				return err
			}
			took = late(replies, ended)
		}
		ok, said := spoken(replies, c.status, c.code)
		t.check(fmt.Sprintf("%s: %d %s for everybody", c.name, c.status, c.code), ok, "%s", said)
		t.within(c.name+": everybody within", limit, took)
		if c.status == http.StatusServiceUnavailable {
			missing := 0
			for _, r := range replies {
				if r.header.Get("Retry-After") == "" {
					missing++
				}
			}
			t.check(c.name+": Retry-After for everybody", missing == 0, "%d without", missing)
		}
		// A failure that passes by itself is not remembered for later requests; any
		// other is.
		before := s.renderer.of(key).runs
		if c.ending != throttled {
			t.check(c.name+": one invocation", before == 1, "%d", before)
		}
		s.renderer.arrange(key, plan{})
		again := together(all[:3], key)
		runs := s.renderer.of(key).runs - before
		if c.remembered {
			ok, said = spoken(again, c.status, c.code)
			t.check(c.name+": remembered", ok && runs == 0, "%s, %d invocations", said, runs)
		} else {
			ok, said = spoken(again, http.StatusOK, "")
			t.check(c.name+": not remembered", ok && runs == 1, "%s, %d invocations", said, runs)
		}
	}
	if err := t.inlineBytes(ctx, s, all); err != nil {
		return err
	}
	if err := t.throttledForAWhile(s, all); err != nil {
		return err
	}
	return t.photoReplaced(ctx, s, all)
}

// inlineBytes makes the function answer with a preview that it has not stored: the
// gateway that has the bytes may serve them, every other gateway answers 502.
func (t *trial) inlineBytes(ctx context.Context, s *system, all []*visitor) error {
	key := t.key("chaos")
	replies, ended, err := gathered(ctx, s, all, key, plan{ending: unstored})
	if err != nil {
		return err
	}
	var rest []reply
	served := 0
	for _, r := range replies {
		if r.good() {
			served++
		} else {
			rest = append(rest, r)
		}
	}
	ok, said := spoken(rest, http.StatusBadGateway, "not_stored")
	t.check("success with the bytes and no object: the preview or 502 not_stored", ok, "%d: the preview, %s", served, said)
	t.within("success with the bytes and no object: everybody within", poll, late(replies, ended))
	return nil
}

// throttledForAWhile makes the function throttle at first: the invocation is tried
// again, and every client gets the preview.
func (t *trial) throttledForAWhile(s *system, all []*visitor) error {
	key := t.key("chaos")
	s.renderer.arrange(key, plan{ending: throttled, first: 5})
	ok, said := spoken(together(all, key), http.StatusOK, "")
	r := s.renderer.of(key)
	t.check("throttled five times, then not: the preview, by one render", ok && r.runs == 1, "%s, %d renders, throttled %d times", said, r.runs, r.throttled)
	return nil
}

// photoReplaced replaces a photo that could not be rendered with one that can: the
// failure is not repeated once the photo has changed.
func (t *trial) photoReplaced(ctx context.Context, s *system, all []*visitor) error {
	const noticed = 1500 * time.Millisecond // the gateway checks the photo's ETag once a second
	key := t.key("chaos")
	if err := s.upload(ctx, photoOf(key), "no image"); err != nil {
		return err
	}
	s.renderer.arrange(key, plan{ending: damaged, first: 1})
	together(all, key) // enough clients that every gateway knows the failure
	if err := s.upload(ctx, photoOf(key), "an image"); err != nil {
		return err
	}
	replaced := time.Now()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for !all[0].get(key).good() && ctx.Err() == nil {
		pause(ctx, 20*time.Millisecond)
	}
	t.within("damaged photo replaced: its preview within", noticed, time.Since(replaced))
	return nil
}
