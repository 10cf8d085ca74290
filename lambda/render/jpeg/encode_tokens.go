package jpeg

import (
	"encoding/binary"
	"math/bits"
)

// token is a Huffman code still to be chosen and the additional bits that follow
// it: the number of the code in the upper half, the bits in the lower.
type token uint32

// The numbers of the codes. Each table of AC coefficients has 256, one for each
// symbol (run and size, ITU-T T.81, F.1.2.2.1), and each of DC coefficients 16
// (size alone, F.1.2.1.1). A code of no bits, bare+n, has n additional bits, up
// to bareBits.
const (
	acCodes  = 0
	dcCodes  = acCodes + 2*256
	bare     = dcCodes + 2*16
	bareBits = 16
	codes    = 1024 // more than there are, so that the remainder is a mask
)

// Of the symbols of AC coefficients, what ends a block, and a run of sixteen
// zeros.
const (
	endOfBlock = 0x00
	zeroRun    = 0xf0
)

// magnitudes is the size of each coefficient or difference, -2047 to 2047, as the
// lowest bits of a code's number, and the bits that tell it from others of its
// size (ITU-T T.81, F.1.2.1.1). It is indexed by the lowest twelve bits.
var magnitudes = func() (table [4096]token) {
	for v := -2047; v <= 2047; v++ {
		size := bits.Len(uint(max(v, -v)))
		additional := v
		if v < 0 {
			additional = v + 1<<size - 1
		}
		table[v&4095] = token(size<<16 | additional)
	}
	return table
}()

// put appends a token.
func (e *Encoder) put(t token) {
	e.tokens = append(e.tokens, t)
	e.counts[t>>16%codes]++
}

// maxTokens is the most tokens of a block: each AC coefficient has one, is part
// of a run of zeros that has, or comes after the end, which has one too.
const maxTokens = 64

// tokenise appends the tokens of a block (ITU-T T.81, F.1.2). Its DC coefficient
// is coded by the difference from the last. There must be room.
func (e *Encoder) tokenise(b *block, mask uint64, last, tables int) {
	n := len(e.tokens)
	tokens := (*[maxTokens]token)(e.tokens[n : n+maxTokens])
	t := magnitudes[(int(b[0])-last)&4095] + token(dcCodes+16*tables)<<16
	tokens[0] = t
	e.counts[t>>16%codes]++

	ac := token(acCodes+256*tables) << 16
	at, before := uint(1), 0
	for mask &^= 1; mask != 0; mask &= mask - 1 {
		k := bits.TrailingZeros64(mask)
		run := k - before - 1
		before = k
		for ; run > 15; run -= 16 {
			tokens[at%maxTokens] = ac + zeroRun<<16
			at++
			e.counts[(ac>>16+zeroRun)%codes]++
		}
		t := magnitudes[int(b[k%64])&4095] + ac + token(run)<<20
		tokens[at%maxTokens] = t
		at++
		e.counts[t>>16%codes]++
	}
	if before != 63 {
		tokens[at%maxTokens] = ac + endOfBlock<<16
		at++
		e.counts[(ac>>16+endOfBlock)%codes]++
	}
	e.tokens = e.tokens[:n+int(at)]
}

// entry is what a token's code becomes: the code, shifted to leave room for the
// additional bits, above the five bits of both lengths together. They are 16
// and 11 at most.
type entry uint32

// chooseCodes makes the Huffman table for the symbols whose codes have the numbers
// from first on, and their entries.
func (e *Encoder) chooseCodes(first, symbols int) huffmanTable {
	var t huffmanTable
	t.optimise(e.counts[first : first+symbols])
	code, at := uint32(0), 0
	for length := 1; length <= maxCodeBits; length++ {
		for range t.lengths[length] {
			symbol := t.symbols[at]
			additional := symbol & 0x0f // how many bits, its size
			e.entries[first+int(symbol)] = entry(code<<additional<<5 | (uint32(length) + uint32(additional)))
			code++
			at++
		}
		code <<= 1
	}
	return t
}

// writeTokens writes the coded bits, a zero byte after each of all ones (ITU-T
// T.81, F.1.2.3), and ones up to the last byte's end.
func (e *Encoder) writeTokens() {
	for n := range bareBits + 1 {
		e.entries[bare+n] = entry(n)
	}
	total := 0
	for i, count := range e.counts {
		total += int(count) * int(e.entries[i]&31)
	}
	// Each byte may need another, and the last is written among eight.
	at := len(e.out)
	if need := at + 2*(total/8+8); cap(e.out) < need {
		grown := make([]byte, at, need+need/4)
		copy(grown, e.out)
		e.out = grown
	}
	out := e.out[:cap(e.out)]

	var word uint64 // its lowest 64-free bits are to be written
	free := uint(64)
	for _, t := range e.tokens {
		entry := e.entries[t>>16%codes]
		length := uint(entry & 31)
		bits := uint64(entry>>5) | uint64(t&0xffff)
		if length <= free {
			word = word<<(length&63) | bits
			free -= length
			continue
		}
		over := length - free
		word = word<<(free&63) | bits>>(over&63)
		at += writeWord(out[at:], word)
		word = bits
		free = 64 - over
	}
	if free < 64 {
		word = word<<free | (1<<free - 1)
		at += writeBytes(out[at:], word, int(64-free+7)/8)
	}
	e.out = out[:at]
}

// writeWord writes the eight bytes of a word, the highest first, with a zero byte
// after each of all ones, and returns how many that makes.
func writeWord(out []byte, word uint64) int {
	// Of its complement, a byte of zero borrows where no other does.
	const lows, highs = 0x0101010101010101, 0x8080808080808080
	if (^word-lows)&word&highs == 0 {
		binary.BigEndian.PutUint64(out, word)
		return 8
	}
	return writeBytes(out, word, 8)
}

// writeBytes does what writeWord does with the n highest bytes.
func writeBytes(out []byte, word uint64, n int) int {
	at := 0
	for ; n > 0; n-- {
		b := byte(word >> 56)
		word <<= 8
		out[at] = b
		at++
		if b == 0xff {
			out[at] = 0
			at++
		}
	}
	return at
}
