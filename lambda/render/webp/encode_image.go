package webp

import (
	"slices"

	"prew/lambda/render/plane"
)

// imageEncoder writes entropy-coded images (RFC 9649, section 3.7). An image is prepared,
// and then what is prepared may be written.
type imageEncoder struct {
	finder finder
	parser parser
	tally  tally
	cache  []uint32

	// What is prepared: pixels, a cache for them, and which symbols there are then.
	pixels    []uint32
	width     int
	codes     []uint8 // of distances nearby
	cacheBits uint
	symbols   histogram
}

// prepare divides an image into copies and single pixels by a guess of what symbols take.
// Its colour cache has at most so many bits. It returns what divide does.
func (e *imageEncoder) prepare(pixels []uint32, width, tries int, mostCacheBits uint) (rate uint64) {
	e.pixels, e.width, e.codes = pixels, width, distanceCodes(e.codes, width)
	e.finder.find(pixels, tries)
	e.parser.prices.guess(e.singleRate())
	e.cacheBits = 0
	return e.divide(mostCacheBits)
}

// divide divides the image by the prices of symbols, chooses a colour cache, and returns
// about what the image takes with one group of codes, in 1/256 bit.
func (e *imageEncoder) divide(mostCacheBits uint) (rate uint64) {
	copies := e.parser.parse(&e.finder, e.pixels, e.width, e.cacheBits, e.codes)
	e.tally.count(e.pixels, copies, e.codes, mostCacheBits)
	e.cacheBits, e.symbols, rate = e.tally.choose(mostCacheBits)
	return rate
}

// improve divides the image anew by what symbols take in it until now.
func (e *imageEncoder) improve(mostCacheBits uint) {
	e.parser.prices.learn(&e.symbols)
	e.divide(mostCacheBits)
}

// write writes the image that was prepared last, divided anew by what symbols take in it.
// With an encoder for its parts it is a picture, which may have several groups of codes.
func (e *imageEncoder) write(w *bitWriter, parts *imageEncoder) {
	e.parser.prices.learn(&e.symbols)
	copies := e.parser.parse(&e.finder, e.pixels, e.width, e.cacheBits, e.codes)
	if e.cacheBits > 0 {
		w.write(1, 1)
		w.write(uint32(e.cacheBits), 4)
	} else {
		w.write(0, 1)
	}
	var g grouping
	if parts != nil {
		g.choose(e, copies)
		g.write(w, parts)
	} else {
		h := newHistogram(e.cacheBits)
		e.count(copies, func(_, kind, symbol int) { h[kind][symbol]++ })
		g.histograms = []histogram{h}
	}
	writers := make([][5]prefixWriter, len(g.histograms))
	for i := range writers {
		for kind, counts := range g.histograms[i] {
			writers[i][kind].begin(w, counts)
		}
	}
	e.each(copies, func(at int, pixel uint32, cached int, c copied) {
		own := &writers[0]
		if len(writers) > 1 {
			own = &writers[g.groupOf[g.tile(at, e.width)]]
		}
		switch {
		case c != 0:
			symbol, bits, extra := prefixed(c.length())
			own[0].put(w, literals+symbol)
			w.write(extra, bits)
			symbol, bits, extra = prefixed(codeOfDistance(e.codes, c.distance()))
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
func (e *imageEncoder) each(copies []copied, do func(at int, pixel uint32, cached int, c copied)) {
	e.cache = plane.Resized(e.cache, 1<<usefulCacheBits)
	clear(e.cache)
	shift := 32 - e.cacheBits
	at := 0
	for _, c := range copies {
		length := c.length()
		cached := -1
		if e.cacheBits > 0 {
			for i := at; i < at+length; i++ {
				pixel := e.pixels[i]
				if c != 0 && i > 0 && pixel == e.pixels[i-1] {
					continue // it is there already
				}
				place := pixel * cacheMultiplier >> shift
				if e.cache[place] != pixel {
					e.cache[place] = pixel
				} else if c == 0 {
					cached = int(place)
				}
			}
		}
		do(at, e.pixels[at], cached, c)
		at += length
	}
}

// count calls add for each symbol of an image: where it is, and which of what kind.
func (e *imageEncoder) count(copies []copied, add func(at, kind, symbol int)) {
	e.each(copies, func(at int, pixel uint32, cached int, c copied) {
		switch {
		case c != 0:
			symbol, _, _ := prefixed(c.length())
			add(at, 0, literals+symbol)
			symbol, _, _ = prefixed(codeOfDistance(e.codes, c.distance()))
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

// rate is about what the symbols take with the bits behind them, in 1/256 bit, and the
// lengths of their codes.
func (h *histogram) rate() uint64 {
	rate := uint64(0)
	for kind, counts := range h {
		total := uint64(0)
		for _, n := range counts {
			total += uint64(n)
		}
		if total == 0 {
			continue
		}
		ofAll := log256(total)
		for _, n := range counts {
			if n > 0 {
				rate += uint64(n)*uint64(ofAll-log256(uint64(n))) + 3*256
			}
		}
		switch kind {
		case 0:
			counts = counts[literals:][:lengths]
		case 4:
		default:
			continue
		}
		for symbol, n := range counts {
			rate += uint64(n) * uint64(bitsBehind(symbol)) << 8
		}
	}
	return rate
}

// singleRate is what a pixel takes in the mean where there are no copies, in 1/256 bit:
// of each sample that is not the same everywhere a bit at least.
func (e *imageEncoder) singleRate() int {
	h := newHistogram(0)
	edges := e.finder.edges
	for i, edge := range edges {
		next := len(e.pixels)
		if i+1 < len(edges) {
			next = int(edges[i+1])
		}
		p, run := e.pixels[edge], uint32(next)-uint32(edge)
		h[0][p>>8&0xff] += run
		h[1][p>>16&0xff] += run
		h[2][p&0xff] += run
		h[3][p>>24] += run
	}
	all := 0
	for _, counts := range h[:4] {
		if slices.Max(counts) < uint32(len(e.pixels)) {
			sample := histogram{1: counts}
			all += max(int(sample.rate())/len(e.pixels), 256)
		}
	}
	return all
}
