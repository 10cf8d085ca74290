// Package gif reads the first picture of a GIF (CompuServe, "Graphics Interchange
// Format, Version 89a") row by row, or all of its pictures one after another, as browsers
// show them, and writes animations.
//
// animation.go says what a file has, animation_frame.go what of a canvas a frame has;
// palette.go finds colours, quantise.go makes tables of them, and compress.go packs indices.
package gif

import (
	"fmt"

	"prew/lambda/render/plane"
)

// DamagedError says what is broken in a picture.
type DamagedError string

func (e DamagedError) Error() string { return "damaged GIF: " + string(e) }

// LimitError says which limit a picture exceeds.
type LimitError string

func (e LimitError) Error() string { return "GIF above a limit: " + string(e) }

// sizeOf is how a size is written.
func sizeOf(width, height int) string { return fmt.Sprintf("%dx%d", width, height) }

func damagedf(format string, args ...any) error {
	return DamagedError(fmt.Sprintf(format, args...))
}

// Header is what a file says of its screen and its first picture.
type Header struct {
	Width, Height int // of the logical screen, in pixels
	Form          plane.Form
	Opaque        bool // no pixel is transparent
	Memory        int  // the bytes that decoding takes beside the file
}

// Decoder decodes one picture after another. Of its buffers it keeps those of the
// screen's rows between them. The zero value is ready. It is not for concurrent use.
type Decoder struct {
	picture picture
	lzw     lzw

	rows [2][]uint8 // the two that are valid at a time
	next int        // which of them is written next

	// indices is a stored row of the picture, or all of an interlaced one.
	indices []uint8
	begun   bool  // an interlaced picture has been decoded
	stored  int   // rows that have been decoded
	err     error // what ended the picture

	file   []byte
	coded  []byte     // the file from the pixels of the picture on
	shown  plane.Rect // of the picture that was composed last, on the screen
	before []uint8    // the screen before it, if it comes back
	frames int        // that have been composed
}

// Open reads everything before the pixels of the first picture. The decoder keeps
// the file until the next Open. It returns a DamagedError for what is broken or no
// GIF, and a LimitError for a picture that is too large.
func (d *Decoder) Open(file []byte) (Header, error) {
	d.picture = picture{}
	d.indices, d.next, d.begun, d.stored, d.err = nil, 0, false, 0, nil
	d.before, d.frames = nil, 0
	coded, err := d.picture.read(file)
	if err != nil {
		d.err = err
		return Header{}, err
	}
	p := &d.picture
	d.file, d.coded = file, coded
	d.lzw.reset(coded, p.codeSize)
	h := Header{Width: p.width, Height: p.height, Form: p.form, Opaque: p.opaque()}
	h.Memory = 2*p.width*p.samples() + p.frameWidth*p.held()
	return h, nil
}

// Row returns row y of the logical screen, bytes only. It implements plane.Rows.
// What of the picture lies outside the screen is cut away, and the screen around
// the picture is transparent. An interlaced picture is decoded as a whole when the
// first row is asked for.
func (d *Decoder) Row(y int) (plane.Row, error) {
	if d.err != nil {
		return plane.Row{}, d.err
	}
	p := &d.picture
	if y < 0 || y >= p.height {
		panic(fmt.Sprintf("gif: row %d of %d", y, p.height))
	}
	size := p.width * p.samples()
	if cap(d.rows[d.next]) < size {
		d.rows[d.next] = make([]uint8, size)
	}
	row := d.rows[d.next][:size]
	d.next ^= 1

	if y < p.top || y >= p.top+p.frameHeight {
		clear(row)
		return plane.Row{Bytes: row}, nil
	}
	indices, err := d.read(y - p.top)
	if err != nil {
		return plane.Row{}, err
	}
	p.paint(row, indices)
	return plane.Row{Bytes: row}, nil
}

// Finish reads what is left of the picture, so that damage is found wherever it
// lies, and returns nil if all pixels on the screen are there. What follows the
// picture is not looked at, and so the end of its coded data may be missing.
func (d *Decoder) Finish() error {
	if d.err != nil {
		return d.err
	}
	p := &d.picture
	if p.interlaced {
		for y := range p.shown() {
			if _, err := d.read(y); err != nil {
				return err
			}
		}
		return nil
	}
	if shown := p.shown(); d.stored < shown {
		_, err := d.read(shown - 1)
		return err
	}
	return nil
}

// read returns the indices of the picture's row y.
func (d *Decoder) read(y int) ([]uint8, error) {
	p := &d.picture
	width, held := p.frameWidth, p.held()
	if d.indices == nil {
		d.indices = make([]uint8, width*held)
	}
	if p.interlaced {
		if !d.begun {
			// A row that is not there is no damage where the screen does not show it.
			d.stored, d.begun = d.lzw.read(d.indices)/width, true
		}
		at := interlace(y, p.frameHeight)
		if at >= d.stored {
			return nil, d.missing(at)
		}
		return d.indices[at*width : (at+1)*width], nil
	}
	for d.stored <= y {
		if d.lzw.read(d.indices) < width {
			return nil, d.missing(d.stored)
		}
		d.stored++
	}
	return d.indices, nil
}

// missing is the error of a row that the coded data does not reach.
func (d *Decoder) missing(row int) error {
	d.err = damagedf("its pixels end in stored row %d of %d", row, d.picture.frameHeight)
	return d.err
}
