package webp

import (
	"encoding/binary"
	mathbits "math/bits"
)

// boolReader decodes the booleans of a partition (RFC 6386, section 7).
type boolReader struct {
	interval
	data []byte
	pos  int // of the next byte that is not in the window as a whole

	// over says that a boolean had fewer bits left than it is made of. What an encoder
	// flushes is enough for the last one, so that bytes are missing; so says libwebp.
	over bool
}

// interval is the state of the decoder between two booleans. It is small enough to be
// held in registers.
type interval struct {
	window uint64 // the next bits, from the top
	left   int    // how many of them are there beyond the eight that the next boolean is made of
	span   uint64 // the range, less one: 127 to 254
}

// noBits is left where nothing is in the window.
const noBits = -8

// open begins a partition.
func (b *boolReader) open(data []byte) {
	*b = boolReader{data: data, interval: interval{left: noBits, span: 254}}
}

// load fills a window that has fewer than eight bits. After the end there are zeros.
func (b *boolReader) load(i interval) interval {
	held := i.left - noBits // at most seven
	switch rest := b.data[b.pos:]; {
	case len(rest) >= 8:
		// Of the last byte only a part is there. It comes again, and or-ing it a
		// second time does no harm.
		i.window |= binary.BigEndian.Uint64(rest) >> (held & 7)
		b.pos += 7
		i.left += 56
	case len(rest) > 0:
		for _, v := range rest {
			i.window |= uint64(v) << (56 - held)
			held += 8
		}
		b.pos = len(b.data)
		i.left = held + noBits
	default:
		b.over = true
		i.left += 56
	}
	return i
}

// split is where a boolean that is false p times of 256 divides the interval: below it
// the boolean is false.
func (i interval) split(p uint8) uint64 { return i.span*uint64(p)>>8 + 1 }

// isBelow says whether the next bits are below split.
func (i interval) isBelow(split uint64) bool { return i.window>>56 < split }

// below is the interval below split, and above the one from there on.
func (i interval) below(split uint64) interval {
	shift := mathbits.LeadingZeros8(uint8(split)) & 7
	return interval{i.window << shift, i.left - shift, split<<shift - 1}
}

func (i interval) above(split uint64) interval {
	rest := i.span + 1 - split
	shift := mathbits.LeadingZeros8(uint8(rest)) & 7
	return interval{(i.window - split<<56) << shift, i.left - shift, rest<<shift - 1}
}

// bool decodes a boolean that is false p times of 256.
func (b *boolReader) bool(p uint8) bool {
	i := b.interval
	if i.left < 0 {
		i = b.load(i)
	}
	split := i.split(p)
	if i.isBelow(split) {
		b.interval = i.below(split)
		return false
	}
	b.interval = i.above(split)
	return true
}

// bit is bool as a number.
func (b *boolReader) bit(p uint8) int {
	if b.bool(p) {
		return 1
	}
	return 0
}

// flag decodes a boolean that is as often true as false.
func (b *boolReader) flag() bool { return b.bool(128) }

// number decodes n bits, the highest first (section 9.2, L(n)).
func (b *boolReader) number(n int) int {
	v := 0
	for range n {
		v = 2*v + b.bit(128)
	}
	return v
}

// optional decodes a flag, and if it is set a number of n bits and its sign. Otherwise
// the number is zero.
func (b *boolReader) optional(n int) int {
	if !b.flag() {
		return 0
	}
	v := b.number(n)
	if b.flag() {
		return -v
	}
	return v
}
