package av1

import (
	"encoding/binary"
	"math/bits"
)

// A coder writes symbols with the range coder of AV1 (AV1 specification, section 8.2, of which
// this is the other side). It is reset before the first symbol.
//
// A stream of symbols is a number from 0 to 1. Each symbol takes its part of the interval in which
// that number still may lie, and the likelier it is, the larger is its part and the fewer digits it
// needs. low is the interval's begin without the digits that are in out already, and width its
// length in units of the last digit of low.
type coder struct {
	interval
	out []byte
}

// interval is what a coder has not written yet.
type interval struct {
	low   uint64 // of 16 + held bits, and one above them that is the carry into out
	width uint32 // from 32,768 to 65,535
	held  int    // bits of low that later symbols change only by a carry
}

func (c *coder) reset() {
	// The first symbol's width has 15 bits, so that there is a bit less than none to be written.
	c.interval, c.out = interval{0, 1 << 15, -1}, c.out[:0]
}

// narrowed is the part of an interval that begins after skipped and has a width.
func (v interval) narrowed(skipped, width uint32) interval {
	n := bits.LeadingZeros16(uint16(width)) & 15
	return interval{(v.low + uint64(skipped)) << n, width << n, v.held + n}
}

// take narrows the interval to the part that begins after skipped and has a width.
func (c *coder) take(skipped, width uint32) {
	v := c.narrowed(skipped, width)
	if v.held >= 32 {
		v = c.flushed(v)
	}
	c.interval = v
}

// flushed moves the upper 32 of the held bits of an interval to out. There are at most 47, as a symbol
// adds no more than 15, so that low has at most 64 with the carry.
//
//go:noinline
func (c *coder) flushed(v interval) interval {
	v.held -= 32
	at := 16 + v.held
	top := v.low >> at
	v.low &= 1<<at - 1
	c.carry(top >> 32)
	c.out = binary.BigEndian.AppendUint32(c.out, uint32(top))
	return v
}

// carry adds one to what is written if carried is 1.
func (c *coder) carry(carried uint64) {
	if carried == 0 {
		return
	}
	for i := len(c.out) - 1; i >= 0; i-- {
		c.out[i]++
		if c.out[i] != 0 {
			break
		}
	}
}

// part is how much of the range lies after the first symbols of a row, by their inverse probability
// in 32,768ths, where later symbols are still to come: each keeps at least 4 (section 8.2.6).
func (c *coder) part(inverse, later uint32) uint32 {
	return (c.width>>8)*(inverse>>6)>>1 + 4*later
}

// bool writes one of two symbols: whether it is true, which it is with a probability of p 32,768ths.
func (c *coder) bool(p uint16, v bool) {
	cut := c.part(uint32(p), 1)
	if v {
		c.take(c.width-cut, cut)
	} else {
		c.take(0, c.width-cut)
	}
}

// bits writes the lowest n bits of v, the highest first, each of which is 0 as often as 1
// (section 8.2.5).
func (c *coder) bits(v uint32, n int) {
	for n--; n >= 0; n-- {
		// Without a branch, which would be taken as often as not.
		cut := c.width>>8<<7 + 4
		rest := c.width - cut
		one := -(v >> n & 1)
		c.take(rest&one, rest^(rest^cut)&one)
	}
}

// golomb writes a number from 0 on by the code of Exp-Golomb (read_golomb in section 5.11.39).
func (c *coder) golomb(v uint32) {
	n := bits.Len32(v + 1)
	c.bits(0, n-1)
	c.bits(v+1, n)
}

// symbol writes a symbol by its probabilities, a row as in default_cdfs.go, and brings these up to
// date (section 8.2.6): what is written becomes likelier, the faster the fewer symbols were written
// with the row, which counts them in its last number.
func (c *coder) symbol(cdf []uint16, s int) {
	n := len(cdf) - 1
	to := c.part(uint32(cdf[s]), uint32(n-1-s))
	from := c.part(uint32(cdf[max(s-1, 0)]), uint32(n-s))
	if s == 0 {
		from = c.width
	}
	c.take(c.width-from, from-to)

	seen := cdf[n]
	cdf[n] = seen + 1 - seen>>5
	rate := 3 + seen>>4 + uint16(min(bits.Len(uint(n))-1, 2))
	i := 0
	for ; i+4 <= n; i += 4 {
		four := (*[4]uint16)(cdf[i:])
		store(four, adapted(load4(four), min(max(s-i, 0), 4), rate))
	}
	for ; i < n-1; i++ {
		cdf[i] = adapted1(cdf[i], i < s, rate)
	}
}

// symbol2 is symbol for a row of two.
func (c *coder) symbol2(cdf *[3]uint16, s int) {
	inverse, seen := cdf[0], cdf[2]
	cut := c.part(uint32(inverse), 1)
	rest := c.width - cut
	skipped, width := uint32(0), rest
	if s != 0 {
		skipped, width = rest, cut
	}
	cdf[0], cdf[2] = adapted1(inverse, s != 0, 4+seen>>4), seen+1-seen>>5
	c.take(skipped, width)
}

// symbol4 is symbol for a row of four, as most are that coefficients are written by.
func (c *coder) symbol4(cdf *[5]uint16, s int) {
	four := (*[4]uint16)(cdf[:])
	row := load4(four)
	at := uint(s) * 16 & 63
	scale, later := c.width>>8, uint32(3-s)
	to := scale*(uint32(row>>at)&0xffff>>6)>>1 + 4*later
	from := scale*(uint32(row<<16>>at)&0xffff>>6)>>1 + 4*later + 4
	if s == 0 {
		from = c.width
	}
	seen := cdf[4]
	cdf[4] = seen + 1 - seen>>5
	store(four, adapted(row, s, 5+seen>>4))
	c.take(c.width-from, from-to)
}

// load4 returns four inverse probabilities in one word, the first in its lowest bits.
func load4(p *[4]uint16) uint64 {
	return uint64(p[0]) | uint64(p[1])<<16 | uint64(p[2])<<32 | uint64(p[3])<<48
}

// store is the other side of load4.
func store(p *[4]uint16, v uint64) {
	p[0], p[1], p[2], p[3] = uint16(v), uint16(v>>16), uint16(v>>32), uint16(v>>48)
}

// adapted returns four inverse probabilities of a row, of which the first n become larger, as those
// of the symbols before the written one, and the others smaller. As they are at most 32,768, none
// of the four needs a bit of another.
func adapted(row uint64, n int, rate uint16) uint64 {
	const each = 1 | 1<<16 | 1<<32 | 1<<48
	before := uint64(1)<<(16*uint(n)) - 1 // all ones for n = 4: Go shifts everything out
	room := row&^before | (32768*each-row)&before
	steps := room >> (rate & 15) & (each * (0xffff >> (rate & 15)))
	return row - steps&^before + steps&before
}

// adapted1 is adapted for one.
func adapted1(inverse uint16, before bool, rate uint16) uint16 {
	room, negative := inverse, uint16(0xffff)
	if before {
		room, negative = 32768-inverse, 0
	}
	step := room >> (rate & 15)
	return inverse + (step ^ negative - negative)
}

// finish returns all that was written, in as few bytes as tell it apart (section 8.2.4). They are
// the coder's until it is reset.
func (c *coder) finish() []byte {
	// Of the numbers in the interval, the one with the fewest digits: what a decoder reads behind
	// them are zeros.
	const mask = 1<<14 - 1
	end := (c.low+mask)&^mask | (mask + 1)
	at := 16 + c.held
	c.carry(end >> at)
	for s := c.held + 2; s > 0; s -= 8 {
		at -= 8
		c.out = append(c.out, byte(end>>at))
	}
	return c.out
}
