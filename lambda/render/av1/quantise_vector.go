//go:build amd64 || arm64

package av1

// quantise turns coefficients, of which there is a multiple of 16, into levels. It does what
// quantiseGo does, bit by bit.
func quantise(levels, overs []int16, coefficients []int32, shift int, by *divisors, o *order) (end int, used extent) {
	if !vectors {
		return quantiseGo(levels, overs, coefficients, shift, by, o)
	}
	n := len(coefficients)
	_, _, _, _, _ = levels[n-1], overs[n-1], by.reciprocals[n-1], o.ends[n-1], o.extents[n-1]
	end, extents := quantiseSixteens(&levels[0], &overs[0], &coefficients[0], n/16, shift, &by.reciprocals[0], &o.ends[0], &o.extents[0])
	return end, extent{extents & 255, extents >> 8}
}

// dequantise turns levels, of which there is a multiple of 8, into what a decoder makes of them. It
// does what dequantiseGo does, bit by bit.
func dequantise(coefficients []int32, levels []int16, shift int, by *divisors) {
	if !vectors {
		dequantiseGo(coefficients, levels, shift, by)
		return
	}
	n := len(levels)
	_, _ = coefficients[n-1], by.steps[n-1]
	dequantiseEights(&coefficients[0], &levels[0], n/8, shift, &by.steps[0])
}

//go:noescape
func quantiseSixteens(levels, overs *int16, coefficients *int32, sixteens, shift int, reciprocals *uint32, ends *int16, extents *uint16) (end, extent int)

//go:noescape
func dequantiseEights(coefficients *int32, levels *int16, eights, shift int, steps *int32)
