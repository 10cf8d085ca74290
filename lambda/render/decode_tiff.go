package render

import (
	"image"
	"io"

	"prew/lambda/render/tiff"
)

var blameTIFF = blaming("TIFF", is[tiff.DamagedError], is[tiff.UnsupportedError], is[tiff.LimitError])

// formsOfTIFF are the forms in the words of package tiff.
var formsOfTIFF = map[tiff.Form]form{tiff.Grey: lumaChroma, tiff.Colour: rgb, tiff.Ink: cmyk}

// openTIFF opens a TIFF.
func (e *engine) openTIFF(src io.Reader) (photo, error) {
	file, err := e.read(src)
	if err != nil {
		return photo{}, err
	}
	h, err := e.tiffs.Open(file)
	if err != nil {
		return photo{}, blameTIFF(err)
	}
	o := opened{
		kind: "TIFF", size: image.Pt(h.Width, h.Height), form: formsOfTIFF[h.Form], deep: h.Deep, memory: h.Memory,
		turn: turn(h.Orientation), decoder: &e.tiffs, blame: blameTIFF,
	}
	o.colours, o.note = coloursOf(h.ICC, o.channels()...)
	return e.byRows(o)
}
