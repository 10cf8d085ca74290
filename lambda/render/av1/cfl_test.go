package av1

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestChromaFromLuma adds luma to a flat prediction as section 7.11.5 has it, on paper.
func TestChromaFromLuma(t *testing.T) {
	for _, c := range []struct {
		name   string
		halved bool
		alpha  int
		want   [16]uint8
	}{
		// The luma of the first row is 16 above that of the others, thus 12 above the mean; times
		// 8 are 96 eighths.
		{"whole, an eighth", false, 1, [16]uint8{102, 102, 102, 102, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99}},
		{"whole, minus three eighths", false, -3, [16]uint8{95, 95, 95, 95, 102, 102, 102, 102, 102, 102, 102, 102, 102, 102, 102, 102}},
		{"halved, two", true, 16, [16]uint8{112, 112, 112, 112, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96}},
	} {
		e := &Encoder{picture: picture{halved: c.halved}}
		luma, chroma := make([]uint8, 64), make([]uint8, 16)
		for i := range luma {
			luma[i] = 50
		}
		fill(luma[:8], 66)
		if !c.halved {
			for i := range 4 {
				fill(luma[8*i+4:][:4], 200)
			}
		}
		fill(chroma, 100)
		e.channels = []channel{{stride: 8, rebuilt: luma}, {stride: 4, rebuilt: chroma}}
		e.lumaAround(0, 0, 4)
		e.addLuma(&e.channels[1], 0, 0, 4, c.alpha)
		if got := [16]uint8(chroma); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// TestLumaInVectorsIsThatOfPlainGo compares each with its reference.
func TestLumaInVectorsIsThatOfPlainGo(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const stride = 67
	var samples, got, want [64*stride + 64]uint8
	var luma, plain [largestFromLuma*largestFromLuma + 16]int16
	for range 500 {
		for _, n := range sides[:4] {
			hardToPredict(r, samples[:])
			for _, c := range []struct {
				name          string
				vector, plain func(to []int16, from []uint8, stride, n int) int32
			}{{"means", meansOfLuma, meansOfLumaGo}, {"copy", copyOfLuma, copyOfLumaGo}} {
				luma[n*n], plain[n*n] = 7, 7
				a, b := c.vector(luma[:n*n], samples[:], stride, n), c.plain(plain[:n*n], samples[:], stride, n)
				if a != b || !slices.Equal(luma[:n*n+1], plain[:n*n+1]) {
					t.Fatalf("%s of %d: %d, %v, want %d, %v", c.name, n, a, luma[:n*n+1], b, plain[:n*n+1])
				}
			}
			mean := int16(r.IntN(2041))
			lower(luma[:n*n], mean)
			lowerGo(plain[:n*n], mean)
			if !slices.Equal(luma[:n*n+1], plain[:n*n+1]) {
				t.Fatalf("less %d: %v, want %v", mean, luma[:n*n+1], plain[:n*n+1])
			}
			if got, want := powerOf(luma[:n*n]), powerOfGo(luma[:n*n]); got != want {
				t.Fatalf("power of %d: %d, want %d", n, got, want)
			}
			hardToPredict(r, samples[:])
			if got, want := sumOfProducts(luma[:n*n], samples[:], stride, n), sumOfProductsGo(luma[:n*n], samples[:], stride, n); got != want {
				t.Fatalf("products of %d: %d, want %d", n, got, want)
			}
			for _, alpha := range []int{-16, -1, 1, 16, 1 + r.IntN(16), -1 - r.IntN(16)} {
				got, want = samples, samples
				addProducts(got[:], stride, luma[:n*n], n, alpha)
				addProductsGo(want[:], stride, luma[:n*n], n, alpha)
				if got != want {
					t.Fatalf("%d times luma of %d, %v: %v, want %v", alpha, n, luma[:n*n], got, want)
				}
			}
		}
	}
}
