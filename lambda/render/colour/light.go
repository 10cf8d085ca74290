package colour

import (
	"math"
	"math/bits"
	"sync"
)

// Light is held in whole numbers from lightBlack to lightWhite. It begins so far above
// 0 because the octaves of its curve, of which each has two segments, are eight then.
const (
	lightBlack = 1 << 7
	lightWhite = math.MaxInt16
	lightUnit  = lightWhite - lightBlack // of light
)

// A number of a picture, of 0 to 255, has numberBits behind the point. numberHalf rounds it,
// and adds a 64th that makes good what later steps cut off. No bit behind the point is left
// then: luma and chroma are those of what a screen would show.
const (
	numberBits = 7
	numberHalf = 1<<(numberBits-1) + 2
)

// lightBendBits and numberBendBits make a bend of 127 that of a gamma of 3, and what the
// curve of sRGB has where it is most bent.
const lightBendBits, numberBendBits = 6, 3

// newLight makes the table of light of a channel's numbers. Where quadratics come near
// enough to it they are it, so that vector code computes the same; else there are none.
func newLight(light func(number int) float64) (table [256]int16, quadratics *segments) {
	const side = 256 / segmentCount
	s := &segments{bendBits: lightBendBits}
	fits := true
	var places, values [side]float64
	for segment := range segmentCount {
		for i := range side {
			number := side*segment + i
			places[i] = float64(i) / side
			values[i] = min(lightBlack+float64(light(number)*lightUnit), lightWhite)
			table[number] = int16(math.Floor(values[i] + 0.5))
		}
		fits = fits && s.fit(segment, places[:], values[:])
	}
	if !fits {
		return table, nil
	}
	var fitted [256]int16
	for number := range fitted {
		fitted[number] = s.at(number/side, int16(number%side*(tOne/side)))
		exact := encode(light(number))
		if d := encode(float64(int(fitted[number])-lightBlack)/lightUnit) - exact; min(exact, 1) < 1 && math.Abs(d) > mostFit {
			return table, nil
		}
	}
	return fitted, s
}

// mostFit is how far quadratics may be from a curve, as numbers of a picture: two units of
// light where sRGB's curve is steepest.
const mostFit = 0.2 / 255

// numberSegments is the curve of sRGB, from light to numbers: two segments for each of
// the eight octaves, in the order of the bits of a floating-point number, of which vector
// code takes them.
var numberSegments = sync.OnceValue(func() *segments {
	s := &segments{bendBits: numberBendBits}
	// Those of Chebyshev, at which a quadratic is nowhere far from what it goes through.
	places := [3]float64{0.06698729810778, 0.5, 0.93301270189222}
	for octave := range 8 {
		for half := range 2 {
			width := float64(int(lightBlack/2) << octave)
			begin := float64((2 + half)) * width
			var values [3]float64
			for i, t := range places {
				light := begin + float64(t*width) - lightBlack
				values[i] = float64(encode(light/lightUnit)*(255<<numberBits)) + numberHalf
			}
			s.fit(segmentOfOctave(octave, half), places[:], values[:])
		}
	}
	return s
})

// segmentOfOctave is three bits of an exponent, of a bias of 127, of which that of
// the first octave is 7, and one of the fraction.
func segmentOfOctave(octave, half int) int { return (octave+7+127)&7<<1 | half }

// numberOfLight is the curve of sRGB for plain code.
var numberOfLight = sync.OnceValue(func() *[lightWhite + 1]uint16 {
	s := numberSegments()
	table := new([lightWhite + 1]uint16)
	for light := range table {
		// What is darker than black is black.
		n := uint16(max(light, lightBlack))
		octave := bits.Len16(n) - 8
		fraction := n << (9 - octave) // the first bit is gone
		segment := segmentOfOctave(octave, int(fraction>>15))
		table[light] = uint16(s.at(segment, int16(fraction>>3&0xfff)<<3)) >> numberBits << numberBits
	}
	return table
})
