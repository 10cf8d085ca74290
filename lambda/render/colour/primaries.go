package colour

import (
	"crypto/sha256"
	"fmt"
)

// Chromaticities are the white and the primaries of a screen, by x and y (CIE 1931).
type Chromaticities struct{ White, Red, Green, Blue [2]float64 }

// d65 is the white of most screens.
var d65 = [2]float64{0.3127, 0.3290}

// Primaries of screens that are common.
var (
	bt709    = Chromaticities{d65, [2]float64{0.64, 0.33}, [2]float64{0.30, 0.60}, [2]float64{0.15, 0.06}}
	bt2020   = Chromaticities{d65, [2]float64{0.708, 0.292}, [2]float64{0.170, 0.797}, [2]float64{0.131, 0.046}}
	displayP = Chromaticities{d65, [2]float64{0.680, 0.320}, [2]float64{0.265, 0.690}, [2]float64{0.150, 0.060}}
)

// FromGamma makes the transform of numbers whose light is their gamma-th power (2.2
// and the like: 100,000 divided by the gAMA of a PNG) and whose primaries are c (its
// cHRM), or sRGB's if c is zero. It is nil where they mean sRGB: a gamma of 2.2 with its primaries does,
// because files that mean sRGB say so.
func FromGamma(gamma float64, c Chromaticities) (*Transform, error) {
	if !(gamma >= 0.2 && gamma <= 10) {
		return nil, fmt.Errorf("gamma is %g, expected 0.2 to 10", gamma)
	}
	if c == (Chromaticities{}) {
		c = bt709
	}
	if gamma > 2.15 && gamma < 2.25 && c.near(bt709) {
		return nil, nil
	}
	return fromPrimaries(gammaCurve(gamma), c, fmt.Sprintf("gamma %g", gamma), parametricTag(0, gamma))
}

// near says whether all numbers are the same within the rounding of some tools.
func (c Chromaticities) near(d Chromaticities) bool {
	p, q := [4][2]float64{c.White, c.Red, c.Green, c.Blue}, [4][2]float64{d.White, d.Red, d.Green, d.Blue}
	for i := range p {
		for j := range p[i] {
			if delta := p[i][j] - q[i][j]; delta > 0.002 || delta < -0.002 {
				return false
			}
		}
	}
	return true
}

// fromPrimaries makes the transform of one curve, which a name and a tag stand for,
// and primaries. A curve without a tag can't be written into a profile.
func fromPrimaries(c curve, primaries Chromaticities, name string, tag []byte) (*Transform, error) {
	colourants, err := primaries.colourants()
	if err != nil {
		return nil, err
	}
	key := cacheKey{sha256.Sum256(fmt.Appendf(nil, "%s %v", name, primaries)), 3}
	if t, has := recent.get(key); has {
		return t, nil
	}
	t := newMatrixDevice([3]curve{c, c, c}, colourants).transform()
	if t != nil && tag != nil {
		t.embed = writeProfile("RGB", primaries.White, colourants, tag)
	}
	recent.put(key, t)
	return t, nil
}

// colourants are the primaries under D50, column by column.
func (c Chromaticities) colourants() (matrix, error) {
	var xyz matrix
	for i, p := range [3][2]float64{c.Red, c.Green, c.Blue} {
		if err := checkChromaticity(p); err != nil {
			return matrix{}, err
		}
		for j, v := range luminous(p) {
			xyz[j][i] = v
		}
	}
	if err := checkChromaticity(c.White); err != nil {
		return matrix{}, err
	}
	inverse, ok := xyz.inverse()
	if !ok {
		return matrix{}, fmt.Errorf("primaries %v, %v and %v lie on a line", c.Red, c.Green, c.Blue)
	}
	amounts := diagonal(inverse.of(luminous(c.White)))
	adapted := adaptation(c.White)
	m := xyz.times(&amounts)
	m = adapted.times(&m)
	for _, row := range m {
		for _, v := range row {
			if !(v > -4 && v < 4) {
				return matrix{}, fmt.Errorf("primaries %v, %v and %v do not make the white %v", c.Red, c.Green, c.Blue, c.White)
			}
		}
	}
	return m, nil
}

func checkChromaticity(p [2]float64) error {
	// Imaginary primaries lie a little outside of 0 to 1.
	if !(p[0] > -0.5 && p[0] < 1.5 && p[1] > 0.001 && p[1] < 1.5) {
		return fmt.Errorf("chromaticity %g, %g, expected 0 to 1", p[0], p[1])
	}
	return nil
}

// luminous is the colour of a chromaticity whose Y is 1.
func luminous(p [2]float64) vector { return vector{p[0] / p[1], 1, (1 - p[0] - p[1]) / p[1]} }

// bradford makes the answers of an eye's cones, sharpened, of X, Y and Z
// (ICC.1:2022, annex E).
var bradford = matrix{
	{0.8951, 0.2664, -0.1614},
	{-0.7502, 1.7135, 0.0367},
	{0.0389, -0.0685, 1.0296},
}

// adaptation makes colours under D50 of those under a white.
func adaptation(white [2]float64) matrix {
	from, to := bradford.of(luminous(white)), bradford.of(d50)
	for i := range to {
		to[i] /= from[i]
	}
	inverse, _ := bradford.inverse()
	scale := diagonal(to)
	m := scale.times(&bradford)
	return inverse.times(&m)
}
