package png

import "encoding/binary"

// filter is a filter type of 9.2: what is subtracted from a byte.
type filter uint8

const (
	none    filter = 0
	left    filter = 1 // the byte of the pixel before: Sub
	above   filter = 2 // the byte of the row above: Up
	average filter = 3 // half of both together, rounded down: Average
)

// Eight bytes are worked on at once, in an uint64. A byte's carry must not reach
// the next one: where it could, the highest bits are kept out and put in after.
const (
	lowBits   = 0x0101010101010101
	highBits  = 0x8080808080808080
	evenBytes = 0x00ff00ff00ff00ff
)

// difference is x-y of each byte.
func difference(x, y uint64) uint64 {
	return (x | highBits) - (y &^ highBits) ^ (x^^y)&highBits
}

// half is (x+y)/2 of each byte, rounded down.
func half(x, y uint64) uint64 {
	return x&y + (x^y)>>1&^highBits
}

// magnitudes is the absolute value of each byte, read as a signed one: up to 128.
func magnitudes(x uint64) uint64 {
	negative := x >> 7 & lowBits
	return x ^ (negative<<8 - negative) + negative
}

// pairs is the sums of neighbouring bytes, each in 16 bits.
func pairs(x uint64) uint64 { return x&evenBytes + x>>8&evenBytes }

// total is the sum of four numbers of 16 bits.
func total(x uint64) int {
	x = x&0x0000ffff0000ffff + x>>16&0x0000ffff0000ffff
	return int(x&0xffffffff + x>>32)
}

// costs is how large the bytes of a row are after each filter, as the sums of
// their magnitudes: the smaller they are the fewer bits they will need, mostly
// (12.7). A pixel has n bytes. That of none is not known.
func costs(row, up []uint8, n int) (sums [4]int) {
	up = up[:len(row)]
	for i := range n { // the first pixel has nothing before it
		sums[left] += magnitude(row[i])
		sums[above] += magnitude(row[i] - up[i])
		sums[average] += magnitude(row[i] - up[i]/2)
	}
	i := n
	for len(row)-i >= 8 {
		// A step adds up to 256 to each of four sums of 16 bits, which have room
		// for 255 steps.
		var l, a, m uint64
		for end := min(i+255*8, len(row)-7); i < end; i += 8 {
			x := binary.LittleEndian.Uint64(row[i:])
			b := binary.LittleEndian.Uint64(row[i-n:])
			u := binary.LittleEndian.Uint64(up[i:])
			l += pairs(magnitudes(difference(x, b)))
			a += pairs(magnitudes(difference(x, u)))
			m += pairs(magnitudes(difference(x, half(b, u))))
		}
		sums[left] += total(l)
		sums[above] += total(a)
		sums[average] += total(m)
	}
	for ; i < len(row); i++ {
		b, u := row[i-n], up[i]
		sums[left] += magnitude(row[i] - b)
		sums[above] += magnitude(row[i] - u)
		sums[average] += magnitude(row[i] - uint8((int(b)+int(u))/2))
	}
	return sums
}

func magnitude(x uint8) int {
	return max(int(int8(x)), -int(int8(x)))
}

// apply writes the row to dst as f leaves it.
func (f filter) apply(dst, row, up []uint8, n int) {
	dst, up = dst[:len(row)], up[:len(row)]
	switch f {
	case none:
		copy(dst, row)
	case left:
		copy(dst[:n], row)
		subtract(dst[n:], row[n:], row)
	case above:
		subtract(dst, row, up)
	case average:
		for i := range n {
			dst[i] = row[i] - up[i]/2
		}
		subtractHalf(dst[n:], row[n:], row, up[n:])
	}
}

// subtract writes x-y of each byte of x.
func subtract(dst, x, y []uint8) {
	i := 0
	for ; i+8 <= len(x); i += 8 {
		d := difference(binary.LittleEndian.Uint64(x[i:]), binary.LittleEndian.Uint64(y[i:]))
		binary.LittleEndian.PutUint64(dst[i:], d)
	}
	for ; i < len(x); i++ {
		dst[i] = x[i] - y[i]
	}
}

// subtractHalf writes x-(y+z)/2 of each byte of x.
func subtractHalf(dst, x, y, z []uint8) {
	i := 0
	for ; i+8 <= len(x); i += 8 {
		h := half(binary.LittleEndian.Uint64(y[i:]), binary.LittleEndian.Uint64(z[i:]))
		binary.LittleEndian.PutUint64(dst[i:], difference(binary.LittleEndian.Uint64(x[i:]), h))
	}
	for ; i < len(x); i++ {
		dst[i] = x[i] - uint8((int(y[i])+int(z[i]))/2)
	}
}
