package gif

import "slices"

// quantiser finds the colours of a table for many pixels: Wu's (Color Quantization by
// Dynamic Programming and Principal Analysis, 1992). Boxes of colours are cut in two where
// this leaves the least variance, the box with the most variance first. Everything is whole
// numbers, so that tables are the same on every architecture.
type quantiser struct {
	pixels int

	// The sums of all bins up to this one in each direction; before that, of the bin.
	// Places of 0 are before the first bin.
	moments [side * side * side]sums
	boxes   []box
	bins    []sums // those with pixels, before they are summed
}

// side is that of the cube of bins of 5 bits of each sample, and one before.
const side = 33

// mostPixels is how many are counted, so that the squares of sums are not above 63 bits.
const mostPixels = 1 << 20

// sums is a number of pixels, the sums of their samples and of the squares of these.
type sums struct{ n, red, green, blue, squares int64 }

func (m *sums) add(o sums) {
	m.n += o.n
	m.red += o.red
	m.green += o.green
	m.blue += o.blue
	m.squares += o.squares
}

func (m *sums) sub(o sums) {
	m.n -= o.n
	m.red -= o.red
	m.green -= o.green
	m.blue -= o.blue
	m.squares -= o.squares
}

// between is the part of the squares that lies between colours: the more of it in the
// parts of a box, the less variance is left in them.
func (m sums) between() int64 {
	if m.n == 0 {
		return 0
	}
	return (m.red*m.red + m.green*m.green + m.blue*m.blue) / m.n
}

func (m sums) variance() int64 { return m.squares - m.between() }

// mean is the mean colour.
func (m sums) mean() colour {
	of := func(sum int64) colour { return colour((sum + m.n/2) / m.n) }
	return of(m.red)<<16 | of(m.green)<<8 | of(m.blue)
}

// box is the bins above low and up to high, by red, green and blue.
type box struct {
	low, high [3]int
	variance  int64
}

func (q *quantiser) begin() {
	q.pixels = 0
	clear(q.moments[:])
}

func (q *quantiser) see(c colour) {
	q.pixels++
	m := &q.moments[binOf(c.red()>>3+1, c.green()>>3+1, c.blue()>>3+1)]
	r, g, b := int64(c.red()), int64(c.green()), int64(c.blue())
	m.add(sums{1, r, g, b, r*r + g*g + b*b})
}

func binOf(r, g, b int) int { return (r*side+g)*side + b }

// colours are at most n for the pixels that were seen, one at least, and no more than it
// takes for a mean square of toleratedOff.
func (q *quantiser) colours(n int) []colour {
	q.bins = q.bins[:0]
	for _, m := range q.moments {
		if m.n > 0 {
			q.bins = append(q.bins, m)
		}
	}
	q.sum()
	all := box{high: [3]int{side - 1, side - 1, side - 1}}
	all.variance = q.of(all).variance()
	q.boxes = append(q.boxes[:0], all)
	for len(q.boxes) < n {
		most, left := 0, int64(0)
		for i := range q.boxes {
			left += q.boxes[i].variance
			if q.boxes[i].variance > q.boxes[most].variance {
				most = i
			}
		}
		if left <= int64(toleratedOff*q.pixels) {
			break
		}
		other, ok := q.cut(&q.boxes[most])
		if ok {
			q.boxes = append(q.boxes, other)
		} else {
			q.boxes[most].variance = 0
		}
	}
	var colours []colour
	for _, b := range q.boxes {
		if m := q.of(b); m.n > 0 {
			colours = append(colours, m.mean())
		}
	}
	return colours
}

// improve returns the colours of a table, of which those behind some fixed ones become the
// means of all bins that they are the nearest to (Lloyd, 1982).
func (q *quantiser) improve(t *table, fixed int) []colour {
	var nearest [mostColours]sums
	for _, m := range q.bins {
		nearest[t.nearest(m.mean())-1].add(m)
	}
	colours := slices.Clone(t.colours)
	for i := fixed; i < len(colours); i++ {
		if nearest[i].n > 0 {
			colours[i] = nearest[i].mean()
		}
	}
	return colours
}

// sum makes the moments sums.
func (q *quantiser) sum() {
	for r := 1; r < side; r++ {
		var area [side]sums
		for g := 1; g < side; g++ {
			var line sums
			for b := 1; b < side; b++ {
				at := binOf(r, g, b)
				line.add(q.moments[at])
				area[b].add(line)
				q.moments[at] = q.moments[binOf(r-1, g, b)]
				q.moments[at].add(area[b])
			}
		}
	}
}

// of is the sums of a box.
func (q *quantiser) of(b box) sums {
	m := q.side(b, 0, b.high[0])
	m.sub(q.side(b, 0, b.low[0]))
	return m
}

// side is the sums of all that lies up to a place in a direction, of the box in the
// other ones.
func (q *quantiser) side(b box, direction, at int) sums {
	low, high := b.low, b.high
	low[direction], high[direction] = 0, at
	var m sums
	for corner := range 8 {
		p, odd := high, false
		for i := range 3 {
			if corner>>i&1 != 0 {
				p[i], odd = low[i], !odd
			}
		}
		if odd {
			m.sub(q.moments[binOf(p[0], p[1], p[2])])
		} else {
			m.add(q.moments[binOf(p[0], p[1], p[2])])
		}
	}
	return m
}

// cut cuts a box in two where that leaves the least variance, and returns the other part.
// It is false where all pixels are in one bin.
func (q *quantiser) cut(b *box) (box, bool) {
	whole := q.of(*b)
	most, direction, place := int64(-1), 0, 0
	for d := range 3 {
		before := q.side(*b, d, b.low[d])
		for at := b.low[d] + 1; at < b.high[d]; at++ {
			part := q.side(*b, d, at)
			part.sub(before)
			rest := whole
			rest.sub(part)
			if part.n == 0 || rest.n == 0 {
				continue
			}
			if between := part.between() + rest.between(); between > most {
				most, direction, place = between, d, at
			}
		}
	}
	if most < 0 {
		return box{}, false
	}
	other := *b
	b.high[direction], other.low[direction] = place, place
	b.variance, other.variance = q.of(*b).variance(), q.of(other).variance()
	return other, true
}
