package flight

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"prew"
)

// TestTroubleIsLoggedInMilliseconds is about the unit: a time.Duration in JSON would
// be nanoseconds, and every other time in the log is in milliseconds.
func TestTroubleIsLoggedInMilliseconds(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&log, nil)))
	defer slog.SetDefault(before)

	h := newBreaker(false)
	h.note(errors.New("gone"))
	h.since, h.lastError = time.Now().Add(-time.Minute), time.Now().Add(-time.Minute)
	h.note(nil)

	for line := range bytes.Lines(log.Bytes()) {
		var said struct {
			Msg string
			MS  float64
		}
		if err := json.Unmarshal(line, &said); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if said.Msg == "redis is well again" && said.MS >= 60_000 && said.MS < 120_000 {
			return
		}
	}
	t.Errorf("%s: want a minute, in milliseconds", log.Bytes())
}

// refusing is a server that refuses every step, or all but releases.
type refusing struct {
	unpurged
	releases bool
	until    time.Time
	reason   refusedError // empty: no memory is left
	replaced bool         // a replica takes over from it
}

func (r refusing) failsOver() bool { return r.replaced }

func (r refusing) step(_ context.Context, s *script, _ string, _ ...any) (any, error) {
	if time.Now().After(r.until) || r.releases && s == releaseScript {
		return int64(1), nil
	}
	if r.reason != "" {
		return nil, r.reason
	}
	return nil, refusedError("OOM command not allowed when used memory > 'maxmemory'.")
}

func (refusing) listen(ctx context.Context, _ *subscription) { <-ctx.Done() }

// TestRefusalIsLoggedOnce is about a Redis that refuses to set and allows to delete, as
// one whose memory is full: every release is answered well meanwhile.
func TestRefusalIsLoggedOnce(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	defer slog.SetDefault(before)

	synctest.Test(t, func(t *testing.T) {
		const while = 30 * time.Second
		ctx, cancel := context.WithTimeout(t.Context(), while+time.Second)
		defer cancel()
		l := &leases{refusing{releases: true, until: time.Now().Add(while)}, newBreaker(false), nil}
		go watch(ctx, func(ctx context.Context) { l.run(ctx, beatScript, beatKey) })
		c := claim{key: prefix + "key", token: token('a')}
		for range int(while/beatEvery) - 1 {
			time.Sleep(beatEvery)
			l.acquire(ctx, &c)
			l.release(ctx, c, nil)
		}
		if trouble := l.breaker.trouble(); trouble == nil || trouble.grace > 0 {
			t.Errorf("%+v, want a grace that is over", trouble)
		}
		<-ctx.Done()
		if trouble := l.breaker.trouble(); trouble != nil {
			t.Errorf("%+v, want none", trouble)
		}
		if _, refused, _ := l.breaker.report(); refused["oom"] < int64(while/beatEvery)-1 {
			t.Errorf("%v, want one for each beat", refused)
		}
	})
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	if len(lines) != 2 || !strings.Contains(lines[0], "redis is in trouble\" refusal=oom") || !strings.Contains(lines[1], "redis is well again") {
		t.Errorf("logged %q, want the refusal once and the recovery once", lines)
	}
}

// TestRefusalOfAllKeys is about what a Redis answers that is no primary just now. A step
// that hears it knows as much as a beat: no flight takes it for the refusal of its key, and
// goes on alone after a quarantine.
func TestRefusalOfAllKeys(t *testing.T) {
	const moved = "MOVED 3999 127.0.0.1:6381"
	for _, test := range []struct {
		reason   refusedError
		replaced bool
		all      bool
		patience time.Duration
	}{
		{"READONLY You can't write against a read only replica.", false, true, grace},
		{"READONLY You can't write against a read only replica.", true, true, failoverGrace},
		{"LOADING Redis is loading the dataset in memory", true, true, failoverGrace},
		{"CLUSTERDOWN The cluster is down", true, true, failoverGrace},
		{"MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", true, true, failoverGrace},
		{"TRYAGAIN Multiple keys request during rehashing of slot", true, true, failoverGrace},
		{"NOREPLICAS Not enough good replicas to write.", true, true, failoverGrace},
		{moved, true, true, failoverGrace},
		{"ASK 3999 127.0.0.1:6381", true, true, failoverGrace},
		{moved, false, false, 0}, // of a node whose other slots are ours
		{"WRONGTYPE Operation against a key holding the wrong kind of value", true, false, 0},
		{"OOM command not allowed when used memory > 'maxmemory'.", true, false, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			server := refusing{until: time.Now().Add(time.Hour), reason: test.reason, replaced: test.replaced}
			l := &leases{server, newBreaker(server.failsOver()), nil}
			c := claim{key: prefix + "key", token: token('a')}
			state := l.acquire(t.Context(), &c)
			switch trouble := l.breaker.trouble(); {
			case state.trouble == nil:
				t.Errorf("%s: %+v, want trouble", test.reason, state)
			case test.all && (trouble == nil || trouble.patience != test.patience || state.trouble.grace < test.patience-quarantine):
				t.Errorf("%s: the breaker %+v, the flight %+v, want a grace of %v", test.reason, trouble, state.trouble, test.patience)
			case !test.all && (trouble != nil || state.trouble.grace != quarantine):
				t.Errorf("%s: the breaker %+v, the flight %+v, want a quarantine of the key", test.reason, trouble, state.trouble)
			}
		})
	}
}

// TestGraceWhereAReplicaTakesOver is about how long flights wait: for a failover longer than
// for a restart, but once; and not for what no failover ends.
func TestGraceWhereAReplicaTakesOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(true)
		b.note(nil)
		b.note(errDown)
		if trouble := b.trouble(); trouble.grace != failoverGrace {
			t.Errorf("%+v, want %v", trouble, failoverGrace)
		}
		b.note(refusedError("OOM command not allowed when used memory > 'maxmemory'."))
		if trouble := b.trouble(); trouble.grace != grace {
			t.Errorf("no memory: %+v, want %v", trouble, grace)
		}
		for range int(failoverGrace / beatEvery) {
			time.Sleep(beatEvery)
			b.note(errDown)
		}
		if trouble := b.trouble(); trouble == nil || trouble.grace != 0 {
			t.Errorf("%v later: %+v, want no grace", failoverGrace, trouble)
		}
	})
}

// TestGraceLeavesTimeForACall is about the ladder of timeouts: a flight that has waited for all
// of the grace can still make its value.
func TestGraceLeavesTimeForACall(t *testing.T) {
	// docs/performance.md has renders of at most a second; the slowest call that is let begin
	// is one of two thirds of what is left.
	if left := prew.AnswerTimeout - failoverGrace - quarantine; left < 15*time.Second {
		t.Errorf("%v are left", left)
	}
}

// TestKeyThatIsRefusedIsLoggedOnce is about a key that holds another type of value.
func TestKeyThatIsRefusedIsLoggedOnce(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	defer slog.SetDefault(before)

	synctest.Test(t, func(t *testing.T) {
		l := &leases{refusing{until: time.Now().Add(time.Hour)}, newBreaker(false), nil}
		for range 10 {
			c := claim{key: prefix + "key", token: token('a')}
			first := l.acquire(t.Context(), &c)
			time.Sleep(first.trouble.grace)
			if second := l.acquire(t.Context(), &c); first.trouble.grace != quarantine || second.trouble.grace != 0 {
				t.Errorf("%v, then %v, want the quarantine and nothing", first.trouble, second.trouble)
			}
		}
	})
	if n := strings.Count(log.String(), "\n"); n != 1 || !strings.Contains(log.String(), "redis refuses the key\" refusal=oom") {
		t.Errorf("logged %q, want one line", log.String())
	}
}

// unpurged is the part of a server that knows of no purges.
type unpurged struct{}

func (unpurged) values(context.Context, []string) (map[string]string, error) { return nil, nil }
func (unpurged) uptime(context.Context) (time.Duration, error)               { return time.Hour, nil }
func (unpurged) purges(context.Context) ([]told, error)                      { return nil, nil }
func (unpurged) failsOver() bool                                             { return false }
