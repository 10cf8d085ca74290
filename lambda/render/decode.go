package render

import (
	"bytes"
	"errors"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

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

// kind is a format that is read: how its files begin ("?" is any byte) and what
// reads them.
type kind struct {
	name   string
	magic  string
	config func(io.Reader) (image.Config, error)
	check  func(src []byte) error // what the decoder doesn't hold against the size
	decode func(io.Reader) (image.Image, error)
	exif   func(src []byte) []byte // the TIFF structure that EXIF is, or nil
}

// kinds are all formats that are read. The standard library's registry is left
// alone: any import can add to it.
var kinds = []kind{
	{"JPEG", "\xff\xd8\xff", jpeg.DecodeConfig, checkJPEG, jpeg.Decode, exifOfJPEG},
	{"PNG", "\x89PNG\r\n\x1a\n", png.DecodeConfig, noCheck, png.Decode, exifOfPNG},
	{"GIF", "GIF87a", gif.DecodeConfig, noCheck, decodeGIF, noEXIF},
	{"GIF", "GIF89a", gif.DecodeConfig, noCheck, decodeGIF, noEXIF},
	{"BMP", "BM", bmp.DecodeConfig, noCheck, bmp.Decode, noEXIF},
	{"TIFF", "II*\x00", tiff.DecodeConfig, checkTIFF, tiff.Decode, exifOfTIFF},
	{"TIFF", "MM\x00*", tiff.DecodeConfig, checkTIFF, tiff.Decode, exifOfTIFF},
	{"WebP", "RIFF????WEBPVP8", configWebP, noCheck, decodeWebP, exifOfWebP},
}

// examine finds out what a source is and holds it against every limit by its
// headers alone: what it refuses costs no memory.
func examine(src []byte) (kind, error) {
	if len(src) > MaxSourceBytes {
		return kind{}, fail(prew.SourceTooLarge, "image has %d bytes, limit is %d", len(src), MaxSourceBytes)
	}
	for _, k := range kinds {
		if !k.begins(src) {
			continue
		}
		size, err := k.config(bytes.NewReader(src))
		switch {
		case err != nil:
			return kind{}, k.blame(err)
		case size.Width < 1 || size.Height < 1:
			return kind{}, fail(prew.SourceDamaged, "image is %dx%d", size.Width, size.Height)
		case size.Width > maxSide || size.Height > maxSide:
			return kind{}, fail(prew.SourceTooLarge, "image is %dx%d, limit is %d pixels a side", size.Width, size.Height, maxSide)
		case size.Width*size.Height > maxPixels:
			return kind{}, fail(prew.SourceTooLarge, "image is %dx%d, limit is %d megapixels", size.Width, size.Height, maxPixels/1_000_000)
		}
		return k, k.check(src)
	}
	return kind{}, fail(prew.SourceUnsupported, "not a JPEG, PNG, GIF, BMP, TIFF or WebP image")
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

// read decodes a source that examine let pass.
func (k kind) read(src []byte) (image.Image, error) {
	img, err := k.decode(bytes.NewReader(src))
	if err != nil {
		return nil, k.blame(err)
	}
	return img, nil
}

// blame tells what a decoder doesn't know from what is broken.
func (k kind) blame(err error) error {
	code := prew.SourceDamaged
	if is[jpeg.UnsupportedError](err) || is[png.UnsupportedError](err) || is[tiff.UnsupportedError](err) ||
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

// maxScans is the most scans of a JPEG: encoders write ten or so and a hundred
// is what libjpeg's own limit is. A scan of a few bytes can ask for work on the
// whole picture, and 64 MB hold hundreds of thousands of them.
const maxScans = 100

func checkJPEG(src []byte) error {
	scans := 0
	for marker := range jpegSegments(src) {
		if marker == jpegSOS {
			scans++
		}
	}
	if scans > maxScans {
		return fail(prew.SourceTooLarge, "image has %d scans, limit is %d", scans, maxScans)
	}
	return nil
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
