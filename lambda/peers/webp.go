package main

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"prew"
)

// webpJob is a WebP of ours beside one of sharp's. Their numbers for quality and effort
// mean different things: efforts are paired by name, and what loses something is made at
// the qualities at which both look alike.
type webpJob struct {
	job                     // its most is of the user time of the whole job
	mostBytes float64       // the share of sharp's that ours may have
	efforts   [peers]string // in each renderer's own word
	alpha     bool          // looks like sharp's WebP of the quality 80, not like the JPEG, which has no alpha
	lossless  bool          // made of the photo as it is, with all of its pixels
	drawn     bool          // the photo is the drawing that the benchmark makes
}

// webpJobs returns all jobs of WebP, those of a preview together.
func webpJobs() []webpJob {
	type effort struct {
		ours        prew.Effort
		sharps      string
		bytes, time float64 // the most, of sharp's
	}
	photos := []effort{{prew.Balanced, "4", 1.02, 0.45}, {prew.Fast, "2", 1.02, 0.45}, {prew.Small, "6", 0.99, 0.60}}
	others := []effort{{prew.Balanced, "4", 1.03, 0.60}}
	var all []webpJob
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
				all = append(all, webpJob{
					job{photo, row.file, row.about, size, prew.WebP, modern, e.time, 0, "", ""},
					e.bytes, [peers]string{string(e.ours), "", e.sharps}, row.alpha, row.lossless, row.drawn,
				})
			}
		}
	}
	return all
}

func (j webpJob) String() string { return fmt.Sprintf("%s-%s", j.job, j.efforts[ours]) }

// title is the name of the job in the report.
func (j webpJob) title() string { return fmt.Sprintf("%s, WebP %s", j.job.title(), j.efforts[ours]) }

// source is the file of the job's photo.
func (j webpJob) source(corpus string) string {
	switch {
	case j.drawn:
		return filepath.Join(scratch, j.file)
	case j.lossless:
		return filepath.Join(corpus, "looks", j.file)
	}
	return photoFile(corpus, j.job)
}

// of is the job of one renderer at a quality.
func (j webpJob) of(renderer, quality int) job {
	one := j.job
	one.quality, one.effort = quality, j.efforts[renderer]
	return one
}

// webpResult is what came of a job: for each of both renderers the quality at which its
// preview has the SSIM, which need not be a whole number, and the bytes that it has there.
// Without loss the SSIM is 1, and there is no quality.
type webpResult struct {
	job     webpJob
	ssim    float64
	quality [peers]float64
	bytes   [peers]float64
	speed   speed // at the nearest whole quality
}

// asked is the quality that a renderer is asked for. Of a drawing our engine loses nothing
// by itself.
func (r webpResult) asked(renderer int) int {
	if r.job.drawn && renderer == ours {
		return quality
	}
	return int(math.Round(r.quality[renderer]))
}

// pair are the two renderers that make WebPs.
var pair = []int{ours, modern}

// measureWebP makes the jobs of WebP.
func measureWebP(chosen []webpJob, corpus string, progress func(string)) (results []webpResult, err error) {
	if len(chosen) == 0 {
		return nil, nil
	}
	if err := writePNG(filepath.Join(scratch, "drawing.png"), drawing()); err != nil {
		return nil, err
	}
	workers, stop, err := startAll()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	s := search{workers: workers, corpus: corpus}
	for _, j := range chosen {
		progress(j.String() + ": searching qualities")
		r, err := s.result(j)
		if err != nil {
			return nil, err
		}
		r.speed, err = timed(pair, j.String(), func(renderer, repeat int) (time.Duration, error) {
			return s.make(j, renderer, r.asked(renderer), repeat)
		}, progress)
		if err != nil {
			return nil, err
		}
		results = append(results, r)
	}
	return results, nil
}

// search makes WebPs and judges them. Those of a preview follow one another, so that it
// keeps what they are judged by.
type search struct {
	workers [peers]*worker
	corpus  string

	judge      judge
	preview    string         // the name of the preview that the rest is of
	references [peers]picture // aligned with each renderer's preview
	wanted     float64        // the SSIM of sharp's
}

// make has a renderer make a WebP.
func (s *search) make(j webpJob, renderer, quality, repeat int) (time.Duration, error) {
	return s.workers[renderer].do(j.of(renderer, quality), j.source(s.corpus), previewFile(renderer, j.job), repeat)
}

// result is what comes of a job, but for its speed.
func (s *search) result(j webpJob) (webpResult, error) {
	if j.lossless {
		return s.lossless(j)
	}
	return s.equal(j)
}

// lossless makes both previews, which must have the pixels of the photo.
func (s *search) lossless(j webpJob) (webpResult, error) {
	r := webpResult{job: j, ssim: 1}
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

// equal finds the qualities at which both previews have the SSIM that sharp's JPEG of
// the same size has, or with alpha sharp's WebP of the same number.
func (s *search) equal(j webpJob) (webpResult, error) {
	r := webpResult{job: j}
	if err := s.begin(j); err != nil {
		return r, err
	}
	r.ssim = s.wanted
	for _, renderer := range pair {
		var err error
		r.quality[renderer], r.bytes[renderer], err = bisect(s.wanted, func(quality int) (likeness, error) {
			if _, err := s.make(j, renderer, quality, 1); err != nil {
				return likeness{}, err
			}
			return like(previewFile(renderer, j.job), s.references[renderer])
		})
		if err != nil {
			return r, fmt.Errorf("%s, %s: %w", s.workers[renderer].says, j, err)
		}
	}
	return r, nil
}

// begin makes both JPEGs of the job's size. Where a renderer puts pixels does not depend
// on the format, so that each reference is aligned once, with the JPEG.
func (s *search) begin(j webpJob) error {
	if s.preview == j.job.String() {
		return nil
	}
	if err := s.judge.open(j.source(s.corpus)); err != nil {
		return err
	}
	as := j.of(ours, quality)
	as.format, as.effort = prew.JPEG, ""
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
	}
	file := previewFile(modern, as)
	if j.alpha {
		file = previewFile(modern, j.job)
		if _, err := s.make(j, modern, quality, 1); err != nil {
			return err
		}
	}
	l, err := like(file, s.references[modern])
	s.preview, s.wanted = j.job.String(), l.ssim
	return err
}

// likeness is how like its reference a preview is, and the bytes that this takes.
type likeness struct {
	ssim  float64
	bytes int64
}

// like judges a preview by its reference.
func like(file string, reference picture) (likeness, error) {
	info, err := os.Stat(file)
	if err != nil {
		return likeness{}, err
	}
	img, err := decode(file)
	if err != nil {
		return likeness{}, err
	}
	made := onWhite(img)
	return likeness{ssim(made.luma(), reference.luma(), made.width, made.height), info.Size()}, nil
}

// The qualities among which is searched. They lie a power of two apart, so that six
// previews are enough.
const leastQuality, mostQuality = 36, 100

// bisect finds the quality of an SSIM between two whole ones, and the bytes there, whose
// logarithm is taken for a straight line between them. What no quality reaches takes
// bytes without end.
func bisect(ssim float64, try func(quality int) (likeness, error)) (quality, bytes float64, err error) {
	low, high := leastQuality, mostQuality
	var below, above likeness // of low and high, once they are tried
	for high-low > 1 {
		middle := (low + high) / 2
		l, err := try(middle)
		if err != nil {
			return 0, 0, err
		}
		if l.ssim <= ssim {
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
	share := (ssim - below.ssim) / (above.ssim - below.ssim)
	least, most := math.Log(float64(below.bytes)), math.Log(float64(above.bytes))
	return float64(low) + share, math.Exp(least + share*(most-least)), nil
}

const drawingWidth, drawingHeight = 900, 600

// drawing is a picture of lines of text and of discs with smooth edges, on white.
func drawing() image.Image {
	sheet := image.NewRGBA(image.Rect(0, 0, drawingWidth, drawingHeight))
	draw.Draw(sheet, sheet.Rect, image.White, image.Point{}, draw.Src)
	words := strings.Fields("a drawing has lines of text on white and discs with smooth edges so that few pixels differ from their neighbours")
	for line := range 24 {
		text := ""
		for i := range 12 {
			text += words[(7*line+i*(line+1))%len(words)] + " " // no two lines are alike
		}
		write(sheet, 20, 25+24*line, text)
	}
	discs := []color.RGBA{{200, 30, 40, 255}, {20, 110, 200, 255}, {250, 180, 20, 255}, {40, 150, 70, 255}, {90, 60, 150, 255}, {60, 60, 60, 255}}
	for i, colour := range discs {
		draw.DrawMask(sheet, sheet.Rect, image.NewUniform(colour), image.Point{},
			disc{float64(560 + 130*(i%3)), float64(180 + 240*(i/3)), float64(40 + 14*i)}, image.Point{}, draw.Over)
	}
	return sheet
}

// disc is a mask whose edge is a pixel wide.
type disc struct{ x, y, radius float64 }

func (d disc) ColorModel() color.Model { return color.AlphaModel }

func (d disc) Bounds() image.Rectangle { return image.Rect(0, 0, drawingWidth, drawingHeight) }

func (d disc) At(x, y int) color.Color {
	inside := d.radius + 0.5 - math.Hypot(float64(x)+0.5-d.x, float64(y)+0.5-d.y)
	return color.Alpha{uint8(255 * min(max(inside, 0), 1))}
}

// bounds returns the bounds of a job, the rival having a name.
func (r webpResult) bounds(rival string) []bound {
	bytes, time := r.bytes[ours]/r.bytes[modern], r.speed.ratio[modern]
	rival += fmt.Sprintf(", effort %s", r.job.efforts[modern])
	return []bound{
		{r.job.title() + ", bytes", fmt.Sprintf("at most %.2f of %s", r.job.mostBytes, rival), fmt.Sprintf("%.3f", bytes), bytes <= r.job.mostBytes},
		{r.job.title() + ", user time", fmt.Sprintf("at most %.2f of %s", r.job.most, rival), fmt.Sprintf("%.3f", time), time <= r.job.most},
	}
}
