package resample

// Samples have rowBits fractional bits in the rows that the pass down weighs and
// lineBits in the lines that it makes, which the pass across weighs: each is the
// most that leaves 16 bits room for 255, and for as much more as weights below
// zero can make of it (see weightBits).
const (
	rowBits  = 7
	lineBits = 6
)

// interleavePlain makes a pair of rows; see window. It has 2*len(top) samples.
func interleavePlain(pair []int16, top, bottom []uint8) {
	bottom, pair = bottom[:len(top)], pair[:2*len(top)]
	for i := range top {
		pair[2*i], pair[2*i+1] = int16(top[i])<<rowBits, int16(bottom[i])<<rowBits
	}
}

// premultiplyPlain makes a pair of rows of pixels, whose colours are weighed by
// their alpha.
func premultiplyPlain(pair []int16, top, bottom []uint8) {
	bottom, pair = bottom[:len(top)], pair[:2*len(top)]
	for i := 0; i+channels <= len(top); i += channels {
		upper, lower, both := top[i:][:channels], bottom[i:][:channels], pair[2*i:][:2*channels]
		for c := range 3 {
			both[2*c], both[2*c+1] = share(upper[c], upper[3]), share(lower[c], lower[3])
		}
		both[6], both[7] = int16(upper[3])<<rowBits, int16(lower[3])<<rowBits
	}
}

// share is c*alpha/255 with rowBits fractional bits, to within three quarters of
// the last and exactly where alpha is 255 or c is: half of n and of its rounded
// 256th, rounded, after Blinn (Jim Blinn's Corner: Three Wrongs Make a Right,
// 1995).
func share(c, alpha uint8) int16 {
	n := uint32(c) * uint32(alpha)
	return int16((n + (n+128)>>8 + 1) >> 1)
}

// full is a sample of sixteen bits, or an alpha, that is all there can be.
const full = 0xffff

// interleaveDeep is interleavePlain for samples of sixteen bits.
func interleaveDeep(pair []int16, top, bottom []uint16) {
	bottom, pair = bottom[:len(top)], pair[:2*len(top)]
	for i := range top {
		pair[2*i], pair[2*i+1] = deep(top[i]), deep(bottom[i])
	}
}

// premultiplyDeep is premultiplyPlain for samples of sixteen bits.
func premultiplyDeep(pair []int16, top, bottom []uint16) {
	bottom, pair = bottom[:len(top)], pair[:2*len(top)]
	for i := 0; i+channels <= len(top); i += channels {
		upper, lower, both := top[i:][:channels], bottom[i:][:channels], pair[2*i:][:2*channels]
		for c := range 3 {
			both[2*c], both[2*c+1] = deepShare(upper[c], upper[3]), deepShare(lower[c], lower[3])
		}
		both[6], both[7] = deep(upper[3]), deep(lower[3])
	}
}

// deep is a sample of sixteen bits as one of eight with rowBits fractional bits, rounded.
func deep(v uint16) int16 { return int16((uint32(v)*(255<<rowBits) + full/2) / full) }

// deepShare is c*alpha as deep has it.
func deepShare(c, alpha uint16) int16 {
	if alpha == full {
		return deep(c)
	}
	return deep(uint16((uint32(c)*uint32(alpha) + full/2) / full))
}

// verticalPlain makes a line of pairs of rows, each of twice as many samples,
// that follow one another, and of their weights.
func verticalPlain(line, pairs, w []int16) {
	// So many sums at a time stay on the stack and in the first cache.
	const most = 128
	var memory [most]int32
	for at := 0; at < len(line); at += most {
		out := line[at:min(at+most, len(line))]
		sums := memory[:len(out)]
		clear(sums)
		for p := 0; p < len(w); p += 2 {
			pair := pairs[(p*len(line) + 2*at):][:2*len(sums)]
			w0, w1 := int32(w[p]), int32(w[p+1])
			for i := range sums {
				sums[i] += w0*int32(pair[2*i]) + w1*int32(pair[2*i+1])
			}
		}
		for i, sum := range sums {
			const shift = weightBits + rowBits - lineBits
			out[i] = int16((sum + 1<<(shift-1)) >> shift)
		}
	}
}

// horizontalPlain makes a row of results from a line, which begins with the
// first sample that t reads.
func horizontalPlain(dst []uint8, line []int16, t *weights) {
	for j := range dst {
		const shift = weightBits + lineBits
		w := t.of(j)
		samples := line[int(t.first[j])-t.lo:][:len(w)]
		var sum0, sum1 int32 = 1 << (shift - 1), 0
		for len(w) >= 4 && len(samples) >= 4 {
			sum0 += int32(w[0])*int32(samples[0]) + int32(w[2])*int32(samples[2])
			sum1 += int32(w[1])*int32(samples[1]) + int32(w[3])*int32(samples[3])
			w, samples = w[4:], samples[4:]
		}
		for i, v := range samples {
			sum0 += int32(w[i]) * int32(v)
		}
		dst[j] = uint8(min(max((sum0+sum1)>>shift, 0), 255))
	}
}

// straightPlain makes a row of pixels from a line of them, which begins with the
// first that t reads, and takes the alpha out of their colours.
//
// Sums keep straightBits fractional bits and so have 24 at most, which a float32
// holds exactly. A conversion keeps Go from fusing a product with an addition.
func straightPlain(dst []uint8, line []int16, t *weights) {
	for j := range len(dst) / channels {
		const shift = weightBits + lineBits - straightBits
		var r, g, b, a int32
		samples := line[channels*(int(t.first[j])-t.lo):]
		for i, w := range t.of(j) {
			pixel, w := samples[channels*i:][:channels], int32(w)
			r += w * int32(pixel[0])
			g += w * int32(pixel[1])
			b += w * int32(pixel[2])
			a += w * int32(pixel[3])
		}
		pixel := dst[channels*j:][:channels]
		if a >>= shift; a < 1<<(straightBits-1) {
			clear(pixel)
			continue
		}
		// Of what is opaque this is a power of two: nothing is rounded here.
		perAlpha := 255 / float32(a)
		pixel[0] = nearest(r>>shift, perAlpha)
		pixel[1] = nearest(g>>shift, perAlpha)
		pixel[2] = nearest(b>>shift, perAlpha)
		pixel[3] = nearest(a, 1.0/(1<<straightBits))
	}
}

const straightBits = 14

// nearest is c*factor as a sample.
func nearest(c int32, factor float32) uint8 {
	return uint8(min(max(int32(float32(float32(c)*factor)+0.5), 0), 255))
}
