package ssimulacra2

import (
	"math"
	"testing"
)

// filled is a picture whose samples are a function's.
func filled(side int, f func(x, y, c int) uint8) []float64 {
	rgb := make([]float64, 3*side*side)
	for i := range rgb {
		rgb[i] = float64(f(i/3%side, i/3/side, i%3))
	}
	return rgb
}

// noise is a linear congruential generator's, started at 42.
func noise() func(x, y, c int) uint8 {
	state := uint64(42)
	return func(int, int, int) uint8 {
		state = state*6364136223846793005 + 1442695040888963407
		return uint8(state >> 33)
	}
}

// TestScore has what version 2.1 of the author's program says, as
// github.com/imazen/ssimulacra2 has recorded it. Of flat pictures the variances are
// nothing but roundings, which differ from program to program.
func TestScore(t *testing.T) {
	grey := func(v uint8) func(x, y, c int) uint8 { return func(int, int, int) uint8 { return v } }
	gradient := func(side int) func(x, y, c int) uint8 {
		return func(x, _, _ int) uint8 { return uint8(x * 255 / (side - 1)) }
	}
	tests := []struct {
		name            string
		side            int
		original, other func(x, y, c int) uint8
		want, tolerance float64
	}{
		{"1 level", 64, grey(128), grey(129), 97.986721, 0.8},
		{"10 levels", 64, grey(128), grey(138), 80.242894, 0.8},
		{"20 levels", 64, grey(128), grey(148), 56.058556, 0.8},
		{"50 levels", 64, grey(128), grey(178), -8.759423, 0.8},
		{"10 levels of a larger one", 256, grey(128), grey(138), 80.291491, 0.8},
		{"50 levels of a larger one", 256, grey(128), grey(178), -0.390858, 0.8},
		{"a gradient as grey", 64, gradient(64), grey(128), -64.568721, 0.02},
		{"noise as grey", 64, noise(), grey(128), -47.335726, 0.02},
		{"a gradient", 128, gradient(128), gradient(128), 100, 0},
		{"noise", 8, noise(), noise(), 100, 0},
	}
	for _, test := range tests {
		o := New(filled(test.side, test.original), test.side, test.side)
		if got := o.Score(filled(test.side, test.other)); math.Abs(got-test.want) > test.tolerance {
			t.Errorf("%s: %.4f, want %.4f", test.name, got, test.want)
		}
	}
}

// TestGaussian holds the filter against the Gaussian that it stands for.
func TestGaussian(t *testing.T) {
	const side = 41
	p := make([]float32, side*side)
	p[side/2*side+side/2] = 1
	var b blur
	got := b.of(p, side, side)
	for y := range side {
		for x := range side {
			dx, dy := float64(x-side/2), float64(y-side/2)
			want := math.Exp(-(dx*dx+dy*dy)/(2*deviation*deviation)) / (2 * math.Pi * deviation * deviation)
			if math.Abs(float64(got[y*side+x])-want) > 1e-3 {
				t.Fatalf("%d,%d is %.5f, want %.5f", x, y, got[y*side+x], want)
			}
		}
	}
}
