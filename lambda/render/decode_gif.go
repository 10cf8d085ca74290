package render

import (
	"image"
	"io"

	"prew/lambda/render/gif"
)

var blameGIF = blaming("GIF", is[gif.DamagedError], never, is[gif.LimitError])

// openGIF opens a GIF, of which the first picture is read.
func (e *engine) openGIF(src io.Reader) (photo, error) {
	file, err := e.read(src)
	if err != nil {
		return photo{}, err
	}
	h, err := e.gifs.Open(file)
	if err != nil {
		return photo{}, blameGIF(err)
	}
	o := opened{
		kind: "GIF", size: image.Pt(h.Width, h.Height), form: rgb, memory: h.Memory,
		turn: upright, decoder: &e.gifs, blame: blameGIF,
	}
	if h.Form == gif.Grey {
		o.form = lumaChroma
	}
	return e.byRows(o)
}
