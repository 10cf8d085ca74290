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
	window uint64 // the next bits
	left   int    // how many of them come after the eight that a boolean is made of
	size   uint64 // from 1 to 255: the range, before it is shifted to 128 or more
}

// noBits is left where nothing is in the window.
const noBits = -8

// open begins a partition.
func (b *boolReader) open(data []byte) {
	*b = boolReader{data: data, interval: interval{left: noBits, size: 255}}
}

// load fills a window that has fewer than eight bits. After the end there are zeros.
func (b *boolReader) load(i interval) interval {
	const most = 7 // bytes that there is room for
	switch rest := b.data[b.pos:]; {
	case len(rest) > most:
		i.window = i.window<<(8*most) | binary.BigEndian.Uint64(rest)>>8
		i.left += 8 * most
		b.pos += most
	case len(rest) > 0:
		for _, v := range rest {
			i.window = i.window<<8 | uint64(v)
		}
		i.left += 8 * len(rest)
		b.pos = len(b.data)
	default:
		i.window <<= 8 * most
		i.left += 8 * most
		b.over = true
	}
	return i
}

// shift is by how many bits the interval is shifted before the next boolean.
func (i interval) shift() int { return mathbits.LeadingZeros8(uint8(i.size)) & 7 }

// shifted is the interval that was shifted. If fewer than no bits are left of it, the
// window is to be loaded.
func (i interval) shifted() interval {
	shift := i.shift()
	return interval{i.window, i.left - shift, i.size << shift}
}

// odds is how probable it is that a boolean is false: so many times of 256, and from the
// bit 24 on, the times that it is true.
type odds uint64

func oddsOf(p uint8) odds { return odds(p) | (256-odds(p))<<24 }

// split is where a boolean that is false p times of 256 divides the interval when that
// has been shifted: 1 + (size-1)*p/256. What decides how fast booleans follow one
// another is the way from size to size, so the product is shifted, not its factor.
func (i interval) split(p uint8) uint64 {
	return (i.size*uint64(p)<<i.shift() + 256 - uint64(p)) >> 8
}

// isBelow says of a shifted interval whether the next bits are below split, where a
// boolean is false.
func (i interval) isBelow(split uint64) bool { return i.window < split<<(i.left&63) }

// below is what is below split of a shifted interval, and above is the rest.
func (i interval) below(split uint64) interval { return interval{i.window, i.left, split} }
func (i interval) above(split uint64) interval {
	return interval{i.window - split<<(i.left&63), i.left, i.size - split}
}

// bool decodes a boolean that is false p times of 256.
func (b *boolReader) bool(p uint8) bool {
	i := b.interval.shifted()
	split := b.split(p)
	if i.left < 0 {
		i = b.load(i)
	}
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
