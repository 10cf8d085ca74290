package render

import (
	"image"

	"prew"
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
	if f.planes != nil {
		luma := f.planes[0]
		soft := e.softened.prepare([]image.Point{f.size()})[0]
		for y := range luma.Height {
			copy(soft.Row(y), luma.Row(y))
		}
		e.resampler.BlurPlane(soft, sharpenSigma)
		for y := range luma.Height {
			row, soft := luma.Row(y), soft.Row(y)
			for x, v := range row {
				row[x] = sample(int(v) + (amount*(int(v)-int(soft[x]))+128)>>8)
			}
		}
		return f, nil
	}
	size := f.size()
	soft := e.softened.prepare([]image.Point{{X: 4 * size.X, Y: size.Y}})[0]
	for y := range size.Y {
		copy(soft.Row(y), f.pixels.Pix[y*f.pixels.Stride:])
	}
	e.resampler.BlurPixels(soft.Pix, soft.Stride, size.X, size.Y, sharpenSigma)
	for y := range size.Y {
		row, soft := f.pixels.Pix[y*f.pixels.Stride:][:4*size.X], soft.Row(y)
		for x := 0; x < len(row); x += 4 {
			pixel := row[x:][:4:4]
			more := (amount*(lumaOf(pixel)-lumaOf(soft[x:][:4:4])) + 1<<23) >> 24
			for c := range 3 {
				pixel[c] = sample(int(pixel[c]) + more)
			}
		}
	}
	return f, nil
}

// lumaOf is the luma of a pixel (JFIF 1.02), in 65536ths.
func lumaOf(pixel []uint8) int {
	return 19595*int(pixel[0]) + 38470*int(pixel[1]) + 7471*int(pixel[2])
}

// sample is the sample that is nearest to a number.
func sample(v int) uint8 { return uint8(min(max(v, 0), 0xff)) }
