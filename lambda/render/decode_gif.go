package render

import (
	"image"

	"prew/lambda/render/gif"
)

var openGIF = inRows("GIF", (*engine).headerOfGIF, is[gif.DamagedError], never, is[gif.LimitError])

func (e *engine) headerOfGIF(file []byte) (opened, error) {
	h, err := e.gifs.Open(file)
	return opened{size: image.Pt(h.Width, h.Height), form: h.Form, memory: h.Memory,
		turn: upright, decoder: &e.gifs, moving: &e.gifs, copiedAll: e.gifs.CopyAnimation}, err
}
