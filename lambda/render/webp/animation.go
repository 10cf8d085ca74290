package webp

import (
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
	"math"

	"prew/lambda/render/plane"
)

// An Animation writes an animated WebP (RFC 9649, section 2.7.1) of one canvas after
// another. Of each it encodes the rectangle that differs from the canvas before, by
// EncodeOptions as stills are: lossy, or without loss where that is smaller. It is not
// for concurrent use.
type Animation struct {
	w       io.Writer
	size    image.Point
	loops   int
	options EncodeOptions
	near    int // by how much samples may be off and be left as they are shown

	encoder *Encoder
	shown   *image.NRGBA // what was encoded of the canvas, in the colours that it had
	row     []uint8      // of it, where a part is taken away
	part    *image.NRGBA // the rectangle that is encoded
	planes  [3]plane.Plane
	alpha   plane.Plane
	unseen  []bool // its macroblocks that nobody sees

	sure    sureness // which way frames are encoded
	sureFor int      // so many of them

	last   animationFrame // is written when it is known how it ends
	begun  bool           // there is a last one
	frames []namedChunk
	bytes  int  // of these
	clear  bool // a frame has alpha
}

// animationFrame is a frame that is encoded.
type animationFrame struct {
	rect    image.Rectangle
	blend   bool
	dispose bool // its rectangle is transparent when the next one comes
	delay   int  // ms
	picture []namedChunk
}

// MaxDelay is the longest that a frame can be shown, in ms (RFC 9649, section 2.7.1.1).
const MaxDelay = 1<<24 - 1

// MaxLoops is how often an animation can be shown, if not for ever (RFC 9649, section
// 2.7.1.1).
const MaxLoops = 1<<16 - 1

// NewAnimation begins an animation of canvases of a size that is shown loops times, or
// for ever if that is 0; more often than MaxLoops is for ever, too. Alpha of the options
// is not looked at. Sides of 0 or over MaxSide, less than no loops and a quality that is
// none are the caller's mistake: NewAnimation panics. The encoder is the animation's until
// its Close.
func (e *Encoder) NewAnimation(w io.Writer, size image.Point, loops int, o EncodeOptions) *Animation {
	switch {
	case o.Quality < 1 || o.Quality > 100:
		panic(fmt.Sprintf("webp: quality is %d, must be from 1 to 100", o.Quality))
	case size.X < 1 || size.Y < 1 || size.X > MaxSide || size.Y > MaxSide:
		panic(fmt.Sprintf("webp: canvas is %dx%d, must be from 1x1 to %dx%d", size.X, size.Y, MaxSide, MaxSide))
	case loops < 0:
		panic(fmt.Sprintf("webp: %d loops, must be 0 for ever or more", loops))
	}
	if loops > MaxLoops {
		loops = 0
	}
	canvas := image.Rectangle{Max: size}
	a := &Animation{w: w, size: size, loops: loops, options: o, near: nearOf(o.Quality), encoder: e,
		shown: image.NewNRGBA(canvas), part: image.NewNRGBA(canvas), row: make([]uint8, 4*size.X)}
	e.effort = efforts[o.Effort]
	return a
}

// nearOf is the difference of luma that nobody sees at a quality: about a quarter of the
// step of the lowest coefficients. Frames of films and of dithered drawings differ by that
// much nearly everywhere. Samples may be twice as much off.
func nearOf(quality int) int { return min(stepOf(quality)/16/4, 4) }

// Add adds a canvas that is shown for a delay in ms. It is the whole picture of that
// time, not multiplied by alpha, and is the caller's again when Add returns. One that
// does not differ from the one before makes that longer. A LimitError says that the file
// gets too large for the format. A canvas of another size and a delay below 0 are the
// caller's mistake: Add panics.
func (a *Animation) Add(canvas *image.NRGBA, delay int) error {
	if canvas.Rect.Size() != a.size || delay < 0 {
		panic(fmt.Sprintf("webp: a canvas of %v shown for %d ms, must be of %v and for 0 and more", canvas.Rect.Size(), delay, a.size))
	}
	c := a.compare(canvas, image.Rectangle{})
	if a.begun {
		if c.rect.Empty() {
			a.last.delay += delay
			return nil
		}
		if !c.blend {
			// Something gets transparent: may be that less is to be drawn where all of the
			// last frame is taken away.
			if other := a.compare(canvas, a.last.rect); other.cost(canvas) < c.cost(canvas) {
				c = other
				a.last.dispose = true
				a.take(a.last.rect)
			}
		}
		if err := a.writeLast(); err != nil {
			return err
		}
	}
	if c.rect.Empty() {
		c.rect = image.Rect(0, 0, 1, 1)
	}
	a.last = animationFrame{rect: c.rect, blend: c.blend, delay: delay, picture: a.encode(canvas, c)}
	a.begun = true
	return nil
}

// Close writes the file. An animation without canvases is an error.
func (a *Animation) Close() error {
	if !a.begun {
		return errors.New("webp: an animation without frames")
	}
	if err := a.writeLast(); err != nil {
		return err
	}
	flags := flagsOf(a.clear) | hasAnimation
	// The colour of the background is transparent, of which viewers make what they want.
	head := binary.LittleEndian.AppendUint16(make([]byte, 4), uint16(a.loops))
	chunks := append(extendedChunks(a.size.X, a.size.Y, flags, a.options.ICC), namedChunk{"ANIM", head})
	_, err := a.w.Write(fileOf(append(chunks, a.frames...)))
	return err
}

// writeLast writes the last frame, whose delay and end are known. Where the delay is over
// the limit, transparent frames have the rest of it.
func (a *Animation) writeLast() error {
	f, left := a.last, a.last.delay
	for left > MaxDelay {
		f.delay, f.dispose = MaxDelay, false
		if err := a.write(f); err != nil {
			return err
		}
		left -= MaxDelay
		a.clear = true
		nothing := make([]uint8, 4*f.rect.Dx()*f.rect.Dy())
		stream, _ := a.encoder.encodePixels(nothing, 4*f.rect.Dx(), f.rect.Dx(), f.rect.Dy())
		f.blend, f.picture = true, []namedChunk{{"VP8L", stream}}
	}
	f.delay, f.dispose = left, a.last.dispose
	return a.write(f)
}

func (a *Animation) write(f animationFrame) error {
	head := make([]byte, frameHead)
	putUint24(head, f.rect.Min.X/2)
	putUint24(head[3:], f.rect.Min.Y/2)
	putUint24(head[6:], f.rect.Dx()-1)
	putUint24(head[9:], f.rect.Dy()-1)
	putUint24(head[12:], f.delay)
	if !f.blend {
		head[15] |= 1 << 1
	}
	if f.dispose {
		head[15] |= 1
	}
	for _, c := range f.picture {
		head = c.append(head)
	}
	chunk := namedChunk{"ANMF", head}
	a.frames = append(a.frames, chunk)
	a.bytes += chunk.size()
	if a.bytes > math.MaxUint32-len(a.options.ICC)-1<<10 {
		return limitf("the animation has %d bytes and more", a.bytes)
	}
	return nil
}
