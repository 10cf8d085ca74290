package webp

// extraOdds is the odds of extraBits.
//
//lint:ignore U1000 the assembly reads it
var extraOdds = func() (t [len(extraBits)][len(extraBits[0])]odds) {
	for category := range t {
		for i, p := range extraBits[category] {
			if p > 0 {
				t[category][i] = oddsOf(p)
			}
		}
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
