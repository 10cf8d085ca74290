package webp

import (
	"encoding/binary"
	"fmt"

	"prew/lambda/render/plane"
)

// An Encoder writes WebPs. The zero value is ready. It keeps its buffers from one
// picture to the next and is not for concurrent use.
type Encoder struct {
	width, height int
	columns, rows int // macroblocks
	effort        effort

	header      vp8Header
	stages      [segments]stage
	macroblocks []macroblock
	activities  []uint8 // of macroblocks
	unseen      []bool  // the macroblocks that nobody sees, in animations

	source [3][]uint8 // a row of macroblocks in the limited range, plane by plane
	work   work

	above      []surroundings // of each column
	left       surroundings
	aboveLuma  []uint8 // the lowest row of the macroblocks above, and then chroma's
	aboveCb    []uint8
	aboveCr    []uint8
	tokens     tokenised
	rates      rates
	nextRates  int // the macroblock before which they are brought up to date
	modesRate  int // of all macroblocks until now, in 1/256 bit
	modesLimit int // what it may be in the end

	lossless losslessEncoder
	pixels   []uint32

	// rebuilt is what decoders make of the picture before its loop filter, where a test
	// wants to see it.
	rebuilt []plane.Plane
}

// Effort says how much is tried for a smaller file of the same looks.
type Effort int

// The efforts.
const (
	Balanced Effort = iota
	Fast
	Small
)

// EncodeOptions say how a picture is encoded.
type EncodeOptions struct {
	// Quality is from 1 to 100. At each number a picture looks about as good as a JPEG of
	// that number by package jpeg: alike in encode_segments.go has the figures.
	Quality int

	Effort Effort

	// Alpha has the size of the picture, and no samples where it is opaque.
	Alpha plane.Plane

	// ICC is the profile of the picture's colours, nil for sRGB.
	ICC []byte
}

// MaxSide is the longest side that a frame header has room for (RFC 6386, section 9.1).
const MaxSide = 1<<14 - 1

// Encode returns the picture as a lossy WebP, without metadata but a profile. The bytes
// depend on the arguments alone and are the caller's.
//
// The planes are one (grey) or three (Y, Cb and Cr of JFIF: BT.601, full range). Cb and
// Cr have half the size of Y each way, rounded up. Other planes, sides of 0 or over
// MaxSide and a quality that is none are the caller's mistake: Encode panics.
func (e *Encoder) Encode(planes []plane.Plane, o EncodeOptions) []byte {
	if o.Quality < 1 || o.Quality > 100 {
		panic(fmt.Sprintf("webp: quality is %d, must be from 1 to 100", o.Quality))
	}
	checkPlanes(planes)
	e.effort, e.unseen = efforts[o.Effort], nil
	var chunks []namedChunk
	if o.Alpha.Pix != nil {
		if o.Alpha.Width != planes[0].Width || o.Alpha.Height != planes[0].Height {
			panic(fmt.Sprintf("webp: alpha is %dx%d, must be %dx%d", o.Alpha.Width, o.Alpha.Height, planes[0].Width, planes[0].Height))
		}
		chunks = append(chunks, namedChunk{"ALPH", e.encodeAlpha(o.Alpha)})
	}
	chunks = append(chunks, namedChunk{"VP8 ", e.encodeFrame(planes, o)})
	return assemble(e.width, e.height, len(chunks) > 1, o.ICC, chunks)
}

// EncodeLossless returns a picture as a WebP that has all of its pixels, but for the
// colours of those that are not seen. Pixels are red, green, blue and alpha, by which
// they are not multiplied. Of the options Quality and Alpha are not looked at.
func (e *Encoder) EncodeLossless(pix []uint8, stride, width, height int, o EncodeOptions) []byte {
	if width < 1 || height < 1 || width > MaxSide || height > MaxSide || stride < 4*width || len(pix) < (height-1)*stride+4*width {
		panic(fmt.Sprintf("webp: %d bytes of stride %d are not %dx%d pixels", len(pix), stride, width, height))
	}
	e.effort = efforts[o.Effort]
	stream, alpha := e.encodePixels(pix, stride, width, height)
	return assemble(width, height, alpha, o.ICC, []namedChunk{{"VP8L", stream}})
}

// encodePixels returns the picture as a VP8L stream, and whether it has alpha.
func (e *Encoder) encodePixels(pix []uint8, stride, width, height int) ([]byte, bool) {
	e.pixels = plane.Resized(e.pixels, width*height)
	all := uint32(black)
	for y := range height {
		row := pix[y*stride:][:4*width]
		to := e.pixels[y*width:][:width]
		for x := range to {
			p := row[4*x:][:4:4]
			to[x] = 0
			if p[3] > 0 {
				to[x] = uint32(p[3])<<24 | uint32(p[0])<<16 | uint32(p[1])<<8 | uint32(p[2])
			}
			all &= to[x] | ^uint32(black)
		}
	}
	alpha := all>>24 != 0xff
	head := uint32(width-1) | uint32(height-1)<<14
	if alpha {
		head |= 1 << 28
	}
	stream := binary.LittleEndian.AppendUint32([]byte{0x2f}, head)
	return append(stream, e.lossless.encode(e.pixels, width, height, e.effort, false)...), alpha
}

// checkPlanes panics where planes are not what is encoded.
func checkPlanes(planes []plane.Plane) {
	if len(planes) != 1 && len(planes) != 3 {
		panic(fmt.Sprintf("webp: there are %d planes, must be 1 or 3", len(planes)))
	}
	luma := planes[0]
	for i, p := range planes {
		width, height := luma.Width, luma.Height
		if i > 0 {
			width, height = (width+1)/2, (height+1)/2
		}
		switch {
		case p.Width < 1 || p.Height < 1 || p.Width > MaxSide || p.Height > MaxSide:
			panic(fmt.Sprintf("webp: plane %d is %dx%d, must be from 1x1 to %dx%d", i, p.Width, p.Height, MaxSide, MaxSide))
		case p.Width != width || p.Height != height:
			panic(fmt.Sprintf("webp: plane %d is %dx%d, must be %dx%d", i, p.Width, p.Height, width, height))
		case p.Stride < p.Width || len(p.Pix) < (p.Height-1)*p.Stride+p.Width:
			panic(fmt.Sprintf("webp: plane %d is %dx%d, which %d samples of stride %d are not enough for",
				i, p.Width, p.Height, len(p.Pix), p.Stride))
		}
	}
}

// namedChunk is a chunk of a file (RFC 9649, section 2.3).
type namedChunk struct {
	name string
	data []byte
}

// The flags of VP8X (RFC 9649, section 2.7).
const (
	hasProfile   = 1 << 5
	hasAlpha     = 1 << 4
	hasAnimation = 1 << 1
)

// assemble makes a file of the chunks of a picture: a simple one, or an extended one
// where there is alpha beside lossy data, or a profile (RFC 9649, sections 2.5 to 2.7).
func assemble(width, height int, alpha bool, icc []byte, picture []namedChunk) []byte {
	var all []namedChunk
	if icc != nil || len(picture) > 1 {
		all = extendedChunks(width, height, flagsOf(alpha), icc)
	}
	return fileOf(append(all, picture...))
}

func flagsOf(alpha bool) byte {
	if alpha {
		return hasAlpha
	}
	return 0
}

// extendedChunks are the chunks with which an extended file begins.
func extendedChunks(width, height int, flags byte, icc []byte) []namedChunk {
	head := make([]byte, extendedHead)
	head[0] = flags
	putUint24(head[4:], width-1)
	putUint24(head[7:], height-1)
	if icc == nil {
		return []namedChunk{{"VP8X", head}}
	}
	head[0] |= hasProfile
	return []namedChunk{{"VP8X", head}, {"ICCP", icc}}
}

// fileOf makes a file of its chunks.
func fileOf(all []namedChunk) []byte {
	size := fileHead
	for _, c := range all {
		size += c.size()
	}
	out := make([]byte, 0, size)
	out = append(out, "RIFF"...)
	out = binary.LittleEndian.AppendUint32(out, uint32(size-chunkHead))
	out = append(out, "WEBP"...)
	for _, c := range all {
		out = c.append(out)
	}
	return out
}

// size is in bytes, with the header and the byte that makes it even.
func (c namedChunk) size() int { return chunkHead + len(c.data) + len(c.data)&1 }

// append writes the chunk behind others.
func (c namedChunk) append(out []byte) []byte {
	out = append(out, c.name...)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(c.data)))
	out = append(out, c.data...)
	if len(c.data)&1 != 0 {
		out = append(out, 0)
	}
	return out
}

func putUint24(b []byte, v int) { b[0], b[1], b[2] = byte(v), byte(v>>8), byte(v>>16) }
