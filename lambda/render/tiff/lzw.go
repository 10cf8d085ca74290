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
	first  byte
}

const (
	lzwClear = 256
	lzwEnd   = 257
	maxCodes = 1 << 12
)

func (z *lzw) reset(src *source) error {
	z.src, z.bits, z.n = src, 0, 0
	z.rest, z.old = nil, false
	if len(src.data) >= 2 {
		first, _ := src.next()
		second, _ := src.next()
		z.old = first == 0 && second&1 == 1
		src.pos = 0
	}
	if z.table[0].length == 0 {
		for i := range lzwClear {
			z.table[i] = lzwString{length: 1, suffix: byte(i), first: byte(i)}
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
	done := copy(dst, z.rest)
	z.rest, dst = z.rest[done:], dst[done:]
	for len(dst) > 0 {
		if z.n < z.width {
			if err := z.refill(); err != nil {
				return err
			}
		}
		z.n -= z.width
		code := int(z.bits >> z.n)
		if z.old {
			code = int(z.bits)
			z.bits >>= z.width
		}
		code &= 1<<(z.width&15) - 1
		if code&^1 == lzwClear {
			if code == lzwEnd {
				z.src.pos, z.n = len(z.src.data), 0
				return errEnd
			}
			z.clear()
			continue
		}
		switch {
		case z.last < 0:
			if code > lzwEnd {
				return errCode
			}
		case code > z.free:
			return errCode
		case z.free < maxCodes:
			before := z.table[z.last&(maxCodes-1)]
			added := &z.table[z.free&(maxCodes-1)]
			*added = lzwString{uint16(z.last), before.length + 1, z.first, before.first}
			added.suffix = z.table[code&(maxCodes-1)].first
			z.free++
			if z.free >= z.grow {
				z.width++
				z.widen()
			}
		}
		z.last = code
		entry := z.table[code&(maxCodes-1)]
		z.first = entry.first
		if entry.length == 1 {
			dst[0] = entry.suffix
			dst = dst[1:]
			continue
		}
		dst = z.write(dst, entry)
	}
	return nil
}

// errCode is where a code has not been given a meaning.
const errCode = DamagedError("LZW code without a meaning")

// write writes a string from its end, and returns what is left of dst. What has no
// room there is the rest.
func (z *lzw) write(dst []byte, entry lzwString) []byte {
	size := int(entry.length)
	to := dst
	if size > len(dst) {
		to = z.string[:]
	}
	to = to[:size]
	for i := size - 1; i >= 0; i-- {
		to[i] = entry.suffix
		entry = z.table[entry.prefix&(maxCodes-1)]
	}
	if size > len(dst) {
		n := copy(dst, to)
		z.rest = to[n:]
		return nil
	}
	return dst[size:]
}
