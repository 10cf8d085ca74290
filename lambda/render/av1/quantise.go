package av1

// roundDC and roundAC are how much is added to a coefficient before it is divided by its step, in
// 128ths of the step: nearly a half, as chooseLevels takes the smaller level where that is worth its
// bits.
const roundDC, roundAC = 60, 60

// divisor divides by a step of the quantiser.
type divisor struct {
	step  int32
	round int32 // is added before
	// More than 1/step, in 1<<32ths, by at most one of them. So the product with a dividend of
	// fewer than 18 bits is too large by less than 1<<18 of them, which is not more than what
	// the quotient lacks to the next whole number, 1<<32 / step at least, as steps have 14 bits.
	reciprocal uint32
}

// divisorOf is that of a step, rounding as its argument says.
func divisorOf(step, round int32) divisor {
	return divisor{step, step * round / 128, uint32(1<<32/int64(step) + 1)}
}

// of is the whole part of v/step, v having fewer than 18 bits.
func (d divisor) of(v int32) int32 { return int32(uint64(v) * uint64(d.reciprocal) >> 32) }

// steps are what the coefficients of a plane are divided by, each by its own.
type steps struct {
	dc, ac int32       // what those of a flat quantiser are
	of     [4]divisors // by the size of the transform, of which those of 64 have those of 32
}

// divisors are those of a block's coefficients, row by row.
type divisors struct {
	steps, rounds []int32
	reciprocals   []uint32
}

// set makes the steps of a quantiser of DC and AC coefficients. weights are those of a matrix in
// 32ths, by the size of the transform and row by row, or none for a flat one (section 7.12.3).
func (s *steps) set(dc, ac int32, weights *[4][]uint8) {
	s.dc, s.ac = dc, ac
	for size := range s.of {
		d, n := &s.of[size], 16<<(2*size)
		if d.steps == nil {
			d.steps, d.rounds, d.reciprocals = make([]int32, n), make([]int32, n), make([]uint32, n)
		}
		by := divisorOf(dc, roundDC)
		flat := divisorOf(ac, roundAC)
		for i := range n {
			if weights != nil {
				step, round := ac, int32(roundAC)
				if i == 0 {
					step, round = dc, roundDC
				}
				by = divisorOf((step*int32(weights[size][i])+16)>>5, round)
			}
			d.steps[i], d.rounds[i], d.reciprocals[i] = by.step, by.round, by.reciprocal
			by = flat
		}
	}
}

// setSteps makes those of all planes what the picture's quantiser says.
func (e *Encoder) setSteps() {
	e.flat.set(int32(stepsDC[e.quantiser]), int32(stepsAC[e.quantiser]), nil)
	e.steps = [3]*steps{&e.flat, &e.flat, &e.flat}
}

// quantise turns coefficients, of 16 bits, into levels and into what a decoder will make of them
// (section 7.12.3), and returns how many are written in the order of the scan, and which of the
// first rows and columns have any that is not 0.
func (e *Encoder) quantise(levels []int16, coefficients []int32, plane, size int) (end int, used extent) {
	side, scanned := min(4<<size, 32), min(size, 3)
	// What is larger than 16x16 has steps of halves and quarters.
	return quantise(levels[:side*side], coefficients[:side*side], max(0, size-2), &e.steps[plane].of[scanned], &orders[scanned])
}

// quantiseGo does in plain Go what quantise promises. Coefficients are shifted to the left before they
// are divided, and what a decoder will make of them back.
func quantiseGo(levels []int16, coefficients []int32, shift int, by *divisors, o *order) (end int, used extent) {
	for i, c := range coefficients {
		d := divisor{by.steps[i], by.rounds[i], by.reciprocals[i]}
		level := min(d.of(max(c, -c)<<shift+d.round), 1<<15-1)
		value := level * d.step >> shift
		if c < 0 {
			level, value = -level, -value
		}
		levels[i], coefficients[i] = int16(level), value
		if level != 0 {
			end = max(end, int(o.ends[i]))
			used.rows, used.columns = max(used.rows, int(o.extents[i]&255)), max(used.columns, int(o.extents[i]>>8))
		}
	}
	return end, used
}
