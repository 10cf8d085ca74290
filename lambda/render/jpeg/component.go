package jpeg

import (
	"fmt"
	"image"
	"slices"

	"prew/lambda/render/plane"
)

// component is a component while its picture is decoded.
type component struct {
	part
	layout
	m      int             // how many samples a block has a side
	region image.Rectangle // in blocks: those that are wanted

	pix    []uint8
	stride int

	// place is where a coefficient stands that is transformed, by its index, which
	// may go beyond the block; kept and last are which those are.
	place [128]uint8
	kept  uint64
	last  uint
	size  int // how many places there are

	quant [64]int16 // by place

	dc, ac *huffman
	before int32 // the DC coefficient before the next one
	seen   bool  // in a scan

	coefs []int16  // of a progressive picture, size of each block
	masks []uint64 // which of all coefficients of each block are not zero
	bits  [64]int8 // the place down to which each coefficient is known, or -1
}

// lay prepares the components and their planes.
func (d *Decoder) lay(o Options) {
	d.components = slices.Grow(d.components[:0], maxComponents)[:d.frame.count]
	d.planes = d.planes[:0]
	f := &d.frame
	region := o.Region.Intersect(image.Rect(0, 0, f.width, f.height))
	if o.Region.Empty() {
		region = image.Rect(0, 0, f.width, f.height)
	}
	for i, part := range f.parts() {
		m := o.Scale[i]
		if m < 1 || m > 8 {
			panic(fmt.Sprintf("jpeg: scale %d of component %d", m, i))
		}
		c := &d.components[i]
		c.part, c.layout, c.m = part, f.layout(i), m
		c.seen = false
		c.region = image.Rect(
			region.Min.X*c.h/(8*f.hMax), region.Min.Y*c.v/(8*f.vMax),
			up(region.Max.X*c.h, 8*f.hMax), up(region.Max.Y*c.v, 8*f.vMax),
		)
		c.place, c.kept, c.last = placing(m)
		c.size = square(m) * square(m)
		c.stride = c.across * m
		resize(&c.pix, c.stride*c.down*m)
		switch {
		case f.progressive:
			resize(&c.coefs, c.across*c.down*c.size)
			resize(&c.masks, c.across*c.down)
			clear(c.coefs)
			clear(c.masks)
			for k := range c.bits {
				c.bits[k] = -1
			}
		case o.Damaged:
			for i := range c.pix {
				c.pix[i] = 128
			}
		}
		d.planes = append(d.planes, plane.Plane{
			Pix:    c.pix,
			Stride: c.stride,
			Width:  up(f.width*c.h*m, 8*f.hMax),
			Height: up(f.height*c.v*m, 8*f.vMax),
		})
	}
}

// resize gives s n elements. What they are is left open.
func resize[E any](s *[]E, n int) {
	if cap(*s) < n {
		*s = nil // so that there need not be room for both
		*s = make([]E, n)
	}
	*s = (*s)[:n]
}
