package png

import (
	"encoding/binary"

	"prew/lambda/render/plane"
)

// animationFrame is a frame of an animation, by its chunk fcTL (11.3.6.2).
type animationFrame struct {
	place  rectangle
	data   []byte // the file from there on
	kind   string // what the chunks of its data are called
	delay  int    // ms
	clears bool   // its place becomes transparent before the next frame
	back   bool   // what was there before the frame comes back
	upon   bool   // what was there before shines through it
}

// Animation goes through the frames of the file that was opened, of which it decodes none.
// It returns a DamagedError for a frame that is not wholly in the picture and for chunks in
// another order than their numbers (11.3.6), and a LimitError for too many frames.
func (d *Decoder) Animation() (plane.Animation, error) {
	a := plane.Animation{Frames: 1, Loops: 1}
	d.frames, d.composed = d.frames[:0], 0
	if !d.animated {
		return a, nil
	}
	m := &d.storage
	kind, number, declared := "IDAT", uint32(0), uint32(0)
	for rest := d.file[len(signature):]; ; {
		c, after := cut(rest)
		if c.name == nil || c.is("IEND") {
			break
		}
		switch {
		case c.is("acTL") && len(c.data) == 8 && c.intact():
			declared, a.Loops = binary.BigEndian.Uint32(c.data), int(binary.BigEndian.Uint32(c.data[4:]))
		case c.is("IDAT"):
			kind = "fdAT"
		case c.is("fcTL") && c.sum != nil, c.is("fdAT"):
			if len(c.data) < 4 || binary.BigEndian.Uint32(c.data) != number {
				return plane.Animation{}, damagedf("its animation does not go on with chunk %d", number)
			}
			number++
			if c.is("fdAT") || uint32(len(d.frames)) == declared {
				break
			}
			if len(d.frames) == plane.MaxFrames {
				return plane.Animation{}, limitf("it has more than %d frames", plane.MaxFrames)
			}
			f := animationFrame{place: readFrame(c.data, m.width, m.height), data: after, kind: kind}
			if whole := (rectangle{0, 0, m.width, m.height}); f.place.width == 0 || !c.intact() || kind == "IDAT" && (len(d.frames) > 0 || f.place != whole) {
				return plane.Animation{}, damagedf("its frame %d is none", len(d.frames))
			}
			f.readControl(c.data)
			d.frames = append(d.frames, f)
		}
		rest = after
	}
	a.Frames = max(len(d.frames), 1)
	a.Pixels = a.Frames * m.width * m.height
	if a.Frames > 1 {
		a.Memory = d.memoryOfFrames()
	}
	return a, nil
}

// readControl reads how long a frame is shown, and how it is put upon what was there.
func (f *animationFrame) readControl(p []byte) {
	parts, each := int(binary.BigEndian.Uint16(p[20:])), int(binary.BigEndian.Uint16(p[22:]))
	if each == 0 {
		each = 100
	}
	f.delay = (1000*parts + each/2) / each
	f.clears, f.back, f.upon = p[24] == 1, p[24] == 2, p[25] == 1
}

// memoryOfFrames is how many bytes decoding takes from now on, because the picture comes as
// frames.
func (d *Decoder) memoryOfFrames() int {
	m := &d.storage
	d.moving = true
	d.frame = rectangle{0, 0, m.width, m.height}
	d.layOut()
	n := d.memory() + 4*m.width
	for _, f := range d.frames {
		if f.back {
			return n + 4*m.width*m.height
		}
	}
	return n
}

// Next puts the next frame on the canvas, which must be as the last Next left it, and
// returns for how many milliseconds it is shown, as the file says. It can be called after
// Animation as often as there are frames, and neither Row nor Finish with it. Of sixteen
// bits a sample eight are left.
func (d *Decoder) Next(canvas []uint8) (delay int, err error) {
	width := d.storage.width
	if d.err != nil {
		return 0, d.err
	}
	if d.composed == 0 {
		clear(canvas)
	} else {
		switch last := d.frames[d.composed-1]; {
		case last.clears:
			last.place.rect().Clear(canvas, width)
		case last.back:
			last.place.rect().Copy(canvas, d.before, width)
		}
	}
	f := d.frames[d.composed]
	d.composed++
	if f.back {
		d.before = plane.Resized(d.before, len(canvas))
		f.place.rect().Copy(d.before, canvas, width)
	}
	d.data, d.kind, d.frame = f.data, f.kind, f.place
	d.decoded, d.shown = 0, nil
	if d.err = d.begin(); d.err != nil {
		return 0, d.err
	}
	for y := range f.place.height {
		row, err := d.frameRow(y)
		if err != nil {
			d.err = err
			return 0, err
		}
		bytes := row.Bytes
		if d.deep {
			d.line = plane.Resized(d.line, len(row.Words))
			reduce(d.line, row.Words)
			bytes = d.line
		}
		at := 4 * ((f.place.y+y)*width + f.place.x)
		if f.upon {
			plane.Over(canvas[at:], bytes)
		} else {
			copy(canvas[at:], bytes)
		}
	}
	d.err = d.inflater.in.finish()
	return f.delay, d.err
}

// rect is the rectangle as a part of a canvas.
func (r rectangle) rect() plane.Rect {
	return plane.Rect{Left: r.x, Top: r.y, Right: r.x + r.width, Bottom: r.y + r.height}
}
