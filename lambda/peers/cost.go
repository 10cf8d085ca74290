package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"time"

	"prew"
	"prew/lambda/peers/look"
)

// mostLook is the most user time that a look may take of a preview of 1440 pixels.
const mostLook = 3 * time.Millisecond

// lookJob is a preview that is made with a look and without it.
type lookJob struct {
	look look.Look
	job  job // without it
}

// lookJobs returns a job for each look: of a small photo, because what is added to a short time
// is seen better.
func lookJobs() (all []lookJob) {
	for _, l := range look.All {
		all = append(all, lookJob{l, job{photo: "p2", file: "p2.jpg", about: "2 MP",
			size: size{"1440", 1440, 1440, prew.Contain}, format: prew.JPEG, quality: quality}})
	}
	return all
}

func (j lookJob) String() string { return "look-" + j.look.Preset }

// with is the job with its look, for workers.
func (j lookJob) with() (job, error) {
	return j.job.asking(look.Asked{Look: j.look})
}

// asking is the job with more that is asked for, for workers.
func (j job) asking(asked look.Asked) (job, error) {
	text, err := json.Marshal(asked)
	j.look = string(text)
	return j, err
}

// cost is what a look adds to the user time of a preview: for each renderer that has it the
// median of its rounds, and of the time without it.
type cost struct {
	job           lookJob
	added, before [peers]time.Duration
}

// bound is the bound of the user time.
func (c cost) bound() bound {
	added := c.added[ours]
	return bound{fmt.Sprintf("%s, user time added", c.job.look.Preset), fmt.Sprintf("at most %.0f ms", milliseconds(mostLook)),
		fmt.Sprintf("%.1f ms", milliseconds(added)), added <= mostLook}
}

// measureLooks times previews with each look and without it in turn, as often as rounds says.
func measureLooks(chosen []lookJob, corpus string, progress func(string)) ([]cost, error) {
	return measureEach(chosen, func(workers [peers]*worker, j lookJob) (cost, error) {
		c := cost{job: j}
		for _, renderer := range pair {
			progress(fmt.Sprintf("%s: by %s", j, workers[renderer].says))
			with, err := j.with()
			if err != nil {
				return c, err
			}
			if c.added[renderer], c.before[renderer], err = added(workers[renderer], j.job, with, corpus); err != nil {
				return c, err
			}
		}
		return c, nil
	})
}

// added is what a job with more in it adds to one renderer's time, and the time without that.
func added(w *worker, without, with job, corpus string) (more, before time.Duration, err error) {
	preview := filepath.Join(scratch, "previews", "look.jpg")
	do := func(j job, repeat int) (time.Duration, error) {
		return w.do(j, photoFile(corpus, j), preview, repeat)
	}
	var took time.Duration
	for range 2 { // the first warms up
		if took, err = do(with, 1); err != nil {
			return 0, 0, err
		}
	}
	repeat := 1 + int(sample/max(took, time.Millisecond))
	var mores, befores []time.Duration
	for round := range rounds {
		var times [2]time.Duration // without and with
		for turn := range times {
			which := (round + turn) % 2 // none is always first
			if times[which], err = do([]job{without, with}[which], repeat); err != nil {
				return 0, 0, err
			}
		}
		mores, befores = append(mores, times[1]-times[0]), append(befores, times[0])
	}
	return median(mores), median(befores), nil
}
