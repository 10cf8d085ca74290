// Package render makes a preview of a photo: bytes in, bytes out. It knows the
// formats, the limits and the geometry, and nothing of where bytes come from.
//
// A photo goes one way: it is opened (open.go), which decodes it into planes or
// pixels (decode_jpeg.go, decode_webp.go, decode_whole.go); shrunk to what the
// preset asks for and turned as its EXIF says (shrink.go, by the plan of plan.go);
// and encoded (encode.go). A JPEG stays the planes of luma and chroma that it is
// from package jpeg's decoder to its encoder.
package render

import (
	"bytes"
	"fmt"
	"image"
	"io"
	"sync"

	"prew"
	"prew/lambda/render/jpeg"
	"prew/lambda/render/plane"
	"prew/lambda/render/png"
	"prew/lambda/render/resample"
)

// Preview is a rendered picture: the bytes of the file, the media type they
// have, and their size in pixels.
type Preview struct {
	Data          []byte
	ContentType   string
	Width, Height int
}

// Render makes the preview of a photo that a resolved preset (prew.Preset.Resolve)
// describes. The photo is a JPEG, PNG, GIF (its first frame), BMP, TIFF or WebP,
// told by its first bytes. The preview is turned as the photo's EXIF says and
// carries no metadata. The same bytes and preset give the same preview, on every
// architecture.
//
// A JPEG is decoded while it arrives and is read no further than its end; the
// other kinds are read as a whole first.
//
// Every error that is the photo's is a *prew.RenderError whose code is
// SourceUnsupported, SourceDamaged or SourceTooLarge, whatever the bytes are:
// Render never panics, and what a header claims is held against the limits
// before it is believed. An error of src itself is returned as it is.
func Render(src io.Reader, p prew.Preset) (preview Preview, err error) {
	e, _ := engines.Get().(*engine)
	if e == nil {
		e = new(engine)
	}
	// The decoders parse hostile bytes. A panic in one of them says that the
	// photo is damaged, and concerns this photo alone; the engine it happened in
	// is not used again.
	defer func() {
		if v := recover(); v != nil {
			preview, err = Preview{}, fail(prew.SourceDamaged, "image can't be read: %v", v)
			return
		}
		engines.Put(e)
	}()
	return e.render(&bounded{src: src}, p)
}

// engines are at rest, with the buffers and tables that their next picture
// needs no more to be made.
var engines sync.Pool

// engine renders one photo at a time.
type engine struct {
	file      bytes.Buffer // a source that is read as a whole
	decoder   jpeg.Decoder
	resampler resample.Resampler
	jpeg      jpeg.Encoder
	png       png.Encoder
	preview   canvas // what is resampled to
	turned    canvas // and then turned
}

func (e *engine) render(src io.Reader, p prew.Preset) (Preview, error) {
	var head [magicSize]byte
	n, err := io.ReadFull(src, head[:])
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return Preview{}, err
	}
	k, ok := kindOf(head[:n])
	if !ok {
		return Preview{}, fail(prew.SourceUnsupported, "not a JPEG, PNG, GIF, BMP, TIFF or WebP image")
	}
	photo, err := k.open(e, k, io.MultiReader(bytes.NewReader(head[:n]), src), p)
	if err != nil {
		return Preview{}, err
	}
	return e.encode(e.shrink(photo, p), p), nil
}

// bounded reads a source up to MaxSourceBytes and then says that it is too large.
type bounded struct {
	src  io.Reader
	read int
}

func (b *bounded) Read(p []byte) (int, error) {
	// One byte more than the limit is asked for: that it is there is too much.
	if room := MaxSourceBytes + 1 - b.read; len(p) > room {
		p = p[:room]
	}
	n, err := b.src.Read(p)
	b.read += n
	if b.read > MaxSourceBytes {
		return 0, fail(prew.SourceTooLarge, "image has more than %d bytes", MaxSourceBytes)
	}
	return n, err
}

// canvas is the memory of a picture's planes, kept from one picture to the next.
type canvas struct {
	planes []plane.Plane
	memory []uint8
}

// prepare makes room for planes of the given sizes, whose samples are whatever
// was there before.
func (c *canvas) prepare(sizes []image.Point) []plane.Plane {
	total := 0
	for _, size := range sizes {
		total += size.X * size.Y
	}
	if cap(c.memory) < total {
		c.memory = make([]uint8, total)
	}
	c.planes = c.planes[:0]
	rest := c.memory[:total]
	for _, size := range sizes {
		n := size.X * size.Y
		c.planes = append(c.planes, plane.Plane{Pix: rest[:n:n], Stride: size.X, Width: size.X, Height: size.Y})
		rest = rest[n:]
	}
	return c.planes
}

func fail(code prew.Code, format string, args ...any) error {
	return &prew.RenderError{Code: code, Message: fmt.Sprintf(format, args...)}
}
