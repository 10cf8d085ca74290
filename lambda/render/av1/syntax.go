package av1

// contextsOfModes are those that the modes of neighbours make (Intra_Mode_Context in section
// 8.3.2).
var contextsOfModes = [lumaModes]uint8{0, 1, 2, 3, 4, 4, 4, 4, 3, 0, 1, 2, 0}

// bool gives a symbol to c whose probability of being true is p 32,768ths and is not kept.
func (c *code) bool(p uint16, v bool) {
	if !c.writing {
		if !v {
			p = 32768 - p
		}
		c.bits += costs[p>>6]
		return
	}
	c.e.coder.bool(p, v)
}

// lumaMode gives a block's mode to c (intra_frame_y_mode in section 5.11.7 and intra_angle_info_y in
// section 5.11.42).
func (e *Encoder) lumaMode(c *code, m mode, delta int8, x, y int) {
	above, left := contextsOfModes[e.above.mode[x>>2]], contextsOfModes[e.left.mode[(y-e.sy)>>2]]
	c.symbol(e.cdfs.lumaMode[above][left][:], int(m))
	if m.directional() {
		c.symbol(e.cdfs.angleDelta[m-vertical][:], int(delta)+3)
	}
}

// chromaMode gives the mode of a block's chroma to c (uv_mode in section 5.11.7, read_cfl_alphas in
// section 5.11.45 and intra_angle_info_uv in section 5.11.43). n is the side of the block in samples
// of luma: chroma is from luma in those up to 32.
func (e *Encoder) chromaMode(c *code, nd *node, n int) {
	if n > 32 {
		c.symbol(e.cdfs.chromaMode[nd.luma][:], int(nd.chroma))
	} else {
		c.symbol(e.cdfs.chromaModeCfL[nd.luma][:], int(nd.chroma))
	}
	if nd.chroma == fromLuma {
		sign := func(alpha int) int {
			switch {
			case alpha < 0:
				return 1
			case alpha > 0:
				return 2
			}
			return 0
		}
		u, v := sign(nd.cfl[0]), sign(nd.cfl[1])
		c.symbol(e.cdfs.cflSign[:], 3*u+v-1)
		if u != 0 {
			c.symbol(e.cdfs.cflAlpha[3*u+v-3][:], max(nd.cfl[0], -nd.cfl[0])-1)
		}
		if v != 0 {
			c.symbol(e.cdfs.cflAlpha[3*v+u-3][:], max(nd.cfl[1], -nd.cfl[1])-1)
		}
	}
	if nd.chroma.directional() {
		c.symbol(e.cdfs.angleDelta[nd.chroma-vertical][:], int(nd.chromaDelta)+3)
	}
}

// transformSize gives the size of a block's transforms to c (tx_depth in section 5.11.15): how often
// the side of the block is halved for them.
func (e *Encoder) transformSize(c *code, halves, x, y, n int) {
	size := uint8(sizeOf(n))
	context := 0
	if e.above.turned[x>>2] >= size {
		context++
	}
	if e.left.turned[(y-e.sy)>>2] >= size {
		context++
	}
	if n == 8 {
		c.symbol(e.cdfs.size8[context][:], halves)
	} else {
		c.symbol(e.cdfs.size[size-2][context][:], halves)
	}
}

// block gives a block to c (intra_frame_mode_info and residual in sections 5.11.7 and 5.11.34), and
// notes what its neighbours have to know.
func (e *Encoder) block(c *code, nd *node, x, y, n int) {
	column, row := x>>2, (y-e.sy)>>2
	skip := 0
	if nd.skip {
		skip = 1
	}
	c.symbol(e.cdfs.skip[e.above.skip[column]+e.left.skip[row]][:], skip)
	if c.writing && e.unsaid {
		e.unsaid = false
		if n < 64 || !nd.skip {
			e.writeFiner(c)
		}
	}
	e.lumaMode(c, nd.luma, nd.lumaDelta, x, y)
	if !e.mono {
		e.chromaMode(c, nd, n)
	}
	if e.drawn {
		e.palettes(c, nd, x, y, n)
	}
	e.transformSize(c, nd.halves, x, y, n)
	size := sizeOf(n)
	for kind, s := range nd.coded {
		blockSize, m := size, nd.luma
		if kind > 0 {
			blockSize, m = size-e.shift(1), nd.chroma
		}
		for i := s.from; i < s.to; i++ {
			b := &e.trial.blocks[i]
			if nd.skip {
				e.noteLevels(b, 0, 0)
				continue
			}
			e.coefficients(c, b, e.trial.levels[b.at:], blockSize, m)
		}
	}
	e.noteBlock(nd, x, y, n)
}

// noteBlock notes of a block what its neighbours have to know but for its levels.
func (e *Encoder) noteBlock(nd *node, x, y, n int) {
	column, row, count := x>>2, (y-e.sy)>>2, n>>2
	skip := uint8(0)
	if nd.skip {
		skip = 1
	}
	e.noteSides(nd.luma, nd.halves, x, y, n)
	above, left := e.above.skip[column:][:count], e.left.skip[row:][:count]
	aboveChroma, leftChroma := e.above.chroma[column:][:count], e.left.chroma[row:][:count]
	for i := range count {
		above[i], left[i] = skip, skip
		aboveChroma[i], leftChroma[i] = nd.chroma, nd.chroma
	}
	if e.drawn {
		e.notePalettes(nd, x, y, n)
	}
}

// noteSides notes of a block what estimates too ask of its neighbours: its size, its mode, and how
// often its transforms are half as large.
func (e *Encoder) noteSides(m mode, halves, x, y, n int) {
	size := uint8(sizeOf(n))
	e.above.noteSide(x>>2, n>>2, size+2, size-uint8(halves), m)
	e.left.noteSide((y-e.sy)>>2, n>>2, size+2, size-uint8(halves), m)
}

// noteSide notes the size, that of transforms and the mode of a block that is count long.
func (s *surroundings) noteSide(at, count int, size, turned uint8, m mode) {
	sizes, turns, modes := s.size[at:][:count], s.turned[at:][:count], s.mode[at:][:count]
	for i := range count {
		sizes[i], turns[i], modes[i] = size, turned, m
	}
}

// write writes a square as it was decided (section 5.11.4).
func (e *Encoder) write(i, x, y, n int) {
	if x >= e.columns*4 || y >= e.rows*4 {
		return
	}
	nd := &e.tree[i]
	c := code{e: e, writing: true}
	e.partition(&c, x, y, n, nd.split)
	if nd.split {
		for q := range 4 {
			e.write(4*i+1+q, x+q&1*n/2, y+q>>1*n/2, n/2)
		}
		return
	}
	e.block(&c, nd, x, y, n)
	e.note(nd, x, y, n)
}
