package av1

import (
	"math/bits"
	"slices"
)

// palettes gives a block's palettes and their maps to c (palette_mode_info in section 5.11.46 and
// palette_tokens in section 5.11.49).
func (e *Encoder) palettes(c *code, nd *node, x, y, n int) {
	if nd.luma == flat {
		e.paletteOfLuma(c, nd, x, y, n)
	}
	if !e.mono && nd.chroma == flat {
		e.paletteOfChroma(c, nd, x, y, n)
	}
	for kind := range nd.palettes {
		if p := e.paletteOf(nd, kind); p != nil {
			e.colourMap(c, p, kind, x, y, n)
		}
	}
}

// notePalettes notes what neighbours have to know of a block's palettes.
func (e *Encoder) notePalettes(nd *node, x, y, n int) {
	for kind := range nd.palettes {
		var noted colours
		if p := e.paletteOf(nd, kind); p != nil {
			noted = colours{uint8(p.count), p.colours[0]}
		}
		above, left := e.above.colours[kind][x>>2:][:n>>2], e.left.colours[kind][(y-e.sy)>>2:][:n>>2]
		for i := range above {
			above[i], left[i] = noted, noted
		}
	}
}

// paletteOfLuma gives to c whether a block has a palette of luma, and its colours.
func (e *Encoder) paletteOfLuma(c *code, nd *node, x, y, n int) {
	size := 2 * (sizeOf(n) - 1)
	context := 0
	if e.above.colours[0][x>>2].count > 0 {
		context++
	}
	if e.left.colours[0][(y-e.sy)>>2].count > 0 {
		context++
	}
	row := e.cdfs.lumaPalette[size][context][:]
	p := e.paletteOf(nd, 0)
	if p == nil {
		c.symbol(row, 0)
		return
	}
	c.symbol(row, 1)
	c.symbol(e.cdfs.paletteSize[0][size][:], p.count-2)
	e.firstColours(c, p, 0, x, y)
}

// paletteOfChroma gives to c whether a block has a palette of chroma, and its colours.
func (e *Encoder) paletteOfChroma(c *code, nd *node, x, y, n int) {
	context := 0
	if nd.palettes[0] > 0 {
		context = 1
	}
	row := e.cdfs.chromaPalette[context][:]
	p := e.paletteOf(nd, 1)
	if p == nil {
		c.symbol(row, 0)
		return
	}
	c.symbol(row, 1)
	c.symbol(e.cdfs.paletteSize[1][2*(sizeOf(n)-1)][:], p.count-2)
	e.firstColours(c, p, 1, x, y)
	secondColours(c, p.colours[1][:p.count])
}

// firstColours gives the colours of luma, or of Cb, to c: which of the neighbours' they are, and by
// how much each of the others is larger than the one before.
func (e *Encoder) firstColours(c *code, p *palette, kind, x, y int) {
	var cache [2 * mostColours]uint8
	var others [mostColours]uint8
	rest := append(others[:0], p.colours[0][:p.count]...)
	for _, v := range e.knownColours(cache[:0], kind, x, y) {
		if len(rest) == 0 {
			return
		}
		i := slices.Index(rest, v)
		if i < 0 {
			c.literal(0, 1)
			continue
		}
		c.literal(1, 1)
		rest = slices.Delete(rest, i, i+1)
	}
	if len(rest) == 0 {
		return
	}
	c.literal(uint32(rest[0]), 8)
	if len(rest) == 1 {
		return
	}
	least := 1 // colours of luma differ by that, those of Cb may be alike
	if kind > 0 {
		least = 0
	}
	width := 5
	for i, v := range rest[1:] {
		width = max(width, bits.Len(uint(int(v)-int(rest[i])-least)))
	}
	c.literal(uint32(width-5), 2)
	for i, v := range rest[1:] {
		c.literal(uint32(int(v)-int(rest[i])-least), width)
		width = min(width, bits.Len(uint(max(256-int(v)-least, 1)-1)))
	}
}

// knownColours appends those of the blocks above and to the left, in ascending order
// (get_palette_cache in section 5.11.46). Those above the superblock are not known.
func (e *Encoder) knownColours(to []uint8, kind, x, y int) []uint8 {
	add := func(v uint8) {
		if len(to) == 0 || to[len(to)-1] != v {
			to = append(to, v)
		}
	}
	l := &e.left.colours[kind][(y-e.sy)>>2]
	left := l.of[:l.count]
	var above []uint8
	if y > e.sy {
		a := &e.above.colours[kind][x>>2]
		above = a.of[:a.count]
	}
	for len(left) > 0 && len(above) > 0 {
		if left[0] < above[0] {
			add(left[0])
			left = left[1:]
			continue
		}
		add(above[0])
		if left[0] == above[0] {
			left = left[1:]
		}
		above = above[1:]
	}
	for _, v := range above {
		add(v)
	}
	for _, v := range left {
		add(v)
	}
	return to
}

// secondColours gives the colours of Cr to c: as they are, or by how much each differs from the one
// before, around the circle of 256.
func secondColours(c *code, of []uint8) {
	width, signs := 4, 0
	for i, v := range of[1:] {
		d := int(int8(v - of[i]))
		width = max(width, bits.Len(uint(max(d, -d))))
		if d != 0 {
			signs++
		}
	}
	if width > 7 || 10+(len(of)-1)*width+signs >= 8*len(of) {
		c.literal(0, 1)
		for _, v := range of {
			c.literal(uint32(v), 8)
		}
		return
	}
	c.literal(1, 1)
	c.literal(uint32(width-4), 2)
	c.literal(uint32(of[0]), 8)
	for i, v := range of[1:] {
		d := int(int8(v - of[i]))
		c.literal(uint32(max(d, -d)), width)
		switch {
		case d < 0:
			c.literal(1, 1)
		case d > 0:
			c.literal(0, 1)
		}
	}
}

// literal gives the lowest n bits of v to c, each of which is 0 as often as 1.
func (c *code) literal(v uint32, n int) {
	if c.writing {
		c.e.coder.bits(v, n)
		return
	}
	c.bits += int32(n) << 8
}

// colourMap gives the map of a palette of a block at x, y of luma to c, diagonal by diagonal, as far
// as it is in the picture.
func (e *Encoder) colourMap(c *code, p *palette, kind, x, y, n int) {
	shift := 0
	if kind > 0 {
		shift = e.shift(1)
	}
	wide, high := min(n, e.columns*4-x)>>shift, min(n, e.rows*4-y)>>shift
	n >>= shift
	colours := e.trial.maps[p.at:][:n*n]
	rows := &e.cdfs.paletteColour[kind][p.count-2]
	// The first is written like any of the numbers below count (ns in section 4.10.10).
	width := bits.Len(uint(p.count))
	short := 1<<width - p.count
	if v := int(colours[0]); v < short {
		c.literal(uint32(v), width-1)
	} else {
		c.literal(uint32(v+short)>>1, width-1)
		c.literal(uint32(v+short)&1, 1)
	}
	if !c.writing {
		c.bits += countColours(colours, n, wide, high, p.count, rows)
		return
	}
	for d := 1; d < wide+high-1; d++ {
		for q := min(d, wide-1); q >= max(0, d-high+1); q-- {
			context, s := colourOf(colours, (d-q)*n+q, n, q > 0, d > q)
			c.symbol(rows[context][:p.count+1], s)
		}
	}
}

// countColours is what the colours of a map take but for the first, in 256ths of a bit.
func countColours(of []uint8, stride, wide, high, count int, rows *[5][mostColours + 1]uint16) (total int32) {
	var costs [5][mostColours]int32
	for context := range costs {
		for s := range count {
			costs[context][s] = bitsOf(rows[context][:count+1], s)
		}
	}
	cost := func(at int, left, above bool) int32 {
		context, s := colourOf(of, at, stride, left, above)
		return costs[context][s&(mostColours-1)]
	}
	for q := 1; q < wide; q++ {
		total += cost(q, true, false)
	}
	for r := 1; r < high; r++ {
		total += cost(r*stride, false, true)
		row, above := of[r*stride:][:wide], of[(r-1)*stride:][:wide]
		for q := 1; q < len(row); q++ {
			if v := row[q]; v == row[q-1] && v == above[q] && v == above[q-1] {
				total += costs[4][0]
			} else {
				total += cost(r*stride+q, true, true)
			}
		}
	}
	return total
}

// colourOf is the context of a colour of a map and its symbol: its place among all, of which those of
// the neighbours are the first (get_palette_color_context in section 5.11.50, and section 8.3.2).
func colourOf(of []uint8, at, stride int, left, above bool) (context, symbol int) {
	v := of[at]
	switch {
	case !above:
		return 0, after1(v, of[at-1])
	case !left:
		return 0, after1(v, of[at-stride])
	}
	l, a, corner := of[at-1], of[at-stride], of[at-stride-1]
	switch {
	case l == a && a == corner:
		return 4, after1(v, l)
	case l == a:
		return 3, after2(v, l, corner)
	case l == corner:
		return 2, after2(v, l, a)
	case a == corner:
		return 2, after2(v, a, l)
	}
	switch low, high := min(l, a), max(l, a); v {
	case low:
		return 1, 0
	case high:
		return 1, 1
	case corner:
		return 1, 2
	default:
		return 1, int(v) + less(v, low) + less(v, high) + less(v, corner)
	}
}

// after1 is the place of v behind a, in ascending order.
func after1(v, a uint8) int {
	if v == a {
		return 0
	}
	return int(v) + less(v, a)
}

// after2 is the place of v behind a and b.
func after2(v, a, b uint8) int {
	switch v {
	case a:
		return 0
	case b:
		return 1
	}
	return int(v) + less(v, a) + less(v, b)
}

// less is 1 where v is less than a, otherwise 0.
func less(v, a uint8) int {
	if v < a {
		return 1
	}
	return 0
}
