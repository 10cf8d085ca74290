package jpeg

func init() { fdct = fdctNEON }

// fdctNEON is fdctGo for processors with NEON, as all of this kind have it.
func fdctNEON(blocks []block, masks []uint64, src []uint8, stride int, q *quantiser) {
	if len(blocks) == 0 {
		return
	}
	_ = masks[len(blocks)-1]
	_ = src[7*stride+8*len(blocks)-1]
	fdctEach(&blocks[0], &masks[0], len(blocks), &src[0], stride, q, &fdctOperands)
}

// fdctEach transforms n blocks one by one.
//
//go:noescape
func fdctEach(blocks *block, masks *uint64, n int, src *uint8, stride int, q *quantiser, o *fdctTables)

// fdctTables are what the instructions of fdctEach read from memory.
type fdctTables struct {
	factors [16]int16 // the cosines, and eight later their negatives

	// For each vector of coefficients in zigzag order, where they stand among
	// the bytes of the first four columns and of the last four. The first vector
	// has none in the last, and the last none in the first.
	shuffles [14][16]uint8

	bits [16]uint8 // of a byte of a mask, twice
}

var fdctOperands = func() (o fdctTables) {
	for i, c := range [...]int16{cos1, cos2, cos3, cos5, cos6, cos7} {
		o.factors[i], o.factors[8+i] = c, -c
	}
	for i := range o.bits {
		o.bits[i] = 1 << (i % 8)
	}
	n := 0
	for vector := range 8 {
		for half := range 2 {
			if vector == 0 && half == 1 || vector == 7 && half == 0 {
				continue
			}
			for i := range 8 {
				at := zigzag[8*vector+i]
				row, column := at/8, at%8
				// Of 64 bytes: below 0 or beyond 63 is in the other half.
				byteAt := 2*(8*column+row) - uint8(64*half)
				o.shuffles[n][2*i], o.shuffles[n][2*i+1] = byteAt, byteAt+1
			}
			n++
		}
	}
	return o
}()
