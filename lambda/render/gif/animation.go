package gif

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
)

// An Animation writes an animated GIF of one canvas after another. Of each it encodes the
// rectangle that differs from the canvas before. It is not for concurrent use.
//
// The file has one table of colours, of the first canvas and of those that come later as
// far as there is room, and frames that it is not good enough for have their own.
type Animation struct {
	w       io.Writer
	size    image.Point
	loops   int
	options AnimationOptions

	seen  *image.NRGBA // what viewers see before the last canvas: its colours as they were added
	drawn *image.NRGBA // and as they were drawn
	last  *image.NRGBA // is written when it is known how it ends
	next  *image.NRGBA
	begun bool
	delay int // of the last one, in ms
	time  int // of all before it
	told  int // what of that frames have, in 1/100 s

	encoder frameEncoder
	frames  []byte
}

// AnimationOptions say how an animation is encoded.
type AnimationOptions struct {
	// Dither mixes colours that are not in a table of those that are (Floyd and Steinberg,
	// 1976). Slopes are smoother, and the file larger.
	Dither bool
}

// MaxSide is the longest side that a screen has room for (GIF89a, section 18).
const MaxSide = 1<<16 - 1

// The delays of frames, in 1/100 s: browsers show frames of less than leastDelay for a
// tenth of a second, and there is room for mostDelay (GIF89a, section 23).
const (
	leastDelay = 2
	mostDelay  = 1<<16 - 1
)

// mostRepeats is how often an animation can be repeated, if not for ever.
const mostRepeats = 1<<16 - 1

// NewAnimation begins an animation of canvases of a size that is shown loops times, or
// for ever if that is 0; more often than the format has room for is for ever, too. Sides
// of 0 or over MaxSide and less than no loops are the caller's mistake: NewAnimation
// panics.
func NewAnimation(w io.Writer, size image.Point, loops int, o AnimationOptions) *Animation {
	switch {
	case size.X < 1 || size.Y < 1 || size.X > MaxSide || size.Y > MaxSide:
		panic(fmt.Sprintf("gif: canvas is %dx%d, must be from 1x1 to %dx%d", size.X, size.Y, MaxSide, MaxSide))
	case loops < 0:
		panic(fmt.Sprintf("gif: %d loops, must be 0 for ever or more", loops))
	}
	canvas := image.Rectangle{Max: size}
	a := &Animation{w: w, size: size, loops: loops, options: o, seen: image.NewNRGBA(canvas),
		drawn: image.NewNRGBA(canvas), last: image.NewNRGBA(canvas), next: image.NewNRGBA(canvas)}
	return a
}

// Add adds a canvas that is shown for a delay in ms. It is the whole picture of that
// time, not multiplied by alpha, and is the caller's again when Add returns. Pixels of
// half their alpha and more are opaque, and the others transparent. A canvas that does not
// differ from the one before makes that longer, and one that would be shown for less than
// browsers do is left out. A canvas of another size and a delay below 0 are the caller's
// mistake: Add panics. Its error is always nil.
func (a *Animation) Add(canvas *image.NRGBA, delay int) error {
	if canvas.Rect.Size() != a.size || delay < 0 {
		panic(fmt.Sprintf("gif: a canvas of %v shown for %d ms, must be of %v and for 0 and more", canvas.Rect.Size(), delay, a.size))
	}
	settle(a.next, canvas)
	if a.begun {
		if bytes.Equal(a.next.Pix, a.last.Pix) {
			a.delay += delay
			return nil
		}
		if ended := hundredths(a.time + a.delay); ended-a.told >= leastDelay {
			a.writeLast(ended-a.told, goneOf(a.last, a.next))
			a.told = ended
		}
	}
	a.last, a.next = a.next, a.last
	a.time += a.delay
	a.begun, a.delay = true, delay
	return nil
}

// hundredths are the whole hundredths of a second that are nearest to ms.
func hundredths(ms int) int { return (ms + 5) / 10 }

// Close writes the file. An animation without canvases is an error.
func (a *Animation) Close() error {
	if !a.begun {
		return errors.New("gif: an animation without frames")
	}
	a.writeLast(max(hundredths(a.time+a.delay)-a.told, leastDelay), image.Rectangle{})
	_, err := a.w.Write(append(append(a.head(), a.frames...), blockTrailer))
	return err
}

// head is what a file begins with: the screen, its table, and how often it is shown
// (GIF89a, sections 17 to 19, and Netscape's extension).
func (a *Animation) head() []byte {
	head := append([]byte("GIF89a"), 0, 0, 0, 0)
	binary.LittleEndian.PutUint16(head[6:], uint16(a.size.X))
	binary.LittleEndian.PutUint16(head[8:], uint16(a.size.Y))
	bits := bitsOf(len(a.encoder.global.colours))
	head = append(head, byte(0x80|7<<4|(bits-1)), transparent, 0)
	head = a.encoder.global.write(head, bits)
	if a.loops == 1 {
		return head
	}
	repeats := 0 // for ever
	if a.loops > 1 && a.loops-1 <= mostRepeats {
		repeats = a.loops - 1
	}
	head = append(head, blockExtension, extensionApplication, 11)
	head = append(head, "NETSCAPE2.0"...)
	return append(head, 3, 1, byte(repeats), byte(repeats>>8), 0)
}

// writeLast writes the last canvas, which is shown for a delay in 1/100 s and of which
// then a rectangle is to be gone. What of the delay is over the limit frames have in which
// nothing is drawn.
func (a *Animation) writeLast(delay int, gone image.Rectangle) {
	f := a.encoder.encode(a, gone)
	for delay > mostDelay {
		a.write(f, mostDelay, false)
		delay -= mostDelay
		f = a.encoder.nothing(f.rect)
	}
	a.write(f, delay, !gone.Empty())
	a.seen, a.last = a.last, a.seen
	if !gone.Empty() {
		take(a.seen, f.rect)
		take(a.drawn, f.rect)
	}
}

// write writes a frame (GIF89a, sections 20 to 23).
func (a *Animation) write(f frame, delay int, dispose bool) {
	const keep, background = 1 << 2, 2 << 2
	flags := byte(keep)
	if dispose {
		flags = background
	}
	if f.clear {
		flags |= 1
	}
	b := append(a.frames, blockExtension, extensionControl, 4, flags, byte(delay), byte(delay>>8), transparent, 0, blockPicture)
	for _, v := range [4]int{f.rect.Min.X, f.rect.Min.Y, f.rect.Dx(), f.rect.Dy()} {
		b = binary.LittleEndian.AppendUint16(b, uint16(v))
	}
	if f.local == nil {
		b = append(b, 0)
	} else {
		bits := bitsOf(len(f.local.colours))
		b = f.local.write(append(b, byte(0x80|(bits-1))), bits)
	}
	b = append(b, byte(f.codeSize))
	for rest := f.data; len(rest) > 0; {
		n := min(len(rest), 255)
		b = append(append(b, byte(n)), rest[:n]...)
		rest = rest[n:]
	}
	a.frames = append(b, 0)
}

// bitsOf are those of an index of so many colours and transparent.
func bitsOf(colours int) int {
	bits := 1
	for 1<<bits < colours+1 {
		bits++
	}
	return bits
}

// write writes the table with room for indices of so many bits.
func (t *table) write(b []byte, bits int) []byte {
	b = append(b, 0, 0, 0) // transparent
	for _, c := range t.colours {
		b = append(b, byte(c>>16), byte(c>>8), byte(c))
	}
	return append(b, make([]byte, 3*(1<<bits-1-len(t.colours)))...)
}

// settle copies a canvas of which all pixels are either opaque or nothing.
func settle(to, canvas *image.NRGBA) {
	for y := range to.Rect.Dy() {
		row, from := rowOf(to, y), rowOf(canvas, y)
		copy(row, from)
		for x := 0; x < len(row); x += 4 {
			switch {
			case row[x+3] == 0xff:
			case row[x+3] >= 0x80:
				row[x+3] = 0xff
			default:
				clear(row[x : x+4])
			}
		}
	}
}

// goneOf is the rectangle of what is in a canvas and not in the next one.
func goneOf(m, next *image.NRGBA) image.Rectangle {
	return bounds(m, func(now, then []uint8) bool { return now[3] > then[3] }, next)
}

// bounds is the least rectangle that has all pixels for which something holds of them and
// those of another picture.
func bounds(m *image.NRGBA, holds func(p, q []uint8) bool, other *image.NRGBA) image.Rectangle {
	var r image.Rectangle
	for y := range m.Rect.Dy() {
		row, others := rowOf(m, y), rowOf(other, y)
		if bytes.Equal(row, others) {
			continue
		}
		for x := 0; x < len(row); x += 4 {
			if holds(row[x:x+4], others[x:x+4]) {
				r = r.Union(image.Rect(x/4, y, x/4+1, y+1))
			}
		}
	}
	return r
}

// take makes a rectangle transparent.
func take(m *image.NRGBA, r image.Rectangle) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		clear(rowOf(m, y)[4*r.Min.X : 4*r.Max.X])
	}
}

// rowOf is row y of a picture, from 0.
func rowOf(m *image.NRGBA, y int) []uint8 {
	return m.Pix[y*m.Stride:][: 4*m.Rect.Dx() : 4*m.Rect.Dx()]
}
