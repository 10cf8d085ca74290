package render

import (
	"image"
	"io"

	"prew/lambda/render/bmp"
)

var blameBMP = blaming("BMP", is[bmp.DamagedError], is[bmp.UnsupportedError], is[bmp.LimitError])

// openBMP opens a BMP.
func (e *engine) openBMP(src io.Reader) (photo, error) {
	file, err := e.read(src)
	if err != nil {
		return photo{}, err
	}
	h, err := e.bmps.Open(file)
	if err != nil {
		return photo{}, blameBMP(err)
	}
	o := opened{
		kind: "BMP", size: image.Pt(h.Width, h.Height), form: rgb, memory: h.Memory,
		turn: upright, decoder: &e.bmps, blame: blameBMP,
	}
	if h.Form == bmp.Grey {
		o.form = lumaChroma
	}
	o.colours, o.note = coloursOf(h.ICC, o.channels()...)
	return e.byRows(o)
}
