package render

import (
	"fmt"
	"image"
	"math"
	"testing"

	"prew"
)

// TestAdjustedPixelsAreTheFilters holds pixels of all kinds to the filters of CSS, one after the
// other and without bounds between them (Filter Effects 1, section 6): the strongest ones too,
// which no sum may leave its part of a word for.
func TestAdjustedPixelsAreTheFilters(t *testing.T) {
	samples := []uint8{0, 1, 63, 64, 65, 127, 128, 129, 191, 200, 253, 254, 255}
	for _, preset := range []prew.Preset{
		{Brightness: 10}, {Contrast: -30}, {Saturation: 1}, {Saturation: -100}, {Saturation: 100},
		{Brightness: 10, Contrast: 10, Saturation: 10}, {Brightness: 100, Contrast: 100, Saturation: 100},
		{Brightness: 100, Contrast: 100, Saturation: -100}, {Contrast: -100, Saturation: 100}, {Brightness: -100, Saturation: 100},
		{Brightness: 33, Contrast: -77, Saturation: 58},
	} {
		m := image.NewNRGBA(image.Rect(0, 0, len(samples)*len(samples), len(samples)))
		for i := range m.Pix {
			n := i / 4
			m.Pix[i] = [4]uint8{samples[n%len(samples)], samples[n/len(samples)%len(samples)], samples[n/len(samples)/len(samples)], uint8(n)}[i%4]
		}
		was := append([]uint8(nil), m.Pix...)
		if _, err := new(engine).adjust(frame{form: rgb, pixels: m}, plan{}, preset); err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("brightness %d, contrast %d, saturation %d", preset.Brightness, preset.Contrast, preset.Saturation)
		for i := 0; i < len(was); i += 4 {
			before, after := was[i:i+4], m.Pix[i:i+4]
			luma := (19595*float64(before[0]) + 38470*float64(before[1]) + 7471*float64(before[2])) / 65536
			for c := range 3 {
				want := luma + (float64(before[c])-luma)*float64(100+preset.Saturation)/100
				want *= float64(100+preset.Brightness) / 100
				want = (want-127.5)*float64(100+preset.Contrast)/100 + 127.5
				if want = min(max(want, 0), 255); math.Abs(float64(after[c])-want) > 0.52 {
					t.Fatalf("%s: %v becomes %v, want sample %d to be %.2f", name, before, after, c, want)
				}
			}
			if after[3] != before[3] {
				t.Fatalf("%s: alpha %d becomes %d", name, before[3], after[3])
			}
			if before[0] == before[1] && before[1] == before[2] && (after[0] != after[1] || after[1] != after[2]) {
				t.Fatalf("%s: the grey %v becomes %v", name, before, after)
			}
		}
	}
}
