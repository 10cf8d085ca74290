package main

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

const (
	// rounds is how often every renderer is timed on a job. The median of 15 varies
	// by about a percent on a machine that does other things too.
	rounds = 15
	// sample is the least user time of one timing. The kernel divides a process's
	// time between user and system by what it sees at its ticks, mostly every 4 ms,
	// so a few ticks would mean little.
	sample = 200 * time.Millisecond
)

// speed is the user time of a job: for each renderer the median of its rounds for one
// rendering, and the median of the ratio of ours to it in the same round.
type speed struct {
	user  [peers]time.Duration
	ratio [peers]float64
}

// timed has renderers, of which ours is one, do a job in turn, as often as rounds says.
func timed(renderers []int, name string, do func(renderer, repeat int) (time.Duration, error), progress func(string)) (speed, error) {
	times, err := inTurn(len(renderers), name, func(i, repeat int) (time.Duration, error) { return do(renderers[i], repeat) }, progress)
	if err != nil {
		return speed{}, err
	}
	var s speed
	for i, renderer := range renderers {
		s.user[renderer] = median(times[i])
		s.ratio[renderer] = ratio(times[slices.Index(renderers, ours)], times[i])
	}
	return s, nil
}

// inTurn times n things in turn, as often as rounds says, and returns the times of each.
func inTurn(n int, name string, do func(i, repeat int) (time.Duration, error), progress func(string)) ([][]time.Duration, error) {
	repeat := make([]int, n)
	for i := range n {
		// The first run warms up, the second measures how long one takes.
		var took time.Duration
		for range 2 {
			progress(fmt.Sprintf("%s: warming up", name))
			var err error
			if took, err = do(i, 1); err != nil {
				return nil, err
			}
		}
		repeat[i] = 1 + int(sample/max(took, time.Millisecond))
	}
	times := make([][]time.Duration, n)
	for round := range rounds {
		progress(fmt.Sprintf("%s: round %d of %d", name, round+1, rounds))
		for turn := range n {
			i := (round + turn) % n // none is always first
			took, err := do(i, repeat[i])
			if err != nil {
				return nil, err
			}
			times[i] = append(times[i], took)
		}
	}
	return times, nil
}

// ratio is the median of the ratios of times to those of the same rounds.
func ratio(times, to []time.Duration) float64 {
	var all []float64
	for round := range times {
		all = append(all, float64(times[round])/float64(to[round]))
	}
	return median(all)
}

// median is the value in the middle, the upper one of two.
func median[T cmp.Ordered](values []T) T {
	return slices.Sorted(slices.Values(values))[len(values)/2]
}
