package av1

// roundDC and roundAC are how much is added to a coefficient before it is divided by its step, in
// 128ths of the step: nearly a half, as chooseLevels takes the smaller level where that is worth its
// bits.
const roundDC, roundAC = 60, 60

// divisor divides by a step of the quantiser.
type divisor struct {
	step  int32
	round int32 // is added before
	// More than 1/step, in 1<<32ths, by at most step of them. So the product with a dividend of
	// fewer than 18 bits is too large by less than 1<<18 * 1<<11 of them, which is less than what
	// the quotient lacks to the next whole number, 1<<32 / step at least.
	reciprocal uint32
}

// divisorOf is that of a step, rounding as its argument says.
func divisorOf(step int16, round int32) divisor {
	return divisor{int32(step), int32(step) * round / 128, uint32(1<<32/int64(step) + 1)}
}

// of is the whole part of v/step, v having fewer than 18 bits.
func (d divisor) of(v int32) int32 { return int32(uint64(v) * uint64(d.reciprocal) >> 32) }

// divisors are those of DC and AC coefficients, by the quantiser.
var divisors = func() (all [256][2]divisor) {
	for q := range all {
		all[q] = [2]divisor{divisorOf(stepsDC[q], roundDC), divisorOf(stepsAC[q], roundAC)}
	}
	return all
}()

// quantise turns coefficients, of 16 bits, into levels and into what a decoder will make of them
// (section 7.12.3), and returns how many are written in the order of the scan, and which of the
// first rows and columns have any that is not 0.
func (e *Encoder) quantise(levels []int16, coefficients []int32, size int) (end int, used extent) {
	side := min(4<<size, 32)
	// What is larger than 16x16 has steps of halves and quarters.
	return quantise(levels[:side*side], coefficients[:side*side], max(0, size-2), &divisors[e.quantiser], &orders[min(size, 3)])
}

// quantiseGo does in plain Go what quantise promises. Coefficients are shifted to the left before they
// are divided, and what a decoder will make of them back.
func quantiseGo(levels []int16, coefficients []int32, shift int, by *[2]divisor, o *order) (end int, used extent) {
	d := by[0]
	for i, c := range coefficients {
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
		d = by[1]
	}
	return end, used
}
