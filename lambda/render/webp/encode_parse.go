package webp

import (
	"slices"

	"prew/lambda/render/plane"
)

// prices are what symbols take, in 1/256 bit.
type prices struct {
	samples   [4][]uint16 // of green with the entries of the cache, of red, blue and alpha
	lengths   [maxCopy + 1]uint16
	distances [distances]uint16
}

// guess prices symbols before any copy is made: each pixel takes single. Copies from the
// left and above are so many in most pictures that their distances take little.
func (p *prices) guess(single int) {
	const length, distance, near = 6 << 8, 6 << 8, 2 << 8
	for i := range p.samples {
		p.samples[i] = plane.Resized(p.samples[i], literals)
		clear(p.samples[i])
	}
	for i := range p.samples[0] {
		p.samples[0][i] = uint16(single)
	}
	var symbols [lengths]uint16
	for i := range symbols {
		symbols[i] = length
	}
	p.setLengths(symbols[:])
	for i := range p.distances {
		p.distances[i] = distance + bitsBehind(i)<<8
	}
	p.distances[0], p.distances[1] = near, near
}

// learn prices symbols by how often there are in an image that is divided already.
func (p *prices) learn(h *histogram) {
	var rates [5][]uint16
	for kind, counts := range h {
		total := uint64(0)
		for _, n := range counts {
			total += uint64(n)
		}
		rates[kind] = make([]uint16, len(counts))
		for symbol, n := range counts {
			rates[kind][symbol] = uint16(min(log256(2*total+1)-log256(uint64(2*n+1)), 15<<8))
		}
	}
	p.setLengths(rates[0][literals:][:lengths])
	rates[0] = slices.Delete(rates[0], literals, literals+lengths)
	copy(p.samples[:], rates[:4])
	for i := range p.distances {
		p.distances[i] = rates[4][i] + bitsBehind(i)<<8
	}
}

// setLengths prices lengths by their symbols.
func (p *prices) setLengths(symbols []uint16) {
	for length := 1; length <= maxCopy; length++ {
		symbol, bits, _ := prefixed(length)
		p.lengths[length] = symbols[symbol] + uint16(bits)<<8
	}
}

// bitsBehind is how many bits are behind a symbol of a length or distance.
func bitsBehind(symbol int) uint16 { return uint16(max(symbol/2-1, 0)) }

// distance is what a distance takes.
func (p *prices) distance(codes []uint8, distance int) uint32 {
	symbol, _, _ := prefixed(codeOfDistance(codes, distance))
	return uint32(p.distances[symbol])
}

// parser divides an image into copies and single pixels so that it takes least.
type parser struct {
	prices prices
	cache  []uint32
	least  []uint32 // what a part takes from a pixel to its end
	best   []copied // that a part begins with at a pixel so that it takes least
	copies []copied
}

// partLength is how many pixels are divided at a time, so that little memory is enough
// for it, and a sum of prices has 32 bits. No copy goes over the end of a part.
const partLength = 1 << 17

// parse returns the copies and single pixels that take least by the prices, of copies that
// were found and those from the left and above. They are valid until the next call.
func (p *parser) parse(f *finder, pixels []uint32, width int, cacheBits uint, codes []uint8) []copied {
	p.copies = p.copies[:0]
	p.cache = plane.Resized(p.cache, 1<<usefulCacheBits)
	clear(p.cache)
	part := min(partLength, len(pixels))
	p.least, p.best = plane.Resized(p.least, part+1), plane.Resized(p.best, part)
	edge := 0 // how many edges are before the end of the part
	for start := 0; start < len(pixels); start += partLength {
		end := min(start+partLength, len(pixels))
		p.priceSingles(pixels, start, end, cacheBits)
		for edge < len(f.edges) && int(f.edges[edge]) < end {
			edge++
		}
		p.parsePart(f, pixels, start, end, width, edge, codes)
		for i := start; i < end; {
			c := p.best[i-start]
			p.copies = append(p.copies, c)
			i += c.length()
		}
	}
	return p.copies
}

// priceSingles leaves in p.least what each pixel of a part takes by itself.
func (p *parser) priceSingles(pixels []uint32, start, end int, cacheBits uint) {
	to := p.least[:end-start]
	shift := 32 - cacheBits
	green, red, blue, alpha := p.prices.samples[0], p.prices.samples[1], p.prices.samples[2], p.prices.samples[3]
	last, again := ^pixels[start], uint32(0) // the last pixel and what it takes once more
	for i, pixel := range pixels[start:end] {
		if pixel == last {
			to[i] = again
			continue
		}
		last = pixel
		place := pixel * cacheMultiplier >> shift
		if cacheBits > 0 {
			again = uint32(green[literals+place])
			if p.cache[place] == pixel {
				to[i] = again
				continue
			}
			p.cache[place] = pixel
		}
		to[i] = uint32(green[pixel>>8&0xff]) + uint32(red[pixel>>16&0xff]) + uint32(blue[pixel&0xff]) + uint32(alpha[pixel>>24])
		if cacheBits == 0 {
			again = to[i]
		}
	}
}

// parsePart goes from the end of a part to its start: what takes least from a pixel on is
// a copy, of one of a few lengths, or a single pixel, and what takes least behind it.
func (p *parser) parsePart(f *finder, pixels []uint32, start, end, width, edge int, codes []uint8) {
	least, best, lengths := p.least[:end-start+1], p.best[:end-start], &p.prices.lengths
	least[end-start] = 0
	ofLeft, ofAbove, ofFar := p.prices.distance(codes, 1), p.prices.distance(codes, width), uint32(0)
	left, above, far, distance := 0, 0, 0, 0 // how long copies from there are
	nextEdge := f.edgeBefore(edge)
	long, from, ofLong := 0, 0, uint32(0) // the copy that is best a pixel later
	for i := end - 1; i >= start; i-- {
		at, pixel := i-start, pixels[i]
		left++
		above++
		broken := false // no copy from here on that was possible a pixel later
		if i < width || pixels[i-width] != pixel {
			above, broken = 0, true
		}
		if far > 0 {
			if far++; i < distance || pixels[i-distance] != pixel {
				far, broken = 0, true
			}
		}
		if i == nextEdge {
			left, broken = 0, true
			edge--
			nextEdge = f.edgeBefore(edge)
			if c := f.found[edge]; c != 0 {
				if length := min(c.length(), end-i); length > far {
					far, distance = length, c.distance()
					ofFar = p.prices.distance(codes, distance)
				}
			}
		}
		if !broken && long > shortened {
			// Within a long copy, where nothing begins or ends, it is only longer.
			long = min(long+1, maxCopy)
			least[at], best[at] = ofLong+uint32(lengths[long])+least[at+long], copyOf(long, from)
			continue
		}
		take, with := least[at]+least[at+1], copied(0)
		if left > 1 {
			n := min(left, maxCopy)
			if t := ofLeft + uint32(lengths[n]) + least[at+n]; t < take {
				take, with = t, copyOf(n, 1)
			}
		}
		if above > 1 {
			n := min(above, maxCopy)
			if t := ofAbove + uint32(lengths[n]) + least[at+n]; t < take {
				take, with = t, copyOf(n, width)
			}
			if n <= shortened {
				take, with = p.shorter(at, n, width, ofAbove, take, with)
			}
		}
		if far > 1 && distance != 1 && distance != width {
			n := min(far, maxCopy)
			if t := ofFar + uint32(lengths[n]) + least[at+n]; t < take {
				take, with = t, copyOf(n, distance)
			}
			if n <= shortened {
				take, with = p.shorter(at, n, distance, ofFar, take, with)
			}
		}
		least[at], best[at] = take, with
		if long, from = with.length(), with.distance(); long > shortened {
			ofLong = p.prices.distance(codes, from)
		}
	}
}

// shortened is the longest copy for which shorter lengths are tried.
const shortened = 32

// shorter tries a copy at a pixel with all lengths that are the longest of their symbol,
// and returns what takes least.
func (p *parser) shorter(at, length, distance int, ofDistance, take uint32, with copied) (uint32, copied) {
	for _, n := range [...]int{2, 3, 4, 6, 8, 12, 16, 24} {
		if n >= length {
			break
		}
		if t := ofDistance + uint32(p.prices.lengths[n]) + p.least[at+n]; t < take {
			take, with = t, copyOf(n, distance)
		}
	}
	return take, with
}
