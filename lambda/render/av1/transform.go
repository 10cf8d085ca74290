package av1

import (
	"math"
	"slices"
	"sync"
)

// The transforms (AV1 specification, section 7.13.2) are lists of steps, each of which changes one
// or two samples. A decoder's inverse takes the steps in their order; the encoder's transform takes
// them backwards, each turned the other way, because every step is orthogonal but for a factor.
//
// Samples have 16 bits, as all of a valid stream's have in a decoder (it may rely on that by
// section 7.13.2.3), and what would leave them is the nearest that they hold, as in the decoders
// that have such samples too. Steps work on rows: one sample of each transform beside that of the
// next.

// operation is what a step does. Products are of samples and 4,096ths, rounded once.
type operation uint8

const (
	turn   operation = iota + 1 // a, b = aa*a + ab*b, ba*a + bb*b
	sum                         // a, b = a + b, a - b
	negate                      // a = -a
	// What becomes of a turn, and of a sum and a difference, where one sample is known to be 0.
	alone  // a, b = aa*a, ba*a
	spread // b = a
	mirror // a, b = -a, a
	// All of the ADST of 4 samples, in rows 0 to 3.
	sine
	sineForward
)

// step is a step of a transform.
type step struct {
	operation
	a, b           uint8 // rows
	aa, ab, ba, bb int16
}

// kind is a transform of one direction.
type kind int

const (
	dct kind = iota
	adst
)

// flow is the transform of a size and a kind, in both directions. Coefficients are in the rows of
// their numbers; samples are elsewhere.
type flow struct {
	kind    kind
	rows    [64]uint8 // where each sample is
	forward list
	// By the logarithm of how many of the first coefficients are not known to be 0; the others'
	// rows need not be set.
	inverse [6]list
}

// flows are those of sizes 4 to 64, by their logarithm minus 2. There is no ADST over 16. They are
// made when they are asked for, because most programs that could encode do not.
var flows = sync.OnceValue(func() *[2][5]*flow {
	var all [2][5]*flow
	for n := 2; n <= 6; n++ {
		all[dct][n-2] = cosineFlow(n).flow(dct, n)
	}
	all[adst][0] = sineFlow4().flow(adst, 2)
	all[adst][1], all[adst][2] = sineFlow(3).flow(adst, 3), sineFlow(4).flow(adst, 4)
	return &all
})

// chart is an inverse transform as the specification has it.
type chart struct {
	steps []step
	in    []uint8 // which coefficient is at each place before the first step
	out   []uint8 // at which place each sample is after the last one
}

// flow is the chart's transform of 1<<n samples.
func (c chart) flow(k kind, n int) *flow {
	f := &flow{kind: k}
	for i := range f.rows {
		f.rows[i] = uint8(i)
		if i < 1<<n {
			f.rows[i] = c.in[c.out[i]]
		}
	}
	for i := range c.steps {
		c.steps[i].a, c.steps[i].b = c.in[c.steps[i].a], c.in[c.steps[i].b]
	}
	for i := range f.inverse {
		f.inverse[i] = listOf(pruned(c.steps, 1<<min(i, n)))
	}
	var forward []step
	for _, s := range slices.Backward(c.steps) {
		s.ab, s.ba = s.ba, s.ab
		if s.operation == sine {
			s.operation = sineForward
		}
		forward = append(forward, s)
	}
	f.forward = listOf(forward)
	return f
}

// pruned are the steps of an inverse transform of which only the first coefficients are not 0.
func pruned(steps []step, coefficients int) (left []step) {
	var zero [64]bool
	for i := coefficients; i < len(zero); i++ {
		zero[i] = true
	}
	for _, s := range steps {
		a, b := zero[s.a], zero[s.b]
		if s.operation == negate || s.operation == sine {
			b = a
		}
		switch {
		case a && b && s.operation != sine:
			continue
		case a == b:
		case s.operation == turn && a:
			s = step{operation: alone, a: s.b, b: s.a, aa: s.bb, ba: s.ab}
		case s.operation == turn:
			s.operation, s.ab, s.bb = alone, 0, 0
		case a: // of a sum and a difference
			s = step{operation: mirror, a: s.b, b: s.a}
		default:
			s.operation = spread
		}
		zero[s.a], zero[s.b] = false, false
		left = append(left, s)
	}
	return left
}

// cosine is cos128 of section 7.13.2.1: the cosine of an angle in 128ths of a half turn, in
// 4,096ths.
func cosine(angle int) int16 {
	return int16(math.Round(4096 * math.Cos(float64(angle)*math.Pi/128)))
}

// reversed is x with its lowest n bits in the other order.
func reversed(n, x int) (r int) {
	for range n {
		r, x = r<<1|x&1, x>>1
	}
	return r
}

// cosineFlow is the inverse DCT of 1<<n samples (section 7.13.2.3, whose numbers the comments have).
func cosineFlow(n int) chart {
	f := chart{}
	size := 1 << n
	at := make([]uint8, size) // the place of each sample, because turns may exchange two
	for i := range at {
		at[i] = uint8(i)
		f.in = append(f.in, uint8(reversed(n, i)))
	}
	turn := func(a, b, angle int, exchange bool) {
		cos, sin := cosine(angle), cosine(angle-64)
		f.steps = append(f.steps, step{turn, at[a], at[b], cos, -sin, sin, cos})
		if exchange {
			at[a], at[b] = at[b], at[a]
		}
	}
	sum := func(a, b, flip int) {
		if flip == 1 {
			a, b = b, a
		}
		f.steps = append(f.steps, sumOf(int(at[a]), int(at[b])))
	}
	for i := range 16 {
		if n == 6 { // 2
			turn(32+i, 63-i, 63-4*reversed(4, i), false)
		}
	}
	for i := range 8 {
		if n >= 5 { // 3
			turn(16+i, 31-i, 6+reversed(3, 7-i)<<3, false)
		}
	}
	for i := range 16 {
		if n == 6 { // 4
			sum(32+2*i, 33+2*i, i&1)
		}
	}
	for i := range 4 {
		if n >= 4 { // 5
			turn(8+i, 15-i, 12+reversed(2, 3-i)<<4, false)
		}
	}
	for i := range 8 {
		if n >= 5 { // 6
			sum(16+2*i, 17+2*i, i&1)
		}
	}
	for i := range 4 {
		for j := range 2 {
			if n == 6 { // 7
				turn(62-4*i-j, 33+4*i+j, 60-16*reversed(2, i)+64*j, true)
			}
		}
	}
	for i := range 2 {
		if n >= 3 { // 8
			turn(4+i, 7-i, 56-32*i, false)
		}
	}
	for i := range 4 {
		if n >= 4 { // 9
			sum(8+2*i, 9+2*i, i&1)
		}
	}
	for i := range 2 {
		for j := range 2 {
			if n >= 5 { // 10
				turn(30-4*i-j, 17+4*i+j, 24+j<<6+(1-i)<<5, true)
			}
		}
	}
	for i := range 8 {
		for j := range 2 {
			if n == 6 { // 11
				sum(32+4*i+j, 35+4*i-j, i&1)
			}
		}
	}
	for i := range 2 { // 12
		turn(2*i, 2*i+1, 32+16*i, i == 0)
	}
	for i := range 2 {
		if n >= 3 { // 13
			sum(4+2*i, 5+2*i, i)
		}
	}
	for i := range 2 {
		if n >= 4 { // 14
			turn(14-i, 9+i, 48+64*i, true)
		}
	}
	for i := range 4 {
		for j := range 2 {
			if n >= 5 { // 15
				sum(16+4*i+j, 19+4*i-j, i&1)
			}
		}
	}
	for i := range 2 {
		for j := range 4 {
			if n == 6 { // 16
				turn(61-8*i-j, 34+8*i+j, 56-32*i+j>>1*64, true)
			}
		}
	}
	for i := range 2 { // 17
		sum(i, 3-i, 0)
	}
	if n >= 3 { // 18
		turn(6, 5, 32, true)
	}
	for i := range 2 {
		for j := range 2 {
			if n >= 4 { // 19
				sum(8+4*i+j, 11+4*i-j, i)
			}
		}
	}
	for i := range 4 {
		if n >= 5 { // 20
			turn(29-i, 18+i, 48+i>>1*64, true)
		}
	}
	for i := range 4 {
		for j := range 4 {
			if n == 6 { // 21
				sum(32+8*i+j, 39+8*i-j, i&1)
			}
		}
	}
	for i := range 4 {
		if n >= 3 { // 22
			sum(i, 7-i, 0)
		}
	}
	for i := range 2 {
		if n >= 4 { // 23
			turn(13-i, 10+i, 32, true)
		}
	}
	for i := range 2 {
		for j := range 4 {
			if n >= 5 { // 24
				sum(16+8*i+j, 23+8*i-j, i)
			}
		}
	}
	for i := range 8 {
		if n == 6 { // 25
			angle := 112
			if i < 4 {
				angle = 48
			}
			turn(59-i, 36+i, angle, true)
		}
	}
	for i := range 8 {
		if n >= 4 { // 26
			sum(i, 15-i, 0)
		}
	}
	for i := range 4 {
		if n >= 5 { // 27
			turn(27-i, 20+i, 32, true)
		}
	}
	for i := range 8 {
		if n == 6 { // 28
			sum(32+i, 47-i, 0)
			sum(48+i, 63-i, 1)
		}
	}
	for i := range 16 {
		if n >= 5 { // 29
			sum(i, 31-i, 0)
		}
	}
	for i := range 8 {
		if n == 6 { // 30
			turn(55-i, 40+i, 32, true)
		}
	}
	for i := range 32 {
		if n == 6 { // 31
			sum(i, 63-i, 0)
		}
	}
	f.out = at
	return f
}

// sineFlow is the inverse ADST of 8 or 16 samples (sections 7.13.2.7 and 7.13.2.8).
func sineFlow(n int) chart {
	size := 1 << n
	f := chart{out: []uint8{0, 4, 6, 2, 3, 7, 5, 1}}
	if n == 4 {
		f.out = []uint8{0, 8, 12, 4, 6, 14, 10, 2, 3, 11, 15, 7, 5, 13, 9, 1}
	}
	flip := func(a int, p, q int16) {
		f.steps = append(f.steps, step{turn, uint8(a), uint8(a + 1), p, q, q, -p})
	}
	for i := range size / 2 {
		f.in = append(f.in, uint8(size-1-2*i), uint8(2*i))
		angle := (1 + 4*i) << (5 - n)
		flip(2*i, cosine(angle), cosine(64-angle))
	}
	for apart := size / 2; apart > 1; apart /= 2 {
		for first := 0; first < size; first += 2 * apart {
			for i := range apart {
				f.steps = append(f.steps, sumOf(first+i, first+i+apart))
			}
		}
		// Of each two groups the second is turned: its first half by angles that rise, and its
		// second half the other way round.
		for first := apart; first < size; first += 2 * apart {
			for i := 0; i < apart; i += 2 {
				switch {
				case apart == 2:
					flip(first, cosine(32), cosine(32))
				case i < apart/2:
					angle := (1 + 2*i) * 32 / apart // 16 for 4, 8 and 40 for 8
					flip(first+i, cosine(angle*2), cosine(64-angle*2))
				default:
					angle := (1 + 2*(i-apart/2)) * 32 / apart
					p, q := cosine(angle*2), cosine(64-angle*2)
					f.steps = append(f.steps, step{turn, uint8(first + i), uint8(first + i + 1), -q, p, p, q})
				}
			}
		}
	}
	for i := 1; i < size; i += 2 {
		f.steps = append(f.steps, step{operation: negate, a: f.out[i], b: f.out[i]})
	}
	return f
}

// sumOf is a sum and a difference.
func sumOf(a, b int) step { return step{operation: sum, a: uint8(a), b: uint8(b)} }

// sineFlow4 is the inverse ADST of 4 samples (section 7.13.2.6).
func sineFlow4() chart {
	return chart{steps: []step{{operation: sine}}, in: []uint8{0, 1, 2, 3}, out: []uint8{0, 1, 2, 3}}
}

// The sines of the ADST of 4 samples (SINPI_1_9 to SINPI_4_9), in 4,096ths.
const sine1, sine2, sine3, sine4 = 1321, 2482, 3344, 3803

// sinesOf are the matrix of an operation. Section 7.13.2.6 sums in another order what comes to the
// same products, because SINPI_4_9 is SINPI_1_9 + SINPI_2_9.
func sinesOf(o operation) *[4][4]int16 {
	if o == sine {
		return &[4][4]int16{
			{sine1, sine3, sine4, sine2},
			{sine2, sine3, -sine1, -sine4},
			{sine3, 0, -sine3, sine3},
			{sine4, -sine3, sine2, -sine1},
		}
	}
	return &[4][4]int16{
		{sine1, sine2, sine3, sine4},
		{sine3, sine3, 0, -sine3},
		{sine4, -sine1, -sine3, sine2},
		{sine2, -sine4, sine3, -sine1},
	}
}
