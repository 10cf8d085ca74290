// Package jpeg reads and writes JPEG pictures (ITU-T T.81) as planes of samples:
// Y', Cb and Cr, or grey; and it reads those of RGB and of inks too. Its decoder
// is made for previews: it decodes at any eighth of the size, which takes little
// more than reading the coded data.
package jpeg

import (
	"errors"
	"fmt"
	"image"
	"io"

	"prew/lambda/render/plane"
)

// UnsupportedError says what of a picture this decoder leaves to others.
type UnsupportedError string

func (e UnsupportedError) Error() string { return "unsupported JPEG: " + string(e) }

// DamagedError says what is broken in a picture, and where.
type DamagedError string

func (e DamagedError) Error() string { return "damaged JPEG: " + string(e) }

// LimitError says which limit a picture exceeds.
type LimitError string

func (e LimitError) Error() string { return "JPEG above a limit: " + string(e) }

// errEnd is where the source ends too early.
const errEnd = DamagedError("it ends early")

func damagedf(format string, args ...any) error {
	return DamagedError(fmt.Sprintf(format, args...))
}

func unsupportedf(format string, args ...any) error {
	return UnsupportedError(fmt.Sprintf(format, args...))
}

// Decoder decodes one picture after another and keeps its buffers between them.
// The zero value is ready. It is not for concurrent use.
type Decoder struct {
	in     input
	window window
	coef   coefficients

	frame  frame
	hints  hints
	exif   []byte
	icc    []byte
	parts  []byte  // of the ICC profile, in the order of the file
	pieces []piece // where each of them is
	ready  bool    // a header has been read and not been used

	lenient bool // something that is missing or broken was made up for

	quant    [4]quantisation
	dc       [4]huffman
	ac       [4]huffman
	interval int // MCUs between two restart markers, 0 if there are none

	components []component
	scan       scan
	planes     []plane.Plane
}

// Header is what a picture says of itself before its coded data.
type Header struct {
	Width, Height int         // in pixels, as stored
	Components    []Component // as many as Colour has
	Colour        Colour      // what the components are
	Progressive   bool

	// EXIF is the TIFF structure of the first APP1 segment that has one, nil
	// without. It is valid until the next ReadHeader.
	EXIF []byte

	// ICC is the colour profile, put together from its APP2 segments (ICC.1:2022,
	// B.4), nil without. One with a segment that is missing or there twice, or
	// with more than 4 MiB, is none. It is valid until the next ReadHeader.
	ICC []byte
}

// Component is the sampling factors of a component (T.81, A.1.1): it has H
// samples across and V down where the largest factors of all are the pixels.
type Component struct{ H, V int }

// Options is how a picture is decoded.
type Options struct {
	// Scale is the size of each component in eighths, 1 to 8: what becomes of
	// the sides of a block. Those of components that are not there don't matter.
	Scale [4]int

	// Region is the part that is wanted, in pixels as stored; what is around it
	// may be anything. An empty one stands for the whole picture.
	Region image.Rectangle

	// Choose, where it is not nil, says which part of Region is wanted, when all coded
	// data has been read. It is given what Decode would return at a scale of 1, which is
	// valid as long. A progressive picture is transformed in the part alone.
	Choose func(eighth []plane.Plane) image.Rectangle

	// Damaged asks for what there is of a damaged picture instead of an error.
	// What is not there is mid-grey.
	Damaged bool
}

// ReadHeader reads the start of a picture, up to its coded data. It returns an
// UnsupportedError for a kind that this decoder leaves to others, a DamagedError
// for what is broken or no JPEG, and errors of r, except io.EOF, as they are.
func (d *Decoder) ReadHeader(r io.Reader) (Header, error) {
	d.in.reset(r)
	d.frame = frame{}
	d.hints = hints{}
	d.exif, d.icc, d.parts, d.pieces = d.exif[:0], reused(d.icc), reused(d.parts), d.pieces[:0]
	d.ready, d.lenient = false, false
	d.interval = 0
	for i := range d.quant {
		d.quant[i].defined, d.dc[i].defined, d.ac[i].defined = false, false, false
	}
	err := d.readHeader()
	if err == nil {
		d.assembleProfile()
	}
	clear(d.pieces) // so that they don't keep what has been read
	if err != nil {
		return Header{}, err
	}
	d.ready = true
	h := Header{
		Width:       d.frame.width,
		Height:      d.frame.height,
		Components:  make([]Component, d.frame.count),
		Colour:      d.hints.colour(d.frame.parts()),
		Progressive: d.frame.progressive,
	}
	for i, c := range d.frame.parts() {
		h.Components[i] = Component{c.h, c.v}
	}
	if len(d.exif) > 0 {
		h.EXIF = d.exif
	}
	if len(d.icc) > 0 {
		h.ICC = d.icc
	}
	return h, nil
}

// Memory is how many bytes the planes and coefficients of the picture take whose
// header was read, when it is decoded with the given options.
func (d *Decoder) Memory(o Options) int {
	total := 0
	for i := range d.frame.parts() {
		l := d.frame.layout(i)
		m := o.Scale[i]
		total += l.across * l.down * m * m
		if o.Choose != nil {
			total += l.across * l.down
		}
		if d.frame.progressive {
			const each, mask = 2, 8
			total += l.across * l.down * (each*(1+places(m)) + mask)
		}
	}
	return total
}

// Decode decodes the picture whose header was read. Plane i covers the whole
// picture: it has Width*H*M/(8*Hmax) samples across, rounded up, where M is the
// scale of component i, H its sampling factor and Hmax the largest of all; and
// likewise down. The planes are the decoder's and valid until it is used again.
//
// It returns a DamagedError for a picture that is broken or lacks pixels, unless
// the options want that. What is missing or too much beside its coded data is no
// damage: EOI, what follows the last scan, and up to 1,024 bytes before a marker
// other than that of a restart. It returns a LimitError for a picture of more than
// 100 scans, or of scans that go over more than 100 million blocks together, and
// errors of the reader, except io.EOF, as they are. It panics for scales outside 1
// to 8.
func (d *Decoder) Decode(o Options) ([]plane.Plane, error) {
	if !d.ready {
		return nil, errors.New("jpeg: decoding without a header")
	}
	d.ready = false
	d.lay(o)
	if err := d.decode(o.Damaged); err != nil {
		if _, damage := errors.AsType[DamagedError](err); !damage || !o.Damaged {
			return nil, err
		}
		d.lenient = true
	}
	if o.Choose != nil {
		d.want(o.Choose(d.eighth()))
	}
	if d.frame.progressive {
		d.reconstruct()
	}
	return d.planes, nil
}

// Whole says whether the picture that was decoded last is all there as it was written:
// nothing was missing, Huffman tables included, nothing damaged, and no byte too much
// up to its last scan. Whether EOI follows it does not say.
func (d *Decoder) Whole() bool { return !d.lenient && !d.in.strayed }
