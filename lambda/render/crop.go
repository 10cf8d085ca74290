package render

import (
	"image"

	"prew"
	"prew/lambda/render/resample"
)

// A plan's crop is handed to the decoder as a region and to the resampler as
// axes: a JPEG is decoded, and resampled, only where the preview shows it.

// lattice says how many samples a plane has along the sides of the stored photo:
// x.num/x.den of them and y.num/y.den.
type lattice struct{ x, y fraction }

type fraction struct{ num, den int }

// wholeLattice is that of a plane with a sample for each pixel.
func wholeLattice(size image.Point) lattice { return lattice{fraction{size.X, 1}, fraction{size.Y, 1}} }

// stepOf is how many pixels of the preview, each way, share a sample of a plane: of
// what is not chroma, and in a PNG or a stand-in, none do. A WebP always has half of chroma.
func (f form) stepOf(component int, preset prew.Preset) int {
	pixels := preset.Format == prew.PNG || preset.Format.StandsIn()
	half := preset.Chroma == prew.Chroma420 && !pixels || preset.Format == prew.WebP
	if f == lumaChroma && component > 0 && half {
		return 2
	}
	return 1
}

// axes are those along which a plane of the photo becomes one of the preview that
// has a sample for each step pixels. Where the photo is stored mirrored they read
// the plane backwards.
func (p plan) axes(l lattice, step int) (x, y resample.Axis) {
	along := func(scaled, from, to int, f fraction, backwards bool) resample.Axis {
		a := resample.Axis{Scaled: scaled, Num: f.num, Den: f.den, From: from, Step: step, Count: (to - from + step - 1) / step}
		if backwards {
			a.From, a.Step = scaled-from, -step
		}
		return a
	}
	return along(p.scaled.X, p.crop.Min.X, p.crop.Max.X, l.x, p.turn.mirrorsX()),
		along(p.scaled.Y, p.crop.Min.Y, p.crop.Max.Y, l.y, p.turn.mirrorsY())
}

// region is what the axes of a plane on a lattice read with kernel k, in pixels
// of the photo as it is stored.
func (p plan) region(l lattice, stored image.Point, step int, k resample.Kernel) image.Rectangle {
	x, y := p.axes(l, step)
	along := func(a resample.Axis, f fraction, side int) (from, to int) {
		from, to = a.Reach(k, (f.num+f.den-1)/f.den)
		return from * f.den * side / f.num, (to*f.den*side + f.num - 1) / f.num
	}
	var r image.Rectangle
	r.Min.X, r.Max.X = along(x, l.x, stored.X)
	r.Min.Y, r.Max.Y = along(y, l.y, stored.Y)
	return r
}
