package colour

import "prew/lambda/render/plane"

// Planes converts planes in place: one of grey, or luma and chroma of the full range
// (JFIF 1.02), of which chroma has a sample for each pixel or for each square of two
// by two pixels, those at an odd edge included. A square's chroma becomes that of the
// mean of its converted pixels.
func (t *Transform) Planes(planes []plane.Plane) {
	switch {
	case t == nil:
	case len(planes) == 1:
		t.greyPlane(planes[0])
	case planes[1].Width == planes[0].Width && planes[1].Height == planes[0].Height:
		t.fullPlanes(planes)
	default:
		t.halfPlanes(planes)
	}
}

func (t *Transform) greyPlane(p plane.Plane) {
	greys := t.greys
	if greys == nil {
		greys = t.neutrals()
	}
	for y := range p.Height {
		row := p.Row(y)
		for x, v := range row {
			row[x] = greys[v]
		}
	}
}

// neutrals is what becomes of the greys of red, green and blue, which are taken to
// stay grey.
func (t *Transform) neutrals() *[256]uint8 {
	var pixels [256]pixel
	for i := range pixels {
		pixels[i] = pixelOf(uint8(i), uint8(i), uint8(i))
	}
	t.row(pixels[:])
	greys := new([256]uint8)
	for i, p := range pixels {
		greys[i] = p.g()
	}
	return greys
}

// fullPlanes converts planes of one size.
func (t *Transform) fullPlanes(planes []plane.Plane) {
	for y := range planes[0].Height {
		luma, cb, cr := planes[0].Row(y), planes[1].Row(y), planes[2].Row(y)
		if t.matrix != nil {
			t.matrix.full(luma, cb, cr)
		} else {
			t.cube.full(luma, cb, cr)
		}
	}
}

// halfPlanes converts planes of which chroma is half as large, each way.
func (t *Transform) halfPlanes(planes []plane.Plane) {
	var s squares
	convert := t.squares()
	for y := range planes[1].Height {
		cb, cr := planes[1].Row(y), planes[2].Row(y)
		top, bottom := planes[0].Row(2*y), planes[0].Row(min(2*y+1, planes[0].Height-1))
		if t.matrix != nil && 2*y+1 < planes[0].Height {
			n := t.matrix.vectors.half(top, bottom, cb, cr)
			top, bottom, cb, cr = top[2*n:], bottom[2*n:], cb[n:], cr[n:]
		}
		for len(top) >= 2*squareCount {
			s.top, s.bottom = [2 * squareCount]uint8(top), [2 * squareCount]uint8(bottom)
			s.cb, s.cr = [squareCount]uint8(cb), [squareCount]uint8(cr)
			convert(&s)
			*(*[2 * squareCount]uint8)(top), *(*[2 * squareCount]uint8)(bottom) = s.top, s.bottom
			*(*[squareCount]uint8)(cb), *(*[squareCount]uint8)(cr) = s.cb, s.cr
			top, bottom, cb, cr = top[2*squareCount:], bottom[2*squareCount:], cb[squareCount:], cr[squareCount:]
		}
		if n := len(top); n > 0 {
			copy(s.top[:], top)
			copy(s.bottom[:], bottom)
			if n%2 == 1 {
				// The last column counts twice.
				s.top[n], s.bottom[n] = s.top[n-1], s.bottom[n-1]
			}
			copy(s.cb[:], cb)
			copy(s.cr[:], cr)
			convert(&s)
			copy(top, s.top[:])
			copy(bottom, s.bottom[:])
			copy(cb, s.cb[:])
			copy(cr, s.cr[:])
		}
	}
}

// squares are some squares of two by two pixels that have one chroma, side by side.
type squares struct {
	top, bottom [2 * squareCount]uint8
	cb, cr      [squareCount]uint8
}

const squareCount = 16

// squares converts squares in place.
func (t *Transform) squares() func(*squares) {
	if t.matrix != nil {
		return t.matrix.squares
	}
	return t.cube.squares
}
