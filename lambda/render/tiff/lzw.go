package tiff

import "encoding/binary"

// lzw unpacks LZW (TIFF 6.0, section 13): codes of 9 to 12 bits, the first bit first,
// that become longer one code earlier than in other formats. Files of before TIFF 5.0
// have the last bit first and become longer in time; like libtiff, it tells them by
// their first code, which is always clear.
type lzw struct {
	src  *source
	old  bool
	bits uint64 // bits that have been read and not been used, at the bottom
	n    uint

	width uint
	grow  int  // the code after which codes are longer
	free  int  // the next code that gets a meaning
	last  int  // the code before, -1 after clear
	first byte // the first byte of its string
	ended bool

	table [maxCodes]lzwString

	// rest is what was unpacked and had no room in a row.
	rest   []byte
	string [maxCodes]byte
}

// lzwString is what a code stands for: another one's string and a byte.
type lzwString struct {
	prefix uint16
	length uint16
	suffix byte
}

const (
	lzwClear = 256
	lzwEnd   = 257
	maxCodes = 1 << 12
)

func (z *lzw) reset(src *source) error {
	z.src, z.bits, z.n = src, 0, 0
	z.ended, z.rest = false, nil
	z.old = false
	if len(src.data) >= 2 {
		first, _ := src.next()
		second, _ := src.next()
		z.old = first == 0 && second&1 == 1
		src.pos = 0
	}
	if z.table[0].length == 0 {
		for i := range lzwClear {
			z.table[i] = lzwString{length: 1, suffix: byte(i)}
		}
	}
	z.clear()
	return nil
}

func (z *lzw) clear() {
	z.width, z.free, z.last = 9, lzwEnd+1, -1
	z.widen()
}

// widen sets when codes become longer.
func (z *lzw) widen() {
	z.grow = 1<<z.width - 1
	if z.old {
		z.grow++
	}
	if z.width == 12 {
		z.grow = maxCodes + 1 // never
	}
}

// refill reads bits until there are those of a code.
func (z *lzw) refill() error {
	if s := z.src; !z.old && !s.turned && len(s.data)-s.pos >= 4 {
		z.bits = z.bits<<32 | uint64(binary.BigEndian.Uint32(s.data[s.pos:]))
		z.n += 32
		s.pos += 4
		return nil
	}
	for z.n < z.width {
		b, ok := z.src.next()
		if !ok {
			return errEnd
		}
		if z.old {
			z.bits |= uint64(b) << z.n
		} else {
			z.bits = z.bits<<8 | uint64(b)
		}
		z.n += 8
	}
	return nil
}

func (z *lzw) fill(dst []byte) error {
	n := copy(dst, z.rest)
	z.rest, dst = z.rest[n:], dst[n:]
	for len(dst) > 0 {
		if z.ended {
			return errEnd
		}
		if z.n < z.width {
			if err := z.refill(); err != nil {
				return err
			}
		}
		z.n -= z.width
		var code int
		if z.old {
			code = int(z.bits & (1<<z.width - 1))
			z.bits >>= z.width
		} else {
			code = int(z.bits >> z.n & (1<<z.width - 1))
		}
		if code == lzwClear {
			z.clear()
			continue
		}
		if code == lzwEnd {
			z.ended = true
			continue
		}
		if code > z.free || code > lzwEnd && z.last < 0 {
			return DamagedError("LZW code without a meaning")
		}
		if z.last >= 0 && z.free < maxCodes {
			// The string before, and the first byte of this one: where this is the
			// code that gets its meaning now, its first byte is the other's.
			if code == z.free {
				z.table[code] = lzwString{uint16(z.last), z.table[z.last].length + 1, z.first}
			}
			dst = z.write(dst, code)
			z.table[z.free] = lzwString{uint16(z.last), z.table[z.last].length + 1, z.first}
			z.free++
			if z.free >= z.grow {
				z.width++
				z.widen()
			}
		} else {
			dst = z.write(dst, code)
		}
		z.last = code
	}
	return nil
}

// write writes the string of a code from its end, notes its first byte, and returns
// what is left of dst. What has no room there is the rest.
func (z *lzw) write(dst []byte, code int) []byte {
	entry := z.table[code&(maxCodes-1)]
	size := int(entry.length)
	to := dst
	if size > len(dst) {
		to = z.string[:]
	}
	for i := size - 1; i > 0; i-- {
		to[i] = entry.suffix
		entry = z.table[entry.prefix&(maxCodes-1)]
	}
	to[0], z.first = entry.suffix, entry.suffix
	if size > len(dst) {
		n := copy(dst, z.string[:size])
		z.rest = z.string[n:size]
		return nil
	}
	return dst[size:]
}
