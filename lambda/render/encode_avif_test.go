package render

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"strings"
	"testing"

	"prew"
)

// TestAVIF: of every form of frame an AVIF shows about what a PNG shows, in a picture of the same
// size.
func TestAVIF(t *testing.T) {
	photo := asJPEG(sign(120, 80))
	for _, test := range []struct {
		name   string
		src    []byte
		preset prew.Preset
	}{
		{"planes", photo, prew.Preset{Width: 60}},
		{"planes of odd sides", photo, prew.Preset{Width: 61, Height: 33, Fit: prew.Cover, Gravity: prew.Smart}},
		{"whole chroma", photo, prew.Preset{Width: 60, Chroma: prew.Chroma444}},
		{"grey", asJPEG(greyOf(sign(120, 80))), prew.Preset{Width: 60, Effort: prew.Fast}},
		{"turned", jpegWithEXIF(asJPEG(stored(sign(120, 80), 6)), exif(binary.BigEndian, 6)), prew.Preset{Width: 60, Effort: prew.Small}},
		{"pixels", asPNG(sign(120, 80)), prew.Preset{Width: 60}},
		{"pixels, whole chroma", asPNG(sign(120, 80)), prew.Preset{Width: 60, Chroma: prew.Chroma444}},
		{"alpha", asPNG(glass(120, 80)), prew.Preset{Width: 60}},
		{"round corners", photo, prew.Preset{Width: 61, Radius: 12}},
		{"padded", photo, prew.Preset{Width: 60, Height: 60, Fit: prew.Pad, Background: prew.Blurred}},
		{"smaller than its box", photo, prew.Preset{Width: 500}},
		{"of another AVIF", testdata(t, "../heif/testdata/half.avif"), prew.Preset{Width: 60}},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.preset.Format, test.preset.Quality = prew.AVIF, 95
			preview, got := rendered(t, test.src, test.preset)
			if preview.ContentType != "image/avif" {
				t.Errorf("content type is %s", preview.ContentType)
			}
			test.preset.Format = prew.PNG
			_, want := rendered(t, test.src, test.preset)
			if far := meanDistance(got, want); far > 6 {
				t.Errorf("channels differ by %.1f of 255 in the mean, want at most 6", far)
			}
		})
	}
}

// meanDistance is by how much the channels of two pictures of one size differ in the mean, colours
// being multiplied by alpha.
func meanDistance(a, b image.Image) float64 {
	r, sum := a.Bounds(), 0
	if r != b.Bounds() {
		return 255
	}
	for y := range r.Dy() {
		for x := range r.Dx() {
			p, q := channelsAt(a, x, y), channelsAt(b, x, y)
			for i := range p {
				sum += max(p[i], q[i]) - min(p[i], q[i])
			}
		}
	}
	return float64(sum) / float64(4*r.Dx()*r.Dy())
}

func channelsAt(m image.Image, x, y int) [4]int {
	r, g, b, a := m.At(x, y).RGBA()
	return [4]int{int(r >> 8), int(g >> 8), int(b >> 8), int(a >> 8)}
}

// TestAVIFCarriesTheProfile where colours are kept, and then only.
func TestAVIFCarriesTheProfile(t *testing.T) {
	p3, srgb := color.NRGBA{200, 100, 50, 255}, color.NRGBA{215, 93, 31, 255}
	for name, src := range withProfile(even(p3), displayP3(t)) {
		for colour, want := range map[prew.Colour]bool{prew.Keep: true, prew.SRGB: false} {
			preview, got := rendered(t, src, prew.Preset{Width: 32, Format: prew.AVIF, Colour: colour})
			nearColour(t, got, 8, 6, srgb, 6) // decodeAVIF makes them sRGB's
			if got := bytes.Contains(preview.Data, []byte("colrprof")); got != want {
				t.Errorf("%s, %s: there is a profile: %t, want %t", name, colour, got, want)
			}
		}
	}
}

// TestTooLongForItsFormat: a side that is left free may be longer than a format has room for.
func TestTooLongForItsFormat(t *testing.T) {
	src := asPNG(image.NewGray(image.Rect(0, 0, 2, 16_385)))
	for format, limit := range map[prew.Format]string{prew.WebP: "16383", prew.AVIF: "16384"} {
		p, err := prew.Preset{Width: 2, Format: format}.Resolve()
		if err != nil {
			t.Fatal(err)
		}
		_, err = Render(bytes.NewReader(src), p)
		failure, ok := err.(*prew.RenderError)
		if !ok || failure.Code != prew.SourceTooLarge || !strings.Contains(failure.Message, "2x16385") || !strings.Contains(failure.Message, limit) {
			t.Errorf("%s: %v, want a refusal that names 2x16385 and %s", format, err, limit)
		}
	}
	for _, format := range []prew.Format{prew.JPEG, prew.PNG} {
		if preview, _ := rendered(t, src, prew.Preset{Width: 2, Format: format}); preview.Height != 16_385 {
			t.Errorf("%s has the height %d, want 16385", format, preview.Height)
		}
	}
}
