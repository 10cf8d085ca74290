package render

import (
	"image"

	"prew"
	"prew/lambda/render/faces"
	"prew/lambda/render/plane"
	"prew/lambda/render/resample"
)

// Faces are too small in a small preview to be found there. They are looked for in the luma of
// the photo as it is decoded, of which there are faces.Side samples and more, unless the photo
// itself has fewer.

// wantsFaces says whether the faces that are seen say what is kept.
func (p plan) wantsFaces(preset prew.Preset) bool {
	return preset.Gravity == prew.Face && p.kept != (image.Point{})
}

// watch takes a small picture of a frame's luma, in which keep looks for faces: of planes here,
// and of rows while shrink has them decoded. Of inks there is none.
func (e *engine) watch(f frame, p plan, preset prew.Preset) (frame, error) {
	if !p.wantsFaces(preset) || f.form.inks() {
		return f, nil
	}
	if f.rows != nil {
		samples := 1
		if f.form == rgb {
			samples = 4
		}
		f.luma = e.watched.prepare([]image.Point{small(f.rows.size)})[0]
		watched := *f.rows
		watched.decoder = newWatcher(f.rows.decoder, samples, f.rows.size, f.luma)
		f.rows = &watched
		return f, nil
	}
	luma := f.form.luma()
	l := f.lattices[luma]
	size := small(image.Pt(l.x.num/l.x.den, l.y.num/l.y.den))
	axis := func(f fraction, count int) resample.Axis {
		return resample.Axis{Scaled: count, Num: f.num, Den: f.den, Step: 1, Count: count}
	}
	f.luma = e.watched.prepare([]image.Point{size})[0]
	e.resampler.Plane(f.luma, f.planes[luma], axis(l.x, size.X), axis(l.y, size.Y), resample.Box)
	return f, nil
}

// luma is the plane of what is no inks that is luma, or most of it: of red, green and blue
// the second.
func (f form) luma() int {
	if f == rgb {
		return 1
	}
	return 0
}

// showsFaces says whether a plane on a lattice is large enough for faces to be found.
func showsFaces(l lattice) bool { return max(l.x.num/l.x.den, l.y.num/l.y.den) >= faces.Side }

// small is the size in which faces are looked for in a picture.
func small(size image.Point) image.Point {
	return inside(image.Pt(max(size.X, 1), max(size.Y, 1)), image.Pt(faces.Side, faces.Side))
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
