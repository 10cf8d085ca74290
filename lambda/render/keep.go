package render

import (
	"image"
	"image/color"

	"prew"
	"prew/lambda/render/attention"
	"prew/lambda/render/plane"
	"prew/lambda/render/resample"
)

// keep cuts a frame to the part of it that its preset's gravity chooses by what is seen. A
// JPEG is decoded as it arrives, so that this is known only when the whole photo is there:
// it is shrunk as a whole, and the look is at the shrunk one.
func (e *engine) keep(f frame, p plan, _ prew.Preset) (frame, error) {
	if p.kept == (image.Point{}) {
		f.kept = p.focused
		return f, nil
	}
	return f.cut(e.look(f, p.kept)), nil
}

// look chooses the part of the given size, which leaves the frame's size along one axis
// as it is. It begins at even pixels, so that halved chroma begins there too.
func (e *engine) look(f frame, kept image.Point) image.Rectangle {
	size := f.size()
	small := inside(size, image.Pt(attention.Side, attention.Side))
	picture := e.small(f, small)
	// The ends of the small picture's range are those of the frame's.
	along := func(find func(attention.Picture, int) int, side, kept, small int) int {
		wanted := min(max((kept*small+side/2)/side, 1), small)
		if wanted == small {
			return (side - kept) / 2 &^ 1
		}
		return find(picture, wanted) * (side - kept) / (small - wanted) &^ 1
	}
	var at image.Point
	if kept.X < size.X {
		at.X = along(attention.Across, size.X, kept.X, small.X)
	} else {
		at.Y = along(attention.Down, size.Y, kept.Y, small.Y)
	}
	return image.Rectangle{Min: at, Max: at.Add(kept)}
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
