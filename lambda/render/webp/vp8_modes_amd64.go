package webp

// squareOdds is the odds of probSquare.
//
//lint:ignore U1000 the assembly reads it
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
	squareModes(b, luma, above, left)
}

//go:noescape
func squareModes(b *boolReader, luma *[16]uint8, above, left *[4]uint8)
