package render

import (
	"image"

	"prew"
	"prew/lambda/render/plane"
	"prew/lambda/render/resample"
)

// kernels are the preset's kernels in the words of package resample.
var kernels = map[prew.Kernel]resample.Kernel{
	prew.Lanczos:    resample.Lanczos,
	prew.CatmullRom: resample.CatmullRom,
	prew.Bilinear:   resample.Bilinear,
	prew.Box:        resample.Box,
}

// shrink resizes a frame, cuts it to its crop and mirrors it. Rows are decoded here,
// all of them, so that damage is found wherever it lies.
func (e *engine) shrink(f frame, p plan, preset prew.Preset) (frame, error) {
	if f.rows != nil {
		return e.shrinkRows(f, p, preset)
	}
	return e.shrinkPlanes(f, p, preset), nil
}

func (e *engine) shrinkPlanes(f frame, p plan, preset prew.Preset) frame {
	if !f.kept.Empty() {
		p = p.keeping(f.kept)
	}
	var x, y [4]resample.Axis
	var sizes [4]image.Point
	for i := range f.planes {
		x[i], y[i] = p.axes(f.lattices[i], f.form.stepOf(i, preset))
		sizes[i] = image.Pt(x[i].Count, y[i].Count)
	}
	shrunk := e.shrunk.prepare(sizes[:len(f.planes)])
	for i, whole := range f.planes {
		e.resampler.Plane(shrunk[i], whole, x[i], y[i], kernels[preset.Kernel])
	}
	f.planes = shrunk
	return f
}

func (e *engine) shrinkRows(f frame, p plan, preset prew.Preset) (frame, error) {
	in, size, kernel := f.rows, f.rows.size, kernels[preset.Kernel]
	f.rows = nil
	x, y := p.axes(wholeLattice(size), 1)
	var err error
	switch f.form {
	case lumaChroma:
		f.planes = e.shrunk.prepare([]image.Point{{X: x.Count, Y: y.Count}})
		err = e.resampler.Samples(f.planes[0], in, size.X, size.Y, x, y, kernel)
	case rgb:
		f.pixels = image.NewNRGBA(image.Rect(0, 0, x.Count, y.Count))
		err = e.resampler.Pixels(f.pixels.Pix, f.pixels.Stride, in, size.X, size.Y, x, y, kernel)
	case cmyk:
		if f.planes, err = e.separate(in); err == nil {
			for i := range f.planes {
				f.lattices[i] = wholeLattice(size)
			}
			f = e.shrinkPlanes(f, p, preset)
		}
	}
	if err == nil {
		err = in.finish()
	}
	return f, err
}

// separate makes a plane for each ink. Pictures of inks that come in rows, TIFFs for
// print, are rare enough to be held as a whole.
func (e *engine) separate(in *rows) ([]plane.Plane, error) {
	const channels = 4
	planes := e.turned.prepare([]image.Point{in.size, in.size, in.size, in.size})
	for y := range in.size.Y {
		row, err := in.Row(y)
		if err != nil {
			return nil, err
		}
		for c, p := range planes {
			samples := p.Row(y)
			for x := range samples {
				if row.Words != nil {
					samples[x] = uint8((uint32(row.Words[channels*x+c]) + 128) / 257)
				} else {
					samples[x] = row.Bytes[channels*x+c]
				}
			}
		}
	}
	return planes, nil
}
