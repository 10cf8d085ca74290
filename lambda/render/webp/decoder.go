// Package webp reads WebP pictures (RFC 9649): the first frame of an animation, or
// the only one, placed on its canvas; or all frames, one after another (frames.go).
//
// A lossless picture is decoded row by row. A lossy one is decoded as a whole, into
// planes. Planes hands them on, which is better for a resampler that takes planes; Row
// makes rows of them, with the alpha, which is decoded row by row beside.
//
// A lossy picture is a key frame of VP8 (RFC 6386), and the files of that begin with
// vp8: vp8.go says how a frame is decoded, from its header (vp8_header.go), modes
// (vp8_modes.go) and tokens (vp8_tokens.go), which are booleans (vp8_bool.go), by
// transforms (vp8_idct.go), predictions (vp8_predict.go) and filters (vp8_filter.go);
// vp8_tables.go has what an encoder needs too. What is in assembly, vp8_vector.go and
// vp8_registers.go declare; it does bit by bit what is in plain Go.
//
// Encoder writes stills (encode.go and its neighbours), and Animation animations:
// animation.go says what a file has, and animation_frame.go what of a canvas a frame has.
package webp

import (
	"fmt"

	"prew/lambda/render/plane"
)

// UnsupportedError says what of a picture this decoder does not read.
type UnsupportedError string

func (e UnsupportedError) Error() string { return "unsupported WebP: " + string(e) }

// DamagedError says what is broken in a picture.
type DamagedError string

func (e DamagedError) Error() string { return "damaged WebP: " + string(e) }

// LimitError says which limit a picture exceeds.
type LimitError string

func (e LimitError) Error() string { return "WebP above a limit: " + string(e) }

// errEnd is where the coded data ends too early.
const errEnd = DamagedError("it ends early")

func damagedf(format string, args ...any) error {
	return DamagedError(fmt.Sprintf(format, args...))
}

func limitf(format string, args ...any) error {
	return LimitError(fmt.Sprintf(format, args...))
}

// Header is what a file says of its picture.
type Header struct {
	Width, Height int  // of the canvas, in pixels
	Opaque        bool // no pixel is transparent
	Memory        int  // about the bytes that decoding takes beside the file

	// Planar says that the picture is lossy, opaque and as large as its canvas, so
	// that there are Planes of it.
	Planar bool

	Animated bool // there may be more frames than the one that is decoded

	// EXIF is a TIFF structure and ICC a colour profile, nil without. They are parts
	// of the file.
	EXIF, ICC []byte
}

// Decoder decodes one picture after another. The zero value is ready. It is not for
// concurrent use.
type Decoder struct {
	picture container

	begun     bool // the frame's coded data has been opened
	lossy     vp8
	planes    []plane.Plane // of a lossy frame
	stretched bool          // to the full range
	alpha     alpha
	lossless  lossless
	decoded   int // rows of the frame that have been decoded

	rows [2][]uint8 // the two that are valid at a time
	next int        // which of them is written next
	err  error      // what ended the picture

	file     []byte
	frames   [][]byte   // the chunks of all frames
	loops    int        // how often they are shown, 0 for ever
	composed int        // of them
	shown    plane.Rect // of the canvas, the frame that was composed last
	clears   bool       // it has gone before the next one
	upon     []uint8    // a row that is put upon the canvas
}

// Open reads the headers of a file, which the decoder keeps until the next Open.
// It returns a DamagedError for what is broken or no WebP, and a LimitError for a
// picture that is too large.
func (d *Decoder) Open(file []byte) (Header, error) {
	d.picture = container{}
	d.begun, d.planes, d.stretched, d.decoded, d.next, d.err = false, nil, false, 0, 0, nil
	d.file = file
	if err := d.picture.read(file); err != nil {
		d.err = err
		return Header{}, err
	}
	p := &d.picture
	h := Header{
		Width: p.width, Height: p.height, Opaque: p.opaque, Animated: p.animated,
		Planar: p.opaque && p.lossy != nil, EXIF: p.exif, ICC: p.icc,
		Memory: p.memory(),
	}
	return h, nil
}

// Planes returns Y', Cb and Cr of a picture that is Planar, the latter two half its
// size, rounded up. They have the full range of JPEG's, 0 to 255, and are valid
// until the next Open. A caller asks either for them or for rows: Row would read them
// in the limited range.
func (d *Decoder) Planes() ([]plane.Plane, error) {
	if d.err == nil && !(d.picture.opaque && d.picture.lossy != nil) {
		panic("webp: planes of a picture that is not planar")
	}
	if err := d.begin(stretch); err != nil {
		return nil, err
	}
	if !d.stretched {
		stretch(d.planes)
		d.stretched = true
	}
	return d.planes, nil
}

// Row returns row y of the canvas: bytes, red, green, blue and alpha, which is not
// multiplied into them. It implements plane.Rows. The canvas is transparent around
// the frame. The first row of a lossy picture takes nearly
// as long as all of it.
func (d *Decoder) Row(y int) (plane.Row, error) {
	if err := d.begin(nil); err != nil {
		return plane.Row{}, err
	}
	p := &d.picture
	if y < 0 || y >= p.height {
		panic(fmt.Sprintf("webp: row %d of %d", y, p.height))
	}
	if cap(d.rows[d.next]) < 4*p.width {
		d.rows[d.next] = make([]uint8, 4*p.width)
	}
	row := d.rows[d.next][:4*p.width]
	d.next ^= 1
	if !p.covers() {
		clear(row)
	}
	if at := y - p.top; at >= 0 && at < p.frameHeight {
		if d.err = d.paint(row[4*p.left:4*(p.left+p.frameWidth)], at); d.err != nil {
			return plane.Row{}, d.err
		}
	}
	return plane.Row{Bytes: row}, nil
}

// Finish reads what is left of the picture, so that damage is found wherever it
// lies, and returns nil if all pixels are there.
func (d *Decoder) Finish() error {
	if err := d.begin(nil); err != nil {
		return err
	}
	for d.err == nil && d.decoded < d.picture.frameHeight {
		_, _, d.err = d.read()
	}
	return d.err
}

// begin opens the frame's coded data, once, which decodes a lossy frame. finished may do
// something to rows of its planes while they are near.
func (d *Decoder) begin(finished func(planes []plane.Plane)) error {
	if d.err != nil || d.begun {
		return d.err
	}
	d.begun = true
	p := &d.picture
	if p.lossless != nil {
		d.err = d.lossless.open(p.lossless[losslessHead:], p.frameWidth, p.frameHeight)
		return d.err
	}
	if d.err = d.lossy.open(p.lossy, p.frameWidth, p.frameHeight); d.err != nil {
		return d.err
	}
	if d.planes, d.err = d.lossy.decode(finished); d.err != nil {
		return d.err
	}
	d.stretched = finished != nil
	if p.alpha != nil {
		d.err = d.alpha.open(p.alpha, p.frameWidth, p.frameHeight, &d.lossless)
	}
	return d.err
}

// read decodes the next row of the frame: the pixels of a lossless one, the alpha
// of a lossy one, or nothing.
func (d *Decoder) read() (pixels []uint32, alpha []byte, err error) {
	d.decoded++
	switch {
	case d.picture.lossless != nil:
		pixels, err = d.lossless.row()
	case d.picture.alpha != nil:
		alpha, err = d.alpha.next()
	}
	return pixels, alpha, err
}

// paint writes row y of the frame.
func (d *Decoder) paint(row []uint8, y int) error {
	var pixels []uint32
	var alpha []byte
	for d.decoded <= y {
		var err error
		if pixels, alpha, err = d.read(); err != nil {
			return err
		}
	}
	if d.picture.lossless == nil {
		paint(row, d.planes, y)
		for x, v := range alpha {
			row[4*x+3] = v
		}
		return nil
	}
	set := uint32(0)
	if d.picture.solid { // whatever the stream has there
		set = black
	}
	for x, pixel := range pixels {
		pixel |= set
		*(*[4]uint8)(row[4*x:]) = [4]uint8{uint8(pixel >> 16), uint8(pixel >> 8), uint8(pixel), uint8(pixel >> 24)}
	}
	return nil
}
