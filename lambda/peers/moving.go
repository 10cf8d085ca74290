package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"prew"
	"prew/lambda/peers/look"
)

// What a preview that moves may take, of sharp's user time and of its bytes.
const (
	mostMoving      = 0.7
	mostMovingBytes = 1.1
)

// movingGIF is a GIF, as workers call it. A preset of ours names no format then.
const movingGIF prew.Format = "gif"

// movingJobs returns a job for each animation of the corpus that sharp reads, at its own
// size and at a smaller one, in both formats.
func movingJobs() (all []job) {
	for _, row := range []struct {
		file   string
		widths [2]int
	}{
		{"animated-loop-3.gif", [2]int{370, 160}},
		{"animated-loop-3.webp", [2]int{370, 160}},
		{"dispose-background.gif", [2]int{192, 120}},
		{"cogs.gif", [2]int{85, 64}},
	} {
		for _, width := range row.widths {
			for _, format := range []prew.Format{prew.WebP, movingGIF} {
				all = append(all, job{photo: "moving-" + row.file, file: row.file, about: row.file,
					size: size{fmt.Sprint(width), width, 0, prew.Contain}, format: format, quality: quality})
			}
		}
	}
	return all
}

// moving is a job for one renderer. Both have the effort of their own that is the usual one.
func (j job) moving(renderer int) (job, error) {
	j.effort = [peers]string{ours: string(prew.Balanced), modern: "4"}[renderer]
	return j.asking(look.Asked{Look: look.Look{Preset: "animate=true", Fit: "inside"}, Animated: true})
}

// movingResult has the times and the bytes of a job.
type movingResult struct {
	job   job
	speed speed
	bytes [peers]int64
}

// bounds returns the bounds of the bytes and of the user time, the rival having a name.
func (r movingResult) bounds(rival string) []bound {
	name := fmt.Sprintf("%s at %s, moving %s", r.job.about, r.job.size.name, r.job.format)
	bytes, time := float64(r.bytes[ours])/float64(r.bytes[modern]), r.speed.ratio[modern]
	return []bound{
		{name + ", bytes", fmt.Sprintf("at most %.2f of %s", mostMovingBytes, rival), fmt.Sprintf("%.3f", bytes), bytes <= mostMovingBytes},
		{name + ", user time", fmt.Sprintf("at most %.2f of %s", mostMoving, rival), fmt.Sprintf("%.3f", time), time <= mostMoving},
	}
}

// measureMoving makes the previews that move.
func measureMoving(chosen []job, corpus string, progress func(string)) ([]movingResult, error) {
	return measureEach(chosen, func(workers [peers]*worker, j job) (r movingResult, err error) {
		r.job = j
		r.speed, err = timed(pair, j.String(), func(renderer, repeat int) (time.Duration, error) {
			one, err := j.moving(renderer)
			if err != nil {
				return 0, err
			}
			return workers[renderer].do(one, filepath.Join(corpus, "looks", j.file), previewFile(renderer, j), repeat)
		}, progress)
		if err != nil {
			return r, err
		}
		for _, renderer := range pair {
			info, err := os.Stat(previewFile(renderer, j))
			if err != nil {
				return r, err
			}
			r.bytes[renderer] = info.Size()
		}
		return r, nil
	})
}
