package png

import "encoding/binary"

// decodeFast is decodeOne over and over, until the window is filled to the limit, the
// block ends or less than eight bytes are left in the input's buffer. It asks for bits
// and for room once for several entries.
func (z *inflater) decodeFast(limit int) (ended bool, err error) {
	in, pos := z.in.buf, z.in.pos
	bits, count := z.bits, z.count
	window, end := z.window, z.end
	literals, distances := &z.codes.literals, &z.codes.distances

	for end < limit && pos+8 <= len(in) {
		bits |= binary.LittleEndian.Uint64(in[pos:]) << (count & 63)
		pos += int(63-count) >> 3
		count |= 56

		e := literals[bits&(1<<literalBits-1)]
		if e&entryLiteral != 0 {
			// Four literals of the table's own bits leave 12, and the next is looked
			// up with 11. They are written together.
			bits >>= e & 31
			count -= uint(e & 31)
			word, n := uint64(e>>8&0xffff), e>>24&3
			e = literals[bits&(1<<literalBits-1)]
			if e&entryLiteral != 0 {
				bits >>= e & 31
				count -= uint(e & 31)
				word |= uint64(e>>8&0xffff) << (8 * n & 63)
				n += e >> 24 & 3
				e = literals[bits&(1<<literalBits-1)]
				if e&entryLiteral != 0 {
					bits >>= e & 31
					count -= uint(e & 31)
					word |= uint64(e>>8&0xffff) << (8 * n & 63)
					n += e >> 24 & 3
					e = literals[bits&(1<<literalBits-1)]
					if e&entryLiteral != 0 {
						bits >>= e & 31
						count -= uint(e & 31)
						word |= uint64(e>>8&0xffff) << (8 * n & 63)
						n += e >> 24 & 3
						binary.LittleEndian.PutUint64((*[8]uint8)(window[end:])[:], word)
						end += int(n)
						continue
					}
				}
			}
			binary.LittleEndian.PutUint64((*[8]uint8)(window[end:])[:], word)
			end += int(n)
			// What follows takes up to 48 bits: two codes with their extra bits.
			if pos+8 > len(in) {
				break
			}
			bits |= binary.LittleEndian.Uint64(in[pos:]) << (count & 63)
			pos += int(63-count) >> 3
			count |= 56
		}
		if e&entrySpecial != 0 {
			if e&entryLonger != 0 {
				e = literals[(e>>16+uint32(bits>>literalBits)&(1<<(e>>8&15)-1))&(literalSize-1)]
			}
			if e&entryLiteral != 0 {
				bits >>= e & 31
				count -= uint(e & 31)
				window[end] = uint8(e >> 8)
				end++
				continue
			}
			if e&entrySpecial != 0 {
				if e&entryEnd == 0 {
					return false, errCode
				}
				bits >>= e & 31
				count -= uint(e & 31)
				z.block, ended = noBlock, true
				break
			}
		}
		n := e & 31
		length := int(e>>16) + int(bits&(1<<n-1)>>(e>>8&31))
		bits >>= n
		count -= uint(n)

		e = distances[bits&(1<<distanceBits-1)]
		if e&entrySpecial != 0 {
			if e&entryLonger == 0 {
				return false, errCode
			}
			e = distances[(e>>16+uint32(bits>>distanceBits)&(1<<(e>>8&15)-1))&(distanceSize-1)]
			if e&entrySpecial != 0 {
				return false, errCode
			}
		}
		n = e & 31
		distance := int(e>>16) + int(bits&(1<<n-1)>>(e>>8&31))
		bits >>= n
		count -= uint(n)
		if distance > end {
			return false, errFar
		}

		repeat(window, end, distance, length)
		end += length
	}
	z.in.pos, z.bits, z.count, z.end = pos, bits, count, end
	return ended, nil
}

// repeat copies length bytes to end from distance bytes before, over and over where
// they are fewer. It writes up to repeatSlack bytes beyond.
func repeat(window []byte, end, distance, length int) {
	from, to := end-distance, end
	end += length
	if distance >= 8 {
		// Word by word, so that the later ones may be copies of the first.
		dst, src := (*[16]uint8)(window[to:]), (*[16]uint8)(window[from:])
		binary.LittleEndian.PutUint64(dst[:8], binary.LittleEndian.Uint64(src[:8]))
		binary.LittleEndian.PutUint64(dst[8:], binary.LittleEndian.Uint64(src[8:]))
		for to, from = to+16, from+16; to < end; to, from = to+32, from+32 {
			dst, src := (*[32]uint8)(window[to:]), (*[32]uint8)(window[from:])
			binary.LittleEndian.PutUint64(dst[:8], binary.LittleEndian.Uint64(src[:8]))
			binary.LittleEndian.PutUint64(dst[8:], binary.LittleEndian.Uint64(src[8:]))
			binary.LittleEndian.PutUint64(dst[16:], binary.LittleEndian.Uint64(src[16:]))
			binary.LittleEndian.PutUint64(dst[24:], binary.LittleEndian.Uint64(src[24:]))
		}
		return
	}
	var word uint64
	switch distance {
	case 1:
		word = uint64(window[from]) * 0x0101010101010101
	case 2:
		word = uint64(binary.LittleEndian.Uint16(window[from:])) * 0x0001000100010001
	case 4:
		word = uint64(binary.LittleEndian.Uint32(window[from:])) * 0x0000000100000001
	default:
		// A word reaches into what it is copied to: only its first bytes are right.
		for to < end {
			binary.LittleEndian.PutUint64(window[to:], binary.LittleEndian.Uint64(window[from:]))
			to += distance
			from += distance
		}
		return
	}
	for ; to < end; to += 32 {
		dst := (*[32]uint8)(window[to:])
		binary.LittleEndian.PutUint64(dst[:8], word)
		binary.LittleEndian.PutUint64(dst[8:], word)
		binary.LittleEndian.PutUint64(dst[16:], word)
		binary.LittleEndian.PutUint64(dst[24:], word)
	}
}

const repeatSlack = 31
