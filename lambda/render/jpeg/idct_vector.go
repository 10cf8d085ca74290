//go:build amd64 || arm64

package jpeg

// inverse4Vector is inverseGo in vectors, for m = 3 and 4.
func inverse4Vector(coef *coefficients, quant *[64]int16, m int, dst []uint8, stride int) {
	_ = dst[(m-1)*stride+m-1]
	square4(coef, quant, &factors4[m], &dst[0], stride, m)
}

// inverse8Vector is inverseGo in vectors, for m from 5 to 8.
func inverse8Vector(coef *coefficients, quant *[64]int16, m int, dst []uint8, stride int) {
	_ = dst[(m-1)*stride+m-1]
	square8(coef, quant, &factors8[m], &dst[0], stride, m)
}

// square4 and square8 transform a square of four or eight to as many samples a
// side. The first half of them are the first samples and the second half the last
// ones, so that with m below the square's side the halves overlap.
//
//go:noescape
func square4(coef *coefficients, quant *[64]int16, f *vector4, dst *uint8, stride, m int)

//go:noescape
func square8(coef *coefficients, quant *[64]int16, f *vector8, dst *uint8, stride, m int)

// factor is that of coefficient u for any sample x.
func factor(m, x, u int) int16 {
	switch {
	case x < (m+1)/2:
		return transforms[m][x][u]
	case u%2 == 1:
		return -transforms[m][m-1-x][u]
	}
	return transforms[m][m-1-x][u]
}
