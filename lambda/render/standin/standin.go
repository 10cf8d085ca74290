// Package standin makes the short texts that stand in for a photo until it has arrived:
// pages draw a blur of a few waves from them.
//
//	thumbhash.go  ThumbHash: shape, colours and alpha in about 25 bytes
//	blurhash.go   BlurHash: colours in 28 characters
//
// Both are the sums of a small picture's samples, weighed by cosines, rounded to a few bits.
// The sums are whole numbers, so that a picture has the same text on every processor: in
// floating point what should be nothing, as in a picture of one colour, is a difference in the
// last bits, by which the text would differ. What is left to floating point has no product
// that could be fused with an addition (The Go Programming Language Specification,
// "Floating-point operators").
package standin

import "math"

// MaxSide is the longest side of a picture, in pixels. It is ThumbHash's own limit, and more
// shows in neither.
const MaxSide = 100

// one is 1 among the weights. 14 bits leave room: MaxSide*MaxSide samples of 20 bits, each
// weighed twice, have a sum of less than 62 bits.
const one = 1 << 14

// waves are the weights of n samples for some frequencies, from 0 on: cos(pi*f*(i+shift)/n), in
// parts of one. Rounded to so few bits they are the same whatever the last bits of math.Cos
// are.
func waves(frequencies, n int, shift float64) [][]int64 {
	all := make([][]int64, frequencies)
	for f := range all {
		all[f] = make([]int64, n)
		for i := range all[f] {
			all[f][i] = int64(math.Round(one * math.Cos(math.Pi*float64(f)*(float64(i)+shift)/float64(n))))
		}
	}
	return all
}

// spectrum returns the sum of a channel's samples, weighed by a wave down and one across, for
// each pair of them.
func spectrum(samples []int64, down, across [][]int64) [][]int64 {
	width, height := len(across[0]), len(down[0])
	sums := make([][]int64, len(down))
	for cy := range sums {
		sums[cy] = make([]int64, len(across))
	}
	for y := range height {
		row := samples[y*width:][:width]
		for cx, wave := range across {
			sum := int64(0)
			for x, v := range row {
				sum += v * wave[x]
			}
			for cy := range sums {
				sums[cy][cx] += sum * down[cy][y]
			}
		}
	}
	return sums
}
