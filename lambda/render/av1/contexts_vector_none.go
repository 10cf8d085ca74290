//go:build !amd64 && !arm64

package av1

// find fills in the contexts of the first count sixteens of a transform block's levels.
func (c *contexts) find(levels []int16, size, count int) { c.findGo(levels, size, count) }

// count sums what the first end coefficients of a transform block cost, and at most 3 of each level.
func (c *contexts) count(costs *baseCosts, ends []int16, end, count int) (bits, sum int32) {
	return c.countGo(costs, ends, end, count)
}

// lower takes levels down by one where that gains more than the error grows by.
func (c *contexts) lower(gains *baseCosts, levels, overs []int16, o *order) (end int, used extent, any bool) {
	return c.lowerGo(gains, levels, overs, o)
}

// lightest4 quantises and lightens a block of 4x4.
func (c *contexts) lightest4(gains *baseCosts, levels, overs []int16, coefficients []int32, by *divisors) (end int, used extent) {
	return c.lightest4Go(gains, levels, overs, coefficients, by)
}
