//go:build !amd64 && !arm64

package av1

// forward transforms what is left of a block after its prediction into coefficients, row by row.
func (r *residual) forward(to []int32, source []uint8, stride int, predicted []uint8, of int, size int, columns, rows *flow) {
	r.forwardGo(to, source, stride, predicted, of, size, columns, rows)
}

// inverse adds to a prediction the inverse transform of coefficients.
func (r *residual) inverse(to []uint8, stride int, coefficients []int32, used extent, size int, columns, rows *flow) {
	r.inverseGo(to, stride, coefficients, used, size, columns, rows)
}
