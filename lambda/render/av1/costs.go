package av1

import (
	"math"
	"math/bits"
)

// levelCosts are what the levels of coefficients cost, in 256ths of a bit, by the contexts of the
// rows of cdfs that they are made from. They are as old as the last refresh, which is to come before
// each superblock: as that is decided as a whole before any of it is written, they are then what the
// probabilities say. What follows of a superblock is written with ones that have moved on.
type levelCosts struct {
	base  [5][2]baseCosts      // coeff_base, and the sign of what is not zero
	gains [5][2]baseCosts      // of a level that is one less, as contexts.lower has them
	extra [4][2][21][16]uint16 // all of coeff_br of a level, which is none up to 2, and at most 15
	last  [5][2][4][4]uint16   // coeff_base_eob by level, and the sign
	end   [5][2][11][2]uint16  // of eob_pt, and of eob_extra and the bits after it
	stale [5][2]bool           // whose rows were written with since they were looked at
}

// reset says that the probabilities are others.
func (t *levelCosts) reset() {
	for size := range t.stale {
		t.stale[size] = [2]bool{true, true}
	}
}

// refresh makes the costs of all sizes of transforms anew that something was written of.
func (t *levelCosts) refresh(c *cdfs) {
	for size := range t.stale {
		for kind, stale := range t.stale[size] {
			if !stale {
				continue
			}
			t.stale[size][kind] = false
			for i, context := range baseContexts {
				var four [4]uint16
				costsOf4(&four, &c.base[size][kind][context])
				none, one, two, three := int32(four[0]), int32(four[1])+256, int32(four[2])+256, int32(four[3])+256
				base, gains := &t.base[size][kind], &t.gains[size][kind]
				base.set(4*i, none)
				base.set(4*i+1, one)
				base.set(4*i+2, two)
				base.set(4*i+3, three)
				const spared = 3
				gains.set(4*i, math.MinInt16)
				gains.set(4*i+1, (one-none)*lastWorth>>spared)
				gains.set(4*i+2, (two-one)*bitWorth>>spared)
				gains.set(4*i+3, largeSaved*bitWorth>>spared)
			}
			for i := range c.last[size][kind] {
				for s := range 3 {
					t.last[size][kind][i][s+1] = uint16(bitsOf(c.last[size][kind][i][:], s)) + 256
				}
			}
			points := c.end(min(size, 3), kind)
			for point := range len(points) - 1 {
				of := uint16(bitsOf(points, point))
				to := &t.end[size][kind][point]
				*to = [2]uint16{of, of}
				if point >= 2 {
					for s := range to {
						to[s] += uint16(bitsOf(c.endBit[size][kind][point-2][:], s)) + uint16(point-2)<<8
					}
				}
			}
			of := min(size, 3) // those of 64 share the rows of 32
			for i := range c.rangeOf[of][kind] {
				var four [4]uint16
				costsOf4(&four, &c.rangeOf[of][kind][i])
				to := &t.extra[of][kind][i]
				sum := uint16(0)
				for level := 3; level < 15; level += 3 {
					to[level], to[level+1], to[level+2] = sum+four[0], sum+four[1], sum+four[2]
					sum += four[3]
				}
				to[15] = sum
			}
		}
	}
}

// costsOf4 fills in what the symbols of a row of four cost.
func costsOf4(to *[4]uint16, cdf *[5]uint16) {
	to[0] = uint16(costs[(32768-cdf[0])>>6&511])
	to[1] = uint16(costs[(cdf[0]-cdf[1])>>6&511])
	to[2] = uint16(costs[(cdf[1]-cdf[2])>>6&511])
	to[3] = uint16(costs[cdf[2]>>6&511])
}

// bitsOf is what a symbol costs by its probabilities, in 256ths of a bit.
func bitsOf(cdf []uint16, s int) int32 {
	from := uint16(32768)
	if s > 0 {
		from = cdf[s-1]
	}
	return costs[(from-cdf[s])>>6]
}

// costs are those of a symbol by its probability in 512ths, in 256ths of a bit, each in the middle
// of its 512th.
var costs = func() (c [513]int32) {
	for i := range c {
		p := uint32(i*64 + 32)
		// -log2(p / 32768), digit by digit: squaring a number doubles its logarithm.
		n := bits.Len32(p) - 1
		rest := uint64(p) << (31 - n) // from 2^31 to 2^32
		fraction := int32(0)
		for range 8 {
			rest = rest * rest >> 31
			fraction <<= 1
			if rest >= 1<<32 {
				rest >>= 1
				fraction++
			}
		}
		c[i] = int32(15-n)*256 - fraction
	}
	return c
}()

// golombBits is what the code of a level beyond 14 takes.
func golombBits(level int32) int32 { return int32(2*bits.Len32(uint32(level-14))-1) << 8 }
