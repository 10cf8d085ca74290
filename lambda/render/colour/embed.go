package colour

import (
	"encoding/binary"
	"math"
)

// maxEmbed is how large a profile may be that a preview carries: those of screens
// have up to 3 kB, and a preview is not to consist of its profile.
const maxEmbed = 64 << 10

// Embed is a profile to write into a picture whose colours stay what they are
// instead of being converted: a small one for the well-known spaces, whatever the
// profile of the photo was, and for gamma, primaries and code points; else the
// photo's own if it has at most 64 KiB. It is nil if there is none, which is to say
// that the picture has to be converted: for inks and large profiles, PQ and HLG. It
// is nil for a nil Transform, too, which needs neither.
func (t *Transform) Embed() []byte {
	if t == nil {
		return nil
	}
	return t.embed
}

// wellKnown are spaces for which there is a small profile.
var wellKnown = []struct {
	name       string
	primaries  Chromaticities
	kind       int
	parameters []float64
}{
	{"Display P3", displayP, 3, srgbParameters[:5]},
	{"Adobe RGB (1998) compatible", Chromaticities{d65, bt709.Red, [2]float64{0.21, 0.71}, bt709.Blue}, 0, []float64{563.0 / 256}},
	{"ROMM RGB", Chromaticities{[2]float64{0.3457, 0.3585}, [2]float64{0.7347, 0.2653}, [2]float64{0.1596, 0.8404}, [2]float64{0.0366, 0.0001}}, 0, []float64{1.8}},
	{"BT.2020", bt2020, 3, []float64{1 / 0.45, 1 / 1.09929682680944, 0.09929682680944 / 1.09929682680944, 1 / 4.5, 0.081242858298635}},
}

// known is the small profile for a device that is well known, or nil.
func (d *device) known() []byte {
	if d.colourants == nil {
		return nil
	}
	for _, k := range wellKnown {
		colourants, err := k.primaries.colourants()
		if err == nil && d.like(&colourants, parametric(k.kind, padded(k.parameters))) {
			return writeProfile(k.name, k.primaries.White, colourants, parametricTag(k.kind, k.parameters...))
		}
	}
	return nil
}

// like says whether colourants and curves differ by no more than roundings of
// theirs do.
func (d *device) like(colourants *matrix, c curve) bool {
	for i, row := range colourants {
		for j, v := range row {
			if delta := v - d.colourants[i][j]; delta > 0.003 || delta < -0.003 {
				return false
			}
		}
	}
	for i := range 256 {
		x := float64(i) / 255
		for _, own := range d.curves {
			if delta := own(x) - c(x); delta > 0.003 || delta < -0.003 {
				return false
			}
		}
	}
	return true
}

func padded(parameters []float64) (n [7]float64) {
	copy(n[:], parameters)
	return n
}

// writeProfile makes a profile of a screen (ICC.1:2022, version 4.3) with one curve
// for all colours.
func writeProfile(name string, white [2]float64, colourants matrix, curve []byte) []byte {
	text := func(s string) []byte {
		b := append([]byte("mluc\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x0cenUS"), 0, 0, 0, byte(2*len(s)), 0, 0, 0, 28)
		for _, c := range []byte(s) {
			b = append(b, 0, c)
		}
		return b
	}
	xyz := func(v vector) []byte { return fixeds([]byte("XYZ \x00\x00\x00\x00"), v[:]...) }
	column := func(j int) []byte { return xyz(vector{colourants[0][j], colourants[1][j], colourants[2][j]}) }
	adapted := adaptation(white)
	tags := []struct {
		signature string
		data      []byte
	}{
		{"desc", text(name)},
		{"cprt", text("CC0")},
		{"wtpt", xyz(d50)},
		{"chad", fixeds([]byte("sf32\x00\x00\x00\x00"), append(append(adapted[0][:], adapted[1][:]...), adapted[2][:]...)...)},
		{"rXYZ", column(0)}, {"gXYZ", column(1)}, {"bXYZ", column(2)},
		{"rTRC", curve}, {"gTRC", curve}, {"bTRC", curve},
	}
	out := make([]byte, headerSize, 512)
	copy(out[8:], "\x04\x30\x00\x00mntrRGB XYZ ")
	copy(out[24:], "\x07\xea\x00\x01\x00\x01\x00\x00\x00\x00\x00\x00acsp") // a date, which has to be one
	copy(out[68:], fixeds(nil, d50[:]...))
	out = binary.BigEndian.AppendUint32(out, uint32(len(tags)))
	var data []byte
	begin := len(out) + tagSize*len(tags)
	at := 0
	for i, tag := range tags {
		// The curves of the three colours are one.
		if i == 0 || &tag.data[0] != &tags[i-1].data[0] {
			for len(data)%4 != 0 {
				data = append(data, 0)
			}
			at = begin + len(data)
			data = append(data, tag.data...)
		}
		out = append(out, tag.signature...)
		out = binary.BigEndian.AppendUint32(out, uint32(at))
		out = binary.BigEndian.AppendUint32(out, uint32(len(tag.data)))
	}
	for len(data)%4 != 0 {
		data = append(data, 0)
	}
	out = append(out, data...)
	binary.BigEndian.PutUint32(out, uint32(len(out)))
	return out
}

// parametricTag is a parametricCurveType.
func parametricTag(kind int, parameters ...float64) []byte {
	return fixeds([]byte{'p', 'a', 'r', 'a', 0, 0, 0, 0, 0, byte(kind), 0, 0}, parameters...)
}

// fixeds appends s15Fixed16Numbers.
func fixeds(b []byte, numbers ...float64) []byte {
	for _, n := range numbers {
		b = binary.BigEndian.AppendUint32(b, uint32(int32(math.Floor(float64(n*65536)+0.5))))
	}
	return b
}
