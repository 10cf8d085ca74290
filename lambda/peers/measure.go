package main

import (
	"errors"
	"image"
	"os"
	"time"
)

// result has the times and the previews of a job.
type result struct {
	job   job
	speed speed
	looks [peers]looks
}

// preview is a renderer's preview of a job, with its reference.
type preview struct {
	picture, reference picture
	looks              looks
}

// measure times the jobs and judges their previews. It also returns the renderers'
// own names with their versions.
func measure(chosen []job, corpus string, progress func(string)) (results []result, renderers [peers]string, err error) {
	workers, stop, err := startAll()
	if err != nil {
		return nil, renderers, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	for renderer, w := range workers {
		renderers[renderer] = w.says
	}
	var judge judge
	for _, j := range chosen {
		s, err := timed([]int{ours, debian, modern}, j.String(), func(renderer, repeat int) (time.Duration, error) {
			return workers[renderer].do(j, photoFile(corpus, j), previewFile(renderer, j), repeat)
		}, progress)
		if err != nil {
			return nil, renderers, err
		}
		progress(j.String() + ": comparing with a full decode")
		previews, err := judge.previews(j, corpus)
		if err != nil {
			return nil, renderers, err
		}
		r := result{job: j, speed: s}
		for renderer, p := range previews {
			r.looks[renderer] = p.looks
		}
		results = append(results, r)
	}
	return results, renderers, nil
}

// judge compares previews with references. It keeps the last photo that it decoded,
// because the jobs of a photo follow one another.
type judge struct {
	file  string
	photo *image.NRGBA
}

// open decodes a photo, if it is not the last one.
func (g *judge) open(file string) (err error) {
	if file == g.file {
		return nil
	}
	g.photo, err = decode(file)
	g.file = file
	return err
}

// previews reads the renderers' previews of a job.
func (g *judge) previews(j job, corpus string) (all [peers]preview, err error) {
	if err := g.open(photoFile(corpus, j)); err != nil {
		return all, err
	}
	for renderer := range all {
		file := previewFile(renderer, j)
		info, err := os.Stat(file)
		if err != nil {
			return all, err
		}
		img, err := decode(file)
		if err != nil {
			return all, err
		}
		made := onWhite(img)
		aligned := align(g.photo, j.size.fit, made)
		all[renderer] = preview{made, aligned, compare(made, aligned)}
		all[renderer].looks.bytes = info.Size()
		if all[renderer].looks.far, err = butteraugli(made, aligned); err != nil {
			return all, err
		}
	}
	return all, nil
}
