package av1

// distanceOf is how much of a prediction is left to be written: the sum of the Hadamard transforms
// of 8x8, or of 4x4, of the difference, as large as of the samples themselves.
func distanceOf(source []uint8, stride int, predicted []uint8, of, n int) int32 {
	_, _ = source[(n-1)*stride+n-1], predicted[(n-1)*of+n-1]
	if n == 4 {
		return hadamard4(source, stride, predicted, of)
	}
	return hadamard8(source, stride, predicted, of, n)
}

// squaredError is the sum of squared differences of w by h samples, at most 64 by 64, w a multiple
// of 4.
func squaredError(a, b []uint8, stride, w, h int) int64 {
	_, _ = a[(h-1)*stride+w-1], b[(h-1)*stride+w-1]
	return int64(squares(a, b, stride, w, h))
}

// What follows is in plain Go, or in vectors that do the same bit by bit.
var (
	hadamard4 = hadamard4Go
	hadamard8 = hadamard8Go
	squares   = squaresGo
)

func squaresGo(a, b []uint8, stride, w, h int) (sum int32) {
	for y := range h {
		p, q := a[y*stride:][:w], b[y*stride:][:w]
		for x := range p {
			d := int32(p[x]) - int32(q[x])
			sum += d * d
		}
	}
	return sum
}

func hadamard8Go(source []uint8, stride int, predicted []uint8, of, n int) (sum int32) {
	for y := 0; y < n; y += 8 {
		for x := 0; x < n; x += 8 {
			sum += hadamardOf8(source[y*stride+x:], stride, predicted[y*of+x:], of)
		}
	}
	return sum
}

func hadamardOf8(a []uint8, stride int, b []uint8, of int) (sum int32) {
	var t [64]int32
	for y := range 8 {
		p, q, row := a[y*stride:][:8], b[y*of:][:8], t[y*8:][:8]
		var d [8]int32
		for x := range d {
			d[x] = int32(p[x]) - int32(q[x])
		}
		a0, a1, a2, a3 := d[0]+d[4], d[1]+d[5], d[2]+d[6], d[3]+d[7]
		a4, a5, a6, a7 := d[0]-d[4], d[1]-d[5], d[2]-d[6], d[3]-d[7]
		b0, b1, b2, b3 := a0+a2, a1+a3, a0-a2, a1-a3
		b4, b5, b6, b7 := a4+a6, a5+a7, a4-a6, a5-a7
		row[0], row[1], row[2], row[3] = b0+b1, b0-b1, b2+b3, b2-b3
		row[4], row[5], row[6], row[7] = b4+b5, b4-b5, b6+b7, b6-b7
	}
	for x := range 8 {
		d := [8]int32{t[x], t[8+x], t[16+x], t[24+x], t[32+x], t[40+x], t[48+x], t[56+x]}
		a0, a1, a2, a3 := d[0]+d[4], d[1]+d[5], d[2]+d[6], d[3]+d[7]
		a4, a5, a6, a7 := d[0]-d[4], d[1]-d[5], d[2]-d[6], d[3]-d[7]
		b0, b1, b2, b3 := a0+a2, a1+a3, a0-a2, a1-a3
		b4, b5, b6, b7 := a4+a6, a5+a7, a4-a6, a5-a7
		sum += distance(b0, -b1) + distance(b0, b1) + distance(b2, -b3) + distance(b2, b3)
		sum += distance(b4, -b5) + distance(b4, b5) + distance(b6, -b7) + distance(b6, b7)
	}
	return sum >> 3
}

func hadamard4Go(a []uint8, stride int, b []uint8, of int) (sum int32) {
	var t [16]int32
	for y := range 4 {
		p, q := a[y*stride:][:4], b[y*of:][:4]
		d0, d1, d2, d3 := int32(p[0])-int32(q[0]), int32(p[1])-int32(q[1]), int32(p[2])-int32(q[2]), int32(p[3])-int32(q[3])
		a0, a1, a2, a3 := d0+d2, d1+d3, d0-d2, d1-d3
		t[4*y], t[4*y+1], t[4*y+2], t[4*y+3] = a0+a1, a0-a1, a2+a3, a2-a3
	}
	for x := range 4 {
		a0, a1, a2, a3 := t[x]+t[8+x], t[4+x]+t[12+x], t[x]-t[8+x], t[4+x]-t[12+x]
		sum += distance(a0, -a1) + distance(a0, a1) + distance(a2, -a3) + distance(a2, a3)
	}
	return sum >> 2
}
