package webp

// lossless decodes a VP8L stream row by row (RFC 9649, section 3). It keeps the
// pixels that distances reach back to, and what the transforms say of tiles.
type lossless struct {
	in            bits
	width, height int
	y             int // of the next row

	transforms [transforms]transform
	count      int // of transforms
	image      entropy
	ring       []uint32
	buffer     []uint32
}

// losslessHead is the bytes of the header of a VP8L stream.
const losslessHead = 5

// losslessMemory is about the most bytes that decoding takes: tiles of at least 4x4
// pixels with a factor, a mode and the number of a group each, the groups, the
// window (a part of a picture is decoded in it, too), and rows.
func losslessMemory(width, height int) int {
	all := tiles(width, 2) * tiles(height, 2)
	ring := 1
	for ring < min(width*height, window) {
		ring *= 2
	}
	return all*(4+1+2) + min(all, maxGroups)*groupMemory + 4*2*ring + 4*3*(width+1) + 200_000
}

// open reads what comes before the pixels of a stream without its header.
func (l *lossless) open(data []byte, width, height int) error {
	l.in = bits{data: data}
	l.width, l.height, l.y, l.count = width, height, 0, 0
	coded, seen := width, 0
	for l.in.read(1) == 1 {
		if l.count == transforms {
			return DamagedError("a transform is repeated")
		}
		t := &l.transforms[l.count]
		var err error
		if coded, err = t.read(l, coded); err != nil {
			return err
		}
		if seen&(1<<t.kind) != 0 {
			return DamagedError("a transform is repeated")
		}
		seen |= 1 << t.kind
		l.count++
	}
	if cap(l.buffer) < width {
		l.buffer = make([]uint32, width)
	}
	return l.image.open(l, coded, height, true)
}

// part decodes an image that is no picture, and hands its pixels on.
func (l *lossless) part(width, height int, set func(i int, pixel uint32)) error {
	var e entropy
	if err := e.open(l, width, height, false); err != nil {
		return err
	}
	row := make([]uint32, width)
	for y := range height {
		if err := e.row(&l.in, row); err != nil {
			return err
		}
		for x, pixel := range row {
			set(y*width+x, pixel)
		}
	}
	return nil
}

// row decodes the next row: alpha, red, green and blue from the upper bits of a
// pixel. It is valid until the next.
func (l *lossless) row() ([]uint32, error) {
	row := l.buffer[:l.width]
	if err := l.image.row(&l.in, row[:l.image.width]); err != nil {
		return nil, err
	}
	for i := l.count - 1; i >= 0; i-- {
		l.transforms[i].invert(row, l.y)
	}
	l.y++
	return row, nil
}
