package webp

import mathbits "math/bits"

// shiftsAndSpans has for each span that a boolean leaves by how many bits it is shifted
// to be 127 or more again, and what it is then.
var shiftsAndSpans = func() (t [2][256]uint8) {
	for span := range 255 {
		shift := mathbits.LeadingZeros8(uint8(span + 1))
		t[0][span] = uint8(shift)
		t[1][span] = uint8((span+1)<<shift - 1)
	}
	return t
}()

// gridBytes is more than the coded data of a grid takes: for each of its coefficients
// six booleans of the tree, eleven more bits and a sign, of at most seven bits; and what
// a refill looks ahead.
const gridBytes = 16*16*(6+11+1) + 8

// decodeGridFast is decodeGridGo with its state in registers.
func decodeGridFast(b *boolReader, g *grid) uint {
	if len(b.data)-b.pos < gridBytes {
		return decodeGridGo(b, g)
	}
	return gridFast(b, g)
}

//go:noescape
func gridFast(b *boolReader, of *grid) (set uint)
