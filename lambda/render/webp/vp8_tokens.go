package webp

import mathbits "math/bits"

// coefficients is those of a macroblock: sixteen rows of luma, and then eight of
// chroma, of Cb on the left and Cr on the right. Each square of four by four is a
// block. Four blocks beside each other are a strip. Behind them is the block of the
// first coefficients of luma's.
type coefficients [strips*strip + 16]int16

const (
	strips     = 6
	lumaStrips = 4
	strip      = 4 * 16 // coefficients

	chromaAt = lumaStrips * strip
	secondAt = strips * strip
)

// stripPlace is where the coefficients of a block stand in a strip, and blockPlace
// where they stand in a block of its own, by their order in the coded data.
var stripPlace, blockPlace = func() (s, b [16]uint8) {
	for i, at := range zigzag {
		s[i] = at/4*16 + at%4
	}
	return s, zigzag
}()

// tokenReader decodes the coefficients of macroblocks from their tokens (RFC 6386,
// section 13).
type tokenReader struct {
	odds  [kinds]positionOdds
	above []coded // of each column
	left  coded
	grid  grid // what is decoded
}

// positionOdds is the odds of the tree of tokens at each position. The last is behind the
// end, where there is none.
type positionOdds [17][contexts][nodes]odds

// coded has 1 for each block at an edge of a macroblock that has coefficients: four of
// luma, two of Cb, two of Cr, and the block of the first coefficients of luma's. The last
// is of none.
type coded [10]uint8

const codedSecond = 8

// open begins a frame that is so many macroblocks wide.
func (t *tokenReader) open(probs *tokenProbs, columns int) {
	for kind := range t.odds {
		for position := range t.odds[kind] {
			for context, tree := range probs[kind][bandOf[position]] {
				for node, p := range tree {
					t.odds[kind][position][context][node] = oddsOf(p)
				}
			}
		}
	}
	if cap(t.above) < columns {
		t.above = make([]coded, columns)
	}
	t.above = t.above[:columns]
	clear(t.above)
}

// macroblock decodes the coefficients of a macroblock, times their steps, into c, which
// is zero. It returns which strips have some that are not zero, bit by bit.
func (t *tokenReader) macroblock(b *boolReader, mb *macroblock, q *quantisers, column int, c *coefficients) (set uint) {
	above, left := &t.above[column], &t.left
	if mb.skipped {
		// Without a second block the one that was last still counts.
		up, back := above[codedSecond], left[codedSecond]
		*above, *left = coded{}, coded{}
		if !mb.whole {
			above[codedSecond], left[codedSecond] = up, back
		}
		return 0
	}
	g := &t.grid
	*g = grid{above: above, left: left, to: c, place: &stripPlace}
	kind := kindLuma
	if mb.whole {
		g.odds, g.place, g.at, g.edge, g.side, g.steps = &t.odds[kindLumaDC], &blockPlace, secondAt, codedSecond, 1, q.y2
		decodeGrid(b, g)
		if above[codedSecond] != 0 {
			inverseWalsh(c)
		}
		kind, g.first, g.place = kindLumaAC, 1, &stripPlace
	}
	g.odds, g.at, g.edge, g.side, g.steps = &t.odds[kind], 0, 0, 4, q.luma
	set = decodeGrid(b, g)
	g.odds, g.first, g.side, g.steps = &t.odds[kindChroma], 0, 2, q.chroma
	for plane := range 2 {
		g.at, g.edge = chromaAt+8*plane, 4+2*plane
		set |= decodeGrid(b, g) << lumaStrips
	}
	return set
}

// grid is the blocks of a plane of a macroblock: side by side.
type grid struct {
	odds        *positionOdds
	above, left *coded
	to          *coefficients
	place       *[16]uint8 // where coefficients stand in a block
	at          int        // where the first block is
	edge        int        // where what is coded of its edges is
	side        int
	first       int // position that is coded
	steps       steps
}

// decodeGrid decodes the blocks of a grid, and returns which strips of it have
// coefficients that are not zero. It is decodeGridGo, or does what that does.
var decodeGrid = decodeGridGo

func decodeGridGo(b *boolReader, g *grid) (set uint) {
	for y := range g.side {
		left := &g.left[g.edge+y]
		for x := range g.side {
			above, at := &g.above[g.edge+x], g.at+strip*y+4*x
			end := b.block(g.odds, *above+*left, g.first, g.steps, g.place, g.to[at:])
			*above = positive(end - g.first)
			*left = *above
			if end > g.first || g.to[at] != 0 {
				set |= 1 << y
			}
		}
	}
	return set
}

// positive is 1 for numbers above zero, and 0 for zero.
func positive(n int) uint8 { return uint8(uint(-n) >> 63) }

// block decodes the coefficients of a block from position first on, times their steps,
// and returns where they end (section 13.2 and 13.3). context is how many of the blocks
// above and left have coefficients.
//
// The coefficients of a stream can be so large that their products have more than
// sixteen bits, of which the lower ones are kept, as by libwebp.
func (b *boolReader) block(odds *positionOdds, context uint8, first int, q steps, place *[16]uint8, to []int16) int {
	i := b.interval
	step := uint64(q[first]) // first is 0 or 1
	p := &odds[first][context]
	for n := first; n < 16; n++ {
		// Is there any coefficient left?
		split := i.split(uint8(p[0]))
		i = i.shifted()
		if i.left < 0 {
			i = b.load(i)
		}
		if i.isBelow(split) {
			b.interval = i.below(split)
			return n
		}
		i = i.above(split)

		// Is it not zero? After one that is, there is one left.
		for {
			split = i.split(uint8(p[1]))
			i = i.shifted()
			if i.left < 0 {
				i = b.load(i)
			}
			if !i.isBelow(split) {
				i = i.above(split)
				break
			}
			i = i.below(split)
			step = uint64(q[1])
			n++
			if n == 16 {
				b.interval = i
				return n
			}
			p = &odds[n][0]
		}

		// Is it larger than one?
		split = i.split(uint8(p[2]))
		i = i.shifted()
		if i.left < 0 {
			i = b.load(i)
		}
		v := uint64(1)
		if i.isBelow(split) {
			i = i.below(split)
			p = &odds[n+1][1]
		} else {
			b.interval = i.above(split)
			v = b.large(p)
			i = b.interval
			p = &odds[n+1][2]
		}

		// Its sign halves the interval.
		i = i.shifted()
		if i.left < 0 {
			i = b.load(i)
		}
		border := (i.size + 1) >> 1 << (i.left & 63)
		rest, below := mathbits.Sub64(i.window, border, 0)
		i.window = rest + border&-below
		i.size = (i.size + below) >> 1
		v = v ^ (below - 1) - (below - 1)
		to[place[n&15]] = int16(v * step)
		step = uint64(q[1])
	}
	b.interval = i
	return 16
}

// large decodes a coefficient that is two or larger.
func (b *boolReader) large(p *[nodes]odds) uint64 {
	if !b.bool(uint8(p[3])) {
		if !b.bool(uint8(p[4])) {
			return 2
		}
		return 3 + uint64(b.bit(uint8(p[5])))
	}
	category := 0
	if !b.bool(uint8(p[6])) {
		category = b.bit(uint8(p[7]))
	} else if b.bool(uint8(p[8])) {
		category = 4 + b.bit(uint8(p[10]))
	} else {
		category = 2 + b.bit(uint8(p[9]))
	}
	extra := uint64(0)
	for _, p := range extraBits[category] {
		if p == 0 {
			break
		}
		extra = 2*extra + uint64(b.bit(p))
	}
	return leastOf[category] + extra
}
