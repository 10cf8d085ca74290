package main

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"prew"
	"prew/lambda/peers/look"
	"prew/lambda/peers/ssimulacra2"
)

// alikeJob is a preview of ours beside one of sharp's that looks alike. Their numbers for
// quality and effort mean different things: efforts are paired by name, and what loses
// something is made at the qualities at which both look alike.
type alikeJob struct {
	job                     // its most is of the user time
	mostBytes float64       // the share of sharp's that ours may have
	efforts   [peers]string // in each renderer's own word
	by        scale         // of likeness
	chroma    string        // 4:2:0 or 4:4:4, or "" for 4:2:0
	alpha     bool          // looks like sharp's preview of the quality 80, not like the JPEG, which has no alpha
	lossless  bool          // made of the photo as it is, with all of its pixels
	drawn     bool          // the photo is the drawing that the benchmark makes
	alone     bool          // the user time is that of encoding alone, not of the whole job; needs a chroma
}

// scale is that on which previews look alike.
type scale string

const (
	bySSIM  scale = "SSIM" // of Y
	byScore scale = "SSIMULACRA 2"
)

// effort is an effort of ours and the one of sharp's beside it, with what ours may take of
// sharp's bytes and time.
type effort struct {
	ours        prew.Effort
	sharps      string
	bytes, time float64
}

// alikeJobs returns all of these jobs, those of a preview together.
func alikeJobs() []alikeJob {
	photos := []effort{{prew.Balanced, "4", 1.02, 0.45}, {prew.Fast, "2", 1.02, 0.45}, {prew.Small, "6", 0.99, 0.60}}
	others := []effort{{prew.Balanced, "4", 1.03, 0.60}}
	var all []alikeJob
	for _, row := range []struct {
		file, about     string
		sizes           []size
		efforts         []effort
		alpha           bool
		lossless, drawn bool
	}{
		{"p12.jpg", "12 MP", sizes[:2], photos, false, false, false},
		{"p20.jpg", "20 MP", sizes[:2], photos, false, false, false},
		{"p22_444.jpg", "22 MP, 4:4:4", sizes[:2], photos, false, false, false},
		{"alpha2.png", "2 MP PNG with alpha", sizes[1:2], others, true, false, false},
		{"alpha3.png", "3 MP PNG with alpha", sizes[:2], others, true, false, false},
		{"indexed.png", "PNG with a palette", []size{{"290x442", 290, 0, prew.Contain}}, others, false, true, false},
		{"drawing.png", "drawing", []size{{"900x600", drawingWidth, 0, prew.Contain}}, others, false, true, true},
	} {
		photo, _, _ := strings.Cut(row.file, ".")
		for _, size := range row.sizes {
			for _, e := range row.efforts {
				j := alikeJob{job: job{photo: photo, file: row.file, about: row.about, size: size, format: prew.WebP, rival: modern}, by: bySSIM}
				j.alpha, j.lossless, j.drawn = row.alpha, row.lossless, row.drawn
				all = append(all, j.at(e))
			}
		}
	}
	return append(all, avifJobs()...)
}

// avifJobs returns those of AVIF: what sharp takes for the whole job depends on how it reads
// and shrinks the photo, and more than half of it is encoding, which is what is compared. It
// keeps the chroma that the photo has.
func avifJobs() (all []alikeJob) {
	for _, row := range []struct{ file, about, chroma string }{
		{"p12.jpg", "12 MP", "4:2:0"}, {"p20.jpg", "20 MP", "4:2:0"}, {"p22_444.jpg", "22 MP, 4:4:4", "4:4:4"},
	} {
		photo, _, _ := strings.Cut(row.file, ".")
		for _, size := range sizes[:2] {
			for _, e := range []effort{{prew.Balanced, "1", 1.00, 0.60}, {prew.Fast, "0", 1.00, 1.20}, {prew.Small, "2", 1.02, 0.60}} {
				j := alikeJob{job: job{photo: photo, file: row.file, about: row.about, size: size, format: prew.AVIF, rival: modern}, by: byScore}
				j.chroma, j.alone = row.chroma, true
				all = append(all, j.at(e))
			}
		}
	}
	return all
}

// at is the job at an effort.
func (j alikeJob) at(e effort) alikeJob {
	j.most, j.mostBytes, j.efforts = e.time, e.bytes, [peers]string{ours: string(e.ours), modern: e.sharps}
	return j
}

func (j alikeJob) String() string { return fmt.Sprintf("%s-%s", j.job, j.efforts[ours]) }

// title is the name of the job in the report.
func (j alikeJob) title() string {
	return fmt.Sprintf("%s, %s %s", j.job.title(), formatNames[j.format], j.efforts[ours])
}

// formatNames are the names of formats for readers.
var formatNames = map[prew.Format]string{prew.JPEG: "JPEG", prew.PNG: "PNG", prew.WebP: "WebP", prew.AVIF: "AVIF"}

// source is the file of the job's photo.
func (j alikeJob) source(corpus string) string {
	switch {
	case j.drawn:
		return filepath.Join(scratch, j.file)
	case j.lossless:
		return filepath.Join(corpus, "looks", j.file)
	}
	return photoFile(corpus, j.job)
}

// of is the job of one renderer at a quality: the whole of it, or encoding alone.
func (j alikeJob) of(renderer, quality int, alone bool) (job, error) {
	one := j.job
	one.quality, one.effort = quality, j.efforts[renderer]
	if j.chroma == "" {
		return one, nil
	}
	return one.asking(look.Asked{Look: look.Look{Preset: "chroma=" + j.chroma, Fit: "inside"}, Chroma: j.chroma, Alone: alone})
}

// alikeResult is what came of a job: for each of both renderers the quality at which its
// preview is as like its reference as is wanted, which need not be a whole number, and the
// bytes and the distance by Butteraugli that it has there. Without loss there is no quality.
type alikeResult struct {
	job     alikeJob
	wanted  float64 // by the job's scale, 1 without loss
	quality [peers]float64
	bytes   [peers]float64
	far     [peers]float64 // where that is the scale
	speed   speed          // at the nearest whole quality
}

// asked is the quality that a renderer is asked for. Of a drawing our engine loses nothing
// by itself.
func (r alikeResult) asked(renderer int) int {
	if r.job.drawn && renderer == ours {
		return quality
	}
	return int(math.Round(r.quality[renderer]))
}

// pair are the two renderers that make WebPs and AVIFs.
var pair = []int{ours, modern}

// measureAlike makes the jobs.
func measureAlike(chosen []alikeJob, corpus string, progress func(string)) ([]alikeResult, error) {
	s := search{corpus: corpus}
	return measureEach(chosen, func(workers [peers]*worker, j alikeJob) (r alikeResult, err error) {
		s.workers = workers
		if j.drawn {
			if err := writePNG(j.source(corpus), drawing()); err != nil {
				return r, err
			}
		}
		progress(j.String() + ": searching qualities")
		if r, err = s.result(j); err != nil {
			return r, err
		}
		if j.by == byScore {
			for _, renderer := range pair {
				if r.far[renderer], err = s.far(j, renderer, r.quality[renderer]); err != nil {
					return r, err
				}
			}
		}
		r.speed, err = timed(pair, j.String(), func(renderer, repeat int) (time.Duration, error) {
			return s.time(j, renderer, r.asked(renderer), repeat)
		}, progress)
		return r, err
	})
}

// search makes previews and judges them. Those of one photo and size follow one another, so
// that it keeps what they are judged by.
type search struct {
	workers [peers]*worker
	corpus  string

	judge      judge
	preview    string                       // the name of the preview that the rest is of
	likes      [peers]func(picture) float64 // how like the reference a renderer's preview is
	references [peers]picture               // aligned with each renderer's preview
	wanted     float64                      // how like sharp's is
}

// make has a renderer make a preview.
func (s *search) make(j alikeJob, renderer, quality, repeat int) (time.Duration, error) {
	return s.do(j, renderer, quality, repeat, false)
}

// time has a renderer make a preview as often as repeat says, and is the user time of one
// that counts for the job.
func (s *search) time(j alikeJob, renderer, quality, repeat int) (time.Duration, error) {
	return s.do(j, renderer, quality, repeat, j.alone)
}

func (s *search) do(j alikeJob, renderer, quality, repeat int, alone bool) (time.Duration, error) {
	one, err := j.of(renderer, quality, alone)
	if err != nil {
		return 0, err
	}
	return s.workers[renderer].do(one, j.source(s.corpus), previewFile(renderer, j.job), repeat)
}

// result is what comes of a job, but for its speed.
func (s *search) result(j alikeJob) (alikeResult, error) {
	if j.lossless {
		return s.lossless(j)
	}
	return s.equal(j)
}

// lossless makes both previews, which must have the pixels of the photo.
func (s *search) lossless(j alikeJob) (alikeResult, error) {
	r := alikeResult{job: j, wanted: 1}
	photo, err := decode(j.source(s.corpus))
	if err != nil {
		return r, err
	}
	for _, renderer := range pair {
		if _, err := s.make(j, renderer, r.asked(renderer), 1); err != nil {
			return r, err
		}
		file := previewFile(renderer, j.job)
		made, err := decode(file)
		if err != nil {
			return r, err
		}
		if made.Rect != photo.Rect || !bytes.Equal(made.Pix, photo.Pix) {
			return r, fmt.Errorf("%s has other pixels than %s", file, j.source(s.corpus))
		}
		info, err := os.Stat(file)
		if err != nil {
			return r, err
		}
		r.bytes[renderer] = float64(info.Size())
	}
	return r, nil
}

// equal finds the qualities at which both previews are as like as sharp's JPEG of the same
// size is, or with alpha sharp's preview of the same number.
func (s *search) equal(j alikeJob) (alikeResult, error) {
	r := alikeResult{job: j}
	if err := s.begin(j); err != nil {
		return r, err
	}
	r.wanted = s.wanted
	for _, renderer := range pair {
		var err error
		r.quality[renderer], r.bytes[renderer], err = bisect(s.wanted, func(quality int) (likeness, error) {
			if _, err := s.make(j, renderer, quality, 1); err != nil {
				return likeness{}, err
			}
			return s.like(renderer, previewFile(renderer, j.job))
		})
		if err != nil {
			return r, fmt.Errorf("%s, %s: %w", s.workers[renderer].says, j, err)
		}
	}
	return r, nil
}

// far is the distance by Butteraugli at a quality between two whole ones.
func (s *search) far(j alikeJob, renderer int, quality float64) (distance float64, err error) {
	low := math.Floor(quality)
	for i, share := range []float64{1 - (quality - low), quality - low} {
		if _, err := s.make(j, renderer, int(low)+i, 1); err != nil {
			return 0, err
		}
		img, err := decode(previewFile(renderer, j.job))
		if err != nil {
			return 0, err
		}
		at, err := butteraugli(onWhite(img), s.references[renderer])
		if err != nil {
			return 0, err
		}
		distance += share * at
	}
	return distance, nil
}

// begin makes both JPEGs of the job's size. Where a renderer puts pixels does not depend
// on the format, so that each reference is aligned once, with the JPEG.
func (s *search) begin(j alikeJob) error {
	if s.preview == j.job.String() {
		return nil
	}
	if err := s.judge.open(j.source(s.corpus)); err != nil {
		return err
	}
	as := j.job
	as.format, as.quality = prew.JPEG, quality
	for _, renderer := range pair {
		file := previewFile(renderer, as)
		if _, err := s.workers[renderer].do(as, j.source(s.corpus), file, 1); err != nil {
			return err
		}
		img, err := decode(file)
		if err != nil {
			return err
		}
		s.references[renderer] = align(s.judge.photo, j.size.fit, onWhite(img))
		s.likes[renderer] = j.by.like(s.references[renderer])
	}
	file := previewFile(modern, as)
	if j.alpha {
		file = previewFile(modern, j.job)
		if _, err := s.make(j, modern, quality, 1); err != nil {
			return err
		}
	}
	l, err := s.like(modern, file)
	s.preview, s.wanted = j.job.String(), l.like
	return err
}

// like measures how like a reference pictures are, more being more alike.
func (m scale) like(reference picture) func(picture) float64 {
	if m == byScore {
		original := ssimulacra2.New(reference.rgb, reference.width, reference.height)
		return func(p picture) float64 { return original.Score(p.rgb) }
	}
	luma := reference.luma()
	return func(p picture) float64 { return ssim(p.luma(), luma, p.width, p.height) }
}

// likeness is how like its reference a preview is, and the bytes that this takes.
type likeness struct {
	like  float64
	bytes int64
}

// like judges a renderer's preview by its reference.
func (s *search) like(renderer int, file string) (likeness, error) {
	info, err := os.Stat(file)
	if err != nil {
		return likeness{}, err
	}
	img, err := decode(file)
	if err != nil {
		return likeness{}, err
	}
	return likeness{s.likes[renderer](onWhite(img)), info.Size()}, nil
}

// The qualities among which is searched. They lie a power of two apart, so that six
// previews are enough.
const leastQuality, mostQuality = 36, 100

// bisect finds the quality of a likeness between two whole ones, and the bytes there, whose
// logarithm is taken for a straight line between them. What no quality reaches takes
// bytes without end.
func bisect(wanted float64, try func(quality int) (likeness, error)) (quality, bytes float64, err error) {
	low, high := leastQuality, mostQuality
	var below, above likeness // of low and high, once they are tried
	for high-low > 1 {
		middle := (low + high) / 2
		l, err := try(middle)
		if err != nil {
			return 0, 0, err
		}
		if l.like <= wanted {
			low, below = middle, l
		} else {
			high, above = middle, l
		}
	}
	switch {
	case high == mostQuality: // no quality is enough
		return mostQuality - 1, math.Inf(1), nil
	case low == leastQuality: // even the least is more than enough
		return leastQuality + 1, float64(above.bytes), nil
	}
	share := (wanted - below.like) / (above.like - below.like)
	least, most := math.Log(float64(below.bytes)), math.Log(float64(above.bytes))
	return float64(low) + share, math.Exp(least + share*(most-least)), nil
}

// bounds returns the bounds of a job, the rival having a name.
func (r alikeResult) bounds(rival string) []bound {
	rival += fmt.Sprintf(", effort %s", r.job.efforts[modern])
	asked := func(what string, most, measured float64) bound {
		return bound{r.job.title() + ", " + what, fmt.Sprintf("at most %.2f of %s", most, rival), fmt.Sprintf("%.3f", measured), measured <= most}
	}
	all := []bound{
		asked("bytes", r.job.mostBytes, r.bytes[ours]/r.bytes[modern]),
		asked("user time", r.job.most, r.speed.ratio[modern]),
	}
	if r.job.by == byScore {
		all = append(all, asked("Butteraugli", mostFar, r.far[ours]/r.far[modern]))
	}
	return all
}

// mostFar is what previews that are as like by SSIMULACRA 2 may have of sharp's distance by
// Butteraugli.
const mostFar = 1.00
