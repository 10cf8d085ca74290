package render

import (
	"image"

	"prew/lambda/render/plane"
)

// canvas is the memory of the planes of one frame, kept from one photo to the
// next.
type canvas struct {
	planes []plane.Plane
	memory []uint8
}

// prepare makes room for planes of the given sizes, whose samples are whatever
// was there before.
func (c *canvas) prepare(sizes []image.Point) []plane.Plane {
	total := 0
	for _, size := range sizes {
		total += size.X * size.Y
	}
	if cap(c.memory) < total {
		c.memory = make([]uint8, total)
	}
	c.planes = c.planes[:0]
	rest := c.memory[:total]
	for _, size := range sizes {
		n := size.X * size.Y
		c.planes = append(c.planes, plane.Plane{Pix: rest[:n:n], Stride: size.X, Width: size.X, Height: size.Y})
		rest = rest[n:]
	}
	return c.planes
}
