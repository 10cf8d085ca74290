package jpeg

import "math/bits"

// The scans of a progressive picture are those of libjpeg's
// jpeg_simple_progression (jcparam.c): the DC coefficients but for a bit, then
// some AC coefficients but for two, and so on to the last bit of all.
var (
	scansOfGrey = []scanHeader{
		{0, 1, 0, 0, 0, 1},
		{0, 1, 1, 5, 0, 2},
		{0, 1, 6, 63, 0, 2},
		{0, 1, 1, 63, 2, 1},
		{0, 1, 0, 0, 1, 0},
		{0, 1, 1, 63, 1, 0},
	}
	scansOfColour = []scanHeader{
		{0, 3, 0, 0, 0, 1},
		{0, 1, 1, 5, 0, 2},
		{2, 3, 1, 63, 0, 1},
		{1, 2, 1, 63, 0, 1},
		{0, 1, 6, 63, 0, 2},
		{0, 1, 1, 63, 2, 1},
		{0, 3, 0, 0, 1, 0},
		{2, 3, 1, 63, 1, 0},
		{1, 2, 1, 63, 1, 0},
		{0, 1, 1, 63, 1, 0},
	}
)

// encodeProgressive writes the scans of a progressive picture (ITU-T T.81, G.1).
// It keeps the blocks of all of it, and the tokens of one scan.
func (e *Encoder) encodeProgressive() {
	for i := range e.components[:e.n] {
		c := &e.components[i]
		c.keep(c.high)
		for row := range c.high {
			e.transformRow(c, row)
		}
	}
	scans := scansOfColour
	if e.n == 1 {
		scans = scansOfGrey
	}
	for _, s := range scans {
		e.counts = [codes]uint32{}
		e.tokens = e.tokens[:0]
		switch {
		case s.ss == 0 && s.ah == 0:
			e.tokeniseDC(s)
		case s.ss == 0:
			e.refineDC(s)
		case s.ah == 0:
			e.tokeniseBand(s)
		default:
			e.refineBand(s)
		}
		e.writeScan(s)
	}
}

// tokeniseDC appends the tokens of a first scan of DC coefficients (ITU-T T.81,
// G.1.2.1).
func (e *Encoder) tokeniseDC(s scanHeader) {
	var last [3]int
	for row := range e.mcusHigh {
		for i, at := range e.blocksOf(row) {
			c := &e.components[i]
			dc := last[i] // of a block beyond the edge, which nobody sees
			if at >= 0 {
				dc = int(c.blocks[at][0]) >> s.al
			}
			e.put(magnitudes[(dc-last[i])&4095] + token(dcCodes+16*c.tables)<<16)
			last[i] = dc
		}
	}
}

// refineDC appends the tokens of a scan for one more bit of the DC coefficients
// (ITU-T T.81, G.1.2.1).
func (e *Encoder) refineDC(s scanHeader) {
	for row := range e.mcusHigh {
		for i, at := range e.blocksOf(row) {
			dc := 0
			if at >= 0 {
				dc = int(e.components[i].blocks[at][0]) >> s.al
			}
			e.put((bare+1)<<16 | token(dc&1))
		}
	}
}

// tokeniseBand appends the tokens of a first scan of AC coefficients (ITU-T
// T.81, G.1.2.2).
func (e *Encoder) tokeniseBand(s scanHeader) {
	c := &e.components[s.from]
	ac := token(acCodes+256*c.tables) << 16
	for row := range c.high {
		for at := row * c.stride; at < row*c.stride+c.wide; at++ {
			b := &c.blocks[at]
			before := s.ss - 1
			for mask := c.masks[at] & bandMask(s); mask != 0; mask &= mask - 1 {
				k := bits.TrailingZeros64(mask)
				t := magnitudes[shortened(b[k], s.al)&4095]
				if t == 0 {
					continue
				}
				e.putEnd(ac)
				run := k - before - 1
				before = k
				for ; run > 15; run -= 16 {
					e.put(ac + zeroRun<<16)
				}
				e.put(t + ac + token(run)<<20)
			}
			if before < s.se {
				e.addEnd(ac, 0, 0)
			}
		}
	}
	e.putEnd(ac)
}

// refineBand appends the tokens of a scan for one more bit of AC coefficients
// (ITU-T T.81, G.1.2.3). Coefficients that get their first bit are coded as in
// a first scan. Those that have had it are no part of the runs of zeros; their
// correction bits follow the next code.
func (e *Encoder) refineBand(s scanHeader) {
	c := &e.components[s.from]
	ac := token(acCodes+256*c.tables) << 16
	for row := range c.high {
		for at := row * c.stride; at < row*c.stride+c.wide; at++ {
			b := &c.blocks[at]
			var fresh, known uint64 // masks like the block's
			for mask := c.masks[at] & bandMask(s); mask != 0; mask &= mask - 1 {
				k := bits.TrailingZeros64(mask)
				switch v := shortened(b[k], s.al); {
				case v == 1 || v == -1:
					fresh |= 1 << k
				case v != 0:
					known |= 1 << k
				}
			}
			run, before := 0, s.ss-1
			var corrections uint64
			n := 0 // how many corrections there are
			for mask := fresh | known; mask != 0; mask &= mask - 1 {
				k := bits.TrailingZeros64(mask)
				run += k - before - 1
				before = k
				for ; run > 15 && fresh>>k != 0; run -= 16 {
					e.putEnd(ac)
					e.put(ac + zeroRun<<16)
					e.tokens = e.appendBits(e.tokens, corrections, n)
					corrections, n = 0, 0
				}
				v := shortened(b[k], s.al)
				if known>>k&1 != 0 {
					corrections = corrections<<1 | uint64(v&1)
					n++
					continue
				}
				e.putEnd(ac)
				e.put(magnitudes[v&4095] + ac + token(run)<<20)
				e.tokens = e.appendBits(e.tokens, corrections, n)
				run, corrections, n = 0, 0, 0
			}
			if before < s.se || n > 0 {
				e.addEnd(ac, corrections, n)
			}
		}
	}
	e.putEnd(ac)
}

// shortened is a coefficient without its lowest bits, towards zero (ITU-T T.81,
// G.1.2.2).
func shortened(coefficient int16, al int) int {
	v := int(coefficient)
	sign := v >> 63
	return (((v^sign)-sign)>>al ^ sign) - sign
}

// bandMask is the mask with the bits of all of a scan's coefficients.
func bandMask(s scanHeader) uint64 {
	return 1<<(s.se+1) - 1<<s.ss // 1<<64 is 0
}

// appendBits appends the lowest n of some bits as tokens without a code, which
// are put into this scan.
func (e *Encoder) appendBits(tokens []token, some uint64, n int) []token {
	for n > 0 {
		size := min(n, bareBits)
		n -= size
		tokens = append(tokens, token(bare+size)<<16|token(some>>n&(1<<size-1)))
		e.counts[bare+size]++
	}
	return tokens
}

// longestRun is the most blocks that have one end of band together (ITU-T T.81,
// G.1.2.2). It is one code for a run of blocks that have no more, and the
// correction bits of all of them follow it.
const longestRun = 1<<15 - 1

// addEnd makes the run of ended blocks longer by one with n correction bits.
func (e *Encoder) addEnd(ac token, corrections uint64, n int) {
	e.ended++
	e.held = e.appendBits(e.held, corrections, n)
	if e.ended == longestRun {
		e.putEnd(ac)
	}
}

// putEnd appends the tokens of the run of ended blocks, if there is one.
func (e *Encoder) putEnd(ac token) {
	if e.ended == 0 {
		return
	}
	size := bits.Len(uint(e.ended)) - 1
	e.put(ac + token(size)<<20)
	e.tokens = e.appendBits(e.tokens, uint64(e.ended-1<<size), size)
	e.tokens = append(e.tokens, e.held...)
	e.ended, e.held = 0, e.held[:0]
}
