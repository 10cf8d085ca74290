package render

import (
	"image"

	"prew"
	"prew/lambda/render/plane"
	"prew/lambda/render/resample"
)

// A blurred background is the frame that it lies behind: the middle of that which has the
// background's shape, shrunk to so few pixels that blurring takes nothing, and enlarged again
// in straight lines, which after the blur don't show.
const (
	behindSide  = 48 // pixels of the longer side
	behindSigma = 2  // of them
)

// behind is the part of a picture of a size that a background in another is made of, and the
// size to which that is shrunk.
func behind(size, canvas image.Point) (part image.Rectangle, small image.Point) {
	box := inside(canvas, size)
	return anchor(box, size, prew.Center), inside(canvas, image.Pt(behindSide, behindSide))
}

// scaling is how a line of so many samples becomes one of others.
func scaling(from, to int) resample.Axis {
	return resample.Axis{Scaled: to, Num: from, Den: 1, Step: 1, Count: to}
}

// blurPlane makes a plane of background of the frame's.
func (e *engine) blurPlane(dst, src plane.Plane) {
	part, size := behind(image.Pt(src.Width, src.Height), image.Pt(dst.Width, dst.Height))
	src.Pix, src.Width, src.Height = src.Pix[part.Min.Y*src.Stride+part.Min.X:], part.Dx(), part.Dy()
	small := e.behind.prepare([]image.Point{size})[0]
	e.resampler.Plane(small, src, scaling(src.Width, size.X), scaling(src.Height, size.Y), resample.Box)
	e.resampler.BlurPlane(small, behindSigma)
	e.resampler.Plane(dst, small, scaling(size.X, dst.Width), scaling(size.Y, dst.Height), resample.Bilinear)
}

// blurPixels is blurPlane for opaque pixels.
func (e *engine) blurPixels(dst, src *image.NRGBA) {
	whole := dst.Rect.Size()
	part, size := behind(src.Rect.Size(), whole)
	cut := *src
	cut.Pix, cut.Rect = src.Pix[part.Min.Y*src.Stride+4*part.Min.X:], image.Rectangle{Max: part.Size()}
	small := image.NewNRGBA(image.Rectangle{Max: size})
	// Pixels that are there are read without errors.
	e.resampler.Pixels(small.Pix, small.Stride, pixelRows{&cut}, part.Dx(), part.Dy(), scaling(part.Dx(), size.X), scaling(part.Dy(), size.Y), resample.Box)
	e.resampler.BlurPixels(small.Pix, small.Stride, size.X, size.Y, behindSigma)
	e.resampler.Pixels(dst.Pix, dst.Stride, pixelRows{small}, size.X, size.Y, scaling(size.X, whole.X), scaling(size.Y, whole.Y), resample.Bilinear)
}
