package render

import (
	"image"

	"github.com/disintegration/imaging"

	"prew"
	"prew/lambda/render/resample"
)

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

// shrink resizes a frame, cuts it to its crop and mirrors it.
func (e *engine) shrink(f frame, p plan, preset prew.Preset) frame {
	switch {
	case f.planes != nil:
		return e.shrinkPlanes(f, p, preset)
	case f.byImaging:
		return shrinkByImaging(f, p, preset)
	}
	return e.shrinkPixels(f, p, preset)
}

func (e *engine) shrinkPlanes(f frame, p plan, preset prew.Preset) frame {
	var x, y [3]resample.Axis
	var sizes [3]image.Point
	for i := range f.planes {
		x[i], y[i] = p.axes(f.lattices[i], stepOf(i, preset))
		sizes[i] = image.Pt(x[i].Count, y[i].Count)
	}
	shrunk := e.shrunk.prepare(sizes[:len(f.planes)])
	for i, whole := range f.planes {
		e.resampler.Plane(shrunk[i], whole, x[i], y[i], kernels[preset.Kernel])
	}
	return frame{planes: shrunk}
}

func (e *engine) shrinkPixels(f frame, p plan, preset prew.Preset) frame {
	size := f.pixels.Rect.Size()
	x, y := p.axes(wholeLattice(size), 1)
	m := image.NewNRGBA(image.Rect(0, 0, x.Count, y.Count))
	e.resampler.Pixels(m.Pix, m.Stride, pixelRows{f.pixels}, size.X, size.Y, x, y, kernels[preset.Kernel]) // whole pixels have no errors
	return frame{pixels: m}
}

func shrinkByImaging(f frame, p plan, preset prew.Preset) frame {
	m := imaging.Resize(f.pixels, p.scaled.X, p.scaled.Y, filters[preset.Kernel])
	if p.turn.mirrorsX() {
		m = imaging.FlipH(m)
	}
	if p.turn.mirrorsY() {
		m = imaging.FlipV(m)
	}
	return frame{pixels: m.SubImage(p.crop).(*image.NRGBA)}
}
