package render

import (
	"image"

	"prew/lambda/render/bmp"
)

var openBMP = inRows("BMP", (*engine).headerOfBMP, is[bmp.DamagedError], is[bmp.UnsupportedError], is[bmp.LimitError])

func (e *engine) headerOfBMP(file []byte) (opened, error) {
	h, err := e.bmps.Open(file)
	return opened{size: image.Pt(h.Width, h.Height), form: h.Form, memory: h.Memory,
		turn: upright, icc: h.ICC, decoder: &e.bmps}, err
}
