package main

import (
	"fmt"
	"math"
	"path/filepath"

	"prew"
)

// row is what came of a format and a likeness.
type row struct {
	format        prew.Format
	likeness      float64
	worst         float64 // of all scores
	mean, about   float64 // of them, and their deviation from it
	fixed         int     // the least quality at which no photo has a worse score than worst
	bytes, fixeds int     // of all previews, and of those of that quality
}

// measure renders all photos in a format, as like as is asked for, and finds the number of quality
// at which the worst of them looks as good.
func measure(photos []photo, format prew.Format, likeness float64, progress func(string)) (row, error) {
	r := row{format: format, likeness: likeness, worst: math.Inf(1)}
	var sum, squares float64
	for _, p := range photos {
		progress(fmt.Sprintf("%s, likeness %v: %s", format, likeness, filepath.Base(p.file)))
		preview, err := p.render(format, prew.AutoQuality, likeness)
		if err != nil {
			return r, err
		}
		score, err := p.score(preview)
		if err != nil {
			return r, err
		}
		r.bytes += len(preview)
		r.worst, sum, squares = min(r.worst, score), sum+score, squares+score*score
	}
	n := float64(len(photos))
	r.mean = sum / n
	r.about = math.Sqrt(max(squares/n-r.mean*r.mean, 0))

	r.fixed = least
	for _, p := range photos {
		progress(fmt.Sprintf("%s, likeness %v: quality %d of %s", format, likeness, r.fixed, filepath.Base(p.file)))
		var err error
		if r.fixed, err = lowest(r.fixed, func(quality int) (bool, error) {
			preview, err := p.render(format, quality, 0)
			if err != nil {
				return false, err
			}
			score, err := p.score(preview)
			return score >= r.worst, err
		}); err != nil {
			return r, err
		}
	}
	for _, p := range photos {
		preview, err := p.render(format, r.fixed, 0)
		if err != nil {
			return r, err
		}
		r.fixeds += len(preview)
	}
	return r, nil
}

// The qualities among which is searched.
const least, most = 15, 100

// lowest is the lowest quality from one on that holds, or the most where none does. That one is
// tried first, because it mostly holds.
func lowest(from int, holds func(quality int) (bool, error)) (int, error) {
	if ok, err := holds(from); ok || err != nil {
		return from, err
	}
	low, high := from, most // what does not hold, and what does, or is the most there is
	for low+1 < high {
		quality := (low + high) / 2
		ok, err := holds(quality)
		if err != nil {
			return 0, err
		}
		if ok {
			high = quality
		} else {
			low = quality
		}
	}
	return high, nil
}
