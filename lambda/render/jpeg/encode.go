package jpeg

import (
	"fmt"
	"iter"
	"slices"

	"prew/lambda/render/plane"
)

// An Encoder writes JPEGs. The zero value is ready. It keeps its buffers from
// one picture to the next and is not for concurrent use.
type Encoder struct {
	width, height      int // in samples of the first plane
	mcusWide, mcusHigh int
	components         [3]blockPlane
	n                  int // how many components there are: 1 or 3
	quantisers         [2]quantiser
	edge               [8 * 16]uint8 // two blocks that reach beyond a plane

	tokens  []token
	counts  [codes]uint32 // how many of them have each code
	entries [codes]entry

	ended int     // how many blocks have ended in a progressive scan without a code for it
	held  []token // their correction bits

	out []byte

	shown   []plane.Plane // by Shown
	rebuilt [3][]uint8    // their samples
}

// EncodeOptions say how a picture is encoded.
type EncodeOptions struct {
	// Quality is from 1 to 100, and means what it means to libjpeg: the picture looks
	// as good as with the tables of ITU-T T.81, K.1, that libjpeg has for the number.
	Quality int

	// Progressive asks for ten scans, from coarse to fine, in place of one.
	Progressive bool

	// ICC is the profile of the picture's colours, nil for sRGB.
	ICC []byte
}

// maxSide is the longest side that a frame header has room for (ITU-T T.81,
// B.2.2).
const maxSide = 1<<16 - 1

// The numbers of the quantisation and Huffman tables.
const (
	luminance   = 0
	chrominance = 1
)

// blockPlane is one plane and what is known of its blocks.
type blockPlane struct {
	plane      plane.Plane
	h, v       int // sampling factors: how many blocks an MCU has each way
	tables     int // luminance or chrominance
	wide, high int // in blocks, those that have samples

	// The blocks of the last rows, with their masks: row r is the one of r%kept.
	kept   int // how many rows
	stride int // blocks from row to row, an even number
	blocks []block
	masks  []uint64
}

// Encode returns the picture as a JPEG with a JFIF header, no metadata but
// a profile, and Huffman tables made for it. The bytes depend on the arguments alone and are the
// caller's.
//
// The planes are one (grey) or three (Y, Cb and Cr of JFIF: BT.601, full range).
// Cb and Cr have either the size of Y (4:4:4) or half of it each way, rounded up
// (4:2:0). Other planes, sides of 0 or over 65,535, a quality that is none and
// a profile of over 16 MB are the caller's mistake: Encode panics.
func (e *Encoder) Encode(planes []plane.Plane, o EncodeOptions) []byte {
	checkQuality(o.Quality)
	e.layOut(planes)
	e.chooseSteps(o.Quality)
	return e.encode(o)
}

func checkQuality(quality int) {
	if quality < 1 || quality > 100 {
		panic(fmt.Sprintf("jpeg: quality is %d, must be from 1 to 100", quality))
	}
}

// encode encodes the planes that are laid out by the tables that are chosen.
func (e *Encoder) encode(o EncodeOptions) []byte {
	e.out = e.out[:0]
	e.writeFrame(o)
	if o.Progressive {
		e.encodeProgressive()
	} else {
		e.encodeSequential()
	}
	e.out = append(e.out, 0xff, markerEOI)

	out := make([]byte, len(e.out))
	copy(out, e.out)
	return out
}

// layOut finds out how the planes are cut into blocks and MCUs (ITU-T T.81,
// A.2).
func (e *Encoder) layOut(planes []plane.Plane) {
	if len(planes) != 1 && len(planes) != 3 {
		panic(fmt.Sprintf("jpeg: there are %d planes, must be 1 or 3", len(planes)))
	}
	for i, p := range planes {
		switch {
		case p.Width < 1 || p.Height < 1 || p.Width > maxSide || p.Height > maxSide:
			panic(fmt.Sprintf("jpeg: plane %d is %dx%d, must be from 1x1 to %dx%d", i, p.Width, p.Height, maxSide, maxSide))
		case p.Stride < p.Width || len(p.Pix) < (p.Height-1)*p.Stride+p.Width:
			panic(fmt.Sprintf("jpeg: plane %d is %dx%d, which %d samples of stride %d are not enough for",
				i, p.Width, p.Height, len(p.Pix), p.Stride))
		}
	}
	y := planes[0]
	e.width, e.height, e.n = y.Width, y.Height, len(planes)

	sampling := 1 // of Y, where that of Cb and Cr is 1
	if e.n == 3 {
		cb, cr := planes[1], planes[2]
		whole := cb.Width == y.Width && cb.Height == y.Height
		half := cb.Width == (y.Width+1)/2 && cb.Height == (y.Height+1)/2
		if cb.Width != cr.Width || cb.Height != cr.Height || !whole && !half {
			panic(fmt.Sprintf("jpeg: planes are %dx%d, %dx%d and %dx%d, which is neither 4:4:4 nor 4:2:0",
				y.Width, y.Height, cb.Width, cb.Height, cr.Width, cr.Height))
		}
		if !whole {
			sampling = 2
		}
	}
	e.mcusWide = blocks(y.Width, sampling)
	e.mcusHigh = blocks(y.Height, sampling)
	for i, p := range planes {
		c := &e.components[i]
		c.plane, c.h, c.v, c.tables = p, 1, 1, chrominance
		if i == 0 {
			c.h, c.v, c.tables = sampling, sampling, luminance
		}
		c.wide, c.high = blocks(p.Width, 1), blocks(p.Height, 1)
		c.stride = (c.wide + 1) &^ 1
	}
}

// blocks is how many squares of 8*sampling samples a side is covered by.
func blocks(side, sampling int) int { return up(side, 8*sampling) }

// keep makes room for the blocks of some rows.
func (c *blockPlane) keep(rows int) {
	n := rows * c.stride
	if cap(c.blocks) < n {
		c.blocks = make([]block, n)
		c.masks = make([]uint64, n)
	}
	c.blocks, c.masks = c.blocks[:n], c.masks[:n]
	c.kept = rows
}

// transformRow transforms a row of a component's blocks and keeps it, in place of
// an earlier one if there is no more room. Beyond the plane its last samples are
// repeated.
func (e *Encoder) transformRow(c *blockPlane, row int) {
	first := row % c.kept * c.stride
	blocks := c.blocks[first : first+c.stride]
	masks := c.masks[first : first+c.stride]
	q := &e.quantisers[c.tables]
	p := c.plane
	inside := 0 // how many blocks lie in the plane
	if 8*row+8 <= p.Height {
		inside = p.Width / 16 * 2
		fdct(blocks[:inside], masks[:inside], p.Pix[8*row*p.Stride:], p.Stride, q)
	}
	for i := inside; i < c.wide; i += 2 {
		for y := range 8 {
			samples := p.Row(min(8*row+y, p.Height-1))
			for x := range 16 {
				e.edge[16*y+x] = samples[min(8*i+x, p.Width-1)]
			}
		}
		fdct(blocks[i:i+2], masks[i:i+2], e.edge[:], 16, q)
	}
}

// blocksOf yields the blocks of a row of MCUs in the order of an interleaved scan
// (ITU-T T.81, A.2.3): the component's index and the block's among those kept,
// or -1 for a block beyond the edge, which only fills an MCU.
func (e *Encoder) blocksOf(mcuRow int) iter.Seq2[int, int] {
	return func(yield func(int, int) bool) {
		for mcu := range e.mcusWide {
			for i := range e.components[:e.n] {
				c := &e.components[i]
				for row := mcuRow * c.v; row < (mcuRow+1)*c.v; row++ {
					for x := mcu * c.h; x < (mcu+1)*c.h; x++ {
						at := -1
						if x < c.wide && row < c.high {
							at = row%c.kept*c.stride + x
						}
						if !yield(i, at) {
							return
						}
					}
				}
			}
		}
	}
}

// encodeSequential writes the one scan of a baseline picture (ITU-T T.81, F.1).
// It keeps the tokens of all blocks, by which the Huffman tables are made, and
// the blocks of one row of MCUs only.
func (e *Encoder) encodeSequential() {
	rowTokens := 0
	for i := range e.components[:e.n] {
		c := &e.components[i]
		c.keep(c.v)
		rowTokens += e.mcusWide * c.h * c.v * maxTokens
	}
	e.counts = [codes]uint32{}
	e.tokens = e.tokens[:0]
	var last [3]int // the DC coefficients of the blocks before
	var empty block
	for mcuRow := range e.mcusHigh {
		for i := range e.components[:e.n] {
			c := &e.components[i]
			for row := mcuRow * c.v; row < min((mcuRow+1)*c.v, c.high); row++ {
				e.transformRow(c, row)
			}
		}
		e.tokens = slices.Grow(e.tokens, rowTokens)
		for i, at := range e.blocksOf(mcuRow) {
			c := &e.components[i]
			if at < 0 {
				// The block before without its AC coefficients takes the
				// fewest bits, and nobody sees it.
				empty[0] = int16(last[i])
				e.tokenise(&empty, 0, last[i], c.tables)
				continue
			}
			e.tokenise(&c.blocks[at], c.masks[at], last[i], c.tables)
			last[i] = int(c.blocks[at][0])
		}
	}
	e.writeScan(scanHeader{to: e.n, se: 63})
}
