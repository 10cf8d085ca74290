// Package resample scales the planes of a picture, cuts them to what a preview
// shows and flips them, in one pass each way: each result is a sum of samples
// under a kernel, first down and then across.
//
// It computes in whole numbers. Its results are the same on every processor, bit
// by bit, with vector instructions or without.
package resample

import "prew/lambda/render/plane"

// Resampler resamples planes. The zero value is ready. It keeps its buffers and
// the weights of recent axes, so that pictures of the same kind need no
// allocation. It is not for concurrent use.
type Resampler struct {
	axes     [8]axisWeights // luma's and chroma's of two kinds of preview
	clock    uint64         // counts the uses of axes
	line     []uint8        // a row of results of the pass down
	channels [4][]uint8     // the same of pixels, taken apart
}

// axisWeights are the weights of an axis, and when they were last used.
type axisWeights struct {
	axis   Axis
	kernel Kernel
	length int
	used   uint64
	weights
}

// Plane resamples src to dst, whose size is x.Count by y.Count and whose samples
// are not src's.
func (r *Resampler) Plane(dst, src plane.Plane, x, y Axis, k Kernel) {
	across, down := r.weights(x, k, src.Width), r.weights(y, k, src.Height)
	width := across.hi - across.lo
	r.line = resized(r.line, width+linePadding)
	for j := range y.Count {
		row := dst.Row(j)
		from := src.Pix[int(down.first[j])*src.Stride+across.lo:]
		if across.copies {
			vertical(row, from, src.Stride, down.of(j))
			continue
		}
		vertical(r.line[:width], from, src.Stride, down.of(j))
		horizontal(row, r.line, across)
	}
}

// Pixels resamples interleaved pixels of four channels to planes, one per dst,
// whose sizes are x.Count by y.Count: three leave the last channel out. Row y of
// the source begins at src[y*stride] and has width pixels. Colours are to be
// premultiplied by their alpha (see Premultiply), or opaque.
func (r *Resampler) Pixels(dst []plane.Plane, src []uint8, stride, width, height int, x, y Axis, k Kernel) {
	across, down := r.weights(x, k, width), r.weights(y, k, height)
	pixels := across.hi - across.lo
	r.line = resized(r.line, 4*pixels)
	for c := range r.channels {
		r.channels[c] = resized(r.channels[c], pixels+linePadding)
	}
	for j := range y.Count {
		vertical(r.line, src[int(down.first[j])*stride+4*across.lo:], stride, down.of(j))
		split(r.channels[0][:pixels], r.channels[1], r.channels[2], r.channels[3], r.line)
		for c, d := range dst {
			if across.copies {
				copy(d.Row(j), r.channels[c])
				continue
			}
			horizontal(d.Row(j), r.channels[c], across)
		}
	}
}

// weights returns the weights of an axis, which stay what they are until weights
// of as many others as are kept have been asked for.
func (r *Resampler) weights(a Axis, k Kernel, length int) *weights {
	r.clock++
	oldest := &r.axes[0]
	for i := range r.axes {
		t := &r.axes[i]
		if t.used > 0 && t.axis == a && t.kernel == k && t.length == length {
			t.used = r.clock
			return &t.weights
		}
		if t.used < oldest.used {
			oldest = t
		}
	}
	oldest.axis, oldest.kernel, oldest.length, oldest.used = a, k, length, r.clock
	oldest.set(a, k, length)
	return &oldest.weights
}

// linePadding is how far beyond the samples of a line the pass across reads,
// with weights of zero.
const linePadding = 48
