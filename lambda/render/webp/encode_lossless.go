package webp

import (
	"slices"

	"prew/lambda/render/plane"
)

// losslessEncoder writes VP8L streams (RFC 9649, section 3).
type losslessEncoder struct {
	finder   finder
	pixels   []uint32
	residual []uint32
	modes    []uint32
	cache    []uint32

	greenAlone bool // the other samples are the same everywhere
}

// encode returns the stream of pixels, alpha, red, green and blue from the upper bits,
// without its header. The pixels are changed. greenAlone says that the other samples are
// the same everywhere, as in a picture's alpha.
//
// Few colours are a palette. Of more what is written is either differences from
// predictions, as of photos, or the pixels themselves, as of text and lines, which copies
// and a cache of colours make short.
func (l *losslessEncoder) encode(pixels []uint32, width, height, tries int, greenAlone bool) []byte {
	l.greenAlone = greenAlone
	var w bitWriter
	// Of green alone a palette is of use where several pixels go into one.
	if palette := paletteOf(pixels); palette != nil && (len(palette) <= 16 || !greenAlone) {
		l.writePalette(&w, palette)
		pixels, width = l.indexed(pixels, width, height, palette)
		w.write(0, 1) // no more transforms
		l.writeImage(&w, pixels, width, tries, true)
		return w.end()
	}
	if !greenAlone {
		w.write(1, 1)
		w.write(transformGreen, 2)
		for i, p := range pixels {
			green := p >> 8 & 0xff
			redAndBlue := (p | 0xff00ff00) - (green<<16 | green)
			pixels[i] = p&0xff00ff00 | redAndBlue&0x00ff00ff
		}
	}
	direct := l.prepare(pixels, width, tries, true)
	l.predict(pixels, width, height)
	predicted := l.prepare(l.residual, width, tries, true)
	if direct.rate < predicted.rate {
		w.write(0, 1)
		l.write(&w, &direct)
		return w.end()
	}
	w.write(1, 1)
	w.write(transformPredictor, 2)
	w.write(predictedBits-2, 3)
	l.writeImage(&w, l.modes, tiles(width, predictedBits), tries, false)
	w.write(0, 1)
	l.write(&w, &predicted)
	return w.end()
}

// paletteOf are the colours of an image in rising order, or nil where there are more
// than 256.
func paletteOf(pixels []uint32) []uint32 {
	const places = 1024
	var table [places]uint32
	var taken [places]bool
	var palette []uint32
	last := ^pixels[0]
	for _, p := range pixels {
		if p == last {
			continue
		}
		last = p
		at := p * 0x9e3779b1 >> 22
		for taken[at] && table[at] != p {
			at = (at + 1) % places
		}
		if taken[at] {
			continue
		}
		if len(palette) == 256 {
			return nil
		}
		taken[at], table[at] = true, p
		palette = append(palette, p)
	}
	slices.Sort(palette)
	return palette
}

// writePalette writes the transform of a palette, each colour by its difference from the
// one before.
func (l *losslessEncoder) writePalette(w *bitWriter, palette []uint32) {
	w.write(1, 1)
	w.write(transformPalette, 2)
	w.write(uint32(len(palette)-1), 8)
	differences := make([]uint32, len(palette))
	before := uint32(0)
	for i, colour := range palette {
		differences[i] = subtract(colour, before)
		before = colour
	}
	l.writeImage(w, differences, len(palette), 8, false)
}

// indexed makes pixels numbers of their colours, several in one where there are at most
// 16 of them, and returns these with their width.
func (l *losslessEncoder) indexed(pixels []uint32, width, height int, palette []uint32) ([]uint32, int) {
	bits := uint(0)
	switch n := len(palette); {
	case n <= 2:
		bits = 3
	case n <= 4:
		bits = 2
	case n <= 16:
		bits = 1
	}
	depth, narrow := 8>>bits, tiles(width, bits)
	l.pixels = slices.Grow(l.pixels[:0], narrow*height)[:narrow*height]
	last, number := ^pixels[0], 0
	for y := range height {
		row, to := pixels[y*width:][:width], l.pixels[y*narrow:][:narrow]
		for i := range to {
			to[i] = black
		}
		for x, p := range row {
			if p != last {
				number, _ = slices.BinarySearch(palette, p)
				last = p
			}
			to[x>>bits] |= uint32(number) << (8 + x&(1<<bits-1)*depth)
		}
	}
	return l.pixels, narrow
}

// predictedBits is the side of the tiles that have a predictor each, 1<<predictedBits.
const predictedBits = 4

// predict leaves in l.residual what is left of pixels after they are predicted, and in
// l.modes the predictor of each tile. Predictors are chosen twice: by what differences
// take in most pictures, and then by what they take in this one.
func (l *losslessEncoder) predict(pixels []uint32, width, height int) {
	across := tiles(width, predictedBits)
	l.residual = plane.Resized(l.residual, len(pixels))
	l.modes = plane.Resized(l.modes, across*tiles(height, predictedBits))
	costs := [4][256]uint8{residualCosts, residualCosts, residualCosts, residualCosts}
	for pass := range 2 {
		for i := range l.modes {
			l.modes[i] = black | uint32(l.predictor(pixels, width, height, i%across<<predictedBits, i/across<<predictedBits, 4-2*pass, &costs))<<8
		}
		var counts [4][256]int
		for y := range height {
			for x := range width {
				at := y*width + x
				p := uint32(black)
				switch {
				case y == 0 && x > 0:
					p = pixels[at-1]
				case y > 0 && x == 0:
					p = pixels[at-width]
				case y > 0:
					mode := l.modes[y>>predictedBits*across+x>>predictedBits] >> 8 & 15
					p = losslessPredictors[mode](pixels[at-1], pixels[at-width], pixels[at-width-1], pixels[at-width+1])
				}
				r := subtract(pixels[at], p)
				l.residual[at] = r
				counts[0][r>>24]++
				counts[1][r>>16&0xff]++
				counts[2][r>>8&0xff]++
				counts[3][r&0xff]++
			}
		}
		if pass == 0 {
			for i := range counts {
				for v, n := range counts[i] {
					costs[i][v] = uint8(min(log2(uint64(len(pixels)+256), 4)-log2(uint64(n+1), 4), 255))
				}
			}
		}
	}
}

// predictor is the one that leaves least of the tile that begins at x0, y0, by one row
// in step.
func (l *losslessEncoder) predictor(pixels []uint32, width, height, x0, y0, step int, costs *[4][256]uint8) int {
	x1, y1 := min(x0+1<<predictedBits, width), min(y0+1<<predictedBits, height)
	best, least := 0, 1<<62
	for mode := range losslessPredictors {
		cost := 0
		for y := max(y0, 1); y < y1 && cost < least; y += step {
			for x := max(x0, 1); x < x1; x++ {
				at := y*width + x
				r := subtract(pixels[at], losslessPredictors[mode](pixels[at-1], pixels[at-width], pixels[at-width-1], pixels[at-width+1]))
				cost += int(costs[2][r>>8&0xff])
				if !l.greenAlone {
					cost += int(costs[0][r>>24]) + int(costs[1][r>>16&0xff]) + int(costs[3][r&0xff])
				}
			}
		}
		if cost < least {
			best, least = mode, cost
		}
	}
	return best
}

// residualCosts is about how many bits a residual takes, in 1/16.
var residualCosts = func() (table [256]uint8) {
	for v := range table {
		table[v] = uint8(log2(uint64(1+2*min(v, 256-v)), 4))
	}
	return table
}()

// losslessPredictors predict a pixel from the ones to the left, above, and before and
// after that (RFC 9649, section 3.5.1).
var losslessPredictors = [14]func(left, top, before, after uint32) uint32{
	func(_, _, _, _ uint32) uint32 { return black },
	func(l, _, _, _ uint32) uint32 { return l },
	func(_, t, _, _ uint32) uint32 { return t },
	func(_, _, _, a uint32) uint32 { return a },
	func(_, _, b, _ uint32) uint32 { return b },
	func(l, t, _, a uint32) uint32 { return average(average(l, a), t) },
	func(l, _, b, _ uint32) uint32 { return average(l, b) },
	func(l, t, _, _ uint32) uint32 { return average(l, t) },
	func(_, t, b, _ uint32) uint32 { return average(b, t) },
	func(_, t, _, a uint32) uint32 { return average(t, a) },
	func(l, t, b, a uint32) uint32 { return average(average(l, b), average(t, a)) },
	func(l, t, b, _ uint32) uint32 { return nearer(l, t, b) },
	func(l, t, b, _ uint32) uint32 {
		return each(l, t, b, func(l, t, b int) int { return l + t - b })
	},
	func(l, t, b, _ uint32) uint32 {
		return each(average(l, t), b, 0, func(a, b, _ int) int { return a + (a-b)/2 })
	},
}

// subtract subtracts samples, each modulo 256.
func subtract(a, b uint32) uint32 {
	alphaAndGreen := (a | 0x00ff00ff) - b&0xff00ff00
	redAndBlue := (a | 0xff00ff00) - b&0x00ff00ff
	return alphaAndGreen&0xff00ff00 | redAndBlue&0x00ff00ff
}

// histogram is how often there are the symbols of green, red, blue, alpha and distances.
type histogram [5][]uint32

// newHistogram makes room for symbols.
func newHistogram(cacheBits uint) histogram {
	entries := 0
	if cacheBits > 0 {
		entries = 1 << cacheBits
	}
	return histogram{make([]uint32, literals+lengths+entries), make([]uint32, literals), make([]uint32, literals), make([]uint32, literals), make([]uint32, distances)}
}

// prepared is an image that is divided into copies and single pixels, but not written.
type prepared struct {
	pixels    []uint32
	width     int
	copies    []copied
	codes     []uint8 // of distances nearby
	cacheBits uint
	rate      uint64 // what it takes with one group of codes, in 1/256 bit
	whole     bool   // it may have a colour cache and several groups of codes
}

// writeImage writes an entropy-coded image (RFC 9649, section 3.7).
func (l *losslessEncoder) writeImage(w *bitWriter, pixels []uint32, width, tries int, whole bool) {
	p := l.prepare(pixels, width, tries, whole)
	l.write(w, &p)
}

func (l *losslessEncoder) prepare(pixels []uint32, width, tries int, whole bool) prepared {
	p := prepared{pixels: pixels, width: width, whole: whole}
	p.copies = slices.Clone(l.finder.find(pixels, width, tries))
	p.codes = distanceCodes(nil, width)
	if whole {
		p.cacheBits, p.rate = l.chooseCache(pixels, p.copies, p.codes)
	}
	return p
}

func (l *losslessEncoder) write(w *bitWriter, p *prepared) {
	pixels, width, copies, codes, cacheBits := p.pixels, p.width, p.copies, p.codes, p.cacheBits
	if cacheBits > 0 {
		w.write(1, 1)
		w.write(uint32(cacheBits), 4)
	} else {
		w.write(0, 1)
	}
	var g grouping
	if p.whole {
		g.choose(l, pixels, copies, codes, width, cacheBits)
		g.write(l, w)
	} else {
		h := newHistogram(cacheBits)
		l.count(pixels, copies, codes, cacheBits, func(_, kind, symbol int) { h[kind][symbol]++ })
		g.histograms = []histogram{h}
	}
	writers := make([][5]prefixWriter, len(g.histograms))
	for i := range writers {
		for kind, counts := range g.histograms[i] {
			writers[i][kind].begin(w, counts)
		}
	}
	l.each(pixels, copies, cacheBits, func(at int, pixel uint32, cached int, c copied) {
		own := &writers[0]
		if len(writers) > 1 {
			own = &writers[g.groupOf[g.tile(at, width)]]
		}
		switch {
		case c.length > 0:
			symbol, bits, extra := prefixed(int(c.length))
			own[0].put(w, literals+symbol)
			w.write(extra, bits)
			symbol, bits, extra = prefixed(codeOfDistance(codes, int(c.distance)))
			own[4].put(w, symbol)
			w.write(extra, bits)
		case cached >= 0:
			own[0].put(w, literals+lengths+cached)
		default:
			own[0].put(w, int(pixel>>8&0xff))
			own[1].put(w, int(pixel>>16&0xff))
			own[2].put(w, int(pixel&0xff))
			own[3].put(w, int(pixel>>24))
		}
	})
}

// each calls do for each copy and each single pixel: where it is, and its place in the
// colour cache, or -1 where it is not there.
func (l *losslessEncoder) each(pixels []uint32, copies []copied, cacheBits uint, do func(at int, pixel uint32, cached int, c copied)) {
	l.cache = slices.Grow(l.cache[:0], 1<<maxCacheBits)[:1<<maxCacheBits]
	clear(l.cache)
	shift := 32 - cacheBits
	at := 0
	for _, c := range copies {
		if c.length == 0 {
			cached := -1
			if pixel := c.distance; cacheBits > 0 {
				place := pixel * cacheMultiplier >> shift
				if l.cache[place] == pixel {
					cached = int(place)
				}
				l.cache[place] = pixel
			}
			do(at, c.distance, cached, c)
			at++
			continue
		}
		do(at, 0, -1, c)
		if cacheBits > 0 {
			for _, pixel := range pixels[at : at+int(c.length)] {
				l.cache[pixel*cacheMultiplier>>shift] = pixel
			}
		}
		at += int(c.length)
	}
}

// count calls add for each symbol of an image: where it is, and which of what kind.
func (l *losslessEncoder) count(pixels []uint32, copies []copied, codes []uint8, cacheBits uint, add func(at, kind, symbol int)) {
	l.each(pixels, copies, cacheBits, func(at int, pixel uint32, cached int, c copied) {
		switch {
		case c.length > 0:
			symbol, _, _ := prefixed(int(c.length))
			add(at, 0, literals+symbol)
			symbol, _, _ = prefixed(codeOfDistance(codes, int(c.distance)))
			add(at, 4, symbol)
		case cached >= 0:
			add(at, 0, literals+lengths+cached)
		default:
			add(at, 0, int(pixel>>8&0xff))
			add(at, 1, int(pixel>>16&0xff))
			add(at, 2, int(pixel&0xff))
			add(at, 3, int(pixel>>24))
		}
	})
}

// chooseCache returns the bits of the colour cache with which an image takes least, 0
// for none, and what it takes. Samples that stand alone need no cache.
func (l *losslessEncoder) chooseCache(pixels []uint32, copies []copied, codes []uint8) (best uint, least uint64) {
	least = ^uint64(0)
	for _, bits := range [...]uint{0, 3, 5, 7, 9, 10} {
		h := newHistogram(bits)
		l.count(pixels, copies, codes, bits, func(_, kind, symbol int) { h[kind][symbol]++ })
		if rate := h.rate(); rate < least {
			best, least = bits, rate
		}
		if l.greenAlone {
			break
		}
	}
	return best, least
}

// rate is about what the symbols take, in 1/256 bit, with the lengths of their codes.
func (h *histogram) rate() uint64 {
	rate := uint64(0)
	for _, counts := range h {
		total := uint64(0)
		for _, n := range counts {
			total += uint64(n)
		}
		for _, n := range counts {
			if n > 0 {
				rate += uint64(n)*uint64(log2(total, 8)-log2(uint64(n), 8)) + 3*256
			}
		}
	}
	return rate
}
