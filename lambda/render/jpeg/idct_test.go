package jpeg

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestInverse holds the transforms against their definition, for coefficients as
// pictures have them: large ones of low frequencies.
func TestInverse(t *testing.T) {
	for m := 1; m <= 8; m++ {
		r := rand.New(rand.NewPCG(1, uint64(m)))
		for range 2000 {
			var coef coefficients
			var quant [64]int16
			var want [8][8]float64
			sparse := r.IntN(3) > 0
			for v := range m {
				for u := range m {
					at := position(square(m), v, u)
					quant[at] = int16(r.IntN(30) + 1)
					if sparse && r.IntN(4) > 0 {
						continue
					}
					coef[at] = int16(r.NormFloat64() * 600 / float64(1+u+v) / float64(quant[at]))
					for y := range m {
						for x := range m {
							want[y][x] += float64(coef[at]) * float64(quant[at]) * basis(m, u, x) * basis(m, v, y) / 8
						}
					}
				}
			}
			const stride = 11
			var got [8 * stride]uint8
			inverse(&coef, &quant, m, got[:], stride)
			for y := range m {
				for x := range m {
					w := min(max(want[y][x]+128, 0), 255)
					// Half a level is the rounding; libjpeg's precision is a bit more.
					if g := float64(got[y*stride+x]); math.Abs(g-w) > 0.6 {
						t.Fatalf("%dx%d: sample %d,%d is %v, want %v", m, m, x, y, g, w)
					}
				}
			}
			if coef != (coefficients{}) {
				t.Fatalf("%dx%d: coefficients were left: %v", m, m, coef)
			}
		}
	}
}

// TestInverseBitByBit holds the assembly against the plain Go, whatever the
// coefficients are.
func TestInverseBitByBit(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 100_000 {
		m := 3 + i%6
		var coef coefficients
		var quant [64]int16
		places := r.IntN(16)
		for i := range m * m {
			at := position(square(m), i/m, i%m)
			coef[at] = int16(r.Uint32()) >> places
			quant[at] = int16(r.Uint32()) >> r.IntN(16)
		}
		before := coef
		again := coef
		const stride = 13
		var want, got [8 * stride]uint8
		inverseGo(&coef, &quant, m, want[:], stride)
		inverse(&again, &quant, m, got[:], stride)
		if got != want || again != coef {
			t.Fatalf("m = %d: %v times %v is\n%v, want\n%v", m, before[:square(m)*square(m)], quant, got, want)
		}
	}
}
