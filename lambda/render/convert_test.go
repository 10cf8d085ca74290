package render

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"strings"
	"testing"

	"prew"
	"prew/lambda/render/colour"
	ownjpeg "prew/lambda/render/jpeg"
	"prew/lambda/render/plane"
	ownpng "prew/lambda/render/png"
)

// displayP3 is a profile whose colours are Display P3's (H.273: primaries 12, sRGB's
// curve).
func displayP3(t *testing.T) []byte {
	t.Helper()
	transform, err := colour.FromCICP(12, 13)
	if err != nil {
		t.Fatal(err)
	}
	return transform.Embed()
}

// even is a picture of one colour.
func even(c color.NRGBA) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, 32, 24))
	for i := 0; i < len(m.Pix); i += 4 {
		m.Pix[i], m.Pix[i+1], m.Pix[i+2], m.Pix[i+3] = c.R, c.G, c.B, c.A
	}
	return m
}

// withProfile is a picture as JPEG and PNG that carry a profile.
func withProfile(m *image.NRGBA, icc []byte) map[string][]byte {
	var e engine
	var jpegs ownjpeg.Encoder
	var pngs ownpng.Encoder
	return map[string][]byte{
		"jpeg": jpegs.Encode(e.lumaChroma(m, 2), ownjpeg.EncodeOptions{Quality: 95, ICC: icc}),
		"png":  pngs.Encode(m.Pix, m.Stride, m.Rect.Dx(), m.Rect.Dy(), ownpng.RGBA, icc),
	}
}

// TestColoursBecomeSRGB has a colour of Display P3, and what it is in sRGB by the
// matrices of both (CSS Color 4, section 10.2).
func TestColoursBecomeSRGB(t *testing.T) {
	p3, srgb := color.NRGBA{200, 100, 50, 255}, color.NRGBA{215, 93, 31, 255}
	for name, src := range withProfile(even(p3), displayP3(t)) {
		for _, format := range []prew.Format{prew.JPEG, prew.PNG} {
			_, got := rendered(t, src, prew.Preset{Width: 16, Format: format})
			nearColour(t, got, 8, 6, srgb, 3)
			if t.Failed() {
				t.Fatalf("%s as %s", name, format)
			}
		}
	}
}

// TestKeptColoursCarryTheirProfile renders a preview of a preview that carries one: its
// colours are then those that the photo's are.
func TestKeptColoursCarryTheirProfile(t *testing.T) {
	p3, srgb := color.NRGBA{200, 100, 50, 255}, color.NRGBA{215, 93, 31, 255}
	for name, src := range withProfile(even(p3), displayP3(t)) {
		for _, format := range []prew.Format{prew.JPEG, prew.PNG} {
			kept, got := rendered(t, src, prew.Preset{Width: 32, Colour: prew.Keep, Format: format})
			nearColour(t, got, 8, 6, p3, 3)
			_, again := rendered(t, kept.Data, prew.Preset{Width: 16, Format: prew.PNG})
			nearColour(t, again, 8, 6, srgb, 3)
			if t.Failed() {
				t.Fatalf("%s as %s", name, format)
			}
		}
	}
}

// TestBrokenProfileIsNoted: the photo is read as sRGB.
func TestBrokenProfileIsNoted(t *testing.T) {
	c := color.NRGBA{200, 100, 50, 255}
	for name, src := range withProfile(even(c), displayP3(t)[:200]) {
		preview, got := rendered(t, src, prew.Preset{Width: 16})
		nearColour(t, got, 8, 6, c, 3)
		if !strings.HasPrefix(preview.Note, "colour profile: ") {
			t.Errorf("%s: the note is %q", name, preview.Note)
		}
	}
}

// TestColourChunksOfPNG: code points count before a profile, this before sRGB, and that
// before a gamma (PNG, third edition, 4.3).
func TestColourChunksOfPNG(t *testing.T) {
	p3, srgb := color.NRGBA{200, 100, 50, 255}, color.NRGBA{215, 93, 31, 255}
	plain := asPNG(even(p3))
	chunk := func(name string, payload ...byte) []byte {
		c := binary.BigEndian.AppendUint32(nil, uint32(len(payload)))
		c = append(append(c, name...), payload...)
		return binary.BigEndian.AppendUint32(c, crc32.ChecksumIEEE(c[4:]))
	}
	cicp, plainSRGB, linear := chunk("cICP", 12, 13, 0, 1), chunk("sRGB", 0), chunk("gAMA", 0, 1, 0x86, 0xa0)
	for _, test := range []struct {
		name   string
		chunks [][]byte
		want   color.NRGBA
	}{
		{"none", nil, p3},
		{"code points", [][]byte{cicp}, srgb},
		{"code points and sRGB", [][]byte{plainSRGB, cicp}, srgb},
		{"sRGB and a gamma", [][]byte{linear, plainSRGB}, p3},
		{"a gamma of 1", [][]byte{linear}, color.NRGBA{229, 168, 122, 255}},
	} {
		const afterIHDR = 8 + 25
		src := append(bytes.Clone(plain[:afterIHDR]), bytes.Join(test.chunks, nil)...)
		_, got := rendered(t, append(src, plain[afterIHDR:]...), prew.Preset{Width: 16, Format: prew.PNG})
		nearColour(t, got, 8, 6, test.want, 2)
		if t.Failed() {
			t.Fatal(test.name)
		}
	}
}

// TestInksOfJPEGs has planes of one value each. 255 is no ink, but of the three that are
// stored as luma and chroma.
func TestInksOfJPEGs(t *testing.T) {
	paper := frame{form: cmykInverted, planes: fields(255, 255, 255, 255)}
	black := frame{form: cmykInverted, planes: fields(255, 255, 255, 0)}
	red := frame{form: cmykInverted, planes: fields(255, 0, 0, 255)}
	redToo := frame{form: ycck, planes: fields(179, 171, 0, 255)} // 0, 255, 255 as red, green and blue
	var e engine
	at := func(f frame) color.NRGBA {
		f, err := e.convert(f, plan{}, prew.Preset{Colour: prew.SRGB})
		if err != nil {
			t.Fatal(err)
		}
		return f.pixels.NRGBAAt(1, 1)
	}
	if c := at(paper); c != white {
		t.Errorf("paper is %v", c)
	}
	if c := at(black); c.R > 60 || c.G > 60 || c.B > 60 {
		t.Errorf("black is %v", c)
	}
	first, second := at(red), at(redToo)
	if first.R < 180 || first.G > 80 || first.B > 80 {
		t.Errorf("magenta and yellow are %v, want red", first)
	}
	if first != second {
		t.Errorf("as luma and chroma they are %v, want %v", second, first)
	}
}

// fields are planes of one value each.
func fields(values ...uint8) []plane.Plane {
	var planes []plane.Plane
	for _, v := range values {
		planes = append(planes, plane.Plane{Pix: bytes.Repeat([]byte{v}, 9), Stride: 3, Width: 3, Height: 3})
	}
	return planes
}
