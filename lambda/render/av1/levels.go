package av1

// chooseLevels writes the levels of a transform block's coefficients, and returns how many are written
// in the order of the scan, and which of the first rows and columns have any that is not 0. Where the error of a smaller level costs less
// than the bits of the nearer one, it takes the smaller. It notes in b what the levels take.
// blockSize is the logarithm of the side of its block in its plane, minus 2.
func (e *Encoder) chooseLevels(b *transformed, levels []int16, coefficients []int32, blockSize int, m mode) (end int, used extent) {
	size := min(b.size, 3)
	n := 16 << (2 * size)
	levels, coefficients = levels[:n], coefficients[:n]
	overs := e.coding.overs[:n]
	c, gains := &e.coding.contexts, &e.coding.costs.gains[b.size][b.kind()]
	if size == 0 {
		end, used = c.lightest4(gains, levels, overs, coefficients, &e.steps[b.plane].of[0])
	} else if end, used = e.quantise(levels, overs, coefficients, b.plane, b.size); end > 0 {
		end, used = c.lighten(gains, levels, overs, size, end)
	}
	if end == 0 {
		return 0, extent{}
	}
	if end = e.shorten(b, levels, overs, end, blockSize, m); end == 0 {
		return 0, extent{}
	}
	e.countLevels(b, levels, end)
	most := int(orders[size].reaches[end-1])
	return end, extent{min(used.rows, most), min(used.columns, most)}
}

// bitWorth is what a bit of a level is worth, in 256ths of its squared step, and
// lastWorth that of one that makes a level zero: where nothing is left, it is seen less than that
// something has moved. Among the lowest frequencies, those with less than a quarter of the side, both
// are halved spareLow times, as their errors are of whole areas. All were searched for the fewest
// bytes at equal SSIMULACRA 2 over photographs of 640 pixels, at quantisers from 60 to 180.
const (
	bitWorth  = 18
	lastWorth = 28
	spareLow  = 1
)

// mayDrop is how many levels that are not zero may be dropped together from the end.
const mayDrop = 3

// largeSaved is what a level of 3 or more saves when it is one less, in 256ths of a bit: what was best
// for all. By the contexts of coeff_br, bytes were not fewer.
const largeSaved = 320

// lighten takes levels of a block that has end of them down by one where that costs less: squared
// errors, in parts of their own steps, as coarser ones are seen less, and what bits are worth. It
// returns how many are left, as quantise does, and leaves their contexts.
//
// It does so twice, as what is lowered makes the levels before it cost less when they are lowered too:
// with the contexts as they are before, bytes were 0.4 % more at equal SSIMULACRA 2.
func (c *contexts) lighten(gains *baseCosts, levels, overs []int16, size, end int) (int, extent) {
	var used extent
	for range 2 {
		count := sixteensOf(size, end)
		c.find(levels, size, count)
		var any bool
		if end, used, any = c.lower(gains, levels[:16*count], overs, &orders[size]); !any || end == 0 {
			return end, used
		}
	}
	c.find(levels, size, sixteensOf(size, end))
	return end, used
}

// lightest4Go does in plain Go what lightest4 promises: for a block of 4x4, it quantises and lightens.
func (c *contexts) lightest4Go(gains *baseCosts, levels, overs []int16, coefficients []int32, by *divisors) (end int, used extent) {
	end, _ = quantiseGo(levels, overs, coefficients, 0, by, &orders[0])
	if end == 0 {
		return 0, extent{}
	}
	return c.lighten(gains, levels, overs, 0, end)
}

// shorten drops the last levels of a block where that costs less, and all if they cost more than
// none. It returns how many are left, and leaves their contexts. Costs are differences from all being
// zero, in 65,536ths of a squared step.
func (e *Encoder) shorten(b *transformed, levels, overs []int16, end, blockSize int, m mode) int {
	kind, size := b.kind(), min(b.size, 3)
	c, costs := &e.coding.contexts, &e.coding.costs
	base := &costs.base[b.size][kind]
	lasts, ends := &costs.last[b.size][kind], &costs.end[b.size][kind]
	spared := orders[size].spared
	order := scans[size][:end]

	var kept [mayDrop]uint16
	count, balance := 0, int32(0)
	i, whole := end-1, end
	for ; i >= 0 && count < mayDrop; i-- {
		at := order[i]
		level := abs(levels[at])
		index := c.index[at]
		if level == 0 {
			balance += bitWorth * base.at(index)
			continue
		}
		worth := int32(bitWorth)
		if level == 1 {
			worth = lastWorth
		}
		if spared[at] != 0 {
			worth >>= spareLow
		}
		// With the levels behind it, or without and as the last one.
		cost := worth*base.at(index) + balance
		point, rest := endPoint(i + 1)
		alone := worth * (int32(ends[point][rest>>max(point-2, 0)&1]) + int32(lasts[lastContext(i, size)][index&3]))
		if i == end-1 || alone <= cost {
			for _, k := range kept[:count] {
				levels[k] = 0
			}
			cost, count, end = alone, 0, i+1
		}
		if level > 1 {
			break // it hardly ever costs less without
		}
		cost += 4*int32(overs[at]) - 1<<16
		balance = cost
		kept[count] = at
		count++
	}
	if i < 0 {
		zero, _ := e.zeroContext(b, blockSize)
		none := e.cdfs.allZero[b.size][zero][:]
		if balance+bitWorth*(bitsOf(none, 0)+e.typeBits(b, m)-bitsOf(none, 1)) >= 0 {
			for _, k := range kept[:count] {
				levels[k] = 0
			}
			return 0
		}
	}
	if end < whole {
		c.find(levels, size, sixteensOf(size, end))
	}
	return end
}
