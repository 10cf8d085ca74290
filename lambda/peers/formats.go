package main

import (
	"fmt"
	"math"
	"strings"
	"time"

	"prew"
)

// mostOfJPEG is how much of the time of our JPEG our AVIF may take, whole jobs both.
const mostOfJPEG = 2.5

// threeFormats are the formats of a photo's preview, with the efforts of both renderers.
var threeFormats = [...]struct {
	format  prew.Format
	efforts [peers]string
}{
	{prew.JPEG, [peers]string{}},
	{prew.WebP, [peers]string{ours: string(prew.Balanced), modern: "4"}},
	{prew.AVIF, [peers]string{ours: string(prew.Balanced), modern: "1"}},
}

// formatsBy are the renderers that are compared by formats, as readers know them.
var formatsBy = [peers]string{ours: "prew", modern: "sharp"}

// formatsJob is a preview of a photo in all formats, by ours and by sharp.
type formatsJob struct {
	photo, file, about string
	size               size
}

func formatsJobs() (all []formatsJob) {
	for _, row := range []struct{ file, about string }{{"p12.jpg", "12 MP"}, {"p20.jpg", "20 MP"}, {"p22_444.jpg", "22 MP, 4:4:4"}} {
		photo, _, _ := strings.Cut(row.file, ".")
		for _, size := range sizes[:2] {
			all = append(all, formatsJob{photo, row.file, row.about, size})
		}
	}
	return all
}

func (j formatsJob) String() string { return fmt.Sprintf("formats-%s-%s", j.photo, j.size.name) }

// in is the job in one of the formats.
func (j formatsJob) in(format int) alikeJob {
	f := threeFormats[format]
	return alikeJob{
		job:     job{photo: j.photo, file: j.file, about: j.about, size: j.size, format: f.format, rival: modern},
		efforts: f.efforts, by: byScore,
	}
}

// formatsResult is what came of a job: what was made in each format.
type formatsResult struct {
	job    formatsJob
	wanted float64 // the SSIMULACRA 2 of all
	made   [len(threeFormats)]madeIn
}

// madeIn is a preview in a format by each renderer, as like its reference as all others.
type madeIn struct {
	bytes  [peers]float64
	user   [peers]time.Duration
	ofJPEG [peers]float64 // the ratio of that to the time of our JPEG
}

// bound is the bound of our AVIF.
func (r formatsResult) bound() bound {
	measured := r.made[len(r.made)-1].ofJPEG[ours]
	return bound{fmt.Sprintf("%s at %s, user time of AVIF", r.job.about, r.job.size.name), fmt.Sprintf("at most %.1f of JPEG's", mostOfJPEG),
		fmt.Sprintf("%.2f", measured), measured <= mostOfJPEG}
}

// measureFormats makes the jobs.
func measureFormats(chosen []formatsJob, corpus string, progress func(string)) ([]formatsResult, error) {
	s := search{corpus: corpus}
	return measureEach(chosen, func(workers [peers]*worker, j formatsJob) (formatsResult, error) {
		s.workers = workers
		r := formatsResult{job: j}
		var tasks []formatsTask
		for format := range threeFormats {
			progress(fmt.Sprintf("%s: searching qualities of %s", j, threeFormats[format].format))
			found, err := s.equal(j.in(format))
			if err != nil {
				return r, err
			}
			r.wanted, r.made[format].bytes = found.wanted, found.bytes
			for _, renderer := range pair {
				tasks = append(tasks, formatsTask{format, renderer, int(math.Round(found.quality[renderer]))})
			}
		}
		times, err := inTurn(len(tasks), j.String(), func(i, repeat int) (time.Duration, error) {
			return s.make(j.in(tasks[i].format), tasks[i].renderer, tasks[i].quality, repeat)
		}, progress)
		if err != nil {
			return r, err
		}
		for i, task := range tasks {
			made := &r.made[task.format]
			made.user[task.renderer], made.ofJPEG[task.renderer] = median(times[i]), ratio(times[i], times[0]) // the first is our JPEG
		}
		return r, nil
	})
}

// formatsTask is what one renderer makes in a format.
type formatsTask struct{ format, renderer, quality int }
