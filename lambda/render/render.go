// Package render makes a preview of a photo: bytes in, bytes out. It knows the
// formats, the limits and the geometry, and nothing of where bytes come from.
//
// A photo goes one way, through five steps:
//
//	open        tells the kind, reads the headers, holds the limits
//	            open.go (the table of kinds), limits.go, orientation.go
//	plan        says what the photo is scaled to and what of it is kept
//	            plan.go; focus.go, where an editor has said it; trim.go, where a
//	            border is taken away, which is seen when the photo is decoded
//	decode      makes frames: planes, or rows that are decoded as they are needed
//	            frame.go, decode_jpeg.go; decode_rows.go for the other kinds,
//	            with a file a kind (decode_png.go and so on)
//	operations  are done to each frame, in the order of one table
//	            operations.go: watch.go, shrink.go, turn.go, convert.go, keep.go,
//	            blur.go, sharpen.go, adjust.go, tone.go, flatten.go, pad.go (behind.go),
//	            watermark.go, border.go, round.go (shape.go)
//	            dominant.go says which colour most of it has
//	            animate.go has each frame of what moves go this way and the next
//	encode      writes the preview
//	            encode.go (the table of formats), encode_auto.go, encode_jpeg.go, encode_png.go,
//	            encode_webp.go, encode_avif.go, encode_standin.go, planes.go; copy.go
//	            for photos that are smaller as they are
//
// crop.go hands the plan's crop to the JPEG decoder and to the resampler. A JPEG
// stays the planes of luma and chroma that it is from package jpeg's decoder to
// its encoder. Rows become pixels, or a plane of grey, in the resampler.
package render

import (
	"fmt"
	"image"
	"io"
	"runtime/debug"
	"sync"

	"prew"
	"prew/lambda/render/avif"
	"prew/lambda/render/bmp"
	"prew/lambda/render/gif"
	"prew/lambda/render/heif"
	"prew/lambda/render/jpeg"
	"prew/lambda/render/likeness"
	"prew/lambda/render/png"
	"prew/lambda/render/resample"
	"prew/lambda/render/tiff"
	"prew/lambda/render/webp"
)

// Preview is a rendered picture: the bytes of its file, their media type, and the
// picture's size in pixels. A text that stands in for a picture has the size of what it was
// made from.
type Preview struct {
	Data          []byte
	ContentType   string
	Width, Height int
	Crop          image.Rectangle // the part of the photo that gravity chose by what is seen or by a focus, in pixels of the photo as seen; else zero
	Outline       prew.Outline    // the size of the photo as seen, the dominant colour of the picture, and Crop
	Note          string          // what was wrong with the photo and did no harm, such as a broken colour profile; mostly empty
}

// Render makes the preview of a photo that a resolved preset (prew.Preset.Resolve)
// describes. The photo is a JPEG, PNG, GIF, BMP, TIFF, WebP, HEIC or AVIF; its
// first bytes say which. Of several frames or pages the first is shown, unless the preset
// lets what moves move: then the preview of an animated GIF, WebP, PNG or AVIF does. The preview is
// turned as the photo's EXIF says, or the file of a HEIC or AVIF, is in the colours of
// sRGB unless the preset keeps the photo's, and carries no other metadata. Where the
// preset changes nothing a still is not larger than the photo, if that is of a format that the
// preset allows. The same bytes and preset give the same preview, on every architecture.
//
// A JPEG is decoded while it arrives and is read no further than its end. The
// other kinds are read as a whole first; src may have a method Size() int, which returns
// how many bytes it has, so that their room is made at once. It may have a method
// Focus() string, too: the point that an editor has set in the photo as seen, as "0.3,0.6", or
// empty, for the gravity of that name. One that can't be read counts as none and is a note. What a render may take is
// the process's memory limit (runtime/debug.SetMemoryLimit).
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
		if e.needed <= keptMemory {
			engines.Put(e)
		}
	}()
	defer e.heifs.Close() // a program waits in it where a film was not shown to its end
	e.size, e.needed, e.focus = 0, 0, ""
	if sized, ok := src.(interface{ Size() int }); ok {
		e.size = sized.Size()
	}
	if pointed, ok := src.(interface{ Focus() string }); ok && preset.Gravity == prew.Focus {
		e.focus = pointed.Focus()
	}
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

// keptMemory is the most that a photo may have taken, in bytes, for its engine to be
// kept: the buffers of larger ones would leave the next photo, of another kind, less
// room than there is. A JPEG of 24 megapixels takes a fifth of it.
const keptMemory = 64 << 20

// engine renders one photo at a time.
type engine struct {
	head      [magicSize]byte // the first bytes of a source
	size      int             // of the source in bytes, 0 if that is not known
	focus     string          // the source's, empty if there is none or the preset has another gravity
	needed    int             // about how many bytes the photo takes
	file      []byte          // a source that is read as a whole, or kept
	decoder   jpeg.Decoder
	pngs      png.Decoder
	gifs      gif.Decoder
	bmps      bmp.Decoder
	tiffs     tiff.Decoder
	webps     webp.Decoder
	heifs     heif.Decoder
	resampler resample.Resampler
	held      canvas // rows of a photo that is trimmed
	shrunk    canvas // what shrink makes of planes
	turned    canvas // what turn makes of planes, and lumaChroma of pixels
	softened  canvas // luma, or pixels, as sharpen blurs them
	sharper   sharper
	toned     canvas                  // chroma of what had none, or of a tone
	padded    canvas                  // what pad makes of a frame
	behind    canvas                  // the small picture that pad makes its background of
	rounded   canvas                  // alpha of planes whose corners are cut off
	looked    canvas                  // what keep looks at
	watched   canvas                  // where it looks for faces
	bins      [1 << (3 * binBits)]bin // what dominant counts
	meter     likeness.Meter
	sampled   webp.Decoder // of what is compared by it
	jpeg      jpeg.Encoder
	png       png.Encoder
	webp      webp.Encoder
	avif      avif.Encoder
}

func (e *engine) render(src io.Reader, preset prew.Preset) (Preview, error) {
	photo, err := e.open(src)
	if err != nil {
		return Preview{}, err
	}
	var at *image.Point
	if e.focus != "" {
		if point, err := focusOf(e.focus); err == nil {
			at = &point
		} else {
			photo.noting(err.Error())
		}
	}
	part := image.Rectangle{Max: photo.size}
	plan := photo.plan(part, at, preset)
	if a, moves, err := photo.moves(preset); moves || err != nil {
		if err != nil {
			return Preview{}, err
		}
		return e.animate(photo, a, plan, preset)
	}
	var picture picture
	if preset.Trim == 0 {
		picture, err = photo.decode(plan, preset)
	} else {
		picture, part, err = e.trim(photo, preset)
		plan = photo.plan(part, at, preset)
	}
	if err == nil {
		err = checkSides(plan, preset)
	}
	if err != nil {
		return Preview{}, err
	}
	for i, frame := range picture.frames {
		if picture.frames[i], err = e.operate(frame, plan, preset); err != nil {
			return Preview{}, err
		}
	}
	seen := photo.turn.size(photo.size)
	outline := prew.Outline{Width: seen.X, Height: seen.Y, Colour: e.dominant(picture.frames[0])}
	preview := e.encode(picture, preset)
	if photo.unchanged(plan, preset) {
		preview = e.smallest(preview, photo, picture, preset)
	}
	preview.Crop = plan.ofPhoto(picture.frames[0].kept, photo.turn.part(part, photo.size))
	outline.Crop = written(preview.Crop)
	preview.Outline = outline
	preview.Note = photo.note
	return preview, nil
}

// fail makes an error that is the photo's.
func fail(code prew.Code, format string, args ...any) error {
	return &prew.RenderError{Code: code, Message: fmt.Sprintf(format, args...)}
}
