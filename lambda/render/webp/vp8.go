package webp

import (
	"prew/lambda/render/plane"
)

// vp8 decodes a key frame (RFC 6386) into planes, to what libwebp decodes bit by bit. It
// keeps its buffers between frames.
type vp8 struct {
	width, height int // in samples of luma
	columns, rows int // in macroblocks

	header     vp8Header
	quantisers [segments]quantisers
	strengths  [segments][2]strength

	first   boolReader // the partition of headers and modes
	parts   [8]boolReader
	modes   modeReader
	tokens  tokenReader
	row     []macroblock
	filters []filtering // of the row, and then of the one above it

	luma, cb, cr surface
	coefs        coefficients
	right        [4]uint8
}

// filtering is how a macroblock is filtered.
type filtering struct {
	strength
	inner bool
}

// vp8Memory is about how many bytes decoding a frame takes: the planes of whole
// macroblocks with their borders, and for each column what two rows say of it.
func vp8Memory(width, height int) int {
	columns, rows := (width+15)/16, (height+15)/16
	const each = 20 + 2*5 + 4 + 10 // macroblock, filtering, modes, coded
	return surfaceSize(16*columns, 16*rows) + 2*surfaceSize(8*columns, 8*rows) + each*columns
}

// The sizes of what precedes the first partition (section 9.1), and of the size of each
// partition of tokens (section 9.5).
const (
	vp8Head       = 10
	partitionHead = 3
)

// open reads the headers of a frame whose size and kind have been checked.
func (v *vp8) open(stream []byte, width, height int) error {
	v.width, v.height = width, height
	v.columns, v.rows = (width+15)/16, (height+15)/16
	firstSize := uint24(stream) >> 5
	stream = stream[vp8Head:]
	if firstSize > len(stream) {
		return errEnd
	}
	v.first.open(stream[:firstSize])
	v.header.read(&v.first)
	if v.first.over {
		return errEnd
	}
	return v.openPartitions(stream[firstSize:])
}

// openPartitions opens those that have tokens: their sizes come first, without that of
// the last, which has the rest.
func (v *vp8) openPartitions(rest []byte) error {
	last := v.header.partitions - 1
	if len(rest) < partitionHead*last {
		return errEnd
	}
	sizes := rest[:partitionHead*last]
	rest = rest[len(sizes):]
	for i := range last {
		size := min(uint24(sizes[partitionHead*i:]), len(rest))
		v.parts[i].open(rest[:size])
		rest = rest[size:]
	}
	v.parts[last].open(rest)
	return nil
}

// decode decodes the frame that was opened into Y', Cb and Cr, the latter two of half
// the size, rounded up. They are valid until the next frame. finished, if it is not
// nil, is called with planes of the rows that will not change any more, while they are
// near, and may change them.
func (v *vp8) decode(finished func(planes []plane.Plane)) ([]plane.Plane, error) {
	h := &v.header
	v.quantisers, v.strengths = h.quantisers(), h.strengths()
	v.modes.open(v.columns)
	v.tokens.open(&h.tokens, v.columns)
	v.row = plane.Resized(v.row, v.columns)
	v.filters = plane.Resized(v.filters, 2*v.columns)
	v.luma.open(16*v.columns, 16*v.rows)
	v.cb.open(8*v.columns, 8*v.rows)
	v.cr.open(8*v.columns, 8*v.rows)
	if finished == nil {
		finished = func([]plane.Plane) {}
	}
	done := 0 // rows of chroma
	for y := range v.rows {
		part := &v.parts[y%h.partitions]
		v.luma.begin(16*y, 16)
		v.cb.begin(8*y, 8)
		v.cr.begin(8*y, 8)
		v.modes.row(&v.first, h, v.row)
		v.reconstruct(part, y)
		if v.first.over || part.over {
			return nil, errEnd
		}
		if y > 0 {
			v.filter(y - 1)
			// The filter of the row below reaches four rows of samples far.
			to := 8*y - 4
			finished(v.planes(done, to))
			done = to
		}
	}
	v.filter(v.rows - 1)
	finished(v.planes(done, (v.height+1)/2))
	return v.planes(0, (v.height+1)/2), nil
}

// planes are those of some rows of chroma, and of luma's beside them.
func (v *vp8) planes(from, to int) []plane.Plane {
	part := func(s *surface, width, from, to int) plane.Plane {
		return plane.Plane{Pix: s.pix[s.start+from*s.stride:], Stride: s.stride, Width: width, Height: to - from}
	}
	half := (v.width + 1) / 2
	return []plane.Plane{
		part(&v.luma, v.width, 2*from, min(2*to, v.height)),
		part(&v.cb, half, from, to),
		part(&v.cr, half, from, to),
	}
}

// reconstruct decodes the coefficients of a row of macroblocks, and makes its samples.
func (v *vp8) reconstruct(part *boolReader, y int) {
	v.tokens.left = coded{}
	filters := v.filters[:v.columns]
	copy(v.filters[v.columns:], filters)
	luma, chroma := v.luma.start+16*y*v.luma.stride, v.cb.start+8*y*v.cb.stride
	for x := range v.row {
		mb := &v.row[x]
		set := v.tokens.macroblock(part, mb, &v.quantisers[mb.segment], x, &v.coefs)
		for i := range strips {
			if set>>i&1 != 0 {
				inverseStrip((*[strip]int16)(v.coefs[i*strip:]))
			}
		}
		var e edges
		if x > 0 {
			e |= leftEdge
		}
		if y > 0 {
			e |= upperEdge
		}
		whole := 0
		if mb.whole {
			reconstructWhole(&v.luma, luma, mb.luma[0], e, &v.coefs)
			whole = 1
		} else {
			above := v.luma.pix[luma-v.luma.stride:]
			v.right = [4]uint8(above[16:])
			if y > 0 && x == v.columns-1 {
				last := above[15]
				v.right = [4]uint8{last, last, last, last}
			}
			reconstructSquares(&v.luma, luma, &mb.luma, &v.right, &v.coefs)
		}
		reconstructChroma(&v.cb, &v.cr, chroma, mb.chroma, e, &v.coefs)
		filters[x] = filtering{v.strengths[mb.segment][whole], set != 0 || !mb.whole}
		luma += 16
		chroma += 8
	}
}

// filter filters a row of macroblocks that is followed by another one that has been
// reconstructed, or is the last.
func (v *vp8) filter(y int) {
	if v.header.frameLevel == 0 {
		return
	}
	filters := v.filters[:v.columns]
	if y < v.rows-1 {
		filters = v.filters[v.columns:]
	}
	luma, chroma := v.luma.start+16*y*v.luma.stride, v.cb.start+8*y*v.cb.stride
	for x := range filters {
		f := &filters[x]
		if f.outer > 0 {
			var e edges
			if x > 0 {
				e |= leftEdge
			}
			if y > 0 {
				e |= upperEdge
			}
			if f.inner {
				e |= innerEdges
			}
			if v.header.simple {
				filterSimple(&v.luma, luma, &f.strength, e)
			} else {
				filterLuma(&v.luma, luma, &f.strength, e)
				filterChroma(&v.cb, &v.cr, chroma, &f.strength, e)
			}
		}
		luma += 16
		chroma += 8
	}
}
