package av1

import "math"

// block is where transforms are computed: rows of 64 samples, as many as a transform is long, each
// as wide as there are transforms.
type block [64 * 64]int16

// row is a row of the block.
func (b *block) row(i uint8) *[64]int16 { return (*[64]int16)(b[int(i)*64:]) }

// take takes the steps of a transform on the first n columns.
func (b *block) take(steps []step, n int) {
	for _, s := range steps {
		p, q := b.row(s.a)[:n], b.row(s.b)[:n]
		switch s.operation {
		case turn:
			for i, x := range p {
				x, y := int32(x), int32(q[i])
				p[i] = product(x*int32(s.aa) + y*int32(s.ab))
				q[i] = product(x*int32(s.ba) + y*int32(s.bb))
			}
		case sum:
			for i, x := range p {
				x, y := int32(x), int32(q[i])
				p[i], q[i] = saturated(x+y), saturated(x-y)
			}
		case negate:
			for i, x := range p {
				p[i] = saturated(-int32(x))
			}
		case sine, sineForward:
			b.takeSine(sinesOf(s.operation), n)
		case alone:
			for i, x := range p {
				p[i], q[i] = product(int32(x)*int32(s.aa)), product(int32(x)*int32(s.ba))
			}
		case spread:
			copy(q, p)
		case mirror:
			for i, x := range p {
				p[i], q[i] = saturated(-int32(x)), x
			}
		}
	}
}

// takeSine turns the first four rows by a matrix.
func (b *block) takeSine(matrix *[4][4]int16, n int) {
	for i := range n {
		x := [4]int32{int32(b.row(0)[i]), int32(b.row(1)[i]), int32(b.row(2)[i]), int32(b.row(3)[i])}
		for k, m := range matrix {
			b.row(uint8(k))[i] = product(x[0]*int32(m[0]) + x[1]*int32(m[1]) + x[2]*int32(m[2]) + x[3]*int32(m[3]))
		}
	}
}

// product is a sum of products with 4,096ths.
func product(v int32) int16 { return saturated(rounded(v, 12)) }

// rounded is v without its last bits, rounded up from a half on (Round2 in section 4.7).
func rounded(v int32, bits int) int32 { return (v + 1<<bits>>1) >> bits }

// saturated is the nearest of v that 16 bits hold.
func saturated(v int32) int16 { return int16(min(max(v, math.MinInt16), math.MaxInt16)) }
