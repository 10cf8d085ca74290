package webp

import "prew/lambda/render/plane"

// effort is what is tried.
type effort struct {
	squares int  // how many modes of a square are weighed, the best by SATD
	near    int  // those that are not above the best by more, in 1/16
	wholes  int  // and of luma as a whole
	chooses bool // levels are chosen by their rate where a mode has been chosen
	always  bool // and where it has not

	// Squares are given up where their SATD exceeds by a factor, in 1/16, that of luma as
	// a whole, which is not tried where that of squares is below it by another.
	giveUp, sure int

	// Squares are not tried where the SATD of luma as a whole is not above so many steps of
	// its coefficients: hardly a level would be left.
	calm int

	tries    int  // where a lossless copy is looked for
	improves bool // a lossless picture is divided into copies once more
}

var efforts = [...]effort{
	Fast:     {squares: 1, wholes: 1, giveUp: 16, sure: 16, calm: 96, tries: 8},
	Balanced: {squares: 3, near: 20, wholes: 1, chooses: true, giveUp: 18, sure: 14, calm: 32, tries: 24},
	Small:    {squares: 6, near: 40, wholes: 3, chooses: true, always: true, giveUp: 1 << 16, sure: 0, tries: 100, improves: true},
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
	satd    int            // as far as the modes are chosen by it
	score   int
	rate    int // of its modes
}

// work is the macroblock that is being encoded.
type work struct {
	source [24]fourByFour // luma, Cb, Cr
	sides  [3]sides       // of these
	right  [4]uint8       // what is above luma, to the right

	tries       [3]luma
	predictions [wholeModes][16]fourByFour
	chroma      [8]fourByFour // what decoders make of Cb and Cr
	chromas     [8]block
	wholes      [wholeModes]rankedMode // of luma, the best by SATD first
	best        int                    // of tries

	border    border
	modes     [modes]fourByFour // the predictions of a square
	satds     [modes]int32      // of these
	tried     [maxTried]int     // the best of them, with what they are worth and predict
	scores    [maxTried]int
	predicted [maxTried]fourByFour
	coefs     [16][16]int16
	means     [16]int16
	trial     [2]block
}

// rankedMode is a mode of luma as a whole and its SATD, with what the mode takes.
type rankedMode struct{ mode, satd int }

// encodeMacroblock encodes one whose source is loaded.
func (e *Encoder) encodeMacroblock(x, y int) {
	m := &e.macroblocks[y*e.columns+x]
	s := &e.stages[m.segment]
	w := &e.work
	e.take(x, y)
	if e.isUnseen(x, y) {
		e.passOver(x, y, m)
		return
	}
	e.predictWholes(s)
	w.best = 0
	sure := false
	calm := w.wholes[0].satd>>16 <= s.step*e.effort.calm
	if !calm && e.maySquare(y*e.columns+x) && e.trySquares(s, &e.above[x], &w.tries[1]) {
		w.best = 1
		sure = w.tries[1].satd*16 <= w.wholes[0].satd*e.effort.sure
	}
	if !sure {
		e.tryWholes(s, &e.above[x])
	}
	l := &w.tries[w.best]
	m.whole, m.luma = l.whole, l.modes
	e.modesRate += l.rate + 3*256 // the segment, and whether there are tokens
	m.chroma = uint8(e.encodeChroma(s, &e.above[x]))
	e.leave(x, y, m, l)
}

// isUnseen says that nobody sees a macroblock.
func (e *Encoder) isUnseen(x, y int) bool { return e.unseen != nil && e.unseen[y*e.columns+x] }

// passOver encodes a macroblock that nobody sees: as it is predicted, by the modes that
// take least.
func (e *Encoder) passOver(x, y int, m *macroblock) {
	w := &e.work
	l := &w.tries[0]
	l.whole, l.modes, l.means.last = true, [16]uint8{}, -1
	predictAllWhole(&w.predictions, 0, 4, &w.sides[0])
	for i := range l.blocks {
		l.blocks[i].last = -1
		l.squares[i] = w.predictions[modeDC][i]
	}
	predictAllWhole(&w.predictions, 0, 2, &w.sides[1])
	predictAllWhole(&w.predictions, 4, 2, &w.sides[2])
	for i := range w.chromas {
		w.chromas[i].last = -1
		w.chroma[i] = w.predictions[modeDC][i]
	}
	m.whole, m.luma, m.chroma = true, l.modes, modeDC
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

// maySquare says that the modes of squares have room in a picture: the partition of
// modes is only so large, and that of the largest pictures might not hold all.
func (e *Encoder) maySquare(macroblock int) bool {
	const fit = maxModes * 8 / (16 * 25) // no mode of a square takes more than 25 bits
	return len(e.macroblocks) <= fit || e.modesRate < e.modesLimit/len(e.macroblocks)*macroblock
}

// predictWholes makes the predictions of luma as a whole and puts their modes in order.
func (e *Encoder) predictWholes(s *stage) {
	w := &e.work
	predictAllWhole(&w.predictions, 0, 4, &w.sides[0])
	for mode := range wholeModes {
		m := rankedMode{mode, satdOf(w.source[:16], w.predictions[mode][:])<<16 + s.lambdaSATD*wholeRates[mode]}
		i := mode
		for ; i > 0 && w.wholes[i-1].satd > m.satd; i-- {
			w.wholes[i] = w.wholes[i-1]
		}
		w.wholes[i] = m
	}
}

// tryWholes encodes luma with prediction as a whole by the best modes, and keeps what
// is better than squares, where these have been tried.
func (e *Encoder) tryWholes(s *stage, above *surroundings) {
	w := &e.work
	least := 1 << 62
	if w.best == 1 {
		least = w.tries[1].score
	}
	for _, m := range w.wholes[:e.effort.wholes] {
		to := &w.tries[0]
		if w.best == 0 && least < 1<<62 {
			to = &w.tries[2]
		}
		if e.encodeWhole(s, above, m.mode, to) >= least {
			continue
		}
		least, w.best = to.score, 0
		if to == &w.tries[2] {
			w.tries[0] = w.tries[2]
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
	last, _ := quantise(&to.means.levels, &to.means.rebuilt, coefs, &s.means[careful])
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
func (e *Encoder) levels(b *block, coefs *[16]int16, q *[2]quantiser, lambda, kind, context, first int, chooses bool) int {
	var last, distortion int
	if chooses {
		last, distortion = choose(&b.levels, &b.rebuilt, coefs, &q[nearest], &e.rates, lambda, kind, context, first)
	} else {
		last, distortion = quantise(&b.levels, &b.rebuilt, coefs, &q[careful])
	}
	b.last = int8(last)
	return distortion
}

// trySquares encodes luma with prediction square by square, and gives up where their
// SATD gets above that of luma as a whole.
func (e *Encoder) trySquares(s *stage, above *surroundings, to *luma) bool {
	w := &e.work
	to.whole = false
	to.rate = int(rateOfBool(false, probWhole))
	to.score = to.rate * s.lambda
	to.satd = to.rate * s.lambdaSATD
	most := w.wholes[0].satd / 16 * e.effort.giveUp
	aboveHas, leftHas := above.luma, e.left.luma
	aboveModes, leftModes := above.modes, e.left.modes
	for i := range 16 {
		x, y := i%4, i/4
		e.surround(&w.border, i, to)
		predictAll(&w.modes, &w.satds, &w.border, &w.source[i])
		rates := &squareRates[aboveModes[x]][leftModes[y]]
		n := e.bestModes(s, rates)
		if to.satd += w.scores[0]; to.satd > most {
			return false
		}
		context := int(aboveHas[x] + leftHas[y])
		b := &to.blocks[i]
		mode := e.encodeSquare(s, b, i, n, rates, context, &to.score)
		idct(&to.squares[i], &b.rebuilt, &w.modes[mode])
		to.modes[i] = uint8(mode)
		to.rate += int(rates[mode])
		aboveModes[x], leftModes[y] = uint8(mode), uint8(mode)
		aboveHas[x] = has(b.last)
		leftHas[y] = aboveHas[x]
	}
	return true
}

// bestModes leaves the best modes of a square by SATD in w.tried, their predictions in
// w.predicted and what they are worth in w.scores, the best first, and returns how many.
func (e *Encoder) bestModes(s *stage, rates *[modes]uint16) int {
	w := &e.work
	var scores [modes]int
	best := 0
	for mode, satd := range w.satds {
		scores[mode] = int(satd)<<16 + s.lambdaSATD*int(rates[mode])
		if scores[mode] < scores[best] {
			best = mode
		}
	}
	w.tried[0], w.scores[0], w.predicted[0] = best, scores[best], w.modes[best]
	n := 1
	if e.effort.squares == 1 {
		return n
	}
	most := scores[best] / 16 * e.effort.near
	for mode, score := range scores {
		if score > most || mode == best {
			continue
		}
		i := n
		for ; i > 1 && w.scores[i-1] > score; i-- {
			w.scores[i], w.tried[i] = w.scores[i-1], w.tried[i-1]
		}
		if i < e.effort.squares {
			w.scores[i], w.tried[i] = score, mode
			n = min(n+1, e.effort.squares)
		}
	}
	for i := 1; i < n; i++ {
		w.predicted[i] = w.modes[w.tried[i]]
	}
	return n
}

// encodeSquare encodes a square by the best of n modes, adds what it is worth to a score
// and returns the mode.
func (e *Encoder) encodeSquare(s *stage, to *block, i, n int, rates *[modes]uint16, context int, score *int) int {
	w := &e.work
	fdctEach(w.coefs[:(n+1)&^1], &w.source[i], w.predicted[:])
	if n == 1 && e.effort.sure == e.effort.giveUp { // no score decides anything
		e.levels(to, &w.coefs[0], &s.luma, s.lambda, kindLuma, context, 0, e.effort.chooses)
		return w.tried[0]
	}
	best, bestScore, bestTry := 0, 1<<62, 0
	for j, mode := range w.tried[:n] {
		b := &w.trial[best^1]
		d := e.levels(b, &w.coefs[j], &s.luma, s.lambda, kindLuma, context, 0, e.effort.always)
		rate := int(rates[mode]) + e.rates.of(&b.levels, kindLuma, context, 0, int(b.last))
		if score := d<<distortionShift + rate*s.lambda; score < bestScore {
			best, bestScore, bestTry = best^1, score, j
		}
	}
	mode := w.tried[bestTry]
	if e.effort.chooses && !e.effort.always {
		d := e.levels(to, &w.coefs[bestTry], &s.luma, s.lambda, kindLuma, context, 0, true)
		rate := int(rates[mode]) + e.rates.of(&to.levels, kindLuma, context, 0, int(to.last))
		bestScore = d<<distortionShift + rate*s.lambda
	} else {
		*to = w.trial[best]
	}
	*score += bestScore
	return mode
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
	predictAllWhole(&w.predictions, 0, 2, &w.sides[1])
	predictAllWhole(&w.predictions, 4, 2, &w.sides[2])
	best, bestScore := 0, 1<<62
	for mode := range wholeModes {
		if score := satdOf(w.source[16:], w.predictions[mode][:8])<<16 + s.lambdaSATD*chromaRates[mode]; score < bestScore {
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
