package av1

import "prew/lambda/render/plane"

// filters are how strongly a decoder filters a picture after it has put its blocks together, first
// by deblock and then by cdef. Blocks are predicted from samples that are not filtered, so that the
// encoder has only to name the strengths.
type filters struct {
	// levels are those of deblocking, from 0, which is none, to 63: of luma's edges between columns
	// and between rows, of Cb and of Cr.
	levels    [4]int
	sharpness int // from 0 to 7: how little a difference is that is left alone

	damping      int // of cdef, from 3 to 6
	luma, chroma directed
}

// directed is the strength of cdef on planes.
type directed struct {
	primary   int // along the direction of what is in a block, from 0 to 15
	secondary int // at an angle to it: 0, 1, 2 or 4
}

// cell is what the filters have to know of 4x4 samples of luma.
type cell struct {
	luma, chroma uint8 // size of the transforms, as a logarithm minus 2
	skip         bool
}

// size is that of the transforms of a plane.
func (c *cell) size(plane int) uint8 {
	if plane > 0 {
		return c.chroma
	}
	return c.luma
}

// note notes a block of n samples at x, y in cells, as it is written.
func (e *Encoder) note(nd *node, x, y, n int) {
	made := cell{skip: nd.skip, luma: uint8(sizeOf(n >> nd.halves))}
	if !e.mono {
		made.chroma = uint8(sizeOf(min(n>>e.shift(1), 32)))
	}
	for r := y >> 2; r < min((y+n)>>2, e.rows); r++ {
		row := e.cells[r*e.columns+x>>2:][:min(n>>2, e.columns-x>>2)]
		for i := range row {
			row[i] = made
		}
	}
}

// Decoded returns the picture that was encoded last as decoders show it, which have to agree in
// every sample. The planes are the encoder's, until it encodes the next picture.
func (e *Encoder) Decoded() []plane.Plane {
	shown := make([]plane.Plane, len(e.channels))
	for i := range e.channels {
		c := &e.channels[i]
		c.shown = plane.Resized(c.shown, len(c.rebuilt))
		copy(c.shown, c.rebuilt)
		shift := e.shift(i)
		shown[i] = plane.Plane{Pix: c.shown, Stride: c.stride, Width: (e.width + shift) >> shift, Height: (e.height + shift) >> shift}
	}
	e.deblock()
	e.cdef()
	return shown
}

// directed reports whether there is any strength of cdef.
func (f *filters) directed() bool { return f.luma != directed{} || f.chroma != directed{} }
