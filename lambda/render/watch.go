package render

import (
	"image"

	"prew"
	"prew/lambda/render/attention"
	"prew/lambda/render/faces"
	"prew/lambda/render/plane"
)

// Of a JPEG it is known what is kept before anything is shrunk: a small picture is made of its
// planes. Other kinds are shrunk while they are decoded. In a small preview faces are too small
// to be found, and are looked for in the luma of the photo as it is decoded.

// watch chooses which part of planes is kept. Of rows it takes a small picture of the luma while
// shrink has them decoded, in which keep looks for faces; of inks there is none.
func (e *engine) watch(f frame, p plan, preset prew.Preset) (frame, error) {
	switch {
	case p.kept == (image.Point{}):
	case f.rows == nil && f.kept.Empty():
		f.kept = e.chosen(f, p, preset)
	case f.rows != nil && preset.Gravity == prew.Face && !f.form.inks():
		samples := 1
		if f.form == rgb {
			samples = 4
		}
		size := inside(f.rows.size, image.Pt(faces.Side, faces.Side))
		f.luma = e.watched.prepare([]image.Point{size})[0]
		watched := *f.rows
		watched.decoder = newWatcher(f.rows.decoder, samples, f.rows.size, f.luma)
		f.rows = &watched
	}
	return f, nil
}

// chosen is the part of the scaled photo that is kept of planes, which are not shrunk yet.
func (e *engine) chosen(f frame, p plan, preset prew.Preset) image.Rectangle {
	whole := p.turn.size(p.scaled)
	if preset.Gravity == prew.Face {
		bright := f
		if f.form == lumaChroma { // whatever its colours are, luma is how bright it is
			bright.planes, bright.colours = f.planes[:1], nil
		}
		if part, found := withFaces(e.glance(bright, faces.Side, p, preset).Luma, whole, p.kept); found {
			return part
		}
	}
	return lookedAt(e.glance(f, attention.Side, p, preset), whole, p.kept)
}

// lookedSide is how many samples the longer side of a photo should have for the part to be
// chosen that a preset wants.
func lookedSide(preset prew.Preset) int {
	if preset.Gravity == prew.Face {
		return faces.Side
	}
	return attention.Side
}

// glance is a small picture of planes, which are not shrunk yet, as it is seen.
func (e *engine) glance(f frame, side int, p plan, preset prew.Preset) attention.Picture {
	f = e.smaller(f, side)
	for i, stored := range f.planes {
		f.planes[i] = p.turn.seen(stored)
	}
	f, _ = e.convert(f, p, preset) // which has no errors
	return f.picture()
}

// watcher makes a small picture of the luma of rows that pass.
type watcher struct {
	rowDecoder
	samples int // of a pixel
	size    image.Point
	luma    plane.Plane
	every   image.Point // so many columns, and rows, are one that is looked at
	row     int         // of luma, whose sums these are
	sums    []int
	counts  []int
}

// watchedEachWay is how many samples each way make one of the small picture: looking at all of
// them would take longer than finding the faces.
const watchedEachWay = 3

func newWatcher(of rowDecoder, samples int, size image.Point, luma plane.Plane) *watcher {
	every := func(whole, small int) int { return max(whole/(watchedEachWay*small), 1) }
	return &watcher{rowDecoder: of, samples: samples, size: size, luma: luma,
		every: image.Pt(every(size.X, luma.Width), every(size.Y, luma.Height)),
		sums:  make([]int, luma.Width), counts: make([]int, luma.Width)}
}

// Row implements plane.Rows.
func (w *watcher) Row(y int) (plane.Row, error) {
	row, err := w.rowDecoder.Row(y)
	if err != nil || y%w.every.Y != 0 {
		return row, err
	}
	if at := y * w.luma.Height / w.size.Y; at != w.row {
		w.write()
		w.row = at
	}
	for x := 0; x < w.size.X; x += w.every.X {
		at := x * w.luma.Width / w.size.X
		w.sums[at] += w.brightness(row, x)
		w.counts[at]++
	}
	return row, nil
}

// Finish implements rowDecoder.
func (w *watcher) Finish() error {
	w.write()
	return w.rowDecoder.Finish()
}

// brightness is that of a pixel: about its luma.
func (w *watcher) brightness(row plane.Row, x int) int {
	i := x * w.samples
	switch {
	case w.samples == 1 && row.Words != nil:
		return int(row.Words[i] >> 8)
	case w.samples == 1:
		return int(row.Bytes[i])
	case row.Words != nil:
		return (int(row.Words[i]) + 2*int(row.Words[i+1]) + int(row.Words[i+2])) >> 10
	}
	return (int(row.Bytes[i]) + 2*int(row.Bytes[i+1]) + int(row.Bytes[i+2])) >> 2
}

// write ends a row of luma.
func (w *watcher) write() {
	row := w.luma.Row(w.row)
	for x, n := range w.counts {
		if n > 0 {
			row[x] = uint8(w.sums[x] / n)
		}
	}
	clear(w.sums)
	clear(w.counts)
}

// seen is a small picture that is stored as its photo, as it is seen.
func (t turn) seen(stored plane.Plane) plane.Plane {
	size := t.size(image.Pt(stored.Width, stored.Height))
	p := plane.Plane{Pix: make([]uint8, size.X*size.Y), Stride: size.X, Width: size.X, Height: size.Y}
	for y := range size.Y {
		row := p.Row(y)
		for x := range row {
			at := t.size(image.Pt(x, y))
			if t.mirrorsX() {
				at.X = stored.Width - 1 - at.X
			}
			if t.mirrorsY() {
				at.Y = stored.Height - 1 - at.Y
			}
			row[x] = stored.Pix[at.Y*stored.Stride+at.X]
		}
	}
	return p
}
