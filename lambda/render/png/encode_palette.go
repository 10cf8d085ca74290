package png

import (
	"encoding/binary"
	"slices"
)

// maxPalette is how many colours a palette has room for (11.2.2).
const maxPalette = 256

// EncodePalette returns the picture as a PNG with a palette and no metadata, of the fewest
// bits a pixel that tell its colours apart, or nil if it has more than 256 of them. Its
// arguments and its mistakes are those of Encode.
//
// Drawings take fewer bytes this way, and fax takes half; what is smooth takes more.
func (e *Encoder) EncodePalette(pix []uint8, stride, width, height int, c Colour) []byte {
	e.take(pix, stride, width, height, c)
	palette, indices := e.index()
	if palette == nil {
		e.pix = nil
		return nil
	}
	depth := 8
	for _, fewer := range []int{4, 2, 1} {
		if len(palette) <= 1<<fewer {
			depth = fewer
		}
	}
	// What is deflated are the bytes of packed indices, as if each were a grey pixel.
	bytes := (width*depth + 7) / 8
	for y := range height {
		packIndices(indices[y*bytes:][:bytes], indices[y*width:][:width], depth)
	}
	e.pix, e.stride, e.width, e.colour = indices, bytes, bytes, Grey
	return e.write(width, depth, palette, nil)
}

// index finds the colours of the picture, in the order of alpha, red, green and blue, and
// the number of each pixel's, row by row. There is no palette if there are too many.
func (e *Encoder) index() (palette []uint32, indices []uint8) {
	if n := e.width * e.height; cap(e.indices) < n {
		e.indices = make([]uint8, n)
	}
	indices = e.indices[:e.width*e.height]
	numbers := make(map[uint32]uint8, maxPalette)
	n, last := formats[e.colour].bytesHere, uint8(0)
	for y := range e.height {
		row := e.pix[y*e.stride:][:n*e.width]
		for x := range e.width {
			colour := e.colour.of(row[n*x:][:n])
			if len(palette) == 0 || colour != palette[last] {
				number, known := numbers[colour]
				if !known {
					if len(palette) == maxPalette {
						return nil, nil
					}
					number = uint8(len(palette))
					numbers[colour] = number
					palette = append(palette, colour)
				}
				last = number
			}
			indices[y*e.width+x] = last
		}
	}
	var place [maxPalette]uint8
	sorted := slices.Sorted(slices.Values(palette))
	for i, colour := range sorted {
		place[numbers[colour]] = uint8(i)
	}
	for i, number := range indices {
		indices[i] = place[number]
	}
	return sorted, indices
}

// of is a pixel as a number: alpha, red, green and blue, from the highest byte down.
func (c Colour) of(pixel []uint8) uint32 {
	if c == Grey {
		return 0xff000000 | uint32(pixel[0])*0x010101
	}
	colour := uint32(pixel[0])<<16 | uint32(pixel[1])<<8 | uint32(pixel[2])
	if c == RGB {
		return 0xff000000 | colour
	}
	return uint32(pixel[3])<<24 | colour
}

// packIndices writes indices of depth bits, the first one in the highest bits (7.2). dst
// may begin where src does, or before it.
func packIndices(dst, src []uint8, depth int) {
	for i := range dst {
		var b uint8
		for j := range 8 / depth {
			b <<= depth
			if at := i*8/depth + j; at < len(src) {
				b |= src[at]
			}
		}
		dst[i] = b
	}
}

// writePalette writes the chunks PLTE and, unless all colours are opaque, tRNS (11.2.2,
// 11.3.1.1). The colours through which something shines come first, so that those behind
// them need no alpha.
func (e *Encoder) writePalette(palette []uint32) {
	chunk := e.begin("PLTE")
	var alphas []byte
	for _, colour := range palette {
		argb := binary.BigEndian.AppendUint32(nil, colour)
		e.out.Write(argb[1:])
		if argb[0] < 0xff {
			alphas = append(alphas, argb[0])
		}
	}
	e.end(chunk)
	if alphas != nil {
		chunk = e.begin("tRNS")
		e.out.Write(alphas)
		e.end(chunk)
	}
}
