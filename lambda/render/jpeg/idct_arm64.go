package jpeg

func init() { inverse4, inverse8 = inverse4NEON, inverse8NEON }

// inverse4NEON is inverseGo for processors with NEON, as all of this kind have
// it, for m = 3 and 4.
func inverse4NEON(coef *coefficients, quant *[64]int16, m int, dst []uint8, stride int) {
	_ = dst[(m-1)*stride+m-1]
	square4(coef, quant, &factors4[m], &dst[0], stride, m)
}

// inverse8NEON is inverseGo for processors with NEON, for m from 5 to 8.
func inverse8NEON(coef *coefficients, quant *[64]int16, m int, dst []uint8, stride int) {
	_ = dst[(m-1)*stride+m-1]
	square8(coef, quant, &factors8[m], &dst[0], stride, m)
}

// square4 and square8 transform a square of four or eight to as many samples a
// side. The first half of them are the first samples and the second half the last
// ones, so that with m below the square's side the halves overlap.
//
// The factors are for each sample of the first half those of the coefficients in
// the order in which their rows stand.
//
//go:noescape
func square4(coef *coefficients, quant *[64]int16, factors *[2][4]int16, dst *uint8, stride, m int)

//go:noescape
func square8(coef *coefficients, quant *[64]int16, factors *[4][8]int16, dst *uint8, stride, m int)

var (
	factors4 = func() (f [5][2][4]int16) {
		for m := 3; m <= 4; m++ {
			for x := range f[m] {
				for i, u := range [4]int{0, 2, 1, 3} {
					f[m][x][i] = factor(m, x, u)
				}
			}
		}
		return f
	}()
	factors8 = func() (f [9][4][8]int16) {
		for m := 5; m <= 8; m++ {
			for x := range f[m] {
				for i, u := range [8]int{0, 2, 4, 6, 1, 3, 5, 7} {
					f[m][x][i] = factor(m, x, u)
				}
			}
		}
		return f
	}()
)
