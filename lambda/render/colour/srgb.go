package colour

import (
	"math"
	"sync"
)

// The curve of sRGB (IEC 61966-2-1): from light to the numbers of a picture there
// is a straight line, and then a power.
const (
	srgbGamma  = 2.4
	srgbOffset = 0.055
	srgbSlope  = 12.92
	srgbLinear = 0.0031308 // of light, where the line ends
)

// srgbParameters are those of the curve from the numbers of a picture to light, as a
// parametric curve of function type 3 has them.
var srgbParameters = [7]float64{srgbGamma, 1 / (1 + srgbOffset), srgbOffset / (1 + srgbOffset), 1 / srgbSlope, srgbLinear * srgbSlope}

var srgbCurve = parametric(3, srgbParameters)

// srgbColourants are the red, green and blue of sRGB under D50, column by column, as
// the profiles have them that browsers and cameras use.
var srgbColourants = matrix{
	{0.43607, 0.38515, 0.14307},
	{0.22249, 0.71687, 0.06061},
	{0.01392, 0.09708, 0.71410},
}

// toSRGB makes light of red, green and blue of X, Y and Z.
var toSRGB = func() matrix {
	inverse, _ := srgbColourants.inverse()
	return inverse
}()

// encodeSteps is how many points the curve from light is held at for each time that
// the root of light grows by 1. A straight line between two is nowhere further from
// it than a 200th of 1/255.
const encodeSteps = 1024

// maxLight is the most light that the curve knows. White is 1.
const maxLight = 4

// encodings is the curve from light, at equal distances of light's root, by which
// it is nowhere steep.
var encodings = sync.OnceValue(func() *[2*encodeSteps + 2]float64 {
	var points [2*encodeSteps + 2]float64
	for i := range points {
		root := float64(i) / encodeSteps
		if light := float64(root * root); light <= srgbLinear {
			points[i] = float64(srgbSlope * light)
		} else {
			points[i] = float64((1+srgbOffset)*power(light, 1/srgbGamma)) - srgbOffset
		}
	}
	return &points
})

// encode makes the number of a picture of light. Light that no screen can show, of
// less than nothing, is mirrored, so that what is interpolated goes on smoothly.
func encode(light float64) float64 {
	points := encodings()
	at := float64(math.Sqrt(min(math.Abs(light), maxLight)) * encodeSteps)
	i := int(at)
	value := points[i] + float64((at-float64(i))*(points[i+1]-points[i]))
	return math.Copysign(value, light)
}
