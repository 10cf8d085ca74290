package render

import (
	"image"
	"io"
	"runtime/debug"
	"syscall"
	"time"

	"prew"
	"prew/lambda/render/plane"
	"prew/lambda/render/webp"
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

	// maxMoving is how many pixels the frames of what moves may have together, and those of
	// its preview: those of a GIF of 480x270 for 93 seconds, at 25 in a second. They take
	// up to twelve seconds.
	maxMoving = 300_000_000

	// maxAnimating is how long a processor may be at the frames of what moves. It leaves
	// the function time to read and to store. A clock would count what others do on a busy
	// machine, and the photo would be refused for that.
	maxAnimating = 15 * time.Second

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

// checkSides holds the preview's sides against those that its format has room for: a side
// that the preset leaves free may be as long as the photo's.
func checkSides(p plan, preset prew.Preset) error {
	limit := formats[preset.Format].maxSide
	if preset.Format != prew.Auto && max(p.canvas.X, p.canvas.Y) > limit {
		return fail(prew.SourceTooLarge, "image makes a preview of %dx%d, limit of %s is %d pixels a side", p.canvas.X, p.canvas.Y, preset.Format, limit)
	}
	return nil
}

// checkAnimation holds against the limits what a photo takes that moves.
func (e *engine) checkAnimation(a animation, p plan, preset prew.Preset) error {
	if a.Pixels > maxMoving {
		return fail(prew.SourceTooLarge, "%s image has %d frames with %d megapixels together, limit is %d",
			a.kind, a.Frames, a.Pixels/1_000_000, maxMoving/1_000_000)
	}
	if pixels := a.Frames * p.canvas.X * p.canvas.Y; pixels > maxMoving {
		return fail(prew.SourceTooLarge, "%s image has %d frames, which makes %d megapixels of preview together, limit is %d",
			a.kind, a.Frames, pixels/1_000_000, maxMoving/1_000_000)
	}
	if side := max(p.canvas.X, p.canvas.Y); preset.Format == prew.WebP && side > webp.MaxSide {
		return fail(prew.SourceTooLarge, "%s image makes a preview of %dx%d that moves, limit is %d pixels a side",
			a.kind, p.canvas.X, p.canvas.Y, webp.MaxSide)
	}
	return e.checkMemory(a.kind, a.opened.size, e.memoryOfAnimation(a, p, preset))
}

// checkTime holds against the limit what a processor has done for the frames before n.
func (a animation) checkTime(n int, took time.Duration) error {
	if took > maxAnimating {
		return fail(prew.SourceTooLarge, "%s image has %d frames, of which %d took %v, limit is %v for all",
			a.kind, a.Frames, n, took.Round(time.Second/10), maxAnimating)
	}
	return nil
}

// processorTime is how long processors have been at what this process does. It renders one
// photo at a time.
func processorTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0 // there is no such error of a process about itself
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// memoryOfAnimation is about how many bytes it takes to make a preview that moves: what
// each frame takes as a photo, what its decoder and its encoder hold from one frame to the
// next, the file, and its own copy.
func (e *engine) memoryOfAnimation(a animation, p plan, preset prew.Preset) int {
	canvas, preview := a.opened.size.X*a.opened.size.Y, p.canvas.X*p.canvas.Y
	return e.memoryOfRows(a.opened, p, preset) + len(e.file) + a.Memory + 4*canvas + 24*preview + a.Frames*preview/2
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
