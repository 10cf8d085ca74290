package png

import (
	"fmt"
	"hash/adler32"
	"math"

	"prew/lambda/render/plane"
)

// Decoder decodes one PNG after another and keeps its buffers between them. The zero
// value is ready. It is not for concurrent use.
//
// A picture is decoded row by row and never held as a whole, but if it is interlaced:
// then its pixels are, of eight bits a sample.
type Decoder struct {
	storage storage

	animated, framed bool      // there is an animation, and the picture is its first frame
	data             []byte    // the file from the first chunk of the picture on
	kind             string    // what these chunks are called
	frame            rectangle // which part of the picture they have

	form   Colour
	deep   bool
	direct bool // the rows are what has been unfiltered
	greys  [256]uint8
	table  [256][4]uint8

	ready, begun  bool
	verify, sound bool // the end of the data is to be looked at, and is as it should be
	err           error
	row           int // the next of the picture
	decoded       int // rows of the frame

	inflater inflater
	raw      [3][]uint8 // unfiltered rows, with padding
	above    []uint8    // the one before, among raw, or zeros
	shown    []uint8    // the one that was returned last, nil if none of raw was

	bytes [2][]uint8  // converted rows, which take turns
	words [2][]uint16 // and those of sixteen bits
	turn  int
	whole []uint8 // an interlaced picture

	placed      [2][]uint8 // rows of the picture of which the frame is a part
	placedWords [2][]uint16
	placedTurn  int

	file     []byte
	moving   bool // the picture comes as frames
	frames   []animationFrame
	composed int     // of them
	before   []uint8 // the canvas before the last one, if it comes back
	line     []uint8 // a row of sixteen bits, with eight
}

// padding is how many bytes beyond a row unfilter may touch.
const padding = 32

// close forgets the last picture.
func (d *Decoder) close() {
	d.data, d.inflater.in.file, d.inflater.in.data, d.inflater.in.want = nil, nil, nil, nil
	d.file, d.moving, d.frames, d.before = nil, false, nil, nil
	d.whole = nil // it would be kept for pictures that are not interlaced
	d.ready, d.begun, d.verify, d.err, d.row, d.decoded, d.shown = false, false, false, nil, 0, 0, nil
}

// rowBytes is how many bytes a row of so many pixels has in the data, without its filter
// type.
func (m *storage) rowBytes(width int) int { return (width*m.depth*samplesOf[m.colourType] + 7) / 8 }

// pixelBytes is how far apart the bytes are that a filter compares (9.2).
func (m *storage) pixelBytes() int { return max(1, m.depth*samplesOf[m.colourType]/8) }

// channels is how many samples a pixel of a row has.
func (d *Decoder) channels() int { return formats[d.form].bytesHere }

// isPlaced says that the data is a part of the picture only.
func (d *Decoder) isPlaced() bool {
	return d.frame.width != d.storage.width || d.frame.height != d.storage.height
}

// memory is how many bytes begin and Row take.
func (d *Decoder) memory() int {
	row := d.storage.rowBytes(d.frame.width) + 1
	n := inputSize + windowSize(row) + (len(d.raw)+1)*(row+padding)
	size := 1
	if d.storage.depth == 16 {
		size = 2
	}
	if !d.direct {
		n += 2 * d.frame.width * d.channels() * size
	}
	if d.storage.interlaced {
		if d.frame.height > math.MaxInt/8/d.frame.width {
			return math.MaxInt // more than there is an int for, of a header that lies
		}
		n += d.frame.width*d.frame.height*d.channels() + d.frame.width*d.channels()
	}
	if d.isPlaced() {
		n += 2 * d.storage.width * d.channels() * size
	}
	return n
}

// begin takes the memory and starts with the data.
func (d *Decoder) begin() error {
	d.begun = true
	n := d.storage.rowBytes(d.frame.width)
	for i := range d.raw {
		d.raw[i] = plane.Resized(d.raw[i], n+padding)
	}
	if !d.direct {
		for i := range d.bytes {
			if d.storage.depth == 16 {
				d.words[i] = plane.Resized(d.words[i], d.frame.width*d.channels())
			} else {
				d.bytes[i] = plane.Resized(d.bytes[i], d.frame.width*d.channels())
			}
		}
	}
	if d.isPlaced() {
		for i := range d.placed {
			if d.deep {
				d.placedWords[i] = plane.Resized(d.placedWords[i], d.storage.width*d.channels())
			} else {
				d.placed[i] = plane.Resized(d.placed[i], d.storage.width*d.channels())
			}
		}
	}
	d.newPass(n)
	d.inflater.sum = nil
	if d.verify {
		d.inflater.sum = adler32.New()
	}
	if err := d.inflater.start(d.data, d.kind, n+1); err != nil {
		return err
	}
	if !d.storage.interlaced {
		return nil
	}
	err := d.decodeInterlaced()
	if err != nil {
		d.whole = nil
	}
	return err
}

// newPass says that nothing is above the next row, which has n bytes.
func (d *Decoder) newPass(n int) {
	d.above = d.raw[0][:n+padding]
	clear(d.above)
}

// nextRow unfilters the next row of n bytes.
func (d *Decoder) nextRow(n int) ([]uint8, error) {
	line, err := d.inflater.next(1 + n)
	if err != nil {
		return nil, err
	}
	f := filter(line[0])
	if f > paeth {
		return nil, errFilter
	}
	// Neither the row above nor the one that is in use may be written to.
	i := 0
	for &d.raw[i][0] == &d.above[0] || d.shown != nil && &d.raw[i][0] == &d.shown[0] {
		i++
	}
	row := d.raw[i][:n]
	f.unfilter(row, line[1:], d.above[:n], d.storage.pixelBytes())
	d.above = row
	return row, nil
}

// Row returns a row, as plane.Rows has it. It takes the memory that the header said at
// the first. Rows that are asked for out of order, or that there are not, are the
// caller's mistake: Row panics.
func (d *Decoder) Row(y int) (plane.Row, error) {
	if !d.ready || y < d.row || y >= d.storage.height {
		panic(fmt.Sprintf("png: row %d is asked for, the next is %d of %d", y, d.row, d.storage.height))
	}
	d.row = y + 1
	if !d.begun {
		d.err = d.begin()
	}
	if d.err != nil {
		return plane.Row{}, d.err
	}
	row, err := d.placedRow(y)
	d.err = err
	return row, err
}

// Finish reads the rest of the picture and returns an error if it lacks pixels or if its
// bytes are not those that were written. What follows the last pixel's does not matter,
// but for the checksums of the chunks, and for Copy. The decoder lets go of the file and of an
// interlaced picture: no rows can be asked for any more.
func (d *Decoder) Finish() error {
	if !d.ready {
		panic("png: nothing is open")
	}
	if !d.begun {
		d.err = d.begin()
	}
	n := d.storage.rowBytes(d.frame.width)
	for d.err == nil && d.decoded < d.frame.height {
		var line []uint8
		line, d.err = d.inflater.next(1 + n)
		if d.err == nil && filter(line[0]) > paeth {
			d.err = errFilter
		}
		d.decoded++
	}
	d.sound = d.verify && d.err == nil && d.inflater.ends()
	if d.err == nil {
		d.err = d.inflater.in.finish()
	}
	err := d.err
	d.sound = d.sound && err == nil
	d.close()
	return err
}

// frameRow returns a row of the frame.
func (d *Decoder) frameRow(y int) (plane.Row, error) {
	if d.storage.interlaced {
		n := d.frame.width * d.channels()
		return plane.Row{Bytes: d.whole[y*n : (y+1)*n : (y+1)*n]}, nil
	}
	n := d.storage.rowBytes(d.frame.width)
	var row []uint8
	for ; d.decoded <= y; d.decoded++ {
		var err error
		if row, err = d.nextRow(n); err != nil {
			return plane.Row{}, err
		}
	}
	if d.direct {
		d.shown = row
		return plane.Row{Bytes: row[:n:n]}, nil
	}
	d.turn ^= 1
	if d.deep {
		d.toWords(d.words[d.turn], row)
		return plane.Row{Words: d.words[d.turn]}, nil
	}
	d.toBytes(d.bytes[d.turn], row)
	return plane.Row{Bytes: d.bytes[d.turn]}, nil
}

// placedRow returns a row of the picture, in which the frame may be a part. What is
// around it is transparent.
func (d *Decoder) placedRow(y int) (plane.Row, error) {
	if !d.isPlaced() {
		return d.frameRow(y)
	}
	var row plane.Row
	if inside := y - d.frame.y; inside >= 0 && inside < d.frame.height {
		var err error
		if row, err = d.frameRow(inside); err != nil {
			return plane.Row{}, err
		}
	}
	d.placedTurn ^= 1
	at := d.frame.x * d.channels()
	if d.deep {
		words := d.placedWords[d.placedTurn]
		clear(words)
		copy(words[at:], row.Words)
		return plane.Row{Words: words}, nil
	}
	bytes := d.placed[d.placedTurn]
	clear(bytes)
	copy(bytes[at:], row.Bytes)
	return plane.Row{Bytes: bytes}, nil
}
