package av1

import (
	"math/rand/v2"
	"testing"
)

func TestBoundedSquares(t *testing.T) {
	coefficients, steps := make([]int32, 32), make([]int32, 32)
	for i := range steps {
		steps[i] = 100
	}
	coefficients[0], coefficients[17], coefficients[31], steps[31] = -30, 49, -32768, 8
	for _, c := range []struct {
		of   int16
		want int32
	}{{1<<15 - 1, 900 + 2401 + 64}, {1 << 14, 900 + 2401 + 16}, {1 << 13, 625 + 625 + 4}} {
		if got := boundedSquares(coefficients, steps, c.of); got != c.want {
			t.Errorf("%d of steps: %d, want %d", c.of, got, c.want)
		}
	}
}

// TestBoundedSquaresInVectorsAreThoseOfPlainGo compares them over drawn coefficients, up to as large as
// they can be.
func TestBoundedSquaresInVectorsAreThoseOfPlainGo(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		n, of, large := 16<<(2*r.IntN(4)), int16(r.IntN(1<<15)), 1+r.IntN(32768)
		coefficients, steps := make([]int32, n), make([]int32, n)
		for i := range coefficients {
			coefficients[i], steps[i] = int32(r.IntN(2*large)-large), int32(4+r.IntN(1<<(3+r.IntN(8))))
		}
		if got, want := boundedSquares(coefficients, steps, of), boundedSquaresGo(coefficients, steps, of); got != want {
			t.Fatalf("%d coefficients: %d, want %d", n, got, want)
		}
		for i := range steps {
			steps[i] = 1<<15 - 1
			coefficients[i] /= 32
		}
		if got, want := boundedSquares(coefficients, steps, 1<<15-1), boundedSquaresGo(coefficients, steps, 1<<15-1); got != want {
			t.Fatalf("%d coefficients without a bound: %d, want %d", n, got, want)
		}
	}
}
