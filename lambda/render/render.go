// Package render makes a preview of a photo: bytes in, bytes out. It knows the
// formats, the limits and the geometry, and nothing of where bytes come from.
//
// A photo goes one way, through five steps:
//
//	open        tells the kind, reads the headers, holds the limits
//	            open.go (the table of kinds), limits.go, orientation.go
//	plan        says what the photo is scaled to and what of it is kept
//	            plan.go
//	decode      makes frames: planes of luma and chroma, or pixels
//	            frame.go, decode_jpeg.go; decode_whole.go for the other kinds,
//	            with a file a kind (decode_png.go and so on) and pixels.go
//	operations  are done to each frame, in the order of one table
//	            operations.go: shrink.go, turn.go, flatten.go
//	encode      writes the preview
//	            encode.go (the table of formats), encode_jpeg.go, encode_png.go,
//	            colour.go
//
// crop.go hands the plan's crop to the JPEG decoder and to the resampler. A JPEG
// stays the planes of luma and chroma that it is from package jpeg's decoder to
// its encoder.
package render

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"sync"

	"prew"
	"prew/lambda/render/jpeg"
	"prew/lambda/render/png"
	"prew/lambda/render/resample"
)

// Preview is a rendered picture: the bytes of its file, their media type, and the
// picture's size in pixels.
type Preview struct {
	Data          []byte
	ContentType   string
	Width, Height int
}

// Render makes the preview of a photo that a resolved preset (prew.Preset.Resolve)
// describes. The photo is a JPEG, PNG, GIF (its first frame), BMP, TIFF or WebP;
// its first bytes say which. The preview is turned as the photo's EXIF says and
// carries no metadata. The same bytes and preset give the same preview, on every
// architecture; that of a GIF, BMP or TIFF may differ there in a last bit.
//
// A JPEG is decoded while it arrives and is read no further than its end. The
// other kinds, and JPEGs in CMYK and the like, are read as a whole first.
//
// Every error that is the photo's is a *prew.RenderError whose code is
// SourceUnsupported, SourceDamaged or SourceTooLarge, and what a header claims is
// held against the limits before any memory is taken for it. An error of src
// itself is returned as it is. Render never panics, whatever the bytes are: a
// panic in a decoder or in this package is returned as a *Panic.
func Render(src io.Reader, preset prew.Preset) (preview Preview, err error) {
	e, _ := engines.Get().(*engine)
	if e == nil {
		e = new(engine)
	}
	// The decoders parse hostile bytes. A panic in one of them is a bug that this
	// photo shows, and must not end the process; the engine in which it happened is
	// not used again.
	defer func() {
		if v := recover(); v != nil {
			preview, err = Preview{}, &Panic{Value: v, Stack: debug.Stack()}
			return
		}
		engines.Put(e)
	}()
	return e.render(&bounded{src: src}, preset)
}

// Panic is the error of a render that panicked: a bug of a decoder or of this
// package, and not the photo's fault.
type Panic struct {
	Value any
	Stack []byte // of the goroutine that panicked, as runtime/debug.Stack formats it
}

func (p *Panic) Error() string { return fmt.Sprintf("panic: %v", p.Value) }

// engines are the idle ones. They keep their buffers and tables for their next
// photo.
var engines sync.Pool

// engine renders one photo at a time.
type engine struct {
	head      [magicSize]byte // the first bytes of a source
	file      bytes.Buffer    // a source that is read as a whole
	decoder   jpeg.Decoder
	resampler resample.Resampler
	shrunk    canvas // what shrink makes of planes
	turned    canvas // what turn makes of planes, and lumaChroma of pixels
	jpeg      jpeg.Encoder
	png       png.Encoder
}

func (e *engine) render(src io.Reader, preset prew.Preset) (Preview, error) {
	photo, err := e.open(src)
	if err != nil {
		return Preview{}, err
	}
	plan := planOf(photo.size, photo.turn, preset)
	picture, err := photo.decode(plan, preset)
	if err != nil {
		return Preview{}, err
	}
	for i, frame := range picture.frames {
		picture.frames[i] = e.operate(frame, plan, preset)
	}
	return e.encode(picture, preset), nil
}

// fail makes an error that is the photo's.
func fail(code prew.Code, format string, args ...any) error {
	return &prew.RenderError{Code: code, Message: fmt.Sprintf(format, args...)}
}

// is says whether err is an E or wraps one.
func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}
