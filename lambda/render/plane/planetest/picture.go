// Package planetest is for tests of what decodes pictures to rows or to canvases.
package planetest

import (
	"image"

	"prew/lambda/render/plane"
)

// Picture asks for all rows of a picture of eight bits a sample, grey or of four samples a
// pixel, in order.
func Picture(rows plane.Rows, form plane.Form, width, height int) (*image.NRGBA, error) {
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		row, err := rows.Row(y)
		if err != nil {
			return nil, err
		}
		to := m.Pix[y*m.Stride:]
		if form == plane.RGBA {
			copy(to, row.Bytes)
			continue
		}
		for x, v := range row.Bytes {
			copy(to[4*x:], []uint8{v, v, v, 0xff})
		}
	}
	return m, nil
}
