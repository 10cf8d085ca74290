package colour

import (
	"math"
	"testing"

	"prew/lambda/render/plane"
)

// TestMatrixIsNearlyExact holds pixels of the spaces of phones, cameras and editors to
// what floating-point arithmetic makes of them: half a step is rounding. Luma and chroma are
// of pixels that were rounded, and are rounded once more.
func TestMatrixIsNearlyExact(t *testing.T) {
	p3, _ := displayP.colourants()
	adobe := matrix{{0.60974, 0.20528, 0.14919}, {0.31111, 0.62567, 0.06322}, {0.01947, 0.06087, 0.74457}}
	prophoto := matrix{{0.79767, 0.13519, 0.03134}, {0.28804, 0.71188, 0.00009}, {0, 0, 0.82491}}
	tests := []struct {
		name    string
		profile []byte
		most    float64
	}{
		{"Display P3", matrixProfile(4, p3, parametricTag(3, srgbParameters[:5]...)), 0.75},
		{"Adobe RGB", matrixProfile(2, adobe, gamma(563.0/256)), 0.75},
		{"ProPhoto", matrixProfile(2, prophoto, gamma(1.8)), 0.85},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p, err := parse(test.profile)
			if err != nil {
				t.Fatal(err)
			}
			d, err := p.device()
			if err != nil {
				t.Fatal(err)
			}
			transform := d.transform()
			toLight, shift := d.light()
			exact := func(r, g, b uint8) (v vector) {
				v = toLight.of(d.of([4]float64{float64(r) / 255, float64(g) / 255, float64(b) / 255}))
				for i := range v {
					light := min(max(v[i]+shift[i], 0), 1)
					if v[i] = 255 * srgbSlope * light; light > srgbLinear {
						v[i] = 255 * ((1+srgbOffset)*math.Pow(light, 1/srgbGamma) - srgbOffset)
					}
				}
				return v
			}
			var row, luma, cb, cr [4 * 52]uint8
			for r := 0; r < 256; r += 5 {
				for g := 0; g < 256; g += 3 {
					for i := range 52 {
						row[4*i], row[4*i+1], row[4*i+2] = uint8(r), uint8(g), uint8(5*i)
						luma[i], cb[i], cr[i] = uint8(r), uint8(g), uint8(5*i)
					}
					transform.Pixels(row[:])
					of := func(p *[4 * 52]uint8) plane.Plane { return plane.Plane{Pix: p[:52], Stride: 52, Width: 52, Height: 1} }
					transform.Planes([]plane.Plane{of(&luma), of(&cb), of(&cr)})
					for i := range 52 {
						want := exact(uint8(r), uint8(g), uint8(5*i))
						for j, v := range want {
							if off := math.Abs(float64(row[4*i+j]) - v); off > test.most {
								t.Fatalf("channel %d of %d %d %d is %d, exactly %.3f", j, r, g, 5*i, row[4*i+j], v)
							}
						}
						eight := func(x int32) uint8 { return uint8(min(max(x, 0), 255)) }
						y, b, c := int32(r), int32(g)-128, int32(5*i)-128
						want = exact(eight(y+(91881*c+1<<15)>>16), eight(y+(1<<15-22554*b-46802*c)>>16), eight(y+(116130*b+1<<15)>>16))
						y1 := 0.299*want[0] + 0.587*want[1] + 0.114*want[2]
						for j, v := range [3]float64{y1, 128 + 0.5/(1-0.114)*(want[2]-y1), 128 + 0.5/(1-0.299)*(want[0]-y1)} {
							if got := [3]uint8{luma[i], cb[i], cr[i]}[j]; math.Abs(float64(got)-min(v, 255)) > test.most+0.5 {
								t.Fatalf("plane %d of %d %d %d is %d, exactly %.3f", j, r, g, 5*i, got, v)
							}
						}
					}
				}
			}
		})
	}
}
