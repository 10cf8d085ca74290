package render

import (
	"image"

	"prew"
	"prew/lambda/render/resample"
)

// plan is how a picture becomes its preview: shrunk to scaled, then cut to crop,
// which lies inside it. All of it is in the picture's pixels as it is seen.
type plan struct {
	scaled image.Point
	crop   image.Rectangle
}

// fit plans the preview of a picture of the given size, at least 1x1, in the
// box of a preset. Nothing is enlarged, and no side gets less than one pixel.
//
// contain keeps the shape of the picture and stays inside the box, in which a
// side of zero is free. cover and fill give exactly the box; a box that would
// enlarge the picture shrinks first, in its own shape, until it does not.
func fit(size image.Point, p prew.Preset) plan {
	switch p.Fit {
	case prew.Cover:
		box := inside(image.Pt(p.Width, p.Height), size)
		scaled := around(size, box)
		return plan{scaled, place(box, scaled, p.Gravity)}
	case prew.Fill:
		box := inside(image.Pt(p.Width, p.Height), size)
		return plan{box, image.Rectangle{Max: box}}
	}
	box := image.Pt(p.Width, p.Height)
	if box.X == 0 {
		box.X = size.X
	}
	if box.Y == 0 {
		box.Y = size.Y
	}
	scaled := inside(size, box)
	return plan{scaled, image.Rectangle{Max: scaled}}
}

// inside is the largest size in the shape of p, and not above p, that fits into
// the box.
func inside(p, box image.Point) image.Point {
	switch {
	case p.X <= box.X && p.Y <= box.Y:
		return p
	case wider(p, box):
		return image.Pt(box.X, share(p.Y, box.X, p.X))
	}
	return image.Pt(share(p.X, box.Y, p.Y), box.Y)
}

// around is the smallest size in the shape of p that holds the box, which is not
// above p.
func around(p, box image.Point) image.Point {
	if wider(p, box) {
		return image.Pt(share(p.X, box.Y, p.Y), box.Y)
	}
	return image.Pt(box.X, share(p.Y, box.X, p.X))
}

// wider says whether p is wider than the box in relation to its height.
func wider(p, box image.Point) bool { return p.X*box.Y > box.X*p.Y }

// share is n*part/whole, rounded, and at least 1. Its numbers are sides in
// pixels, at most 16,384, so that nothing overflows.
func share(n, part, whole int) int {
	return max((n*part+whole/2)/whole, 1)
}

// place puts the box into the picture where gravity wants it, in the middle of
// what it says nothing about.
func place(box, picture image.Point, g prew.Gravity) image.Rectangle {
	at := picture.Sub(box).Div(2)
	switch g {
	case prew.Left, prew.TopLeft, prew.BottomLeft:
		at.X = 0
	case prew.Right, prew.TopRight, prew.BottomRight:
		at.X = picture.X - box.X
	}
	switch g {
	case prew.Top, prew.TopLeft, prew.TopRight:
		at.Y = 0
	case prew.Bottom, prew.BottomLeft, prew.BottomRight:
		at.Y = picture.Y - box.Y
	}
	return image.Rectangle{Min: at, Max: at.Add(box)}
}

// view is what a preview shows of a photo: where it shrinks to and what is kept
// of it, as it is seen, and how it has to be turned to be seen so.
type view struct {
	plan
	turn turn
}

// viewOf plans the preview of a photo that is stored in the given size.
func viewOf(stored image.Point, t turn, p prew.Preset) view {
	return view{fit(t.size(stored), p), t}
}

// lattice says how many samples a plane has along the sides of the stored photo:
// x.num/x.den of them and y.num/y.den.
type lattice struct{ x, y fraction }

type fraction struct{ num, den int }

// wholeLattice is that of a plane with a sample for each pixel.
func wholeLattice(size image.Point) lattice { return lattice{fraction{size.X, 1}, fraction{size.Y, 1}} }

// axes are those along which a plane of the photo, as it is stored, becomes one
// of the preview that has a sample for each step pixels. Where the photo is
// stored mirrored the plane is read backwards, so that all that is left of
// turning it is to exchange its axes.
func (v view) axes(l lattice, step int) (x, y resample.Axis) {
	along := func(scaled, from, to int, f fraction, backwards bool) resample.Axis {
		a := resample.Axis{Scaled: scaled, Num: f.num, Den: f.den, From: from, Step: step, Count: (to - from + step - 1) / step}
		if backwards {
			a.From, a.Step = scaled-from, -step
		}
		return a
	}
	crop := v.crop
	scaled := v.scaled
	if v.turn.transposes() {
		scaled.X, scaled.Y = scaled.Y, scaled.X
		crop = image.Rect(crop.Min.Y, crop.Min.X, crop.Max.Y, crop.Max.X)
	}
	return along(scaled.X, crop.Min.X, crop.Max.X, l.x, v.turn.mirrorsX()),
		along(scaled.Y, crop.Min.Y, crop.Max.Y, l.y, v.turn.mirrorsY())
}

// enough says whether planes on a lattice hold what the preview needs: samples
// for oversample times as many as it will have, each way. A part of a sample may
// be missing, as where the preview's size was rounded up.
func (v view) enough(l lattice, step int, oversample float64) bool {
	scaled := v.turn.size(v.scaled)
	covers := func(f fraction, side int) bool {
		return float64((f.num+f.den)*step) > oversample*float64(side*f.den)
	}
	return covers(l.x, scaled.X) && covers(l.y, scaled.Y)
}

// region is what a preview needs of a plane on a lattice, in pixels of the photo
// as it is stored.
func (v view) region(l lattice, stored image.Point, step int, k resample.Kernel) image.Rectangle {
	x, y := v.axes(l, step)
	along := func(a resample.Axis, f fraction, side int) (from, to int) {
		from, to = a.Reach(k, (f.num+f.den-1)/f.den)
		return from * f.den * side / f.num, (to*f.den*side + f.num - 1) / f.num
	}
	var r image.Rectangle
	r.Min.X, r.Max.X = along(x, l.x, stored.X)
	r.Min.Y, r.Max.Y = along(y, l.y, stored.Y)
	return r
}
