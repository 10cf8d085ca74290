//go:build amd64 || arm64

package colour

// matrixVectors are the tables of a matrix as vector code reads them.
type matrixVectors struct {
	light   [3]segmentPlanes
	weights [6][vectorBytes / 2]int16
	numbers segmentPlanes

	quadratic bool // whether light is there
}

// segmentPlanes are the factors of segments as vector code shuffles them: the lower bytes
// of the bases and the upper, those of the slopes, and the bends. Each table is there as
// often as it fits into a register.
type segmentPlanes [5][vectorBytes]uint8

func (s *segments) planes() (p segmentPlanes) {
	for j := range vectorBytes {
		i := j % segmentCount
		p[0][j], p[1][j] = uint8(s.base[i]), uint8(s.base[i]>>8)
		p[2][j], p[3][j] = uint8(s.slope[i]), uint8(s.slope[i]>>8)
		p[4][j] = uint8(s.bend[i])
	}
	return p
}

// newMatrixVectors makes tables of weights, and of light if there are quadratics for all
// three channels.
func newMatrixVectors(quadratics *[3]*segments, weights *[6]int16) *matrixVectors {
	v := &matrixVectors{quadratic: true}
	for channel, s := range quadratics {
		if s == nil {
			v.quadratic = false
		} else {
			v.light[channel] = s.planes()
		}
	}
	for i, w := range weights {
		for j := range v.weights[i] {
			v.weights[i][j] = w
		}
	}
	v.numbers = numberSegments().planes()
	return v
}

// convert makes the numbers of sRGB of light, if it can.
func (v *matrixVectors) convert(p *rgb) bool {
	if vectors {
		convertVector(v, p)
	}
	return vectors
}

// half converts as many squares as it can, and says how many: of two rows of luma, which
// are not the same row, and one of each chroma.
func (v *matrixVectors) half(top, bottom, cb, cr []uint8) int {
	n := len(top) / vectorBytes * (vectorBytes / 2)
	if n == 0 || !v.quadratic || !vectors {
		return 0
	}
	_, _, _ = bottom[2*n-1], cb[n-1], cr[n-1]
	halfVector(v, &top[0], &bottom[0], &cb[0], &cr[0], n)
	return n
}

// full converts as many pixels that each have their own chroma as it can, and says how
// many.
func (v *matrixVectors) full(luma, cb, cr []uint8) int {
	n := len(luma) / vectorBytes * vectorBytes
	if n == 0 || !v.quadratic || !vectors {
		return 0
	}
	_, _ = cb[n-1], cr[n-1]
	fullVector(v, &luma[0], &cb[0], &cr[0], n)
	return n
}

// pixels converts as many pixels of red, green, blue and alpha as it can, and says how
// many.
func (v *matrixVectors) pixels(row []uint8) int {
	n := len(row) / (4 * vectorBytes) * vectorBytes
	if n == 0 || !v.quadratic || !vectors {
		return 0
	}
	pixelsVector(v, &row[0], n)
	return n
}

// The vector code checks no bounds: its callers do.

// convertVector makes the numbers of sRGB of light.
//
//go:noescape
func convertVector(v *matrixVectors, p *rgb)

// halfVector converts n squares, a multiple of half vectorBytes.
//
//go:noescape
func halfVector(v *matrixVectors, top, bottom, cb, cr *uint8, n int)

// fullVector converts n pixels, a multiple of vectorBytes.
//
//go:noescape
func fullVector(v *matrixVectors, luma, cb, cr *uint8, n int)

// pixelsVector converts n pixels, a multiple of vectorBytes.
//
//go:noescape
func pixelsVector(v *matrixVectors, row *uint8, n int)
