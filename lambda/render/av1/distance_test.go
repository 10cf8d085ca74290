package av1

import (
	"math/rand/v2"
	"testing"
)

func TestDistancesOfDrawnDifferences(t *testing.T) {
	const stride = 64
	for _, c := range []struct {
		name string
		n    int
		draw func(a, b []uint8)
		want int32
	}{
		{"equal, 4", 4, func(a, b []uint8) { fill(a, 9); fill(b, 9) }, 0},
		{"one more, 4", 4, func(a, b []uint8) { fill(a, 10); fill(b, 9) }, 4},
		{"one less, 8", 8, func(a, b []uint8) { fill(a, 8); fill(b, 9) }, 8},
		{"one less, 16", 16, func(a, b []uint8) { fill(a, 8); fill(b, 9) }, 32},
		{"one sample, 4", 4, func(a, b []uint8) { a[stride+2] = 255 }, 1020},
		{"one sample, 8", 8, func(a, b []uint8) { a[5*stride+2] = 255 }, 2040},
		{"one sample of each 8x8, 16", 16, func(a, b []uint8) { a[0], a[8], b[8*stride+1], b[15*stride+15] = 255, 255, 255, 255 }, 8160},
		{"as far as can be, 64", 64, func(a, b []uint8) { fill(a, 255) }, 64 * 2040},
	} {
		a, b := make([]uint8, 64*stride), make([]uint8, 64*stride)
		c.draw(a, b)
		if got := distanceOf(a, stride, b, stride, c.n); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

func TestSquaredErrors(t *testing.T) {
	a, b := make([]uint8, 64*64), make([]uint8, 64*64)
	fill(a, 255)
	for _, c := range []struct {
		w, h int
		want int64
	}{{4, 1, 4 * 65025}, {12, 3, 36 * 65025}, {20, 64, 1280 * 65025}, {64, 64, 4096 * 65025}} {
		if got := squaredError(a, b, 64, c.w, c.h); got != c.want {
			t.Errorf("%dx%d: %d, want %d", c.w, c.h, got, c.want)
		}
	}
}

// TestDistancesInVectorsAreThoseOfPlainGo compares each with its reference.
func TestDistancesInVectorsAreThoseOfPlainGo(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var source, predicted [100 + 64*72]uint8
	for range 2000 {
		hardToPredict(r, source[:])
		hardToPredict(r, predicted[:])
		a, stride, b, of := source[r.IntN(100):], 64+r.IntN(9), predicted[r.IntN(100):], 64+r.IntN(9)
		if got, want := hadamard4(a, stride, b, of), hadamard4Go(a, stride, b, of); got != want {
			t.Fatalf("the transform of 4x4 is %d, want %d", got, want)
		}
		for _, n := range sides[1:] {
			if got, want := hadamard8(a, stride, b, of, n), hadamard8Go(a, stride, b, of, n); got != want {
				t.Fatalf("the transforms of %d are %d, want %d", n, got, want)
			}
		}
		w, h := 4+4*r.IntN(16), 1+r.IntN(64)
		if got, want := squares(a, b, stride, w, h), squaresGo(a, b, stride, w, h); got != want {
			t.Fatalf("the squares of %dx%d are %d, want %d", w, h, got, want)
		}
	}
}
