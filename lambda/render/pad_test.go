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
	} {
		if got := test.f.gains(test.preset); got != test.want {
			t.Errorf("%d planes, %+v: %v, want %v", len(test.f.planes), test.preset, got, test.want)
		}
	}
}
