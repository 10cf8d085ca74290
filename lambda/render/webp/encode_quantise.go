package webp

// quantiser divides the coefficients of one kind of block. Its arrays stand row by row.
type quantiser struct {
	step       [16]uint16
	reciprocal [16]uint16 // 1<<16 by the step, rounded up
	rounding   [16]uint16 // what is added before what is left of a step is dropped
}

// A score is a distortion, in squares of coefficients, times 1<<distortionShift, and a
// rate, in 1/256 bit, times lambda.
const distortionShift = 12

// The parts of a step, in 1/256, that are rounded up to a whole one: of a level that
// stands by itself, less than half, because a zero takes fewer bits than a one.
const (
	roundMean = 120
	roundRest = 104
)

// set makes the quantiser that of a step for the mean and one for the other coefficients,
// with the parts of them that are rounded up.
func (q *quantiser) set(mean, rest, ofMean, ofRest int) {
	for i := range 16 {
		step, rounding := rest, ofRest
		if i == 0 {
			step, rounding = mean, ofMean
		}
		q.step[i] = uint16(step)
		q.reciprocal[i] = uint16((1<<16 + step - 1) / step)
		q.rounding[i] = uint16(step * rounding >> 8)
	}
}

// quantiseGo divides coefficients, which are at most 1<<15 less a step, to levels in
// zigzag order and makes of these again what the decoder will have of the coefficients.
// It returns the last level that is not zero, -1 where all are, and the squares of the
// differences. Of a block without its mean, whose coefficient has to be 0, nothing is
// said of that.
func quantiseGo(levels, rebuilt, coefs *[16]int16, q *quantiser) (last, distortion int) {
	last = -1
	for n, at := range zigzag {
		c := int32(coefs[at])
		sign := c >> 31
		v := (uint32((c^sign)-sign) + uint32(q.rounding[at])) * uint32(q.reciprocal[at]) >> 16
		level := (int32(v) ^ sign) - sign
		levels[n] = int16(level)
		r := level * int32(q.step[at])
		rebuilt[at] = int16(r)
		if level != 0 {
			last = n
		}
		distortion += int((c - r) * (c - r))
	}
	return last, distortion
}

// The nearest level may give way to the one below where the coefficient is not above it
// by more than these parts of a step, in 1/256: a zero saves far more than a smaller
// level. Others were never chosen.
const (
	choiceOfZero = 0
	choiceOfLess = -80
)

// choose finds levels of a block with a small score: it begins with the nearest ones,
// by the quantiser nearest, and from the last to the first takes one less where the
// rate that this saves, with that of the level behind it and of the end of the block, is
// worth more than the distortion. That finds nearly what a trellis finds. It returns
// what quantiseGo does.
func choose(levels, rebuilt, coefs *[16]int16, nearest *quantiser, r *rates, lambda, kind, context, first int) (last, distortion int) {
	last, distortion = quantise(levels, rebuilt, coefs, nearest)
	if last < first {
		return last, distortion
	}
	slots := &slotAt[kind]
	// slot is that of a place, by the level before it.
	slot := func(n int) int {
		if n == first {
			return int(slots[n&31]) + context
		}
		return int(slots[n&31]) + magnitude(levels[(n-1)&15])
	}
	for n := last; n >= first; n-- {
		v := int(levels[n&15])
		if v == 0 {
			continue
		}
		at := zigzag[n&15]
		step, c := int(nearest.step[at]), int(coefs[at])
		v, c = max(v, -v), max(c, -c)
		above := c - v*step
		if v == 1 && above<<8 > choiceOfZero*step || v > 1 && above<<8 > choiceOfLess*step {
			continue
		}
		own := slot(n)
		saved := r.level(own, v) - r.level(own, v-1)
		before := last // of the block without the level
		switch {
		case n < last:
			next := int(levels[(n+1)&15])
			next = max(next, -next)
			saved += r.level(int(slots[(n+1)&31])+min(v, 2), next) - r.level(int(slots[(n+1)&31])+min(v-1, 2), next)
		case v > 1:
			if n < 15 {
				saved += int(r.end[int(slots[(n+1)&31])+2]) - int(r.end[int(slots[(n+1)&31])+min(v-1, 2)])
			}
		default:
			// The block ends earlier: the zeros before the level are saved, too.
			saved = r.level(own, 1)
			if n < 15 {
				saved += int(r.end[int(slots[(n+1)&31])+1])
			}
			before = n - 1
			for before >= first && levels[before&15] == 0 {
				saved += r.level(slot(before), 0)
				before--
			}
			if before < first && context == 0 {
				saved += int(r.more[int(slots[first&31])])
			}
			saved -= int(r.end[slot(before+1)])
		}
		if more := step * (step + 2*above); more<<distortionShift >= saved*lambda {
			continue
		}
		distortion += step * (step + 2*above)
		if coefs[at] < 0 {
			levels[n&15]++
			rebuilt[at] += int16(step)
		} else {
			levels[n&15]--
			rebuilt[at] -= int16(step)
		}
		last = before
	}
	if last < first {
		last = -1
	}
	return last, distortion
}

// magnitude is the context that a level makes: 0, 1, or 2 for all above.
func magnitude(level int16) int { return int(min(max(level, -level), 2)) }

// level is what a level takes by its slot.
func (r *rates) level(slot, level int) int {
	if level < 67 {
		return int(r.levels[slot][level])
	}
	return int(r.levels[slot][67]) + int(addsRate[min(level, maxLevel)])
}
