package av1

import "math/bits"

// code is what symbols are given to: it writes them or only counts their bits.
type code struct {
	e       *Encoder
	writing bool
	bits    int32 // in 256ths
}

func (c *code) symbol(cdf []uint16, s int) {
	if c.writing {
		c.e.coder.symbol(cdf, s)
		return
	}
	c.bits += bitsOf(cdf, s)
}

// coding is where a transform block's coefficients are as they are written or counted.
type coding struct {
	costs      levelCosts
	magnitudes [36 * 36]uint8 // padded; those behind the last row that is looked at are of blocks before
	exact      [32 * 32]int32 // coefficients before they are quantised
	signed     [32 * 32]int16 // levels that are not zero, in the order of the scan
}

// coefficients gives a transform block's to c, and notes what its neighbours have to know (section
// 5.11.39, coeffs). levels are row by row, and those behind the block's end in the order of the scan
// are zero. blockSize is the logarithm of the side of its block in its plane, minus 2.
func (e *Encoder) coefficients(c *code, b *transformed, levels []int16, blockSize int, m mode) {
	zero, sign := e.zeroContext(b, blockSize)
	if c.writing {
		e.writeCoefficients(b, levels, m, zero, sign)
	} else {
		c.bits += e.countCoefficients(b, levels, m, zero, sign)
	}
}

// place is where a coefficient is, in the order of the scan, and what of its contexts that says
// (section 8.3.2, coeff_base and coeff_br).
type place struct {
	at     uint16 // in levels
	padded uint16 // in magnitudes
	base   uint8  // the first of five contexts of coeff_base
	ranges uint8  // the first of seven contexts of coeff_br
	spared uint8  // how often what a bit is worth is halved when its level is chosen
}

// places are those of the coefficients of a transform block, by the logarithm of its side minus 2.
// Larger ones have as many as one of 32.
var places = func() (all [4][]place) {
	for size := range all {
		n := 4 << size
		for _, at := range scans[size] {
			y, x := int(at)/n, int(at)%n
			p := place{at: at, padded: uint16(y*padded(n) + x), base: 21, ranges: 14}
			switch {
			case x+y < 2:
				p.base = 1
			case x+y < 4:
				p.base = 6
			}
			switch {
			case x+y == 0:
				p.ranges = 0
			case x < 2 && y < 2:
				p.ranges = 7
			}
			if x+y < n/4 {
				p.spared = spareLow
			}
			all[size] = append(all[size], p)
		}
	}
	return all
}()

// padded is the length of a row of magnitudes of n coefficients, with those to the right of the last
// that its context asks for.
func padded(n int) int { return n + 4 }

// clear returns magnitudes that are zero where the last ones of a block look for their neighbours:
// in the rows that the diagonal of its last coefficient reaches, and two more.
func (c *coding) clear(scanned, end int) []uint8 {
	stride := padded(4 << scanned)
	last := int(places[scanned][end-1].padded)
	rows := min(last/stride+last%stride+3, 4<<scanned+2)
	clear(c.magnitudes[:stride*rows])
	return c.magnitudes[:]
}

// magnitudeOf is what contexts ask of a level: in the lowest 4 bits at most 3 of it, for coeff_base,
// and above them at most 15 of it, for coeff_br. Of five, the sums of the lowest fit in 4 bits too.
func magnitudeOf(level int32) uint8 { return uint8(min(level, 3) | min(level, 15)<<4) }

// around returns the sums of a coefficient's neighbours, which are nearer to the end of the scan, of
// its own row and the one and two below it: of five for the context of coeff_base, and of three for
// that of coeff_br.
func around(magnitudes []uint8, at, stride int) (five, three uint) {
	own := magnitudes[at:][:3]
	below := magnitudes[at+stride:][:2]
	near := uint(own[1]) + uint(below[0]) + uint(below[1])
	five = (near + uint(own[2]) + uint(magnitudes[at+2*stride])) & 15
	return five, near >> 4
}

// writeCoefficients writes a transform block's coefficients, with the contexts of its neighbours.
func (e *Encoder) writeCoefficients(b *transformed, levels []int16, m mode, zero, sign int) {
	c, cd, end := &e.coder, &e.cdfs, b.end
	if end == 0 {
		c.symbol2(&cd.allZero[b.size][zero], 1)
		e.noteLevels(b, 0, 0)
		return
	}
	c.symbol2(&cd.allZero[b.size][zero], 0)
	if b.typed() {
		c.symbol(cd.transform[b.size][m][:], transformSymbol(m))
	}
	kind := b.kind()
	e.coding.costs.stale[b.size][kind] = true
	scanned := min(b.size, 3)
	point, more := endPoint(end)
	c.symbol(cd.end(scanned, kind), point)
	if point >= 2 {
		c.symbol2(&cd.endBit[b.size][kind][point-2], int(more>>(point-2)))
		c.bits(more&(1<<(point-2)-1), point-2)
	}

	order := places[scanned][:end]
	stride := padded(4 << scanned)
	magnitudes, signed := e.coding.clear(scanned, end), &e.coding.signed
	levels = levels[:16<<(2*scanned)]
	count, sum := 0, int32(0)
	for i := range order {
		p := &order[i]
		l := levels[p.at]
		signed[count&(len(signed)-1)] = l
		if l != 0 {
			count++
		}
		sum += abs(l)
		magnitudes[p.padded] = magnitudeOf(abs(l))
	}

	base, ranges := &cd.base[b.size][kind], &cd.rangeOf[scanned][kind]
	for i := end - 1; i >= 0; i-- {
		p := &order[i]
		five, three := around(magnitudes, int(p.padded), stride)
		level := int(magnitudes[p.padded])
		switch {
		case i == end-1:
			c.symbol(cd.last[b.size][kind][lastContext(i, scanned)][:], level&15-1)
		case i == 0:
			c.symbol4(&base[0], level&15)
		default:
			c.symbol4(&base[uint(p.base)+min((five+1)>>1, 4)], level&15)
		}
		if level >>= 4; level < 3 {
			continue
		}
		row := &ranges[uint(p.ranges)+min((three+1)>>1, 6)]
		for n, rest := 0, level-3; n < 4; n, rest = n+1, rest-3 {
			c.symbol4(row, min(rest, 3))
			if rest < 3 {
				break
			}
		}
	}

	dc := 0
	for i, l := range signed[:count] {
		negative := uint32(uint16(l) >> 15)
		if i == 0 && levels[0] != 0 {
			c.symbol2(&cd.signDC[kind][sign], int(negative))
			dc = 2 - int(negative)
		} else {
			c.bits(negative, 1)
		}
		if l = max(l, -l); l > 14 {
			c.golomb(uint32(l - 15))
		}
	}
	e.noteLevels(b, int(min(sum, 63)), dc)
}

// kind is 0 for luma and 1 for chroma, as probabilities are told apart.
func (b *transformed) kind() int {
	if b.plane > 0 {
		return 1
	}
	return 0
}

// typed reports whether the type of the block's transform is written.
func (b *transformed) typed() bool { return b.plane == 0 && b.size <= 2 }

// transformSymbol is the symbol of the type of transform that a mode implies, with the reduced set
// (Tx_Type_Intra_Inv_Set2 in section 5.11.47).
func transformSymbol(m mode) int {
	k := transformsOf[m]
	return [2][2]int{{1, 4}, {3, 2}}[k[0]][k[1]]
}

// end is the row of the class of the number of coefficients (eob_pt_16 to eob_pt_1024 in section
// 8.3.2).
func (c *cdfs) end(scanned, kind int) []uint16 {
	switch scanned {
	case 0:
		return c.end16[kind][0][:]
	case 1:
		return c.end64[kind][0][:]
	case 2:
		return c.end256[kind][0][:]
	}
	return c.end1024[kind][0][:]
}

func abs(l int16) int32 {
	return max(int32(l), -int32(l))
}

// endPoint returns the class of the number of coefficients that are written, and what is added to
// the smallest of it (section 5.11.39, eob_pt).
func endPoint(end int) (point int, more uint32) {
	point = bits.Len(uint(end - 1))
	if point > 0 {
		more = uint32(end - 1 - 1<<(point-1))
	}
	return point, more
}

// lastContext is the context of the last coefficient by its place in the scan (section 8.3.2,
// coeff_base_eob), of a transform block whose side's logarithm minus 2 is size.
func lastContext(i, size int) int {
	n := 16 << (2 * size)
	switch {
	case i == 0:
		return 0
	case i <= n/8:
		return 1
	case i <= n/4:
		return 2
	}
	return 3
}

// noteLevels notes the sum of a block's levels and the sign of its DC coefficient.
func (e *Encoder) noteLevels(b *transformed, sum, sign int) {
	n := 1 << b.size
	x, y := b.x>>2, (b.y-e.sy>>e.shift(b.plane))>>2
	fill(e.above.level[b.plane][x:][:n], uint8(sum))
	fill(e.above.sign[b.plane][x:][:n], uint8(sign))
	fill(e.left.level[b.plane][y:][:n], uint8(sum))
	fill(e.left.sign[b.plane][y:][:n], uint8(sign))
}

// zeroContext is the context of whether a block has no coefficients, and that of the sign of its DC
// coefficient (section 8.3.2, all_zero and dc_sign).
func (e *Encoder) zeroContext(b *transformed, blockSize int) (zero, sign int) {
	n := 1 << b.size
	x, y := b.x>>2, (b.y-e.sy>>e.shift(b.plane))>>2
	wide := min(n, e.channels[b.plane].width>>2-x)
	high := min(n, (e.channels[b.plane].height-b.y)>>2)
	levelsAbove, levelsLeft := e.above.level[b.plane][x:][:wide], e.left.level[b.plane][y:][:high]
	signsAbove, signsLeft := e.above.sign[b.plane][x:][:wide], e.left.sign[b.plane][y:][:high]
	var above, left uint8
	for _, l := range levelsAbove {
		above = max(above, l)
	}
	for _, l := range levelsLeft {
		left = max(left, l)
	}
	balance := 0
	var anyAbove, anyLeft uint8
	for _, s := range signsAbove {
		balance += int(s>>1) - int(s&1)
		anyAbove |= s
	}
	for _, s := range signsLeft {
		balance += int(s>>1) - int(s&1)
		anyLeft |= s
	}
	switch {
	case balance < 0:
		sign = 1
	case balance > 0:
		sign = 2
	}
	if b.plane > 0 {
		zero = 7
		if above|anyAbove != 0 {
			zero++
		}
		if left|anyLeft != 0 {
			zero++
		}
		if blockSize > b.size {
			zero += 3
		}
		return zero, sign
	}
	most, least := max(above, left), min(above, left)
	switch {
	case blockSize == b.size:
		zero = 0
	case most == 0:
		zero = 1
	case least == 0 && most > 3:
		zero = 3
	case least == 0:
		zero = 2
	case most <= 3:
		zero = 4
	case least <= 3:
		zero = 5
	default:
		zero = 6
	}
	return zero, sign
}

// countCoefficients is what writeCoefficients would take, in 256ths of a bit, by the costs as they
// were made last.
func (e *Encoder) countCoefficients(b *transformed, levels []int16, m mode, zero, sign int) int32 {
	cd, end := &e.cdfs, b.end
	if end == 0 {
		e.noteLevels(b, 0, 0)
		return bitsOf(cd.allZero[b.size][zero][:], 1)
	}
	kind := b.kind()
	scanned := min(b.size, 3)
	order := places[scanned][:end]
	stride := padded(4 << scanned)
	magnitudes := e.coding.clear(scanned, end)
	levels = levels[:16<<(2*scanned)]
	costs := &e.coding.costs
	base, extra := &costs.base[b.size][kind], &costs.extra[scanned][kind]

	sum := int32(0)
	total := bitsOf(cd.allZero[b.size][zero][:], 0) + e.typeBits(b, m)
	point, more := endPoint(end)
	total += int32(costs.end[b.size][kind][point][more>>max(point-2, 0)&1])
	p := &order[end-1]
	level := abs(levels[p.at])
	for i := end - 1; ; {
		magnitude := magnitudeOf(level)
		magnitudes[p.padded] = magnitude
		sum += level
		five, three := around(magnitudes, int(p.padded), stride)
		switch {
		case i == end-1:
			total += int32(costs.last[b.size][kind][lastContext(i, scanned)][magnitude&3])
		case i == 0:
			total += int32(base[0][magnitude&3])
		default:
			total += int32(base[uint(p.base)+min((five+1)>>1, 4)][magnitude&3])
		}
		if level > 2 {
			total += int32(extra[uint(p.ranges)+min((three+1)>>1, 6)][magnitude>>4])
			if level > 14 {
				total += golombBits(level)
			}
		}
		if i--; i < 0 {
			break
		}
		p = &order[i]
		level = abs(levels[p.at])
	}
	dc := 0
	if l := levels[0]; l != 0 {
		negative := int(uint16(l) >> 15)
		dc = 2 - negative
		total += bitsOf(cd.signDC[kind][sign][:], negative) - 256
	}
	e.noteLevels(b, int(min(sum, 63)), dc)
	return total
}

// typeBits is what it takes to say the transform's type.
func (e *Encoder) typeBits(b *transformed, m mode) int32 {
	if !b.typed() {
		return 0
	}
	return bitsOf(e.cdfs.transform[b.size][m][:], transformSymbol(m))
}
