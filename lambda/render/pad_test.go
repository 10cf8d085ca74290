package render

import (
	"bytes"
	"image"
	"image/color"
	"testing"

	"prew"
	"prew/lambda/render/plane"
)

// TestPadFillsTheBox says which size a preview has, and looks at what is beside the photo and
// in its middle.
func TestPadFillsTheBox(t *testing.T) {
	around := color.NRGBA{0xc0, 0x30, 0x80, 0xff}
	for _, test := range []struct {
		photo, box, want image.Point
	}{
		{image.Pt(120, 80), image.Pt(60, 60), image.Pt(60, 60)},
		{image.Pt(80, 120), image.Pt(60, 60), image.Pt(60, 60)},
		{image.Pt(120, 80), image.Pt(61, 33), image.Pt(61, 33)},
		{image.Pt(120, 80), image.Pt(500, 500), image.Pt(120, 120)},
		{image.Pt(80, 120), image.Pt(500, 500), image.Pt(120, 120)},
		{image.Pt(120, 80), image.Pt(200, 40), image.Pt(200, 40)},
		{image.Pt(15, 90), image.Pt(8000, 8000), image.Pt(90, 90)},
	} {
		m := image.NewNRGBA(image.Rectangle{Max: test.photo})
		for i := range m.Pix {
			m.Pix[i] = 0xff // white
		}
		grey := greyOf(m)
		for name, src := range map[string][]byte{"jpeg": asJPEG(m), "grey jpeg": asJPEG(grey), "png": asPNG(m), "grey png": asPNG(grey)} {
			for _, preset := range []prew.Preset{
				{Format: prew.JPEG}, {Format: prew.JPEG, Chroma: prew.Chroma444}, {Format: prew.PNG}, {Format: prew.WebP}, {Colour: prew.Keep},
			} {
				preset.Width, preset.Height, preset.Fit, preset.Background = test.box.X, test.box.Y, prew.Pad, "#c03080"
				_, got := rendered(t, src, preset)
				if got.Bounds().Size() != test.want {
					t.Fatalf("%s of %v in %v: %v, want %v", name, test.photo, test.box, got.Bounds().Size(), test.want)
				}
				nearColour(t, got, test.want.X/2, test.want.Y/2, white, 6)
				nearColour(t, got, 0, 0, around, 6)
				nearColour(t, got, test.want.X-1, test.want.Y-1, around, 6)
				if t.Failed() {
					t.Fatalf("%s of %v in %v as %+v", name, test.photo, test.box, preset)
				}
			}
		}
	}
}

// TestPadOfWhatFitsIsThePhoto has a box of the photo's own shape.
func TestPadOfWhatFitsIsThePhoto(t *testing.T) {
	src := asJPEG(sign(120, 80))
	want, _ := rendered(t, src, prew.Preset{Width: 60, Height: 40})
	got, _ := rendered(t, src, prew.Preset{Width: 60, Height: 40, Fit: prew.Pad})
	if string(got.Data) != string(want.Data) {
		t.Error("it is not as with contain")
	}
}

// TestPadAtAnOddEdge looks at chroma of which a sample stands for a column, or a row, of the
// photo and one of the background.
func TestPadAtAnOddEdge(t *testing.T) {
	even := func(w, h int, v uint8) plane.Plane {
		return plane.Plane{Pix: bytes.Repeat([]byte{v}, w*h), Stride: w, Width: w, Height: h}
	}
	var e engine
	f := frame{form: lumaChroma, planes: []plane.Plane{even(3, 3, 50), even(2, 2, 100), even(2, 2, 100)}}
	f, err := e.pad(f, plan{canvas: image.Pt(8, 8)}, prew.Preset{Background: "#808080", Chroma: prew.Chroma420})
	if err != nil {
		t.Fatal(err)
	}
	want := []uint8{
		128, 128, 128, 128,
		128, 100, 114, 128,
		128, 114, 121, 128,
		128, 128, 128, 128,
	}
	for i, p := range f.planes[1:] {
		if !bytes.Equal(p.Pix, want) {
			t.Errorf("plane %d of chroma is %v, want %v", i, p.Pix, want)
		}
	}
}

// TestColoursThatAProfileIsNotFor says of which frames none is kept.
func TestColoursThatAProfileIsNotFor(t *testing.T) {
	grey, colours := frame{planes: make([]plane.Plane, 1)}, frame{planes: make([]plane.Plane, 3)}
	for _, test := range []struct {
		f      frame
		preset prew.Preset
		want   bool
	}{
		{grey, prew.Preset{Fit: prew.Pad}, true},
		{grey, prew.Preset{Fit: prew.Contain}, false},
		{colours, prew.Preset{Fit: prew.Pad}, false},
		{colours, prew.Preset{Tone: prew.Grey}, true},
		{grey, prew.Preset{Tone: "#c03080"}, true},
		{grey, prew.Preset{Fit: prew.Pad, Background: prew.Blurred}, false},
		{grey, prew.Preset{Border: 1}, true},
		{grey, prew.Preset{Radius: 1}, true},
		{grey, prew.Preset{Circle: true}, true},
		{colours, prew.Preset{Border: 1, Circle: true}, false},
	} {
		if got := test.f.gains(test.preset); got != test.want {
			t.Errorf("%d planes, %+v: %v, want %v", len(test.f.planes), test.preset, got, test.want)
		}
	}
}

// TestPadWithThePhotoItself compares what is beside the photo with its middle in the shape of
// the box, enlarged and blurred in floating point, and what is not with the photo.
func TestPadWithThePhotoItself(t *testing.T) {
	for name, src := range map[string][]byte{
		"planes": asJPEG(sign(240, 160)),
		"grey":   asJPEG(greyOf(sign(240, 160))),
		"pixels": asPNG(sign(240, 160)),
	} {
		preset := prew.Preset{Width: 120, Height: 120, Format: prew.PNG}
		_, m := rendered(t, src, preset)
		preset.Fit, preset.Background = prew.Pad, prew.Blurred
		_, padded := rendered(t, src, preset)
		photo, got := rgbaOf(m), rgbaOf(padded)
		if got.width != 120 || got.height != 120 || photo.width != 120 || photo.height != 80 {
			t.Fatalf("%s: %dx%d of %dx%d", name, got.width, got.height, photo.width, photo.height)
		}
		want := rgba{120, 120, nil}
		for y := range 120 {
			for x := range 120 { // 80 by 80 in the middle, one and a half times as large
				want.pix = append(want.pix, photo.pix[y*2/3*photo.width+20+x*2/3])
			}
		}
		want = want.blurred(behindSigma * 120.0 / behindSide)
		for i := range want.pix {
			if y := i / 120; y >= 20 && y < 100 {
				if got.pix[i] != photo.pix[i-20*120] {
					t.Fatalf("%s: pixel %d,%d is not the photo's", name, i%120, y)
				}
				want.pix[i] = got.pix[i]
			}
		}
		if db := seenDecibels(got, want); db < 36 {
			t.Errorf("%s: %.1f dB, want 36", name, db)
		}
	}
}

// TestPadWithAnEvenPhoto has photos of one colour, whose background is that colour, too, in
// boxes of many shapes.
func TestPadWithAnEvenPhoto(t *testing.T) {
	for _, size := range []image.Point{{1, 1}, {1, 30}, {30, 1}, {40, 21}, {301, 200}} {
		m := image.NewNRGBA(image.Rectangle{Max: size})
		for i := 0; i < len(m.Pix); i += 4 {
			copy(m.Pix[i:], []uint8{60, 120, 180, 255})
		}
		for _, box := range []image.Point{{1, 9}, {9, 1}, {50, 50}, {61, 33}, {33, 61}, {500, 3}} {
			for name, src := range map[string][]byte{"planes": asJPEG(m), "pixels": asPNG(m), "grey": asJPEG(greyOf(m))} {
				for _, format := range []prew.Format{prew.JPEG, prew.PNG, prew.WebP} {
					_, got := rendered(t, src, prew.Preset{Width: box.X, Height: box.Y, Fit: prew.Pad, Background: prew.Blurred, Format: format})
					want := color.Color(color.NRGBA{60, 120, 180, 255})
					if name == "grey" {
						want = greyOf(m).GrayAt(0, 0)
					}
					for y := range got.Bounds().Dy() {
						for x := range got.Bounds().Dx() {
							nearColour(t, got, x, y, want, 6)
						}
					}
					if t.Failed() {
						t.Fatalf("%s of %v in %v as %s", name, size, box, format)
					}
				}
			}
		}
	}
}

// BenchmarkPad is what a background costs a preview of 1440 by 960 in a square.
func BenchmarkPad(b *testing.B) {
	for _, with := range []string{"#ffffff", prew.Blurred} {
		for _, kind := range []string{"planes", "pixels"} {
			b.Run(kind+"/"+with, func(b *testing.B) {
				var e engine
				m := sign(1440, 960)
				f := frame{form: rgb, pixels: m}
				if kind == "planes" {
					f = frame{form: lumaChroma, planes: e.lumaChroma(m, 2)}
				}
				for b.Loop() {
					if _, err := e.pad(f, plan{canvas: image.Pt(1440, 1440)}, prew.Preset{Background: with, Chroma: prew.Chroma420}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
