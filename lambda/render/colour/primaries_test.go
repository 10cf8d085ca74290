package colour

import (
	"math"
	"strings"
	"testing"
)

// of is a transform's result for one colour.
func (t *Transform) ofColour(r, g, b uint8) [3]uint8 {
	row := []uint8{r, g, b, 255}
	t.Pixels(row)
	return [3]uint8(row[:3])
}

func near(a, b [3]uint8, tolerance int) bool {
	for i := range a {
		if d := int(a[i]) - int(b[i]); d > tolerance || d < -tolerance {
			return false
		}
	}
	return true
}

func TestCodePoints(t *testing.T) {
	tests := []struct {
		name                string
		primaries, transfer int
		in, want            [3]uint8
	}{
		{"sRGB", 1, 13, [3]uint8{200, 100, 50}, [3]uint8{200, 100, 50}},
		{"BT.709", 1, 1, [3]uint8{200, 100, 50}, [3]uint8{200, 100, 50}},
		{"unspecified", 2, 2, [3]uint8{200, 100, 50}, [3]uint8{200, 100, 50}},
		{"Display P3", 12, 13, [3]uint8{200, 100, 50}, [3]uint8{215, 93, 31}},
		{"Display P3, red", 12, 13, [3]uint8{255, 0, 0}, [3]uint8{255, 0, 0}},
		{"BT.2020, grey", 9, 14, [3]uint8{128, 128, 128}, [3]uint8{128, 128, 128}},
		{"linear, grey", 1, 8, [3]uint8{55, 55, 55}, [3]uint8{128, 128, 128}},
		{"gamma 2.2, grey", 1, 4, [3]uint8{50, 50, 50}, [3]uint8{46, 46, 46}},
		// 203 cd/m2 is the number 0.58 of PQ, and 0.75 of HLG.
		{"PQ, paper", 9, 16, [3]uint8{149, 149, 149}, [3]uint8{255, 255, 255}},
		{"PQ, brighter than paper", 9, 16, [3]uint8{200, 200, 200}, [3]uint8{255, 255, 255}},
		{"PQ, a quarter of paper", 9, 16, [3]uint8{111, 111, 111}, [3]uint8{133, 133, 133}},
		{"HLG, paper", 9, 18, [3]uint8{192, 192, 192}, [3]uint8{255, 255, 255}},
		{"HLG, black", 9, 18, [3]uint8{0, 0, 0}, [3]uint8{0, 0, 0}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			transform, err := FromCICP(test.primaries, test.transfer)
			if err != nil {
				t.Fatal(err)
			}
			if got := transform.ofColour(test.in[0], test.in[1], test.in[2]); !near(got, test.want, 1) {
				t.Errorf("%v is %v, want %v", test.in, got, test.want)
			}
		})
	}
	for _, unknown := range [][2]int{{0, 13}, {3, 13}, {1, 0}, {1, 17}, {-1, 13}} {
		if _, err := FromCICP(unknown[0], unknown[1]); err == nil || !strings.Contains(err.Error(), "not known") {
			t.Errorf("code points %v: %v", unknown, err)
		}
	}
}

func TestGammaAndPrimaries(t *testing.T) {
	if transform, err := FromGamma(2.2, bt709); transform != nil || err != nil {
		t.Errorf("what files that mean sRGB say is %v and %v, want nothing to do", transform, err)
	}
	transform, err := FromGamma(1, Chromaticities{})
	if err != nil {
		t.Fatal(err)
	}
	if got := transform.ofColour(55, 13, 255); !near(got, [3]uint8{128, 64, 255}, 1) {
		t.Errorf("linear light is %v, want 128 64 255", got)
	}
	line := bt709
	line.Blue = [2]float64{0.47, 0.465}
	for name, test := range map[string]struct {
		gamma float64
		c     Chromaticities
		want  string
	}{
		"no gamma":     {0, bt709, "gamma is 0, expected 0.2 to 10"},
		"not a gamma":  {math.NaN(), bt709, "gamma is NaN, expected 0.2 to 10"},
		"no primaries": {1, Chromaticities{White: d65}, "chromaticity 0, 0, expected 0 to 1"},
		"a line":       {1, line, "primaries [0.64 0.33], [0.3 0.6] and [0.47 0.465] "},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := FromGamma(test.gamma, test.c); err == nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
}

// TestEmbeddedProfileMeansTheSame holds what is written into a picture to what the
// photo's profile means.
func TestEmbeddedProfileMeansTheSame(t *testing.T) {
	p3, _ := displayP.colourants()
	adobe := matrix{{0.60974, 0.20528, 0.14919}, {0.31111, 0.62567, 0.06322}, {0.01947, 0.06087, 0.74457}}
	prophoto := matrix{{0.79767, 0.13519, 0.03134}, {0.28804, 0.71188, 0.00009}, {0, 0, 0.82491}}
	odd := matrix{{0.45430, 0.35335, 0.15665}, {0.24191, 0.67363, 0.08446}, {0.01489, 0.09064, 0.71957}}
	of := func(data []byte) *Transform {
		transform, err := FromProfile(data, 3)
		if err != nil {
			t.Fatal(err)
		}
		return transform
	}
	linear, err := FromCICP(9, 8)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name      string
		transform *Transform
		most      int // bytes
	}{
		{"Display P3 of 1,024 points", of(matrixProfile(2, p3, points(1024, srgbCurve))), 600},
		{"Adobe RGB", of(matrixProfile(2, adobe, gamma(563.0/256))), 600},
		{"ProPhoto", of(matrixProfile(2, prophoto, gamma(1.8))), 600},
		{"code points", linear, 600},
		{"another matrix", of(matrixProfile(2, odd, gamma(1.8))), 700},
		{"a table", of(synthetic()["mft1 to Lab"]), 5000},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			data := test.transform.Embed()
			if len(data) == 0 || len(data) > test.most {
				t.Fatalf("the profile has %d bytes, want 1 to %d", len(data), test.most)
			}
			again := of(data)
			for _, c := range colours {
				got, want := again.ofColour(c[0], c[1], c[2]), test.transform.ofColour(c[0], c[1], c[2])
				if !near(got, want, 2) {
					t.Errorf("%v is %v, want %v", c, got, want)
				}
			}
		})
	}
	large := of(tableProfile(2, "RGB ", "Lab ", oldLUT(3, 24, 2, unity, func(x []float64) vector { return vector(x) })))
	hdr, err := FromCICP(9, 16)
	if err != nil {
		t.Fatal(err)
	}
	for name, transform := range map[string]*Transform{"sRGB": nil, "a large profile": large, "inks": Inks(), "PQ": hdr} {
		if data := transform.Embed(); data != nil {
			t.Errorf("%s embeds a profile of %d bytes, want none", name, len(data))
		}
	}
}
