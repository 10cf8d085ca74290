package gif

import "slices"

// A colour is red, green and blue from the upper bits, of 24.
type colour uint32

func colourOf(p []uint8) colour { return colour(p[0])<<16 | colour(p[1])<<8 | colour(p[2]) }

func (c colour) red() int   { return int(c >> 16) }
func (c colour) green() int { return int(c >> 8 & 0xff) }
func (c colour) blue() int  { return int(c & 0xff) }
func (c colour) sum() int   { return c.red() + c.green() + c.blue() }

// distance is the square of that of two colours.
func distance(a, b colour) int {
	r, g, b2 := a.red()-b.red(), a.green()-b.green(), a.blue()-b.blue()
	return r*r + g*g + b2*b2
}

// transparent is the index of pixels that are not drawn. Colours have the others.
const transparent = 0

// mostColours is how many a table has beside it.
const mostColours = 255

// table is the colours of indices from 1 on, and finds the nearest one.
type table struct {
	colours []colour

	sorted []entry               // by their sums
	first  [3*255 + 2]uint8      // of sorted, by sum: the first one that has it or a larger one
	found  [1 << foundBits]entry // by the hash of the colour that was looked for
}

// foundBits are so many that most colours of a frame are looked for once.
const foundBits = 13

// entry is a colour and its index, or transparent in an empty one.
type entry struct {
	colour colour
	index  uint8
}

// set makes the table one of colours, at most mostColours of them.
func (t *table) set(colours []colour) {
	t.colours = append(t.colours[:0], colours...)
	t.sorted = t.sorted[:0]
	for i, c := range t.colours {
		t.sorted = append(t.sorted, entry{c, uint8(i + 1)})
	}
	slices.SortStableFunc(t.sorted, func(a, b entry) int { return a.colour.sum() - b.colour.sum() })
	at := 0
	for sum := range t.first {
		for at < len(t.sorted) && t.sorted[at].colour.sum() < sum {
			at++
		}
		t.first[sum] = uint8(at)
	}
	clear(t.found[:])
}

// of is the colour of an index that is not transparent.
func (t *table) of(index uint8) colour { return t.colours[index-1] }

// nearest is the index of the nearest colour. The table must have one.
func (t *table) nearest(c colour) uint8 {
	f := &t.found[c*0x9e3779b1>>(32-foundBits)]
	if f.index != transparent && f.colour == c {
		return f.index
	}
	// Colours are not nearer than a third of the square by which their sums differ.
	sum := c.sum()
	least, best := 1<<30, uint8(transparent)
	low, high := int(t.first[sum])-1, int(t.first[sum])
	for low >= 0 || high < len(t.sorted) {
		if high < len(t.sorted) {
			e := t.sorted[high]
			d := e.colour.sum() - sum
			if d*d >= 3*least {
				high = len(t.sorted)
			} else {
				if off := distance(c, e.colour); off < least {
					least, best = off, e.index
				}
				high++
			}
		}
		if low >= 0 {
			e := t.sorted[low]
			d := e.colour.sum() - sum
			if d*d >= 3*least {
				low = -1
			} else {
				if off := distance(c, e.colour); off < least {
					least, best = off, e.index
				}
				low--
			}
		}
	}
	*f = entry{c, best}
	return best
}

// exactly is the index of a colour, or transparent where it is not in the table.
func (t *table) exactly(c colour) uint8 {
	if len(t.colours) > 0 {
		if index := t.nearest(c); t.of(index) == c {
			return index
		}
	}
	return transparent
}

// distinct are different colours, up to a number of them.
type distinct struct {
	colours []colour
	hashed  [1024]int16 // the number of the colour, and 1
	over    bool        // there are more
}

// begin begins with the colours that are there already.
func (d *distinct) begin(colours []colour) {
	*d = distinct{colours: d.colours[:0]}
	for _, c := range colours {
		d.see(c)
	}
}

func (d *distinct) see(c colour) {
	at := int(c * 0x9e3779b1 >> 22)
	for ; d.hashed[at] > 0; at = (at + 1) % len(d.hashed) {
		if d.colours[d.hashed[at]-1] == c {
			return
		}
	}
	if len(d.colours) == mostColours {
		d.over = true
		return
	}
	d.colours = append(d.colours, c)
	d.hashed[at] = int16(len(d.colours))
}
