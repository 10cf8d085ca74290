package webp

import (
	"bytes"
	"image"
	"math/rand/v2"
	"testing"

	"golang.org/x/image/webp"

	"prew/lambda/render/plane"
)

// pixelsOf makes pixels of a kind: few colours, many, noise, alpha.
func pixelsOf(width, height, colours int, alpha bool) *image.NRGBA {
	r := rand.New(rand.NewPCG(uint64(width), uint64(colours)))
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for i := range width * height {
		x, y := i%width, i/width
		p := m.Pix[4*i:][:4]
		switch {
		case colours == 0:
			p[0], p[1], p[2], p[3] = uint8(r.Uint32()), uint8(r.Uint32()), uint8(r.Uint32()), 255
		case colours > 256:
			p[0], p[1], p[2], p[3] = landscape(0, x, y), landscape(1, x, y), landscape(2, x, y), 255
		default:
			n := (x/5*7 + y/3*11) % colours
			p[0], p[1], p[2], p[3] = uint8(n*37), uint8(255-n), uint8(n*n), 255
		}
		if alpha {
			p[3] = uint8(min(max(4*(x-y)+100, 0), 255))
			if p[3] == 0 {
				p[0], p[1], p[2] = 0, 0, 0
			}
		}
	}
	return m
}

// TestLosslessComesBack decodes what is encoded, in x/image, in this package and in
// libwebp where that is there.
func TestLosslessComesBack(t *testing.T) {
	for _, test := range []struct {
		name          string
		width, height int
		colours       int
		alpha         bool
		effort        Effort
	}{
		{"one pixel", 1, 1, 1, false, Balanced},
		{"one colour", 70, 40, 1, false, Balanced},
		{"two colours", 71, 40, 2, false, Balanced},
		{"four colours", 71, 40, 4, false, Fast},
		{"sixteen colours", 71, 40, 16, false, Small},
		{"a hundred colours", 71, 40, 100, false, Balanced},
		{"all of a palette", 300, 200, 256, false, Balanced},
		{"many colours", 120, 90, 257, false, Balanced},
		{"many colours, fast", 120, 90, 257, false, Fast},
		{"many colours, small", 120, 90, 257, false, Small},
		{"noise", 60, 50, 0, false, Balanced},
		{"a row of noise", 200, 1, 0, false, Balanced},
		{"a column", 1, 200, 257, false, Balanced},
		{"alpha", 120, 90, 257, true, Balanced},
		{"alpha and few colours", 120, 90, 3, true, Balanced},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := pixelsOf(test.width, test.height, test.colours, test.alpha)
			data := new(Encoder).EncodeLossless(m.Pix, m.Stride, test.width, test.height, EncodeOptions{Effort: test.effort})
			t.Logf("%d bytes", len(data))
			theirs, err := webp.Decode(bytes.NewReader(data))
			if err != nil {
				t.Fatalf("x/image: %v", err)
			}
			if !bytes.Equal(theirs.(*image.NRGBA).Pix, m.Pix) {
				t.Error("other pixels in x/image")
			}
			_, ours, err := decode(data)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(ours.Pix, m.Pix) {
				t.Error("other pixels")
			}
		})
	}
}

// TestAlphaComesBack: alpha has no loss beside lossy colours.
func TestAlphaComesBack(t *testing.T) {
	const width, height = 97, 60
	r := rand.New(rand.NewPCG(7, 8))
	for name, of := range map[string]func(x, y int) uint8{
		"clear":    func(x, y int) uint8 { return 0 },
		"slope":    func(x, y int) uint8 { return uint8(2*x + y) },
		"mask":     func(x, y int) uint8 { return uint8(255 * (x / 40 % 2)) },
		"noise":    func(x, y int) uint8 { return uint8(r.Uint32()) },
		"few":      func(x, y int) uint8 { return uint8((x + y) / 20 * 25) },
		"vertical": func(x, y int) uint8 { return uint8(x * x) },
	} {
		alpha := plane.Plane{Pix: make([]uint8, width*height), Stride: width, Width: width, Height: height}
		for i := range alpha.Pix {
			alpha.Pix[i] = of(i%width, i/width)
		}
		data := new(Encoder).Encode(landscapes(width, height, 3), EncodeOptions{Quality: 80, Alpha: alpha, ICC: []byte("profile")})
		h, m, err := decode(data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if string(h.ICC) != "profile" {
			t.Errorf("%s: the profile is %q", name, h.ICC)
		}
		for i, want := range alpha.Pix {
			if got := m.Pix[4*i+3]; got != want {
				t.Errorf("%s: alpha of pixel %d is %d, want %d", name, i, got, want)
				break
			}
		}
		if _, err := webp.Decode(bytes.NewReader(data)); err != nil {
			t.Errorf("%s: x/image: %v", name, err)
		}
	}
}

// TestCodesAreShort holds codes to their limit where counts would make them longer.
func TestCodesAreShort(t *testing.T) {
	counts := make([]uint32, 40)
	a, b := uint32(1), uint32(1)
	for i := range counts {
		counts[i] = a
		a, b = b, a+b
	}
	lengths := make([]uint8, len(counts))
	for _, limit := range []int{7, 15} {
		chooseLengths(lengths, counts, limit)
		room := 0
		for i, length := range lengths {
			if length == 0 || int(length) > limit {
				t.Errorf("the code of symbol %d has %d bits, limit is %d", i, length, limit)
			}
			room += 1 << (limit - int(length))
		}
		if room != 1<<limit {
			t.Errorf("codes of at most %d bits fill %d of %d", limit, room, 1<<limit)
		}
	}
}

// FuzzEncodeLossless encodes any pixels: they come back.
func FuzzEncodeLossless(f *testing.F) {
	f.Add([]byte("\x20\x00 some pixels, which are repeated"))
	f.Add([]byte("\x03\x01\x00\x00\x00\xff\xff\x00\x00\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) < 6 {
			t.Skip()
		}
		width := 1 + int(data[0])
		height := max((len(data)-2)/4/width, 1)
		m := image.NewNRGBA(image.Rect(0, 0, width, height))
		for i := range m.Pix {
			m.Pix[i] = data[2+i%(len(data)-2)]
		}
		for i := 0; i < len(m.Pix); i += 4 {
			if m.Pix[i+3] == 0 {
				clear(m.Pix[i : i+3])
			}
		}
		file := new(Encoder).EncodeLossless(m.Pix, m.Stride, width, height, EncodeOptions{Effort: Effort(data[1] % 3)})
		_, got, err := decode(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Pix, m.Pix) {
			t.Error("other pixels")
		}
	})
}
