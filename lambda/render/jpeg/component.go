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
	small  []uint8 // a sample of each block, where the region is chosen by them; else empty

	// place is where a coefficient stands that is transformed, by its index, which
	// may go beyond the block; kept and last are which those are.
	place [128]uint8
	kept  uint64
	last  uint
	size  int // how many places a block has

	quant [64]int16 // by place

	dc, ac *huffman
	before int32 // the DC coefficient before the next one
	seen   bool  // in a scan

	// Of a progressive picture: the DC coefficients, which stand apart because there are scans
	// of them alone, and the places of each block, of which the first stays empty.
	dcs   []int16
	coefs []int16
	masks []uint64 // which of all coefficients of each block are not zero
	bits  [64]int8 // the place down to which each coefficient is known, or -1
}

// lay prepares the components and their planes.
func (d *Decoder) lay(o Options) {
	d.components = slices.Grow(d.components[:0], maxComponents)[:d.frame.count]
	d.planes = d.planes[:0]
	f := &d.frame
	for i, part := range f.parts() {
		m := o.Scale[i]
		if m < 1 || m > 8 {
			panic(fmt.Sprintf("jpeg: scale %d of component %d", m, i))
		}
		c := &d.components[i]
		c.part, c.layout, c.m = part, f.layout(i), m
		c.seen = false
		c.place, c.kept, c.last = placing(m)
		c.size = places(m)
		c.stride = c.across * m
		resize(&c.pix, c.stride*c.down*m)
		switch {
		case f.progressive:
			zeros(&c.dcs, c.across*c.down)
			zeros(&c.coefs, c.across*c.down*c.size)
			zeros(&c.masks, c.across*c.down)
			for k := range c.bits {
				c.bits[k] = -1
			}
		case o.Damaged:
			for i := range c.pix {
				c.pix[i] = 128
			}
		}
		c.small = c.small[:0]
		if o.Choose != nil {
			resize(&c.small, c.across*c.down)
			for i := range c.small {
				c.small[i] = 128
			}
		}
		d.planes = append(d.planes, plane.Plane{
			Pix:    c.pix,
			Stride: c.stride,
			Width:  up(f.width*c.h*m, 8*f.hMax),
			Height: up(f.height*c.v*m, 8*f.vMax),
		})
	}
	d.want(o.Region)
}

// places is how many places a block of coefficients has. Where the DC coefficient is all that
// is transformed there are none: it stands apart.
func places(m int) int {
	if m == 1 {
		return 0
	}
	return square(m) * square(m)
}

// want says which blocks are wanted: those of a part of the picture, or all if it is empty.
func (d *Decoder) want(part image.Rectangle) {
	f := &d.frame
	whole := image.Rect(0, 0, f.width, f.height)
	region := part.Intersect(whole)
	if part.Empty() {
		region = whole
	}
	for i := range d.components {
		c := &d.components[i]
		c.region = image.Rect(
			region.Min.X*c.h/(8*f.hMax), region.Min.Y*c.v/(8*f.vMax),
			up(region.Max.X*c.h, 8*f.hMax), up(region.Max.Y*c.v, 8*f.vMax),
		)
	}
}

// eighth is the picture at an eighth of its size, of the DC coefficients alone.
func (d *Decoder) eighth() []plane.Plane {
	f := &d.frame
	planes := make([]plane.Plane, len(d.components))
	for i := range d.components {
		c := &d.components[i]
		if f.progressive {
			for at, dc := range c.dcs {
				c.small[at] = sample(int32(dc * c.quant[0]))
			}
		}
		planes[i] = plane.Plane{Pix: c.small, Stride: c.across, Width: up(f.width*c.h, 8*f.hMax), Height: up(f.height*c.v, 8*f.vMax)}
	}
	return planes
}

// resize gives s n elements. What they are is left open.
func resize[E any](s *[]E, n int) {
	if cap(*s) < n {
		*s = nil // so that there need not be room for both
		*s = make([]E, n)
	}
	*s = (*s)[:n]
}

// zeros gives s n elements that are zero, as those are that have just been made.
func zeros[E any](s *[]E, n int) {
	made := cap(*s) < n
	resize(s, n)
	if !made {
		clear(*s)
	}
}
