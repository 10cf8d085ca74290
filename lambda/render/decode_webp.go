package render

import (
	"image"

	"prew"
	"prew/lambda/render/plane"
	"prew/lambda/render/webp"
)

var openWebP = inRows("WebP", (*engine).headerOfWebP, is[webp.DamagedError], is[webp.UnsupportedError], is[webp.LimitError])

func (e *engine) headerOfWebP(file []byte) (opened, error) {
	h, err := e.webps.Open(file)
	o := opened{size: image.Pt(h.Width, h.Height), form: plane.RGBA, memory: h.Memory,
		turn: orientation(h.EXIF), icc: h.ICC, decoder: &e.webps, moving: &e.webps, copiedAll: e.webps.CopyAnimation, format: prew.WebP, copied: e.webps.Copy}
	if h.Planar {
		o.planes = e.planesOfWebP
	}
	return o, err
}

// planesOfWebP decodes a lossy WebP into its planes, of which those of chroma have half
// as many samples each way. Where the preview has chroma for each pixel there are none:
// the rows have it, made as WebP wants it.
func (e *engine) planesOfWebP(size image.Point, preset prew.Preset) (f frame, ok bool, err error) {
	if lumaChroma.stepOf(1, preset) == 1 {
		return frame{}, false, nil
	}
	planes, err := e.webps.Planes()
	whole, half := wholeLattice(size), lattice{fraction{size.X, 2}, fraction{size.Y, 2}}
	return frame{planes: planes, lattices: [4]lattice{whole, half, half}}, true, err
}
