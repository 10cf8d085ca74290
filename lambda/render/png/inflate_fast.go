package png

import "encoding/binary"

// decodeFast is decodeOne over and over, until the window is full, the block ends or
// less than eight bytes are left in the input's buffer. It asks for bits and for room
// once for several entries.
func (z *inflater) decodeFast() (ended bool, err error) {
	in, pos := z.in.buf, z.in.pos
	bits, count := z.bits, z.count
	window, end, limit := z.window, z.end, z.limit()
	literals, distances := &z.literals, &z.distances

	for end < limit && pos+8 <= len(in) {
		bits |= binary.LittleEndian.Uint64(in[pos:]) << (count & 63)
		pos += int(63-count) >> 3
		count |= 56

		e := literals[bits&(1<<literalBits-1)]
		if e&entryLiteral != 0 {
			// Four literals of the table's own bits leave 12, and the next is looked
			// up with 11.
			bits >>= e & 31
			count -= uint(e & 31)
			binary.LittleEndian.PutUint16(window[end:], uint16(e>>8))
			end += int(e >> 24 & 3)
			e = literals[bits&(1<<literalBits-1)]
			if e&entryLiteral != 0 {
				bits >>= e & 31
				count -= uint(e & 31)
				binary.LittleEndian.PutUint16(window[end:], uint16(e>>8))
				end += int(e >> 24 & 3)
				e = literals[bits&(1<<literalBits-1)]
				if e&entryLiteral != 0 {
					bits >>= e & 31
					count -= uint(e & 31)
					binary.LittleEndian.PutUint16(window[end:], uint16(e>>8))
					end += int(e >> 24 & 3)
					e = literals[bits&(1<<literalBits-1)]
					if e&entryLiteral != 0 {
						bits >>= e & 31
						count -= uint(e & 31)
						binary.LittleEndian.PutUint16(window[end:], uint16(e>>8))
						end += int(e >> 24 & 3)
						continue
					}
				}
			}
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

		if distance >= 8 {
			from := end - distance
			to := end
			end += length
			for to < end {
				binary.LittleEndian.PutUint64(window[to:], binary.LittleEndian.Uint64(window[from:]))
				to += 8
				from += 8
			}
			continue
		}
		repeat(window, end, distance, length)
		end += length
	}
	z.in.pos, z.bits, z.count, z.end = pos, bits, count, end
	return ended, nil
}

// repeat copies length bytes to end from distance bytes before, over and over where
// they are fewer. It writes up to seven bytes beyond.
func repeat(window []byte, end, distance, length int) {
	from, to := end-distance, end
	end += length
	var word uint64
	switch {
	case distance >= 8:
		for to < end {
			binary.LittleEndian.PutUint64(window[to:], binary.LittleEndian.Uint64(window[from:]))
			to += 8
			from += 8
		}
		return
	case distance == 1:
		word = uint64(window[from]) * 0x0101010101010101
	case distance == 2:
		word = uint64(binary.LittleEndian.Uint16(window[from:])) * 0x0001000100010001
	case distance == 4:
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
	for to < end {
		binary.LittleEndian.PutUint64(window[to:], word)
		to += 8
	}
}
