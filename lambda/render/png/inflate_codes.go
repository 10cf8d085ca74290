package png

import "math/bits"

// A code's table is looked into with the next bits of the data, as many as the
// shorter codes have. An entry says what the code stands for:
//
//	literals  one or two bytes, in bits 8 to 23, their count in bits 24 and 25, and
//	          of two the bits of the first one's code in bits 26 to 29
//	copies    a length or a distance: its least in bits 16 to 30, the bits of the
//	          code in bits 8 to 12, of code and extra bits together in 0 to 4
//	longer    where the table for the longer codes begins in bits 16 to 30, how many
//	          bits that is looked into with in bits 8 to 11
//	the end   of a block, and codes that there are not
//
// The lowest five bits are how many bits the entry takes from the data.
const (
	entryLiteral = 1 << 31
	entrySpecial = 1 << 15 // none of literals and copies
	entryLonger  = 1 << 14
	entryEnd     = 1 << 13
)

const (
	literalBits  = 11
	distanceBits = 9

	// The tables with all tables for longer codes never have more entries: zlib's
	// program enough says 2342 for 288 codes and 594 for 30 in tables of these bits.
	// The next power of two lets the compiler leave out the checks of bounds.
	literalSize  = 1 << 12
	distanceSize = 1 << 10

	maxCode = 15 // bits of a code (RFC 1951, 3.2.7)
)

// lengthEntries and distanceEntries are the entries of copies without their codes
// (RFC 1951, 3.2.5): the extra bits are in bits 0 to 4.
var (
	literalEntries  = makeLiterals()
	distanceEntries = makeDistances()
)

func makeLiterals() (e [288]uint32) {
	for i := range 256 {
		e[i] = entryLiteral | 1<<24 | uint32(i)<<8
	}
	e[256] = entrySpecial | entryEnd
	length := uint32(3)
	for i := 257; i < 285; i++ {
		extra := uint32(max(i-261, 0) / 4)
		e[i] = length<<16 | extra
		length += 1 << extra
	}
	e[285] = 258 << 16
	e[286], e[287] = entrySpecial, entrySpecial
	return e
}

func makeDistances() (e [32]uint32) {
	distance := uint32(1)
	for i := range 30 {
		extra := uint32(max(i-2, 0) / 2)
		e[i] = distance<<16 | extra
		distance += 1 << extra
	}
	e[30], e[31] = entrySpecial, entrySpecial
	return e
}

// coded is an entry with a code of so many bits.
func coded(entry uint32, length int) uint32 {
	if entry&(entryLiteral|entrySpecial) != 0 {
		return entry + uint32(length)
	}
	return entry + uint32(length) + uint32(length)<<8
}

// makeTable makes the table of the canonical codes that have these lengths (RFC 1951,
// 3.2.2). It is false for lengths that no codes have. One code alone may leave the half
// of its table empty, as zlib has it, and so may no code all of it.
func makeTable(table []uint32, tableBits int, lengths []uint8, entries []uint32) bool {
	var count [maxCode + 1]int
	for _, length := range lengths {
		count[length]++
	}
	longest := maxCode
	for longest > 0 && count[longest] == 0 {
		longest--
	}
	left := 1 // codes that are not taken
	for length := 1; length <= maxCode; length++ {
		left = left<<1 - count[length]
		if left < 0 {
			return false
		}
	}
	if left > 0 && longest > 1 {
		return false
	}

	// The symbols in the order of their codes.
	var offset [maxCode + 2]int
	for length := 1; length <= maxCode; length++ {
		offset[length+1] = offset[length] + count[length]
	}
	var sorted [288]uint16
	for symbol, length := range lengths {
		if length > 0 {
			sorted[offset[length]] = uint16(symbol)
			offset[length]++
		}
	}

	// For each length the table is doubled, so that what shorter codes stand for is
	// found with any bits behind them.
	code, i := 0, 0
	table[0] = entrySpecial
	for length := 1; length <= tableBits; length++ {
		half := 1 << (length - 1)
		copy(table[half:2*half], table[:half])
		for range count[length] {
			table[reversed(code, length)] = coded(entries[sorted[i]], length)
			i++
			code++
		}
		code <<= 1
	}

	// Longer codes with the same beginning share a table, which has as many bits as
	// they need.
	next, sub, subBits, prefix := 1<<tableBits, 0, 0, -1
	for length := tableBits + 1; length <= longest; length++ {
		for range count[length] {
			at := reversed(code, length)
			if p := at & (1<<tableBits - 1); p != prefix {
				prefix, sub, subBits = p, next, length-tableBits
				room := 1<<subBits - (offset[length] - i)
				for l := length; room > 0 && l < longest; {
					subBits++
					l++
					room = room<<1 - count[l]
				}
				next += 1 << subBits
				if next > len(table) {
					return false
				}
				table[prefix] = entrySpecial | entryLonger | uint32(sub)<<16 | uint32(subBits)<<8
			}
			e := coded(entries[sorted[i]], length)
			for at >>= tableBits; at < 1<<subBits; at += 1 << (length - tableBits) {
				table[sub+at] = e
			}
			i++
			code++
		}
		code <<= 1
	}
	return true
}

// reversed is a code as it stands in the data, its first bit in the lowest.
func reversed(code, length int) int {
	return int(bits.Reverse16(uint16(code)) >> (16 - length))
}

// pairLiterals puts two literals into an entry where the table's bits hold the codes
// of both.
func pairLiterals(table *[literalSize]uint32) {
	// The second code is found at a lower place, where no pair is yet.
	for i := 1<<literalBits - 1; i >= 0; i-- {
		first := table[i]
		if first&entryLiteral == 0 {
			continue
		}
		length := first & 31
		second := table[i>>length]
		if second&entryLiteral == 0 || length+second&31 > literalBits {
			continue
		}
		table[i] = entryLiteral | length<<26 | 2<<24 | second&0xff00<<8 | first&0xff00 | (length + second&31)
	}
}

// codes are the tables of a block.
type codes struct {
	literals  [literalSize]uint32
	distances [distanceSize]uint32
}

// fixedCodes are those of RFC 1951, 3.2.6.
var fixedCodes = makeFixed()

func makeFixed() *codes {
	var lengths [288]uint8
	for i := range lengths {
		switch {
		case i < 144:
			lengths[i] = 8
		case i < 256:
			lengths[i] = 9
		case i < 280:
			lengths[i] = 7
		default:
			lengths[i] = 8
		}
	}
	c := new(codes)
	makeTable(c.literals[:], literalBits, lengths[:], literalEntries[:])
	for i := range 32 {
		lengths[i] = 5
	}
	makeTable(c.distances[:], distanceBits, lengths[:32], distanceEntries[:])
	pairLiterals(&c.literals)
	return c
}
