package webp

import (
	"encoding/binary"

	"prew/lambda/render/plane"
)

// animationHead is the size of a chunk ANIM, in bytes.
const animationHead = 6

// The flags of a frame (RFC 9649, section 2.7.1.1).
const (
	frameClears = 1 << 0 // its place becomes transparent before the next frame
	frameCovers = 1 << 1 // what was there before does not shine through it
)

// Animation goes through the frames of the file that was opened, of which it decodes none.
// What is broken in one of them Next says. It returns a LimitError for too many.
func (d *Decoder) Animation() (plane.Animation, error) {
	a := plane.Animation{Frames: 1, Loops: 1}
	d.frames, d.composed = d.frames[:0], 0
	frame := container{width: d.picture.width, height: d.picture.height}
	for name, chunk := range chunks(d.file[fileHead:]) {
		switch {
		case name == "ANIM" && len(chunk) >= animationHead && len(d.frames) == 0:
			a.Loops = int(binary.LittleEndian.Uint16(chunk[4:]))
		case name == "ANMF":
			if len(d.frames) == plane.MaxFrames {
				return plane.Animation{}, limitf("it has more than %d frames", plane.MaxFrames)
			}
			d.frames = append(d.frames, chunk)
			if frame.readFrame(chunk) == nil && frame.check() == nil {
				a.Memory = max(a.Memory, frame.memory()+4*frame.frameWidth)
			}
		}
	}
	a.Frames, d.loops = max(len(d.frames), 1), a.Loops
	a.Pixels = a.Frames * d.picture.width * d.picture.height
	return a, nil
}

// Next puts the next frame on the canvas, which must be as the last Next left it, and
// returns for how many milliseconds it is shown, as the file says. It can be called after
// Animation as often as there are frames, and neither Planes nor Row nor Finish with it.
// The background that a file names is transparent, as in browsers.
func (d *Decoder) Next(canvas []uint8) (delay int, err error) {
	p := &d.picture
	if d.err != nil {
		return 0, d.err
	}
	if d.composed == 0 {
		clear(canvas)
	} else if d.clears {
		d.shown.Clear(canvas, p.width)
	}
	chunk := d.frames[d.composed]
	d.composed++
	d.begun, d.planes, d.decoded = false, nil, 0
	if d.err = p.readFrame(chunk); d.err == nil {
		d.err = p.check()
	}
	if d.err != nil {
		return 0, d.err
	}
	flags := chunk[frameHead-1]
	d.clears = flags&frameClears != 0
	d.shown = plane.Rect{Left: p.left, Top: p.top, Right: p.left + p.frameWidth, Bottom: p.top + p.frameHeight}
	if d.err = d.begin(nil); d.err != nil {
		return 0, d.err
	}
	covers := flags&frameCovers != 0 || p.solid
	d.upon = plane.Resized(d.upon, 4*p.frameWidth)
	for y := range p.frameHeight {
		at := 4 * ((p.top+y)*p.width + p.left)
		row := canvas[at : at+4*p.frameWidth]
		if covers {
			d.err = d.paint(row, y)
		} else if d.err = d.paint(d.upon, y); d.err == nil {
			plane.Over(row, d.upon)
		}
		if d.err != nil {
			return 0, d.err
		}
	}
	return uint24(chunk[12:]), nil
}
