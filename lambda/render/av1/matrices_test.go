package av1

import (
	"slices"
	"testing"
)

// TestMatrices holds matrices to some of Quantizer_Matrix: the whole of 4x4, and the last rows of 8x8
// and 32x32.
func TestMatrices(t *testing.T) {
	for _, test := range []struct {
		name        string
		half        *[528]uint8
		four, eight []uint8
	}{
		{"luma", weightsOfLuma[3], []uint8{32, 37, 58, 81, 37, 54, 72, 91, 58, 72, 102, 121, 81, 91, 121, 156}, []uint8{90, 84, 87, 98, 114, 133, 155, 168}},
		{"chroma", weightsOfChroma[8], []uint8{31, 38, 47, 49, 38, 47, 46, 46, 47, 46, 54, 57, 49, 46, 57, 66}, []uint8{51, 48, 48, 51, 54, 60, 64, 68}},
	} {
		var m matrix
		m.set(1, test.half)
		if !slices.Equal(m.weights[0], test.four) {
			t.Errorf("%s: 4x4 is %d, want %d", test.name, m.weights[0], test.four)
		}
		if last := m.weights[1][56:]; !slices.Equal(last, test.eight) {
			t.Errorf("%s: the last row of 8x8 is %d, want %d", test.name, last, test.eight)
		}
		if got, want := m.weights[2][16*3+5], m.weights[3][32*6+10]; got != want {
			t.Errorf("%s: 16x16 has %d where 32x32 has %d", test.name, got, want)
		}
		for size, w := range m.weights {
			for i, n := 0, 4<<size; i < n*n; i++ {
				if mirrored := w[i%n*n+i/n]; w[i] != mirrored || w[i] < 25 {
					t.Fatalf("%s: of size %d, weight %d is %d, its mirror image %d", test.name, size, i, w[i], mirrored)
				}
			}
		}
	}
}

// TestMatrixLevels makes sure that there are matrices of all levels that are used.
func TestMatrixLevels(t *testing.T) {
	for quantiser := 1; quantiser <= 255; quantiser++ {
		luma, chroma := matrixLevelsOf(quantiser, quantiser&1 == 0)
		if luma < 15 && weightsOfLuma[luma] == nil || chroma < 15 && weightsOfChroma[chroma] == nil {
			t.Errorf("quantiser %d has the levels %d and %d, of which there is no matrix", quantiser, luma, chroma)
		}
	}
}
