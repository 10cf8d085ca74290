package render

import (
	"image"
	"image/color"
	"slices"

	"prew"
	"prew/lambda/render/attention"
	"prew/lambda/render/faces"
	"prew/lambda/render/plane"
	"prew/lambda/render/resample"
)

// keep cuts a frame to the part of it that its preset's gravity chooses by what is seen, where
// that was not known when it was shrunk. Rows are decoded while they are shrunk, so that the
// whole photo is there only then.
func (e *engine) keep(f frame, p plan, preset prew.Preset) (frame, error) {
	switch {
	case p.kept == (image.Point{}):
		f.kept = p.chosen
		return f, nil
	case !f.kept.Empty():
		return f, nil
	}
	size := f.size()
	f.lattices[0] = wholeLattice(size)
	if preset.Gravity == prew.Face {
		var luma plane.Plane
		if f.luma.Pix != nil {
			luma = p.turn.seen(f.luma)
		} else { // of inks
			luma = e.smaller(f, faces.Side).picture().Luma
		}
		if part, found := withFaces(luma, size, p.kept); found {
			return f.cut(part), nil
		}
	}
	return f.cut(lookedAt(e.smaller(f, attention.Side).picture(), size, p.kept)), nil
}

// placed is the part of the given size that begins as far along the axis of which something
// is cut. It begins at even pixels, so that halved chroma begins there too.
func placed(size, kept image.Point, from int) image.Rectangle {
	var at image.Point
	if kept.X < size.X {
		at.X = min(max(from, 0), size.X-kept.X) &^ 1
	} else {
		at.Y = min(max(from, 0), size.Y-kept.Y) &^ 1
	}
	return image.Rectangle{Min: at, Max: at.Add(kept)}
}

// withFaces is the part of a picture in whose middle all faces are, if they fit, or else the
// largest. They are looked for in luma, which is a small one of the same picture.
func withFaces(luma plane.Plane, size, part image.Point) (r image.Rectangle, found bool) {
	all := faces.Find(luma)
	if len(all) == 0 {
		return image.Rectangle{}, false
	}
	// Along the axis of which something is cut: the sides of what is looked at, of the picture
	// and of the part, and twice the ends of a face, so that nothing is halved.
	side, whole, kept := luma.Width, size.X, part.X
	ends := func(f faces.Face) (from, to int) { return 2*f.X - f.Side, 2*f.X + f.Side }
	if kept == size.X {
		side, whole, kept = luma.Height, size.Y, part.Y
		ends = func(f faces.Face) (from, to int) { return 2*f.Y - f.Side, 2*f.Y + f.Side }
	}
	from, to := ends(all[0])
	for _, f := range all[1:] {
		first, last := ends(f)
		from, to = min(from, first), max(to, last)
	}
	if (to-from)*whole > 2*kept*side {
		from, to = ends(slices.MaxFunc(all, func(a, b faces.Face) int { return a.Side - b.Side }))
	}
	return placed(size, part, ((from+to)*whole/side-2*kept)/4), true
}

// lookedAt is the part of a picture that is looked at most. It is looked for in a small one.
func lookedAt(picture attention.Picture, size, part image.Point) image.Rectangle {
	small := image.Pt(picture.Luma.Width, picture.Luma.Height)
	// The ends of the small picture's range are those of the large one's.
	along := func(find func(attention.Picture, int) int, side, kept, small int) int {
		wanted := min(max((kept*small+side/2)/side, 1), small)
		if wanted == small {
			return (side - kept) / 2
		}
		return find(picture, wanted) * (side - kept) / (small - wanted)
	}
	if part.X < size.X {
		return placed(size, part, along(attention.Across, size.X, part.X, small.X))
	}
	return placed(size, part, along(attention.Down, size.Y, part.Y, small.Y))
}

// smaller is a frame of planes on lattices, or of pixels, whose longer side has so many
// samples, unless it has fewer. All its planes have one size.
func (e *engine) smaller(f frame, side int) frame {
	l := f.lattices[0]
	size := inside(image.Pt(max(l.x.num/l.x.den, 1), max(l.y.num/l.y.den, 1)), image.Pt(side, side))
	axes := func(l lattice) (x, y resample.Axis) {
		return resample.Axis{Scaled: size.X, Num: l.x.num, Den: l.x.den, Step: 1, Count: size.X},
			resample.Axis{Scaled: size.Y, Num: l.y.num, Den: l.y.den, Step: 1, Count: size.Y}
	}
	if f.planes == nil {
		pixels := image.NewNRGBA(image.Rectangle{Max: size})
		x, y := axes(l)
		// Pixels that are there are read without errors.
		e.resampler.Pixels(pixels.Pix, pixels.Stride, pixelRows{f.pixels}, l.x.num, l.y.num, x, y, resample.Box)
		f.pixels = pixels
		return f
	}
	planes := e.looked.prepare([]image.Point{size, size, size, size}[:len(f.planes)])
	for i, p := range f.planes {
		x, y := axes(f.lattices[i])
		e.resampler.Plane(planes[i], p, x, y, resample.Box)
	}
	f.planes = planes
	return f
}

// picture is a frame that is converted as luma and chroma.
func (f frame) picture() attention.Picture {
	if f.pixels != nil {
		return pictureOf(f.pixels)
	}
	picture := attention.Picture{Luma: f.planes[0]}
	if len(f.planes) == 3 {
		picture.Cb, picture.Cr = f.planes[1], f.planes[2]
	}
	return picture
}

// pictureOf makes luma and chroma of pixels.
func pictureOf(pixels *image.NRGBA) attention.Picture {
	size := pixels.Rect.Size()
	planes := new(canvas).prepare([]image.Point{size, size, size})
	for y := range pixels.Rect.Dy() {
		row, luma, cb, cr := pixels.Pix[y*pixels.Stride:], planes[0].Row(y), planes[1].Row(y), planes[2].Row(y)
		for x := range luma {
			luma[x], cb[x], cr[x] = color.RGBToYCbCr(row[4*x], row[4*x+1], row[4*x+2])
		}
	}
	return attention.Picture{Luma: planes[0], Cb: planes[1], Cr: planes[2]}
}

// pixelRows are pixels as rows.
type pixelRows struct{ *image.NRGBA }

// Row implements plane.Rows.
func (p pixelRows) Row(y int) (plane.Row, error) {
	return plane.Row{Bytes: p.Pix[y*p.Stride:][:4*p.Rect.Dx()]}, nil
}

// cut is the part of a frame within r, which begins at even pixels where chroma is halved.
func (f frame) cut(r image.Rectangle) frame {
	f.kept = r
	if f.pixels != nil {
		cut := *f.pixels
		cut.Pix = cut.Pix[cut.PixOffset(r.Min.X, r.Min.Y):]
		cut.Rect = image.Rectangle{Max: r.Size()}
		f.pixels = &cut
		return f
	}
	whole := f.size()
	planes := make([]plane.Plane, len(f.planes))
	for i, p := range f.planes {
		stepX, stepY := (whole.X+p.Width-1)/p.Width, (whole.Y+p.Height-1)/p.Height
		at := r.Min.Y/stepY*p.Stride + r.Min.X/stepX
		planes[i] = plane.Plane{Pix: p.Pix[at:], Stride: p.Stride,
			Width: (r.Dx() + stepX - 1) / stepX, Height: (r.Dy() + stepY - 1) / stepY}
	}
	f.planes = planes
	return f
}
