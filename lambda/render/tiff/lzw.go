package tiff

// lzw unpacks LZW (TIFF 6.0, section 13): codes of 9 to 12 bits, the first bit first,
// that become longer one code earlier than in other formats. Files of before TIFF 5.0
// have the last bit first and become longer in time; like libtiff, it tells them by
// their first code, which is always clear.
type lzw struct {
	src  *source
	old  bool
	bits uint32 // bits that have been read and not been used, at the bottom
	n    uint

	width uint
	free  int  // the next code that gets a meaning
	last  int  // the code before, -1 after clear
	first byte // the first byte of its string
	ended bool

	prefix [maxCodes]uint16
	suffix [maxCodes]byte
	length [maxCodes]uint16

	// rest is what was unpacked and had no room in a row.
	rest   []byte
	string [maxCodes]byte
}

const (
	lzwClear = 256
	lzwEnd   = 257
	maxCodes = 1 << 12
)

func (z *lzw) reset(src *source) error {
	z.src, z.bits, z.n = src, 0, 0
	z.clear()
	z.ended, z.rest = false, nil
	z.old = false
	if len(src.data) >= 2 {
		first, _ := src.next()
		second, _ := src.next()
		z.old = first == 0 && second&1 == 1
		src.pos = 0
	}
	return nil
}

func (z *lzw) clear() {
	z.width, z.free, z.last = 9, lzwEnd+1, -1
}

// code reads the next code.
func (z *lzw) code() (int, error) {
	for z.n < z.width {
		b, ok := z.src.next()
		if !ok {
			return 0, errEnd
		}
		if z.old {
			z.bits |= uint32(b) << z.n
		} else {
			z.bits = z.bits<<8 | uint32(b)
		}
		z.n += 8
	}
	z.n -= z.width
	if z.old {
		code := z.bits & (1<<z.width - 1)
		z.bits >>= z.width
		return int(code), nil
	}
	return int(z.bits >> z.n & (1<<z.width - 1)), nil
}

func (z *lzw) fill(dst []byte) error {
	for {
		n := copy(dst, z.rest)
		z.rest, dst = z.rest[n:], dst[n:]
		if len(dst) == 0 {
			return nil
		}
		if z.ended {
			return errEnd
		}
		code, err := z.code()
		switch {
		case err != nil:
			return err
		case code == lzwClear:
			z.clear()
			continue
		case code == lzwEnd:
			z.ended = true
			continue
		case code > z.free || code == z.free && z.last < 0 || code > lzwEnd && z.last < 0:
			return DamagedError("LZW code without a meaning")
		}
		size := 1 // of the string of this code
		from := code
		if code == z.free {
			from, size = z.last, 2 // the string before, and its first byte again
		}
		if from > lzwEnd {
			size += int(z.length[from]) - 1
		}
		// The string is written from its end.
		to := z.string[:]
		if size <= len(dst) {
			to = dst
		}
		i := size - 1
		if code == z.free {
			to[i] = z.first
			i--
		}
		for from > lzwEnd {
			to[i] = z.suffix[from]
			i--
			from = int(z.prefix[from])
		}
		to[0] = byte(from)
		z.first = byte(from)
		if size <= len(dst) {
			dst = dst[size:]
		} else {
			z.rest = z.string[:size]
		}
		if z.last >= 0 && z.free < maxCodes {
			z.prefix[z.free], z.suffix[z.free] = uint16(z.last), z.first
			z.length[z.free] = 2
			if z.last > lzwEnd {
				z.length[z.free] = z.length[z.last] + 1
			}
			z.free++
			early := 1
			if z.old {
				early = 0
			}
			if z.free+early >= 1<<z.width && z.width < 12 {
				z.width++
			}
		}
		z.last = code
	}
}
