package render

import (
	"bytes"
	"image"
	"image/color"
	stdjpeg "image/jpeg"
	"testing"

	"prew"
	"prew/lambda/render/jpeg"
)

// TestSmallJPEGIsDecodedWhole makes sure that a preview of few pixels has all that
// its photo has.
func TestSmallJPEGIsDecodedWhole(t *testing.T) {
	preset, err := prew.Preset{Width: 640}.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	sampling := map[string][]jpeg.Component{
		"4:2:0": {{H: 2, V: 2}, {H: 1, V: 1}, {H: 1, V: 1}},
		"4:4:4": {{H: 1, V: 1}, {H: 1, V: 1}, {H: 1, V: 1}},
		"4:1:0": {{H: 4, V: 2}, {H: 1, V: 1}, {H: 1, V: 1}},
		"grey":  {{H: 1, V: 1}},
	}
	for name, components := range sampling {
		for width := 1; width <= 64; width++ {
			for _, height := range []int{1, 3, 64} {
				h := jpeg.Header{Width: width, Height: height, Components: components}
				options := decoding(h, planOf(image.Pt(width, height), upright, preset), preset)
				for i := range components {
					if options.Scale[i] != 8 {
						t.Errorf("%s, %dx%d: component %d is decoded at %d/8", name, width, height, i, options.Scale[i])
					}
				}
			}
		}
	}
}

// TestSmallJPEGKeepsItsColours has pictures that are red on the left and blue on the
// right, with half as much chroma as luma each way.
func TestSmallJPEGKeepsItsColours(t *testing.T) {
	preset, err := prew.Preset{Width: 640, Quality: 95}.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	for side := 3; side <= 9; side++ {
		m := image.NewRGBA(image.Rect(0, 0, side, side))
		for y := range side {
			for x := range side {
				m.SetRGBA(x, y, color.RGBA{200, 0, 0, 255})
				if x >= (side+1)/4*2 {
					m.SetRGBA(x, y, color.RGBA{0, 0, 200, 255})
				}
			}
		}
		var src bytes.Buffer
		if err := stdjpeg.Encode(&src, m, &stdjpeg.Options{Quality: 100}); err != nil {
			t.Fatal(err)
		}
		preview, err := Render(&src, preset)
		if err != nil {
			t.Fatal(err)
		}
		got, err := stdjpeg.Decode(bytes.NewReader(preview.Data))
		if err != nil {
			t.Fatal(err)
		}
		left, _, _, _ := got.At(0, side/2).RGBA()
		right, _, _, _ := got.At(side-1, side/2).RGBA()
		if int(left>>8)-int(right>>8) < 150 {
			t.Errorf("%dx%d: red is %d on the left and %d on the right, was 200 and 0", side, side, left>>8, right>>8)
		}
	}
}
