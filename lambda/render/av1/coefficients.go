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
	costs    levelCosts
	contexts contexts
	overs    [32 * 32]int16 // by how much levels are more than their coefficients
	signed   [32 * 32]int16 // levels that are not zero, in the order of the scan
}

// coefficients gives a transform block's to c, and notes what its neighbours have to know (section
// 5.11.39, coeffs). levels are row by row, and those behind the block's end in the order of the scan
// are zero. blockSize is the logarithm of the side of its block in its plane, minus 2.
func (e *Encoder) coefficients(c *code, b *transformed, levels []int16, blockSize int, m mode) {
	zero, sign := e.zeroContext(b, blockSize)
	if c.writing {
		e.writeCoefficients(b, levels, m, zero, sign)
	} else {
		c.bits += e.countCoefficients(b, m, zero, sign)
	}
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

	order := scans[scanned][:end]
	contexts, signed := &e.coding.contexts, &e.coding.signed
	levels = levels[:16<<(2*scanned)]
	contexts.find(levels, scanned, sixteensOf(scanned, end))
	count := 0
	for _, at := range order {
		l := levels[at]
		signed[count&(len(signed)-1)] = l
		count += int(uint16(l|-l) >> 15) // one if it is not 0, without a branch
	}

	// The last one has another row and, as it is not 0, three symbols.
	base, ranges := &cd.base[b.size][kind], &cd.rangeOf[scanned][kind]
	last := order[end-1]
	level := int(contexts.index[last] & 3)
	c.symbol(cd.last[b.size][kind][lastContext(end-1, scanned)][:], level-1)
	if level == 3 {
		row, rest := &ranges[contexts.ranges[last]], int(abs(levels[last]))-3
		for n := 0; n < 4 && (n == 0 || rest >= 0); n++ {
			c.symbol4(row, min(rest, 3))
			rest -= 3
		}
	}
	v := c.interval
	for i := end - 2; i >= 0; i-- {
		at := order[i] & 1023
		index := contexts.index[at]
		row, symbol := &base[baseContexts[index>>2&15]], uint(index&3)
		rest, n := 0, 0
		for {
			// What symbol4 does, in registers.
			probabilities := load4((*[4]uint16)(row[:]))
			bit := symbol * 16 & 63
			scale, later := v.width>>8, uint32(4*(3-symbol))
			to := scale*(uint32(probabilities>>bit)&0xffff>>6)>>1 + later
			from := scale*(uint32(probabilities<<16>>bit)&0xffff>>6)>>1 + later + 4
			if symbol == 0 {
				from = v.width
			}
			seen := row[4]
			row[4] = seen + 1 - seen>>5
			store((*[4]uint16)(row[:]), adapted(probabilities, int(symbol), 5+seen>>4))
			v = v.narrowed(v.width-from, from-to)
			if v.held >= 32 {
				v = c.flushed(v)
			}
			if symbol < 3 || n == 4 {
				break
			}
			if n == 0 {
				row, rest = &ranges[contexts.ranges[at]], int(abs(levels[at]))
			}
			n, rest = n+1, rest-3
			symbol = uint(min(rest, 3))
		}
	}
	c.interval = v

	for i, l := range signed[:count] {
		negative := uint32(uint16(l) >> 15)
		if i == 0 && levels[0] != 0 {
			c.symbol2(&cd.signDC[kind][sign], int(negative))
		} else {
			c.bits(negative, 1)
		}
		if l = max(l, -l); l > 14 {
			c.golomb(uint32(l - 15))
		}
	}
	e.noteLevels(b, b.sum, b.dc)
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
func (e *Encoder) noteLevels(b *transformed, sum, sign uint8) {
	n := 1 << b.size
	x, y := b.x>>2, (b.y-e.sy>>e.shift(b.plane))>>2
	above, left := e.above.level[b.plane][x:][:n], e.left.level[b.plane][y:][:n]
	aboveSigns, leftSigns := e.above.sign[b.plane][x:][:n], e.left.sign[b.plane][y:][:n]
	for i := range n { // most often one or two
		above[i], left[i], aboveSigns[i], leftSigns[i] = sum, sum, sign, sign
	}
}

// zeroContext is the context of whether a block has no coefficients, and that of the sign of its DC
// coefficient (section 8.3.2, all_zero and dc_sign).
func (e *Encoder) zeroContext(b *transformed, blockSize int) (zero, sign int) {
	n := 1 << b.size
	channel := &e.channels[b.plane]
	x, y := b.x>>2, (b.y-e.sy>>e.shift(b.plane))>>2
	wide := min(n, channel.width>>2-x)
	high := min(n, (channel.height-b.y)>>2)
	above, upward := heard(e.above.level[b.plane][x:][:wide], e.above.sign[b.plane][x:][:wide])
	left, leftward := heard(e.left.level[b.plane][y:][:high], e.left.sign[b.plane][y:][:high])
	balance := upward + leftward
	switch {
	case balance < 0:
		sign = 1
	case balance > 0:
		sign = 2
	}
	if b.plane > 0 {
		zero = 7
		if above != 0 {
			zero++
		}
		if left != 0 {
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

// heard returns what neighbours on a side have told: all bits of their sums of levels, which are more
// than 3 or 0 if one is, and if all are; and how many more of their DC coefficients are positive than
// negative.
func heard(levels, signs []uint8) (sums uint8, balance int) {
	signs = signs[:len(levels)]
	for i, l := range levels {
		sums |= l
		balance += int(signs[i]>>1) - int(signs[i]&1)
	}
	return sums, balance
}

// countCoefficients is what writeCoefficients would take, in 256ths of a bit, by the costs as they
// were made last. The block's levels are counted already.
func (e *Encoder) countCoefficients(b *transformed, m mode, zero, sign int) int32 {
	none := e.cdfs.allZero[b.size][zero][:]
	if b.end == 0 {
		e.noteLevels(b, 0, 0)
		return bitsOf(none, 1)
	}
	total := b.bits + bitsOf(none, 0) + e.typeBits(b, m)
	if b.dc != 0 {
		total += bitsOf(e.cdfs.signDC[b.kind()][sign][:], int(2-b.dc)) - 256
	}
	e.noteLevels(b, b.sum, b.dc)
	return total
}

// countLevels notes in b what end levels, whose contexts were found, take and tell the block's
// neighbours.
func (e *Encoder) countLevels(b *transformed, levels []int16, end int) {
	kind, size := b.kind(), min(b.size, 3)
	c, costs := &e.coding.contexts, &e.coding.costs
	base, extra := &costs.base[b.size][kind], &costs.extra[size][kind]
	count := sixteensOf(size, end)
	total, sum := c.count(base, orders[size].ends, end, count)
	for k, large := range c.large[:count] {
		for ; large != 0; large &= large - 1 {
			i := 16*k + bits.TrailingZeros16(large)
			level := abs(levels[i])
			sum += level - 3
			total += int32(extra[c.ranges[i]][min(level, 15)])
			if level > 14 {
				total += golombBits(level)
			}
		}
	}
	// The last one is known not to be zero.
	index := c.index[scans[size][end-1]]
	total += int32(costs.last[b.size][kind][lastContext(end-1, size)][index&3]) - base.at(index)
	point, more := endPoint(end)
	total += int32(costs.end[b.size][kind][point][more>>max(point-2, 0)&1])
	b.bits, b.sum, b.dc = total, uint8(min(sum, 63)), 0
	if levels[0] != 0 {
		b.dc = 2 - uint8(uint16(levels[0])>>15)
	}
}

// typeBits is what it takes to say the transform's type.
func (e *Encoder) typeBits(b *transformed, m mode) int32 {
	if !b.typed() {
		return 0
	}
	return bitsOf(e.cdfs.transform[b.size][m][:], transformSymbol(m))
}
