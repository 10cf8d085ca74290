package render

import (
	"io"

	"prew"
)

// Everything that a photo claims is held against these limits before memory is
// taken for it.
const (
	// MaxSourceBytes is the largest photo that is read, in bytes. The JPEGs of
	// 50 megapixel cameras have 15 to 30 MB; twice that leaves room for TIFF.
	MaxSourceBytes = 64 << 20

	// maxPixels is the largest picture that is decoded, a full-frame camera's.
	// The dearest kind, a progressive JPEG in CMYK, takes 24 bytes a pixel
	// before it is shrunk: 1.2 GB here, which has room in the 1,769 MB that
	// give the function a whole CPU.
	maxPixels = 50_000_000

	// maxSide is the longest side that is decoded, in pixels: the longest side
	// of a WebP is one below it, and the cost of resizing a picture of a single
	// row grows with the side alone.
	maxSide = 16_384

	// maxMemory is the most bytes that rendering a JPEG may take, by the estimate
	// of memoryOf: together with what the program itself has, a process stays
	// below 250 MB. Only the largest photos need more, for previews near their
	// own size.
	maxMemory = 230_000_000
)

// bounded reads a source up to MaxSourceBytes, and fails with SourceTooLarge
// where the source has more.
type bounded struct {
	src  io.Reader
	read int
}

func (b *bounded) Read(p []byte) (int, error) {
	// It asks for one byte more than the limit: if that byte is there, the source
	// is too large.
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
