package colour

import (
	"encoding/binary"
	"math"
	"slices"
)

// What is here builds profiles.

// built is a profile with its tags, which are sorted by their signatures.
func built(version byte, class, space, pcs string, tags map[string][]byte) []byte {
	var signatures []string
	for s := range tags {
		signatures = append(signatures, s)
	}
	slices.Sort(signatures)
	out := make([]byte, headerSize)
	out[8] = version
	copy(out[12:], class+space+pcs)
	copy(out[36:], "acsp")
	copy(out[68:], fixeds(nil, d50[:]...))
	out = binary.BigEndian.AppendUint32(out, uint32(len(tags)))
	at := headerSize + 4 + tagSize*len(tags)
	var data []byte
	for _, s := range signatures {
		out = append(out, s...)
		out = binary.BigEndian.AppendUint32(out, uint32(at+len(data)))
		out = binary.BigEndian.AppendUint32(out, uint32(len(tags[s])))
		data = append(data, tags[s]...)
		for len(data)%4 != 0 {
			data = append(data, 0)
		}
	}
	out = append(out, data...)
	binary.BigEndian.PutUint32(out, uint32(len(out)))
	return out
}

// withText adds what every profile has to have.
func withText(tags map[string][]byte) map[string][]byte {
	tags["desc"] = append([]byte("desc\x00\x00\x00\x00\x00\x00\x00\x05test\x00"), make([]byte, 78)...)
	tags["cprt"] = []byte("text\x00\x00\x00\x00CC0\x00")
	tags["wtpt"] = fixeds([]byte("XYZ \x00\x00\x00\x00"), d50[:]...)
	return tags
}

func matrixProfile(version byte, colourants matrix, curves ...[]byte) []byte {
	tags := withText(map[string][]byte{})
	for i, c := range []string{"r", "g", "b"} {
		tags[c+"XYZ"] = fixeds([]byte("XYZ \x00\x00\x00\x00"), colourants[0][i], colourants[1][i], colourants[2][i])
		tags[c+"TRC"] = curves[i%len(curves)]
	}
	return built(version, "mntr", "RGB ", "XYZ ", tags)
}

func tableProfile(version byte, space, pcs string, tag []byte) []byte {
	return built(version, "prtr", space, pcs, withText(map[string][]byte{"A2B0": tag}))
}

func greyProfile(version byte, pcs string, curve []byte) []byte {
	return built(version, "mntr", "GRAY", pcs, withText(map[string][]byte{"kTRC": curve}))
}

// points is a curve of so many points.
func points(n int, f func(x float64) float64) []byte {
	b := binary.BigEndian.AppendUint32([]byte("curv\x00\x00\x00\x00"), uint32(n))
	for i := range n {
		b = binary.BigEndian.AppendUint16(b, sixteen(f(float64(i)/float64(n-1))))
	}
	return b
}

// gamma is a curve of one number.
func gamma(g float64) []byte {
	return binary.BigEndian.AppendUint16([]byte("curv\x00\x00\x00\x00\x00\x00\x00\x01"), uint16(math.Round(g*256)))
}

func sixteen(x float64) uint16 { return uint16(min(max(x, 0), 1)*65535 + 0.5) }

// tableOf are a colour's numbers for every point of a grid, of a side's points a
// channel.
func tableOf(channels, side, width int, of func(x []float64) vector) (b []byte) {
	all := 1
	for range channels {
		all *= side
	}
	x := make([]float64, channels)
	for i := range all {
		for rest, j := i, channels-1; j >= 0; j-- {
			x[j] = float64(rest%side) / float64(side-1)
			rest /= side
		}
		for _, v := range of(x) {
			n := sixteen(v)
			if width == 1 {
				b = append(b, uint8((int(n)+128)/257))
			} else {
				b = binary.BigEndian.AppendUint16(b, n)
			}
		}
	}
	return b
}

// oldLUT is a lut8Type (width 1) or lut16Type with curves that bend a little.
func oldLUT(channels, side, width int, m matrix, of func(x []float64) vector) []byte {
	b := []byte{'m', 'f', 't', byte('0' + width), 0, 0, 0, 0, byte(channels), 3, byte(side), 0}
	b = fixeds(b, slices.Concat(m[0][:], m[1][:], m[2][:])...)
	n := 256
	if width == 2 {
		n = 17
		b = binary.BigEndian.AppendUint16(b, uint16(n))
		b = binary.BigEndian.AppendUint16(b, 2)
	}
	curve := func(n int, f func(x float64) float64) {
		for i := range n {
			v := sixteen(f(float64(i) / float64(n-1)))
			if width == 1 {
				b = append(b, uint8((int(v)+128)/257))
			} else {
				b = binary.BigEndian.AppendUint16(b, v)
			}
		}
	}
	for range channels {
		curve(n, func(x float64) float64 { return math.Pow(x, 1.2) })
	}
	b = append(b, tableOf(channels, side, width, of)...)
	if width == 2 {
		n = 2
	}
	for range 3 {
		curve(n, func(x float64) float64 { return x })
	}
	return b
}

// newLUT is a lutAToBType: of curves A and a table if it has a side, of curves M and
// a matrix if it has an m, and of curves B.
func newLUT(channels, side, width int, of func(x []float64) vector, m *matrix, offset vector, b ...[]byte) []byte {
	out := append([]byte{'m', 'A', 'B', ' ', 0, 0, 0, 0, byte(channels), 3, 0, 0}, make([]byte, 20)...)
	part := func(field int, data ...[]byte) {
		binary.BigEndian.PutUint32(out[field:], uint32(len(out)))
		for _, d := range data {
			out = append(out, d...)
			for len(out)%4 != 0 {
				out = append(out, 0)
			}
		}
	}
	part(12, b...)
	if m != nil {
		part(16, fixeds(nil, slices.Concat(m[0][:], m[1][:], m[2][:], offset[:])...))
		part(20, parametricTag(0, 1.8), gamma(2), points(64, func(x float64) float64 { return x * x }))
	}
	if side > 0 {
		header := make([]byte, 20)
		for i := range channels {
			header[i] = byte(side)
		}
		header[16] = byte(width)
		part(24, header, tableOf(channels, side, width, of))
		part(28, slices.Repeat([][]byte{parametricTag(0, 1.1)}, channels)...)
	}
	return out
}

var unity = matrix{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}

// synthetic are profiles of every form, by a name that says which.
func synthetic() map[string][]byte {
	p3, _ := displayP.colourants()
	wide, _ := bt2020.colourants()
	encoded := func(lab vector) vector { return vector{lab[0] / 100, (lab[1] + 128) / 255, (lab[2] + 128) / 255} }
	// Red, green and blue, and inks, that look like something.
	lab := func(x []float64) vector {
		return encoded(vector{8 + 20*x[0] + 60*x[1] + 11*x[2], 90*x[0] - 80*x[1] - 10*x[2], 60*x[0] + 30*x[1] - 90*x[2]})
	}
	old := func(v vector) vector {
		for i := range v {
			v[i] *= 65280.0 / 65535
		}
		return v
	}
	inks := func(x []float64) vector {
		light := (1 - 0.4*x[0]) * (1 - 0.5*x[1]) * (1 - 0.1*x[2]) * (1 - 0.85*x[3])
		return encoded(vector{95 * light, (75*x[1] - 35*x[0]) * (1 - x[3]), (90*x[2] - 45*x[0] - 10*x[1]) * (1 - x[3])})
	}
	xyz := func(x []float64) vector {
		v := p3.of(vector{x[0] * x[0], x[1] * x[1], x[2] * x[2]})
		for i := range v {
			v[i] *= 32768.0 / 65535
		}
		return v
	}
	linear := parametricTag(0, 1)
	half := func(m matrix) *matrix {
		for i := range m {
			for j := range m[i] {
				m[i][j] *= 32768.0 / 65535
			}
		}
		return &m
	}
	return map[string][]byte{
		"matrix, gamma":         matrixProfile(2, p3, gamma(1.8)),
		"matrix, no curve":      matrixProfile(2, p3, points(0, nil)),
		"matrix, points":        matrixProfile(2, wide, points(40, func(x float64) float64 { return math.Pow(x, 2.6) })),
		"matrix, three curves":  matrixProfile(4, p3, gamma(1.8), gamma(2), gamma(2.4)),
		"matrix, raised black":  matrixProfile(2, p3, points(256, func(x float64) float64 { return 0.02 + 0.98*x*x })),
		"matrix, parametric 0":  matrixProfile(4, wide, parametricTag(0, 2.4)),
		"matrix, parametric 1":  matrixProfile(4, p3, parametricTag(1, 2, 1.1, -0.1)),
		"matrix, parametric 2":  matrixProfile(4, p3, parametricTag(2, 2, 0.9648858, 0.02, 0.03)),
		"matrix, parametric 3":  matrixProfile(4, p3, parametricTag(3, srgbParameters[:5]...)),
		"matrix, parametric 4":  matrixProfile(4, p3, parametricTag(4, 2.2, 0.9, 0.1, 0.2, 0.1, 0.0, 0.01)),
		"grey, gamma":           greyProfile(2, "XYZ ", gamma(1.8)),
		"grey, points to Lab":   greyProfile(2, "Lab ", points(16, func(x float64) float64 { return 0.1 + 0.9*x })),
		"mft1 to Lab":           tableProfile(2, "RGB ", "Lab ", oldLUT(3, 9, 1, unity, lab)),
		"mft2 to Lab":           tableProfile(2, "RGB ", "Lab ", oldLUT(3, 9, 2, unity, func(x []float64) vector { return old(lab(x)) })),
		"mft2 to XYZ":           tableProfile(2, "RGB ", "XYZ ", oldLUT(3, 17, 2, unity, xyz)),
		"mft2 to Lab, v4":       tableProfile(4, "RGB ", "Lab ", oldLUT(3, 9, 2, unity, func(x []float64) vector { return old(lab(x)) })),
		"mAB to Lab, 8 bits":    tableProfile(4, "RGB ", "Lab ", newLUT(3, 9, 1, lab, nil, vector{}, linear, linear, linear)),
		"mAB to Lab, 16 bits":   tableProfile(4, "RGB ", "Lab ", newLUT(3, 9, 2, lab, nil, vector{}, linear, linear, linear)),
		"mAB to XYZ, no table":  tableProfile(4, "RGB ", "XYZ ", newLUT(3, 0, 0, nil, half(p3), vector{0.002, 0.002, 0.002}, linear, linear, linear)),
		"mAB to XYZ, all parts": tableProfile(4, "RGB ", "XYZ ", newLUT(3, 5, 2, func(x []float64) vector { return vector(x) }, half(p3), vector{}, linear, linear, linear)),
		"inks, mft1":            tableProfile(2, "CMYK", "Lab ", oldLUT(4, 5, 1, unity, inks)),
		"inks, mft2":            tableProfile(2, "CMYK", "Lab ", oldLUT(4, 5, 2, unity, func(x []float64) vector { return old(inks(x)) })),
		"inks, mAB":             tableProfile(4, "CMYK", "Lab ", newLUT(4, 5, 1, inks, nil, vector{}, linear, linear, linear)),
	}
}
