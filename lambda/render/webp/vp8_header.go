package webp

// segments is how many kinds of macroblocks a frame may have that differ in quantiser
// and filter.
const segments = 4

// vp8Header is what the first partition says before its macroblocks (RFC 6386, section
// 9 and 19.2).
type vp8Header struct {
	segmented bool // macroblocks are of different segments
	mapped    bool // each of them says of which
	absolute  bool // what a segment has replaces the frame's, or is added to it
	quantiser [segments]int
	level     [segments]int
	probs     [3]uint8 // of the tree of segments

	simple     bool // the simple filter
	frameLevel int  // of the filter, 0 to 63
	sharpness  int  // 0 to 7
	deltas     bool
	refDelta   [4]int // added to the level by the reference frame: a key frame has the first
	modeDelta  [4]int // and by the mode: luma in squares has the first

	partitions int // that have tokens: 1, 2, 4 or 8

	index                          int // of the quantiser
	lumaDC, y2DC, y2AC, uvDC, uvAC int // added to it

	tokens tokenProbs

	skips    bool  // macroblocks say whether they have no coefficients
	probSkip uint8 // how probable it is that one has some
}

// read reads a header. What lies after the end of the partition is zeros.
func (h *vp8Header) read(b *boolReader) {
	*h = vp8Header{probs: [3]uint8{255, 255, 255}, tokens: defaultTokenProbs}
	b.flag() // the colour space: there is one
	b.flag() // the clamping type: like libwebp, samples are always clamped
	if h.segmented = b.flag(); h.segmented {
		h.readSegments(b)
	}
	h.readFilter(b)
	h.partitions = 1 << b.number(2)
	h.index = b.number(7)
	for _, delta := range []*int{&h.lumaDC, &h.y2DC, &h.y2AC, &h.uvDC, &h.uvAC} {
		*delta = b.optional(4)
	}
	b.flag() // whether probabilities are kept for the next frame
	for i := range h.tokens {
		for j := range h.tokens[i] {
			for k := range h.tokens[i][j] {
				for l := range h.tokens[i][j][k] {
					if b.bool(updateTokenProbs[i][j][k][l]) {
						h.tokens[i][j][k][l] = uint8(b.number(8))
					}
				}
			}
		}
	}
	if h.skips = b.flag(); h.skips {
		h.probSkip = uint8(b.number(8))
	}
}

// readSegments reads what segments there are (section 9.3).
func (h *vp8Header) readSegments(b *boolReader) {
	h.mapped = b.flag()
	if b.flag() {
		h.absolute = b.flag()
		for i := range h.quantiser {
			h.quantiser[i] = b.optional(7)
		}
		for i := range h.level {
			h.level[i] = b.optional(6)
		}
	}
	if h.mapped {
		for i := range h.probs {
			if b.flag() {
				h.probs[i] = uint8(b.number(8))
			}
		}
	}
}

// readFilter reads how the frame is filtered (section 9.3 and 9.6).
func (h *vp8Header) readFilter(b *boolReader) {
	h.simple = b.flag()
	h.frameLevel = b.number(6)
	h.sharpness = b.number(3)
	if h.deltas = b.flag(); !h.deltas || !b.flag() {
		return
	}
	for i := range h.refDelta {
		h.refDelta[i] = b.optional(6)
	}
	for i := range h.modeDelta {
		h.modeDelta[i] = b.optional(6)
	}
}

// steps is how far apart the values of coefficients are: of the first of a block, and
// of the others.
type steps [2]int16

// quantisers is the steps of a segment.
type quantisers struct{ luma, y2, chroma steps }

// quantisers returns the steps of each segment (section 9.6 and 14.1).
func (h *vp8Header) quantisers() (all [segments]quantisers) {
	for i := range all {
		q := h.index
		if h.segmented {
			if h.absolute {
				q = h.quantiser[i]
			} else {
				q += h.quantiser[i]
			}
		}
		at := func(table *[128]int16, index, last int) int16 { return table[min(max(index, 0), last)] }
		all[i] = quantisers{
			luma:   steps{at(&stepsDC, q+h.lumaDC, 127), at(&stepsAC, q, 127)},
			y2:     steps{2 * at(&stepsDC, q+h.y2DC, 127), max(int16(int(at(&stepsAC, q+h.y2AC, 127))*155/100), 8)},
			chroma: steps{at(&stepsDC, q+h.uvDC, 117), at(&stepsAC, q+h.uvAC, 127)}, // at most 132
		}
	}
	return all
}
