package av1

// nearly is how much is added to a coefficient before it is divided by its step, in 32,768ths of the
// step: nearly a half, as chooseLevels takes the smaller level where that is worth its bits.
const nearly = 15360

// steps are what the coefficients of a plane are divided by, each by its own.
type steps struct {
	dc, ac int32       // what those of a flat quantiser are
	of     [4]divisors // by the size of the transform, of which those of 64 have those of 32
}

// divisors are those of a block's coefficients, row by row.
type divisors struct {
	steps       []int32
	reciprocals []uint32 // in 1<<32ths
}

// set makes the steps of a quantiser of DC and AC coefficients. weights are those of a matrix in
// 32ths, by the size of the transform and row by row, or none for a flat one (section 7.12.3).
func (s *steps) set(dc, ac int32, weights *[4][]uint8) {
	s.dc, s.ac = dc, ac
	for size := range s.of {
		d, n := &s.of[size], 16<<(2*size)
		if d.steps == nil {
			d.steps, d.reciprocals = make([]int32, n), make([]uint32, n)
		}
		for i := range d.steps {
			d.steps[i] = ac
		}
		d.steps[0] = dc
		if weights != nil {
			for i, w := range weights[size] {
				d.steps[i] = (d.steps[i]*int32(w) + 16) >> 5
			}
		}
		last, reciprocal := int32(0), uint32(0)
		for i, step := range d.steps {
			if step != last {
				last, reciprocal = step, uint32(1<<32/int64(step)+1)
			}
			d.reciprocals[i] = reciprocal
		}
	}
}

// quantise turns coefficients, of 16 bits, into levels, and returns how many are written in the order
// of the scan, and which of the first rows and columns have any that is not 0. overs gets by how much
// each level is more than its coefficient, in 32,768ths of the step.
func (e *Encoder) quantise(levels, overs []int16, coefficients []int32, plane, size int) (end int, used extent) {
	side, scanned := min(4<<size, 32), min(size, 3)
	n := side * side
	return quantise(levels[:n], overs[:n], coefficients[:n], halvings(size), &e.steps[plane].of[scanned], &orders[scanned])
}

// halvings is how often the steps of a size of transform are halved: what is larger than 16x16 has
// steps of halves and quarters.
func halvings(size int) int { return max(0, size-2) }

// quantiseGo does in plain Go what quantise promises. Coefficients are shifted to the left before they
// are divided.
func quantiseGo(levels, overs []int16, coefficients []int32, shift int, by *divisors, o *order) (end int, used extent) {
	for i, c := range coefficients {
		quotient := uint64(max(c, -c)<<shift)*uint64(by.reciprocals[i]) + nearly<<17
		level := min(int32(quotient>>32), 1<<15-1)
		if c < 0 {
			level = -level
		}
		levels[i], overs[i] = int16(level), nearly-int16(uint32(quotient)>>17)
		if level != 0 {
			end = max(end, int(o.ends[i]))
			used.rows, used.columns = max(used.rows, int(o.extents[i]&255)), max(used.columns, int(o.extents[i]>>8))
		}
	}
	return end, used
}

// dequantiseGo does in plain Go what dequantise promises: it turns levels into what a decoder makes of
// them (section 7.12.3).
func dequantiseGo(coefficients []int32, levels []int16, shift int, by *divisors) {
	for i, l := range levels {
		v := abs(l) * by.steps[i] & 0xffffff >> shift
		if l < 0 {
			v = -v
		}
		coefficients[i] = v
	}
}
