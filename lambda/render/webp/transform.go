package webp

// The transforms (RFC 9649, section 3.5).
const (
	transformPredictor = iota
	transformCross
	transformGreen
	transformPalette
	transforms
)

// transform is one of them, and what its stream says about it.
type transform struct {
	kind  uint32
	width int  // of the rows that its inverse gives
	bits  uint // the side of a tile is 1<<bits; of a palette: 1<<bits pixels are in one

	modes   []uint8  // predictor: of the tiles
	factors []uint32 // cross-colour: of the tiles
	across  int      // tiles
	colours [256]uint32
	above   []uint32 // predictor: the row before, and a pixel behind it
}

// read reads a transform of rows of a width, and returns the width of the rows
// before its inverse.
func (t *transform) read(l *lossless, width int) (int, error) {
	*t = transform{kind: l.in.read(2), width: width, above: t.above}
	switch t.kind {
	case transformPredictor, transformCross:
		t.bits = uint(l.in.read(3)) + 2
		t.across = tiles(width, t.bits)
		down := tiles(l.height, t.bits)
		if t.kind == transformCross {
			t.factors = make([]uint32, t.across*down)
			return width, l.part(t.across, down, func(i int, pixel uint32) { t.factors[i] = pixel })
		}
		if cap(t.above) < width+1 {
			t.above = make([]uint32, width+1)
		}
		t.above = t.above[:width+1]
		t.modes = make([]uint8, t.across*down)
		return width, l.part(t.across, down, func(i int, pixel uint32) { t.modes[i] = uint8(pixel>>8) & 15 })
	case transformPalette:
		// A pixel beyond the palette is transparent black.
		colours := int(l.in.read(8)) + 1
		switch {
		case colours <= 2:
			t.bits = 3
		case colours <= 4:
			t.bits = 2
		case colours <= 16:
			t.bits = 1
		}
		before := uint32(0)
		return tiles(width, t.bits), l.part(colours, 1, func(i int, pixel uint32) {
			before = add(before, pixel)
			t.colours[i] = before
		})
	}
	return width, nil
}

// invert undoes the transform in row y, whose room is that of the widest row.
func (t *transform) invert(row []uint32, y int) {
	row = row[:t.width]
	switch t.kind {
	case transformPredictor:
		t.predict(row, y)
	case transformCross:
		factors := t.factors[y>>t.bits*t.across:]
		for x, p := range row {
			f := factors[x>>t.bits]
			green := int32(int8(p >> 8))
			red := uint8(p>>16) + uint8(int32(int8(f))*green>>5)
			blue := uint8(p) + uint8(int32(int8(f>>8))*green>>5) + uint8(int32(int8(f>>16))*int32(int8(red))>>5)
			row[x] = p&0xff00ff00 | uint32(red)<<16 | uint32(blue)
		}
	case transformGreen:
		for x, p := range row {
			green := p >> 8 & 0xff
			row[x] = p&0xff00ff00 | (p&0x00ff00ff+(green<<16|green))&0x00ff00ff
		}
	case transformPalette:
		// From the end, as a pixel lies before those that are made of it.
		depth := 8 >> t.bits
		mask := uint32(1)<<depth - 1
		within := 1<<t.bits - 1
		for x := len(row) - 1; x >= 0; x-- {
			row[x] = t.colours[row[x>>t.bits]>>8>>(x&within*depth)&mask]
		}
	}
}

const black = 0xff000000

// predict adds to each pixel what its neighbours predict (RFC 9649, section 3.5.1).
func (t *transform) predict(row []uint32, y int) {
	above := t.above
	defer copy(above, row)
	if y == 0 {
		left := uint32(black)
		for x, p := range row {
			left = add(p, left)
			row[x] = left
		}
		return
	}
	row[0] = add(row[0], above[0])
	above[len(row)] = row[0] // above the last pixel and to the right is the next one in memory
	modes := t.modes[y>>t.bits*t.across:]
	for x := 1; x < len(row); {
		end := min((x>>t.bits+1)<<t.bits, len(row))
		predictRun(row[x-1:end], above[x-1:end+1], modes[x>>t.bits])
		x = end
	}
}

// predictRun predicts all pixels but the first of a row, by one mode. Above are the
// pixels of the row before, and one more.
func predictRun(row, above []uint32, mode uint8) {
	above = above[:len(row)+1]
	left := row[0]
	for x := 1; x < len(row); x++ {
		top, before, after := above[x], above[x-1], above[x+1]
		var p uint32
		switch mode {
		case 1:
			p = left
		case 2:
			p = top
		case 3:
			p = after
		case 4:
			p = before
		case 5:
			p = average(average(left, after), top)
		case 6:
			p = average(left, before)
		case 7:
			p = average(left, top)
		case 8:
			p = average(before, top)
		case 9:
			p = average(top, after)
		case 10:
			p = average(average(left, before), average(top, after))
		case 11:
			p = nearer(left, top, before)
		case 12:
			p = each(left, top, before, func(l, t, b int) int { return l + t - b })
		case 13:
			p = each(average(left, top), before, 0, func(a, b, _ int) int { return a + (a-b)/2 })
		default:
			p = black
		}
		left = add(row[x], p)
		row[x] = left
	}
}

// add adds samples, each modulo 256.
func add(a, b uint32) uint32 {
	return (a&0xff00ff00+b&0xff00ff00)&0xff00ff00 | (a&0x00ff00ff+b&0x00ff00ff)&0x00ff00ff
}

// average is that of samples, rounded down.
func average(a, b uint32) uint32 { return a&b + (a^b)&0xfefefefe>>1 }

// nearer is the one of left and top to which left + top - before is nearer.
func nearer(left, top, before uint32) uint32 {
	toLeft, toTop := 0, 0
	for shift := 0; shift < 32; shift += 8 {
		b := int(before >> shift & 0xff)
		toLeft += distant(int(top>>shift&0xff), b)
		toTop += distant(int(left>>shift&0xff), b)
	}
	if toLeft < toTop {
		return left
	}
	return top
}

func distant(a, b int) int { return max(a-b, b-a) }

// each is f of samples, clamped to eight bits.
func each(a, b, c uint32, f func(a, b, c int) int) uint32 {
	var p uint32
	for shift := 0; shift < 32; shift += 8 {
		v := f(int(a>>shift&0xff), int(b>>shift&0xff), int(c>>shift&0xff))
		p |= uint32(min(max(v, 0), 255)) << shift
	}
	return p
}
