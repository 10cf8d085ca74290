package jpeg

import "math/bits"

// The tables that turn coded bits into symbols. They are built from the code
// lengths of a DHT segment (T.81, annex C and F.2.2.3): one that finds a single
// symbol, and for sequential scans two that take several at once, because what
// a decoder waits for is the look-up that says where the next code starts.
const (
	// lookBits is how long a code may be that look finds. Longer ones are rare.
	lookBits = 9

	// pairBits is how many bits pairs looks at. A table takes 8 << pairBits
	// bytes and those of luma and chroma should stay in the fastest cache.
	pairBits = 11

	// skipBits is how many bits skips looks at.
	skipBits = 13
)

// The most bits of a difference between DC coefficients and of an AC coefficient
// where samples have 8 (T.81, tables F.1 and F.2).
const (
	maxSizeDC = 11
	maxSizeAC = 10
)

// boundDC is above all DC coefficients, and -boundDC not above any: they are as
// large as their differences.
const boundDC = 1 << maxSizeDC

// ends is added to an index in a block that the end of the block follows. It is
// above all that an index can grow to without it.
const ends = 128

// huffman is a Huffman table.
type huffman struct {
	counts [16]uint8  // how many codes there are of 1 to 16 bits
	values [256]uint8 // the symbols, in the order of their codes
	size   int        // how many there are

	defined bool // by the picture at hand

	// look has for the next lookBits bits the length of the code that they start
	// with, in five bits, and above that its symbol. It is 0 for longer codes.
	look [1 << lookBits]uint16

	// limits[n] is the first code that is longer than n bits, as the top of 16
	// bits, and offsets[n] where values has the symbols of n bits, less their
	// first code.
	limits  [17]uint32
	offsets [17]int32

	ahead    *lookahead // kept for the next table
	prepared bool       // whether it is of these codes
}

// lookahead is what several symbols are taken with at once, in sequential scans.
type lookahead struct {
	pairs [1 << pairBits]pair

	// skips has in the lowest six bits how many coded bits the symbols take that
	// are skipped, and above that how far the index moves, as that of a pair.
	skips [1 << skipBits]uint16
}

// pair is two coefficients, or one, and how the block goes on:
//
//	bits  0 to 5   how many coded bits they take
//	bits  8 to 15  where the first stands, from the current index
//	bits 16 to 23  where the second stands
//	bits 24 to 31  how far the index moves, with ends at the end of the block
//	bits 32 to 47  the first's value
//	bits 48 to 63  the second's value
//
// What is missing of the two is a zero where the index moves to, which does no
// harm there. When not even one fits, no bits are taken and the index moves by
// 64, out of the block.
type pair uint64

// define sets the table from the parameters of a DHT segment after the table's
// class and number, and returns how many bytes of them it took.
func (h *huffman) define(p []byte) (int, error) {
	if len(p) < 16 {
		return 0, damagedf("a Huffman table has %d of its 16 lengths", len(p))
	}
	size, code := 0, 0
	for i, count := range p[:16] {
		size += int(count)
		code = code<<1 + int(count)
		if code > 2<<i {
			return 0, damagedf("a Huffman table has more codes of %d bits than there are", i+1)
		}
	}
	// That also holds the number of symbols against the limit for 16 bits, but
	// no more than 256 of them are different.
	if size > len(h.values) {
		return 0, damagedf("a Huffman table has %d symbols", size)
	}
	if len(p) < 16+size {
		return 0, damagedf("a Huffman table has %d of its %d symbols", len(p)-16, size)
	}
	counts, values := [16]uint8(p[:16]), p[16:16+size]
	h.defined = true
	if size == h.size && counts == h.counts && string(values) == string(h.values[:size]) {
		return 16 + size, nil // the same again: what has been built is right
	}
	h.counts, h.size, h.prepared = counts, size, false
	copy(h.values[:], values)
	h.index()
	return 16 + size, nil
}

// index builds look, limits and offsets.
func (h *huffman) index() {
	clear(h.look[:])
	code, k := 0, 0
	for length := 1; length <= 16; length++ {
		h.offsets[length] = int32(k - code)
		for range h.counts[length-1] {
			if length <= lookBits {
				first := code << (lookBits - length)
				for i := range 1 << (lookBits - length) {
					h.look[first+i] = uint16(h.values[k])<<5 | uint16(length)
				}
			}
			code++
			k++
		}
		h.limits[length] = uint32(code << (16 - length))
		code <<= 1
	}
}

// long is what look would have of a code if it were long enough.
func (h *huffman) long(acc uint64) uint {
	next := uint32(acc >> 48)
	for length := uint(lookBits + 1); length <= 16; length++ {
		if next < h.limits[length] {
			k := int32(next>>(16-length)) + h.offsets[length]
			return uint(h.values[uint8(k)])<<5 | length
		}
	}
	return 0
}

// extend is the value of size bits, at most 15, at the top of acc (T.81,
// F.2.2.1, EXTEND): those that start with a 0 are negative.
func extend(acc uint64, size uint) int32 {
	negative := ^(int64(acc) >> 63)
	return int32(acc>>1>>((63-size)&63)) + int32(negative)&(1-1<<(size&31))
}

// prepare builds ahead.
func (h *huffman) prepare() {
	if h.prepared {
		return
	}
	h.prepared = true
	if h.ahead == nil {
		h.ahead = new(lookahead)
	}
	for i := range h.ahead.pairs {
		h.ahead.pairs[i] = h.pair(uint64(i) << (64 - pairBits))
	}
	h.skip()
}

// pair is the entry of pairs for the bits at the top of acc.
func (h *huffman) pair(acc uint64) pair {
	var used, advance uint
	var at [2]uint
	var value [2]uint16
	found := 0
	for advance < ends {
		length, run, size := h.find(acc)
		if length == 0 || !sequential(run, size) || used+length+size > pairBits {
			break
		}
		if size == 0 && run == 0 {
			used += length
			advance += ends
			break
		}
		if size != 0 && found == len(at) || advance+run+1 >= 64 {
			break
		}
		if size != 0 {
			at[found] = advance + run
			value[found] = uint16(extend(acc<<length, size))
			found++
		}
		acc <<= length + size
		used += length + size
		advance += run + 1
	}
	if used == 0 {
		advance = 64
	}
	for ; found < len(at); found++ {
		at[found] = advance & 63
	}
	return pair(used | at[0]<<8 | at[1]<<16 | advance<<24 | uint(value[0])<<32 | uint(value[1])<<48)
}

// skip builds skips. What can be skipped of a number i of w bits stands at 1<<w | i
// of shorter, so that an entry is its first symbol and the entry of the bits after
// that. The first symbol is that of the number without its last bit, if that has
// one: it stands in first, as in look.
func (h *huffman) skip() {
	var shorter, first [1 << skipBits]uint16
	for at := 2; at < 2<<skipBits; at++ {
		w := uint(bits.Len(uint(at)) - 1)
		i := at - 1<<w
		symbol := first[at>>1]
		if symbol == 0 {
			length, run, size := h.find(uint64(i) << (64 - w))
			if length > 0 && sequential(run, size) && length+size <= w {
				symbol = uint16(run<<9 | size<<5 | length)
			}
		}
		length, run, size := uint(symbol&31), uint(symbol>>9), uint(symbol>>5&15)
		used := length + size
		e := uint(0)
		switch {
		case symbol == 0:
		case size == 0 && run == 0:
			e = ends<<6 | used
		default:
			if rest := w - used; rest > 0 {
				e = uint(shorter[1<<rest|i&(1<<rest-1)])
			}
			if e>>6&(ends-1)+run+1 >= 64 {
				e = 0
			}
			e += (run+1)<<6 + used
		}
		switch {
		case w < skipBits:
			shorter[at], first[at] = uint16(e), symbol
		case e == 0:
			h.ahead.skips[i] = 64 << 6
		default:
			h.ahead.skips[i] = uint16(e)
		}
	}
}

// sequential says whether a symbol has a meaning in sequential scans: those of a
// run without a coefficient are a run of 16 zeros and the end of a block (T.81,
// F.1.2.2.1 and figure F.1).
func sequential(run, size uint) bool {
	return size <= maxSizeAC && (size > 0 || run == 0 || run == 15)
}

// find finds the code at the top of acc: its length, which is 0 if there is no
// such code, and the halves of its symbol.
func (h *huffman) find(acc uint64) (length, run, size uint) {
	e := h.lookUp(acc)
	return e & 31, e >> 9, e >> 5 & 15
}

// lookUp is what look has, or would have, of the code at the top of acc. Unlike
// find it is small enough to be inlined.
func (h *huffman) lookUp(acc uint64) uint {
	e := uint(h.look[acc>>(64-lookBits)])
	if e == 0 {
		e = h.long(acc)
	}
	return e
}
