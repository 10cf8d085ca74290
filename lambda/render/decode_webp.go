package render

import (
	"image"
	"io"

	"prew"
	"prew/lambda/render/webp"
)

var blameWebP = blaming("WebP", is[webp.DamagedError], is[webp.UnsupportedError], is[webp.LimitError])

// openWebP opens a WebP, of which the first picture is read. One that is made of planes
// keeps them.
func (e *engine) openWebP(src io.Reader) (photo, error) {
	file, err := e.read(src)
	if err != nil {
		return photo{}, err
	}
	h, err := e.webps.Open(file)
	if err != nil {
		return photo{}, blameWebP(err)
	}
	o := opened{
		kind: "WebP", size: image.Pt(h.Width, h.Height), form: rgb, memory: h.Memory,
		turn: orientation(h.EXIF), decoder: &e.webps, blame: blameWebP,
	}
	o.colours, o.note = coloursOf(h.ICC, o.channels()...)
	opened, err := e.byRows(o)
	if err == nil && h.Planar {
		rows := opened.decode
		opened.decode = func(p plan, preset prew.Preset) (picture, error) {
			if lumaChroma.stepOf(1, preset) == 1 { // rows have chroma for each pixel, made as WebP wants it
				return rows(p, preset)
			}
			return e.decodeWebP(o, p, preset)
		}
	}
	return opened, err
}

// decodeWebP decodes a lossy WebP into planes, of which those of chroma have half as many
// samples each way.
func (e *engine) decodeWebP(o opened, p plan, preset prew.Preset) (picture, error) {
	if err := e.checkMemory(o.kind, o.size, e.memoryOfRows(o, p, preset)); err != nil {
		return picture{}, err
	}
	planes, err := e.webps.Planes()
	if err != nil {
		return picture{}, blameWebP(err)
	}
	whole, half := wholeLattice(o.size), lattice{fraction{o.size.X, 2}, fraction{o.size.Y, 2}}
	return still(frame{planes: planes, lattices: [4]lattice{whole, half, half}, colours: o.colours}), nil
}
