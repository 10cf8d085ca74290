package main

import (
	"fmt"
	"time"

	"prew"
	"prew/lambda/peers/look"
)

// The most user time that looking for the part of a photo that matters may take.
const (
	mostSmart = 5 * time.Millisecond
	mostFace  = 6 * time.Millisecond // in a photo without a face, in which it looks for all else too
)

// gravityJob is a cropped preview whose part of the photo one renderer chooses.
type gravityJob struct {
	renderer int
	gravity  string // in the renderer's own word
	asked    look.Asked
	most     time.Duration // 0 if nothing is asked
	job      job           // which keeps the middle
}

// gravityJobs returns all jobs, those of a size together, ours first.
func gravityJobs() (all []gravityJob) {
	for _, row := range []struct {
		photo, about string
		side         int
	}{
		{"p12", "12 MP", 64}, {"p12", "12 MP", 200}, {"p12", "12 MP", 640}, {"p12", "12 MP", 1440},
		{"p12_prog", "12 MP, progressive", 200}, {"p12_prog", "12 MP, progressive", 1440},
	} {
		middle := job{photo: row.photo, file: row.photo + ".jpg", about: row.about,
			size: size{fmt.Sprintf("%[1]dx%[1]d", row.side), row.side, row.side, prew.Cover}, format: prew.JPEG, quality: quality}
		for _, own := range []struct {
			gravity prew.Gravity
			focus   string
			most    time.Duration
		}{{prew.Smart, "", mostSmart}, {prew.Face, "", mostFace}, {prew.Focus, "0.3,0.6", 0}} {
			asked := look.Asked{Look: look.Look{Preset: "fit=cover,gravity=" + string(own.gravity)}, Focus: own.focus}
			all = append(all, gravityJob{ours, string(own.gravity), asked, own.most, middle})
		}
		for _, position := range []string{"attention", "entropy"} {
			asked := look.Asked{Look: look.Look{Fit: "cover"}, Position: position}
			all = append(all, gravityJob{modern, position, asked, 0, middle})
		}
	}
	return all
}

func (j gravityJob) String() string { return fmt.Sprintf("gravity-%s-%s", j.gravity, j.job) }

// gravityCost is what the choice adds to the user time of a preview that keeps the middle,
// and that time: medians of its rounds.
type gravityCost struct {
	job           gravityJob
	added, before time.Duration
}

// bounds returns the bound of the user time, if there is one.
func (c gravityCost) bounds() []bound {
	if c.job.most == 0 {
		return nil
	}
	return []bound{{fmt.Sprintf("%s at %s, gravity %s, user time added", c.job.job.about, c.job.job.size.name, c.job.gravity),
		fmt.Sprintf("at most %.0f ms", milliseconds(c.job.most)), fmt.Sprintf("%.1f ms", milliseconds(c.added)), c.added <= c.job.most}}
}

// measureGravities times previews whose part is chosen and those of the middle in turn, as
// often as rounds says.
func measureGravities(chosen []gravityJob, corpus string, progress func(string)) ([]gravityCost, error) {
	return measureEach(chosen, func(workers [peers]*worker, j gravityJob) (gravityCost, error) {
		progress(j.String())
		c := gravityCost{job: j}
		with, err := j.job.asking(j.asked)
		if err == nil {
			c.added, c.before, err = added(workers[j.renderer], j.job, with, corpus)
		}
		return c, err
	})
}
