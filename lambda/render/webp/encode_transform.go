package webp

// The transform of a square is the DCT, of twice the values that it has where it is
// orthonormal: the squares of coefficients sum to four times those of samples. That is
// what the inverse of RFC 6386, section 14.3, wants.

// cos and sin are those of pi/8, times the root of 2, times 1<<14.
const (
	cos = 21407
	sin = 8867
)

// fdctGo transforms the difference of a square and its prediction.
func fdctGo(to *[16]int16, src, prediction *fourByFour) {
	var rows [16]int32
	for y := range 4 {
		s, p := src[4*y:][:4:4], prediction[4*y:][:4:4]
		d0, d1 := int32(s[0])-int32(p[0]), int32(s[1])-int32(p[1])
		d2, d3 := int32(s[2])-int32(p[2]), int32(s[3])-int32(p[3])
		a, b, c, d := d0+d3, d1+d2, d1-d2, d0-d3
		rows[4*y] = (a + b) << 3
		rows[4*y+1] = (d*cos + c*sin + 1<<10) >> 11
		rows[4*y+2] = (a - b) << 3
		rows[4*y+3] = (d*sin - c*cos + 1<<10) >> 11
	}
	for x := range 4 {
		a, b := rows[x]+rows[12+x], rows[4+x]+rows[8+x]
		c, d := rows[4+x]-rows[8+x], rows[x]-rows[12+x]
		to[x] = int16((a + b + 8) >> 4)
		to[4+x] = int16((d*cos + c*sin + 1<<17) >> 18)
		to[8+x] = int16((a - b + 8) >> 4)
		to[12+x] = int16((d*sin - c*cos + 1<<17) >> 18)
	}
}

func fdctAllGo(to [][16]int16, source, prediction []fourByFour) {
	for i := range to {
		fdctGo(&to[i], &source[i], &prediction[i])
	}
}

func fdctEachGo(to [][16]int16, source *fourByFour, predictions []fourByFour) {
	for i := range to {
		fdctGo(&to[i], source, &predictions[i])
	}
}

// The factors of the inverse transform, times 1<<16. The first is less 1.
const (
	inverseCos = 20091
	inverseSin = 35468
)

// idctGo adds the inverse transform of coefficients to a prediction, exactly as RFC
// 6386, section 14.3, says.
func idctGo(to *fourByFour, coefs *[16]int16, prediction *fourByFour) {
	var columns [16]int32
	scaled := func(v, factor int32) int32 { return v * factor >> 16 }
	for x := range 4 {
		i0, i1, i2, i3 := int32(coefs[x]), int32(coefs[4+x]), int32(coefs[8+x]), int32(coefs[12+x])
		a, b := i0+i2, i0-i2
		c := scaled(i1, inverseSin) - i3 - scaled(i3, inverseCos)
		d := i1 + scaled(i1, inverseCos) + scaled(i3, inverseSin)
		columns[x], columns[4+x], columns[8+x], columns[12+x] = a+d, b+c, b-c, a-d
	}
	for y := range 4 {
		i0, i1, i2, i3 := columns[4*y], columns[4*y+1], columns[4*y+2], columns[4*y+3]
		a, b := i0+i2+4, i0-i2+4
		c := scaled(i1, inverseSin) - i3 - scaled(i3, inverseCos)
		d := i1 + scaled(i1, inverseCos) + scaled(i3, inverseSin)
		row, p := to[4*y:][:4:4], prediction[4*y:][:4:4]
		row[0] = clamped(int(p[0]) + int((a+d)>>3))
		row[1] = clamped(int(p[1]) + int((b+c)>>3))
		row[2] = clamped(int(p[2]) + int((b-c)>>3))
		row[3] = clamped(int(p[3]) + int((a-d)>>3))
	}
}

// meansTransform transforms the means of a macroblock's blocks (RFC 6386, section 14.3).
func meansTransform(to, means *[16]int16) {
	var rows [16]int32
	for y := range 4 {
		m0, m1, m2, m3 := int32(means[4*y]), int32(means[4*y+1]), int32(means[4*y+2]), int32(means[4*y+3])
		a, b, c, d := m0+m3, m1+m2, m1-m2, m0-m3
		rows[4*y], rows[4*y+1], rows[4*y+2], rows[4*y+3] = a+b, c+d, a-b, d-c
	}
	for x := range 4 {
		a, b := rows[x]+rows[12+x], rows[4+x]+rows[8+x]
		c, d := rows[4+x]-rows[8+x], rows[x]-rows[12+x]
		to[x], to[4+x], to[8+x], to[12+x] = int16((a+b+1)>>1), int16((c+d+1)>>1), int16((a-b+1)>>1), int16((d-c+1)>>1)
	}
}

// inverseMeans is its inverse, exactly as RFC 6386, section 14.3, says.
func inverseMeans(to, coefs *[16]int16) {
	var columns [16]int32
	for x := range 4 {
		i0, i1, i2, i3 := int32(coefs[x]), int32(coefs[4+x]), int32(coefs[8+x]), int32(coefs[12+x])
		a, b, c, d := i0+i3, i1+i2, i1-i2, i0-i3
		columns[x], columns[4+x], columns[8+x], columns[12+x] = a+b, c+d, a-b, d-c
	}
	for y := range 4 {
		i0, i1, i2, i3 := columns[4*y], columns[4*y+1], columns[4*y+2], columns[4*y+3]
		a, b, c, d := i0+i3, i1+i2, i1-i2, i0-i3
		to[4*y], to[4*y+1], to[4*y+2], to[4*y+3] = int16((a+b+3)>>3), int16((c+d+3)>>3), int16((a-b+3)>>3), int16((d-c+3)>>3)
	}
}

// satdGo is the sum of the absolute values of the Hadamard transform of the difference
// of a square and its prediction, which tells about what it takes: four times the sum of
// what the orthonormal one would have.
func satdGo(src, prediction *fourByFour) int {
	var rows [16]int32
	for y := range 4 {
		s, p := src[4*y:][:4:4], prediction[4*y:][:4:4]
		d0, d1 := int32(s[0])-int32(p[0]), int32(s[1])-int32(p[1])
		d2, d3 := int32(s[2])-int32(p[2]), int32(s[3])-int32(p[3])
		a, b, c, d := d0+d3, d1+d2, d1-d2, d0-d3
		rows[4*y], rows[4*y+1], rows[4*y+2], rows[4*y+3] = a+b, c+d, a-b, d-c
	}
	sum := int32(0)
	for x := range 4 {
		a, b := rows[x]+rows[12+x], rows[4+x]+rows[8+x]
		c, d := rows[4+x]-rows[8+x], rows[x]-rows[12+x]
		sum += abs(a+b) + abs(c+d) + abs(a-b) + abs(d-c)
	}
	return int(sum)
}

func satdOfGo(source, prediction []fourByFour) int {
	sum := 0
	for i := range source {
		sum += satdGo(&source[i], &prediction[i])
	}
	return sum
}

func abs(v int32) int32 { return max(v, -v) }
