package jpeg

import "golang.org/x/sys/cpu"

func init() {
	if cpu.X86.HasAVX2 {
		inverse4, inverse8 = inverse4AVX2, inverse8AVX2
	}
}

// inverse4AVX2 is inverseGo for processors with AVX2, for m = 3 and 4.
func inverse4AVX2(coef *coefficients, quant *[64]int16, m int, dst []uint8, stride int) {
	_ = dst[(m-1)*stride+m-1]
	square4(coef, quant, &factors4[m], &dst[0], stride, m)
}

// inverse8AVX2 is inverseGo for processors with AVX2, for m from 5 to 8.
func inverse8AVX2(coef *coefficients, quant *[64]int16, m int, dst []uint8, stride int) {
	_ = dst[(m-1)*stride+m-1]
	square8(coef, quant, &factors8[m], &dst[0], stride, m)
}

// square4 and square8 transform a square of four or eight to as many samples a
// side. The first half of them are the first samples and the second half the last
// ones, so that with m below the square's side the halves overlap.
//
// The factors are for each sample of the first half those of the pairs of
// coefficients in the order in which they stand, again for each column.
//
//go:noescape
func square4(coef *coefficients, quant *[64]int16, factors *[2][2][8]int16, dst *uint8, stride, m int)

//go:noescape
func square8(coef *coefficients, quant *[64]int16, factors *[4][4][16]int16, dst *uint8, stride, m int)

var (
	factors4 = func() (f [5][2][2][8]int16) {
		for m := 3; m <= 4; m++ {
			for x := range f[m] {
				for i := range f[m][x][0] {
					f[m][x][0][i] = factor(m, x, i%2*2)
					f[m][x][1][i] = factor(m, x, i%2*2+1)
				}
			}
		}
		return f
	}()
	factors8 = func() (f [9][4][4][16]int16) {
		for m := 5; m <= 8; m++ {
			for x := range f[m] {
				for i := range f[m][x][0] {
					f[m][x][0][i] = factor(m, x, i%2*2)
					f[m][x][1][i] = factor(m, x, i%2*2+4)
					f[m][x][2][i] = factor(m, x, i%2*2+1)
					f[m][x][3][i] = factor(m, x, i%2*2+5)
				}
			}
		}
		return f
	}()
)
