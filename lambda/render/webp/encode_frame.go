package webp

import (
	"encoding/binary"
	"slices"

	"prew/lambda/render/plane"
)

// surroundings is what a macroblock leaves for the contexts of those to the right of it
// and below: which of its outer blocks have levels, and the modes of its outer squares.
type surroundings struct {
	luma   [4]uint8 // 1 where a block has levels
	chroma [4]uint8 // of Cb two and of Cr two
	means  uint8
	modes  [4]uint8
}

// encodeFrame returns the picture as a VP8 stream.
func (e *Encoder) encodeFrame(planes []plane.Plane, o EncodeOptions) []byte {
	e.layOut(planes)
	e.analyse(planes[0])
	e.setStages(o.Quality)
	e.tokens.begin()
	e.rates.set(&defaultTokenProbs)
	e.nextRates, e.modesRate = max(len(e.macroblocks)/32, 8), 0
	e.modesLimit = maxModes * 8 * 256
	for y := range e.rows {
		e.load(planes, y)
		e.left = surroundings{}
		for x := range e.columns {
			if y*e.columns+x == e.nextRates {
				// The tokens of the picture so far tell more of those to come than the
				// ones that a key frame starts with.
				probs := e.tokens.probabilities()
				e.rates.set(&probs)
				e.nextRates *= 2
			}
			e.encodeMacroblock(x, y)
		}
	}
	return e.writeFrame()
}

// layOut makes room for a picture.
func (e *Encoder) layOut(planes []plane.Plane) {
	e.width, e.height = planes[0].Width, planes[0].Height
	e.columns, e.rows = (e.width+15)/16, (e.height+15)/16
	n := e.columns * e.rows
	e.macroblocks = slices.Grow(e.macroblocks[:0], n)[:n]
	e.activities = slices.Grow(e.activities[:0], n)[:n]
	e.above = slices.Grow(e.above[:0], e.columns)[:e.columns]
	clear(e.above)
	for i := range e.source {
		size := 16 * 16 * e.columns
		if i > 0 {
			size /= 4
		}
		e.source[i] = slices.Grow(e.source[i][:0], size)[:size]
	}
	// Above the picture all samples are 127 (RFC 6386, section 12.2).
	outside := func(row []uint8, n int) []uint8 {
		row = slices.Grow(row[:0], n)[:n]
		for i := range row {
			row[i] = 127
		}
		return row
	}
	e.aboveLuma = outside(e.aboveLuma, 16*e.columns+4)
	e.aboveCb, e.aboveCr = outside(e.aboveCb, 8*e.columns), outside(e.aboveCr, 8*e.columns)
}

// load brings a row of macroblocks into the limited range of VP8. Beyond the picture
// its last samples are repeated; without chroma it is grey.
func (e *Encoder) load(planes []plane.Plane, y int) {
	for i, to := range e.source {
		side, factor, zero := 16, lumaFactor, 0
		if i > 0 {
			side, factor, zero = 8, chromaFactor, 128
		}
		stride := side * e.columns
		if i >= len(planes) {
			for j := range to {
				to[j] = 128
			}
			continue
		}
		p := planes[i]
		for row := range side {
			line := to[row*stride:][:stride]
			if row > 0 && y*side+row >= p.Height {
				copy(line, to[(row-1)*stride:][:stride])
				continue
			}
			limit(line, p.Row(y*side+row), factor, zero)
			for x := p.Width; x < stride; x++ {
				line[x] = line[p.Width-1]
			}
		}
	}
}

// The spans of the limited range, 219 for luma and 224 for chroma, of 255, times 1<<15.
const (
	lumaFactor   = 28142
	chromaFactor = 28784
)

// limitGo brings samples of the full range into the limited one, rounded: to 16 to 235,
// zero being 0, or to 16 to 240 around 128, zero being that.
func limitGo(to, from []uint8, factor, zero int) {
	base := baseOf(zero)
	for x, v := range from {
		to[x] = uint8(base + ((int(v)-zero)*factor+1<<14)>>15)
	}
}

// baseOf is what zero becomes.
func baseOf(zero int) int {
	if zero == 0 {
		return 16
	}
	return zero
}

// writeFrame writes the stream: the frame header, the partition of modes and that of
// tokens (RFC 6386, section 9).
func (e *Encoder) writeFrame() []byte {
	e.header.tokens = e.tokens.probabilities()
	var first, second boolWriter
	first.begin(nil)
	e.writeHeader(&first)
	e.writeModes(&first)
	modes := first.end()

	head := binary.LittleEndian.AppendUint32(nil, uint32(1<<4|len(modes)<<5))[:3]
	head = append(head, 0x9d, 0x01, 0x2a)
	head = binary.LittleEndian.AppendUint16(head, uint16(e.width))
	head = binary.LittleEndian.AppendUint16(head, uint16(e.height))
	second.begin(append(head, modes...))
	e.tokens.write(&second, &e.header.tokens)
	return second.end()
}

// maxModes is the most bytes that the partition of modes is to have: the frame header
// has room for 19 bits, and the rates are estimated.
const maxModes = 480_000
