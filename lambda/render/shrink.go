package render

import (
	"image"

	"github.com/disintegration/imaging"

	"prew"
	"prew/lambda/render/plane"
	"prew/lambda/render/resample"
)

// picture is a preview that is not encoded yet: planes of luma and chroma, or of
// luma alone, or pixels.
type picture struct {
	planes []plane.Plane
	pixels *image.NRGBA
}

// filters and kernels are the preset's kernels in the words of imaging and of
// package resample.
var (
	filters = map[prew.Kernel]imaging.ResampleFilter{
		prew.Lanczos:    imaging.Lanczos,
		prew.CatmullRom: imaging.CatmullRom,
		prew.Bilinear:   imaging.Linear,
		prew.Box:        imaging.Box,
	}
	kernels = map[prew.Kernel]resample.Kernel{
		prew.Lanczos:    resample.Lanczos,
		prew.CatmullRom: resample.CatmullRom,
		prew.Bilinear:   resample.Bilinear,
		prew.Box:        resample.Box,
	}
)

// shrink makes the preview's picture of a photo.
func (e *engine) shrink(ph photo, p prew.Preset) picture {
	switch {
	case ph.planes != nil:
		return e.shrinkPlanes(ph, p)
	case ph.forImaging:
		return shrinkByImaging(ph, p)
	}
	return e.shrinkPixels(ph, p)
}

// stepOf is how many pixels of the preview, each way, share a sample of a plane:
// a PNG has none to share.
func stepOf(component int, p prew.Preset) int {
	if component > 0 && p.Chroma == prew.Chroma420 && p.Format != prew.PNG {
		return 2
	}
	return 1
}

func (e *engine) shrinkPlanes(ph photo, p prew.Preset) picture {
	var x, y [3]resample.Axis
	var sizes [3]image.Point
	for i, l := range ph.lattices {
		x[i], y[i] = ph.axes(l, stepOf(i, p))
		sizes[i] = image.Pt(x[i].Count, y[i].Count)
	}
	shrunk := e.preview.prepare(sizes[:len(ph.planes)])
	for i, source := range ph.planes {
		e.resampler.Plane(shrunk[i], source, x[i], y[i], kernels[p.Kernel])
	}
	return picture{planes: e.turn(shrunk, ph.turn)}
}

func (e *engine) shrinkPixels(ph photo, p prew.Preset) picture {
	size := ph.pixels.Rect.Size()
	x, y := ph.axes(wholeLattice(size), 1)
	m := image.NewNRGBA(image.Rect(0, 0, x.Count, y.Count))
	e.resampler.Pixels(m.Pix, m.Stride, ph.pixels.Pix, ph.pixels.Stride, size.X, size.Y, x, y, kernels[p.Kernel])
	// Mirrored it is no more: see view.axes.
	if ph.turn.transposes() {
		m = imaging.Transpose(m)
	}
	return picture{pixels: m}
}

func shrinkByImaging(ph photo, p prew.Preset) picture {
	size := ph.turn.size(ph.scaled)
	turned := ph.turn.apply(imaging.Resize(ph.pixels, size.X, size.Y, filters[p.Kernel]))
	return picture{pixels: turned.SubImage(ph.crop).(*image.NRGBA)}
}

// turn exchanges the axes of planes that are stored on their side. Mirrored they
// are no more: see view.axes.
func (e *engine) turn(planes []plane.Plane, t turn) []plane.Plane {
	if !t.transposes() {
		return planes
	}
	var sizes [3]image.Point
	for i, p := range planes {
		sizes[i] = image.Pt(p.Height, p.Width)
	}
	turned := e.turned.prepare(sizes[:len(planes)])
	for i, p := range planes {
		plane.Transpose(turned[i], p)
	}
	return turned
}
