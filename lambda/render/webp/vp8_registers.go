//go:build amd64 || arm64

package webp

// What decodes booleans one after another has the state of the decoder in registers.

// extraOdds is the odds of extraBits.
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
	return gridFast(b, g, &extraOdds)
}

//go:noescape
func gridFast(b *boolReader, of *grid, extra *[len(extraBits)][len(extraBits[0])]odds) (set uint)

// squareOdds is the odds of probSquare.
var squareOdds = func() (t [modes][modes][9]odds) {
	for above := range t {
		for left := range t[above] {
			for node, p := range probSquare[above][left] {
				t[above][left][node] = oddsOf(p)
			}
		}
	}
	return t
}()

// squaresBytes is more than the coded data of the modes of a macroblock's squares takes:
// at most nine booleans each, of at most seven bits; and what a refill looks ahead.
const squaresBytes = 16*9 + 8

// decodeSquaresFast is decodeSquaresGo with its state in registers.
func decodeSquaresFast(b *boolReader, luma *[16]uint8, above, left *[4]uint8) {
	if len(b.data)-b.pos < squaresBytes {
		decodeSquaresGo(b, luma, above, left)
		return
	}
	squareModes(b, luma, above, left, &squareOdds)
}

//go:noescape
func squareModes(b *boolReader, luma *[16]uint8, above, left *[4]uint8, all *[modes][modes][9]odds)
