package render

import (
	"image"
	"image/color"

	"prew"
	"prew/lambda/render/plane"
)

// pad puts a frame that is smaller than its preview in the middle of the preset's
// background, a colour or the frame itself, blurred: at an even pixel, so that samples of
// chroma lie on those of the background.
func (e *engine) pad(f frame, p plan, preset prew.Preset) (frame, error) {
	size := f.size()
	if size == p.canvas {
		return f, nil
	}
	at := p.canvas.Sub(size).Div(2)
	at.X, at.Y = at.X&^1, at.Y&^1
	c, blurred := background(preset), preset.Background == prew.Blurred
	if f.pixels != nil {
		memory := e.padded.prepare([]image.Point{{X: 4 * p.canvas.X, Y: p.canvas.Y}})[0]
		padded := &image.NRGBA{Pix: memory.Pix, Stride: memory.Stride, Rect: image.Rectangle{Max: p.canvas}}
		if blurred {
			e.blurPixels(padded, f.pixels, at)
		} else {
			row := padded.Pix[:padded.Stride]
			for i := 0; i < len(row); i += 4 {
				row[i], row[i+1], row[i+2], row[i+3] = c.R, c.G, c.B, 0xff
			}
			for y := range p.canvas.Y {
				copy(padded.Pix[y*padded.Stride:], row)
			}
		}
		for y := range size.Y {
			copy(padded.Pix[padded.PixOffset(at.X, at.Y+y):], f.pixels.Pix[y*f.pixels.Stride:][:4*size.X])
		}
		f.pixels = padded
		return f, nil
	}
	luma, cb, cr := color.RGBToYCbCr(c.R, c.G, c.B)
	if len(f.planes) == 1 && !blurred && (cb != 128 || cr != 128) {
		f.planes = append(f.planes, e.noChroma(size, f.form.stepOf(1, preset))...)
	}
	var sizes [3]image.Point
	for i := range f.planes {
		step := f.form.stepOf(i, preset)
		sizes[i] = image.Pt((p.canvas.X+step-1)/step, (p.canvas.Y+step-1)/step)
	}
	padded := e.padded.prepare(sizes[:len(f.planes)])
	for i, v := range []uint8{luma, cb, cr}[:len(padded)] {
		step := f.form.stepOf(i, preset)
		from := at.Div(step)
		if blurred {
			e.blurPlane(padded[i], f.planes[i], from)
		} else {
			fill(padded[i], v)
		}
		for y := range f.planes[i].Height {
			photo := f.planes[i].Row(y)
			row, end := padded[i].Row(from.Y + y)[from.X:][:len(photo)], len(photo)-1
			last := photo[end]
			// At an odd edge half of what a sample of chroma stands for is background.
			if end*step == size.X-1 && step == 2 && at.X+size.X < p.canvas.X {
				last = mean(last, row[end])
			}
			if y*step == size.Y-1 && step == 2 && at.Y+size.Y < p.canvas.Y {
				last = mean(last, row[end])
				for x, v := range photo {
					row[x] = mean(v, row[x])
				}
			} else {
				copy(row, photo)
			}
			row[end] = last
		}
	}
	f.planes = padded
	return f, nil
}

// noChroma are the planes of chroma of what is grey, a sample for each square of step by
// step pixels.
func (e *engine) noChroma(size image.Point, step int) []plane.Plane {
	half := image.Pt((size.X+step-1)/step, (size.Y+step-1)/step)
	planes := e.toned.prepare([]image.Point{half, half})
	for _, p := range planes {
		fill(p, 128)
	}
	return planes
}

// fill makes a plane even. It has no gaps between its rows.
func fill(p plane.Plane, v uint8) {
	p.Pix[0] = v
	for n := 1; n < len(p.Pix); n *= 2 {
		copy(p.Pix[n:], p.Pix[:n])
	}
}

func mean(a, b uint8) uint8 { return uint8((int(a) + int(b) + 1) / 2) }
