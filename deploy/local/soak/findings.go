package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// results are what a run has measured.
type results struct {
	began     time.Time
	lasts     time.Duration
	rate      int
	machine   string
	processes []string // the parts in the order of a sample's usages
	samples   []sample
	faults    suffered
	load      *load
	wrong     []string // the first of the answers that were not right

	leasesLeft    int
	renders       int // of photos that take turns
	ended         []string
	unpurged      []string
	complaints    []string
	alerts        []string // that fired, and for how long
	alertsWatched bool
}

// window is the time for which a run settles. What is compared then are the medians of the next
// such time and of the last: a sample by itself is of a moment.
func (r *results) window() time.Duration { return min(5*time.Minute, r.lasts/4) }

// whole reports whether a run is long enough for its bounds to be those that were promised.
// Caches and heaps are still growing in a shorter one, so that its bounds find what leaks with
// every request and no more.
func (r *results) whole() bool { return r.lasts >= 30*time.Minute }

const (
	// growth is how much more something may be at the end than it was.
	growth = 0.10
	// growthShort is the same in a run that is not whole. Leaks that began with the load are
	// more than twice as many after twice the time.
	growthShort = 0.50
	// few and fewBytes are what something may be more by beside: where there are thirty
	// connections, five more are a sixth, and may be gone a minute later. In a run that is not
	// whole it is fewShort times as many.
	few      = 5
	fewBytes = 1e6
	fewShort = 8
	// fewExtra is how many renders beyond one of a preview there may be where 0.5 % are fewer: a
	// gateway that is killed as Redis restarts leaves a call whose lease is lost.
	fewExtra = 3
)

// most is the most that something may be at the end.
func (r *results) most(before, few float64) float64 {
	if r.whole() {
		return before*(1+growth) + few
	}
	return before*(1+growthShort) + few*fewShort
}

// pair is something before and at the end.
type pair struct {
	what          string
	before, after float64
}

// change is how much more it is at the end, in per cent.
func (p pair) change() string {
	switch {
	case p.before == p.after:
		return "0 %"
	case p.before == 0:
		return "new"
	}
	return fmt.Sprintf("%+.1f %%", 100*(p.after-p.before)/p.before)
}

// compare takes the medians of something that samples have; negative values are left out.
func (r *results) compare(what string, of func(sample) float64) pair {
	in := func(from, to time.Duration) float64 {
		var values []float64
		for _, s := range r.samples {
			if v := of(s); s.after >= from && s.after < to && v >= 0 {
				values = append(values, v)
			}
		}
		return median(values)
	}
	return pair{what, in(r.window(), 2*r.window()), in(r.lasts-r.window(), r.lasts+sampled)}
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// measure is something that every process has.
type measure struct {
	name  string
	of    func(usage) float64
	few   float64
	print func(float64) string
}

var measures = []measure{
	{"goroutines", func(u usage) float64 { return float64(u.goroutines) }, few, count},
	{"descriptors", func(u usage) float64 { return float64(u.descriptors) }, few, count},
	{"connections", func(u usage) float64 { return float64(u.connections) }, few, count},
	{"resident memory", func(u usage) float64 { return float64(u.resident) }, fewBytes, megabytes},
}

func count(n float64) string { return fmt.Sprintf("%.0f", n) }

func megabytes(bytes float64) string { return fmt.Sprintf("%.1f MB", bytes/1e6) }

// byProcess is a measure of every process that has it.
func (r *results) byProcess(m measure) (pairs []pair) {
	for i, name := range r.processes {
		p := r.compare(name, func(s sample) float64 {
			if s.usages[i] == (usage{}) {
				return -1
			}
			return m.of(s.usages[i])
		})
		if p.before > 0 || p.after > 0 {
			pairs = append(pairs, p)
		}
	}
	return pairs
}

// holding is something that there is once.
type holding struct {
	name  string
	of    func(sample) float64
	few   float64
	print func(float64) string
}

var holdings = []holding{
	{"leases in Redis", func(s sample) float64 { return float64(s.leases) }, few, count},
	{"remembered failures in Redis", func(s sample) float64 { return float64(s.failures) }, 20, count}, // of requests made up at random
	{"nginx's cache", func(s sample) float64 { return float64(s.cache) }, fewBytes, megabytes},
	{"what S3 has stored", func(s sample) float64 { return float64(s.stored) }, fewBytes, megabytes},
}

// finding is something that was asked for, and what was measured.
type finding struct {
	Asked, Measured string
	Kept            bool
	Timely          bool // a machine that does other things beside may break it
}

// find holds the results against what is asked for.
func (r *results) find() []finding {
	var all []finding
	check := func(asked string, kept bool, format string, args ...any) *finding {
		all = append(all, finding{Asked: asked, Measured: fmt.Sprintf(format, args...), Kept: kept})
		return &all[len(all)-1]
	}
	none := func(asked string, n int, more ...string) *finding {
		return check(asked, n == 0, "%s", strings.Join(append([]string{fmt.Sprint(n)}, more...), "; "))
	}
	sum := 0
	for became := range outcomes {
		sum += r.load.of(became)
	}
	check("no wrong answer", r.load.of(wrong) == 0, "%d of %d", r.load.of(wrong), sum)
	none("nobody left hanging", r.load.of(hung))
	for _, rare := range []struct {
		asked  string
		became outcome
	}{{"told that something failed (502, 503, 504): at most one in 10,000", refused}, {"not connected: at most one in 10,000", unreached}} {
		check(rare.asked, 10_000*r.load.of(rare.became) <= sum, "%d", r.load.of(rare.became)).Timely = true
	}
	check("no answer cut off, but by a gateway that is killed", r.load.of(cut) <= r.faults[1], "%d, %d gateways killed", r.load.of(cut), r.faults[1])
	none("every purge done", len(r.unpurged), r.unpurged[:min(len(r.unpurged), 3)]...).Timely = true
	none("no part ended by itself", len(r.ended), r.ended...)
	none("no panic or alarm in a log", len(r.complaints), r.complaints[:min(len(r.complaints), 5)]...)
	over := func(few float64, print func(float64) string) string {
		return fmt.Sprintf("at most %.0f %% and %s over what it was after %s", 100*(r.most(1, 0)-1), print(r.most(0, few)), span(r.window()))
	}
	for _, m := range measures {
		var worst pair
		kept, excess := true, 0.0
		for i, p := range r.byProcess(m) {
			most := r.most(p.before, m.few)
			kept = kept && p.after <= most
			if e := p.after / most; i == 0 || e > excess {
				worst, excess = p, e
			}
		}
		check(m.name+" of every process "+over(m.few, m.print), kept, "most at %s: %s, %s (%s)", worst.what, m.print(worst.before), m.print(worst.after), worst.change())
	}
	for _, s := range holdings {
		p := r.compare(s.name, s.of)
		check(s.name+" "+over(s.few, s.print), p.after <= r.most(p.before, s.few), "%s, %s (%s)", s.print(p.before), s.print(p.after), p.change())
	}
	none("no lease left when nobody asks any more", r.leasesLeft)
	extra := r.renders - r.load.asked
	check(fmt.Sprintf("renders beyond one of a preview at most 0.5 %%, or %d", fewExtra), extra <= max(fewExtra, r.load.asked/200), "%d for %d previews", max(extra, 0), r.load.asked)
	if r.whole() {
		all = append(all, r.findLatencies()...)
	}
	if r.alertsWatched {
		none("no alert fired", len(r.alerts), r.alerts...).Timely = true
	}
	return all
}

// tens is how many minutes latencies are compared of. Each ten minutes have a time of slow S3.
const tens = 10

// slower is how much longer something may take in the last ten minutes: what other programs of
// the machine, or of the machine that it is a part of, take away for a while.
const slower = 0.20

// findLatencies holds the last ten minutes against the second ones.
func (r *results) findLatencies() (all []finding) {
	last := int(r.lasts / time.Minute)
	for _, of := range []struct {
		name string
		l    latencies
		part float64
		few  time.Duration // the kernel's and Go's ticks
	}{
		{"hits, median", r.load.hits, 0.5, 100 * time.Microsecond},
		{"hits, 99 %", r.load.hits, 0.99, time.Millisecond},
		{"misses, median", r.load.misses, 0.5, time.Millisecond},
		{"misses, 95 %", r.load.misses, 0.95, 5 * time.Millisecond},
	} {
		second, end := of.l.percentile(of.part, tens, 2*tens), of.l.percentile(of.part, last-tens, last)
		all = append(all, finding{
			Asked:    fmt.Sprintf("%s of the last ten minutes no longer than of the second ten, within %.0f %%", of.name, 100*slower),
			Measured: fmt.Sprintf("%s, %s", brief(second), brief(end)),
			Kept:     float64(end) <= float64(second)*(1+slower)+float64(of.few),
			Timely:   true,
		})
	}
	return all
}

// soFar is a line about a run that goes on.
func (r *results) soFar(now sample) string {
	text := fmt.Sprintf("%s of %s, %d requests, %d wrong, %d failed;", span(now.after), span(r.lasts), r.load.of(right)+r.load.of(gone), r.load.of(wrong),
		r.load.of(refused)+r.load.of(cut)+r.load.of(unreached)+r.load.of(hung))
	for i, u := range now.usages {
		text += fmt.Sprintf(" %s %.0f MB", r.processes[i], float64(u.resident)/1e6)
	}
	return text
}

// span prints a time to the second, as 30 s, 1:30 min or 5 min.
func span(d time.Duration) string {
	seconds := int(d.Round(time.Second) / time.Second)
	switch {
	case seconds < 60:
		return fmt.Sprintf("%d s", seconds)
	case seconds%60 == 0:
		return fmt.Sprintf("%d min", seconds/60)
	}
	return fmt.Sprintf("%d:%02d min", seconds/60, seconds%60)
}

// printFindings prints a table.
func printFindings(out io.Writer, all []finding) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, f := range all {
		mark := "kept"
		if !f.Kept {
			mark = "BROKEN"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", mark, f.Asked, f.Measured)
	}
	table.Flush()
}

// alerts names the alerts that fired since a time, and for how long.
func (s *system) alerts(ctx context.Context, since time.Time) (names []string, err error) {
	const step = scrapes // as often as they are evaluated
	found, err := s.prometheus.Range(ctx, `count by (alertname) (ALERTS{alertstate="firing"})`, since, time.Now(), step)
	for _, series := range found {
		names = append(names, fmt.Sprintf("%s for %s", series.Labels["alertname"], time.Duration(len(series.Values))*step))
	}
	slices.SortFunc(names, cmp.Compare[string])
	return names, err
}
