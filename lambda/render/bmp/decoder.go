// Package bmp reads BMP pictures, of Windows and of OS/2, row by row. Microsoft's
// documentation of BITMAPINFOHEADER, BITMAPV4HEADER and BITMAPV5HEADER is the
// format's, and IBM's of BITMAPINFOHEADER2 that of OS/2's second version.
package bmp

import (
	"fmt"

	"prew/lambda/render/plane"
)

// UnsupportedError says what of a picture this decoder does not read.
type UnsupportedError string

func (e UnsupportedError) Error() string { return "unsupported BMP: " + string(e) }

// DamagedError says what is broken in a picture.
type DamagedError string

func (e DamagedError) Error() string { return "damaged BMP: " + string(e) }

// LimitError says which limit a picture exceeds.
type LimitError string

func (e LimitError) Error() string { return "BMP above a limit: " + string(e) }

func damagedf(format string, args ...any) error {
	return DamagedError(fmt.Sprintf(format, args...))
}

func unsupportedf(format string, args ...any) error {
	return UnsupportedError(fmt.Sprintf(format, args...))
}

// Header is what a picture says of itself before its pixels.
type Header struct {
	Width, Height int // in pixels
	Form          plane.Form
	Opaque        bool // no pixel is transparent
	Memory        int  // the bytes that decoding takes beside the file

	// ICC is the colour profile of a header of 124 bytes, nil without. It is a
	// part of the file.
	ICC []byte
}

// Decoder decodes one picture after another. Of its buffers it keeps those of rows
// between them. The zero value is ready. It is not for concurrent use.
type Decoder struct {
	file   []byte
	layout layout

	rows    [2][]uint8 // the two that are valid at a time
	next    int        // which of them is written next
	indices []uint8    // the pixels of a RLE picture, once its rows are asked for
	err     error      // what ended the picture
}

// Open reads the headers of a file, which the decoder keeps until the next Open.
// It returns a DamagedError for what is broken or no BMP, an UnsupportedError for
// what this package does not read and a LimitError for a picture that is too large.
func (d *Decoder) Open(file []byte) (Header, error) {
	d.file, d.next, d.indices, d.err = file, 0, nil, nil
	d.layout = layout{}
	h, err := d.layout.read(file)
	if err != nil {
		d.err = err
		return Header{}, err
	}
	return h, nil
}

// Row returns row y, counted from the top: bytes only. It implements plane.Rows.
// The rows of a picture that is not compressed are read where they lie in the
// file, in any order; a RLE picture is decoded as a whole when the first row is
// asked for.
func (d *Decoder) Row(y int) (plane.Row, error) {
	if err := d.prepare(); err != nil {
		return plane.Row{}, err
	}
	l := &d.layout
	if y < 0 || y >= l.height {
		panic(fmt.Sprintf("bmp: row %d of %d", y, l.height))
	}
	stored := y
	if !l.topDown {
		stored = l.height - 1 - y
	}
	size := l.width * l.samples()
	if cap(d.rows[d.next]) < size {
		d.rows[d.next] = make([]uint8, size)
	}
	row := d.rows[d.next][:size]
	d.next ^= 1

	switch {
	case l.rle():
		l.palette.expand(row, d.indices[stored*l.width:(stored+1)*l.width], 8, l.form)
	default:
		from := l.pixels + stored*l.stride
		to := from + l.rowBytes()
		if to > len(d.file) {
			d.err = damagedf("it ends before its row %d", y)
			return plane.Row{}, d.err
		}
		l.convert(row, d.file[from:to])
	}
	return plane.Row{Bytes: row}, nil
}

// Finish reads what is left of the picture, so that damage is found wherever it
// lies, and returns nil if all pixels are there.
func (d *Decoder) Finish() error {
	if err := d.prepare(); err != nil {
		return err
	}
	l := &d.layout
	if !l.rle() && l.pixels+(l.height-1)*l.stride+l.rowBytes() > len(d.file) {
		d.err = damagedf("it has %d bytes, too few for its pixels", len(d.file))
	}
	return d.err
}

// prepare decodes a RLE picture, once.
func (d *Decoder) prepare() error {
	if d.err == nil && d.layout.rle() && len(d.indices) == 0 {
		d.err = d.readRLE()
	}
	return d.err
}
