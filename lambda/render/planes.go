package render

import (
	"image"
	"image/color"

	"prew"
	"prew/lambda/render/plane"
)

// lumaChroma converts opaque pixels to the planes of a JPEG (JFIF 1.02: BT.601 in
// full range): luma for every pixel, and chroma for every square of step by step
// pixels, which is the chroma of their mean. step is 1 or 2.
func (e *engine) lumaChroma(img *image.NRGBA, step int) []plane.Plane {
	size := img.Rect.Size()
	half := image.Pt((size.X+step-1)/step, (size.Y+step-1)/step)
	planes := e.turned.prepare([]image.Point{size, half, half})
	at := func(x, y int) []uint8 {
		i := img.PixOffset(img.Rect.Min.X+min(x, size.X-1), img.Rect.Min.Y+min(y, size.Y-1))
		return img.Pix[i : i+4 : i+4]
	}
	for y := range size.Y {
		luma := planes[0].Row(y)
		row := img.Pix[img.PixOffset(img.Rect.Min.X, img.Rect.Min.Y+y):]
		for x := range luma {
			pixel := row[4*x:][:4:4]
			luma[x], _, _ = color.RGBToYCbCr(pixel[0], pixel[1], pixel[2])
		}
	}
	for y := range half.Y {
		cb, cr := planes[1].Row(y), planes[2].Row(y)
		for x := range cb {
			pixel := at(x, y)
			r, g, b := pixel[0], pixel[1], pixel[2]
			if step == 2 {
				// At an odd edge the last pixel counts twice.
				p, q, s, t := at(2*x, 2*y), at(2*x+1, 2*y), at(2*x, 2*y+1), at(2*x+1, 2*y+1)
				mean := func(i int) uint8 { return uint8((int(p[i]) + int(q[i]) + int(s[i]) + int(t[i]) + 2) / 4) }
				r, g, b = mean(0), mean(1), mean(2)
			}
			_, cb[x], cr[x] = color.RGBToYCbCr(r, g, b)
		}
	}
	return planes
}

// asPlanes are the planes of an opaque frame, or of one whose alpha goes its own way.
func (e *engine) asPlanes(f frame, preset prew.Preset) []plane.Plane {
	if f.planes != nil {
		return f.planes
	}
	return e.lumaChroma(f.pixels, lumaChroma.stepOf(1, preset))
}

// asPixels are the pixels of a frame of any form, whose planes are all of one size.
func asPixels(f frame) (pixels *image.NRGBA) {
	switch {
	case f.pixels != nil:
		return f.pixels
	case len(f.planes) == 1:
		pixels = greys(f.planes[0])
	default:
		pixels = colours(f.planes)
	}
	if f.alpha.Pix != nil {
		for y := range f.alpha.Height {
			row := pixels.Pix[y*pixels.Stride:]
			for x, a := range f.alpha.Row(y) {
				if a == 0 {
					clear(row[4*x:][:3])
				}
				row[4*x+3] = a
			}
		}
	}
	return pixels
}

// colours converts planes of luma and chroma, all of one size, to opaque pixels.
func colours(planes []plane.Plane) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, planes[0].Width, planes[0].Height))
	for y := range planes[0].Height {
		luma, cb, cr := planes[0].Row(y), planes[1].Row(y), planes[2].Row(y)
		row := m.Pix[y*m.Stride:]
		for x := range luma {
			pixel := row[4*x:][:4:4]
			pixel[0], pixel[1], pixel[2] = color.YCbCrToRGB(luma[x], cb[x], cr[x])
			pixel[3] = 0xff
		}
	}
	return m
}
