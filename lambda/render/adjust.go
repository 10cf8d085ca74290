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
	sums, size := a.sums(), f.size()
	for y := range size.Y {
		sums.replace(f.pixels.Pix[y*f.pixels.Stride:][:4*size.X])
	}
	return f, nil
}

// sums are an adjustment of pixels: each colour that becomes of one is a sum of what its red,
// its green and its blue give. What a sample gives to all three lies in a word: to red from bit
// 0 on, to green from bit 21 on and to blue from bit 42 on, in 512ths and 2048 samples too
// much. No sum is below -1100 or above 1800, whatever the preset, so that with them none is
// below 0 or reaches the next; on the way there they may.
type sums struct {
	red, green, blue [256]uint64
	nearest          [4096]uint8 // the sample nearest to a sum, without its 512ths
}

func (a adjustment) sums() *sums {
	var s sums
	for v := range 256 {
		// What it gives to its own colour alone, with a half for rounding.
		own := uint64((a.offset+a.chroma*v+1<<15)>>7 + 2048<<9)
		// What it gives to all by its part of the luma, to each the same: so greys stay grey.
		all := func(weight int) uint64 {
			return uint64((a.luma-a.chroma)*weight*v>>23) * (1 + 1<<21 + 1<<42)
		}
		s.red[v], s.green[v], s.blue[v] = own+all(redLuma), own<<21+all(greenLuma), own<<42+all(blueLuma)
	}
	for i := range s.nearest {
		s.nearest[i] = sample(i - 2048)
	}
	return &s
}

// replace adjusts a row of pixels.
func (s *sums) replace(row []uint8) {
	for ; len(row) >= 4; row = row[4:] {
		sum := s.red[row[0]] + s.green[row[1]] + s.blue[row[2]]
		row[0] = s.nearest[sum>>9&0xfff]
		row[1] = s.nearest[sum>>(21+9)&0xfff]
		row[2] = s.nearest[sum>>(42+9)&0xfff]
	}
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
