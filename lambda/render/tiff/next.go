package tiff

// next unpacks rows of two bits a pixel as the NeXT computer's (libtiff's tif_next.c):
// each is stored as it is, or a span of it on white, or as runs.
type next struct {
	src   *source
	width int
}

func (u *next) reset(src *source) error {
	u.src = src
	return nil
}

// fill unpacks one row.
func (u *next) fill(row []byte) error {
	const asIs, span = 0x00, 0x40
	code, ok := u.src.next()
	if !ok {
		return errEnd
	}
	switch code {
	case asIs:
		if u.src.copy(row) < len(row) {
			return errEnd
		}
		return nil
	case span:
		var head [4]byte
		if u.src.copy(head[:]) < len(head) {
			return errEnd
		}
		from, n := int(head[0])<<8|int(head[1]), int(head[2])<<8|int(head[3])
		if from+n > len(row) {
			return damagedf("a span of %d bytes at %d of %d", n, from, len(row))
		}
		for i := range row {
			row[i] = 0xff
		}
		if u.src.copy(row[from:from+n]) < n {
			return errEnd
		}
		return nil
	}
	for i := range row {
		row[i] = 0xff
	}
	for x := 0; ; {
		grey := code >> 6
		for n := int(code & 0x3f); n > 0 && x < u.width; n-- {
			shift := 6 - 2*(x%4)
			row[x/4] = row[x/4]&^(3<<shift) | grey<<shift
			x++
		}
		if x >= u.width {
			return nil
		}
		if code, ok = u.src.next(); !ok {
			return errEnd
		}
	}
}
