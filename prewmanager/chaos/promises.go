package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"prew/deploy/local/stack"
)

// size is how large a trial of a promise is.
type size int

const (
	tiny  size = iota // a few seconds, for go test
	small             // all fifteen within 10 minutes
	full              // the figures as they were promised, within an hour
)

// promise is one of the fifteen, and its trial.
type promise struct {
	number int
	name   string
	try    func(context.Context, *trial) error
}

// promises are all fifteen.
var promises = []promise{
	{1, "no faults", noFaults},
	{2, "gateways killed", gatewaysKilled},
	{3, "mixed faults", mixedFaults},
	{4, "redis gone", redisGone},
	{5, "messages lost", messagesLost},
	{6, "failure", failureShared},
	{7, "crowd", crowdAndSlowReaders},
	{8, "clients leave", clientsLeave},
	{9, "overload", overload},
	{10, "rolling restart", rollingRestart},
	{11, "function fails", functionFails},
	{12, "parts frozen", partsFrozen},
	{13, "redis refuses", redisRefuses},
	{14, "purged is gone", purgedIsGone},
	{15, "failover", failover},
}

// row is one figure of a promise: what was asked and what was measured.
type row struct {
	Promise  int    `json:"promise"`
	Size     string `json:"size"`
	Asked    string `json:"asked"`
	Measured string `json:"measured"`
	Kept     bool   `json:"kept"`
}

// trial is one promise being put to the test.
type trial struct {
	promise
	size     size
	random   *rand.Rand
	dir      string         // of the state and the logs
	race     bool           // gateways are those with the race detector
	network  *stack.Network // on which a Redis that fails over can be cut off; nil: none
	metrics  []string       // addresses of the gateways' metrics that the monitor watches; nil: none
	front    string         // that of nginx's
	progress func(string)

	rows    []row
	about   string // the size in words
	systems []*system
	keys    int
}

// run puts a promise to the test and returns its rows. An error that ends the test
// early is a row too.
func (t *trial) run(ctx context.Context) []row {
	err := t.try(ctx, t)
	for _, s := range t.systems {
		if lines := s.complaints(); len(lines) > 0 {
			t.check("no panic and no data race", false, "%s", strings.Join(lines[:min(len(lines), 3)], "; "))
		}
		s.stop()
	}
	if err != nil {
		t.check("a test that ends", false, "%v", err)
	}
	return t.rows
}

// system starts a system for the trial. It is stopped at the trial's end.
func (t *trial) system(ctx context.Context, c setup) (*system, error) {
	name := "prewmanager"
	if t.race && !c.plain {
		name = "race/prewmanager"
	}
	program, err := stack.Program(name)
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(t.dir, fmt.Sprintf("%d-%d", t.number, len(t.systems)+1))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	c.metrics, c.frontMetrics = t.metrics, t.front
	s, err := start(ctx, dir, program, c)
	t.systems = append(t.systems, s)
	return s, err
}

// sized sets the size of the trial in words.
func (t *trial) sized(format string, args ...any) { t.about = fmt.Sprintf(format, args...) }

// say shows what the trial is doing.
func (t *trial) say(format string, args ...any) {
	t.progress(fmt.Sprintf("%d %s: ", t.number, t.name) + fmt.Sprintf(format, args...))
}

// check adds a row.
func (t *trial) check(asked string, kept bool, format string, args ...any) {
	t.rows = append(t.rows, row{t.number, t.about, asked, fmt.Sprintf(format, args...), kept})
}

// none adds a row for something that must not have happened at all.
func (t *trial) none(of string, n int) { t.check("0 "+of, n == 0, "%d", n) }

// within adds a row for a time.
func (t *trial) within(what string, limit, got time.Duration) {
	limit = t.limit(limit)
	t.check(what+" "+brief(limit), got <= limit, "%s", brief(got))
}

// limit is the bound of a time. In go test the machine is busy with the tests of
// other packages, and the race detector takes gateways five to ten times as long: there a
// bound only has to find what hangs.
func (t *trial) limit(d time.Duration) time.Duration {
	if t.size == tiny || t.race {
		return d + 10*time.Second
	}
	return d
}

// fresh names n previews that no client has asked for yet.
func (t *trial) fresh(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = t.key("chaos")
	}
	return names
}

// key names one preview, in a folder: of a preset and of its variants in turn.
func (t *trial) key(folder string) string {
	t.keys++
	preset := []string{"thumb", "thumb.webp", "thumb.avif"}[t.keys%3]
	return fmt.Sprintf("prew/%s/%s/%d-%d.jpg", preset, folder, t.number, t.keys)
}

// answered adds the rows that hold for every crowd: no wrong previews and no clients
// left hanging.
func (t *trial) answered(all tally) {
	t.none("wrong bodies", all.wrong)
	t.none("clients left hanging", all.hung)
}

// survived adds the row for a crowd whose gateways were killed: every client got the
// preview. Two cases that cannot be avoided are excused. If a gateway is killed while
// it sends an answer, the answer ends early, which its client sees by its length. If
// every gateway was down at some time during a request, nginx may have found none.
func (t *trial) survived(o outcome) {
	t.check("every request answered with its preview, unless a kill cut it off or every gateway was down meanwhile",
		o.good+o.cut+o.doomed == o.all, "%d of %d, %d cut off, %d without a gateway, others: %s", o.good, o.all, o.cut, o.doomed, o.others())
}

// served adds the row that every client got the preview.
func (t *trial) served(all tally) {
	t.check("every request answered with its preview", all.good == all.all, "%d of %d, %d cut off, others: %s", all.good, all.all, all.cut, all.others())
}

// brief prints a time to the millisecond, or from a second on to the hundredth.
func brief(d time.Duration) string {
	if d < time.Second {
		return d.Round(time.Millisecond).String()
	}
	return d.Round(10 * time.Millisecond).String()
}

// photoOf is the key of the photo of a preview.
func photoOf(preview string) string {
	_, key, _ := strings.Cut(strings.TrimPrefix(preview, "prew/"), "/")
	return "photo/" + key
}

// runsOf counts the renderer's runs: extra is the runs beyond one for each key, none
// is the keys without a run, most is the most runs of one key at once.
func runsOf(f *renderer, keys []string) (extra, none, most int) {
	for _, key := range keys {
		r := f.of(key)
		switch {
		case r.runs == 0:
			none++
		default:
			extra += r.runs - 1
		}
		most = max(most, r.most)
	}
	return extra, none, most
}

// mostByOne returns the most runs of one key for one gateway.
func mostByOne(f *renderer, keys []string) (most int) {
	for _, key := range keys {
		for _, n := range f.of(key).by {
			most = max(most, n)
		}
	}
	return most
}

// waited returns the replies to requests that were made before the preview was
// stored.
func waited(f *renderer, replies []reply) []reply {
	stored := map[string]time.Time{}
	var found []reply
	for _, r := range replies {
		at, ok := stored[r.key]
		if !ok {
			at = f.of(r.key).stored
			stored[r.key] = at
		}
		if at.IsZero() || r.began.Before(at) {
			found = append(found, r)
		}
	}
	return found
}
