package render

import (
	"bytes"
	"errors"
	"image"
	"image/gif"
	stdjpeg "image/jpeg"
	"image/png"
	"io"
	"slices"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"

	"prew"
)

const (
	// MaxSourceBytes is the largest photo that is read, in bytes. The JPEGs of
	// 50 megapixel cameras have 15 to 30 MB; twice that leaves room for TIFF.
	MaxSourceBytes = 64 << 20

	// maxPixels is the largest picture that is decoded, a full-frame camera's.
	// The dearest kind, a progressive JPEG in CMYK, takes 24 bytes a pixel
	// before it is shrunk: 1.2 GB here, which has room in the 1,769 MB that
	// give the function a whole CPU.
	maxPixels = 50_000_000

	// maxSide is the longest side that is decoded, in pixels: WebP ends one
	// below it, and what resizing costs for a picture of a single row grows
	// with the side alone.
	maxSide = 16_384
)

// magicSize is how many bytes of a file tell its kind.
const magicSize = 15

// kind is a format that is read: how its files begin ("?" is any byte), how a
// source is opened, and what its decoder brings along.
type kind struct {
	name   string
	magic  string
	open   func(e *engine, k kind, src io.Reader, p prew.Preset) (photo, error)
	config func(io.Reader) (image.Config, error)
	check  func(src []byte) error // what the decoder doesn't hold against the size
	decode func(io.Reader) (image.Image, error)
	exif   func(src []byte) []byte // the TIFF structure that EXIF is, or nil
}

// kinds are all formats that are read. The standard library's registry is left
// alone: any import can add to it. Of JPEG, config and what follows it serve the
// pictures that package jpeg leaves to others.
var kinds = []kind{
	{"JPEG", "\xff\xd8\xff", (*engine).openJPEG, stdjpeg.DecodeConfig, checkScans, stdjpeg.Decode, noEXIF},
	{"PNG", "\x89PNG\r\n\x1a\n", (*engine).openFile, png.DecodeConfig, noCheck, png.Decode, exifOfPNG},
	{"GIF", "GIF87a", (*engine).openForImaging, gif.DecodeConfig, noCheck, decodeGIF, noEXIF},
	{"GIF", "GIF89a", (*engine).openForImaging, gif.DecodeConfig, noCheck, decodeGIF, noEXIF},
	{"BMP", "BM", (*engine).openForImaging, bmp.DecodeConfig, noCheck, bmp.Decode, noEXIF},
	{"TIFF", "II*\x00", (*engine).openForImaging, tiff.DecodeConfig, checkTIFF, tiff.Decode, exifOfTIFF},
	{"TIFF", "MM\x00*", (*engine).openForImaging, tiff.DecodeConfig, checkTIFF, tiff.Decode, exifOfTIFF},
	{"WebP", "RIFF????WEBPVP8", (*engine).openFile, configWebP, noCheck, decodeWebP, exifOfWebP},
}

// kindOf tells the kind of a file by its first magicSize bytes.
func kindOf(head []byte) (kind, bool) {
	i := slices.IndexFunc(kinds, func(k kind) bool { return k.begins(head) })
	if i < 0 {
		return kind{}, false
	}
	return kinds[i], true
}

// begins says whether src starts as files of this kind do.
func (k kind) begins(src []byte) bool {
	if len(src) < len(k.magic) {
		return false
	}
	for i := range len(k.magic) {
		if k.magic[i] != '?' && k.magic[i] != src[i] {
			return false
		}
	}
	return true
}

// read reads a source as a whole and decodes it, after it has been held against
// every limit by its headers alone: what is refused costs no memory. src is the
// file's bytes, to find its EXIF in.
func (k kind) read(file *bytes.Buffer, from io.Reader) (img image.Image, src []byte, err error) {
	file.Reset()
	if _, err := file.ReadFrom(from); err != nil {
		return nil, nil, err
	}
	src = file.Bytes()
	config, err := k.config(bytes.NewReader(src))
	if err != nil {
		return nil, nil, k.blame(err)
	}
	if err := checkSize(config.Width, config.Height); err != nil {
		return nil, nil, err
	}
	if err := k.check(src); err != nil {
		return nil, nil, err
	}
	if img, err = k.decode(bytes.NewReader(src)); err != nil {
		return nil, nil, k.blame(err)
	}
	return img, src, nil
}

// checkSize holds the size that a header claims against the limits.
func checkSize(width, height int) error {
	switch {
	case width < 1 || height < 1:
		return fail(prew.SourceDamaged, "image is %dx%d", width, height)
	case width > maxSide || height > maxSide:
		return fail(prew.SourceTooLarge, "image is %dx%d, limit is %d pixels a side", width, height, maxSide)
	case width*height > maxPixels:
		return fail(prew.SourceTooLarge, "image is %dx%d, limit is %d megapixels", width, height, maxPixels/1_000_000)
	}
	return nil
}

// blame tells what a decoder doesn't know from what is broken.
func (k kind) blame(err error) error {
	code := prew.SourceDamaged
	if is[stdjpeg.UnsupportedError](err) || is[png.UnsupportedError](err) || is[tiff.UnsupportedError](err) ||
		errors.Is(err, bmp.ErrUnsupported) || errors.Is(err, errAnimated) {
		code = prew.SourceUnsupported
	}
	return fail(code, "%s image: %v", k.name, err)
}

func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

func noCheck([]byte) error { return nil }

// decodeGIF reads the first frame and places it where it belongs on the logical
// screen (GIF89a, section 18), which is transparent around it.
func decodeGIF(r io.Reader) (image.Image, error) {
	var head bytes.Buffer
	screen, err := gif.DecodeConfig(io.TeeReader(r, &head))
	if err != nil {
		return nil, err
	}
	// image/gif makes sure that the frame lies inside the screen.
	frame, err := gif.Decode(io.MultiReader(&head, r))
	if err != nil {
		return nil, err
	}
	placed := image.NewNRGBA(image.Rect(0, 0, screen.Width, screen.Height))
	paste(placed, frame)
	return placed, nil
}

// checkTIFF refuses strips and tiles that lie over one another. A tile can be
// 8x8 pixels and all of them can point to the same megabytes, each to be
// unpacked again for a few pixels.
func checkTIFF(src []byte) error {
	const (
		stripByteCounts = 279
		tileByteCounts  = 325
	)
	for tag, values := range ifd(src) {
		if tag != stripByteCounts && tag != tileByteCounts {
			continue
		}
		total := 0
		for n := range values {
			total += n
		}
		// Twice leaves room for writers that round up.
		if limit := 2 * len(src); total > limit {
			return fail(prew.SourceDamaged, "TIFF image: its parts have %d bytes together, limit is %d", total, limit)
		}
	}
	return nil
}
