package webp

// alpha decodes the alpha of a lossy picture row by row (RFC 9649, section 2.7.1.2).
type alpha struct {
	width  int
	filter byte
	raw    []byte // the rows, where they are not compressed
	stream *lossless
	y      int       // of the next row
	row    [2][]byte // the last one is row[(y-1)&1]
}

// The filters.
const (
	filterNone = iota
	filterHorizontal
	filterVertical
	filterGradient
)

// open reads the header of a chunk ALPH.
func (a *alpha) open(chunk []byte, width, height int, stream *lossless) error {
	if len(chunk) < 1 {
		return errEnd
	}
	a.width, a.y, a.filter, a.raw, a.stream = width, 0, chunk[0]>>2&3, nil, nil
	for i := range a.row {
		if cap(a.row[i]) < width {
			a.row[i] = make([]byte, width)
		}
		a.row[i] = a.row[i][:width]
	}
	switch compression := chunk[0] & 3; compression {
	case 0:
		a.raw = chunk[1:]
		return nil
	case 1:
		a.stream = stream
		return stream.open(chunk[1:], width, height)
	default:
		return damagedf("its alpha has compression %d", compression)
	}
}

// next decodes the next row, which is valid until the one after it.
func (a *alpha) next() ([]byte, error) {
	row, above := a.row[a.y&1], a.row[a.y&1^1]
	if a.stream != nil {
		pixels, err := a.stream.row()
		if err != nil {
			return nil, err
		}
		for x, pixel := range pixels {
			row[x] = byte(pixel >> 8) // green
		}
	} else {
		if len(a.raw) < a.width {
			return nil, errEnd
		}
		a.raw = a.raw[copy(row, a.raw):]
	}
	first := a.y == 0
	a.y++
	if a.filter == filterNone {
		return row, nil
	}
	if first { // all filters predict from the left there
		for x := 1; x < len(row); x++ {
			row[x] += row[x-1]
		}
		return row, nil
	}
	row[0] += above[0]
	switch a.filter {
	case filterHorizontal:
		for x := 1; x < len(row); x++ {
			row[x] += row[x-1]
		}
	case filterVertical:
		for x := 1; x < len(row); x++ {
			row[x] += above[x]
		}
	default:
		for x := 1; x < len(row); x++ {
			row[x] += byte(min(max(int(row[x-1])+int(above[x])-int(above[x-1]), 0), 255))
		}
	}
	return row, nil
}
