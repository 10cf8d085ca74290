package render

import (
	"image"
	"math"
)

// shape is a rectangle with rounded corners in a picture of a size, inset from each of its
// sides. Its corners are quarters of ellipses, as those of CSS's border-radius (Backgrounds
// and Borders 3, section 4), whose radii are in halves of a pixel. It is antialiased: a pixel
// is covered, of 255, by as much as of its area lies inside.
type shape struct {
	size   image.Point
	inset  int
	rx, ry int
	edge   []int32 // room for row to work in
}

const (
	// lines is how many lines of a row are looked at. Along each what is covered is exact
	// to a part of a pixel of edgeUnit.
	lines    = 16
	edgeUnit = 256
)

// row is how much is covered of each pixel of row y up to the first that is whole. The same
// holds from the right, and all others are whole.
func (s *shape) row(y int, cover []uint8) []uint8 {
	half, height := (s.size.X+1)/2, s.size.Y-2*s.inset
	y -= s.inset
	if y < 0 || y >= height || 2*s.inset >= s.size.X {
		clear(cover[:half])
		return cover[:half]
	}
	// What begins on each line, and goes on to the right.
	s.edge = append(s.edge[:0], make([]int32, half+2)...)
	most := 0
	for line := range lines {
		// Distances down are in 32nds, so that lines lie in the middle of theirs.
		at := 2*lines*y + 2*line + 1
		at = min(at, 2*lines*height-at)
		from := s.inset * edgeUnit
		if ry := s.ry * lines; at < ry {
			down, rx := ry-at, s.rx*edgeUnit/2
			// Whole numbers below 2 to the power of 53 and single operations: the same
			// on every processor.
			across := float64(rx) * math.Sqrt(float64(ry*ry-down*down))
			from += rx - int(across/float64(ry))
		}
		pixel, part := from/edgeUnit, int32(from%edgeUnit)
		s.edge[pixel] += edgeUnit - part
		s.edge[pixel+1] += part
		most = max(most, pixel+1)
	}
	covered := int32(0)
	cover = cover[:min(most, half)]
	for x, edge := range s.edge[:len(cover)] {
		covered += edge
		inside := covered
		if 2*x+1 == s.size.X { // the other edge is in this pixel, too
			inside -= lines*edgeUnit - covered
		}
		cover[x] = uint8((inside*0xff + lines*edgeUnit/2) / (lines * edgeUnit))
	}
	return cover
}

// partly calls visit for stretches of a plane that has a sample for each square of step by
// step pixels, 1 or 2, with how much of each sample from x on is covered. All others are
// covered as a whole. At an odd edge the last pixel counts twice. cover is valid until visit
// returns.
func (s *shape) partly(step int, visit func(x, y int, cover []uint8)) {
	half := (s.size.X + 1) / 2
	width, height := (s.size.X+step-1)/step, (s.size.Y+step-1)/step
	upper, lower, stretch := make([]uint8, half), make([]uint8, half), make([]uint8, width)
	for y := range height {
		top := s.row(step*y, upper)
		bottom := top
		if step == 2 && step*y+1 < s.size.Y {
			bottom = s.row(step*y+1, lower)
		}
		most := max(len(top), len(bottom))
		if most == 0 {
			continue
		}
		left := min((most+step-1)/step, width)
		right := max((s.size.X-most)/step, left)
		for _, part := range [2]image.Point{{0, left}, {right, width}} {
			from, to := part.X, part.Y
			cover := stretch[:to-from]
			for i := range cover {
				if x := from + i; step == 1 {
					cover[i] = uint8(s.of(top, x))
				} else {
					x, next := 2*x, min(2*x+1, s.size.X-1)
					cover[i] = uint8((s.of(top, x) + s.of(top, next) + s.of(bottom, x) + s.of(bottom, next) + 2) / 4)
				}
			}
			visit(from, y, cover)
		}
	}
}

// of is how much of pixel x of a row is covered.
func (s *shape) of(row []uint8, x int) int {
	if x = min(x, s.size.X-1-x); x < len(row) {
		return int(row[x])
	}
	return 0xff
}
