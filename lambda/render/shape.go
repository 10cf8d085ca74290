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
	edge   []int32 // room for row to work in, zeros between its calls
}

const (
	// lines is how many lines of a row are looked at. Along each what is covered is exact
	// to a part of a pixel of edgeUnit.
	lines    = 16
	edgeUnit = 256
)

// row is how much is covered of each pixel of row y up to the first that is whole, and of how
// many of them nothing is. The same holds from the right, and all others are whole.
func (s *shape) row(y int, cover []uint8) (covers []uint8, none int) {
	half, height := (s.size.X+1)/2, s.size.Y-2*s.inset
	y -= s.inset
	if y < 0 || y >= height || 2*s.inset >= s.size.X {
		clear(cover[:half])
		return cover[:half], half
	}
	// What begins on each line, and goes on to the right.
	if len(s.edge) < half+2 {
		s.edge = make([]int32, half+2)
	}
	least, most := half, 0
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
		least, most = min(least, pixel), max(most, pixel+1)
	}
	cover = cover[:min(most, half)]
	clear(cover[:least])
	covered := int32(0)
	for x := least; x < len(cover); x++ {
		covered += s.edge[x]
		inside := covered
		if 2*x+1 == s.size.X { // the other edge is in this pixel, too
			inside -= lines*edgeUnit - covered
		}
		cover[x] = uint8((inside*0xff + lines*edgeUnit/2) / (lines * edgeUnit))
	}
	clear(s.edge[least : most+1])
	return cover, least
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
		top, none := s.row(step*y, upper)
		bottom := top
		if step == 2 && step*y+1 < s.size.Y {
			var below int
			bottom, below = s.row(step*y+1, lower)
			none = min(none, below)
		}
		most := max(len(top), len(bottom))
		if most == 0 {
			continue
		}
		left := min((most+step-1)/step, width)
		right := max((s.size.X-most)/step, left)
		// Samples of pixels of which nothing is covered need no sums.
		from, to := none/step, max((s.size.X-none+step-1)/step, left)
		clear(stretch)
		for i := from; i < left; i++ {
			stretch[i] = s.sample(top, bottom, i, step)
		}
		visit(0, y, stretch[:left])
		for i := right; i < to; i++ {
			stretch[i] = s.sample(top, bottom, i, step)
		}
		visit(right, y, stretch[right:])
	}
}

// sample is how much is covered of sample x, whose pixels are in one row or in two.
func (s *shape) sample(top, bottom []uint8, x, step int) uint8 {
	if step == 1 {
		return uint8(s.of(top, x))
	}
	left, right := 2*x, min(2*x+1, s.size.X-1)
	return uint8((s.of(top, left) + s.of(top, right) + s.of(bottom, left) + s.of(bottom, right) + 2) / 4)
}

// of is how much of pixel x of a row is covered.
func (s *shape) of(row []uint8, x int) int {
	if x = min(x, s.size.X-1-x); x < len(row) {
		return int(row[x])
	}
	return 0xff
}
