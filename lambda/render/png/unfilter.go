package png

import "encoding/binary"

// paeth is the filter type of 9.4, which the encoder does not use.
const paeth filter = 4

// unfilter writes to dst the row that src is after a filter (9.2). The row above is up,
// and a pixel has n bytes, or is less than one. All have the same length.
func (f filter) unfilter(dst, src, up []uint8, n int) {
	src, up = src[:len(dst)], up[:len(dst)]
	switch f {
	case none:
		copy(dst, src)
	case left:
		unfilterLeft(dst, src, n)
	case above:
		unfilterAbove(dst, src, up)
	case average:
		unfilterAverage(dst, src, up, n)
	case paeth:
		unfilterPaeth(dst, src, up, n)
	}
}

// sum is x+y of each byte.
func sum(x, y uint64) uint64 {
	return x&^highBits + y&^highBits ^ (x^y)&highBits
}

func unfilterLeftPlain(dst, src []uint8, n int) {
	copy(dst[:n], src)
	for i := n; i < len(dst); i++ {
		dst[i] = src[i] + dst[i-n]
	}
}

func unfilterAbovePlain(dst, src, up []uint8) {
	i := 0
	for ; i+8 <= len(dst); i += 8 {
		s := sum(binary.LittleEndian.Uint64(src[i:]), binary.LittleEndian.Uint64(up[i:]))
		binary.LittleEndian.PutUint64(dst[i:], s)
	}
	for ; i < len(dst); i++ {
		dst[i] = src[i] + up[i]
	}
}

func unfilterAveragePlain(dst, src, up []uint8, n int) {
	for i := range n {
		dst[i] = src[i] + up[i]/2
	}
	for i := n; i < len(dst); i++ {
		dst[i] = src[i] + uint8((int(dst[i-n])+int(up[i]))/2)
	}
}

func unfilterPaethPlain(dst, src, up []uint8, n int) {
	for i := range n {
		dst[i] = src[i] + up[i]
	}
	for i := n; i < len(dst); i++ {
		dst[i] = src[i] + predict(dst[i-n], up[i], up[i-n])
	}
}

// predict is the one of a, b and c that is the nearest to a+b-c (9.4).
func predict(a, b, c uint8) uint8 {
	pa, pb := int(b)-int(c), int(a)-int(c)
	pc := pa + pb
	pa, pb, pc = max(pa, -pa), max(pb, -pb), max(pc, -pc)
	switch {
	case pa <= pb && pa <= pc:
		return a
	case pb <= pc:
		return b
	}
	return c
}
