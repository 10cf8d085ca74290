package webp

// Processors of this kind all have NEON.
func init() {
	useVectors()
	decodeGrid, decodeSquares = decodeGridFast, decodeSquaresFast
}

// shuffles says for each mode of a square where each sample is in the sources.
type shuffles [modes][16]uint8

var squareShuffles = shuffles(squareSamples)
