package webp

// macroblock is what the first partition says of one (RFC 6386, section 19.3).
type macroblock struct {
	segment uint8
	skipped bool // it has no coefficients
	whole   bool // luma is predicted as a whole, by the first of its modes
	luma    [16]uint8
	chroma  uint8
}

// modeReader reads macroblocks. The modes of squares depend on those above and left.
type modeReader struct {
	above [][4]uint8 // of each macroblock, the modes of its lowest squares
	left  [4]uint8   // of the last one, those on its right
}

// open begins a frame that is so many macroblocks wide. Around it is modeDC.
func (m *modeReader) open(columns int) {
	if cap(m.above) < columns {
		m.above = make([][4]uint8, columns)
	}
	m.above = m.above[:columns]
	clear(m.above)
}

// row reads a row of macroblocks.
func (m *modeReader) row(b *boolReader, h *vp8Header, row []macroblock) {
	clear(m.left[:])
	for x := range row {
		mb := &row[x]
		mb.segment = 0
		if h.mapped {
			if b.bool(h.probs[0]) {
				mb.segment = 2 + uint8(b.bit(h.probs[2]))
			} else {
				mb.segment = uint8(b.bit(h.probs[1]))
			}
		}
		mb.skipped = h.skips && b.bool(h.probSkip)
		if mb.whole = b.bool(probWhole); mb.whole {
			mode := wholeMode(b)
			mb.luma[0] = mode
			m.left = [4]uint8{mode, mode, mode, mode}
			m.above[x] = m.left
		} else {
			decodeSquares(b, &mb.luma, &m.above[x], &m.left)
		}
		mb.chroma = chromaMode(b)
	}
}

// decodeSquares reads the modes of the squares of a macroblock, and puts those at its
// lower and right edge in the place of those above and left of it. It is
// decodeSquaresGo, or does what that does.
var decodeSquares = decodeSquaresGo

func decodeSquaresGo(b *boolReader, luma *[16]uint8, above, left *[4]uint8) {
	for y := range 4 {
		last := left[y]
		for x := range 4 {
			last = squareMode(b, &probSquare[above[x]][last])
			above[x] = last
			luma[4*y+x] = last
		}
		left[y] = last
	}
}

func wholeMode(b *boolReader) uint8 {
	if b.bool(probLuma[0]) {
		if b.bool(probLuma[2]) {
			return modeTrueMotion
		}
		return modeHorizontal
	}
	if b.bool(probLuma[1]) {
		return modeVertical
	}
	return modeDC
}

func chromaMode(b *boolReader) uint8 {
	switch {
	case !b.bool(probChroma[0]):
		return modeDC
	case !b.bool(probChroma[1]):
		return modeVertical
	case !b.bool(probChroma[2]):
		return modeHorizontal
	}
	return modeTrueMotion
}

func squareMode(b *boolReader, p *[9]uint8) uint8 {
	switch {
	case !b.bool(p[0]):
		return modeDC
	case !b.bool(p[1]):
		return modeTrueMotion
	case !b.bool(p[2]):
		return modeVertical
	case !b.bool(p[3]):
		switch {
		case !b.bool(p[4]):
			return modeHorizontal
		case !b.bool(p[5]):
			return modeRightDown
		}
		return modeVerticalRight
	case !b.bool(p[6]):
		return modeLeftDown
	case !b.bool(p[7]):
		return modeVerticalLeft
	case !b.bool(p[8]):
		return modeHorizontalDown
	}
	return modeHorizontalUp
}
