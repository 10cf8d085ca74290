package render

import (
	"image"
	"math"
	"testing"

	"prew"
)

// TestFlattenIsTheBackgroundBehindEachPixel has pixels of all alphas.
func TestFlattenIsTheBackgroundBehindEachPixel(t *testing.T) {
	m := image.NewNRGBA(image.Rect(0, 0, 256, 3))
	colours, under := [3][3]float64{{0, 128, 255}, {255, 1, 77}, {200, 254, 0}}, [3]float64{0xc0, 0x30, 0x80}
	for y, c := range colours {
		for alpha := range 256 {
			copy(m.Pix[m.PixOffset(alpha, y):], []uint8{uint8(c[0]), uint8(c[1]), uint8(c[2]), uint8(alpha)})
		}
	}
	if _, err := new(engine).flatten(frame{form: rgb, pixels: m}, plan{}, prew.Preset{Format: prew.JPEG, Background: "#c03080"}); err != nil {
		t.Fatal(err)
	}
	for y, colour := range colours {
		for alpha := range 256 {
			got := m.Pix[m.PixOffset(alpha, y):][:4]
			for c := range 3 {
				a := float64(alpha) / 255
				if want := colour[c]*a + under[c]*(1-a); math.Abs(float64(got[c])-want) > 0.5001 || got[3] != 0xff {
					t.Fatalf("%v with alpha %d becomes %v, want sample %d to be %.1f", colour, alpha, got, c, want)
				}
			}
		}
	}
}
