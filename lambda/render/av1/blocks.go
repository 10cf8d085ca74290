package av1

import (
	"math/bits"
	"slices"
)

// node is a square of the superblock: either four squares of half the size, or a block. The nodes
// are a tree, the children of node i at 4*i+1 and the three after it.
type node struct {
	split bool

	luma        mode
	lumaDelta   int8
	halves      int // how often its transforms are half as large as the block
	chroma      mode
	chromaDelta int8
	cfl         [2]int   // alphas of Cb and Cr in 8ths, not both 0 where chroma is from luma
	palettes    [2]int16 // of luma and of chroma: numbers of the trial's, from 1 on, 0 for none
	skip        bool

	squared int64   // its error, where that is compared
	coded   [2]span // its transform blocks, of luma and of chroma
}

// span is which of the transform blocks of a superblock's trials belong to a block.
type span struct{ from, to int }

// state is what deciding about a block changes: what its neighbours see, and the samples.
type state struct {
	above, left surroundings
	rebuilt     [3][]uint8
}

// copySurroundings copies what a block of n samples at x, y has told its neighbours.
func (e *Encoder) copySurroundings(to, from *surroundings, toAt, fromAt, n int) {
	n >>= 2
	copy(to.size[toAt:][:n], from.size[fromAt:])
	copy(to.turned[toAt:][:n], from.turned[fromAt:])
	copy(to.skip[toAt:][:n], from.skip[fromAt:])
	copy(to.mode[toAt:][:n], from.mode[fromAt:])
	copy(to.chroma[toAt:][:n], from.chroma[fromAt:])
	for i := range e.channels {
		s := e.shift(i)
		copy(to.level[i][toAt>>s:][:n>>s], from.level[i][fromAt>>s:])
		copy(to.sign[i][toAt>>s:][:n>>s], from.sign[i][fromAt>>s:])
	}
	if e.drawn {
		for i := range to.colours {
			copy(to.colours[i][toAt:][:n], from.colours[i][fromAt:])
		}
	}
}

// save keeps the state of a block, with its samples if asked.
func (e *Encoder) save(s *state, x, y, n int, samples bool) {
	if s.above.size == nil {
		s.above.reset(16)
		s.left.reset(16)
	}
	e.copySurroundings(&s.above, &e.above, 0, x>>2, n)
	e.copySurroundings(&s.left, &e.left, 0, (y-e.sy)>>2, n)
	for i := range e.channels {
		if samples {
			e.saveSamples(s, i, x, y, n)
		}
	}
}

// saveSamples keeps those of a plane of a block.
func (e *Encoder) saveSamples(s *state, i, x, y, n int) {
	c, shift := &e.channels[i], e.shift(i)
	side := n >> shift
	s.rebuilt[i] = s.rebuilt[i][:0]
	for r := range side {
		s.rebuilt[i] = append(s.rebuilt[i], c.rebuilt[(y>>shift+r)*c.stride+x>>shift:][:side]...)
	}
}

// restore brings back a state.
func (e *Encoder) restore(s *state, x, y, n int, samples bool) {
	e.copySurroundings(&e.above, &s.above, x>>2, 0, n)
	e.copySurroundings(&e.left, &s.left, (y-e.sy)>>2, 0, n)
	for i := range e.channels {
		if samples {
			e.restoreSamples(s, i, x, y, n)
		}
	}
}

// restoreSamples brings back those of a plane of a block.
func (e *Encoder) restoreSamples(s *state, i, x, y, n int) {
	c, shift := &e.channels[i], e.shift(i)
	side := n >> shift
	for r := range side {
		copy(c.rebuilt[(y>>shift+r)*c.stride+x>>shift:][:side], s.rebuilt[i][r*side:])
	}
}

// decide chooses how the square of n samples at x, y is made up, leaves everything as if it were
// written, and returns what it costs: its squared error, times 16, and lambda for each bit. It is
// tried as a block, as squares or as both, as the estimates say. Where it is compared with nothing, what
// it returns is not known.
func (e *Encoder) decide(i, x, y, n int) int64 {
	if x >= e.columns*4 || y >= e.rows*4 {
		return 0
	}
	nd := &e.tree[i]
	tries := e.triesOf(i, x, y, n)
	switch tries {
	case asBlock:
		return e.decideBlock(nd, i, x, y, n)
	case asSquares:
		return e.decideSquares(nd, i, x, y, n, 1<<62)
	}
	level := 6 - bits.TrailingZeros(uint(n))
	before, kept := &e.before[level], &e.keptStates[level]
	e.save(before, x, y, n, false)
	e.compared++
	var first, second int64
	if tries == asBlockFirst {
		first = e.decideBlock(nd, i, x, y, n)
		if nd.skip {
			e.compared--
			return first
		}
	} else {
		first = e.decideSquares(nd, i, x, y, n, 1<<62)
	}
	was := *nd
	e.save(kept, x, y, n, true)
	e.restore(before, x, y, n, false)
	e.setBlock(x, y, n, false)
	if tries == asBlockFirst {
		second = e.decideSquares(nd, i, x, y, n, first)
	} else {
		second = e.decideBlock(nd, i, x, y, n)
	}
	e.compared--
	if second < first {
		return second
	}
	*nd = was
	e.restore(kept, x, y, n, true)
	e.setBlock(x, y, n, true)
	return first
}

// decideBlock is decide of a square that is a block.
func (e *Encoder) decideBlock(nd *node, i, x, y, n int) int64 {
	*nd = node{}
	partition := e.rate(e.partitionBits(x, y, n, false))
	return e.choose(nd, i, x, y, n) + partition
}

// decideSquares is decide of a square that is four. It stops where these cost more than a limit.
func (e *Encoder) decideSquares(nd *node, i, x, y, n int, limit int64) int64 {
	nd.split = true
	cost := e.rate(e.partitionBits(x, y, n, true))
	for q := range 4 {
		if cost >= limit {
			break
		}
		cost += e.decide(4*i+1+q, x+q&1*n/2, y+q>>1*n/2, n/2)
	}
	return cost
}

// rate is what bits cost, given in 256ths.
func (e *Encoder) rate(bits int32) int64 { return int64(bits) * int64(e.lambda) >> 8 }

// partitionBits are those of whether a square is split.
func (e *Encoder) partitionBits(x, y, n int, split bool) int32 {
	c := code{e: e}
	e.partition(&c, x, y, n, split)
	return c.bits
}

// partition gives the partition of a square to c (section 5.11.4).
func (e *Encoder) partition(c *code, x, y, n int, split bool) {
	rows, columns := y+n/2 < e.rows*4, x+n/2 < e.columns*4
	if !rows && !columns {
		return
	}
	log := uint8(bits.TrailingZeros(uint(n)))
	context := 0
	if y > e.within.top && e.above.size[x>>2] < log {
		context = 1
	}
	if x > e.within.left && e.left.size[(y-e.sy)>>2] < log {
		context += 2
	}
	s := 0 // PARTITION_NONE
	if split {
		s = 3
	}
	if n == 8 {
		c.symbol(e.cdfs.partition8[context][:], s)
		return
	}
	cdf := &e.cdfs.partition[log-4][context]
	if rows && columns {
		c.symbol(cdf[:], s)
		return
	}
	// Where the half of the square is outside, it is either split or cut in two, and its
	// probability is that of all that is split in this direction.
	of := [...]int{2, 3, 4, 6, 7, 9} // split_or_horz: VERT, SPLIT, HORZ_A, VERT_A, VERT_B, VERT_4
	if rows {
		of = [...]int{1, 3, 4, 5, 6, 8} // split_or_vert: HORZ, SPLIT, HORZ_A, HORZ_B, VERT_A, HORZ_4
	}
	var p uint16
	for _, i := range of {
		from := uint16(32768)
		if i > 0 {
			from = cdf[i-1]
		}
		p += from - cdf[i]
	}
	c.bool(p, split)
}

// choose finds the best modes of a block, leaves it as if it were written, and returns its cost.
func (e *Encoder) choose(nd *node, i, x, y, n int) int64 {
	e.encodeLuma(nd, i, x, y, n)
	palettes := e.drawn && e.drawnIn(x, y, n)
	if palettes {
		e.tryLumaPalette(nd, x, y, n)
	}
	if !e.mono {
		e.chooseChroma(nd, x, y, n)
		squared := e.encodeChroma(nd, x, y, n)
		nd.squared += squared
		if palettes {
			e.tryChromaPalette(nd, squared, x, y, n)
		}
	}
	nd.skip = true
	for _, s := range nd.coded {
		for i := s.from; i < s.to; i++ {
			nd.skip = nd.skip && e.trial.blocks[i].end == 0
		}
	}
	if e.compared == 0 {
		for _, s := range nd.coded {
			for i := s.from; i < s.to; i++ {
				b := &e.trial.blocks[i]
				e.noteLevels(b, b.sum, b.dc)
			}
		}
		e.noteBlock(nd, x, y, n)
		return 0
	}
	c := code{e: e}
	e.block(&c, nd, x, y, n)
	return nd.squared*16 + e.rate(c.bits)
}

// ranked are the modes of a block that promise most, the best first.
type ranked [3]promise

// promise is what a mode promises.
type promise struct {
	m     mode
	delta int8
	of    uint8 // promised, where its prediction is
	bits  int32 // of the mode
	score int64
}

// add puts a mode where it belongs, if it is one of the best.
func (r *ranked) add(p promise) {
	switch {
	case p.score < r[0].score:
		r[0], r[1], r[2] = p, r[0], r[1]
	case p.score < r[1].score:
		r[1], r[2] = p, r[1]
	case p.score < r[2].score:
		r[2] = p
	}
}

// rankLuma ranks the modes of a block's luma, whose edges were gathered, by how far their predictions
// are from the source, and by their bits. Of the angles, those are looked at that are near to the one
// along which the source slants. Where it clearly does, paeth and smooth are not: with them, photographs
// had 0.6 % more bytes at equal SSIMULACRA 2.
func (e *Encoder) rankLuma(along slanting, x, y, n int) (best ranked) {
	c := &e.channels[0]
	e.edges.smooth = e.smoothAround(0, x, y)
	source := c.source[y*c.stride+x:]
	for i := range best {
		best[i].score = 1 << 60
	}
	above, left := contextsOfModes[e.above.mode[x>>2]], contextsOfModes[e.left.mode[(y-e.sy)>>2]]
	modes := e.cdfs.lumaMode[above][left][:]
	count := uint8(0)
	try := func(m mode, delta int8) int64 {
		p := promise{m: m, delta: delta, bits: bitsOf(modes, int(m)), of: count}
		predicted := e.promised[count][:]
		count++
		e.edges.predict(predicted, n, n, m, int(delta))
		if m.directional() {
			p.bits += bitsOf(e.cdfs.angleDelta[m-vertical][:], int(delta)+3)
		}
		p.score = int64(distanceOf(source, c.stride, predicted, n, n))*64 + e.root*int64(p.bits)>>6
		best.add(p)
		return p.score
	}
	try(flat, 0)
	if !along.clear {
		try(smooth, 0)
		try(paeth, 0)
	}
	if !along.notVertical {
		try(vertical, 0)
	}
	if !along.notHorizontal {
		try(horizontal, 0)
	}
	if e.effort.smooths {
		try(smoothVertical, 0)
		try(smoothHorizontal, 0)
	}
	if along.clear {
		at := try(along.m, along.delta)
		if at <= best[1].score {
			for _, to := range []int8{-1, 1} {
				if d := along.delta + to; d >= -3 && d <= 3 {
					try(along.m, d)
				}
			}
		}
	}
	return best
}

// encodeLuma encodes a block's luma with the mode that was estimated to be the best and the transforms
// that were, and with the others too where these are nearly as good.
func (e *Encoder) encodeLuma(nd *node, i, x, y, n int) {
	s := &e.estimates.squares[i]
	nd.luma, nd.lumaDelta, nd.halves = s.luma, s.delta, s.halves
	if !e.effort.halves || min(s.whole, s.halved)*64 < max(s.whole, s.halved)*e.effort.surelyHalves {
		e.tryLuma(nd, x, y, n)
		return
	}
	kept := &e.lumaKept
	var before lumaLevels
	e.saveLevels(&before, x, y, n)
	e.compared++
	cost, last := int64(1)<<62, false
	try := func(trial node) {
		e.tryLuma(&trial, x, y, n)
		c := code{e: e}
		e.lumaMode(&c, trial.luma, trial.lumaDelta, x, y)
		e.transformSize(&c, trial.halves, x, y, n)
		for i := trial.coded[0].from; i < trial.coded[0].to; i++ {
			b := &e.trial.blocks[i]
			e.coefficients(&c, b, e.trial.levels[b.at:], sizeOf(n), trial.luma)
		}
		now := trial.squared*16 + e.rate(c.bits)
		if last = now < cost; last {
			cost, *nd = now, trial
		}
	}
	other := *nd
	other.halves = 1 - nd.halves
	try(*nd)
	e.saveSamples(kept, 0, x, y, n)
	e.restoreLevels(&before, x, y, n)
	e.setSquare(0, x, y, n, false)
	try(other)
	if !last {
		e.restoreSamples(kept, 0, x, y, n)
	}
	e.restoreLevels(&before, x, y, n)
	e.compared--
}

// lumaLevels are what a block's luma has told its neighbours: all that trying it changes of that.
type lumaLevels struct{ above, left, aboveSign, leftSign [16]uint8 }

func (e *Encoder) saveLevels(l *lumaLevels, x, y, n int) {
	column, row := x>>2, (y-e.sy)>>2
	copy(l.above[:n>>2], e.above.level[0][column:])
	copy(l.left[:n>>2], e.left.level[0][row:])
	copy(l.aboveSign[:n>>2], e.above.sign[0][column:])
	copy(l.leftSign[:n>>2], e.left.sign[0][row:])
}

func (e *Encoder) restoreLevels(l *lumaLevels, x, y, n int) {
	column, row := x>>2, (y-e.sy)>>2
	copy(e.above.level[0][column:], l.above[:n>>2])
	copy(e.left.level[0][row:], l.left[:n>>2])
	copy(e.above.sign[0][column:], l.aboveSign[:n>>2])
	copy(e.left.sign[0][row:], l.leftSign[:n>>2])
}

// tryLuma encodes a block's luma.
func (e *Encoder) tryLuma(nd *node, x, y, n int) {
	nd.coded[0].from = len(e.trial.blocks)
	nd.squared = e.encodePlane(nd, 0, x, y, n)
	nd.coded[0].to = len(e.trial.blocks)
}

// encodeChroma encodes a block's chroma, and returns its squared error.
func (e *Encoder) encodeChroma(nd *node, x, y, n int) (squared int64) {
	nd.coded[1].from = len(e.trial.blocks)
	for plane := 1; plane < 3; plane++ {
		squared += e.encodePlane(nd, plane, x, y, n)
	}
	nd.coded[1].to = len(e.trial.blocks)
	return squared
}

// around is which of the samples around a transform block are decoded.
func (e *Encoder) around(plane, x, y, size int) (above, left, right, below bool) {
	shift := e.shift(plane)
	known := &e.known[plane]
	r, c, n := (y-e.sy>>shift)>>2+1, (x-e.sx>>shift)>>2+1, 1<<size
	return y > e.within.top>>shift, x > e.within.left>>shift, known[r-1][c+n], known[r+n][c-1]
}

// encodePlane predicts a plane of a block, transform block by transform block, adds what is left to
// the trial, and rebuilds it. x, y and n are in samples of luma.
func (e *Encoder) encodePlane(nd *node, plane, x, y, n int) (squared int64) {
	t := &e.trial
	c, shift := &e.channels[plane], e.shift(plane)
	x, y, n = x>>shift, y>>shift, n>>shift
	m, delta, side := nd.luma, int(nd.lumaDelta), n>>nd.halves
	if plane > 0 {
		m, delta, side = nd.chroma, int(nd.chromaDelta), min(n, 32)
	}
	size := sizeOf(side)
	k, near := kinds(m, size), m.near(delta)
	painted := e.paletteOf(nd, min(plane, 1))
	e.edges.smooth = e.smoothAround(plane, x<<shift, y<<shift)
	for ty := y; ty < y+n && ty < c.height; ty += side {
		for tx := x; tx < x+n && tx < c.width; tx += side {
			at := ty*c.stride + tx
			if painted != nil {
				e.paint(c.rebuilt[at:], c.stride, painted, plane>>1, tx-x, ty-y, side, n)
			} else {
				above, left, right, below := e.around(plane, tx, ty, size)
				if near {
					e.edges.gatherNear(c, tx, ty, side, above, left)
				} else {
					e.edges.gather(c, tx, ty, side, above, left, right, below)
				}
				e.edges.predict(c.rebuilt[at:], c.stride, side, m, delta)
				if m == fromLuma {
					e.addLuma(c, tx, ty, side, nd.cfl[plane-1])
				}
			}
			e.transform(e.coefficientsOf[:], c.source[at:], c.stride, c.rebuilt[at:], c.stride, size, k)
			b := transformed{plane: plane, x: tx, y: ty, size: size, at: len(t.levels)}
			end := b.at + min(side, 32)*min(side, 32)
			t.levels = slices.Grow(t.levels, end-b.at)[:end] // all of which chooseLevels writes
			var used extent
			b.end, used = e.chooseLevels(&b, t.levels[b.at:], e.coefficientsOf[:], sizeOf(n), m)
			if b.end > 0 {
				e.rebuildLevels(c.rebuilt[at:], c.stride, t.levels[b.at:], e.coefficientsOf[:], used, plane, size, k)
			}
			t.blocks = append(t.blocks, b)
			// What lies outside the picture costs nothing.
			if e.compared > 0 {
				squared += squaredError(c.source[at:], c.rebuilt[at:], c.stride, min(side, c.width-tx), min(side, c.height-ty))
			}
			e.setSquare(plane, tx, ty, side, true)
		}
	}
	return squared
}

// chooseChroma finds the best mode of a block's chroma.
func (e *Encoder) chooseChroma(nd *node, x, y, n int) {
	shift := e.shift(1)
	cx, cy, side := x>>shift, y>>shift, min(n>>shift, 32)
	size := sizeOf(side)
	// What is tried, from luma last, as that adds to the flat prediction.
	tried := append(e.chromaTried[:0], chromaTrial{m: flat})
	if nd.luma != flat {
		tried = append(tried, chromaTrial{m: nd.luma, delta: nd.lumaDelta})
	}
	for _, m := range e.effort.chroma {
		if m != nd.luma {
			tried = append(tried, chromaTrial{m: m})
		}
	}
	if alphas, ok := e.alphas(x, y, n); ok {
		tried = append(tried, chromaTrial{m: fromLuma, cfl: alphas})
	}
	e.edges.smooth = e.smoothAround(1, x, y)
	far := !nd.luma.near(int(nd.lumaDelta))
	for plane := 1; plane < 3; plane++ {
		c := &e.channels[plane]
		source, rebuilt := c.source[cy*c.stride+cx:], c.rebuilt[cy*c.stride+cx:]
		above, left, right, below := e.around(plane, cx, cy, size)
		e.edges.gather(c, cx, cy, side, above, left, far && right, far && below)
		for i := range tried {
			t := &tried[i]
			switch t.m {
			case flat:
				e.edges.predict(rebuilt, c.stride, side, flat, 0)
			case fromLuma:
				e.addLuma(c, cx, cy, side, t.cfl[plane-1])
			default:
				e.edges.predict(e.predicted[:], side, side, t.m, int(t.delta))
				t.sum += int64(distanceOf(source, c.stride, e.predicted[:], side, side))
				continue
			}
			t.sum += int64(distanceOf(source, c.stride, rebuilt, c.stride, side))
		}
	}
	best, least := 0, int64(1)<<60
	for i := range tried {
		t := &tried[i]
		nd.chroma, nd.chromaDelta, nd.cfl = t.m, t.delta, t.cfl
		cd := code{e: e}
		e.chromaMode(&cd, nd, n)
		if score := t.sum*64 + e.root*int64(cd.bits)>>6; score < least {
			best, least = i, score
		}
	}
	nd.chroma, nd.chromaDelta, nd.cfl = tried[best].m, tried[best].delta, tried[best].cfl
	e.chromaTried = tried
}

// chromaTrial is a mode that is tried of a block's chroma, and how far it is from the source.
type chromaTrial struct {
	m     mode
	delta int8
	cfl   [2]int
	sum   int64
}
