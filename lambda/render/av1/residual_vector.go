//go:build amd64 || arm64

package av1

// forward transforms what is left of a block after its prediction into coefficients, row by row. It
// does what forwardGo does, bit by bit.
func (r *residual) forward(to []int32, source []uint8, stride int, predicted []uint8, of int, size int, columns, rows *flow) {
	if !vectors {
		r.forwardGo(to, source, stride, predicted, of, size, columns, rows)
		return
	}
	n := 4 << size
	low := min(n, 32)
	_, _, _ = to[low*low-1], source[(n-1)*stride+n-1], predicted[(n-1)*of+n-1]
	switch sines := int(columns.kind | rows.kind<<1); n {
	case 4:
		forward4(&to[0], &source[0], stride, &predicted[0], of, &columns.forward.factors, &rows.forward.factors, sines)
		return
	case 8:
		forward8(&to[0], &source[0], stride, &predicted[0], of, &columns.forward.factors, &rows.forward.factors, sines)
		return
	}
	subtract(&r.columns, &columns.rows, &source[0], stride, &predicted[0], of, n)
	takeSteps(&r.columns, &columns.forward.program[0], n)
	turnRows(&r.rows, &rows.rows, &r.columns, &inOrder, n, low, narrow[size])
	takeSteps(&r.rows, &rows.forward.program[0], low)
	unloadCoefficients(&to[0], &r.rows, low)
}

// inverse adds to a prediction the inverse transform of coefficients. It does what inverseGo does,
// bit by bit.
func (r *residual) inverse(to []uint8, stride int, coefficients []int32, used extent, size int, columns, rows *flow) {
	if !vectors {
		r.inverseGo(to, stride, coefficients, used, size, columns, rows)
		return
	}
	n := 4 << size
	low := min(n, 32)
	_, _ = to[(n-1)*stride+n-1], coefficients[low*low-1]
	whole := len(columns.inverse) - 1
	switch sines := int(columns.kind | rows.kind<<1); n {
	case 4:
		inverse4(&to[0], stride, &coefficients[0], &columns.inverse[whole].factors, &rows.inverse[whole].factors, sines)
		return
	case 8:
		inverse8(&to[0], stride, &coefficients[0], &columns.inverse[whole].factors, &rows.inverse[whole].factors, sines)
		return
	}
	high, wide, highLog, wideLog := used.powers()
	loadCoefficients(&r.rows, &coefficients[0], low, wide, high)
	takeSteps(&r.rows, &rows.inverse[wideLog].program[0], high)
	turnRows(&r.columns, &inOrder, &r.rows, &rows.rows, high, n, narrowInverse[size])
	takeSteps(&r.columns, &columns.inverse[highLog].program[0], n)
	add(&to[0], stride, &r.columns, &columns.rows, n)
}

// inOrder is where samples are that are in no other order.
var inOrder = func() (rows [64]uint8) {
	for i := range rows {
		rows[i] = uint8(i)
	}
	return rows
}()

// What follows transforms blocks of 4x4 and 8x8 in registers. Of sines, bit 0 is set if columns have
// an ADST, and bit 1 if rows have.

//go:noescape
func forward4(to *int32, source *uint8, stride int, predicted *uint8, of int, columns, rows *factors, sines int)

//go:noescape
func forward8(to *int32, source *uint8, stride int, predicted *uint8, of int, columns, rows *factors, sines int)

//go:noescape
func inverse4(to *uint8, stride int, coefficients *int32, columns, rows *factors, sines int)

//go:noescape
func inverse8(to *uint8, stride int, coefficients *int32, columns, rows *factors, sines int)

// What follows transforms larger blocks in memory, 16 columns at a time, whatever becomes of those
// that are not asked for.

// subtract sets n rows, each at its place, to n differences.
//
//go:noescape
func subtract(to *block, rows *[64]uint8, source *uint8, stride int, predicted *uint8, of, n int)

// takeSteps takes the steps of a program on n columns.
//
//go:noescape
func takeSteps(b *block, program *uint32, n int)

// turnRows turns columns of the rows of a block into rows of another, rounded and shifted to the
// right: wide columns of high rows. to's and from's rows are at their places.
//
//go:noescape
func turnRows(to *block, toRows *[64]uint8, from *block, fromRows *[64]uint8, wide, high, shift int)

// loadCoefficients turns wide columns of high rows of low coefficients into rows of a block,
// saturated.
//
//go:noescape
func loadCoefficients(to *block, coefficients *int32, low, wide, high int)

// unloadCoefficients turns low columns of low rows of a block into rows of coefficients.
//
//go:noescape
func unloadCoefficients(to *int32, from *block, low int)

// add adds n rows, each from its place, of n samples to a prediction, rounded and shifted by
// narrowLast.
//
//go:noescape
func add(to *uint8, stride int, from *block, rows *[64]uint8, n int)
