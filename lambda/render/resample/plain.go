package resample

// verticalPlain makes a row of results from len(w) rows of samples, the first of
// which begins at src[0], the next at src[stride].
func verticalPlain(dst, src []uint8, stride int, w []int16) {
	// So many sums at a time stay on the stack and in the first cache.
	const columns = 128
	var sums [columns]int32
	for at := 0; at < len(dst); at += columns {
		out := dst[at:min(at+columns, len(dst))]
		acc := sums[:len(out)]
		for i := range acc {
			acc[i] = half
		}
		k := 0
		for ; k+1 < len(w); k += 2 {
			row0 := src[at+k*stride:][:len(acc)]
			row1 := src[at+(k+1)*stride:][:len(acc)]
			w0, w1 := int32(w[k]), int32(w[k+1])
			for i := range acc {
				acc[i] += w0*int32(row0[i]) + w1*int32(row1[i])
			}
		}
		if k < len(w) {
			row := src[at+k*stride:][:len(acc)]
			w0 := int32(w[k])
			for i := range acc {
				acc[i] += w0 * int32(row[i])
			}
		}
		for i, sum := range acc {
			out[i] = clamped(sum)
		}
	}
}

// horizontalPlain makes a row of results from a line, which begins with the
// first sample that t reads.
func horizontalPlain(dst, line []uint8, t *weights) {
	for j := range dst {
		w := t.of(j)
		samples := line[int(t.first[j])-t.lo:][:len(w)]
		var sum0, sum1 int32 = half, 0
		for len(w) >= 4 && len(samples) >= 4 {
			sum0 += int32(w[0])*int32(samples[0]) + int32(w[2])*int32(samples[2])
			sum1 += int32(w[1])*int32(samples[1]) + int32(w[3])*int32(samples[3])
			w, samples = w[4:], samples[4:]
		}
		for i, v := range samples {
			sum0 += int32(w[i]) * int32(v)
		}
		dst[j] = clamped(sum0 + sum1)
	}
}

// clamped is a sum of weighted samples, with a half added to it, as a sample.
func clamped(sum int32) uint8 {
	return uint8(min(max(sum>>weightBits, 0), 255))
}

// splitPlain takes interleaved pixels apart into their four channels, as many as
// c0 has room for.
func splitPlain(c0, c1, c2, c3, pixels []uint8) {
	pixels = pixels[:4*len(c0)]
	c1, c2, c3 = c1[:len(c0)], c2[:len(c0)], c3[:len(c0)]
	for i := range c0 {
		p := pixels[4*i:][:4:4]
		c0[i], c1[i], c2[i], c3[i] = p[0], p[1], p[2], p[3]
	}
}
