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

// bars are the parts of a picture of a size that a photo in it leaves, and the last of the
// photo's rows and columns, of which a sample of chroma may be shared.
func bars(size image.Point, photo image.Rectangle) (all []image.Rectangle) {
	for _, bar := range []image.Rectangle{
		image.Rect(0, 0, size.X, photo.Min.Y),
		image.Rect(0, photo.Max.Y-1, size.X, size.Y),
		image.Rect(0, photo.Min.Y, photo.Min.X, photo.Max.Y),
		image.Rect(photo.Max.X-1, photo.Min.Y, size.X, photo.Max.Y),
	} {
		if !bar.Empty() {
			all = append(all, bar)
		}
	}
	return all
}

// scaling is how a line of so many samples becomes those of a line of others that lie between
// two ends.
func scaling(samples, others, from, to int) resample.Axis {
	return resample.Axis{Scaled: others, Num: samples, Den: 1, From: from, Step: 1, Count: to - from}
}

// blurPlane makes of the frame's plane the background around it, where it lies at a sample.
func (e *engine) blurPlane(dst, src plane.Plane, at image.Point) {
	photo, whole := image.Pt(src.Width, src.Height), image.Pt(dst.Width, dst.Height)
	part, size := behind(photo, whole)
	src.Pix, src.Width, src.Height = src.Pix[part.Min.Y*src.Stride+part.Min.X:], part.Dx(), part.Dy()
	small := e.behind.prepare([]image.Point{size})[0]
	e.resampler.Plane(small, src, scaling(src.Width, size.X, 0, size.X), scaling(src.Height, size.Y, 0, size.Y), resample.Box)
	e.resampler.BlurPlane(small, behindSigma)
	for _, bar := range bars(whole, image.Rectangle{Min: at, Max: at.Add(photo)}) {
		beside := plane.Plane{Pix: dst.Pix[bar.Min.Y*dst.Stride+bar.Min.X:], Stride: dst.Stride, Width: bar.Dx(), Height: bar.Dy()}
		e.resampler.Plane(beside, small, scaling(size.X, whole.X, bar.Min.X, bar.Max.X), scaling(size.Y, whole.Y, bar.Min.Y, bar.Max.Y), resample.Bilinear)
	}
}

// blurPixels is blurPlane for opaque pixels.
func (e *engine) blurPixels(dst, src *image.NRGBA, at image.Point) {
	photo, whole := src.Rect.Size(), dst.Rect.Size()
	part, size := behind(photo, whole)
	cut := *src
	cut.Pix, cut.Rect = src.Pix[part.Min.Y*src.Stride+4*part.Min.X:], image.Rectangle{Max: part.Size()}
	small := image.NewNRGBA(image.Rectangle{Max: size})
	// Pixels that are there are read without errors.
	e.resampler.Pixels(small.Pix, small.Stride, pixelRows{&cut}, part.Dx(), part.Dy(),
		scaling(part.Dx(), size.X, 0, size.X), scaling(part.Dy(), size.Y, 0, size.Y), resample.Box)
	e.resampler.BlurPixels(small.Pix, small.Stride, size.X, size.Y, behindSigma)
	for _, bar := range bars(whole, image.Rectangle{Min: at, Max: at.Add(photo)}) {
		e.resampler.Pixels(dst.Pix[dst.PixOffset(bar.Min.X, bar.Min.Y):], dst.Stride, pixelRows{small}, size.X, size.Y,
			scaling(size.X, whole.X, bar.Min.X, bar.Max.X), scaling(size.Y, whole.Y, bar.Min.Y, bar.Max.Y), resample.Bilinear)
	}
}
