// Command peers compares the render engine with libvips, as Debian packages it
// and as sharp ships it: user time, likeness to a full decode and Lanczos, bytes,
// memory, WebPs and AVIFs with sharp's where both look alike, what moves, and what looks and gravities
// cost. It writes docs/bench/peers.md, peers.svg and formats.svg, or with -sheet crops of the previews
// beside each other, and fails where a bound is not met. It runs in the root of the
// checkout, after lambda/peers/build.sh.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"prew"
	"prew/prewmanager/progress"
)

const (
	// scratch holds the peers and the previews that they make. It can be deleted.
	scratch = ".local/peers"
	// output is the folder for the tables and the charts.
	output = "docs/bench"
)

func main() {
	corpus := flag.String("corpus", os.Getenv("CORPUS"), "the folder of photos that has the folder bench")
	only := flag.String("only", os.Getenv("ONLY"), "a part of the names of some jobs, as p12-jpeg or 640; writes into "+scratch+" in place of "+output)
	sheet := flag.Bool("sheet", false, "make contact sheets in place of measuring time and memory")
	flag.Parse()
	if err := run(*corpus, *only, *sheet); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

func run(corpus, only string, sheet bool) error {
	if _, err := os.Stat(filepath.Join(corpus, "bench")); err != nil {
		return fmt.Errorf("CORPUS is %q, which has no folder bench: the photos are needed", corpus)
	}
	if err := os.MkdirAll(filepath.Join(scratch, "previews"), 0o777); err != nil {
		return err
	}
	chosen, err := choose(only)
	if err != nil {
		return err
	}
	line := progress.New(os.Stderr)
	defer line.Clear()
	if sheet && len(chosen.jobs) == 0 {
		return fmt.Errorf("ONLY=%s names WebPs, AVIFs, what moves, looks or gravities alone, of which there is no contact sheet", only)
	}
	if sheet {
		return contactSheets(chosen.jobs, corpus, line.Show)
	}
	r := report{date: time.Now(), machine: machine()}
	if only == "" {
		if r.footprints, err = measureMemory(corpus, line.Show); err != nil {
			return err
		}
		if r.start, err = measureStart(line.Show); err != nil {
			return err
		}
		if r.profile, err = measureProfile(corpus, line.Show); err != nil {
			return err
		}
	}
	if r.results, r.renderers, err = measure(chosen.jobs, corpus, line.Show); err != nil {
		return err
	}
	if r.formats, err = measureFormats(chosen.formats, corpus, line.Show); err != nil {
		return err
	}
	if r.alike, err = measureAlike(chosen.alike, corpus, line.Show); err != nil {
		return err
	}
	if r.moving, err = measureMoving(chosen.moving, corpus, line.Show); err != nil {
		return err
	}
	if r.costs, err = measureLooks(chosen.looks, corpus, line.Show); err != nil {
		return err
	}
	if r.gravities, err = measureGravities(chosen.gravities, corpus, line.Show); err != nil {
		return err
	}
	line.Clear()
	to := output
	if only != "" {
		to = scratch
	}
	if err := r.writeFiles(to); err != nil {
		return err
	}
	return r.tell(os.Stdout)
}

// chosen are the jobs to be done, by what is measured.
type chosen struct {
	jobs      []job
	formats   []formatsJob
	alike     []alikeJob
	moving    []job
	looks     []lookJob
	gravities []gravityJob
}

// choose finds jobs by a part of their names; without one it returns all.
func choose(only string) (chosen, error) {
	c := chosen{named(jobs(), only), named(formatsJobs(), only), named(alikeJobs(), only), named(movingJobs(), only), named(lookJobs(), only), named(gravityJobs(), only)}
	if len(c.jobs)+len(c.formats)+len(c.alike)+len(c.moving)+len(c.looks)+len(c.gravities) == 0 {
		return chosen{}, fmt.Errorf("ONLY=%s is in the name of no job, expected a part of one as %s", only, jobs()[0])
	}
	return c, nil
}

// named returns the jobs that have a part in their names.
func named[Job fmt.Stringer](all []Job, only string) (chosen []Job) {
	for _, j := range all {
		if strings.Contains(j.String(), only) {
			chosen = append(chosen, j)
		}
	}
	return chosen
}

// photoFile is the file of a job's photo.
func photoFile(corpus string, j job) string {
	return filepath.Join(corpus, "bench", j.file)
}

// previewFile is the file to which a renderer writes a job's preview.
func previewFile(renderer int, j job) string {
	extension := map[prew.Format]string{prew.JPEG: "jpg", prew.PNG: "png", prew.WebP: "webp", prew.AVIF: "avif", movingGIF: "gif"}[j.format]
	return filepath.Join(scratch, "previews", fmt.Sprintf("%s-%d.%s", j, renderer, extension))
}
