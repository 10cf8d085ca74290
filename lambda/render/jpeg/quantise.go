package jpeg

import "math/bits"

// quantiser divides what the transform leaves, eight times the coefficients of
// T.81, A.3.3, by eight times the steps of a table and rounds: the mean of a block
// to the nearest, halves away from zero, and the others up from the part that
// roundUp says. It multiplies by reciprocals, exactly: with d eight
// times a step, 2^(l-1) < d <= 2^l and r = 2^(14+l)/d rounded up, n*r >> (14+l)
// is n/d rounded down for every n below 2^14 (Granlund and Montgomery, Division
// by Invariant Integers using Multiplication, theorem 4.2), and no n is above
// 8,192 for the largest coefficient plus 1,020 for half the largest step.
//
// The arrays stand column by column, as the transform leaves its coefficients:
// what belongs to row v and column u is at 8*u+v.
type quantiser struct {
	rounding   [64]uint16 // what is added before what is left of d is dropped
	reciprocal [64]uint16 // r, at most 2^15
	scale      [64]uint16 // 2^(18-l): the high half of a product with it is a shift by l-2

	steps [64]uint8 // the table, row by row
}

// roundUp is the part of a step, in hundredths, from which a coefficient other
// than the mean becomes the next larger. Rounding at 50 writes 2 to 5 % more
// bytes, most of them for ones among zeros, and is nearer by 0.03 to 0.07 dB:
// nothing that can be seen.
const roundUp = 54

// set makes the quantiser that of a table.
func (q *quantiser) set(steps *[64]uint8) {
	q.steps = *steps
	for i, step := range steps {
		d := 8 * uint32(step)
		l := bits.Len32(d - 1)
		at := i%8*8 + i/8
		q.rounding[at] = uint16(d * (100 - roundUp) / 100)
		if i == 0 {
			q.rounding[at] = uint16(d / 2)
		}
		q.reciprocal[at] = uint16((1<<(14+l) + d - 1) / d)
		q.scale[at] = uint16(1 << (18 - l))
	}
}

// quantise divides the transform's value at 8*u+v of the arrays.
func (q *quantiser) quantise(value int32, at int) int16 {
	sign := value >> 31
	n := uint32((value^sign)-sign) + uint32(q.rounding[at])
	n = n * uint32(q.reciprocal[at]) >> 16
	n = n * uint32(q.scale[at]) >> 16
	return int16((int32(n) ^ sign) - sign)
}
