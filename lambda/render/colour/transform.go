// Package colour makes the colours of a picture those of sRGB: of what its ICC
// profile says that its numbers mean (or its gamma and primaries, or its code
// points), and of the inks of a CMYK picture.
//
// A colour that sRGB has not becomes the nearest by each of red, green and blue, and
// the darkest colour of the photo becomes black: the perceptual intent (a table for
// it where a profile has one, else relative colorimetric) with black point
// compensation, which is what libvips does.
//
// Everything is computed when a Transform is made, in floating point by steps that
// are rounded alike on every processor, and held in tables of whole numbers. What
// is done with a picture is done with whole numbers.
package colour

import (
	"bytes"
	"errors"
	"fmt"
)

// Transform makes colours of a device those of sRGB. A nil Transform is that of a
// picture whose colours are sRGB's: there is nothing to do, and its methods leave
// everything as it is. A Transform does not change, and may be used by several
// goroutines.
type Transform struct {
	channels int
	matrix   *matrixTables // of red, green and blue by curves and a matrix
	cube     *cube         // of any other red, green and blue
	inks     *inkTable     // of four inks
	greys    *[256]uint8   // of grey
	embed    []byte
}

// Channels is how many numbers a colour has that the transform is for: 1, 3 or 4.
// It is 3 for a nil Transform.
func (t *Transform) Channels() int {
	if t == nil {
		return 3
	}
	return t.channels
}

// device says which colour, in X, Y and Z under D50, is that of a device.
type device struct {
	channels int
	of       func(numbers [4]float64) vector

	// The same where it is curves and a matrix.
	curves     [3]curve
	colourants *matrix

	black vector // the device's darkest colour, a grey
}

// transform is the profile's.
func (p *profile) transform() (*Transform, error) {
	d, err := p.device()
	if err != nil {
		return nil, err
	}
	t := d.transform()
	if t != nil && t.channels != 4 {
		if t.embed = d.known(); t.embed == nil && len(p.data) <= maxEmbed {
			t.embed = bytes.Clone(p.data)
		}
	}
	return t, nil
}

// device reads what makes the profile's colours: a table where there is one, else
// curves and a matrix, or one curve for grey.
func (p *profile) device() (*device, error) {
	for _, signature := range []string{"A2B0", "A2B1"} {
		if tag, has := p.tags[signature]; has {
			d, err := p.tableDevice(signature, tag)
			if err != nil {
				return nil, fmt.Errorf("profile's %s: %w", signature, err)
			}
			return d, nil
		}
	}
	switch p.space {
	case "GRAY":
		return p.greyDevice()
	case "RGB ":
		return p.matrixDevice()
	}
	return nil, errors.New("profile of four inks has no A2B0")
}

func (p *profile) tableDevice(signature string, tag []byte) (*device, error) {
	l, err := parseLUT(tag, spaces[p.space])
	if err != nil {
		return nil, err
	}
	connect := connectXYZ
	if p.pcs == "Lab " {
		connect = connectLab
		if string(tag[:4]) == "mft2" {
			connect = connectOldLab
		}
	}
	d := &device{channels: spaces[p.space], of: func(numbers [4]float64) vector { return connect(l.of(numbers)) }}
	switch {
	case p.version >= 4 && signature == "A2B0":
		d.black = perceptualBlack
	case d.channels == 4:
		d.black = blackOf(d.of([4]float64{1, 1, 1, 1}))
	default:
		d.black = blackOf(d.of([4]float64{}))
	}
	return d, nil
}

func (p *profile) greyDevice() (*device, error) {
	c, err := p.curve("kTRC")
	if err != nil {
		return nil, err
	}
	d := &device{channels: 1}
	if p.pcs == "Lab " {
		d.of = func(numbers [4]float64) vector { return grey(float64(100 * c(numbers[0]))) }
	} else {
		d.of = func(numbers [4]float64) vector {
			y := c(numbers[0])
			return vector{float64(y * d50[0]), y, float64(y * d50[2])}
		}
	}
	d.black = blackOf(d.of([4]float64{}))
	return d, nil
}

func (p *profile) matrixDevice() (*device, error) {
	if p.pcs != "XYZ " {
		return nil, errors.New("profile of red, green and blue has no A2B0")
	}
	var curves [3]curve
	var colourants matrix
	for i, name := range []string{"r", "g", "b"} {
		c, err := p.curve(name + "TRC")
		if err != nil {
			return nil, err
		}
		column, err := p.xyz(name + "XYZ")
		if err != nil {
			return nil, err
		}
		curves[i] = c
		for j := range column {
			colourants[j][i] = column[j]
		}
	}
	return newMatrixDevice(curves, colourants), nil
}

func newMatrixDevice(curves [3]curve, colourants matrix) *device {
	d := &device{channels: 3, curves: curves, colourants: &colourants}
	d.of = func(numbers [4]float64) vector {
		var light vector
		for i, c := range curves {
			light[i] = c(numbers[i])
		}
		return colourants.of(light)
	}
	d.black = blackOf(d.of([4]float64{}))
	return d
}

// light says what light of sRGB's red, green and blue a device's colour is, by a
// matrix and a shift of X, Y and Z.
func (d *device) light() (m matrix, shift vector) {
	scale, shift := compensation(d.black)
	scaled := diagonal(scale)
	return toSRGB.times(&scaled), toSRGB.of(shift)
}

// transform makes the tables. It is nil for a device whose colours are sRGB's.
func (d *device) transform() *Transform {
	toLight, shift := d.light()
	// numbers are those of a picture, of 0 to 1 and beyond.
	numbers := func(device [4]float64) vector {
		v := toLight.of(d.of(device))
		for i := range v {
			v[i] = encode(v[i] + shift[i])
		}
		return v
	}
	t := &Transform{channels: d.channels}
	switch d.channels {
	case 1:
		t.greys = newGreys(numbers)
		for i, v := range t.greys {
			if v != uint8(i) {
				return t
			}
		}
		return nil
	case 4:
		t.inks = newInkTable(numbers)
		return t
	}
	if meansSRGB(numbers) {
		return nil
	}
	if d.colourants != nil {
		m := toLight.times(d.colourants)
		t.matrix = newMatrixTables(d.curves, m, shift)
	}
	if t.matrix == nil {
		t.cube = newCube(numbers)
	}
	return t
}

// meansSRGB says whether what comes out is what goes in, but for little more than
// the rounding of a profile's numbers: nowhere more than 1.5 of 255.
func meansSRGB(numbers func([4]float64) vector) bool {
	const tolerance = 1.5 / 255
	same := func(r, g, b float64) bool {
		v := numbers([4]float64{r, g, b})
		for i, want := range [3]float64{r, g, b} {
			if d := min(max(v[i], 0), 1) - want; d > tolerance || d < -tolerance {
				return false
			}
		}
		return true
	}
	for i := range 256 {
		if n := float64(i) / 255; !same(n, n, n) {
			return false
		}
	}
	const side = 8
	for i := range side * side * side {
		if !same(float64(i%side)/(side-1), float64(i/side%side)/(side-1), float64(i/side/side)/(side-1)) {
			return false
		}
	}
	return true
}

// newGreys makes the table of a grey device, whose colours are all neutral or are
// taken for it.
func newGreys(numbers func([4]float64) vector) *[256]uint8 {
	greys := new([256]uint8)
	for i := range greys {
		greys[i] = eightBits(numbers([4]float64{float64(i) / 255})[1])
	}
	return greys
}

// eightBits is a number of 0 to 1 in eight bits.
func eightBits(x float64) uint8 { return uint8(float64(min(max(x, 0), 1)*255) + 0.5) }
