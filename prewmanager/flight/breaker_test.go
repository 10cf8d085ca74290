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
)

// TestTroubleIsLoggedInMilliseconds is about the unit: a time.Duration in JSON would
// be nanoseconds, and every other time in the log is in milliseconds.
func TestTroubleIsLoggedInMilliseconds(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&log, nil)))
	defer slog.SetDefault(before)

	h := newBreaker()
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
}

func (r refusing) step(_ context.Context, s *script, _ string, _ ...any) (any, error) {
	if time.Now().After(r.until) || r.releases && s == releaseScript {
		return int64(1), nil
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
		l := &leases{refusing{releases: true, until: time.Now().Add(while)}, newBreaker(), nil}
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

// TestKeyThatIsRefusedIsLoggedOnce is about a key that holds another type of value.
func TestKeyThatIsRefusedIsLoggedOnce(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	defer slog.SetDefault(before)

	synctest.Test(t, func(t *testing.T) {
		l := &leases{refusing{until: time.Now().Add(time.Hour)}, newBreaker(), nil}
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
