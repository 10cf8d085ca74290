package av1

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// mostColours is how many colours a palette may have. The fewest are 2.
const mostColours = 8

// palette is how a block is predicted whose samples have few values, in luma or in both Cb and Cr:
// the values, and a map of which of them each sample has (AV1 specification, sections 5.11.46 and
// 5.11.49).
type palette struct {
	count   int
	colours [2][mostColours]uint8 // of luma, or of Cb and of Cr; the first in ascending order
	at      int                   // of its map in the trial's, row by row
}

// colours are those of a block's palette that its neighbours may take over: of luma or of Cb.
type colours struct {
	count uint8
	of    [mostColours]uint8
}

// isDrawn reports whether 8x8 samples look like part of a drawing, which a palette may serve: many
// are like the one before them, and some are far from others. flat is whether the rows are of one
// value each.
func isDrawn(source []uint8, stride int) (drawn, flat bool) {
	const high, others = 0x80808080808080, 56 - drawnAlike
	differ := 0
	for y := range 8 {
		row := binary.LittleEndian.Uint64(source[y*stride:])
		d := (row ^ row>>8) & 0xffffffffffffff
		differ += bits.OnesCount64(((d&^high + ^uint64(high)&0x7f7f7f7f7f7f7f) | d) & high)
		if differ > others {
			return false, false
		}
	}
	if differ == 0 {
		return false, true
	}
	least, largest := source[0], source[0]
	for y := range 8 {
		for _, v := range source[y*stride:][:8] {
			least, largest = min(least, v), max(largest, v)
		}
	}
	return largest-least >= drawnApart, false
}

// drawnAlike is how many of the 56 pairs of neighbours in the rows of 8x8 samples of a drawing are
// alike, and drawnApart how far its samples are apart. Of photographs hardly any 8x8 have both.
const drawnAlike, drawnApart = 20, 24

// findDrawn finds the squares of 8x8 that are drawn, and whether there are so many that the picture
// may have palettes.
func (e *Encoder) findDrawn() {
	c := &e.channels[0]
	wide, high := e.columns/2, e.rows/2
	e.drawnSquares = zeroed(e.drawnSquares, wide*high)
	count, flat := 0, 0
	for y := range high {
		row := e.drawnSquares[y*wide:][:wide]
		for x := range row {
			drawn, even := isDrawn(c.source[8*y*c.stride+8*x:], c.stride)
			row[x] = drawn
			if drawn {
				count++
			}
			if even {
				flat++
			}
		}
	}
	e.drawn = count*drawnShare > wide*high-flat
}

// drawnShare is what part of a picture's squares that are not flat has to be drawn so that it may have
// palettes. Of 41 photographs at most a twelfth is, of drawings and pages from a fourth to all.
const drawnShare = 8

// drawnIn reports whether so much of a block is drawn that palettes are tried.
func (e *Encoder) drawnIn(x, y, n int) bool {
	wide := e.columns / 2
	count := 0
	for r := y / 8; r < min((y+n)/8, e.rows/2); r++ {
		for _, d := range e.drawnSquares[r*wide+x/8 : r*wide+min((x+n)/8, wide)] {
			if d {
				count++
			}
		}
	}
	return count*4*64 >= n*n
}

// paletteOf is a block's palette of luma (0) or chroma (1), nil where it has none.
func (e *Encoder) paletteOf(nd *node, kind int) *palette {
	if i := nd.palettes[kind]; i > 0 {
		return &e.trial.palettes[i-1]
	}
	return nil
}

// paint writes the n by n samples at dx, dy of a block whose side in its plane is side.
func (e *Encoder) paint(to []uint8, stride int, p *palette, second, dx, dy, n, side int) {
	of := &p.colours[second]
	for y := range n {
		row := to[y*stride:][:n]
		for x, i := range e.trial.maps[p.at+(dy+y)*side+dx:][:n] {
			row[x] = of[i&(mostColours-1)]
		}
	}
}

// cluster are samples that a palette has one colour for.
type cluster struct {
	count    int32
	sum      [2]int32
	from, to int32 // the first and the last value of luma; in chroma, to is the cluster it was merged with
}

// merged is by how much the squared error of two clusters is larger if they are one.
func merged(a, b *cluster) int64 {
	error := int64(0)
	for i := range a.sum {
		d := int64(a.sum[i])*int64(b.count) - int64(b.sum[i])*int64(a.count)
		if d != 0 {
			error += d / int64(a.count) * d / (int64(b.count) * int64(a.count+b.count))
		}
	}
	return error
}

// worthMerging reports whether two clusters are to be one: there are too many, or the bits of a
// colour and of telling them apart are worth more than the error.
func (e *Encoder) worthMerging(a, b *cluster, by int64, count int) bool {
	return count > mostColours || by*16 < int64(e.lambda)*int64(colourBits+min(a.count, b.count))*mergedRate
}

// colourBits are about those of one more colour.
const colourBits = 10

// paletteRate is how often lambda a bit counts where a palette is chosen, and mergedRate where its
// colours are: with 1 and 1 some drawings became better for more bytes than that was worth.
const paletteRate, mergedRate = 3, 4

// lumaPalette adds a palette for a block's luma to the trial's and returns its number, or 0 where it
// has one colour or far too many.
func (e *Encoder) lumaPalette(x, y, n int) int16 {
	c := &e.channels[0]
	var counts [256]int32
	for r := range n {
		for _, v := range c.source[(y+r)*c.stride+x:][:n] {
			counts[v]++
		}
	}
	all := e.clusters[:0]
	for v, count := range counts {
		if count == 0 {
			continue
		}
		if len(all) == cap(all) {
			return 0
		}
		all = append(all, cluster{count, [2]int32{count * int32(v)}, int32(v), int32(v)})
	}
	var errors [len(e.clusters)]int64 // of merging each with the next
	for i := range len(all) - 1 {
		errors[i] = merged(&all[i], &all[i+1])
	}
	for last := len(all) - 1; last > 0; last-- {
		best := 0
		for i, d := range errors[:last] {
			if d < errors[best] {
				best = i
			}
		}
		a, b := &all[best], &all[best+1]
		if !e.worthMerging(a, b, errors[best], len(all)) {
			break
		}
		a.count, a.sum[0], a.to = a.count+b.count, a.sum[0]+b.sum[0], b.to
		all = slices.Delete(all, best+1, best+2)
		copy(errors[best:], errors[best+1:last])
		if best > 0 {
			errors[best-1] = merged(&all[best-1], a)
		}
		if best < last-1 {
			errors[best] = merged(a, &all[best+1])
		}
	}
	if len(all) < 2 {
		return 0
	}
	t := &e.trial
	p := palette{count: len(all), at: len(t.maps)}
	var of [256]uint8
	for i, k := range all {
		p.colours[0][i] = uint8((k.sum[0] + k.count/2) / k.count)
		for v := k.from; v <= k.to; v++ {
			of[v] = uint8(i)
		}
	}
	for r := range n {
		for _, v := range c.source[(y+r)*c.stride+x:][:n] {
			t.maps = append(t.maps, of[v])
		}
	}
	t.palettes = append(t.palettes, p)
	return int16(len(t.palettes))
}

// chromaPalette does so for its chroma.
func (e *Encoder) chromaPalette(x, y, n int) int16 {
	u, v := &e.channels[1], &e.channels[2]
	shift := e.shift(1)
	x, y, n = x>>shift, y>>shift, n>>shift
	t := &e.trial
	at := len(t.maps)
	all := e.clusters[:0]
	last := uint8(0)
	for r := range n {
		vs := v.source[(y+r)*v.stride+x:][:n]
		for i, cb := range u.source[(y+r)*u.stride+x:][:n] {
			key := int32(cb)<<8 | int32(vs[i])
			if len(all) == 0 || all[last].from != key {
				last = uint8(slices.IndexFunc(all, func(k cluster) bool { return k.from == key }))
				if last == 255 {
					if len(all) == mostPairs {
						t.maps = t.maps[:at]
						return 0
					}
					last = uint8(len(all))
					all = append(all, cluster{from: key, to: -1})
				}
			}
			k := &all[last]
			k.count++
			k.sum[0] += int32(cb)
			k.sum[1] += int32(vs[i])
			t.maps = append(t.maps, last)
		}
	}
	count := e.mergePairs(all)
	if count < 2 {
		t.maps = t.maps[:at]
		return 0
	}
	p := palette{count: count, at: at}
	var order [mostColours]int // clusters by their Cb
	left := order[:0]
	for i := range all {
		if all[i].to < 0 {
			left = append(left, i)
		}
	}
	mean := func(i, of int) uint8 { return uint8((all[i].sum[of] + all[i].count/2) / all[i].count) }
	slices.SortFunc(left, func(i, j int) int {
		return (int(mean(i, 0))-int(mean(j, 0)))<<16 + (int(mean(i, 1))-int(mean(j, 1)))<<8 + i - j
	})
	var of [mostPairs]uint8
	for i, k := range left {
		p.colours[0][i], p.colours[1][i] = mean(k, 0), mean(k, 1)
		of[k] = uint8(i)
	}
	for i := range all {
		if all[i].to >= 0 {
			of[i] = of[all[i].to] // a cluster before this one
		}
	}
	for i, k := range t.maps[at:] {
		t.maps[at+i] = of[k]
	}
	t.palettes = append(t.palettes, p)
	return int16(len(t.palettes))
}

// mergePairs merges clusters of chroma as long as that is worth it, each into one before it, and
// returns how many are left.
func (e *Encoder) mergePairs(all []cluster) (count int) {
	// Of each, the nearest of those behind it, and what merging them costs.
	var nearest [mostPairs]struct {
		of int
		by int64
	}
	find := func(i int) {
		near := &nearest[i]
		near.by = 1 << 62
		for j := i + 1; j < len(all); j++ {
			if all[j].to < 0 {
				if d := merged(&all[i], &all[j]); d < near.by {
					near.of, near.by = j, d
				}
			}
		}
	}
	for i := range all {
		find(i)
	}
	for count = len(all); count > 1; count-- {
		into := 0
		for i := range all {
			if all[i].to < 0 && nearest[i].by < nearest[into].by {
				into = i
			}
		}
		from := nearest[into].of
		a, b := &all[into], &all[from]
		if !e.worthMerging(a, b, nearest[into].by, count) {
			break
		}
		a.count += b.count
		for i := range a.sum {
			a.sum[i] += b.sum[i]
		}
		b.to = int32(into)
		for i := range all[:from] {
			near := &nearest[i]
			switch {
			case all[i].to >= 0:
			case i == into || near.of == into || near.of == from:
				find(i)
			case i < into:
				if d := merged(&all[i], a); d < near.by || d == near.by && into < near.of {
					near.of, near.by = into, d
				}
			}
		}
	}
	return count
}

// mostPairs is how many pairs of Cb and Cr may be looked at for a palette.
const mostPairs = 32

// tryLumaPalette encodes a block's luma, which is encoded by a mode, by a palette as well, with its
// transforms half as large too where there is anything to be transformed, and leaves what costs less.
func (e *Encoder) tryLumaPalette(nd *node, x, y, n int) {
	p := e.lumaPalette(x, y, n)
	if p == 0 {
		return
	}
	before, kept := &e.lumaBefore, &e.lumaKept
	e.save(before, x, y, n, false)
	trial := node{luma: flat, palettes: [2]int16{p, 0}}
	most := e.paletteCost(nd.squared, e.lumaBits(nd, x, y, n)+e.codedBits(nd.coded[0], sizeOf(n), nd.luma))
	e.restore(before, x, y, n, false)
	bits := e.lumaBits(&trial, x, y, n)
	if e.paletteCost(0, bits) >= most {
		return
	}
	e.saveSamples(kept, 0, x, y, n)
	e.tryLuma(&trial, x, y, n)
	last := false // is whether the samples are those of the best
	if cost := e.paletteCost(trial.squared, bits+e.codedBits(trial.coded[0], sizeOf(n), flat)); cost < most {
		*nd, most, last = trial, cost, true
	}
	if e.effort.halves && n < 64 && e.anyCoded(trial.coded[0]) {
		if last {
			e.saveSamples(kept, 0, x, y, n)
		}
		e.restore(before, x, y, n, false)
		trial.halves = 1
		e.tryLuma(&trial, x, y, n)
		bits := e.lumaBits(&trial, x, y, n)
		last = e.paletteCost(trial.squared, bits+e.codedBits(trial.coded[0], sizeOf(n), flat)) < most
		if last {
			*nd = trial
		}
	}
	if !last {
		e.restoreSamples(kept, 0, x, y, n)
	}
	e.restore(before, x, y, n, false)
}

// anyCoded reports whether any of the transform blocks has coefficients.
func (e *Encoder) anyCoded(of span) bool {
	for _, b := range e.trial.blocks[of.from:of.to] {
		if b.end > 0 {
			return true
		}
	}
	return false
}

// paletteCost is what an error and bits cost where they decide about a palette.
func (e *Encoder) paletteCost(squared int64, bits int32) int64 {
	return squared*16 + e.rate(bits)*paletteRate
}

// lumaBits are those of a block's luma but for its coefficients.
func (e *Encoder) lumaBits(nd *node, x, y, n int) int32 {
	c := code{e: e}
	e.lumaMode(&c, nd.luma, nd.lumaDelta, x, y)
	if nd.luma == flat {
		e.paletteOfLuma(&c, nd, x, y, n)
		if p := e.paletteOf(nd, 0); p != nil {
			e.colourMap(&c, p, 0, x, y, n)
		}
	}
	e.transformSize(&c, nd.halves, x, y, n)
	return c.bits
}

// codedBits are those of the coefficients of transform blocks, whose neighbours know of them then.
func (e *Encoder) codedBits(of span, blockSize int, m mode) int32 {
	c := code{e: e}
	for i := of.from; i < of.to; i++ {
		b := &e.trial.blocks[i]
		e.coefficients(&c, b, e.trial.levels[b.at:], blockSize, m)
	}
	return c.bits
}

// tryChromaPalette does for chroma what tryLumaPalette does for luma. squared is its error as it is
// encoded.
func (e *Encoder) tryChromaPalette(nd *node, squared int64, x, y, n int) {
	p := e.chromaPalette(x, y, n)
	if p == 0 {
		return
	}
	before, kept := &e.lumaBefore, &e.lumaKept
	size := sizeOf(n) - e.shift(1)
	e.save(before, x, y, n, false)
	trial := *nd
	trial.chroma, trial.chromaDelta, trial.cfl, trial.palettes[1] = flat, 0, [2]int{}, p
	most := e.paletteCost(squared, e.chromaBits(nd, x, y, n)+e.codedBits(nd.coded[1], size, nd.chroma))
	e.restore(before, x, y, n, false)
	bits := e.chromaBits(&trial, x, y, n)
	if e.paletteCost(0, bits) >= most {
		return
	}
	for plane := 1; plane < 3; plane++ {
		e.saveSamples(kept, plane, x, y, n)
	}
	now := e.encodeChroma(&trial, x, y, n)
	if e.paletteCost(now, bits+e.codedBits(trial.coded[1], size, flat)) < most {
		trial.squared += now - squared
		*nd = trial
	} else {
		for plane := 1; plane < 3; plane++ {
			e.restoreSamples(kept, plane, x, y, n)
		}
	}
	e.restore(before, x, y, n, false)
}

// chromaBits are those of a block's chroma but for its coefficients.
func (e *Encoder) chromaBits(nd *node, x, y, n int) int32 {
	c := code{e: e}
	e.chromaMode(&c, nd, n)
	if nd.chroma == flat {
		e.paletteOfChroma(&c, nd, x, y, n)
		if p := e.paletteOf(nd, 1); p != nil {
			e.colourMap(&c, p, 1, x, y, n)
		}
	}
	return c.bits
}
