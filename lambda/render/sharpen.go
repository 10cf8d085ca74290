package render

import (
	"image"

	"prew"
	"prew/lambda/render/resample"
)

// sharpenSigma is the deviation, in pixels, of the blur that sharpening takes away: as much
// as shrinking has softened.
const sharpenSigma = 1

// sharpen adds to the luma of a frame the preset's part of what a blur would take from it
// (an unsharp mask). Chroma and alpha stay, so that no edge gets a coloured seam.
func (e *engine) sharpen(f frame, _ plan, preset prew.Preset) (frame, error) {
	if preset.Sharpen == 0 {
		return f, nil
	}
	// In 256ths, of a difference of two samples.
	amount := (preset.Sharpen*256 + 50) / 100
	size := f.size()
	switch {
	case f.planes != nil:
		luma, table := f.planes[0], e.sharper.of(amount)
		soft := e.softened.prepare([]image.Point{size})[0]
		for y := range luma.Height {
			copy(soft.Row(y), luma.Row(y))
		}
		e.resampler.BlurPlane(soft, sharpenSigma)
		for y := range luma.Height {
			row := luma.Row(y)
			for x, s := range soft.Row(y)[:len(row)] {
				row[x] = table[uint16(row[x])<<8|uint16(s)]
			}
		}
	case f.pixels.Opaque():
		// What a blur takes from luma is what it takes from the luma of all colours.
		planes := e.softened.prepare([]image.Point{size, size})
		luma, soft := planes[0], planes[1]
		for y := range size.Y {
			resample.Luma(luma.Row(y), f.pixels.Pix[y*f.pixels.Stride:])
			copy(soft.Row(y), luma.Row(y))
		}
		e.resampler.BlurPlane(soft, sharpenSigma)
		for y := range size.Y {
			resample.Unsharp(f.pixels.Pix[y*f.pixels.Stride:], luma.Row(y), soft.Row(y), amount)
		}
	default:
		row := image.Pt(size.X, 1)
		planes := e.softened.prepare([]image.Point{row, row, {X: 4 * size.X, Y: size.Y}})
		luma, softLuma, soft := planes[0].Pix, planes[1].Pix, planes[2]
		for y := range size.Y {
			copy(soft.Row(y), f.pixels.Pix[y*f.pixels.Stride:])
		}
		e.resampler.BlurPixels(soft.Pix, soft.Stride, size.X, size.Y, sharpenSigma)
		for y := range size.Y {
			pixels := f.pixels.Pix[y*f.pixels.Stride:]
			resample.Luma(luma, pixels)
			resample.Luma(softLuma, soft.Row(y))
			resample.Unsharp(pixels, luma, softLuma, amount)
		}
	}
	return f, nil
}

// sharper are the sharpened samples by an amount: of each sample and its blur, which are the
// high and the low byte. A look at a table takes half as long as to compute one.
type sharper struct {
	amount int
	table  [1 << 16]uint8
}

// of is the table of an amount, which stays until there is another.
func (s *sharper) of(amount int) *[1 << 16]uint8 {
	if s.amount != amount {
		s.amount = amount
		for i := range s.table {
			v, soft := i>>8, i&0xff
			s.table[i] = sample(v + (amount*(v-soft)+128)>>8)
		}
	}
	return &s.table
}

// What the colours of a pixel have of its luma (JFIF 1.02), in 65536ths.
const redLuma, greenLuma, blueLuma = 19595, 38470, 7471

// lumaOf is the luma of a pixel in 65536ths.
func lumaOf(pixel []uint8) int {
	return redLuma*int(pixel[0]) + greenLuma*int(pixel[1]) + blueLuma*int(pixel[2])
}

// sample is the sample that is nearest to a number.
func sample(v int) uint8 { return uint8(min(max(v, 0), 0xff)) }
