package render

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"

	"prew"
)

// upon is a picture with another on it at a place, whose alpha counts so much.
func (r rgba) upon(under rgba, at image.Point, opacity float64) rgba {
	out := rgba{under.width, under.height, append([][4]float64(nil), under.pix...)}
	for y := range r.height {
		for x := range r.width {
			if !(image.Point{x, y}).Add(at).In(image.Rect(0, 0, under.width, under.height)) {
				continue
			}
			a, b := r.pix[y*r.width+x], &out.pix[(at.Y+y)*under.width+at.X+x]
			alpha, below := a[3]/255*opacity, b[3]/255
			all := alpha + below*(1-alpha)
			for c := range 3 {
				if all > 0 {
					b[c] = (a[c]*alpha + b[c]*below*(1-alpha)) / all
				}
			}
			b[3] = 255 * all
		}
	}
	return out
}

// TestWatermarkIsThePictureUponThePreview compares with a composition in floating point on the
// preview without it. The mark has the size in which it is drawn.
func TestWatermarkIsThePictureUponThePreview(t *testing.T) {
	m := glass(24, 16)
	file := prew.Mark(asPNG(m))
	for name, src := range map[string][]byte{
		"planes": asJPEG(sign(120, 80)),
		"grey":   asJPEG(greyOf(sign(120, 80))),
		"pixels": asPNG(sign(120, 80)),
		"alpha":  asPNG(glass(120, 80)),
	} {
		for _, format := range []prew.Format{prew.PNG, prew.JPEG} {
			plain := prew.Preset{Width: 96, Format: format, Quality: 100}
			_, under := rendered(t, src, plain)
			for _, test := range []struct {
				gravity prew.Gravity
				margin  string
				opacity int
				tile    bool
				at      []image.Point
			}{
				{prew.BottomRight, "0", 100, false, []image.Point{{72, 48}}},
				{prew.TopLeft, "0", 50, false, []image.Point{{0, 0}}},
				{prew.Center, "0", 100, false, []image.Point{{36, 24}}},
				{prew.Left, "2", 100, false, []image.Point{{2, 24}}},
				{prew.BottomRight, "2", 30, false, []image.Point{{70, 46}}},
				{prew.TopLeft, "25", 100, true, []image.Point{{-24, -16}, {24, -16}, {72, -16}, {-24, 24}, {24, 24}, {72, 24}, {-24, 64}, {24, 64}, {72, 64}}},
			} {
				preset := plain
				preset.Watermark, preset.Mark, preset.WatermarkWidth = "logo.png", file, 25
				preset.WatermarkGravity, preset.WatermarkMargin, preset.WatermarkOpacity, preset.WatermarkTile = test.gravity, test.margin, test.opacity, test.tile
				_, got := rendered(t, src, preset)
				want := rgbaOf(under)
				for _, at := range test.at {
					want = rgbaOf(m).upon(want, at, float64(test.opacity)/100)
				}
				least := 48.0
				if format == prew.JPEG {
					least = 25 // chroma of 4:2:0 has a mark's edges at every other pixel
				}
				if db := seenDecibels(rgbaOf(got), want); db < least {
					t.Errorf("%s, %s, %s, margin %s, opacity %d, tile %t: %.1f dB, want %v", name, format, test.gravity, test.margin, test.opacity, test.tile, db, least)
				}
				if _, again := rendered(t, src, preset); sumOf(again) != sumOf(got) {
					t.Errorf("%s, %s, %s: drawn before it is another", name, format, test.gravity)
				}
			}
		}
	}
}

func TestWatermarkIsAsWideAsThePresetSays(t *testing.T) {
	pt := image.Pt
	for _, test := range []struct {
		mark, picture image.Point
		width, margin int
		tile          bool
		want          image.Point
	}{
		{pt(100, 50), pt(1000, 800), 20, 30, false, pt(200, 100)}, // enlarged
		{pt(1000, 500), pt(1000, 800), 20, 30, false, pt(200, 100)},
		{pt(100, 50), pt(1000, 800), 100, 30, false, pt(940, 470)}, // its margin is left
		{pt(100, 50), pt(1000, 800), 100, 30, true, pt(1000, 500)},
		{pt(10, 1000), pt(1000, 800), 20, 30, false, pt(8, 740)},
		{pt(10, 1000), pt(1000, 800), 20, 0, true, pt(8, 800)},
		{pt(33, 33), pt(101, 101), 33, 0, false, pt(34, 34)}, // to even sides
		{pt(100, 50), pt(1, 1), 20, 0, false, pt(2, 2)},
		{pt(100, 50), pt(10, 9), 100, 40, false, pt(2, 2)},
		{pt(1, 65535), pt(8192, 1), 100, 0, false, pt(2, 2)},
	} {
		got := sizeOf(test.mark, test.picture, test.margin, prew.Preset{WatermarkWidth: test.width, WatermarkTile: test.tile})
		if got != test.want {
			t.Errorf("%v on %v, %d%%, margin %d, tile %t: %v, want %v", test.mark, test.picture, test.width, test.margin, test.tile, got, test.want)
		}
	}
}

// TestWatermarkOnSmallPictures has marks that are larger than the picture in one way or other.
func TestWatermarkOnSmallPictures(t *testing.T) {
	file := prew.Mark(asPNG(glass(9, 7)))
	for _, src := range [][]byte{asJPEG(sign(3, 5)), asPNG(glass(1, 1)), asJPEG(sign(1, 40)), asJPEG(greyOf(sign(41, 1)))} {
		for _, tile := range []bool{false, true} {
			for _, format := range []prew.Format{prew.JPEG, prew.PNG, prew.WebP} {
				rendered(t, src, prew.Preset{Width: 50, Format: format, Watermark: "m.png", WatermarkWidth: 100, WatermarkMargin: "40", WatermarkTile: tile, Mark: file})
			}
		}
	}
}

// TestWatermarkInAProfile: what is wide in gamut is drawn as sRGB's.
func TestWatermarkInAProfile(t *testing.T) {
	c := color.NRGBA{200, 100, 50, 255}
	file := withProfile(even(c), displayP3(t))["png"]
	if file == nil {
		t.Fatal("there is no PNG with a profile")
	}
	_, want := rendered(t, file, prew.Preset{Width: 16, Format: prew.PNG})
	_, got := rendered(t, asPNG(sign(120, 80)), prew.Preset{Width: 60, Format: prew.PNG, Watermark: "m.png", WatermarkGravity: prew.TopLeft, WatermarkMargin: "0", Mark: prew.Mark(file)})
	nearColour(t, got, 4, 4, want.At(4, 4), 1)
}

func TestWrongWatermarkIsNeverLeftOut(t *testing.T) {
	var large bytes.Buffer
	if err := png.Encode(&large, image.NewPaletted(image.Rect(0, 0, 2001, 2000), color.Palette{color.Black})); err != nil {
		t.Fatal(err)
	}
	good := string(asPNG(glass(120, 80)))
	for why, file := range map[string]string{
		"it is no PNG or WebP":                   "",
		"it is no PNG or WebP ":                  string(asJPEG(sign(40, 40))),
		"it is 2001x2000, limit is 4 megapixels": large.String(),
		"damaged PNG":                            good[:60],
		"PNG image: damaged PNG":                 good[:len(good)/2],
		"it has 131073 bytes, limit is 131072":   good + strings.Repeat("\x00", prew.MaxMark+1-len(good)),
		"WebP":                                   "RIFF\x10\x00\x00\x00WEBPVP8 \x04\x00\x00\x00abcd",
	} {
		p, err := prew.Preset{Width: 40, Watermark: "m.png", Mark: prew.Mark(file)}.Resolve()
		if err != nil {
			t.Fatal(err)
		}
		_, err = Render(bytes.NewReader(asJPEG(sign(120, 80))), p)
		failure, ok := err.(*prew.RenderError)
		if !ok || failure.Code != prew.WatermarkFailed || !strings.Contains(failure.Message, "watermark m.png: ") || !strings.Contains(failure.Message, strings.TrimSpace(why)) {
			t.Errorf("%v, want one with %q", err, why)
		}
	}
}

// TestDrawnMarksAreBounded draws more than is kept.
func TestDrawnMarksAreBounded(t *testing.T) {
	var cache markCache
	file := prew.Mark(asPNG(glass(40, 40)))
	for i := range 40 {
		key := markKey{file, image.Pt(1000, 200+2*i), 100, 2}
		m, err := cache.get(key)
		if err != nil {
			t.Fatal(err)
		}
		again, err := cache.get(key)
		if err != nil || again != m {
			t.Errorf("%v is drawn twice, %v", key.size, err)
		}
		total := 0
		for _, kept := range cache.marks {
			total += kept.memory()
		}
		if total > maxMarkMemory || len(cache.marks) != len(cache.keys) {
			t.Fatalf("%d marks of %d bytes are kept", len(cache.marks), total)
		}
	}
	if n := len(cache.keys); n < 5 || n > 20 {
		t.Errorf("%d are kept of 40 with some 900 kB each", n)
	}
	// One alone that is larger is drawn, and not kept.
	if _, err := cache.get(markKey{file, image.Pt(2000, 2000), 100, 2}); err != nil || len(cache.keys) != 0 {
		t.Errorf("%d are kept beside one of 18 MB, %v", len(cache.keys), err)
	}
}

// BenchmarkWatermark is what a mark that has been drawn before costs a preview of 1440 by 960.
func BenchmarkWatermark(b *testing.B) {
	file := prew.Mark(asPNG(glass(240, 160)))
	for _, preset := range []prew.Preset{{WatermarkWidth: 20}, {WatermarkWidth: 20, WatermarkTile: true, WatermarkOpacity: 50}, {WatermarkWidth: 100}} {
		for _, kind := range []string{"planes", "pixels", "alpha"} {
			preset.Width, preset.Watermark, preset.Mark = 1440, "m.png", file
			p, err := preset.Resolve()
			if err != nil {
				b.Fatal(err)
			}
			name := kind + "/once"
			switch {
			case p.WatermarkTile:
				name = kind + "/tiled"
			case p.WatermarkWidth == 100:
				name = kind + "/whole"
			}
			b.Run(name, func(b *testing.B) {
				var e engine
				m := sign(1440, 960)
				f := frame{form: rgb, pixels: m}
				switch kind {
				case "alpha":
					f.pixels = glass(1440, 960)
				case "planes":
					f = frame{form: lumaChroma, planes: e.lumaChroma(m, 2)}
				}
				for b.Loop() {
					if _, err := e.watermark(f, plan{}, p); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
