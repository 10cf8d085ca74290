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
	whole  wholePlane
	small  []uint8 // what is blurred, where that is shrunk
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
	r.whole = wholePlane{src}
	r.Samples(dst, &r.whole, src.Width, src.Height, x, y, k) // a whole plane has no errors
}

// wholePlane is a plane as rows.
type wholePlane struct{ plane.Plane }

// Row implements plane.Rows.
func (w *wholePlane) Row(y int) (plane.Row, error) { return plane.Row{Bytes: w.Plane.Row(y)}, nil }

// Samples resamples a picture that has one sample a pixel and the given size to dst,
// whose size is x.Count by y.Count. It returns the errors of src.
func (r *Resampler) Samples(dst plane.Plane, src plane.Rows, width, height int, x, y Axis, k Kernel) error {
	return r.rows(dst, 1, src, width, height, x, y, k)
}

// Pixels resamples a picture of the given size that has pixels of red, green, blue and
// alpha, not premultiplied, to x.Count by y.Count such pixels of a byte each. The
// results' rows begin at dst[y*dstStride]. It returns the errors of src.
//
// Colours count as much as their alpha, so that what is transparent lends none to
// what is not, and what is clear has none: it is 0, 0, 0, 0.
func (r *Resampler) Pixels(dst []uint8, dstStride int, src plane.Rows, width, height int, x, y Axis, k Kernel) error {
	return r.rows(plane.Plane{Pix: dst, Stride: dstStride, Width: channels * x.Count, Height: y.Count}, channels, src, width, height, x, y, k)
}

// rows resamples rows of so many samples a pixel, one or channels.
func (r *Resampler) rows(dst plane.Plane, samples int, src plane.Rows, width, height int, x, y Axis, k Kernel) error {
	across, down := r.weights(x, k, width), r.weights(y, k, height)
	in := source{rows: src, from: samples * across.lo, to: samples * across.hi, last: -1}
	copies := across.copies && down.single
	columns := r.window.open(samples*(across.hi-across.lo), down)
	padding := linePadding
	if samples == channels {
		// The weights of all results are taken to be equally many: those after a
		// result's last are zero, and may lie beyond the end of the line.
		padding = channels * across.stride
	}
	r.line = plane.Resized(r.line, columns+padding)
	for n := range y.Count {
		j := y.rising(n)
		result := dst.Row(j)
		if copies {
			row, err := in.row(int(down.first[j]))
			if err != nil {
				return err
			}
			copySamples(result, row)
			if samples == channels {
				clearInvisible(result)
			}
			continue
		}
		for pair, end := down.pairs(j); pair < end; pair++ {
			slot, holds := r.window.slot(pair)
			if holds {
				continue
			}
			top, bottom, err := in.pair(down.rows(pair))
			if err != nil {
				return err
			}
			switch deep := top.Words != nil; {
			case samples == 1 && deep:
				interleaveDeep(slot, top.Words, bottom.Words)
			case samples == 1:
				interleave(slot, top.Bytes, bottom.Bytes)
			case deep:
				premultiplyDeep(slot, top.Words, bottom.Words)
			default:
				premultiply(slot, top.Bytes, bottom.Bytes)
			}
		}
		r.window.weigh(r.line[:columns], down, j)
		if samples == 1 {
			horizontal(result, r.line, across)
		} else {
			straight(result, r.line, across)
		}
	}
	return nil
}

// channels is how many samples a pixel has.
const channels = 4

// Memory is about how many bytes resampling takes beside the picture and the result:
// the rows that one row of results is made of, of so many samples each, of which the
// picture has height.
func Memory(y Axis, k Kernel, height, samples int) int {
	s, k := y.scale(), y.kernel(k, height)
	rows := min(2*k.reach(s.sample, s.width)/s.sample+3, int64(height)+1)
	return int(rows) * samples * 2
}

// source is the part of each row that is read.
type source struct {
	rows     plane.Rows
	from, to int // samples
	last     int // the row that was asked for last, or -1
	held     plane.Row
}

// row returns row y, which is the last one or comes after it.
func (s *source) row(y int) (plane.Row, error) {
	if y == s.last {
		return s.held, nil
	}
	row, err := s.rows.Row(y)
	if err != nil {
		return plane.Row{}, err
	}
	if row.Words != nil {
		row.Words = row.Words[s.from:s.to]
	} else {
		row.Bytes = row.Bytes[s.from:s.to]
	}
	s.last, s.held = y, row
	return row, nil
}

// pair returns two rows that follow one another, or one twice.
func (s *source) pair(top, bottom int) (upper, lower plane.Row, err error) {
	if upper, err = s.row(top); err == nil {
		lower, err = s.row(bottom)
	}
	return upper, lower, err
}

// copySamples copies a row, as eight bits.
func copySamples(dst []uint8, row plane.Row) {
	if row.Words == nil {
		copy(dst, row.Bytes)
		return
	}
	for i, v := range row.Words {
		dst[i] = uint8((uint32(v) + 128) / 257) // v*255/65535, rounded
	}
}

// clearInvisible leaves clear pixels no colour.
func clearInvisible(pixels []uint8) {
	for ; len(pixels) >= channels; pixels = pixels[channels:] {
		if pixels[3] == 0 {
			clear(pixels[:3])
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
