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
var (
	roundMean = 120
	roundRest = 104
)

// set makes the quantiser that of a step for the mean and one for the other coefficients.
func (q *quantiser) set(mean, rest int) {
	for i := range 16 {
		step, rounding := rest, roundRest
		if i == 0 {
			step, rounding = mean, roundMean
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

// The nearest level is tried, and the one below it where the coefficient is not above
// that by more than these parts of a step, in 1/256: a zero saves far more than a
// smaller level.
var (
	choiceOfZero = 0
	choiceOfLess = -80
)

// choose finds the levels of a block with the least score, as far as the rates tell: the trellis of levels, of which each has one or two
// candidates, with the end of the block behind any of them. It returns what quantiseGo
// does.
func (q *quantiser) choose(levels, rebuilt, coefs *[16]int16, r *rates, lambda, kind, context, first int) (last, distortion int) {
	// node is a candidate: the least score with which it is reached, less that of a
	// block of zeros, and the candidate before it.
	type node struct {
		score  int
		level  int16
		before int8
	}
	var nodes [17][2]node
	var count [17]int
	// Behind the last that may become a level there is nothing to choose.
	final := -1
	for n := 15; n >= first; n-- {
		at := zigzag[n]
		c := int(coefs[at])
		if c = max(c, -c); 2*c >= int(q.step[at]) {
			final = n
			break
		}
	}
	for i := range coefs {
		distortion += int(coefs[i]) * int(coefs[i])
	}
	*levels, *rebuilt = [16]int16{}, [16]int16{}
	if final < 0 {
		return -1, distortion
	}
	slots := &slotAt[kind]
	start := int(slots[first]) + context
	best, bestAt, bestNode := int(r.end[start&(slotRoom-1)])*lambda, -1, 0
	more := 0
	if context == 0 {
		more = int(r.more[start&(slotRoom-1)]) * lambda
	}
	for n := first; n <= final; n++ {
		at := zigzag[n&15]
		step := int(q.step[at])
		c := int(coefs[at])
		c = max(c, -c)
		high := (c + step/2) * int(q.reciprocal[at]) >> 16
		low, above := high, (c-high*step)<<8
		if high == 1 && above <= choiceOfZero*step || high > 1 && above <= choiceOfLess*step {
			low--
		}
		if n == first {
			slot := start & (slotRoom - 1)
			for level := low; level <= high; level++ {
				off := c - level*step
				nodes[n][count[n]] = node{more + r.level(slot, level)*lambda + (off*off-c*c)<<distortionShift, int16(level), -1}
				count[n]++
			}
		} else {
			for level := low; level <= high; level++ {
				off := c - level*step
				d := (off*off - c*c) << distortionShift
				reached := node{1 << 62, int16(level), 0}
				for i := range count[n-1] {
					from := &nodes[n-1][i&1]
					slot := (int(slots[n&31]) + min(int(from.level), 2)) & (slotRoom - 1)
					if score := from.score + r.level(slot, level)*lambda; score < reached.score {
						reached.score, reached.before = score, int8(i)
					}
				}
				reached.score += d
				nodes[n][count[n]&1] = reached
				count[n]++
			}
		}
		for i := range count[n] {
			v := &nodes[n][i&1]
			if v.level == 0 {
				continue
			}
			score := v.score
			if n < 15 {
				score += int(r.end[(int(slots[n+1])+min(int(v.level), 2))&(slotRoom-1)]) * lambda
			}
			if score < best {
				best, bestAt, bestNode = score, n, i
			}
		}
	}
	for n, i := bestAt, bestNode; n >= first; n-- {
		v := &nodes[n][i&1]
		at := zigzag[n]
		level := int(v.level)
		c := int(coefs[at])
		off := max(c, -c) - level*int(q.step[at])
		distortion += off*off - c*c
		if c < 0 {
			level = -level
		}
		levels[n] = int16(level)
		rebuilt[at] = int16(level * int(q.step[at]))
		i = int(v.before)
	}
	return bestAt, distortion
}

// level is what a level takes by its slot.
func (r *rates) level(slot, level int) int {
	if level < 67 {
		return int(r.levels[slot][level])
	}
	return int(r.levels[slot][67]) + int(addsRate[min(level, maxLevel)])
}
