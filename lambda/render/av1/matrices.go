package av1

// matrixLevels are the levels of the matrices with which previews look the best, by the quantiser that
// they begin with: of luma, and of chroma of half and of the whole size. The lower a level is, the
// larger are the steps of high frequencies beside those of low ones; 15 has no matrix.
//
// They were searched for the fewest bytes at equal SSIMULACRA 2 over photographs of 512 pixels, and
// held to Butteraugli, which likes somewhat higher ones of luma.
var matrixLevels = [...]struct{ quantiser, luma, halved, whole int }{
	{1, 15, 15, 15}, {4, 8, 8, 8}, {20, 5, 8, 4}, {60, 4, 8, 4}, {80, 3, 8, 4}, {100, 2, 8, 4},
	{140, 1, 8, 4},
}

// matrixLevelsOf are those of a quantiser.
func matrixLevelsOf(quantiser int, halved bool) (luma, chroma int) {
	for _, l := range matrixLevels {
		if l.quantiser > quantiser {
			break
		}
		if luma, chroma = l.luma, l.whole; halved {
			chroma = l.halved
		}
	}
	return luma, chroma
}

// matrix is what the steps of coefficients are multiplied by (section 7.12.3).
type matrix struct {
	level   int
	half    *[528]uint8 // that it is made from
	weights [4][]uint8  // in 32nds, by the size of the transform and row by row
}

// set makes the matrix of a level from the lower half of that of 32x32, or none from none. 16x16 has every second of its
// rows and columns, 8x8 every fourth from the second on, and 4x4 every eighth from the fourth on.
func (m *matrix) set(level int, half *[528]uint8) {
	m.level = level
	if m.half == half {
		return
	}
	if m.half = half; half == nil {
		return
	}
	for size, first := range [4]int{3, 1, 0, 0} {
		n := 4 << size
		if m.weights[size] == nil {
			m.weights[size] = make([]uint8, n*n)
		}
		apart := 32 / n
		for i := range m.weights[size] {
			row, column := first+i/n*apart, first+i%n*apart
			row, column = max(row, column), min(row, column)
			m.weights[size][i] = half[row*(row+1)/2+column]
		}
	}
}

// of are the weights, or nil where there are none.
func (m *matrix) of() *[4][]uint8 {
	if m.half == nil {
		return nil
	}
	return &m.weights
}

// setMatrices makes those of the picture's quantiser.
func (e *Encoder) setMatrices() {
	luma, chroma := matrixLevelsOf(e.quantiser, e.halved)
	e.matrices[0].set(luma, weightsOfLuma[luma])
	e.matrices[1].set(chroma, weightsOfChroma[chroma])
}
