package render

import (
	"image"
	"image/color"

	"prew"
	"prew/lambda/render/plane"
	"prew/lambda/render/resample"
)

// tone gives each luma of a frame one colour, that of the preset's tone. Alpha stays.
func (e *engine) tone(f frame, _ plan, preset prew.Preset) (frame, error) {
	switch {
	case preset.Tone == "":
		return f, nil
	case f.pixels != nil:
		tonePixels(f.pixels, tones(preset.Tone))
	case preset.Tone == prew.Grey:
		f.planes = f.planes[:1]
	default:
		f.planes = e.tonePlanes(f.planes, f.form.stepOf(1, preset), tones(preset.Tone))
	}
	return f, nil
}

// tones are the colours of a tone for each luma. Those of grey are as bright as they were,
// and those of a colour nearly: black and white stay, and between them lies the colour
// where it is as bright as itself. Sepia is CSS's of the grey (Filter Effects 1, section
// 9.5: its rows come to 1.351, 1.203 and 0.937).
func tones(tone prew.Tone) (table [256]color.RGBA) {
	var c color.RGBA
	light := 0
	if tone != prew.Grey && tone != prew.Sepia {
		c = namedColour(string(tone))
		light = (lumaOf([]uint8{c.R, c.G, c.B}) + 1<<15) >> 16
	}
	for v := range table {
		between := func(c int) uint8 {
			switch {
			case v < light:
				return uint8((c*v + light/2) / light)
			case v == light:
				return uint8(c)
			}
			return uint8(c + ((0xff-c)*(v-light)+(0xff-light)/2)/(0xff-light))
		}
		switch tone {
		case prew.Grey:
			table[v] = color.RGBA{uint8(v), uint8(v), uint8(v), 0xff}
		case prew.Sepia:
			table[v] = color.RGBA{sample((1351*v + 500) / 1000), sample((1203*v + 500) / 1000), sample((937*v + 500) / 1000), 0xff}
		default:
			table[v] = color.RGBA{between(int(c.R)), between(int(c.G)), between(int(c.B)), 0xff}
		}
	}
	return table
}

// tonePixels replaces the colours of pixels.
func tonePixels(img *image.NRGBA, table [256]color.RGBA) {
	size := img.Rect.Size()
	lumas := make([]uint8, size.X)
	for y := range size.Y {
		row := img.Pix[y*img.Stride:][:4*size.X]
		resample.Luma(lumas, row)
		for x, luma := range lumas {
			pixel, c := row[4*x:][:4:4], &table[luma]
			pixel[0], pixel[1], pixel[2] = c.R, c.G, c.B
		}
	}
}

// tonePlanes replaces the planes of luma and chroma, or gives chroma to what has luma
// alone: a sample for each square of step by step pixels, by their mean luma.
func (e *engine) tonePlanes(planes []plane.Plane, step int, table [256]color.RGBA) []plane.Plane {
	var lumas, cbs, crs [256]uint8
	for v, c := range table {
		lumas[v], cbs[v], crs[v] = color.RGBToYCbCr(c.R, c.G, c.B)
	}
	luma := planes[0]
	half := image.Pt((luma.Width+step-1)/step, (luma.Height+step-1)/step)
	chroma := e.toned.prepare([]image.Point{half, half})
	for y := range half.Y {
		top, bottom := luma.Row(step*y), luma.Row(min(step*y+step-1, luma.Height-1))
		cb, cr := chroma[0].Row(y), chroma[1].Row(y)
		if step == 1 {
			for x, v := range top {
				cb[x], cr[x] = cbs[v], crs[v]
			}
			continue
		}
		for x := range cb {
			// At an odd edge the last sample counts twice.
			left, right := 2*x, min(2*x+1, luma.Width-1)
			v := (int(top[left]) + int(top[right]) + int(bottom[left]) + int(bottom[right]) + 2) / 4
			cb[x], cr[x] = cbs[v], crs[v]
		}
	}
	replace(luma, &lumas)
	return []plane.Plane{luma, chroma[0], chroma[1]}
}
