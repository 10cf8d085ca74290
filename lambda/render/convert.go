package render

import (
	"image"
	"image/color"

	"prew"
	"prew/lambda/render/colour"
	"prew/lambda/render/plane"
)

// convert makes the colours of a frame those of sRGB, or, if the preset keeps them, has
// the preview carry their profile. It comes after the frame is shrunk, because then
// there are the fewest pixels. Inks and planes of red, green and blue become pixels.
func (e *engine) convert(f frame, _ plan, preset prew.Preset) (frame, error) {
	if keeps := f.colours.Embed(); preset.Colour == prew.Keep && keeps != nil && f.fits(f.colours) && !f.gains(preset) {
		f.profile, f.meant, f.colours = keeps, f.colours, nil
	}
	if f.form == cmykInverted || f.form == ycck {
		f.asInks()
	}
	switch {
	case f.form == cmyk:
		t := f.colours
		if t == nil {
			t = colour.Inks()
		}
		f.pixels = pixelsOf(f.planes, func(row []uint8, y int) {
			t.PixelsOfInks(row, f.planes[0].Row(y), f.planes[1].Row(y), f.planes[2].Row(y), f.planes[3].Row(y))
		})
		f.planes = nil
	case f.form == rgb && f.planes != nil:
		f.pixels = pixelsOf(f.planes, func(row []uint8, y int) {
			r, g, b := f.planes[0].Row(y), f.planes[1].Row(y), f.planes[2].Row(y)
			for x := range r {
				pixel := row[4*x:][:4:4]
				pixel[0], pixel[1], pixel[2], pixel[3] = r[x], g[x], b[x], 0xff
			}
			f.colours.Pixels(row)
		})
		f.planes = nil
	case f.pixels != nil:
		for y := range f.pixels.Rect.Dy() {
			f.colours.Pixels(f.pixels.Pix[y*f.pixels.Stride:][:4*f.pixels.Rect.Dx()])
		}
	default:
		f.colours.Planes(f.planes)
	}
	f.colours = nil
	return f, nil
}

// asInks makes the planes of a JPEG with inks what they are in the form cmyk.
func (f *frame) asInks() {
	for y := range f.planes[0].Height {
		c, m, yellow, k := f.planes[0].Row(y), f.planes[1].Row(y), f.planes[2].Row(y), f.planes[3].Row(y)
		for x := range k {
			if f.form == ycck {
				c[x], m[x], yellow[x] = color.YCbCrToRGB(c[x], m[x], yellow[x])
			} else {
				c[x], m[x], yellow[x] = ^c[x], ^m[x], ^yellow[x]
			}
			k[x] = ^k[x]
		}
	}
	f.form = cmyk
}

// fits says whether a profile is for a picture of as many channels as the preview has.
func (f frame) fits(t *colour.Transform) bool { return (len(f.planes) == 1) == (t.Channels() == 1) }

// gains says whether a frame gets colours that its profile is not for: a tone's, which are
// sRGB's, and those of a background, a border or a mark beside what is grey. Beside what is
// transparent nothing is grey alone.
func (f frame) gains(preset prew.Preset) bool {
	return preset.Tone != "" || len(f.planes) == 1 && (preset.Fit == prew.Pad && preset.Background != prew.Blurred || preset.Watermark != "" || preset.Border != 0 || preset.Rounds())
}

// pixelsOf makes the pixels of planes that are all of one size, row by row.
func pixelsOf(planes []plane.Plane, fill func(row []uint8, y int)) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, planes[0].Width, planes[0].Height))
	for y := range planes[0].Height {
		fill(m.Pix[y*m.Stride:][:4*planes[0].Width], y)
	}
	return m
}
