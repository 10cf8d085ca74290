package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

// anHourOf is the results of an hour in which nothing grows, unless grow says how much of a
// sample is more at a time.
func anHourOf(grow func(after time.Duration, s *sample)) *results {
	s := &system{}
	r := &results{lasts: anHour, rate: 200, machine: "a machine", processes: s.names(), renders: 1000, faults: suffered{1: 60}, alertsWatched: true}
	for after := sampled; after < anHour; after += sampled {
		now := sample{after: after, leases: 3, failures: 100, cache: 10e6, stored: 100e6, usages: make([]usage, len(r.processes))}
		for i := range now.usages {
			now.usages[i] = usage{descriptors: 50, connections: 40, resident: 40e6}
			if i < gateways {
				now.usages[i].goroutines = 100
			}
		}
		if after%time.Minute == 15*time.Second {
			now.usages[0], now.leases, now.failures = usage{}, -1, -1 // it is being started again
		}
		if grow != nil {
			grow(after, &now)
		}
		r.samples = append(r.samples, now)
	}
	r.load = &load{asked: 1000, hits: make(latencies, 62), misses: make(latencies, 62)}
	for minute := range 60 {
		for range 100 {
			r.load.hits.add(time.Duration(minute)*time.Minute, time.Millisecond)
			r.load.misses.add(time.Duration(minute)*time.Minute, 50*time.Millisecond)
		}
	}
	return r
}

// TestWhatGrowsIsFound checks that each thing that may be wrong with a run breaks what is asked
// for, and nothing else.
func TestWhatGrowsIsFound(t *testing.T) {
	slowly := func(after time.Duration) int { return int(after / (3 * time.Minute)) } // 20 in an hour
	for _, test := range []struct {
		name   string
		grow   func(after time.Duration, s *sample)
		change func(r *results)
		broken string // begins what is asked for; empty: nothing is broken
	}{
		{name: "nothing"},
		{name: "a burst", grow: func(after time.Duration, s *sample) {
			if after > 58*time.Minute {
				s.usages[2].goroutines += 1000
			}
		}},
		{name: "goroutines of one gateway", grow: func(after time.Duration, s *sample) { s.usages[2].goroutines += slowly(after) }, broken: "goroutines of every process at most 10 %"},
		{name: "descriptors of Redis", grow: func(after time.Duration, s *sample) { s.usages[4].descriptors += slowly(after) }, broken: "descriptors"},
		{name: "connections of nginx", grow: func(after time.Duration, s *sample) { s.usages[3].connections += slowly(after) }, broken: "connections"},
		{name: "memory of the function", grow: func(after time.Duration, s *sample) { s.usages[6].resident += int64(slowly(after)) << 20 }, broken: "resident memory"},
		{name: "leases", grow: func(after time.Duration, s *sample) { s.leases += slowly(after) }, broken: "leases in Redis"},
		{name: "failures", grow: func(after time.Duration, s *sample) { s.failures += 5 * slowly(after) }, broken: "remembered failures"},
		{name: "the cache", grow: func(after time.Duration, s *sample) { s.cache += int64(slowly(after)) << 20 }, broken: "nginx's cache"},
		{name: "the store", grow: func(after time.Duration, s *sample) { s.stored += int64(slowly(after)) << 20 }, broken: "what S3 has stored"},
		{name: "hits", change: func(r *results) { r.load.hits.add(55*time.Minute, time.Second) }},
		{name: "slow hits", change: func(r *results) { slow(r.load.hits, 0.02) }, broken: "hits, 99 %"},
		{name: "slow misses", change: func(r *results) { slow(r.load.misses, 0.10) }, broken: "misses, 95 %"},
		{name: "a wrong answer", change: func(r *results) { r.load.counts[hit][wrong]++ }, broken: "no wrong answer"},
		{name: "a client left hanging", change: func(r *results) { r.load.counts[miss][hung]++ }, broken: "nobody left hanging"},
		{name: "a 502", change: func(r *results) { r.load.counts[miss][refused]++ }, broken: "told that something failed"},
		{name: "no connection", change: func(r *results) { r.load.counts[miss][unreached]++ }, broken: "not connected"},
		{name: "an answer cut off", change: func(r *results) { r.load.counts[miss][cut]++ }},
		{name: "answers cut off", change: func(r *results) { r.load.counts[miss][cut] += 61 }, broken: "no answer cut off"},
		{name: "a purge", change: func(r *results) { r.unpurged = []string{"exit status 3"} }, broken: "every purge"},
		{name: "a gateway that died", change: func(r *results) { r.ended = []string{"gateway-3 ended"} }, broken: "no part ended"},
		{name: "a panic", change: func(r *results) { r.complaints = []string{"gateway-3.log: panic"} }, broken: "no panic"},
		{name: "a lease that is left", change: func(r *results) { r.leasesLeft = 1 }, broken: "no lease left"},
		{name: "a few renders", change: func(r *results) { r.renders += 5 }},
		{name: "renders", change: func(r *results) { r.renders += 6 }, broken: "renders beyond one"},
		{name: "renders of few previews", change: func(r *results) { r.load.asked, r.renders = 100, 104 }, broken: "renders beyond one"},
		{name: "an alert", change: func(r *results) { r.alerts = []string{"PrewFailing for 1m0s"} }, broken: "no alert"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := anHourOf(test.grow)
			if test.change != nil {
				test.change(r)
			}
			found := false
			for _, f := range r.find() {
				if f.Kept {
					continue
				}
				found = true
				if test.broken == "" || !strings.HasPrefix(f.Asked, test.broken) {
					t.Errorf("broken: %s: %s", f.Asked, f.Measured)
				}
			}
			if !found && test.broken != "" {
				t.Errorf("%s: kept", test.broken)
			}
		})
	}
}

// slow makes a part of the requests of the last ten minutes take three times as long.
func slow(l latencies, part float64) {
	for minute := 50; minute < 60; minute++ {
		longest := time.Duration(0)
		for longest == 0 {
			longest = l.percentile(1, minute, minute+1)
		}
		for range int(part * 100) {
			l.add(time.Duration(minute)*time.Minute, 3*longest)
		}
	}
}

// TestReportIsWhole checks that the report of an hour has all tables, and that its chart is
// well-formed and has a line for everything.
func TestReportIsWhole(t *testing.T) {
	r := anHourOf(nil)
	var text, drawn bytes.Buffer
	r.writeTables(&text)
	for _, want := range []string{
		"# An hour under faults\n", "`make soak MINUTES=60`", "gateways killed: 60", "| no wrong answer | 0 of 0 | kept |",
		"| gateway-3 | 100 → 100 (0 %) | 50 → 50 (0 %) | 40 → 40 (0 %) | 40.0 MB → 40.0 MB (0 %) |",
		"| nginx |  | 50 → 50 (0 %) |", "| misses, each a render | 0 |", "\n| 50 to 60 | 1.0 ms |",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is missing in\n%s", want, text.String())
		}
	}
	if err := r.writeChart(&drawn); err != nil {
		t.Fatal(err)
	}
	lines := strings.Count(drawn.String(), `<path class="l s`)
	if want := len(coloured) + 3*len(r.processes) + gateways + 2 + 4; lines != want {
		t.Errorf("%d lines, want %d", lines, want)
	}
	for decoder := xml.NewDecoder(&drawn); ; {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// TestLabelsAreBesideEachOther is about lines that end close together.
func TestLabelsAreBesideEachOther(t *testing.T) {
	lines := []line{{label: "a", values: []float64{1}}, {label: "b", values: []float64{0.99}}, {label: "c", values: []float64{1}}, {label: "d", values: []float64{0.2}}}
	p := anHourOf(nil).panel(0, "", lines, count, false)
	for i, label := range p.Labels[1:] {
		if label.Y < p.Labels[i].Y+letterHeight {
			t.Errorf("%s is on %s: %+v", label.Text, p.Labels[i].Text, p.Labels)
		}
	}
	if n := len(p.Labels); n != 4 || p.Labels[0].Y != 0 || p.Labels[3].Text != "d" {
		t.Errorf("%+v", p.Labels)
	}
}
