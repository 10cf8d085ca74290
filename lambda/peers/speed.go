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
	var repeat [peers]int
	for _, renderer := range renderers {
		// The first run warms up, the second measures how long one takes.
		var took time.Duration
		for range 2 {
			progress(fmt.Sprintf("%s: warming up", name))
			var err error
			if took, err = do(renderer, 1); err != nil {
				return speed{}, err
			}
		}
		repeat[renderer] = 1 + int(sample/max(took, time.Millisecond))
	}
	var user [peers][]time.Duration
	var ratio [peers][]float64
	for round := range rounds {
		progress(fmt.Sprintf("%s: round %d of %d", name, round+1, rounds))
		for turn := range renderers {
			renderer := renderers[(round+turn)%len(renderers)] // none is always first
			took, err := do(renderer, repeat[renderer])
			if err != nil {
				return speed{}, err
			}
			user[renderer] = append(user[renderer], took)
		}
		for _, renderer := range renderers {
			ratio[renderer] = append(ratio[renderer], float64(user[ours][round])/float64(user[renderer][round]))
		}
	}
	var s speed
	for _, renderer := range renderers {
		s.user[renderer] = median(user[renderer])
		s.ratio[renderer] = median(ratio[renderer])
	}
	return s, nil
}

// median is the value in the middle, the upper one of two.
func median[T cmp.Ordered](values []T) T {
	return slices.Sorted(slices.Values(values))[len(values)/2]
}
