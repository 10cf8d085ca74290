//go:build !amd64 && !arm64

package av1

// quantise turns coefficients into levels.
func quantise(levels, overs []int16, coefficients []int32, shift int, by *divisors, o *order) (end int, used extent) {
	return quantiseGo(levels, overs, coefficients, shift, by, o)
}

// dequantise turns levels into what a decoder makes of them.
func dequantise(coefficients []int32, levels []int16, shift int, by *divisors) {
	dequantiseGo(coefficients, levels, shift, by)
}
