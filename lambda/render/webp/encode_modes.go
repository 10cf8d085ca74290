package webp

import "prew/lambda/render/plane"

// effort is what is tried.
type effort struct {
	squares int  // how many modes of a square, the best by SATD
	wholes  int  // and of luma as a whole
	chooses bool // levels are chosen by their rate where a mode has been chosen
	always  bool // and where it has not
	tries   int  // where a lossless copy is looked for
}

var efforts = [...]effort{
	Fast:     {squares: 1, wholes: 1, chooses: true, tries: 8},
	Balanced: {squares: 3, wholes: 1, chooses: true, tries: 24},
	Small:    {squares: 6, wholes: 4, chooses: true, always: true, tries: 100},
}

// maxTried is how many modes of a square may be tried, an even number.
const maxTried = modes

// block is what becomes of a square's difference: its levels in zigzag order, the last
// that is not zero, -1 where all are, and the coefficients of the decoder.
type block struct {
	levels  [16]int16
	rebuilt [16]int16
	last    int8
}

// luma is a macroblock's luma, encoded in one way.
type luma struct {
	whole   bool
	modes   [16]uint8 // one of them where it is predicted as a whole
	means   block     // of the squares, where it is predicted as a whole
	blocks  [16]block
	squares [16]fourByFour // what decoders make of it
	score   int
	rate    int // of its modes
}

// work is the macroblock that is being encoded.
type work struct {
	source [24]fourByFour // luma, Cb, Cr
	sides  [3]sides       // of these
	right  [4]uint8       // what is above luma, to the right

	tries       [2]luma
	predictions [wholeModes][16]fourByFour
	chroma      [8]fourByFour // what decoders make of Cb and Cr
	chromas     [8]block
	best        int // of tries

	border    border
	modes     [modes]fourByFour // the predictions of a square
	satds     [modes]int32      // of these
	tried     [maxTried]int     // the best of them, and what these predict
	predicted [maxTried]fourByFour
	coefs     [16][16]int16
	means     [16]int16
	trial     [2]block
}

// encodeMacroblock encodes one whose source is loaded.
func (e *Encoder) encodeMacroblock(x, y int) {
	m := &e.macroblocks[y*e.columns+x]
	s := &e.stages[m.segment]
	w := &e.work
	e.take(x, y)
	e.tryWhole(s, &e.above[x], &w.tries[0])
	w.best = 0
	if e.modesRate < e.modesLimit/len(e.macroblocks)*(y*e.columns+x) || len(e.macroblocks) < 4096 {
		if e.trySquares(s, &e.above[x], &w.tries[1], w.tries[0].score) {
			w.best = 1
		}
	}
	l := &w.tries[w.best]
	m.whole, m.luma = l.whole, l.modes
	e.modesRate += l.rate + 256
	m.chroma = uint8(e.encodeChroma(s, &e.above[x]))
	e.leave(x, y, m, l)
}

// take brings a macroblock and what surrounds it into e.work.
func (e *Encoder) take(x, y int) {
	w := &e.work
	stride := 16 * e.columns
	for i := range 16 {
		from := e.source[0][i/4*4*stride+16*x+i%4*4:]
		to := &w.source[i]
		copy(to[0:4], from[0:4])
		copy(to[4:8], from[stride:stride+4])
		copy(to[8:12], from[2*stride:2*stride+4])
		copy(to[12:16], from[3*stride:3*stride+4])
	}
	stride /= 2
	for i := range 8 {
		from := e.source[1+i/4][i%4/2*4*stride+8*x+i%2*4:]
		to := &w.source[16+i]
		copy(to[0:4], from[0:4])
		copy(to[4:8], from[stride:stride+4])
		copy(to[8:12], from[2*stride:2*stride+4])
		copy(to[12:16], from[3*stride:3*stride+4])
	}

	above := e.aboveLuma[16*x:][:20]
	copy(w.sides[0].above[:], above)
	copy(w.right[:], above[16:])
	if y > 0 && x == e.columns-1 {
		v := above[15]
		w.right = [4]uint8{v, v, v, v}
	}
	copy(w.sides[1].above[:8], e.aboveCb[8*x:])
	copy(w.sides[2].above[:8], e.aboveCr[8*x:])
	for i := range w.sides {
		s := &w.sides[i]
		s.hasAbove, s.hasLeft = y > 0, x > 0
		if x == 0 {
			// To the left of the picture all samples are 129 (RFC 6386, section 12.2).
			for j := range s.left {
				s.left[j] = 129
			}
			s.corner = 129
		}
		if y == 0 {
			s.corner = 127
		}
	}
}

// leave puts a macroblock's tokens to the others, and what the next ones need of it to
// its place.
func (e *Encoder) leave(x, y int, m *macroblock, l *luma) {
	w := &e.work
	above, left := &e.above[x], &e.left
	m.skipped = !l.whole || l.means.last < 0
	for i := range l.blocks {
		m.skipped = m.skipped && l.blocks[i].last < 0
	}
	for i := range w.chromas {
		m.skipped = m.skipped && w.chromas[i].last < 0
	}
	if m.skipped {
		above.luma, above.chroma, left.luma, left.chroma = [4]uint8{}, [4]uint8{}, [4]uint8{}, [4]uint8{}
		if l.whole {
			above.means, left.means = 0, 0
		}
	} else {
		e.addTokens(above, left, l)
	}
	for i := range 4 {
		above.modes[i], left.modes[i] = l.modes[12+i], l.modes[4*i+3]
	}
	for i := range w.sides {
		s := &w.sides[i]
		row, squares, side := e.aboveLuma[16*x:][:16], l.squares[:], 4
		switch i {
		case 1:
			row, squares, side = e.aboveCb[8*x:][:8], w.chroma[:4], 2
		case 2:
			row, squares, side = e.aboveCr[8*x:][:8], w.chroma[4:], 2
		}
		s.corner = row[len(row)-1]
		for j := range side {
			lowest, rightmost := &squares[(side-1)*side+j], &squares[j*side+side-1]
			copy(row[4*j:], lowest[12:])
			s.left[4*j], s.left[4*j+1], s.left[4*j+2], s.left[4*j+3] = rightmost[3], rightmost[7], rightmost[11], rightmost[15]
		}
	}
	if e.rebuilt != nil {
		e.show(x, y, l)
	}
}

// addTokens adds the tokens of a macroblock.
func (e *Encoder) addTokens(above, left *surroundings, l *luma) {
	w := &e.work
	e.tokens.reserve((1 + 16 + 8) * maxTokens)
	kind, first := kindLuma, 0
	if l.whole {
		e.tokens.add(&l.means.levels, kindLumaDC, int(above.means+left.means), 0, int(l.means.last))
		above.means = has(l.means.last)
		left.means = above.means
		kind, first = kindLumaAC, 1
	}
	for i := range l.blocks {
		b := &l.blocks[i]
		a, l := &above.luma[i%4], &left.luma[i/4]
		e.tokens.add(&b.levels, kind, int(*a+*l), first, int(b.last))
		*a = has(b.last)
		*l = *a
	}
	for i := range w.chromas {
		b := &w.chromas[i]
		a, l := &above.chroma[i/4*2+i%2], &left.chroma[i/4*2+i%4/2]
		e.tokens.add(&b.levels, kindChroma, int(*a+*l), 0, int(b.last))
		*a = has(b.last)
		*l = *a
	}
}

// has is 1 if a block has levels.
func has(last int8) uint8 { return uint8(^last) >> 7 }

// tryWhole encodes luma with prediction as a whole.
func (e *Encoder) tryWhole(s *stage, above *surroundings, to *luma) {
	w := &e.work
	source := w.source[:16]
	var scores [wholeModes]int
	for mode := range wholeModes {
		predictWhole(w.predictions[mode][:], 16, mode, &w.sides[0])
		scores[mode] = satdOf(source, w.predictions[mode][:])<<8 + s.lambdaSATD*wholeRates[mode]
	}
	to.score = 1 << 62
	for range e.effort.wholes {
		best := 0
		for mode, score := range scores {
			if score < scores[best] {
				best = mode
			}
		}
		scores[best] = 1 << 62
		if e.effort.wholes == 1 {
			e.encodeWhole(s, above, best, to)
			break
		}
		// tries[1] is free until squares are tried.
		if other := &w.tries[1]; e.encodeWhole(s, above, best, other) < to.score {
			*to = *other
		}
	}
}

// encodeWhole encodes luma with prediction as a whole by a mode, and returns its score.
func (e *Encoder) encodeWhole(s *stage, above *surroundings, mode int, to *luma) int {
	w := &e.work
	prediction := &w.predictions[mode]
	to.whole = true
	for i := range to.modes {
		to.modes[i] = uint8(mode)
	}
	fdctAll(w.coefs[:], w.source[:16], prediction[:])
	for i := range w.coefs {
		w.means[i] = w.coefs[i][0]
		w.coefs[i][0] = 0
	}
	coefs := &w.trial[0].rebuilt
	meansTransform(coefs, &w.means)
	last, _ := quantise(&to.means.levels, &to.means.rebuilt, coefs, &s.means)
	to.means.last = int8(last)
	to.rate = int(rateOfBool(true, probWhole)) + wholeRates[mode]
	rate := to.rate + e.rates.of(&to.means.levels, kindLumaDC, int(above.means+e.left.means), 0, last)
	var means [16]int16
	inverseMeans(&means, &to.means.rebuilt)

	distortion := 0
	aboveHas, leftHas := above.luma, e.left.luma
	for i := range to.blocks {
		b := &to.blocks[i]
		context := int(aboveHas[i%4] + leftHas[i/4])
		d := e.levels(b, &w.coefs[i], &s.luma, s.lambda, kindLumaAC, context, 1, e.effort.chooses)
		rate += e.rates.of(&b.levels, kindLumaAC, context, 1, int(b.last))
		off := int(w.means[i]) - int(means[i])
		distortion += d + off*off
		b.rebuilt[0] = means[i]
		aboveHas[i%4] = has(b.last)
		leftHas[i/4] = aboveHas[i%4]
	}
	for i := range to.blocks {
		idct(&to.squares[i], &to.blocks[i].rebuilt, &prediction[i])
	}
	to.score = distortion<<distortionShift + rate*s.lambda
	return to.score
}

// levels quantises a block, by choice or by rounding, and returns the distortion.
func (e *Encoder) levels(b *block, coefs *[16]int16, q *quantiser, lambda, kind, context, first int, chooses bool) int {
	var last, distortion int
	if chooses {
		last, distortion = q.choose(&b.levels, &b.rebuilt, coefs, &e.rates, lambda, kind, context, first)
	} else {
		last, distortion = quantise(&b.levels, &b.rebuilt, coefs, q)
	}
	b.last = int8(last)
	return distortion
}

// trySquares encodes luma with prediction square by square, and gives up where that
// gets worse than a score.
func (e *Encoder) trySquares(s *stage, above *surroundings, to *luma, worst int) bool {
	w := &e.work
	to.whole = false
	to.rate = int(rateOfBool(false, probWhole))
	to.score = to.rate * s.lambda
	aboveHas, leftHas := above.luma, e.left.luma
	aboveModes, leftModes := above.modes, e.left.modes
	for i := range 16 {
		x, y := i%4, i/4
		e.surround(&w.border, i, to)
		predictAll(&w.modes, &w.satds, &w.border, &w.source[i])
		rates := &squareRates[aboveModes[x]][leftModes[y]]
		var scores [modes]int
		for mode := range scores {
			scores[mode] = int(w.satds[mode])<<8 + s.lambdaSATD*int(rates[mode])
		}
		context := int(aboveHas[x] + leftHas[y])
		best, bestScore, bestTry := 0, 1<<62, 0
		n := 0
		for ; n < e.effort.squares; n++ {
			mode := 0
			for i, score := range scores {
				if score < scores[mode] {
					mode = i
				}
			}
			scores[mode] = 1 << 62
			w.tried[n], w.predicted[n] = mode, w.modes[mode]
		}
		fdctEach(w.coefs[:(n+1)&^1], &w.source[i], w.predicted[:])
		for j, mode := range w.tried[:n] {
			b := &w.trial[best^1]
			d := e.levels(b, &w.coefs[j], &s.luma, s.lambda, kindLuma, context, 0, e.effort.always)
			rate := int(rates[mode]) + e.rates.of(&b.levels, kindLuma, context, 0, int(b.last))
			if score := d<<distortionShift + rate*s.lambda; score < bestScore {
				best, bestScore, bestTry = best^1, score, j
			}
		}
		bestMode := w.tried[bestTry]
		b := &to.blocks[i]
		if e.effort.chooses && !e.effort.always && w.trial[best].last >= 0 {
			d := e.levels(b, &w.coefs[bestTry], &s.luma, s.lambda, kindLuma, context, 0, true)
			rate := int(rates[bestMode]) + e.rates.of(&b.levels, kindLuma, context, 0, int(b.last))
			bestScore = d<<distortionShift + rate*s.lambda
		} else {
			*b = w.trial[best]
		}
		idct(&to.squares[i], &b.rebuilt, &w.modes[bestMode])
		to.modes[i] = uint8(bestMode)
		to.rate += int(rates[bestMode])
		aboveModes[x], leftModes[y] = uint8(bestMode), uint8(bestMode)
		aboveHas[x] = has(b.last)
		leftHas[y] = aboveHas[x]
		if to.score += bestScore; to.score >= worst {
			return false
		}
	}
	return true
}

// surround makes the border of a square, of the squares before it and of the sides.
func (e *Encoder) surround(b *border, i int, l *luma) {
	s := &e.work.sides[0]
	x, y := i%4, i/4
	if x > 0 {
		left := &l.squares[i-1]
		b[0], b[1], b[2], b[3] = left[15], left[11], left[7], left[3]
	} else {
		b[0], b[1], b[2], b[3] = s.left[4*y+3], s.left[4*y+2], s.left[4*y+1], s.left[4*y]
	}
	switch {
	case y > 0 && x > 0:
		b[corner] = l.squares[i-5][15]
	case y > 0:
		b[corner] = s.left[4*y-1]
	case x > 0:
		b[corner] = s.above[4*x-1]
	default:
		b[corner] = s.corner
	}
	if y > 0 {
		copy(b[corner+1:], l.squares[i-4][12:])
	} else {
		copy(b[corner+1:], s.above[4*x:][:4])
	}
	// On the right it is the row above the macroblock for all squares (RFC 6386, section
	// 12.3).
	switch {
	case x == 3:
		copy(b[corner+5:], e.work.right[:])
	case y > 0:
		copy(b[corner+5:], l.squares[i-3][12:])
	default:
		copy(b[corner+5:], s.above[4*x+4:][:4])
	}
}

// encodeChroma encodes Cb and Cr and returns the mode.
func (e *Encoder) encodeChroma(s *stage, above *surroundings) int {
	w := &e.work
	best, bestScore := 0, 1<<62
	for mode := range wholeModes {
		p := w.predictions[mode][:8]
		predictWhole(p[:4], 8, mode, &w.sides[1])
		predictWhole(p[4:], 8, mode, &w.sides[2])
		if score := satdOf(w.source[16:], p)<<8 + s.lambdaSATD*chromaRates[mode]; score < bestScore {
			best, bestScore = mode, score
		}
	}
	prediction := w.predictions[best][:8]
	fdctAll(w.coefs[:8], w.source[16:], prediction)
	aboveHas, leftHas := above.chroma, e.left.chroma
	for i := range w.chromas {
		b := &w.chromas[i]
		a, l := &aboveHas[i/4*2+i%2], &leftHas[i/4*2+i%4/2]
		e.levels(b, &w.coefs[i], &s.chroma, s.lambda, kindChroma, int(*a+*l), 0, e.effort.chooses)
		*a = has(b.last)
		*l = *a
		idct(&w.chroma[i], &b.rebuilt, &prediction[i])
	}
	e.modesRate += chromaRates[best]
	return best
}

// show puts a macroblock into e.rebuilt, whose planes are of whole ones.
func (e *Encoder) show(x, y int, l *luma) {
	put := func(p plane.Plane, squares []fourByFour, across int) {
		for i := range squares {
			for j := range 4 {
				copy(p.Row((y*across+i/across)*4 + j)[(x*across+i%across)*4:], squares[i][4*j:][:4])
			}
		}
	}
	put(e.rebuilt[0], l.squares[:], 4)
	put(e.rebuilt[1], e.work.chroma[:4], 2)
	put(e.rebuilt[2], e.work.chroma[4:], 2)
}
