package av1

// inverseLevels adds to a prediction what a decoder makes of a block's levels. coefficients are
// written over.
func (r *residual) inverseLevels(to []uint8, stride int, levels []int16, coefficients []int32, by *divisors, used extent, size int, columns, rows *flow) {
	if size > 1 || !vectors {
		r.inverseDequantised(to, stride, levels, coefficients, by, used, size, columns, rows)
		return
	}
	n := 4 << size
	_, _, _ = to[(n-1)*stride+n-1], levels[n*n-1], by.steps[n*n-1]
	whole := len(columns.inverse) - 1
	ofColumns, ofRows := &columns.inverse[whole].factors, &rows.inverse[whole].factors
	if sines := int(columns.kind | rows.kind<<1); n == 4 {
		rebuild4(&to[0], stride, &levels[0], &by.steps[0], ofColumns, ofRows, sines)
	} else {
		rebuild8(&to[0], stride, &levels[0], &by.steps[0], ofColumns, ofRows, sines)
	}
}

// What follows does at once what dequantise and inverse do with blocks of 4x4 and 8x8.

//go:noescape
func rebuild4(to *uint8, stride int, levels *int16, steps *int32, columns, rows *factors, sines int)

//go:noescape
func rebuild8(to *uint8, stride int, levels *int16, steps *int32, columns, rows *factors, sines int)
