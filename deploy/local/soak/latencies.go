package main

import (
	"fmt"
	"math"
	"time"
)

// latencies are the durations of requests by the minute in which they began, counted in classes.
// They take the same memory however many there are, so that this program does not grow.
type latencies []classes

// A class is a fiftieth longer than the one before; they reach from 10 µs to 75 s.
const (
	shortest = 10 * time.Microsecond
	step     = 1.02
)

type classes [800]uint32

// add counts a duration. after is when the request began.
func (l latencies) add(after, took time.Duration) {
	minute := min(int(after/time.Minute), len(l)-1)
	class := int(math.Log(float64(took)/float64(shortest)) / math.Log(step))
	l[minute][min(max(class, 0), len(classes{})-1)]++
}

// percentile is the duration that a part of the requests of some minutes, from one and before
// another, did not exceed, to a fiftieth; 0 if there were none.
func (l latencies) percentile(part float64, from, before int) time.Duration {
	var all classes
	sum := uint32(0)
	for _, minute := range l[min(from, len(l)):min(before, len(l))] {
		for i, n := range minute {
			all[i] += n
			sum += n
		}
	}
	reached := uint32(0)
	for i, n := range all {
		reached += n
		if n > 0 && float64(reached) >= part*float64(sum) {
			return time.Duration(float64(shortest) * math.Pow(step, float64(i+1)))
		}
	}
	return 0
}

// brief prints a duration with two or three digits, as 1.4 ms or 3.82 s.
func brief(d time.Duration) string {
	switch ms := float64(d) / float64(time.Millisecond); {
	case ms < 10:
		return fmt.Sprintf("%.1f ms", ms)
	case ms < 1000:
		return fmt.Sprintf("%.0f ms", ms)
	}
	return fmt.Sprintf("%.2f s", d.Seconds())
}
