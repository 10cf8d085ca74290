package gif

import (
	"fmt"

	"prew/lambda/render/plane"
)

// Animation goes through the pictures of the file that was opened, of which it decodes
// none. What can't be read ends them, be it damage; of a picture that lacks pixels Next
// says so. It returns a LimitError for a picture that is too large, and for too many.
func (d *Decoder) Animation() (plane.Animation, error) {
	p := d.picture
	screen := p.width * p.height
	held, kept := 0, 0 // bytes
	var a plane.Animation
	for rest := d.coded; ; {
		if a.Frames++; a.Frames > plane.MaxFrames {
			return plane.Animation{}, LimitError(fmt.Sprintf("it has more than %d frames", plane.MaxFrames))
		}
		a.Pixels += max(screen, p.frameWidth*p.frameHeight)
		held = max(held, p.frameWidth*p.held())
		if p.comesBack() {
			kept = 4 * screen
		}
		var err error
		if rest, err = p.readNext(skip(rest)); err != nil {
			if _, ok := err.(LimitError); ok {
				return plane.Animation{}, err
			}
			break
		}
	}
	a.Loops, a.Memory = p.loops, held+kept
	return a, nil
}

// comesBack reports whether what is on the screen before the picture is shown again after it.
func (p *picture) comesBack() bool {
	return p.disposal == disposePrevious || p.disposal == disposeOther
}

// Next puts the next picture on the screen, which has four bytes for each of its pixels and
// must be as the last Next left it, and returns for how many milliseconds it is shown, as
// the file says. It can be called as often as there are frames, and neither Row nor Finish
// with it.
func (d *Decoder) Next(screen []uint8) (delay int, err error) {
	p := &d.picture
	switch {
	case d.err != nil:
		return 0, d.err
	case d.frames == 0:
		clear(screen)
	default:
		if p.disposal == disposeClear {
			d.shown.Clear(screen, p.width)
		}
		if p.comesBack() {
			d.shown.Copy(screen, d.before, p.width)
		}
		if d.coded, d.err = p.readNext(skip(d.coded)); d.err != nil {
			return 0, d.err
		}
		d.lzw.reset(d.coded, p.codeSize)
		d.begun, d.stored = false, 0
		d.indices = plane.Resized(d.indices, p.frameWidth*p.held())
	}
	d.frames++
	d.shown = p.onScreen()
	if p.comesBack() {
		d.before = plane.Resized(d.before, len(screen))
		d.shown.Copy(d.before, screen, p.width)
	}
	for y := d.shown.Top; y < d.shown.Bottom; y++ {
		indices, err := d.read(y - p.top)
		if err != nil {
			return 0, err
		}
		row := screen[4*y*p.width:]
		for x := d.shown.Left; x < d.shown.Right; x++ {
			if c := p.palette.colours[indices[x-d.shown.Left]]; c[3] != 0 {
				*(*[4]uint8)(row[4*x:]) = c
			}
		}
	}
	return 10 * p.delay, nil
}
