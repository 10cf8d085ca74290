//go:build amd64 || arm64

package av1

// find fills in the contexts of the first count sixteens of a transform block's levels. The others
// are zero. It does what findGo does, bit by bit.
func (c *contexts) find(levels []int16, size, count int) {
	if !vectors {
		c.findGo(levels, size, count)
		return
	}
	_, _ = levels[16*count-1], c.large[count-1]
	by := &sixteens[size][:count][0]
	switch size {
	case 0:
		findIn4(c, &levels[0], by, count)
	case 1:
		findIn8(c, &levels[0], by, count)
	case 2:
		findIn16(c, &levels[0], by, count)
	default:
		findIn32(c, &levels[0], by, count)
	}
}

// count sums what the first end coefficients of a transform block cost, in the order of the scan, and
// at most 3 of each level. They are within count sixteens. It does what countGo does, bit by bit.
func (c *contexts) count(costs *baseCosts, ends []int16, end, count int) (bits, sum int32) {
	if !vectors {
		return c.countGo(costs, ends, end, count)
	}
	pairs := (count + 1) / 2 // beyond an odd one, ends are too
	_ = ends[32*pairs-1]
	return countPairs(c, costs, &ends[0], end, pairs)
}

// lower takes levels down by one where the gain, in 8,192ths of a step's square, is not less than what
// the error grows by. It does what lowerGo does, bit by bit.
func (c *contexts) lower(gains *baseCosts, levels, overs []int16, o *order) (end int, used extent, any bool) {
	if !vectors {
		return c.lowerGo(gains, levels, overs, o)
	}
	n := len(levels)
	_, _, _, _, _ = overs[n-1], c.index[n-1], o.ends[n-1], o.extents[n-1], o.spared[n-1]
	end, extents, lower := lowerSixteens(c, gains, &levels[0], &overs[0], n/16, &o.ends[0], &o.extents[0], &o.spared[0])
	return end, extent{extents & 255, extents >> 8}, lower != 0
}

// lightest4 does for a block of 4x4 at once what quantise and lighten do. It does what lightest4Go does,
// bit by bit.
func (c *contexts) lightest4(gains *baseCosts, levels, overs []int16, coefficients []int32, by *divisors) (end int, used extent) {
	if !vectors {
		return c.lightest4Go(gains, levels, overs, coefficients, by)
	}
	_, _, _, _ = levels[15], overs[15], coefficients[15], by.reciprocals[15]
	o := &orders[0]
	end, extents := lightestIn4(c, gains, &levels[0], &overs[0], &coefficients[0], &by.reciprocals[0], &sixteens[0][0], &o.ends[0], &o.extents[0], &o.spared[0])
	return end, extent{extents & 255, extents >> 8}
}

//go:noescape
func lightestIn4(c *contexts, gains *baseCosts, levels, overs *int16, coefficients *int32, reciprocals *uint32, by *sixteen, ends *int16, extents *uint16, spared *int16) (end, extent int)

// What follows finds the contexts of blocks of a side.

//go:noescape
func findIn4(c *contexts, levels *int16, by *sixteen, count int)

//go:noescape
func findIn8(c *contexts, levels *int16, by *sixteen, count int)

//go:noescape
func findIn16(c *contexts, levels *int16, by *sixteen, count int)

//go:noescape
func findIn32(c *contexts, levels *int16, by *sixteen, count int)

//go:noescape
func countPairs(c *contexts, costs *baseCosts, ends *int16, end, pairs int) (bits, sum int32)

//go:noescape
func lowerSixteens(c *contexts, gains *baseCosts, levels, overs *int16, count int, ends *int16, extents *uint16, spared *int16) (end, extent, lower int)
