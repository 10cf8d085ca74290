package render

import (
	"prew"
	"prew/lambda/render/plane"
)

// adjustment is brightness, then contrast, then saturation in the words of CSS (Filter
// Effects 1, section 6), in one step: luma becomes offset + luma*v, and what a colour
// differs from its luma becomes chroma times as much. All three are in 65536ths. Luma is
// JFIF's, so that planes of luma and chroma and pixels become alike.
type adjustment struct{ offset, luma, chroma int }

func adjustmentOf(p prew.Preset) adjustment {
	const one, middle = 1 << 16, 255 * (1 << 16) / 2
	brightness, contrast, saturation := 100+p.Brightness, 100+p.Contrast, 100+p.Saturation
	return adjustment{
		offset: middle * (100 - contrast) / 100,
		luma:   one * brightness * contrast / (100 * 100),
		chroma: one * brightness * contrast * saturation / (100 * 100 * 100),
	}
}

// adjust makes a frame brighter or darker, its contrasts larger or smaller, and its
// colours stronger or weaker.
func (e *engine) adjust(f frame, _ plan, preset prew.Preset) (frame, error) {
	if preset.Brightness == 0 && preset.Contrast == 0 && preset.Saturation == 0 {
		return f, nil
	}
	a := adjustmentOf(preset)
	const half = 1 << 15
	if f.planes != nil {
		var luma, chroma [256]uint8
		for v := range luma {
			luma[v] = sample((a.offset + a.luma*v + half) >> 16)
			chroma[v] = sample((128<<16 + a.chroma*(v-128) + half) >> 16)
		}
		replace(f.planes[0], &luma)
		for _, p := range f.planes[1:] {
			replace(p, &chroma)
		}
		return f, nil
	}
	size := f.size()
	for y := range size.Y {
		row := f.pixels.Pix[y*f.pixels.Stride:][:4*size.X]
		for x := 0; x < len(row); x += 4 {
			pixel := row[x:][:4:4]
			luma := lumaOf(pixel)
			grey := a.offset + half + (a.luma-a.chroma)*(luma>>8)>>8
			for c := range 3 {
				pixel[c] = sample((grey + a.chroma*int(pixel[c])) >> 16)
			}
		}
	}
	return f, nil
}

// replace gives each sample of a plane what the table has for it.
func replace(p plane.Plane, table *[256]uint8) {
	for y := range p.Height {
		row := p.Row(y)
		for x, v := range row {
			row[x] = table[v]
		}
	}
}
