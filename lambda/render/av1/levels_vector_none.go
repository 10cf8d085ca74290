//go:build !amd64

package av1

// inverseLevels adds to a prediction what a decoder makes of a block's levels. coefficients are
// written over.
func (r *residual) inverseLevels(to []uint8, stride int, levels []int16, coefficients []int32, by *divisors, used extent, size int, columns, rows *flow) {
	r.inverseDequantised(to, stride, levels, coefficients, by, used, size, columns, rows)
}
