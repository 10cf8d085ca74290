package colour

import "math"

// segments is a function in sixteen segments, each a quadratic, computed with whole
// numbers of sixteen bits: vector code finds a segment's factors by shuffling bytes.
// What t is, the place in a segment from 0 to 1, has fifteen bits behind the point.
type segments struct {
	base, slope [segmentCount]int16
	bend        [segmentCount]int8
	bendBits    int // how many bits t loses where it is multiplied by a bend, which has eight more
}

const (
	segmentCount = 16
	tOne         = 1 << 15
)

// scaled is a product of which fifteen bits are behind the point, rounded: PMULHRSW of
// amd64 and, but for the product of the two lowest numbers, SQRDMULH of arm64.
func scaled(a, b int16) int16 { return int16((int32(a)*int32(b) + 1<<14) >> 15) }

// at is the function's value in a segment.
func (s *segments) at(segment int, t int16) int16 {
	value := int(s.base[segment]) + int(s.above(s.slope[segment], s.bend[segment], t))
	return int16(min(max(value, math.MinInt16), math.MaxInt16))
}

// above is how far a segment with a slope and a bend is above its base.
func (s *segments) above(slope int16, bend int8, t int16) int16 {
	return scaled(slope+scaled(int16(bend)<<8, t>>s.bendBits), t)
}

// fit makes a segment a quadratic that is near to values at some places: nearest by least
// squares, and then, of the whole numbers around its factors, those that are nowhere far.
// It is false where the factors do not fit into their bits.
func (s *segments) fit(segment int, places, values []float64) bool {
	var normal matrix
	var right vector
	for i, t := range places {
		powers := vector{1, t, float64(t * t)}
		for j, p := range powers {
			right[j] += float64(p * values[i])
			for k, q := range powers {
				normal[j][k] += float64(p * q)
			}
		}
	}
	inverse, ok := normal.inverse()
	if !ok {
		return false
	}
	unit := float64(int(256) >> s.bendBits) // what a bend of 1 adds to the slope where t is 1
	factors := inverse.of(right)
	bend := math.Floor(factors[2]/unit + 0.5)
	// The slope makes good what the bend was rounded by, over the middle of the segment.
	slope := math.Floor(factors[1] + factors[2] - float64(bend*unit) + 0.5)
	// Those around them have to fit as well.
	if math.Abs(bend) > math.MaxInt8-1 || math.Abs(slope) > math.MaxInt16-64 {
		return false
	}
	best := math.Inf(1)
	for b := int8(bend) - 1; b <= int8(bend)+1; b++ {
		middle := int16(slope) + int16(float64(int8(bend)-b)*unit)
		for m := middle - around; m <= middle+around; m++ {
			low, high := math.Inf(1), math.Inf(-1)
			for i, t := range places {
				rest := values[i] - float64(s.above(m, b, int16(t*tOne)))
				low, high = min(low, rest), max(high, rest)
			}
			base := math.Floor((low+high)/2 + 0.5)
			if most := max(high-base, base-low); most < best && math.Abs(base) <= math.MaxInt16 {
				best = most
				s.base[segment], s.slope[segment], s.bend[segment] = int16(base), m, b
			}
		}
	}
	return best < math.Inf(1)
}

// around is how many slopes are tried on either side.
const around = 2
