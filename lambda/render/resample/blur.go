package resample

import (
	"math"

	"prew/lambda/render/plane"
)

// BlurPlane blurs a plane where it lies by a Gaussian whose standard deviation is sigma
// samples, above 0 and at most 200. What lies beyond the edges is taken to be like the
// sample at the edge.
//
// It takes no longer for a large sigma than for a small one. For one of three and more a
// plane is shrunk by boxes first, blurred there, and enlarged again in straight lines. Boxes
// of f samples and the lines between their middles blur too, by a variance of f*f/4 together,
// which the Gaussian between has less.
func (r *Resampler) BlurPlane(p plane.Plane, sigma float64) { r.blur(p, 1, sigma) }

// BlurPixels is BlurPlane for pixels as Pixels has them, whose rows begin at
// pix[y*stride]. Their alpha is blurred too, and colours count as much as it.
func (r *Resampler) BlurPixels(pix []uint8, stride, width, height int, sigma float64) {
	r.blur(plane.Plane{Pix: pix, Stride: stride, Width: channels * width, Height: height}, channels, sigma)
}

// blur blurs rows of so many samples a pixel, one or channels.
func (r *Resampler) blur(p plane.Plane, samples int, sigma float64) {
	width, height := p.Width/samples, p.Height
	f := boxOf(min(width, height), sigma)
	if f == 1 {
		r.direct(p, samples, sigma)
		return
	}
	w, h := (width+f-1)/f, (height+f-1)/f
	r.small = plane.Resized(r.small, samples*w*h)
	small := plane.Plane{Pix: r.small, Stride: samples * w, Width: samples * w, Height: h}
	boxes := func(side, count int) Axis { return Axis{Scaled: side, Num: side, Den: 1, Step: f, Count: count} }
	r.between(small, p, samples, boxes(width, w), boxes(height, h), Box)
	part := sigma / float64(f)
	r.direct(small, samples, math.Sqrt(float64(part*part)-0.25))
	lines := func(side, count int) Axis { return Axis{Scaled: f * count, Num: count, Den: 1, Step: 1, Count: side} }
	r.between(p, small, samples, lines(width, w), lines(height, h), Bilinear)
}

// direct blurs by the kernel itself. A row is written when all that it is made of is in the
// window, and what is read after that comes below it: so it may be written where it was.
func (r *Resampler) direct(p plane.Plane, samples int, sigma float64) {
	same := func(side int) Axis { return Axis{Scaled: side, Num: side, Den: 1, Step: 1, Count: side} }
	r.between(p, p, samples, same(p.Width/samples), same(p.Height), bell(sigma))
}

// between resamples what is whole, which has no errors.
func (r *Resampler) between(dst, src plane.Plane, samples int, x, y Axis, k Kernel) {
	r.whole = wholePlane{src}
	r.rows(dst, samples, &r.whole, src.Width/samples, src.Height, x, y, k)
}

// boxOf is the side of the boxes by which a picture is shrunk before it is blurred: a power
// of two, so large that the Gaussian between them has a deviation of 1.5 to 3 boxes and few
// weights. There are at least eight boxes along the shorter side, and none is larger than 16:
// at an edge the box counts for what lies beyond, and more than its last sample.
func boxOf(side int, sigma float64) int {
	f := 1
	for 3*float64(f) <= sigma && f < 16 && side > 7*2*f {
		f *= 2
	}
	return f
}
