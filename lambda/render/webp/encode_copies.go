package webp

import (
	mathbits "math/bits"

	"prew/lambda/render/plane"
)

// copied is some pixels that are those of before, its length-1 above its distance in
// pixels, or 0, which is a pixel by itself.
type copied uint32

// maxCopy is the longest copy, and maxDistance is how far back one reaches.
const (
	maxCopy     = 4096
	maxDistance = window - len(neighbours)

	distanceBits = 20
)

func copyOf(length, distance int) copied {
	return copied(length-1)<<distanceBits | copied(distance)
}

// length is 1 for a pixel by itself.
func (c copied) length() int   { return int(c>>distanceBits) + 1 }
func (c copied) distance() int { return int(c & (1<<distanceBits - 1)) }

// finder finds copies. It looks for them at edges alone, which are the pixels that differ
// from the one before: what lies within a run is found from its ends, so that the plain
// areas of drawings cost nothing and text is found however far apart its letters stand.
//
// For each pair of runs it knows the last few edges where it began. For each four it
// knows the last one, and for each edge the one before with those four.
type finder struct {
	edges  []int32
	found  []copied // at edges, 0 for none
	pairs  [][pairsKept]int32
	fours  []int32 // by hash, one more than the number of the edge
	before []int32
}

const (
	pairsKept = 4
	pairBits  = 13 // of the hash of a pair

	// The hash of four has as many bits as the number of edges, so that hardly any edge
	// is looked at for its hash alone.
	leastFourBits, mostFourBits = 8, 18
)

// enough is the length of a copy with which no longer one is looked for.
const enough = 128

// find finds the longest copy at each edge. tries is how many places are looked at for
// it.
func (f *finder) find(pixels []uint32, tries int) {
	f.edges = f.edges[:0]
	for i, p := range pixels {
		if i == 0 || p != pixels[i-1] {
			f.edges = append(f.edges, int32(i))
		}
	}
	fourBits := min(max(mathbits.Len(uint(len(f.edges))), leastFourBits), mostFourBits)
	f.pairs, f.fours = plane.Resized(f.pairs, 1<<pairBits), plane.Resized(f.fours, 1<<fourBits)
	clear(f.pairs)
	clear(f.fours)
	f.found = plane.Resized(f.found, len(f.edges))
	f.before = plane.Resized(f.before, len(f.edges))
	length, distance := 0, 0
	for e, edge := range f.edges {
		i := int(edge)
		if e > 0 {
			length = max(length-(i-int(f.edges[e-1])), 0)
		}
		var pair, four uint32
		if e+4 < len(f.edges) {
			pair, four = f.hashes(pixels, e)
			four >>= 32 - fourBits
			if length < enough {
				length, distance = f.longest(pixels, e, length, distance, pair, four, tries)
			}
			kept := &f.pairs[pair]
			copy(kept[1:], kept[:pairsKept-1])
			kept[0] = edge + 1
			f.before[e] = f.fours[four]
			f.fours[four] = int32(e) + 1
		}
		f.found[e] = 0
		if length >= 2 {
			f.found[e] = copyOf(length, distance)
		}
	}
}

// edgeBefore is the last of the first n edges, or -1 where there is none.
func (f *finder) edgeBefore(n int) int {
	if n == 0 {
		return -1
	}
	return int(f.edges[n-1])
}

// hashes are those of the two and four runs that begin at an edge, of the last of which
// only the colour counts. Of that of four the upper bits are the best.
func (f *finder) hashes(pixels []uint32, e int) (pair, four uint32) {
	i, j, k, l := f.edges[e], f.edges[e+1], f.edges[e+2], f.edges[e+3]
	const a, b = 0x9e3779b1, 0x85ebca6b
	h := pixels[i]*a + uint32(j-i)*b
	h = (h^h>>15)*a + pixels[j]
	pair = h * b >> (32 - pairBits)
	h = (h^h>>15)*a + uint32(k-j)*b + pixels[k]
	h = (h^h>>15)*a + uint32(l-k)*b + pixels[l]
	return pair, (h ^ h>>15) * b
}

// longest is the longest copy at an edge, where one of a length and distance is known.
func (f *finder) longest(pixels []uint32, e, length, distance int, pair, four uint32, tries int) (int, int) {
	i := int(f.edges[e])
	most := min(len(pixels)-i, maxCopy)
	from := pixels[i:][:most]
	try := func(at int) {
		if pixels[at+length] != from[length] {
			return
		}
		n := 0
		for there := pixels[at:][:most]; n < len(from) && n < len(there) && there[n] == from[n]; {
			n++
		}
		if n > length {
			length, distance = n, i-at
		}
	}
	known := length
	for at := int(f.fours[four]) - 1; at >= 0 && tries > 0 && length < most; tries-- {
		if i-int(f.edges[at]) > maxDistance {
			break
		}
		try(int(f.edges[at]))
		at = int(f.before[at]) - 1
	}
	if length > known {
		return length, distance
	}
	for _, at := range f.pairs[pair] {
		if at == 0 || length == most || i-int(at-1) > maxDistance {
			break
		}
		try(int(at - 1))
	}
	return length, distance
}

// codeOfDistance is the code of a distance.
func codeOfDistance(codes []uint8, distance int) int {
	if distance < len(codes) && codes[distance] > 0 {
		return int(codes[distance])
	}
	return distance + len(neighbours)
}

// distanceCodes are the codes of distances that a few pixels nearby have, for a width, or
// 0 where there is none.
func distanceCodes(codes []uint8, width int) []uint8 {
	codes = plane.Resized(codes, 8*width+9)
	clear(codes)
	for code := len(neighbours); code >= 1; code-- {
		codes[distance(code, width)] = uint8(code)
	}
	return codes
}

// prefixed is a number of at least 1 as a symbol and the bits after it (RFC 9649,
// section 3.6.2.2).
func prefixed(v int) (symbol int, bits uint, extra uint32) {
	if v <= 4 {
		return v - 1, 0, 0
	}
	v--
	highest := uint(mathbits.Len(uint(v))) - 1
	second := v >> (highest - 1) & 1
	return 2*int(highest) + second, highest - 1, uint32(v) & (1<<(highest-1) - 1)
}
