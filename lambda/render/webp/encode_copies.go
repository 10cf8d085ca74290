package webp

import (
	mathbits "math/bits"
	"slices"

	"prew/lambda/render/plane"
)

// copied is some pixels that are those of before, or one that is none: then length is 0
// and distance the pixel.
type copied struct {
	length   uint16
	distance uint32 // in pixels
}

// maxCopy is the longest copy.
const maxCopy = 4096

// finder finds copies: for each pair of pixels it knows the last place that has one
// with its hash, and for each place the one before.
type finder struct {
	last   []int32 // by hash, one more than the place
	before []int32
	copies []copied

	single int     // what a pixel takes by itself, in 1/256 bit
	codes  []uint8 // of distances nearby, 0 for none
}

// pairBits is how many bits the hash of two pixels has.
const pairBits = 16

func pairHash(pixels []uint32, i int) uint32 {
	return (pixels[i]*0x9e3779b1 + pixels[i+1]*0x85ebca6b) >> (32 - pairBits)
}

// find divides an image into copies and single pixels. tries is how many places are
// looked at for each.
func (f *finder) find(pixels []uint32, width, tries int) []copied {
	if len(f.last) == 0 {
		f.last = make([]int32, 1<<pairBits)
	}
	clear(f.last)
	f.single, f.codes = singleRate(pixels), distanceCodes(f.codes, width)
	f.before = slices.Grow(f.before[:0], len(pixels))[:len(pixels)]
	f.copies = f.copies[:0]
	indexed := 0
	index := func(to int) {
		for ; indexed < min(to, len(pixels)-1); indexed++ {
			h := pairHash(pixels, indexed)
			f.before[indexed] = f.last[h]
			f.last[h] = int32(indexed) + 1
		}
	}
	for i := 0; i < len(pixels); {
		length, distance := f.longest(pixels, i, width, tries)
		if length > 0 && length < 32 && i+1 < len(pixels) {
			// A longer one that begins a pixel later is better.
			index(i + 1)
			if next, _ := f.longest(pixels, i+1, width, tries/2); next > length+1 {
				length = 0
			}
		}
		if length == 0 {
			f.copies = append(f.copies, copied{0, pixels[i]})
			length = 1
		} else {
			f.copies = append(f.copies, copied{uint16(length), uint32(distance)})
		}
		i += length
		index(i)
	}
	return f.copies
}

// longest is the longest copy for what begins at i, or 0 where single pixels take less.
func (f *finder) longest(pixels []uint32, i, width, tries int) (length, distance int) {
	most := min(len(pixels)-i, maxCopy)
	if most < 2 {
		return 0, 0
	}
	try := func(at int) {
		if length > 0 && pixels[at+length] != pixels[i+length] {
			return
		}
		n := 0
		for n < most && pixels[at+n] == pixels[i+n] {
			n++
		}
		if n > length {
			length, distance = n, i-at
		}
	}
	// The pixels to the left and above have the shortest distances.
	for _, near := range [2]int{1, width} {
		if i >= near && length < most {
			try(i - near)
		}
	}
	at := int(f.last[pairHash(pixels, i)]) - 1
	for ; at >= 0 && tries > 0 && length < most; tries-- {
		if i-at > window-len(neighbours) {
			break
		}
		if at < i {
			try(at)
		}
		at = int(f.before[at]) - 1
	}
	if length < 2 {
		return 0, 0
	}
	// The symbols of length and distance take about six bits each, and then there are the
	// bits behind them.
	code := codeOfDistance(f.codes, distance)
	_, lengthBits, _ := prefixed(length)
	_, distanceBits, _ := prefixed(code)
	if int(12+lengthBits+distanceBits)<<8 >= length*f.single {
		return 0, 0
	}
	return length, distance
}

// singleRate is what a pixel takes in the mean where there are no copies, in 1/256 bit:
// of each sample that is not the same everywhere a bit at least.
func singleRate(pixels []uint32) int {
	h := newHistogram(0)
	for _, p := range pixels {
		h[0][p>>8&0xff]++
		h[1][p>>16&0xff]++
		h[2][p&0xff]++
		h[3][p>>24]++
	}
	all := 0
	for _, counts := range h[:4] {
		if rate := int((&histogram{counts}).rate()) / len(pixels); slices.Max(counts) < uint32(len(pixels)) {
			all += max(rate, 256)
		}
	}
	return all
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
