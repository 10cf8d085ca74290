package tiff

// thunderScan unpacks rows of four bits a pixel as ThunderScan, a scanner, packed them
// (libtiff's tif_thunder.c): runs, differences to the pixel before, and pixels.
type thunderScan struct {
	src   *source
	width int
}

func (u *thunderScan) reset(src *source) error {
	u.src = src
	return nil
}

// The differences that two and three bits stand for. One of each means no pixel.
var (
	thunderTwo   = [4]uint8{0, 1, thunderNone, 0xff}
	thunderThree = [8]uint8{0, 1, 2, 3, thunderNone, 0xfd, 0xfe, 0xff}
)

const thunderNone = 0x80

// fill unpacks one row.
func (u *thunderScan) fill(row []byte) error {
	x, last := 0, uint8(0)
	put := func(v uint8) {
		last = v & 15
		if x < u.width {
			if x%2 == 0 {
				row[x/2] = last << 4
			} else {
				row[x/2] |= last
			}
			x++
		}
	}
	step := func(difference uint8) {
		if difference != thunderNone {
			put(last + difference)
		}
	}
	for x < u.width {
		code, ok := u.src.next()
		if !ok {
			return errEnd
		}
		switch code >> 6 {
		case 0:
			for range code & 63 {
				put(last)
			}
		case 1:
			step(thunderTwo[code>>4&3])
			step(thunderTwo[code>>2&3])
			step(thunderTwo[code&3])
		case 2:
			step(thunderThree[code>>3&7])
			step(thunderThree[code&7])
		case 3:
			put(code)
		}
	}
	return nil
}
