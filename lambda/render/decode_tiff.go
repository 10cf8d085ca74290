package render

import (
	"image"

	"prew/lambda/render/tiff"
)

var openTIFF = inRows("TIFF", (*engine).headerOfTIFF, is[tiff.DamagedError], is[tiff.UnsupportedError], is[tiff.LimitError])

func (e *engine) headerOfTIFF(file []byte) (opened, error) {
	h, err := e.tiffs.Open(file)
	return opened{size: image.Pt(h.Width, h.Height), form: h.Form, deep: h.Deep, memory: h.Memory,
		turn: turn(h.Orientation), icc: h.ICC, decoder: &e.tiffs}, err
}
