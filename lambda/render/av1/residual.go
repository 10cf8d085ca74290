package av1

import "math/bits"

// transformed is a transform block as it is written.
type transformed struct {
	plane, x, y int // of its samples in the plane
	size        int // logarithm of its side minus 2
	end         int // how many coefficients are written, in the order of the scan
	at          int // of its first coefficient

	bits    int32 // what its levels take, in 256ths of a bit, but for what depends on its neighbours
	sum, dc uint8 // what they have to know: the levels' sum, up to 63, and the first one's sign
}

// trial is what blocks of the superblock are made of, as they are written or might be: all transform
// blocks that were tried and their coefficients, quantised.
type trial struct {
	blocks []transformed
	levels []int16

	palettes []palette
	maps     []uint8 // of the palettes
}

// residual is what is left of blocks after their prediction, while it is transformed.
type residual struct {
	columns block // the picture's rows are rows, and its columns are transformed
	rows    block // the picture's columns are rows, and its rows are transformed

	flows *[2][5]*flow
}

// flow is the transform of a kind and a size.
func (r *residual) flow(k kind, size int) *flow {
	if r.flows == nil {
		r.flows = flows()
	}
	return r.flows[k][size]
}

// extent is how many of a block's first rows and columns have its coefficients that are not 0.
type extent struct{ rows, columns int }

// kinds are the kinds of transform of columns and rows that a mode implies in a size
// (compute_tx_type in section 5.11).
func kinds(m mode, size int) [2]kind {
	if size > 2 {
		return [2]kind{}
	}
	return transformsOf[m]
}

// widen is how far the encoder's transform shifts differences to the left, and narrow how far it
// shifts what its columns have become to the right, so that coefficients are as large as the inverse
// expects them and no sum leaves 16 bits: the largest is that of differences of 255 everywhere,
// whose DC coefficient is 8,160 in 4x4, 16,320 in 8x8 and 32,640 in larger ones.
var widen, narrow = [5]int{2, 1, 0, 0, 0}, [5]int{0, 0, 0, 2, 4}

// narrowInverse is how far samples are shifted to the right between the inverse transforms of rows
// and of columns (Transform_Row_Shift in section 7.13.3), and narrowLast how far after both.
var narrowInverse = [5]int{0, 1, 2, 2, 2}

const narrowLast = 4

// transform turns what is left of a block after its prediction into coefficients, row by row. Of a
// block of 64 they are the 32x32 lowest.
func (e *Encoder) transform(to []int32, source []uint8, stride int, predicted []uint8, of int, size int, kinds [2]kind) {
	r := &e.residual
	r.forward(to, source, stride, predicted, of, size, r.flow(kinds[0], size), r.flow(kinds[1], size))
}

// rebuild adds to a prediction what a decoder makes of a block's coefficients, which are as they
// are after dequantisation, row by row (section 7.13.3). All that are not within the extent are 0.
func (e *Encoder) rebuild(to []uint8, stride int, coefficients []int32, used extent, size int, kinds [2]kind) {
	r := &e.residual
	r.inverse(to, stride, coefficients, used, size, r.flow(kinds[0], size), r.flow(kinds[1], size))
}

// rebuildLevels does what rebuild does, of levels of a plane that are not dequantised. coefficients
// are written over.
func (e *Encoder) rebuildLevels(to []uint8, stride int, levels []int16, coefficients []int32, used extent, plane, size int, kinds [2]kind) {
	r := &e.residual
	r.inverseLevels(to, stride, levels, coefficients, &e.steps[plane].of[min(size, 3)], used, size, r.flow(kinds[0], size), r.flow(kinds[1], size))
}

// inverseDequantised does what inverseLevels promises, one after the other.
func (r *residual) inverseDequantised(to []uint8, stride int, levels []int16, coefficients []int32, by *divisors, used extent, size int, columns, rows *flow) {
	low := min(4<<size, 32)
	n := low * low
	if high, _, _, _ := used.powers(); size > 1 {
		n = min(high, low) * low // the others are not looked at
	}
	dequantise(coefficients[:n], levels[:n], halvings(size), by)
	r.inverse(to, stride, coefficients, used, size, columns, rows)
}

// forwardGo does in plain Go what transform promises.
func (r *residual) forwardGo(to []int32, source []uint8, stride int, predicted []uint8, of int, size int, columns, rows *flow) {
	n := 4 << size
	low := min(n, 32)
	for y := range n {
		row, s, p := r.columns.row(columns.rows[y])[:n], source[y*stride:][:n], predicted[y*of:][:n]
		for x := range row {
			row[x] = (int16(s[x]) - int16(p[x])) << widen[size]
		}
	}
	r.columns.take(columns.forward.steps, n)
	for y := range low {
		for x, v := range r.columns.row(uint8(y))[:n] {
			r.rows.row(rows.rows[x])[y] = int16(rounded(int32(v), narrow[size]))
		}
	}
	r.rows.take(rows.forward.steps, low)
	for x := range low {
		for y, v := range r.rows.row(uint8(x))[:low] {
			to[y*low+x] = int32(v)
		}
	}
}

// inverseGo does in plain Go what rebuild promises.
func (r *residual) inverseGo(to []uint8, stride int, coefficients []int32, used extent, size int, columns, rows *flow) {
	n := 4 << size
	low := min(n, 32)
	high, wide, highLog, wideLog := used.powers()
	for x := range wide {
		for y := range high {
			r.rows.row(uint8(x))[y] = saturated(coefficients[y*low+x])
		}
	}
	r.rows.take(rows.inverse[wideLog].steps, high)
	for x := range n {
		for y, v := range r.rows.row(rows.rows[x])[:high] {
			r.columns.row(uint8(y))[x] = int16(rounded(int32(v), narrowInverse[size]))
		}
	}
	r.columns.take(columns.inverse[highLog].steps, n)
	for y := range n {
		p := to[y*stride:][:n]
		for x, v := range r.columns.row(columns.rows[y])[:n] {
			p[x] = uint8(min(max(int32(p[x])+rounded(int32(v), narrowLast), 0), 255))
		}
	}
}

// powers are the extent rounded up to powers of 2, but to 4 at least, because a sine reads four rows,
// and the logarithms of the powers that it is rounded up to without that.
func (e extent) powers() (rows, columns, rowsLog, columnsLog int) {
	rowsLog, columnsLog = bits.Len(uint(max(e.rows, 1)-1)), bits.Len(uint(max(e.columns, 1)-1))
	return max(4, 1<<rowsLog), max(4, 1<<columnsLog), rowsLog, columnsLog
}
