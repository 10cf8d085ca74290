package main

import (
	"image"
	"image/color"
	"math"
	"testing"

	"prew"
)

func TestMiddle(t *testing.T) {
	for _, test := range []struct {
		name          string
		full          image.Point
		fit           prew.Fit
		width, height int
		want          part
	}{
		{"all of it", image.Pt(400, 200), prew.Contain, 100, 50, part{span{0, 400}, span{0, 200}}},
		{"a height that was rounded", image.Pt(400, 202), prew.Contain, 100, 50, part{span{-2, 402}, span{0, 202}}},
		{"cropped left and right", image.Pt(400, 200), prew.Cover, 50, 50, part{span{100, 300}, span{0, 200}}},
		{"cropped above and below", image.Pt(200, 401), prew.Cover, 50, 50, part{span{0, 200}, span{100.5, 300.5}}},
	} {
		if got := middle(test.full, test.fit, test.width, test.height); got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

func TestLanczos(t *testing.T) {
	for _, test := range []struct{ x, want float64 }{
		{0, 1}, {1, 0}, {2, 0}, {3, 0}, {4, 0}, {-0.5, 0.60793}, {0.5, 0.60793}, {1.5, -0.13509},
	} {
		if got := lanczos(test.x); math.Abs(got-test.want) > 1e-5 {
			t.Errorf("lanczos(%v) = %.5f, want %.5f", test.x, got, test.want)
		}
	}
}

// TestReferenceKeepsRamps shrinks a picture whose levels rise evenly. An exact
// resampler keeps them so, except at the edges.
func TestReferenceKeepsRamps(t *testing.T) {
	photo := image.NewNRGBA(image.Rect(0, 0, 240, 120))
	for y := range 120 {
		for x := range 240 {
			photo.SetNRGBA(x, y, color.NRGBA{uint8(x), uint8(2 * y), 200, 255})
		}
	}
	small := reference(photo, part{span{0, 240}, span{0, 120}}, 60, 40)
	for y := 3; y < 37; y++ {
		for x := 3; x < 57; x++ {
			at := 3 * (60*y + x)
			// A pixel's middle lies at 4x+2, which is half a pixel right of where
			// the level is 4x+2.
			want := [3]float64{4*float64(x) + 1.5, 2 * (3*float64(y) + 1), 200}
			for c := range want {
				if got := small.rgb[at+c]; math.Abs(got-want[c]) > 0.1 {
					t.Fatalf("%d,%d: %v, want %v", x, y, small.rgb[at:at+3], want)
				}
			}
		}
	}
}

func TestWhatIsTransparentLiesOnWhite(t *testing.T) {
	photo := image.NewNRGBA(image.Rect(0, 0, 3, 1))
	copy(photo.Pix, []uint8{10, 20, 30, 255, 10, 20, 30, 0, 0, 0, 0, 51})
	want := []float64{10, 20, 30, 255, 255, 255, 204, 204, 204}
	for i, v := range onWhite(photo).rgb {
		if math.Abs(v-want[i]) > 1e-9 {
			t.Fatalf("%v, want %v", onWhite(photo).rgb, want)
		}
	}
}

// TestAlign aligns previews that are shifted by parts of a pixel or a little larger.
func TestAlign(t *testing.T) {
	photo := image.NewNRGBA(image.Rect(0, 0, 600, 400))
	for y := range 400 {
		for x := range 600 {
			wave := math.Sin(float64(x)/9)*math.Cos(float64(y)/13) + math.Sin(float64(x+2*y)/31)
			level := uint8(128 + 60*wave)
			photo.SetNRGBA(x, y, color.NRGBA{level, level, level, 255})
		}
	}
	for _, shown := range []part{
		{span{0, 600}, span{0, 400}},
		{span{2, 602}, span{-1, 399}},
		{span{-3, 603}, span{0, 400}},
	} {
		made := reference(photo, shown, 150, 100)
		if got := compare(made, align(photo, prew.Contain, made)); got.psnr < 55 {
			t.Errorf("%v: %.1f dB from its reference", shown, got.psnr)
		}
	}
}
