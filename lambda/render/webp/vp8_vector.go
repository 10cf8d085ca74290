//go:build amd64 || arm64

package webp

// useVectors takes vector instructions for what is in plain Go otherwise.
func useVectors() {
	inverseStrip = inverseStripVector
	reconstructWhole = reconstructWholeVector
	reconstructSquares = reconstructSquaresVector
	reconstructChroma = reconstructChromaVector
	filterLuma = filterLumaVector
	filterChroma = filterChromaVector
	filterSimple = filterSimpleVector
	stretchLuma = stretchLumaVector
	stretchChroma = stretchChromaVector
}

// square panics unless the samples of a square from at on are in the surface, and so
// many around them: the assembly does not look.
func (s *surface) square(at, side, before int) *uint8 {
	_ = s.pix[at-before*s.stride-before]
	_ = s.pix[at+(side-1)*s.stride+side-1]
	return &s.pix[at]
}

func reconstructWholeVector(s *surface, at int, mode uint8, e edges, c *coefficients) {
	wholeVector(s.square(at, 16, 1), s.stride, int(mode), int(e), c)
}

func reconstructChromaVector(cb, cr *surface, at int, mode uint8, e edges, c *coefficients) {
	chromaVector(cb.square(at, 8, 1), cr.square(at, 8, 1), cb.stride, int(mode), int(e), c)
}

func reconstructSquaresVector(s *surface, at int, modes *[16]uint8, right *[4]uint8, c *coefficients) {
	squaresVector(s.square(at, 16, 1), s.stride, modes, right, c, &squareShuffles)
}

// around is how many samples around a macroblock its filters read: left of a row of
// chroma they begin eight before it, and above they end at the fourth.
func around(e edges) int {
	if e&upperEdge != 0 {
		return 4
	}
	return 0
}

func filterLumaVector(s *surface, at int, f *strength, e edges) {
	lumaFilterVector(s.square(at, 16, around(e)), s.stride, f, int(e))
}

func filterSimpleVector(s *surface, at int, f *strength, e edges) {
	simpleFilterVector(s.square(at, 16, around(e)), s.stride, f, int(e))
}

func filterChromaVector(cb, cr *surface, at int, f *strength, e edges) {
	chromaFilterVector(cb.square(at, 8, around(e)), cr.square(at, 8, around(e)), cb.stride, f, int(e))
}

func stretchLumaVector(row []uint8) {
	whole := len(row) &^ 31
	if whole > 0 {
		stretchLumaRow(&row[0], whole)
	}
	stretchLumaGo(row[whole:])
}

func stretchChromaVector(row []uint8) {
	whole := len(row) &^ 31
	if whole > 0 {
		stretchChromaRow(&row[0], whole)
	}
	stretchChromaGo(row[whole:])
}

//go:noescape
func inverseStripVector(c *[strip]int16)

//go:noescape
func wholeVector(dst *uint8, stride, mode, e int, c *coefficients)

//go:noescape
func chromaVector(cb, cr *uint8, stride, mode, e int, c *coefficients)

//go:noescape
func squaresVector(dst *uint8, stride int, modes *[16]uint8, right *[4]uint8, c *coefficients, shuffles *shuffles)

//go:noescape
func lumaFilterVector(at *uint8, stride int, f *strength, e int)

//go:noescape
func simpleFilterVector(at *uint8, stride int, f *strength, e int)

//go:noescape
func chromaFilterVector(cb, cr *uint8, stride int, f *strength, e int)

// stretchLumaRow and stretchChromaRow stretch n samples, a multiple of 32.
//
//go:noescape
func stretchLumaRow(row *uint8, n int)

//go:noescape
func stretchChromaRow(row *uint8, n int)
