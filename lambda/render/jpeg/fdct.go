package jpeg

// block is the quantised coefficients of 8x8 samples, in zigzag order.
type block [64]int16

// fdct is the forward DCT of ITU-T T.81, A.3.3, with the level shift of A.3.1 and
// the quantisation of A.3.4, of len(blocks) blocks side by side, an even number:
// the first is the 8x8 samples at the start of src, whose rows are stride samples
// apart. Of masks[i], bit k says that coefficient k of blocks[i] is not zero.
//
// It is fdctGo, or does bit by bit what that does.
var fdct = fdctGo

// The cosines of the transform, sqrt(2)*cos(k*pi/16), as integers with cosBits
// binary places, which is libjpeg's precision.
const (
	cosBits = 13
	cos1    = 11363
	cos2    = 10703
	cos3    = 9633
	cos5    = 6436
	cos6    = 4433
	cos7    = 2260
)

// passBits is how many binary places the values have between the two passes: as
// many as keep the sums of the second in sixteen bits.
const passBits = 2

// fdctGo is two passes of one-dimensional transforms, down the columns and then
// along the rows. Each scales by sqrt(8), so that what comes out is eight times
// the coefficients.
func fdctGo(blocks []block, masks []uint64, src []uint8, stride int, q *quantiser) {
	for i := range blocks {
		var columns [64]int32 // row by row
		for x := range 8 {
			s := src[8*i+x:]
			c0, c1, c2, c3, c4, c5, c6, c7 := fdct8(
				int32(s[0]), int32(s[stride]), int32(s[2*stride]), int32(s[3*stride]),
				int32(s[4*stride]), int32(s[5*stride]), int32(s[6*stride]), int32(s[7*stride]),
				cosBits-passBits)
			columns[x] = c0 - 8*128<<passBits // the level shift of all samples
			columns[8+x], columns[16+x], columns[24+x], columns[32+x] = c1, c2, c3, c4
			columns[40+x], columns[48+x], columns[56+x] = c5, c6, c7
		}
		var quantised [64]int16 // column by column
		for y := range 8 {
			s := (*[8]int32)(columns[8*y:])
			c0, c1, c2, c3, c4, c5, c6, c7 := fdct8(
				s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7],
				cosBits+passBits)
			quantised[y] = q.quantise(c0, y)
			quantised[8+y] = q.quantise(c1, 8+y)
			quantised[16+y] = q.quantise(c2, 16+y)
			quantised[24+y] = q.quantise(c3, 24+y)
			quantised[32+y] = q.quantise(c4, 32+y)
			quantised[40+y] = q.quantise(c5, 40+y)
			quantised[48+y] = q.quantise(c6, 48+y)
			quantised[56+y] = q.quantise(c7, 56+y)
		}
		b := &blocks[i]
		var mask uint64
		for k, at := range zigzag {
			c := quantised[at%8*8+at/8]
			b[k] = c
			if c != 0 {
				mask |= 1 << k
			}
		}
		masks[i] = mask
	}
}

// fdct8 is the one-dimensional transform of eight values, scaled by sqrt(8)
// and by two to the power of cosBits-places, rounded.
func fdct8(s0, s1, s2, s3, s4, s5, s6, s7 int32, places uint) (c0, c1, c2, c3, c4, c5, c6, c7 int32) {
	half := int32(1) << ((places - 1) & 31)
	sum0, sum1, sum2, sum3 := s0+s7, s1+s6, s2+s5, s3+s4
	outer, inner := sum0+sum3, sum1+sum2
	c0 = ((outer+inner)<<cosBits + half) >> (places & 31)
	c4 = ((outer-inner)<<cosBits + half) >> (places & 31)
	outer, inner = sum0-sum3, sum1-sum2
	c2 = (cos2*outer + cos6*inner + half) >> (places & 31)
	c6 = (cos6*outer - cos2*inner + half) >> (places & 31)

	d0, d1, d2, d3 := s0-s7, s1-s6, s2-s5, s3-s4
	c1 = (cos1*d0 + cos3*d1 + cos5*d2 + cos7*d3 + half) >> (places & 31)
	c3 = (cos3*d0 - cos7*d1 - cos1*d2 - cos5*d3 + half) >> (places & 31)
	c5 = (cos5*d0 - cos1*d1 + cos7*d2 + cos3*d3 + half) >> (places & 31)
	c7 = (cos7*d0 - cos5*d1 + cos3*d2 - cos1*d3 + half) >> (places & 31)
	return c0, c1, c2, c3, c4, c5, c6, c7
}
