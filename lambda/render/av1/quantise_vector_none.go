//go:build !amd64 && !arm64

package av1

// quantise turns coefficients into levels and into what a decoder will make of them.
func quantise(levels []int16, coefficients []int32, shift int, by *divisors, o *order) (end int, used extent) {
	return quantiseGo(levels, coefficients, shift, by, o)
}
