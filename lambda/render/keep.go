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

// keep cuts a frame to the part of it that its preset's gravity chooses by what is seen. A
// JPEG is decoded as it arrives, so that this is known only when the whole photo is there:
// it is shrunk as a whole, and then cut.
func (e *engine) keep(f frame, p plan, preset prew.Preset) (frame, error) {
	if p.kept == (image.Point{}) {
		f.kept = p.focused
		return f, nil
	}
	if p.wantsFaces(preset) {
		if part, found := e.face(f, p); found {
			return f.cut(part), nil
		}
	}
	return f.cut(e.look(f, p.kept)), nil
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

// face chooses the part in whose middle all faces are, if they fit, or else the largest.
func (e *engine) face(f frame, p plan) (part image.Rectangle, found bool) {
	size := f.size()
	var luma plane.Plane
	if f.luma.Pix != nil {
		luma = p.turn.seen(f.luma)
	} else { // of inks
		luma = e.small(f, small(size)).Luma
	}
	all := faces.Find(luma)
	if len(all) == 0 {
		return image.Rectangle{}, false
	}
	// Along the axis of which something is cut: the sides of what is looked at, of the frame
	// and of the part, and twice the ends of a face, so that nothing is halved.
	side, whole, kept := luma.Width, size.X, p.kept.X
	ends := func(f faces.Face) (from, to int) { return 2*f.X - f.Side, 2*f.X + f.Side }
	if kept == size.X {
		side, whole, kept = luma.Height, size.Y, p.kept.Y
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
	return placed(size, p.kept, ((from+to)*whole/side-2*kept)/4), true
}

// look chooses the part of the given size that is looked at most.
func (e *engine) look(f frame, kept image.Point) image.Rectangle {
	size := f.size()
	small := inside(size, image.Pt(attention.Side, attention.Side))
	picture := e.small(f, small)
	// The ends of the small picture's range are those of the frame's.
	along := func(find func(attention.Picture, int) int, side, kept, small int) int {
		wanted := min(max((kept*small+side/2)/side, 1), small)
		if wanted == small {
			return (side - kept) / 2
		}
		return find(picture, wanted) * (side - kept) / (small - wanted)
	}
	if kept.X < size.X {
		return placed(size, kept, along(attention.Across, size.X, kept.X, small.X))
	}
	return placed(size, kept, along(attention.Down, size.Y, kept.Y, small.Y))
}

// small is a frame in a smaller size as luma and chroma.
func (e *engine) small(f frame, size image.Point) attention.Picture {
	axes := func(whole image.Point, w, h int) (x, y resample.Axis) {
		// Halved chroma ends within a sample where the side is odd.
		axis := func(whole, samples, count int) resample.Axis {
			den := (whole + samples - 1) / samples
			return resample.Axis{Scaled: count, Num: whole, Den: den, Step: 1, Count: count}
		}
		return axis(whole.X, w, size.X), axis(whole.Y, h, size.Y)
	}
	if f.planes == nil {
		pixels := image.NewNRGBA(image.Rectangle{Max: size})
		whole := f.size()
		x, y := axes(whole, whole.X, whole.Y)
		// Pixels that are there are read without errors.
		e.resampler.Pixels(pixels.Pix, pixels.Stride, pixelRows{f.pixels}, whole.X, whole.Y, x, y, resample.Box)
		return pictureOf(e.looked.prepare([]image.Point{size, size, size}), pixels)
	}
	planes := e.looked.prepare([]image.Point{size, size, size}[:len(f.planes)])
	for i, p := range f.planes {
		x, y := axes(f.size(), p.Width, p.Height)
		e.resampler.Plane(planes[i], p, x, y, resample.Box)
	}
	picture := attention.Picture{Luma: planes[0]}
	if len(planes) == 3 {
		picture.Cb, picture.Cr = planes[1], planes[2]
	}
	return picture
}

// pictureOf makes luma and chroma of pixels.
func pictureOf(planes []plane.Plane, pixels *image.NRGBA) attention.Picture {
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
