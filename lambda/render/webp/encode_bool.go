package webp

import (
	"encoding/binary"
	mathbits "math/bits"
)

// boolWriter writes bools, each with the probability that it is false: the encoder
// of RFC 6386, section 7.3, with whole bytes held back until there are several.
type boolWriter struct {
	out     []byte
	low     uint64 // the lower end of the interval: pending bits, and eight that go with span
	span    uint32 // its size, 128 to 255
	pending uint
}

// flushed is how many bits are written at a time.
const flushed = 40

func (w *boolWriter) begin(out []byte) { *w = boolWriter{out: out, span: 255} }

// put writes a bool whose probability to be false is p of 256.
func (w *boolWriter) put(bit bool, p uint8) {
	split := 1 + (w.span-1)*uint32(p)>>8
	if bit {
		w.low += uint64(split)
		w.span -= split
	} else {
		w.span = split
	}
	shift := uint(mathbits.LeadingZeros8(uint8(w.span)))
	w.span <<= shift
	w.low <<= shift
	if w.pending += shift; w.pending >= flushed {
		w.flush()
	}
}

// walk writes the bools of a path with their probabilities in a row. It is put and a loop
// in one, for the speed.
func (w *boolWriter) walk(path uint64, row *[16]uint8) {
	low, span, pending := w.low, w.span, w.pending
	for ; path > 1; path >>= 5 {
		// What a false bool makes of span is split, and a true one the rest: -bit is all
		// ones for a true one.
		split := 1 + (span-1)*uint32(row[path>>1&15])>>8
		bit := uint32(path & 1)
		low += uint64(split & -bit)
		span = split + (span-split-split)&-bit
		shift := uint(mathbits.LeadingZeros8(uint8(span)))
		span <<= shift & 7
		low <<= shift & 7
		if pending += shift; pending >= flushed {
			w.low, w.pending = low, pending
			w.flush()
			low, pending = w.low, w.pending
		}
	}
	w.low, w.span, w.pending = low, span, pending
}

// flush writes the bits that are decided but for a carry, which goes to the bytes
// before.
func (w *boolWriter) flush() {
	rest := w.pending - flushed + 8
	chunk := w.low >> rest
	w.low &= 1<<rest - 1
	w.pending -= flushed
	if chunk>>flushed != 0 {
		w.carry()
	}
	var all [8]byte
	binary.BigEndian.PutUint64(all[:], chunk<<(64-flushed))
	w.out = append(w.out, all[:flushed/8]...)
}

// carry adds one to the bytes that are written.
func (w *boolWriter) carry() {
	for i := len(w.out) - 1; i >= 0; i-- {
		w.out[i]++
		if w.out[i] != 0 {
			return
		}
	}
}

// number writes the lowest n bits of v, the highest of them first, each as likely as
// not.
func (w *boolWriter) number(v, n int) {
	for n--; n >= 0; n-- {
		w.put(v>>n&1 != 0, 128)
	}
}

// signed writes a number that may be negative: whether it is not 0, then n bits and
// the sign.
func (w *boolWriter) signed(v, n int) {
	w.put(v != 0, 128)
	if v != 0 {
		w.number(max(v, -v), n)
		w.put(v < 0, 128)
	}
}

// end writes what is held back and returns all bytes.
func (w *boolWriter) end() []byte {
	count := (w.pending + 8 + 7) / 8
	w.low <<= 8*count - (w.pending + 8)
	if w.low>>(8*count) != 0 {
		w.carry()
	}
	for ; count > 0; count-- {
		w.out = append(w.out, byte(w.low>>(8*count-8)))
	}
	return w.out
}

// rateOf is what a bool takes in 1/256 bit whose probability is i of 256. At 0, which
// no bool has, it is that of 1.
var rateOf = func() (table [257]uint16) {
	for i := 1; i < len(table); i++ {
		table[i] = uint16(8*256 - log2(uint64(i), 8))
	}
	table[0] = table[1]
	return table
}()

// rateOfBool is what a bool takes in 1/256 bit with a probability to be false.
func rateOfBool(bit bool, p uint8) uint32 {
	if bit {
		return uint32(rateOf[256-int(p)])
	}
	return uint32(rateOf[p])
}

// log256 is log2 of v in 1/256.
func log256(v uint64) int {
	if v < uint64(len(logs)) {
		return int(logs[v])
	}
	return log2(v, 8)
}

// logs are log256 of the counts that most symbols have.
var logs = func() (table [512]uint16) {
	for v := 1; v < len(table); v++ {
		table[v] = uint16(log2(uint64(v), 8))
	}
	return table
}()

// log2 is the logarithm of v to the base of 2, at least 1, in fixed point with some
// binary places. It is computed in integers, so that it is the same everywhere.
func log2(v uint64, places int) int {
	whole := mathbits.Len64(v) - 1
	// x is v/2^whole in 1.31 bits, from 1 to 2. Squaring it doubles the logarithm, whose
	// next binary place then is its whole part.
	x := v << (63 - uint(whole)) >> 32
	l := whole
	for range places {
		x = x * x >> 31
		l <<= 1
		if x>>32 != 0 {
			l |= 1
			x >>= 1
		}
	}
	return l
}
