package av1

// contexts are those by which a transform block's levels are written, row by row as these (section
// 8.3.2, coeff_base and coeff_br).
type contexts struct {
	index  [1024]uint8 // of coeff_base: 4 times the context, as baseContexts has it, and at most 3 of the level
	ranges [1024]uint8 // of coeff_br
	large  [64]uint16  // bit i of element k is set if level 16*k+i is more than 2
}

// baseContexts are the contexts of coeff_base that squares have: that of the first coefficient, and
// five by the sum of the levels around for those that are near to it, less near, and far.
var baseContexts = [16]uint8{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 21, 22, 23, 24, 25}

// A sixteen is what places say of the contexts of 16 coefficients that follow each other.
type sixteen struct {
	most   [16]uint8 // that 4 times the sum around is in index
	least  [16]uint8 // index where it is 0
	ranges [16]uint8 // the first context of coeff_br
}

// sixteens are those of the coefficients of a transform block, row by row, by the logarithm of its
// side minus 2. Larger ones have as many as one of 32.
var sixteens = func() (all [4][]sixteen) {
	for size := range all {
		n := 4 << size
		all[size] = make([]sixteen, n*n/16)
		for i := range n * n {
			to, at := &all[size][i/16], i%16
			y, x := i/n, i%n
			to.most[at], to.least[at], to.ranges[at] = 4*4, 4*11, 14
			switch {
			case x+y == 0:
				to.most[at], to.least[at] = 0, 0
			case x+y < 2:
				to.least[at] = 4 * 1
			case x+y < 4:
				to.least[at] = 4 * 6
			}
			switch {
			case x+y == 0:
				to.ranges[at] = 0
			case x < 2 && y < 2:
				to.ranges[at] = 7
			}
		}
	}
	return all
}()

// sixteensOf is how many sixteens there are in the rows that have the first end coefficients of a
// transform block, in the order of the scan.
func sixteensOf(size, end int) int {
	rows := min(int(orders[size].reaches[end-1]), 4<<size)
	return (rows<<(2+size) + 15) / 16
}

// findGo does in plain Go what find promises: it fills in the contexts of the first count sixteens of
// a transform block's levels. The others are zero.
func (c *contexts) findGo(levels []int16, size, count int) {
	n := 4 << size
	for k := range count {
		s := &sixteens[size][k]
		large := uint16(0)
		for i := range 16 {
			at := 16*k + i
			y, x := at/n, at%n
			// The neighbours nearer to the end of the scan: five for coeff_base, three for coeff_br.
			five, three := int32(0), int32(0)
			for j, to := range [5][2]int{{0, 1}, {1, 0}, {1, 1}, {0, 2}, {2, 0}} {
				if v, u := y+to[0], x+to[1]; v < n && u < n {
					l := abs(levels[v*n+u])
					five += min(l, 3)
					if j < 3 {
						three += min(l, 15)
					}
				}
			}
			l := abs(levels[at])
			c.index[at] = min(uint8((five+1)>>1*4), s.most[i]) + s.least[i] + uint8(min(l, 3))
			c.ranges[at] = uint8(min((three+1)>>1, 6)) + s.ranges[i]
			if l > 2 {
				large |= 1 << i
			}
		}
		c.large[k] = large
	}
}

// baseCosts are costs by the index of contexts, in 256ths of a bit, each as two bytes.
type baseCosts struct{ low, high [64]uint8 }

func (b *baseCosts) set(i int, cost int32) { b.low[i], b.high[i] = uint8(cost), uint8(cost>>8) }

func (b *baseCosts) at(i uint8) int32 { return int32(b.low[i&63]) | int32(int8(b.high[i&63]))<<8 }

// countGo does in plain Go what count promises: it sums what the first end coefficients of a transform
// block cost, in the order of the scan, and at most 3 of each level. They are within count sixteens.
func (c *contexts) countGo(costs *baseCosts, ends []int16, end, count int) (bits, sum int32) {
	for i, at := range ends[:16*count] {
		if int(at) <= end {
			bits += costs.at(c.index[i])
			sum += int32(c.index[i] & 3)
		}
	}
	return bits, sum
}

// lowerGo does in plain Go what lower promises: it takes levels down by one where the gain, in
// 8,192ths of a step's square, is not less than what the error grows by, or than twice that where bits
// are worth half. overs is how much a level
// is more than its coefficient, in 32,768ths of the step. It returns as quantise does how many are
// left, and whether any was.
func (c *contexts) lowerGo(gains *baseCosts, levels, overs []int16, o *order) (end int, used extent, any bool) {
	for i, l := range levels {
		grows := 8192 - int32(overs[i]>>1)
		grows += grows & int32(o.spared[i])
		if gains.at(c.index[i]) > grows-1 {
			l -= l>>15 | 1
			any = true
			levels[i], overs[i] = l, lowered(overs[i])
		}
		if l != 0 {
			end = max(end, int(o.ends[i]))
			used.rows, used.columns = max(used.rows, int(o.extents[i]&255)), max(used.columns, int(o.extents[i]>>8))
		}
	}
	return end, used, any
}

// lowered is by how much a level is more than its coefficient when it is one less, but not less than
// a step.
func lowered(over int16) int16 { return int16(max(int32(over)-1<<15, -1<<15)) }
