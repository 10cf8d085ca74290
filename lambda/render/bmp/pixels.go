package bmp

import (
	"encoding/binary"
	"fmt"

	"prew/lambda/render/plane"
)

// size is how a size is written.
func size(width, height int) string { return fmt.Sprintf("%dx%d", width, height) }

// palette is the colours of the pixels' indices, each red, green, blue and alpha.
type palette [256][4]uint8

// grey reports whether all colours are grey.
func (p *palette) grey() bool {
	for _, c := range p {
		if c[0] != c[1] || c[1] != c[2] {
			return false
		}
	}
	return true
}

// expand writes the colours of indices of depth bits each, the first in the upper
// bits of a byte.
func (p *palette) expand(row, indices []uint8, depth int, form plane.Form) {
	perByte := 8 / depth
	mask := uint8(1<<depth - 1)
	samples := 4
	if form == plane.Grey {
		samples = 1
	}
	for x := range len(row) / samples {
		shift := 8 - depth - x%perByte*depth
		c := &p[indices[x/perByte]>>shift&mask]
		if form == plane.Grey {
			row[x] = c[0]
		} else {
			*(*[4]uint8)(row[4*x:]) = *c
		}
	}
}

// convert writes the pixels of a stored row.
func (l *layout) convert(row, stored []uint8) {
	switch {
	case l.depth <= 8:
		l.palette.expand(row, stored, l.depth, l.form)
	case l.depth == 24:
		for x := range l.width {
			p := stored[3*x : 3*x+3 : 3*x+3]
			*(*[4]uint8)(row[4*x:]) = [4]uint8{p[2], p[1], p[0], 0xff}
		}
	case l.depth == 16:
		for x := range l.width {
			l.put(row[4*x:], uint32(binary.LittleEndian.Uint16(stored[2*x:])))
		}
	case l.plain:
		for x := range l.width {
			p := stored[4*x : 4*x+4 : 4*x+4]
			*(*[4]uint8)(row[4*x:]) = [4]uint8{p[2], p[1], p[0], 0xff}
		}
	default:
		for x := range l.width {
			l.put(row[4*x:], binary.LittleEndian.Uint32(stored[4*x:]))
		}
	}
}

// put writes a pixel that its masks take apart.
func (l *layout) put(to []uint8, pixel uint32) {
	alpha := uint8(0xff)
	if l.masks[3].mask != 0 {
		alpha = l.masks[3].of(pixel)
	}
	*(*[4]uint8)(to) = [4]uint8{l.masks[0].of(pixel), l.masks[1].of(pixel), l.masks[2].of(pixel), alpha}
}
