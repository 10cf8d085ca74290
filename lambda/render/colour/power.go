package colour

import "math"

// The functions here are computed from additions, products and divisions that are
// each rounded by themselves: without the conversions to float64 a compiler may
// fuse a product with the sum that follows, which some processors do and others
// don't, and the tables made from them would differ in a last bit.

// power is x to the y-th, to within 1e-14 of itself, and 0 for an x that is not
// above 0.
func power(x, y float64) float64 {
	if !(x > 0) {
		return 0
	}
	return exp2(float64(y * log2(x)))
}

// log2 is the binary logarithm of x, which is above 0: by the series of the area
// tangent, of a number between the square roots of a half and of two.
func log2(x float64) float64 {
	fraction, exponent := math.Frexp(x)
	if fraction < math.Sqrt2/2 {
		fraction *= 2
		exponent--
	}
	t := (fraction - 1) / (fraction + 1)
	square := float64(t * t)
	sum := 0.0
	for k := len(tangents) - 1; k >= 0; k-- {
		sum = float64(sum*square) + tangents[k]
	}
	return float64(exponent) + float64(float64(t*sum)*(2/math.Ln2))
}

// exp2 is 2 to the x-th, and at least 2 to the -200th and at most to the 200th: by
// the series of the exponential, of a number from -1/2 to 1/2.
func exp2(x float64) float64 {
	x = min(max(x, -200), 200)
	whole := math.Floor(x + 0.5)
	t := float64((x - whole) * math.Ln2)
	sum := 0.0
	for k := len(exponentials) - 1; k >= 0; k-- {
		sum = float64(sum*t) + exponentials[k]
	}
	return math.Ldexp(sum, int(whole))
}

// tangents and exponentials are the factors of both series, as far as they count.
var (
	tangents     = [...]float64{1, 1. / 3, 1. / 5, 1. / 7, 1. / 9, 1. / 11, 1. / 13, 1. / 15, 1. / 17, 1. / 19, 1. / 21}
	exponentials = [...]float64{
		1, 1, 1. / 2, 1. / 6, 1. / 24, 1. / 120, 1. / 720, 1. / 5_040, 1. / 40_320, 1. / 362_880,
		1. / 3_628_800, 1. / 39_916_800, 1. / 479_001_600, 1. / 6_227_020_800, 1. / 87_178_291_200,
	}
)
