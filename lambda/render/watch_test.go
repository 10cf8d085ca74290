package render

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"testing"

	"prew"
)

// crowd is a grey picture with the face that package faces tests itself with in squares. The
// face itself has 58 of 72 parts of each.
func crowd(t testing.TB, w, h int, at ...image.Rectangle) *image.NRGBA {
	t.Helper()
	data, err := os.ReadFile("faces/testdata/face.png")
	if err != nil {
		t.Fatal(err)
	}
	face, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = 200
		if i%4 == 3 {
			m.Pix[i] = 255
		}
	}
	for _, r := range at {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				grey := color.GrayModel.Convert(face.At((x-r.Min.X)*72/r.Dx(), (y-r.Min.Y)*72/r.Dy())).(color.Gray)
				m.SetNRGBA(x, y, color.NRGBA{grey.Y, grey.Y, grey.Y, 255})
			}
		}
	}
	return m
}

// lured is a picture with a square of skin in it, which smart keeps.
func lured(m *image.NRGBA, r image.Rectangle) *image.NRGBA {
	draw.Draw(m, r, image.NewUniform(color.NRGBA{200, 150, 120, 255}), image.Point{}, draw.Src)
	return m
}

func box(x, y, side int) image.Rectangle { return image.Rect(x, y, x+side, y+side) }

// TestFacesAreKept: in every form of frame and turn, in previews in which a face is too small
// to be found, and in large ones.
func TestFacesAreKept(t *testing.T) {
	wide := lured(crowd(t, 1200, 500, box(800, 100, 150)), box(0, 100, 300))
	high := lured(crowd(t, 501, 1201, box(150, 800, 150)), box(100, 0, 300))
	acrossAt, downAt := image.Pt(800+75, 250), image.Pt(250, 800+75)
	type test struct {
		src []byte
		at  image.Point // the face's middle, of the photo as seen
	}
	tests := map[string]test{
		"jpeg": {asJPEG(wide), acrossAt}, "progressive jpeg": {asProgressiveJPEG(wide), acrossAt}, "rgb jpeg": {asRGBCodedJPEG(wide), acrossAt},
		"grey jpeg": {asJPEG(greyOf(wide)), acrossAt}, "png": {asPNG(wide), acrossAt}, "png16": {asPNG(deep(wide)), acrossAt},
		"grey png": {asPNG(greyOf(wide)), acrossAt}, "tiff": {asTIFF(wide), acrossAt}, "high jpeg": {asJPEG(high), downAt}, "high png": {asPNG(high), downAt},
	}
	for o := 2; o <= 8; o++ {
		tests[fmt.Sprint("turned ", o)] = test{jpegWithEXIF(asJPEG(stored(high, o)), exif(binary.BigEndian, uint16(o))), downAt}
	}
	// An eighth of these is enough to look at.
	large := asProgressiveJPEG(lured(crowd(t, 2100, 800, box(1400, 150, 250)), box(0, 100, 500)))
	tests["large"] = test{large, image.Pt(1400+125, 400)}
	for name, test := range tests {
		for _, p := range []prew.Preset{{Width: 32, Height: 32}, {Width: 101, Height: 99, Format: prew.WebP}, {Width: 300, Height: 300, Format: prew.PNG}} {
			p.Fit, p.Gravity = prew.Cover, prew.Face
			got, _ := rendered(t, test.src, p)
			middle := got.Crop.Min.Add(got.Crop.Max).Div(2)
			if d := middle.Sub(test.at); max(d.X, -d.X) > 40 || max(d.Y, -d.Y) > 40 { // two pixels of the smallest preview
				t.Errorf("%s, %dx%d: kept %v with the middle %v, want %v", name, p.Width, p.Height, got.Crop, middle, test.at)
			}
			if got.Width != p.Width || got.Height != p.Height {
				t.Errorf("%s: %dx%d, want %dx%d", name, got.Width, got.Height, p.Width, p.Height)
			}
		}
	}
}

// TestOfSeveralFaces all are kept where they fit, or else the largest, and at the edge as much
// as there is.
func TestOfSeveralFaces(t *testing.T) {
	tests := map[string]struct {
		faces []image.Rectangle
		from  int // the first column of 400 that is kept of 1000
	}{
		"two that fit":             {[]image.Rectangle{box(400, 50, 150), box(600, 150, 130)}, 366},
		"two, of which the first":  {[]image.Rectangle{box(200, 100, 180), box(800, 150, 130)}, 290 - 200},
		"two, of which the second": {[]image.Rectangle{box(100, 100, 130), box(650, 100, 200)}, 750 - 200},
		"three, of which two fit":  {[]image.Rectangle{box(50, 100, 130), box(350, 100, 180), box(800, 50, 130)}, 440 - 200},
		"one at the edge":          {[]image.Rectangle{box(850, 100, 150)}, 600},
		"one at the other":         {[]image.Rectangle{box(0, 100, 150)}, 0},
	}
	for name, test := range tests {
		src := asJPEG(crowd(t, 1000, 400, test.faces...))
		got, _ := rendered(t, src, prew.Preset{Width: 100, Height: 100, Fit: prew.Cover, Gravity: prew.Face})
		if from := got.Crop.Min.X; max(from-test.from, test.from-from) > 30 || got.Crop.Dx() != 400 {
			t.Errorf("%s: kept %v, want 400 from %d", name, got.Crop, test.from)
		}
	}
}

// TestWithoutFaces: what is kept is what smart keeps. Nothing of the box's shape is looked at.
func TestWithoutFaces(t *testing.T) {
	for name, src := range map[string][]byte{
		"jpeg": asJPEG(portrait(480, 200, image.Pt(400, 80), 60)), "png": asPNG(portrait(480, 200, image.Pt(400, 80), 60)),
		"tiny": asJPEG(portrait(9, 5, image.Pt(7, 0), 2)), "of the box's shape": asJPEG(crowd(t, 200, 200, box(20, 20, 100))),
		"line": asPNG(portrait(1, 300, image.Pt(0, 200), 2)),
	} {
		for _, side := range []int{40, 100} {
			p := prew.Preset{Width: side, Height: side, Fit: prew.Cover, Gravity: prew.Smart}
			want, _ := rendered(t, src, p)
			p.Gravity = prew.Face
			got, _ := rendered(t, src, p)
			if got.Crop != want.Crop || got.Width != want.Width || got.Height != want.Height {
				t.Errorf("%s at %d: kept %v of %dx%d, want %v of %dx%d", name, side, got.Crop, got.Width, got.Height, want.Crop, want.Width, want.Height)
			}
		}
	}
}
