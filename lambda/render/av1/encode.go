// Package av1 encodes pictures as intra frames of AV1 (AV1 Bitstream & Decoding Process
// Specification, version 1.0.0 with errata 1).
package av1

import (
	"math/bits"
	"runtime"

	"prew/lambda/render/plane"
)

// An Encoder writes pictures. The zero value is ready. It keeps its buffers from one picture to the
// next and is not for concurrent use.
type Encoder struct {
	residual residual // first, so that its rows are aligned where an Encoder is

	picture
	coder     coder
	cdfs      cdfs
	quantised [mostFiner + 1]quantised
	steps     [3]*steps // of the planes, where it is encoded
	finer     int       // the superblock is by so many deltaUnits
	noted     int       // finer of the one before it that was written
	unsaid    bool      // whether finer is still to be said

	above  surroundings // of the block row, by columns of 4 samples
	left   surroundings // of the superblock's rows
	known  [3][18][18]bool
	within tile // that is encoded
	sx, sy int  // the superblock's place, in samples

	extraTiles [2]int     // columns and rows, as logarithms, beyond the fewest that there may be: of tests
	others     []*Encoder // that encode tiles beside this one
	symbols    [][]byte   // of the tiles
	tileGroup  []byte

	tree   [85]node
	edges  edges
	coding coding
	trial  trial

	coefficientsOf [32 * 32]int32
	predicted      [64 * 64]uint8
	promised       [10][64 * 64]uint8 // predictions of a block's luma
	luma           [largestFromLuma * largestFromLuma]int16
	estimates      estimates
	chromaTried    []chromaTrial
	compared       int // how many comparisons want to know what is decided costs

	clusters [64]cluster

	begin                state
	before, keptStates   [4]state
	lumaBefore, lumaKept state
}

// picture is what is encoded, and how. All tiles have it together: of its samples and cells, each
// writes its own.
type picture struct {
	width, height int
	columns, rows int // of the picture, in blocks of 4x4, even
	mono, halved  bool
	quantiser     int
	filters       filters
	matrices      [2]matrix // of luma and of chroma
	chromaCoarser int       // in quantisers, than luma is

	channels []channel
	lambda   int32 // what a bit may cost, in squared errors of samples, times 16
	root     int64 // what it may cost in distances, which are not squared, times 64
	effort   *effort

	tiles tiles
	cells []cell // row by row

	drawn        bool   // whether blocks may have palettes
	drawnSquares []bool // of 8x8, row by row
}

// channel is a plane of the picture: what it is and what a decoder will make of it.
type channel struct {
	width, height int // of what is decoded: of whole blocks of 8x8 of luma
	stride        int
	source        []uint8
	rebuilt       []uint8

	deblocked, shown []uint8 // what decoders filter it to
}

// surroundings are what blocks tell those below them or to their right, each 4 samples long.
type surroundings struct {
	size   []uint8 // of the block, as a logarithm
	turned []uint8 // size of its transforms
	skip   []uint8
	mode   []mode
	chroma []mode
	level  [3][]uint8 // of coefficients
	sign   [3][]uint8 // of the DC coefficient: 1 is negative, 2 is positive

	colours [2][]colours // of palettes of luma and of chroma
}

func (s *surroundings) reset(n int) {
	s.size, s.turned, s.skip = zeroed(s.size, n), zeroed(s.turned, n), zeroed(s.skip, n)
	s.mode, s.chroma = zeroed(s.mode, n), zeroed(s.chroma, n)
	for i := range s.level {
		s.level[i], s.sign[i] = zeroed(s.level[i], n), zeroed(s.sign[i], n)
	}
	for i := range s.colours {
		s.colours[i] = zeroed(s.colours[i], n)
	}
}

func zeroed[T any](s []T, n int) []T {
	s = plane.Resized(s, n)
	clear(s)
	return s
}

// Options say how a picture is encoded.
type Options struct {
	// Quantiser is the index of the quantiser, from 1 to 255: the smaller it is, the better the
	// picture looks and the more bytes it has.
	Quantiser int

	Effort Effort
}

// Encode returns the picture as the OBUs of a still picture: its sequence header and its frame. The
// planes are one (grey) or three (Y, Cb, Cr), of which Cb and Cr have the size of Y, or half of it
// each way, rounded up.
func (e *Encoder) Encode(planes []plane.Plane, o Options) (sequence, frame []byte) {
	e.width, e.height = planes[0].Width, planes[0].Height
	e.columns, e.rows = (e.width+7)/8*2, (e.height+7)/8*2
	e.mono = len(planes) == 1
	e.halved = !e.mono && planes[1].Width < e.width || !e.mono && planes[1].Height < e.height
	e.quantiser = o.Quantiser
	e.setMatrices()
	e.chromaCoarser = chromaCoarserOf(e.quantiser, e.halved)
	e.setSteps()
	step := e.steps[0].ac
	e.lambda = max(1, step*step*lambdaOf/1024)
	e.root = int64(isqrt(uint64(e.lambda) * 16))
	e.effort = &efforts[o.Effort]
	e.filters = strengthsOf(o.Quantiser, e.mono)
	e.cells = plane.Resized(e.cells, e.columns*e.rows)

	e.channels = plane.Resized(e.channels, len(planes))
	for i, p := range planes {
		e.channels[i].load(p, e.columns*4>>e.shift(i), e.rows*4>>e.shift(i))
	}
	e.findDrawn()
	if e.drawn { // with half as much again, twelve drawings had 1.8 % fewer bytes at equal SSIMULACRA 2
		e.lambda += e.lambda / 2
		e.root = int64(isqrt(uint64(e.lambda) * 16))
	}
	e.tiles.divide((e.columns+15)/16, (e.rows+15)/16, e.extraTiles)
	e.tileGroup = e.tileGroup[:0]
	count := e.tiles.count()
	if count > 1 {
		e.tileGroup = append(e.tileGroup, 0) // tile_start_and_end_present_flag, and the rest of a byte
	}
	e.encodeTiles(min(count, runtime.GOMAXPROCS(0)))
	for i, symbols := range e.symbols {
		e.tileGroup = appendTile(e.tileGroup, symbols, i == count-1)
	}
	return obu(obuSequence, e.sequence()), obu(obuFrame, append(e.frameHeader(), e.tileGroup...))
}

// Rebuilt returns what the picture that was encoded last is for a decoder, before its filters. The
// planes have the sizes of those given and are valid until the next one is encoded.
func (e *Encoder) Rebuilt() []plane.Plane {
	planes := make([]plane.Plane, len(e.channels))
	for i, c := range e.channels {
		shift := e.shift(i)
		planes[i] = plane.Plane{Pix: c.rebuilt, Stride: c.stride, Width: (e.width + shift) >> shift, Height: (e.height + shift) >> shift}
	}
	return planes
}

// encodeTile returns the symbols of a tile, which knows nothing of the others. They are valid until
// the next one is encoded.
func (e *Encoder) encodeTile(t tile) []byte {
	e.within = tile{t.left, t.top, min(t.right, e.columns*4), min(t.bottom, e.rows*4)}
	e.cdfs.reset(e.quantiser)
	e.coder.reset()
	e.coding.costs.reset()
	e.noted = 0
	e.above.reset((e.columns + 15) &^ 15)
	for e.sy = e.within.top; e.sy < e.within.bottom; e.sy += 64 {
		e.left.reset(16)
		for e.sx = e.within.left; e.sx < e.within.right; e.sx += 64 {
			e.superblock()
		}
	}
	return e.coder.finish()
}

// shift is 1 for planes of half the size.
func (e *Encoder) shift(plane int) int {
	if plane > 0 && e.halved {
		return 1
	}
	return 0
}

// load copies a plane, with its last samples repeated as far as blocks of 64 reach.
func (c *channel) load(p plane.Plane, width, height int) {
	c.width, c.height = width, height
	c.stride = (width + 63) &^ 63
	rows := (height + 63) &^ 63
	c.source, c.rebuilt = plane.Resized(c.source, c.stride*rows), plane.Resized(c.rebuilt, c.stride*rows)
	for y := range rows {
		row := c.source[y*c.stride:][:c.stride]
		copy(row, p.Row(min(y, p.Height-1)))
		fill(row[p.Width:], row[p.Width-1])
	}
}

// superblock decides how the next superblock is made up, and writes it.
func (e *Encoder) superblock() {
	e.coding.costs.refresh(&e.cdfs)
	e.setKnown()
	e.findSlopes()
	e.setFiner(e.finerOf())
	e.unsaid = true
	e.trial.blocks, e.trial.levels = e.trial.blocks[:0], e.trial.levels[:0]
	e.trial.palettes, e.trial.maps = e.trial.palettes[:0], e.trial.maps[:0]
	e.save(&e.begin, e.sx, e.sy, 64, false)
	e.estimate()
	e.restore(&e.begin, e.sx, e.sy, 64, false)
	e.compared = 0
	if e.drawn { // palettes are compared
		e.compared++
	}
	e.decide(0, e.sx, e.sy, 64)
	e.restore(&e.begin, e.sx, e.sy, 64, false)
	e.write(0, e.sx, e.sy, 64)
}

// setKnown notes which samples around the superblock are decoded (clear_block_decoded_flags in
// section 5.11.3).
func (e *Encoder) setKnown() {
	for i := range e.channels {
		shift := e.shift(i)
		wide, high := (e.within.right-e.sx)>>2>>shift, (e.within.bottom-e.sy)>>2>>shift
		side := 16 >> shift
		known := &e.known[i]
		*known = [18][18]bool{}
		for x := -1; x <= side; x++ {
			known[0][x+1] = e.sy > e.within.top && x < wide
		}
		for y := range side {
			known[y+1][0] = e.sx > e.within.left && y < high
		}
	}
}

// setBlock notes whether the samples of a block are decoded. x, y and n are in samples of luma.
func (e *Encoder) setBlock(x, y, n int, known bool) {
	for i := range e.channels {
		shift := e.shift(i)
		e.setSquare(i, x>>shift, y>>shift, n>>shift, known)
	}
}

// setSquare notes whether the n by n samples at x, y of a plane are decoded.
func (e *Encoder) setSquare(plane, x, y, n int, known bool) {
	shift := e.shift(plane)
	column, row := (x-e.sx>>shift)>>2, (y-e.sy>>shift)>>2
	for r := range n >> 2 {
		squares := e.known[plane][1+row+r][1+column:][:n>>2]
		for c := range squares {
			squares[c] = known
		}
	}
}

// sizeOf is the size of a square of n samples a side: the logarithm of n, of which 4 has 0.
func sizeOf(n int) int { return bits.TrailingZeros(uint(n)) - 2 }

// lambdaOf is how many 1,024ths of a step's square an error may be for a bit, times 16. The step is
// that of low frequencies in the coarsest superblocks. With 12, photographs have 1.5 % more bytes at
// equal SSIMULACRA 2, and with 42 as many.
const lambdaOf = 24

func isqrt(v uint64) uint64 {
	if v == 0 {
		return 0
	}
	r := uint64(1) << (bits.Len64(v)/2 + 1)
	for {
		n := (r + v/r) / 2
		if n >= r {
			return r
		}
		r = n
	}
}
