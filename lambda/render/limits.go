package render

import (
	"image"
	"io"
	"runtime/debug"

	"prew"
	"prew/lambda/render/plane"
)

// Everything that a photo claims is held against these limits before memory is
// taken for it. Most photos meet only that of memory.
const (
	// MaxSourceBytes is the largest photo that is read, in bytes: a scan of 50
	// megapixels in sixteen bits as a TIFF that is not compressed has 300 MB. A file
	// that is read as a whole has to have room in the memory, too.
	MaxSourceBytes = 304 << 20

	// maxUnfolded is how many bytes the pixels of a file may have that is unpacked as a
	// whole: three seconds of work. A photo of 50 megapixels with alpha in sixteen bits
	// has 400 MB.
	maxUnfolded = 600_000_000

	// usualMemory is the memory of a process that has no limit: what Lambda gives with
	// a whole CPU.
	usualMemory = 1769 << 20

	// besides is what a process has beside the photo that it renders: the program, its
	// tables, and what the garbage collector has not collected yet.
	besides = 48 << 20
)

// room is how many bytes a render may take: the process's memory limit (package
// runtime/debug), less what the process has besides.
func room() int {
	return int(min(debug.SetMemoryLimit(-1), usualMemory)) - besides
}

// checkMemory holds what a render takes, in bytes, against the room that there is.
func (e *engine) checkMemory(kind string, size image.Point, needed int) error {
	e.needed = needed
	if limit := room(); needed > limit {
		return fail(prew.SourceTooLarge, "%s image is %dx%d and needs %d MB to be rendered for this preset, limit is %d",
			kind, size.X, size.Y, needed/1_000_000, limit/1_000_000)
	}
	return nil
}

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
	case width > plane.MaxSide || height > plane.MaxSide:
		return fail(prew.SourceTooLarge, "image is %dx%d, limit is %d pixels a side", width, height, plane.MaxSide)
	case width*height > plane.MaxPixels:
		return fail(prew.SourceTooLarge, "image is %dx%d, limit is %d megapixels", width, height, plane.MaxPixels/1_000_000)
	}
	return nil
}
