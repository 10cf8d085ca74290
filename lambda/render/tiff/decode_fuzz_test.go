package tiff

import (
	"bytes"
	"image"
	"image/color"
	"testing"

	"golang.org/x/image/tiff"

	"prew/lambda/render/plane"
)

// fuzzPixels is the largest picture that is fuzzed: larger ones only take longer.
const fuzzPixels = 128 * 128

// FuzzDecode holds rows against golang.org/x/image's, where both take a picture and
// that is right.
func FuzzDecode(f *testing.F) {
	for _, name := range sources(f) {
		f.Add(read1(f, name))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		var d Decoder
		h, err := d.Open(file)
		if err != nil || h.Width*h.Height > fuzzPixels || h.Memory > 64<<20 {
			return
		}
		p := &d.page
		_, rows, err := decode(file)
		if err != nil {
			return
		}
		samples := h.Width * h.Height
		if h.Form != plane.Grey {
			samples *= 4
		}
		if h.Deep {
			samples *= 2
		}
		if len(rows) != samples {
			t.Fatalf("%+v has %d bytes", h, len(rows))
		}
		if !comparable(p) {
			return
		}
		want, err := tiff.Decode(bytes.NewReader(file))
		if err != nil {
			return
		}
		if size := want.Bounds().Size(); size != image.Pt(h.Width, h.Height) {
			t.Fatalf("%+v is %v", h, size)
		}
		got := imageOf(h, p.associated, rows)
		for y := range h.Height {
			for x := range h.Width {
				if got, want := got(x, y), want.At(x, y); !alike(got, want) {
					t.Fatalf("%+v has %v at %d, %d, expected %v", h, got, x, y, want)
				}
			}
		}
	})
}

// comparable says whether golang.org/x/image has a picture right, and means the same
// by it.
func comparable(p *page) bool {
	switch {
	case p.fax(), p.separate, p.turned, p.signed, p.associated:
		return false
	case p.photometric == photometricPalette:
		return p.bits == 8 && p.perPixel == 1
	case p.sample == sampleWords && p.bits != 16, p.sample == sampleFloat:
		return false
	}
	return p.perPixel == 1 || p.perPixel == 3 || p.alpha == 3 && p.perPixel == 4
}

// imageOf is the pixels of rows.
func imageOf(h Header, associated bool, rows []byte) func(x, y int) color.Color {
	return func(x, y int) color.Color {
		i := y*h.Width + x
		sample := func(n int) uint16 {
			if h.Deep {
				return uint16(rows[2*n])<<8 | uint16(rows[2*n+1])
			}
			return uint16(rows[n]) * 257
		}
		if h.Form == plane.Grey {
			return color.Gray16{Y: sample(i)}
		}
		return color.NRGBA64{R: sample(4 * i), G: sample(4*i + 1), B: sample(4*i + 2), A: sample(4*i + 3)}
	}
}

func alike(a, b color.Color) bool {
	r1, g1, b1, a1 := a.RGBA()
	r2, g2, b2, a2 := b.RGBA()
	return r1 == r2 && g1 == g2 && b1 == b2 && a1 == a2
}
