package webp

import (
	"bytes"
	"image"
	"image/draw"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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
		{"more than a part", 500, 300, 257, true, Balanced},
		{"more than the window", 1200, 900, 100, false, Balanced},
		{"more than the window, small", 1200, 900, 100, true, Small},
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
			if _, err := exec.LookPath("dwebp"); err == nil && !bytes.Equal(dwebpPixels(t, data), m.Pix) {
				t.Error("other pixels in libwebp")
			}
		})
	}
}

// dwebpPixels are the pixels that libwebp decodes a file to: red, green, blue and alpha.
func dwebpPixels(t testing.TB, data []byte) []byte {
	file := filepath.Join(t.TempDir(), "webp")
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
	pam, err := exec.Command("dwebp", "-quiet", "-pam", file, "-o", "-").Output()
	if err != nil {
		t.Fatalf("dwebp: %v", err)
	}
	_, pixels, _ := bytes.Cut(pam, []byte("ENDHDR\n"))
	return pixels
}

// sheet is white, with a block of lines of text at each place, all alike, and a few
// hundred colours in its last row, so that there is no palette.
func sheet(width, height int, blocks ...image.Point) *image.NRGBA {
	r := rand.New(rand.NewPCG(3, 4))
	block := image.NewNRGBA(image.Rect(0, 0, 180, 40))
	for i := range block.Pix {
		block.Pix[i] = 255
	}
	for y := range 40 {
		for x := range 180 {
			if y%10 < 7 && r.IntN(4) == 0 {
				clear(block.Pix[block.PixOffset(x, y):][:3])
			}
		}
	}
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for i := range m.Pix {
		m.Pix[i] = 255
	}
	for x := range min(width, 400) {
		p := m.Pix[m.PixOffset(x, height-1):]
		p[0], p[1] = uint8(x/2), uint8(x%2)
	}
	for _, at := range blocks {
		draw.Draw(m, block.Rect.Add(at), block, image.Point{}, draw.Src)
	}
	return m
}

// TestLosslessRepeatsText: text costs its bytes once, however far apart it stands.
func TestLosslessRepeatsText(t *testing.T) {
	const width, height = 600, 700
	size := func(blocks ...image.Point) int {
		m := sheet(width, height, blocks...)
		return len(new(Encoder).EncodeLossless(m.Pix, m.Stride, width, height, EncodeOptions{}))
	}
	top := image.Pt(20, 10)
	once := size(top)
	for _, again := range []image.Point{{20, 60}, {317, 13}, {391, 600}} {
		if twice := size(top, again); twice > once+once/8 {
			t.Errorf("text at %v and %v takes %d bytes, and once %d", top, again, twice, once)
		}
	}
}

// TestCopiesAreOfTheirPixels holds copies to the pixels that they copy, to the longest
// and to the farthest, and all together to the image.
func TestCopiesAreOfTheirPixels(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	noise := make([]uint32, 3000)
	for i := range noise {
		noise[i] = r.Uint32()
	}
	flat := func(n int) []uint32 { return make([]uint32, n) }
	var words []uint32
	for range 60_000 {
		at := r.IntN(100)
		words = append(words, noise[at:at+1+r.IntN(9)]...)
	}
	for _, test := range []struct {
		name   string
		pixels []uint32
		copies int // at most, of copies and single pixels
	}{
		{"one", flat(1), 1},
		{"two", noise[:2], 2},
		{"flat behind noise", slices.Concat(noise[:2], flat(3*partLength)), 4 + 3*(partLength/maxCopy+1)},
		{"noise", noise, 3000},
		{"noise again", slices.Concat(noise, noise), 3002},
		{"noise as far as copies reach", slices.Concat(noise, flat(maxDistance-3000), noise), 4000},
		{"noise farther than copies reach", slices.Concat(noise, flat(maxDistance), noise), 7000},
		{"words", words, 200_000},
	} {
		for _, width := range []int{1, 7, 500} {
			var e imageEncoder
			e.prepare(test.pixels, width, 24, usefulCacheBits)
			e.parser.prices.learn(&e.symbols)
			copies := e.parser.parse(&e.finder, e.pixels, width, e.cacheBits, e.codes)
			if len(copies) > test.copies {
				t.Errorf("%s, width %d: %d copies and single pixels, want at most %d", test.name, width, len(copies), test.copies)
			}
			at := 0
			for _, c := range copies {
				length, distance := c.length(), c.distance()
				if length > maxCopy || distance > maxDistance || distance > at || at+length > len(test.pixels) {
					t.Fatalf("%s, width %d: at %d of %d a copy of %d pixels from %d before", test.name, width, at, len(test.pixels), length, distance)
				}
				for i := range length {
					if test.pixels[at+i] != test.pixels[at+i-distance] {
						t.Fatalf("%s, width %d: at %d a copy of other pixels", test.name, width, at)
					}
				}
				at += length
			}
			if at != len(test.pixels) {
				t.Errorf("%s, width %d: %d pixels of %d", test.name, width, at, len(test.pixels))
			}
		}
	}
}

// TestTallyIsOfEachCache: counting for all colour caches at once comes to what counting
// for each comes to, and the cache with which the image takes least is chosen.
func TestTallyIsOfEachCache(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for colours := 2; colours < 5000; colours *= 3 {
		pixels := make([]uint32, 6000)
		for i := range pixels {
			pixels[i] = uint32(r.IntN(colours)) * 0x00ab1235
		}
		var e imageEncoder
		e.prepare(pixels, 100, 24, 0)
		copies := e.parser.copies
		e.tally.count(pixels, copies, e.codes, usefulCacheBits)
		best, symbols, least := e.tally.choose(usefulCacheBits)
		for bits := range uint(usefulCacheBits + 1) {
			e.cacheBits = bits
			h := newHistogram(bits)
			e.count(copies, func(_, kind, symbol int) { h[kind][symbol]++ })
			if rate := h.rate(); rate < least {
				t.Errorf("%d colours: %d bits take %d, less than the %d of %d", colours, bits, rate, least, best)
			}
			for kind := range h {
				if bits == best && !slices.Equal(h[kind], symbols[kind]) {
					t.Errorf("%d colours: other symbols of kind %d", colours, kind)
				}
			}
		}
	}
}

// TestEncoderKeepsNothing: what is encoded does not depend on what was encoded before.
func TestEncoderKeepsNothing(t *testing.T) {
	small, large := pixelsOf(60, 50, 300, false), sheet(400, 400, image.Pt(9, 9), image.Pt(200, 300))
	var e Encoder
	for range 2 {
		for _, m := range []*image.NRGBA{small, large} {
			size := m.Rect.Size()
			want := new(Encoder).EncodeLossless(m.Pix, m.Stride, size.X, size.Y, EncodeOptions{})
			if !bytes.Equal(e.EncodeLossless(m.Pix, m.Stride, size.X, size.Y, EncodeOptions{}), want) {
				t.Errorf("%v: other bytes by an encoder that was used before", size)
			}
		}
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
