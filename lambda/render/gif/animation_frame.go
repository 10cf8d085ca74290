package gif

import (
	"image"
	"math/bits"
	"slices"

	"prew/lambda/render/plane"
)

// frame is what is drawn of a canvas.
type frame struct {
	rect     image.Rectangle
	clear    bool   // there are transparent pixels
	local    *table // nil where it is the global one
	codeSize int    // the bits of an index, 2 at least
	data     []byte
}

// frameEncoder makes frames. It keeps its buffers from one to the next.
type frameEncoder struct {
	global table
	off    int // the mean square by which it was off where it was made
	pixels int // that frames have drawn

	local     table
	distinct  distinct
	quantiser quantiser

	indices []uint8
	others  []uint8    // indices that show what is there already, where pixels may stay
	errors  [2][]int32 // of dithering, three of each pixel in 1/16, and of the next row
	packed  compressor
}

// encode encodes the last canvas of an animation, and brings what is drawn up to date. The
// frame covers what is to be gone after it, whether that changes or not.
func (e *frameEncoder) encode(a *Animation, gone image.Rectangle) frame {
	rect := bounds(a.last, func(p, q []uint8) bool { return [4]uint8(p) != [4]uint8(q) }, a.seen).Union(gone)
	if rect.Empty() {
		return e.nothing(image.Rect(0, 0, 1, 1))
	}
	t := e.choose(a, rect)
	e.blank(rect)
	drawn := e.draw(a, rect, t)
	if gone.Empty() {
		if drawn.Empty() {
			return e.nothing(image.Rect(rect.Min.X, rect.Min.Y, rect.Min.X+1, rect.Min.Y+1))
		}
		e.crop(rect, drawn)
		rect = drawn
	}
	f := e.compress(rect)
	if t != &e.global {
		f.local = t
	}
	return f
}

// nothing is a frame in which nothing is drawn.
func (e *frameEncoder) nothing(rect image.Rectangle) frame {
	e.blank(rect)
	return e.compress(rect)
}

// blank makes all of a rectangle stay.
func (e *frameEncoder) blank(rect image.Rectangle) {
	n := rect.Dx() * rect.Dy()
	e.indices, e.others = plane.Resized(e.indices, n), plane.Resized(e.others, n)
	clear(e.indices)
	clear(e.others)
}

// changes calls do with the colour of each pixel that a frame has to draw.
func changes(a *Animation, rect image.Rectangle, do func(c colour)) {
	for y := rect.Min.Y; y < rect.Max.Y; y++ {
		row, seen := rowOf(a.last, y), rowOf(a.seen, y)
		for x := 4 * rect.Min.X; x < 4*rect.Max.X; x += 4 {
			if row[x+3] != 0 && [4]uint8(row[x:]) != [4]uint8(seen[x:]) {
				do(colourOf(row[x:]))
			}
		}
	}
}

// choose returns the table for a frame: the global one, to which its colours are added as
// far as there is room, or one of its own.
func (e *frameEncoder) choose(a *Animation, rect image.Rectangle) *table {
	before, n := len(e.global.colours), 0
	e.distinct.begin(e.global.colours)
	changes(a, rect, func(c colour) {
		e.distinct.see(c)
		n++
	})
	e.pixels += n
	if all := len(e.distinct.colours); !e.distinct.over && (all <= fewColours || all*colourPixels <= e.pixels) {
		if all > before {
			e.global.set(e.distinct.colours)
		}
		return &e.global
	}
	room := before <= mostAdded
	if before > 0 {
		off, most := e.offOf(a, rect, &e.global)
		if room && off <= toleratedOff*3/2 && most <= lostOff ||
			!room && off <= e.off*3/2+toleratedOff/2+tablePixels/max(n, 1) {
			return &e.global
		}
	}
	if !room {
		e.quantise(a, rect, &e.local, nil)
		return &e.local
	}
	e.quantise(a, rect, &e.global, e.global.colours)
	off, _ := e.offOf(a, rect, &e.global)
	e.off = max(e.off, off)
	return &e.global
}

// Colours are all in the table, exactly, where they are few, or where each has many pixels,
// as in what somebody has drawn. Where that was made smaller most are mixtures of others,
// of a few pixels each, of which indices and the table would take more than half of the file.
const (
	fewColours   = 31
	colourPixels = 128
)

// mostAdded is how many colours the global table may have so that there is room for
// those of a photo. toleratedOff is a square of which nobody sees anything: a table has no
// more colours than it takes for that in the mean, and what is drawn stays where another
// colour would be nearer by no more. And tablePixels makes that more where a frame has few
// pixels, of which a table of its own would be a large part. A pixel that is off by more
// than lostOff, the square of 32 of each sample, has lost its colour.
const (
	mostAdded    = 160
	toleratedOff = 12
	tablePixels  = 20_000
	lostOff      = 3 * 32 * 32
)

// offOf is the mean square by which the colours of a frame are not in a table, and the
// largest.
func (e *frameEncoder) offOf(a *Animation, rect image.Rectangle, t *table) (mean, most int) {
	sum, n := 0, 1
	changes(a, rect, func(c colour) {
		off := distance(c, t.of(t.nearest(c)))
		sum += off
		most = max(most, off)
		n++
	})
	return sum / n, most
}

// quantise makes a table for a frame, with some colours as they are, and others for pixels
// that none of them is near to.
func (e *frameEncoder) quantise(a *Animation, rect image.Rectangle, t *table, fixed []colour) {
	n := 0
	changes(a, rect, func(colour) { n++ })
	step := n/mostPixels + 1
	e.quantiser.begin()
	i := 0
	changes(a, rect, func(c colour) {
		if len(fixed) > 0 && distance(c, t.of(t.nearest(c))) <= toleratedOff {
			return
		}
		if i++; i%step == 0 {
			e.quantiser.see(c)
		}
	})
	fixed = slices.Clip(fixed)
	t.set(append(fixed, e.quantiser.colours(mostColours-len(fixed))...))
	for range improvements {
		t.set(e.quantiser.improve(t, len(fixed)))
	}
}

// improvements is how often colours become the means of the pixels that they are for. It
// is a few percent of the mean square each time, and less and less.
const improvements = 3

// draw makes indices of what changes, and returns the rectangle of those that are drawn.
func (e *frameEncoder) draw(a *Animation, rect image.Rectangle, t *table) image.Rectangle {
	width := rect.Dx()
	for i := range e.errors {
		e.errors[i] = plane.Resized(e.errors[i], 3*(width+2))
		clear(e.errors[i])
	}
	var all image.Rectangle
	for y := rect.Min.Y; y < rect.Max.Y; y++ {
		row, seen, drawn := rowOf(a.last, y), rowOf(a.seen, y), rowOf(a.drawn, y)
		to, others := e.indices[(y-rect.Min.Y)*width:][:width], e.others[(y-rect.Min.Y)*width:][:width]
		own, below := e.errors[0], e.errors[1]
		first, last := -1, 0
		for i := range to {
			x := 4 * (rect.Min.X + i)
			if row[x+3] == 0 || [4]uint8(row[x:]) == [4]uint8(seen[x:]) {
				if drawn[x+3] != 0 {
					others[i] = t.exactly(colourOf(drawn[x:]))
				}
				continue
			}
			c := colourOf(row[x:])
			if a.options.Dither {
				c = mixed(c, own[3*i+3:])
			}
			index := t.nearest(c)
			is := t.of(index)
			stays := false
			if drawn[x+3] != 0 {
				before := colourOf(drawn[x:])
				if stays = distance(c, before) <= distance(c, is)+toleratedOff; stays {
					is = before
				}
			}
			if a.options.Dither {
				spread(c, is, own[3*i+3:], below[3*i:])
			}
			if stays {
				to[i], others[i] = transparent, t.exactly(is)
				continue
			}
			to[i] = index
			drawn[x], drawn[x+1], drawn[x+2], drawn[x+3] = uint8(is.red()), uint8(is.green()), uint8(is.blue()), 0xff
			if first < 0 {
				first = i
			}
			last = i
		}
		if first >= 0 {
			all = all.Union(image.Rect(rect.Min.X+first, y, rect.Min.X+last+1, y+1))
		}
		e.errors[0], e.errors[1] = below, own
		clear(own)
	}
	return all
}

// mixed is a colour with the errors that were left for it.
func mixed(c colour, errors []int32) colour {
	of := func(v int, e int32) colour { return colour(min(max(v+int(e+8)>>4, 0), 255)) }
	return of(c.red(), errors[0])<<16 | of(c.green(), errors[1])<<8 | of(c.blue(), errors[2])
}

// spread leaves the error of a pixel for the next one, and for those below: errors begin
// with the pixel's own, and below with those of the one to the left. A quarter of it is
// dropped: slopes are as smooth without, films have 5 to 15 % less bytes, and there is less
// noise that moves.
func spread(c, is colour, errors, below []int32) {
	for i, d := range [3]int{c.red() - is.red(), c.green() - is.green(), c.blue() - is.blue()} {
		d := int32(d * 3 / 4)
		errors[3+i] += 7 * d
		below[i] += 3 * d
		below[3+i] += 5 * d
		below[6+i] += d
	}
}

// crop takes indices of a rectangle out of those of a larger one.
func (e *frameEncoder) crop(from, to image.Rectangle) {
	at := 0
	for y := to.Min.Y; y < to.Max.Y; y++ {
		start := (y-from.Min.Y)*from.Dx() + to.Min.X - from.Min.X
		copy(e.others[at:], e.others[start:][:to.Dx()])
		at += copy(e.indices[at:], e.indices[start:][:to.Dx()])
	}
	e.indices, e.others = e.indices[:at], e.others[:at]
}

// compress makes a frame of the indices (GIF89a, appendix F).
func (e *frameEncoder) compress(rect image.Rectangle) frame {
	f := frame{rect: rect}
	most := uint8(0)
	for i, index := range e.indices {
		most = max(most, index, e.others[i])
		f.clear = f.clear || index == transparent
	}
	f.codeSize = max(bits.Len8(most), 2)
	f.data = e.packed.compress(e.indices, e.others, f.codeSize)
	return f
}
