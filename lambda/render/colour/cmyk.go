package colour

import "sync"

// Inks is the transform of four inks of which nothing is known, as of a CMYK picture
// without a profile.
//
// It is a model of print: each ink covers more of the paper than its number says (dot
// gain), and what has each a part of the paper shows in that measure (Neugebauer
// 1937), in numbers that grow with the root of light as Yule and Nielsen (1951) have
// it, between mixtures in steps of a half (Heuberger 1992). Its parameters were
// fitted to what libvips 8.18 shows of 14,336 mixtures, whose mean it meets to within
// 0.8 by CIEDE2000, and 95 of 100 to within 1.7.
var Inks = sync.OnceValue(func() *Transform {
	return &Transform{channels: 4, inks: newInkTable(printed)}
})

// dotGain is how much of the paper is covered, in 255ths, of cyan, magenta, yellow
// and black for the numbers 0, 1/8, 2/8 and so on.
var dotGain = [4][9]float64{
	{0, 34.2, 65.3, 94.6, 125.4, 147.7, 175.7, 212.9, 255},
	{0, 37.4, 72.2, 104.0, 134.4, 159.4, 185.8, 212.9, 255},
	{0, 41.8, 82.9, 125.2, 145.1, 165.3, 189.6, 219.4, 255},
	{0, 45.8, 87.7, 128.0, 147.4, 166.3, 188.1, 214.9, 255},
}

// printedColours are red, green and blue of sRGB, in 255ths, of what is covered by
// nothing, a half or the whole of each ink: black's change first, then yellow's. What
// no screen can show is beyond 0 and 255.
var printedColours = [81]vector{
	{255, 255, 255}, {157, 157, 156}, {11, 3, -1},
	{259, 248, 159}, {171, 163, 126}, {9, 5, -6},
	{263, 237, -46}, {167, 152, -12}, {17, 9, -10},
	{246, 145, 183}, {164, 114, 133}, {15, 1, 1},
	{244, 143, 132}, {164, 110, 99}, {14, -0, -5},
	{246, 138, 4}, {164, 104, -2}, {11, -2, -27},
	{229, 6, 118}, {155, 11, 88}, {16, -19, -2},
	{229, 14, 90}, {158, 15, 71}, {6, -24, -18},
	{229, 10, 7}, {155, 16, 2}, {20, -11, -25},
	{91, 188, 238}, {90, 137, 162}, {0, 5, 3},
	{112, 183, 162}, {89, 131, 117}, {0, 4, 1},
	{123, 176, 25}, {96, 127, 15}, {0, 3, -27},
	{131, 123, 175}, {99, 98, 126}, {1, -1, -0},
	{129, 118, 126}, {99, 93, 95}, {3, -0, -5},
	{135, 114, 26}, {100, 88, 14}, {2, -1, -20},
	{132, 21, 117}, {103, 11, 89}, {-2, -20, -12},
	{135, 25, 91}, {100, 13, 64}, {1, -10, -7},
	{131, 24, 24}, {99, 15, 12}, {-4, -24, -30},
	{-274, 149, 224}, {-169, 104, 151}, {-24, 1, 2},
	{-186, 146, 156}, {-108, 104, 115}, {-28, 1, -2},
	{-115, 139, 43}, {-67, 103, 30}, {-24, -7, -23},
	{-42, 101, 170}, {-27, 76, 122}, {-32, -11, -3},
	{-28, 95, 123}, {-21, 73, 93}, {-18, -8, -7},
	{-15, 93, 36}, {-11, 67, 24}, {-12, -9, -18},
	{43, 10, 111}, {27, 6, 85}, {-25, -32, -11},
	{46, 15, 85}, {22, 3, 64}, {-8, -17, -8},
	{40, 21, 25}, {25, 3, 11}, {-11, -8, -10},
}

// printed is the colour of inks.
func printed(inks [4]float64) (v vector) {
	var cell int
	var upper [4]float64 // the part of the upper of two steps
	for i, gain := range dotGain {
		at := float64(inks[i] * float64(len(gain)-1))
		n := min(int(at), len(gain)-2)
		covered := (gain[n] + float64((at-float64(n))*(gain[n+1]-gain[n]))) / (255.0 / 2)
		step := min(int(covered), 1)
		upper[i] = covered - float64(step)
		cell = 3*cell + step
	}
	for corner := range 16 {
		at, part := cell, 1.0
		for i, step := range [4]int{27, 9, 3, 1} {
			if corner>>i&1 == 1 {
				at += step
				part = float64(part * upper[i])
			} else {
				part = float64(part * (1 - upper[i]))
			}
		}
		for j, n := range printedColours[at] {
			v[j] += float64(part * (n / 255))
		}
	}
	return v
}
