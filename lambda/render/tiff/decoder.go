// Package tiff reads TIFF pictures row by row (TIFF revision 6.0, Adobe's technical
// notes 1 and 2 of 2002, and BigTIFF): the first page of a file, in strips or tiles.
// What the documents leave open is as in libtiff.
package tiff

import (
	"errors"
	"fmt"

	"prew/lambda/render/plane"
)

// UnsupportedError says what of a picture is not read.
type UnsupportedError string

func (e UnsupportedError) Error() string { return "unsupported TIFF: " + string(e) }

// DamagedError says what is broken in a picture, and where.
type DamagedError string

func (e DamagedError) Error() string { return "damaged TIFF: " + string(e) }

// LimitError says which limit a picture exceeds.
type LimitError string

func (e LimitError) Error() string { return "TIFF above a limit: " + string(e) }

func damagedf(format string, args ...any) error {
	return DamagedError(fmt.Sprintf(format, args...))
}

func unsupportedf(format string, args ...any) error {
	return UnsupportedError(fmt.Sprintf(format, args...))
}

func limitf(format string, args ...any) error {
	return LimitError(fmt.Sprintf(format, args...))
}

// errEnd is where the coded data of a strip or tile ends too early.
const errEnd = DamagedError("its data ends early")

// Header is what a file says of its first page.
type Header struct {
	Width, Height int // in pixels, as stored
	Form          plane.Form
	Deep          bool // rows have Words instead of Bytes
	Opaque        bool // there is no alpha

	// Orientation is the tag of EXIF's name, 1 to 8, and 1 without. A file that is
	// no BigTIFF is an EXIF structure itself.
	Orientation int

	// ICC is the profile, a part of the file, and nil without.
	ICC []byte

	// Memory is about how many bytes decoding takes beside the file.
	Memory int
}

// Decoder decodes one picture after another and keeps its buffers between them. The
// zero value is ready. It is not for concurrent use.
type Decoder struct {
	page    page
	streams []stream // one for each plane that is needed and each tile across
	next    int      // the row that is decoded next
	err     error    // what ended the picture

	bytes  []uint8   // the samples of one row of the picture,
	words  []uint16  // of sixteen bits,
	floats []float32 // or of floating point
	rows   [2]plane.Row
}

// errNotOpen is what a Decoder without a file answers.
var errNotOpen = errors.New("tiff: decoding without an open file")

// Open reads the headers of a file, which must not change while it is decoded. It
// returns an UnsupportedError for a kind that is not read, a DamagedError for what is
// broken or no TIFF, and a LimitError for what is too large for this package.
func (d *Decoder) Open(file []byte) (Header, error) {
	d.page, d.streams, d.next, d.err = page{}, nil, 0, errNotOpen
	if err := d.page.read(file); err != nil {
		return Header{}, err
	}
	d.err = nil
	p := &d.page
	return Header{
		Width:       p.width,
		Height:      p.height,
		Form:        p.form,
		Deep:        p.deep,
		Opaque:      p.alpha < 0,
		Orientation: p.orientation,
		ICC:         p.icc,
		Memory:      p.memory,
	}, nil
}

// Row decodes up to row y and returns that, by the contract of plane.Rows.
func (d *Decoder) Row(y int) (plane.Row, error) {
	if d.err == nil && d.page.file == nil {
		d.err = errNotOpen
	}
	if d.err != nil {
		return plane.Row{}, d.err
	}
	if y < d.next || y >= d.page.height {
		return plane.Row{}, fmt.Errorf("tiff: row %d was asked for after row %d of %d", y, d.next-1, d.page.height)
	}
	if d.err = d.skip(y); d.err != nil {
		return plane.Row{}, d.err
	}
	if d.err = d.advance(true); d.err != nil {
		return plane.Row{}, d.err
	}
	d.rows[0], d.rows[1] = d.rows[1], d.rows[0]
	d.convert(&d.rows[0])
	return d.rows[0], nil
}

// Finish decodes what is left of the picture, so that damage is found wherever it
// lies.
func (d *Decoder) Finish() error {
	if d.err == nil && d.page.file == nil {
		d.err = errNotOpen
	}
	if d.err == nil {
		d.err = d.skip(d.page.height)
	}
	d.streams, d.page.decoder = nil, nil // they may hold much
	return d.err
}

// skip decodes all rows before row y for nobody.
func (d *Decoder) skip(y int) error {
	for d.next < y {
		if err := d.advance(false); err != nil {
			return err
		}
	}
	return nil
}

// advance decodes the next row of the picture, and takes its samples if they are
// wanted.
func (d *Decoder) advance(wanted bool) error {
	p := &d.page
	if d.next == 0 {
		d.start()
	}
	down, within := d.next/p.partHeight, d.next%p.partHeight
	for i := range d.streams {
		s := &d.streams[i]
		channel, column := i/p.across, i%p.across
		if within == 0 {
			if err := s.open(p, (p.channels[channel]*p.down+down)*p.across+column, min(p.partHeight, p.height-d.next)); err != nil {
				return err
			}
		}
		if within%p.blockHeight == 0 {
			if err := s.advance(p); err != nil {
				return err
			}
		}
		if wanted {
			d.take(s, channel, column, within)
		}
	}
	d.next++
	return nil
}

// start makes the buffers for a picture.
func (d *Decoder) start() {
	p := &d.page
	planes := 1
	if p.separate {
		planes = len(p.channels)
	}
	count := planes * p.across
	d.streams = make([]stream, count)
	for i := range d.streams {
		d.streams[i].reset(p, &d.streams[0])
	}
	samples := p.width * len(p.channels)
	d.bytes, d.words, d.floats = d.bytes[:0], d.words[:0], d.floats[:0]
	switch p.sample {
	case sampleFloat:
		d.floats = plane.Resized(d.floats, samples)
	case sampleWords:
		d.words = plane.Resized(d.words, samples)
	default:
		d.bytes = plane.Resized(d.bytes, samples)
	}
	each := p.width
	if p.form != plane.Grey {
		each *= 4
	}
	for i := range d.rows {
		if p.deep {
			d.rows[i] = plane.Row{Words: plane.Resized(d.rows[i].Words, each)}
		} else {
			d.rows[i] = plane.Row{Bytes: plane.Resized(d.rows[i].Bytes, each)}
		}
	}
}
