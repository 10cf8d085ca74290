// Package png reads PNGs row by row, and writes them for previews: small enough, and
// above all fast. The sections it names are of the W3C's Portable Network Graphics
// (PNG) Specification, third edition.
package png

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"github.com/klauspost/compress/zlib"
)

// Colour is what the bytes of a pixel are.
type Colour int

const (
	Grey Colour = iota // one byte
	RGB                // red, green and blue, and a fourth byte that is left out
	RGBA               // red, green, blue and alpha, which they are not weighted by
)

// formats are how the colours are stored: colour types of 11.2.1, and how many
// bytes a pixel has here and in the file.
var formats = [...]struct{ colourType, bytesHere, bytesThere int }{
	Grey: {0, 1, 1},
	RGB:  {2, 4, 3},
	RGBA: {6, 4, 4},
}

// maxBytes is how many bytes the pixels of one picture may have in the file. It
// leaves the one IDAT, which even noise lengthens by less than a thousandth, far
// below the 2^31-1 bytes that a chunk can have (5.3).
const maxBytes = 1 << 30

// An Encoder writes PNGs of eight bits a sample, or with a palette, not interlaced. The
// zero value is ready. It keeps its buffers from one picture to the next and is not for
// concurrent use.
type Encoder struct {
	pix           []uint8
	stride        int
	width, height int
	colour        Colour

	deflaters [len(levels)]*zlib.Writer
	packed    [2][]uint8 // the last rows of RGB
	indices   []uint8    // of a palette
	blank     []uint8    // what is above the first row
	line      []uint8    // a filtered row, behind its filter's number
	out       bytes.Buffer
}

// Encode returns the picture as a PNG with no metadata but an ICC profile, unless that
// is nil. Row y begins at
// pix[y*stride]; the last one need not have stride bytes. The bytes returned
// depend on the arguments alone and are the caller's.
//
// A side below 1, pixels of over a GiB and a slice that is too short for them are
// the caller's mistake: Encode panics.
func (e *Encoder) Encode(pix []uint8, stride, width, height int, c Colour, icc []byte) []byte {
	e.take(pix, stride, width, height, c)
	return e.write(width, 8, nil, icc)
}

// take begins with a picture.
func (e *Encoder) take(pix []uint8, stride, width, height int, c Colour) {
	format := formats[c]
	if width < 1 || height < 1 || width > maxBytes/format.bytesThere/height {
		panic(fmt.Sprintf("png: picture is %dx%d, limits are 1x1 and %d bytes of pixels", width, height, maxBytes))
	}
	if stride < width*format.bytesHere || len(pix) < (height-1)*stride+width*format.bytesHere {
		panic(fmt.Sprintf("png: picture is %dx%d, which %d bytes of stride %d are not enough for",
			width, height, len(pix), stride))
	}
	e.pix, e.stride, e.width, e.height, e.colour = pix, stride, width, height, c
}

// write makes the file of what was taken: of width pixels a row, which are depth bits a
// sample, or an index where there is a palette.
func (e *Encoder) write(width, depth int, palette []uint32, icc []byte) []byte {
	colourType := formats[e.colour].colourType
	if palette != nil {
		colourType = 3
	}
	e.makeRoom(e.width * formats[e.colour].bytesThere)
	m := e.choose()

	e.out.Reset()
	e.out.WriteString("\x89PNG\r\n\x1a\n") // 5.2
	header := e.begin("IHDR")
	size := binary.BigEndian.AppendUint32(e.out.AvailableBuffer(), uint32(width))
	e.out.Write(binary.BigEndian.AppendUint32(size, uint32(e.height)))
	e.out.Write([]byte{byte(depth), byte(colourType), 0, 0, 0}) // 11.2.1: bit depth to interlace
	e.end(header)
	if icc != nil {
		e.writeProfile(icc)
	}
	if palette != nil {
		e.writePalette(palette)
	}
	// One IDAT: more would let a decoder begin before the rest is there, but the
	// file is made as a whole.
	data := e.begin("IDAT")
	e.deflate(m, bands{1, e.height})
	e.end(data)
	e.end(e.begin("IEND"))

	e.pix = nil
	return bytes.Clone(e.out.Bytes())
}

// writeProfile writes the chunk iCCP (11.3.2.3). It is deflated at the usual level: a
// profile is small, and every preview of a photo carries it.
func (e *Encoder) writeProfile(icc []byte) {
	chunk := e.begin("iCCP")
	e.out.WriteString("ICC\x00\x00") // a name, and the number of the compression method
	deflater := zlib.NewWriter(&e.out)
	deflater.Write(icc) // a bytes.Buffer takes everything
	deflater.Close()
	e.end(chunk)
}

// makeRoom makes the rows as long as those of the picture are in the file.
func (e *Encoder) makeRoom(n int) {
	if cap(e.blank) < n {
		e.blank = make([]uint8, n)
		e.line = make([]uint8, 1+n)
		e.packed = [2][]uint8{make([]uint8, n), make([]uint8, n)}
	}
	e.blank, e.line = e.blank[:n], e.line[:1+n]
	for i := range e.packed {
		e.packed[i] = e.packed[i][:n]
	}
}

// row is the bytes of row y as they are in the file. Those of the row before it
// stay as they are.
func (e *Encoder) row(y int) []uint8 {
	row := e.pix[y*e.stride:][:e.width*formats[e.colour].bytesHere]
	if e.colour != RGB {
		return row
	}
	packed := e.packed[y&1]
	pack(packed, row)
	return packed
}

// pack leaves out every fourth byte.
func pack(dst, src []uint8) {
	for len(src) >= 16 && len(dst) >= 12 {
		a, b := binary.LittleEndian.Uint64(src), binary.LittleEndian.Uint64(src[8:])
		binary.LittleEndian.PutUint64(dst, a&0xffffff|a>>32&0xffffff<<24|b<<48)
		binary.LittleEndian.PutUint32(dst[8:], uint32(b>>16&0xff|b>>32<<8))
		src, dst = src[16:], dst[12:]
	}
	for len(src) >= 4 && len(dst) >= 3 {
		dst[0], dst[1], dst[2] = src[0], src[1], src[2]
		src, dst = src[4:], dst[3:]
	}
}

// begin starts a chunk (5.3) and returns where, for end.
func (e *Encoder) begin(name string) int {
	start := e.out.Len()
	e.out.WriteString("\x00\x00\x00\x00")
	e.out.WriteString(name)
	return start
}

// end writes a chunk's length and its check, which is of the name and the data.
func (e *Encoder) end(start int) {
	chunk := e.out.Bytes()[start:]
	binary.BigEndian.PutUint32(chunk, uint32(len(chunk)-8))
	check := crc32.ChecksumIEEE(chunk[4:])
	e.out.Write(binary.BigEndian.AppendUint32(e.out.AvailableBuffer(), check))
}
