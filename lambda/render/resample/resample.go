// Package resample scales the planes or the pixels of a picture, cuts them to
// what a preview shows and flips them, in one pass each way: each result is a sum
// of samples under a kernel, first down and then across.
//
// It computes with fixed points, and divides colours by their alpha in floating
// point by steps that IEEE 754 rounds alike everywhere. Its results are the same
// on every processor, bit by bit, with vector instructions or without.
package resample

import "prew/lambda/render/plane"

// Resampler resamples planes and pixels. The zero value is ready. It keeps its
// buffers and the weights of recent axes, so that pictures of the same kind need
// no allocation. It is not for concurrent use.
type Resampler struct {
	axes   [8]axisWeights // luma's and chroma's of two kinds of preview
	clock  uint64         // counts the uses of axes
	window window
	line   []int16 // a row of results of the pass down
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
	columns := r.window.open(across.hi-across.lo, down)
	r.line = resized(r.line, columns+linePadding)
	for j := range y.Count {
		if across.copies && down.count[j] == 1 {
			copy(dst.Row(j), src.Row(int(down.first[j]))[across.lo:])
			continue
		}
		for pair, end := down.pairs(j); pair < end; pair++ {
			if slot, holds := r.window.slot(pair); !holds {
				top, bottom := down.rows(pair)
				interleave(slot, src.Row(top)[across.lo:across.hi], src.Row(bottom)[across.lo:across.hi])
			}
		}
		r.window.weigh(r.line[:columns], down, j)
		horizontal(dst.Row(j), r.line, across)
	}
}

// Pixels resamples pixels of red, green, blue and alpha, a byte each and not
// premultiplied, to x.Count by y.Count such pixels, that are not src's. Row y
// begins at src[y*srcStride] and has width pixels, of height rows; the results'
// rows begin at dst[y*dstStride].
//
// Colours count as much as their alpha, so that what is transparent lends none to
// what is not, and what is clear has none: it is 0, 0, 0, 0.
func (r *Resampler) Pixels(dst []uint8, dstStride int, src []uint8, srcStride, width, height int, x, y Axis, k Kernel) {
	across, down := r.weights(x, k, width), r.weights(y, k, height)
	columns := r.window.open(channels*(across.hi-across.lo), down)
	// The weights of all results are taken to be equally many: those after a
	// result's last are zero, and may lie beyond the end of the line.
	r.line = resized(r.line, columns+channels*across.stride)
	row := func(i int) []uint8 { return src[i*srcStride:][channels*across.lo : channels*across.hi] }
	for j := range y.Count {
		result := dst[j*dstStride:][:channels*x.Count]
		if across.copies && down.count[j] == 1 {
			copyVisible(result, row(int(down.first[j])))
			continue
		}
		for pair, end := down.pairs(j); pair < end; pair++ {
			if slot, holds := r.window.slot(pair); !holds {
				top, bottom := down.rows(pair)
				premultiply(slot, row(top), row(bottom))
			}
		}
		r.window.weigh(r.line[:columns], down, j)
		straight(result, r.line, across)
	}
}

// channels is how many samples a pixel has.
const channels = 4

// copyVisible copies pixels, of which it leaves clear ones no colour.
func copyVisible(dst, src []uint8) {
	copy(dst, src)
	for ; len(dst) >= channels; dst = dst[channels:] {
		if dst[3] == 0 {
			clear(dst[:3])
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

// linePadding is how far beyond the samples of a line the pass across reads
// planes, with weights of zero.
const linePadding = 48
