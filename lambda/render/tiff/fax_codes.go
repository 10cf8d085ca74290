package tiff

import (
	"strings"
	"sync"
)

// The codes of runs, for 0 to 63 pixels and then for the multiples of 64 (T.4, tables
// 2 and 3a).
const (
	whiteRuns = `
		00110101 000111 0111 1000 1011 1100 1110 1111
		10011 10100 00111 01000 001000 000011 110100 110101
		101010 101011 0100111 0001100 0001000 0010111 0000011 0000100
		0101000 0101011 0010011 0100100 0011000 00000010 00000011 00011010
		00011011 00010010 00010011 00010100 00010101 00010110 00010111 00101000
		00101001 00101010 00101011 00101100 00101101 00000100 00000101 00001010
		00001011 01010010 01010011 01010100 01010101 00100100 00100101 01011000
		01011001 01011010 01011011 01001010 01001011 00110010 00110011 00110100
		11011 10010 010111 0110111 00110110 00110111 01100100 01100101
		01101000 01100111 011001100 011001101 011010010 011010011 011010100 011010101
		011010110 011010111 011011000 011011001 011011010 011011011 010011000 010011001
		010011010 011000 010011011`
	blackRuns = `
		0000110111 010 11 10 011 0011 0010 00011
		000101 000100 0000100 0000101 0000111 00000100 00000111 000011000
		0000010111 0000011000 0000001000 00001100111 00001101000 00001101100 00000110111 00000101000
		00000010111 00000011000 000011001010 000011001011 000011001100 000011001101 000001101000 000001101001
		000001101010 000001101011 000011010010 000011010011 000011010100 000011010101 000011010110 000011010111
		000001101100 000001101101 000011011010 000011011011 000001010100 000001010101 000001010110 000001010111
		000001100100 000001100101 000001010010 000001010011 000000100100 000000110111 000000111000 000000100111
		000000101000 000001011000 000001011001 000000101011 000000101100 000001011010 000001100110 000001100111
		0000001111 000011001000 000011001001 000001011011 000000110011 000000110100 000000110101 0000001101100
		0000001101101 0000001001010 0000001001011 0000001001100 0000001001101 0000001110010 0000001110011 0000001110100
		0000001110101 0000001110110 0000001110111 0000001010010 0000001010011 0000001010100 0000001010101 0000001011010
		0000001011011 0000001100100 0000001100101`
	// longRuns go on for both colours, from 1,792 pixels (T.4, table 3b).
	longRuns = `
		00000001000 00000001100 00000001101 000000010010 000000010011 000000010100 000000010101 000000010110
		000000010111 000000011100 000000011101 000000011110 000000011111`
)

// maxRunBits is the length of the longest code of a run.
const maxRunBits = 13

// runCode is the code that the next bits begin with: its length, 0 if there is none,
// and the pixels that it stands for.
type runCode struct {
	bits uint8
	run  uint16
}

// runCodes is the codes of white and black runs by the next maxRunBits bits.
var runCodes = sync.OnceValue(func() *[2][1 << maxRunBits]runCode {
	var tables [2][1 << maxRunBits]runCode
	for black, codes := range []string{whiteRuns, blackRuns} {
		for i, code := range strings.Fields(codes + longRuns) {
			run := i
			if i > 63 {
				run = 64 * (i - 63)
			}
			from := 0
			for _, bit := range code {
				from = from<<1 | int(bit-'0')
			}
			rest := maxRunBits - len(code)
			for at := from << rest; at < (from+1)<<rest; at++ {
				tables[black][at] = runCode{uint8(len(code)), uint16(run)}
			}
		}
	}
	return &tables
})

// The kinds of codes of two-dimensional rows (T.4, table 4). Extensions, which are
// uncompressed, are not read.
const (
	modeNone = iota
	modePass
	modeHorizontal
	modeVertical
)

// maxModeBits is the length of the longest of them.
const maxModeBits = 7

// mode is the code that the next bits begin with.
type mode struct {
	kind, bits uint8
	shift      int8 // of a vertical code, in pixels to the right
}

// modeCodes is the codes of two-dimensional rows by the next maxModeBits bits.
var modeCodes = func() (table [1 << maxModeBits]mode) {
	for at := range table {
		switch {
		case at>>6 == 1:
			table[at] = mode{modeVertical, 1, 0}
		case at>>4 == 3:
			table[at] = mode{modeVertical, 3, 1}
		case at>>4 == 2:
			table[at] = mode{modeVertical, 3, -1}
		case at>>4 == 1:
			table[at] = mode{modeHorizontal, 3, 0}
		case at>>3 == 1:
			table[at] = mode{modePass, 4, 0}
		case at>>1 == 3:
			table[at] = mode{modeVertical, 6, 2}
		case at>>1 == 2:
			table[at] = mode{modeVertical, 6, -2}
		case at == 3:
			table[at] = mode{modeVertical, 7, 3}
		case at == 2:
			table[at] = mode{modeVertical, 7, -3}
		}
	}
	return table
}()
