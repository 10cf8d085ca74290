//go:build amd64 || arm64

package av1

// quantise turns coefficients, of which there is a multiple of 16, into levels and into what a
// decoder will make of them. It does what quantiseGo does, bit by bit.
func quantise(levels []int16, coefficients []int32, shift int, by *divisors, o *order) (end int, used extent) {
	if !vectors {
		return quantiseGo(levels, coefficients, shift, by, o)
	}
	n := len(coefficients)
	_, _, _ = levels[n-1], o.ends[n-1], o.extents[n-1]
	_, _, _ = by.steps[n-1], by.rounds[n-1], by.reciprocals[n-1]
	end, extents := quantiseSixteens(&levels[0], &coefficients[0], n/16, shift, &by.steps[0], &by.rounds[0], &by.reciprocals[0], &o.ends[0], &o.extents[0])
	return end, extent{extents & 255, extents >> 8}
}

//go:noescape
func quantiseSixteens(levels *int16, coefficients *int32, sixteens, shift int, steps, rounds *int32, reciprocals *uint32, ends *int16, extents *uint16) (end, extent int)
