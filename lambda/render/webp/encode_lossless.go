package webp

import (
	"slices"

	"prew/lambda/render/plane"
)

// losslessEncoder writes VP8L streams (RFC 9649, section 3).
type losslessEncoder struct {
	image    imageEncoder
	parts    imageEncoder // of a palette, modes and groups
	pixels   []uint32
	residual []uint32
	modes    []uint32

	greenAlone bool // the other samples are the same everywhere
}

// encode returns the stream of pixels, alpha, red, green and blue from the upper bits,
// without its header. The pixels are changed. greenAlone says that the other samples are
// the same everywhere, as in a picture's alpha. Few colours are a palette.
func (l *losslessEncoder) encode(pixels []uint32, width, height int, effort effort, greenAlone bool) []byte {
	l.greenAlone = greenAlone
	var w bitWriter
	mostCacheBits := uint(usefulCacheBits)
	// Of green alone a palette is of use where several pixels go into one.
	if palette := paletteOf(pixels); palette != nil && (len(palette.colours) <= 16 || !greenAlone) {
		l.writePalette(&w, palette.colours)
		pixels, width = l.indexed(pixels, width, height, palette)
		l.image.prepare(pixels, width, effort.tries, mostCacheBits)
	} else {
		if greenAlone {
			mostCacheBits = 0 // samples that stand alone need no cache
		} else {
			subtractGreen(&w, pixels)
		}
		l.chooseTransform(&w, pixels, width, height, effort.tries, mostCacheBits)
	}
	if effort.improves {
		l.image.improve(mostCacheBits)
	}
	w.write(0, 1) // no more transforms
	l.image.write(&w, &l.parts)
	return w.end()
}

// subtractGreen writes the transform without parameters that takes green from red and blue.
func subtractGreen(w *bitWriter, pixels []uint32) {
	w.write(1, 1)
	w.write(transformGreen, 2)
	for i, p := range pixels {
		green := p >> 8 & 0xff
		redAndBlue := (p | 0xff00ff00) - (green<<16 | green)
		pixels[i] = p&0xff00ff00 | redAndBlue&0x00ff00ff
	}
}

// chooseTransform prepares either what predictions leave of pixels, as of photos, or the
// pixels themselves, as of text and lines, which copies and a cache of colours make short.
// Both are only tried where it is not clear without.
func (l *losslessEncoder) chooseTransform(w *bitWriter, pixels []uint32, width, height, tries int, mostCacheBits uint) {
	asTheyAre, predicted, share := roughRates(pixels, width)
	direct := ^uint64(0)
	if share < fewNew || predicted*4 > asTheyAre*3 {
		direct = l.image.prepare(pixels, width, tries, mostCacheBits)
		if predicted >= asTheyAre || direct < predicted/2 {
			return
		}
	}
	l.predict(pixels, width, height)
	with := *w
	with.write(1, 1)
	with.write(transformPredictor, 2)
	with.write(predictedBits-2, 3)
	l.parts.prepare(l.modes, tiles(width, predictedBits), partTries, 0)
	l.parts.write(&with, nil)
	if l.image.prepare(l.residual, width, tries, mostCacheBits) > direct {
		l.image.prepare(pixels, width, tries, mostCacheBits)
		return
	}
	*w = with
}

// fewNew is the share of pixels that differ from those to the left and above, in 1/256,
// below which a picture may be one that copies make short.
const fewNew = 40

// roughRates is what an image takes without copies, as it is and predicted, in 1/256 bit.
// Only pixels count that differ from those to the left and above, whose share is returned
// in 1/256.
func roughRates(pixels []uint32, width int) (asTheyAre, predicted uint64, share int) {
	all, residuals := newHistogram(0), newHistogram(0)
	n := 0
	for i := width; i < len(pixels); i++ {
		p, left, above := pixels[i], pixels[i-1], pixels[i-width]
		if p == left || p == above {
			continue
		}
		r := subtract(p, average(left, above))
		for kind := range 4 {
			all[kind][p>>(8*kind)&0xff]++
			residuals[kind][r>>(8*kind)&0xff]++
		}
		n++
	}
	return all.rate(), residuals.rate(), n << 8 / len(pixels)
}

// partTries is how many places are looked at for a copy in what is no picture.
const partTries = 8

// palette is the colours of an image in rising order, and their numbers by hash.
type palette struct {
	colours []uint32
	table   [paletteEntries]uint32
	numbers [paletteEntries]int16 // or -1 in an entry without a colour
}

// paletteEntries are so many that few colours have the same hash.
const paletteEntries = 1024

// entry is the one of a colour, or the one that it is to have.
func (p *palette) entry(colour uint32) int {
	at := int(colour * 0x9e3779b1 >> 22)
	for p.numbers[at] >= 0 && p.table[at] != colour {
		at = (at + 1) % paletteEntries
	}
	return at
}

// paletteOf returns the palette of an image, or nil where there are more than 256 colours.
func paletteOf(pixels []uint32) *palette {
	var p palette
	for i := range p.numbers {
		p.numbers[i] = -1
	}
	last := ^pixels[0]
	for _, colour := range pixels {
		if colour == last {
			continue
		}
		last = colour
		at := p.entry(colour)
		if p.numbers[at] >= 0 {
			continue
		}
		if len(p.colours) == 256 {
			return nil
		}
		p.table[at], p.numbers[at] = colour, 0
		p.colours = append(p.colours, colour)
	}
	slices.Sort(p.colours)
	for i, colour := range p.colours {
		p.numbers[p.entry(colour)] = int16(i)
	}
	return &p
}

// writePalette writes the transform of a palette, each colour by its difference from the
// one before.
func (l *losslessEncoder) writePalette(w *bitWriter, colours []uint32) {
	w.write(1, 1)
	w.write(transformPalette, 2)
	w.write(uint32(len(colours)-1), 8)
	differences := make([]uint32, len(colours))
	before := uint32(0)
	for i, colour := range colours {
		differences[i] = subtract(colour, before)
		before = colour
	}
	l.parts.prepare(differences, len(colours), partTries, 0)
	l.parts.write(w, nil)
}

// indexed makes pixels numbers of their colours, several in one where there are at most
// 16 of them, and returns these with their width.
func (l *losslessEncoder) indexed(pixels []uint32, width, height int, palette *palette) ([]uint32, int) {
	bits := uint(0)
	switch n := len(palette.colours); {
	case n <= 2:
		bits = 3
	case n <= 4:
		bits = 2
	case n <= 16:
		bits = 1
	}
	depth, narrow := 8>>bits, tiles(width, bits)
	l.pixels = plane.Resized(l.pixels, narrow*height)
	last, number := ^pixels[0], 0
	for y := range height {
		row, to := pixels[y*width:][:width], l.pixels[y*narrow:][:narrow]
		for i := range to {
			to[i] = black
		}
		for x, p := range row {
			if p != last {
				number = int(palette.numbers[palette.entry(p)])
				last = p
			}
			to[x>>bits] |= uint32(number) << (8 + x&(1<<bits-1)*depth)
		}
	}
	return l.pixels, narrow
}
