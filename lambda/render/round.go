package render

import (
	"image"
	"image/color"

	"prew"
	"prew/lambda/render/plane"
)

// round cuts the corners of a frame off: what lies outside is transparent, or has the
// preset's background where the format has no alpha.
func (e *engine) round(f frame, _ plan, preset prew.Preset) (frame, error) {
	switch {
	case !preset.Rounds():
		return f, nil
	case !formats[preset.Format].alpha:
		return e.paint(f, outline(f.size(), preset), background(preset), preset), nil
	case f.pixels == nil:
		f.alpha = e.rounded.prepare([]image.Point{f.size()})[0]
		fill(f.alpha, 0xff)
		outline(f.size(), preset).partly(1, func(x, y int, cover []uint8) { copy(f.alpha.Row(y)[x:], cover) })
		return f, nil
	}
	outline(f.size(), preset).partly(1, func(x, y int, cover []uint8) {
		row := f.pixels.Pix[y*f.pixels.Stride+4*x:]
		for i, covered := range cover {
			pixel := row[4*i:][:4:4]
			if pixel[3] = over(pixel[3], 0, uint32(covered)); pixel[3] == 0 {
				pixel[0], pixel[1], pixel[2] = 0, 0, 0
			}
		}
	})
	return f, nil
}

// outline is what is left of a preview of a size by the preset's radius or circle.
func outline(size image.Point, preset prew.Preset) *shape {
	if preset.Circle {
		return &shape{size: size, rx: size.X, ry: size.Y}
	}
	r := min(2*preset.Radius, size.X, size.Y)
	return &shape{size: size, rx: r, ry: r}
}

// paint gives what a shape does not cover of a frame a colour, in place of what was there.
func (e *engine) paint(f frame, s *shape, c color.RGBA, preset prew.Preset) frame {
	if f.pixels != nil {
		s.partly(1, func(x, y int, cover []uint8) {
			row := f.pixels.Pix[y*f.pixels.Stride+4*x:]
			for i, covered := range cover {
				if pixel := row[4*i:][:4:4]; covered == 0 {
					pixel[0], pixel[1], pixel[2], pixel[3] = c.R, c.G, c.B, 0xff
				} else {
					mix(pixel, c, uint32(covered))
				}
			}
		})
		return f
	}
	luma, cb, cr := color.RGBToYCbCr(c.R, c.G, c.B)
	if len(f.planes) == 1 && (cb != 128 || cr != 128) {
		f.planes = append(f.planes, e.noChroma(f.size(), f.form.stepOf(1, preset))...)
	}
	put := func(p plane.Plane, x, y int, cover []uint8, under uint8) {
		row := p.Row(y)[x:][:len(cover)]
		for i, covered := range cover {
			if covered == 0 {
				row[i] = under
			} else {
				row[i] = over(row[i], under, uint32(covered))
			}
		}
	}
	s.partly(1, func(x, y int, cover []uint8) { put(f.planes[0], x, y, cover, luma) })
	if len(f.planes) > 1 {
		s.partly(f.form.stepOf(1, preset), func(x, y int, cover []uint8) {
			put(f.planes[1], x, y, cover, cb)
			put(f.planes[2], x, y, cover, cr)
		})
	}
	return f
}

// mix leaves of a pixel, whose alpha does not multiply its colours, as much as is covered, of
// 255, and gives the rest of it an opaque colour.
func mix(pixel []uint8, c color.RGBA, covered uint32) {
	// Of what is opaque, alpha is covered, and all of it 255.
	alpha := (uint32(pixel[3])*covered + 127) / 0xff
	all := alpha + 0xff - covered
	if all == 0 {
		clear(pixel)
		return
	}
	for i, colour := range [3]uint8{c.R, c.G, c.B} {
		pixel[i] = uint8((uint32(pixel[i])*alpha + uint32(colour)*(0xff-covered) + all/2) / all)
	}
	pixel[3] = uint8(all)
}
