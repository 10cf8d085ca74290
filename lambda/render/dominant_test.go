package render

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"testing"

	"prew"
)

// outlineOf renders and returns the outline.
func outlineOf(t *testing.T, src []byte, p prew.Preset) prew.Outline {
	t.Helper()
	p, err := p.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	preview, err := Render(bytes.NewReader(src), p)
	if err != nil {
		t.Fatal(err)
	}
	return preview.Outline
}

// halves is of the colour a above the row at, and of b from there on.
func halves(w, h, at int, a, b color.NRGBA) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		c := a
		if y >= at {
			c = b
		}
		for x := range w {
			m.SetNRGBA(x, y, c)
		}
	}
	return m
}

// TestOutline: the size is that of the photo as seen, whatever is made of it, and the colour
// that of the preview, the same on every processor.
func TestOutline(t *testing.T) {
	photo := asJPEG(sign(120, 80))
	for name, test := range map[string]struct {
		src    []byte
		preset prew.Preset
		want   prew.Outline
	}{
		"jpeg":              {photo, prew.Preset{Width: 60}, prew.Outline{Width: 120, Height: 80, Colour: "#b7b7b7"}},
		"cover":             {photo, prew.Preset{Width: 40, Height: 40, Fit: prew.Cover, Gravity: prew.Left}, prew.Outline{Width: 120, Height: 80, Colour: "#787878"}},
		"pad":               {photo, prew.Preset{Width: 60, Height: 90, Fit: prew.Pad, Background: "#c03080"}, prew.Outline{Width: 120, Height: 80, Colour: "#bf3080"}},
		"smart":             {photo, prew.Preset{Width: 40, Height: 60, Fit: prew.Cover, Gravity: prew.Smart}, prew.Outline{Width: 120, Height: 80, Colour: "#787878", Crop: "0,0,53,80"}},
		"png of jpeg":       {photo, prew.Preset{Width: 60, Format: prew.PNG}, prew.Outline{Width: 120, Height: 80, Colour: "#b7b7b7"}},
		"webp":              {photo, prew.Preset{Width: 60, Format: prew.WebP}, prew.Outline{Width: 120, Height: 80, Colour: "#b7b7b7"}},
		"thumbhash":         {photo, prew.Preset{Format: prew.ThumbHash}, prew.Outline{Width: 120, Height: 80, Colour: "#b7b7b7"}},
		"blurhash":          {photo, prew.Preset{Format: prew.BlurHash}, prew.Outline{Width: 120, Height: 80, Colour: "#b7b7b7"}},
		"sepia":             {photo, prew.Preset{Width: 60, Tone: prew.Sepia}, prew.Outline{Width: 120, Height: 80, Colour: "#ffe8b4"}},
		"own file":          {coarse(sign(120, 80)), prew.Preset{Width: 4000}, prew.Outline{Width: 120, Height: 80, Colour: "#b7b7b7"}},
		"turned":            {jpegWithEXIF(asJPEG(stored(sign(120, 80), 6)), exif(binary.BigEndian, 6)), prew.Preset{Width: 60}, prew.Outline{Width: 120, Height: 80, Colour: "#b7b7b7"}},
		"upside down":       {jpegWithEXIF(asJPEG(stored(sign(120, 80), 3)), exif(binary.BigEndian, 3)), prew.Preset{Width: 60}, prew.Outline{Width: 120, Height: 80, Colour: "#b7b8b7"}},
		"grey":              {asJPEG(greyOf(sign(120, 80))), prew.Preset{Width: 60}, prew.Outline{Width: 120, Height: 80, Colour: "#787878"}},
		"glass":             {asPNG(glass(120, 80)), prew.Preset{Width: 60}, prew.Outline{Width: 120, Height: 80, Colour: "#787878"}},
		"glass on a colour": {asPNG(glass(120, 80)), prew.Preset{Width: 60, Format: prew.JPEG, Background: "#3080ff"}, prew.Outline{Width: 120, Height: 80, Colour: "#3481fd"}},
		"gif":               {asGIF(sign(120, 80), image.Pt(120, 80)), prew.Preset{Width: 60}, prew.Outline{Width: 120, Height: 80, Colour: "#c0c0c0"}},
		"one pixel":         {asPNG(even(color.NRGBA{1, 2, 3, 255}).SubImage(image.Rect(0, 0, 1, 1))), prew.Preset{Width: 4000}, prew.Outline{Width: 1, Height: 1, Colour: "#010203"}},
		"nothing to see":    {asPNG(image.NewNRGBA(image.Rect(0, 0, 40, 30))), prew.Preset{Width: 4000}, prew.Outline{Width: 40, Height: 30}},
		"a strip":           {asPNG(halves(3000, 2, 1, color.NRGBA{9, 9, 9, 255}, color.NRGBA{9, 9, 9, 255})), prew.Preset{Width: 4000}, prew.Outline{Width: 3000, Height: 2, Colour: "#090909"}},
	} {
		if got := outlineOf(t, test.src, test.preset); got != test.want {
			t.Errorf("%s: %+v, want %+v", name, got, test.want)
		}
	}
}

// TestDominantIsWhatMostHas, however little more than of another colour; half transparent
// counts, and more so does not.
func TestDominantIsWhatMostHas(t *testing.T) {
	red, blue := color.NRGBA{200, 40, 30, 255}, color.NRGBA{20, 60, 190, 255}
	half, less := color.NRGBA{200, 40, 30, 128}, color.NRGBA{200, 40, 30, 127}
	for _, test := range []struct {
		above color.NRGBA
		at    int
		want  string
	}{
		{red, 51, "#c8281e"}, {red, 49, "#143cbe"}, {red, 100, "#c8281e"}, {half, 51, "#c8281e"}, {less, 51, "#143cbe"},
	} {
		src := asPNG(halves(100, 100, test.at, test.above, blue))
		for _, format := range []prew.Format{prew.PNG, prew.WebP, prew.ThumbHash} {
			if got := outlineOf(t, src, prew.Preset{Width: 100, Format: format}); got.Colour != test.want {
				t.Errorf("%v above row %d as %s: %s, want %s", test.above, test.at, format, got.Colour, test.want)
			}
		}
	}
}

// TestCornersThatAreCutOffHaveNoColour: outside of a circle all is red, and inside no two
// tiles are alike.
func TestCornersThatAreCutOffHaveNoColour(t *testing.T) {
	m := image.NewNRGBA(image.Rect(0, 0, 100, 100))
	for y := range 100 {
		for x := range 100 {
			c := color.NRGBA{R: 255, A: 255}
			if dx, dy := 2*x-99, 2*y-99; dx*dx+dy*dy < 100*100 {
				c = color.NRGBA{R: uint8(x / 10 * 25), G: uint8(y / 10 * 25), B: 128, A: 255}
			}
			m.SetNRGBA(x, y, c)
		}
	}
	square := prew.Preset{Width: 100, Height: 100, Format: prew.WebP}
	round := square
	round.Circle = true
	red := func(p prew.Preset) bool { return outlineOf(t, asJPEG(m), p).Colour[:2] == "#f" }
	if !red(square) || red(round) {
		t.Errorf("red: %t of the square, want true, and %t of the circle, want false", red(square), red(round))
	}
}

// TestDominantIsInSRGB: a preview that keeps its profile has the colour that it is shown in.
func TestDominantIsInSRGB(t *testing.T) {
	for kind, src := range withProfile(even(color.NRGBA{180, 90, 60, 255}), displayP3(t)) {
		kept := outlineOf(t, src, prew.Preset{Width: 32, Colour: prew.Keep, Format: prew.JPEG})
		converted := outlineOf(t, src, prew.Preset{Width: 32, Format: prew.JPEG})
		var a, b color.NRGBA
		a, b = colourOf(t, kept.Colour), colourOf(t, converted.Colour)
		if a == (color.NRGBA{180, 90, 60, 255}) {
			t.Errorf("%s: %s is not sRGB's", kind, kept.Colour)
		}
		pixel := image.NewUniform(a)
		nearColour(t, pixel, 0, 0, b, 3)
	}
}

// colourOf is what #rrggbb means.
func colourOf(t *testing.T, text string) color.NRGBA {
	t.Helper()
	if len(text) != 7 {
		t.Fatalf("%q is no colour", text)
	}
	c := background(prew.Preset{Background: text})
	return color.NRGBA{c.R, c.G, c.B, 255}
}

func BenchmarkDominant(b *testing.B) {
	var e engine
	for name, f := range map[string]frame{
		"planes": {planes: e.lumaChroma(sign(1440, 1080), 2)}, "pixels": {pixels: sign(1440, 1080)},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				e.dominant(f)
			}
		})
	}
}
