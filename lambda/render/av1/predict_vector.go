//go:build amd64 || arm64

package av1

func init() {
	if !vectors {
		return
	}
	predictions[vertical], predictions[horizontal] = copyRowsVector, spreadRowsVector
	predictions[smooth], predictions[smoothVertical], predictions[smoothHorizontal] = smoothRowsVector, smoothDownVector, smoothAcrossVector
	predictions[paeth] = paethRowsVector
	flatRows, slantedRows, slantedHalves = flatRowsVector, slantedRowsVector, slantedHalvesVector
	transpose, totalOf = turnVector, totalOfVector
}

// inside is where slantedRowsVector reads, for each row, which of its samples are not from before
// the corner.
//
//lint:ignore U1000 the instructions read it
var inside = func() (m [2 * largest]uint8) {
	fill(m[largest:], 255)
	return m
}()

// Each does what the function ending in Go does, bit by bit. They don't look whether the samples
// are there.

//go:noescape
func flatRowsVector(to []uint8, stride, n int, v uint8)

//go:noescape
func copyRowsVector(to []uint8, stride, n int, above, left *edge)

//go:noescape
func spreadRowsVector(to []uint8, stride, n int, above, left *edge)

//go:noescape
func smoothRowsVector(to []uint8, stride, n int, above, left *edge)

//go:noescape
func smoothDownVector(to []uint8, stride, n int, above, left *edge)

//go:noescape
func smoothAcrossVector(to []uint8, stride, n int, above, left *edge)

//go:noescape
func paethRowsVector(to []uint8, stride, n int, above, left *edge)

//go:noescape
func slantedRowsVector(to []uint8, stride, n int, from *edge, slope int)

//go:noescape
func slantedHalvesVector(to []uint8, stride, n int, from, halves *edge, slope int)

//go:noescape
func turnVector(to []uint8, stride, n int, from *[largest * largest]uint8)

//go:noescape
func totalOfVector(of []uint8, n int) int
