package webp

// The inverse transforms (RFC 6386, section 14.3 and 14.4). Like libwebp's they have
// sixteen bits, which is room for what an encoder writes; what has more loses its upper
// bits, the same here and in vectors.

// inverseStrip is inverseStripGo, or does bit by bit what that does.
var inverseStrip = inverseStripGo

// inverseStripGo puts in the place of the coefficients of a strip what they add to the
// prediction.
func inverseStripGo(c *[strip]int16) {
	for x := range 16 {
		c[x], c[16+x], c[32+x], c[48+x] = inverseFour(c[x], c[16+x], c[32+x], c[48+x])
	}
	for y := 0; y < strip; y += 4 {
		four := c[y : y+4 : y+4]
		s, t, u, v := inverseFour(four[0]+4, four[1], four[2], four[3])
		four[0], four[1], four[2], four[3] = s>>3, t>>3, u>>3, v>>3
	}
}

// inverseFour transforms a row or a column.
func inverseFour(s, t, u, v int16) (int16, int16, int16, int16) {
	a, b := s+u, s-u
	c, d := timesSine(t)-timesCosine(v), timesCosine(t)+timesSine(v)
	return a + d, b + c, b - c, a - d
}

// timesCosine is times the square root of 2 and the cosine of pi/8, timesSine likewise
// with the sine.
func timesCosine(v int16) int16 { return v + int16(int32(v)*20091>>16) }

func timesSine(v int16) int16 { return int16(int32(v) * 35468 >> 16) }

// inverseWalsh puts in the place of the first coefficients of the blocks of luma what
// the block of their own says, and leaves zeros there.
func inverseWalsh(c *coefficients) {
	from := c[secondAt:][:16]
	var t [16]int32
	for x := range 4 {
		p, q, r, s := int32(from[x]), int32(from[4+x]), int32(from[8+x]), int32(from[12+x])
		a, b, c, d := p+s, q+r, q-r, p-s
		t[x], t[4+x], t[8+x], t[12+x] = a+b, d+c, a-b, d-c
	}
	clear(from)
	for y := range 4 {
		p, q, r, s := t[4*y]+3, t[4*y+1], t[4*y+2], t[4*y+3]
		a, b, e, d := p+s, q+r, q-r, p-s
		row := c[strip*y:][:13]
		row[0], row[4], row[8], row[12] = int16((a+b)>>3), int16((d+e)>>3), int16((a-b)>>3), int16((d-e)>>3)
	}
}
