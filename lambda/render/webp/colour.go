package webp

import "prew/lambda/render/plane"

// paint writes row y of planes in the limited range as red, green, blue and 255,
// with chroma between its samples as libwebp makes it: 9, 3, 3 and 1 sixteenths of
// the four samples around.
func paint(row []uint8, planes []plane.Plane, y int) {
	luma := planes[0].Row(y)
	at := y / 2
	other := at - 1 + 2*(y&1)
	other = min(max(other, 0), planes[1].Height-1)
	cb, cbOther := planes[1].Row(at), planes[1].Row(other)
	cr, crOther := planes[2].Row(at), planes[2].Row(other)

	ends := func(x, c int) {
		put(row[4*x:], luma[x], edge(cb[c], cbOther[c]), edge(cr[c], crOther[c]))
	}
	ends(0, 0)
	for c := 1; c < len(cb); c++ {
		u0, u1 := between(cb[c-1], cb[c], cbOther[c-1], cbOther[c])
		v0, v1 := between(cr[c-1], cr[c], crOther[c-1], crOther[c])
		put(row[4*(2*c-1):], luma[2*c-1], u0, v0)
		if 2*c < len(luma) {
			put(row[4*2*c:], luma[2*c], u1, v1)
		}
	}
	if len(luma)&1 == 0 {
		ends(len(luma)-1, len(cb)-1)
	}
}

// edge is chroma between a sample and the one above or below it.
func edge(near, far uint8) int { return (3*int(near) + int(far) + 2) >> 2 }

// between is chroma at the two pixels that lie between a sample and the next one
// of its row, and the two in the other row; its roundings are libwebp's.
func between(n0, n1, f0, f1 uint8) (int, int) {
	a, b, c, d := int(n0), int(n1), int(f0), int(f1)
	sum := a + b + c + d + 8
	return ((sum+2*(b+c))>>3 + a) >> 1, ((sum+2*(a+d))>>3 + b) >> 1
}

// put writes a pixel. The factors are BT.601's for the limited range, times 1<<14,
// with the roundings of libwebp.
func put(to []uint8, luma uint8, cb, cr int) {
	y := int(luma) * 19077 >> 8
	*(*[4]uint8)(to) = [4]uint8{
		sample(y + cr*26149>>8 - 14234),
		sample(y - cb*6419>>8 - cr*13320>>8 + 8708),
		sample(y + cb*33050>>8 - 17685),
		0xff,
	}
}

// sample is v/64 as eight bits.
func sample(v int) uint8 { return uint8(min(max(v>>6, 0), 255)) }
