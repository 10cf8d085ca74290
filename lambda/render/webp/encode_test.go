package webp

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"image"
	"image/color"
	_ "image/gif"
	_ "image/jpeg"
	_ "image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"prew/lambda/render/plane"
)

// landscape is a sample of a picture with slopes, an edge, texture and a flat part.
func landscape(i, x, y int) uint8 {
	hills := 40 * math.Sin(float64(x)/23) * math.Cos(float64(y)/17+float64(i))
	v := 120 + hills
	switch {
	case i > 0:
		v = 128 + hills/2
	case x/31%3 == 1:
		v += float64((x*7919+y*104729+x*y*31)%97) - 48
	case y/29%4 == 2:
		v = 200
	case (x+y)/11%5 == 0:
		v -= 70
	}
	return uint8(min(max(v, 0), 255))
}

// landscapes are the planes of one, with chroma or without.
func landscapes(width, height, n int) []plane.Plane {
	var planes []plane.Plane
	for i := range n {
		w, h := width, height
		if i > 0 {
			w, h = (w+1)/2, (h+1)/2
		}
		p := plane.Plane{Pix: make([]uint8, w*h), Stride: w, Width: w, Height: h}
		for y := range h {
			for x := range w {
				p.Row(y)[x] = landscape(i, x, y)
			}
		}
		planes = append(planes, p)
	}
	return planes
}

// pictures are those that the tests of the encoder take.
var pictures = []struct {
	name   string
	planes []plane.Plane
	o      EncodeOptions
}{
	{"one", landscapes(1, 1, 3), EncodeOptions{Quality: 80}},
	{"row", landscapes(70, 1, 3), EncodeOptions{Quality: 80}},
	{"column", landscapes(1, 50, 3), EncodeOptions{Quality: 80}},
	{"odd", landscapes(97, 75, 3), EncodeOptions{Quality: 80}},
	{"grey", landscapes(97, 75, 1), EncodeOptions{Quality: 80}},
	{"fast", landscapes(160, 120, 3), EncodeOptions{Quality: 80, Effort: Fast}},
	{"balanced", landscapes(160, 120, 3), EncodeOptions{Quality: 80}},
	{"small", landscapes(160, 120, 3), EncodeOptions{Quality: 80, Effort: Small}},
	{"worst", landscapes(160, 120, 3), EncodeOptions{Quality: 1}},
	{"best", landscapes(160, 120, 3), EncodeOptions{Quality: 100}},
	{"profile", landscapes(64, 48, 3), EncodeOptions{Quality: 60, ICC: []byte("a profile")}},
}

// TestEncodedSums holds the bytes, which are the same on every architecture, to sums in
// testdata. Run it with -update to write them anew.
func TestEncodedSums(t *testing.T) {
	var e Encoder
	var sums strings.Builder
	for _, p := range pictures {
		data := e.Encode(p.planes, p.o)
		fmt.Fprintf(&sums, "%s: %d bytes, %x\n", p.name, len(data), sha256.Sum256(data))
	}
	for _, effort := range []Effort{Fast, Balanced, Small} {
		m := pixelsOf(120, 90, 257, true)
		data := e.EncodeLossless(m.Pix, m.Stride, 120, 90, EncodeOptions{Effort: effort})
		fmt.Fprintf(&sums, "lossless with effort %d: %d bytes, %x\n", effort, len(data), sha256.Sum256(data))
	}
	const file = "testdata/encoded.txt"
	if *update {
		if err := os.WriteFile(file, []byte(sums.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if sums.String() != string(want) {
		t.Errorf("encoded are\n%swant\n%s", sums.String(), want)
	}
}

// TestEncodedIsWhatDecodersMake holds what the encoder predicts from to what this
// package's decoder makes of the picture before the loop filter.
func TestEncodedIsWhatDecodersMake(t *testing.T) {
	for _, p := range pictures {
		var e Encoder
		if err := e.differs(p.planes, p.o); err != nil {
			t.Errorf("%s: %v", p.name, err)
		}
	}
}

// differs encodes a picture and says what is other in the decoder than in the encoder.
func (e *Encoder) differs(planes []plane.Plane, o EncodeOptions) error {
	columns, rows := (planes[0].Width+15)/16, (planes[0].Height+15)/16
	e.rebuilt = nil
	for i := range 3 {
		side := 16
		if i > 0 {
			side = 8
		}
		w, h := side*columns, side*rows
		e.rebuilt = append(e.rebuilt, plane.Plane{Pix: make([]uint8, w*h), Stride: w, Width: w, Height: h})
	}
	data := e.Encode(planes, o)
	var c container
	if err := c.read(data); err != nil {
		return err
	}
	var v vp8
	if err := v.open(c.lossy, c.width, c.height); err != nil {
		return err
	}
	v.header.frameLevel = 0
	decoded, err := v.decode(nil)
	if err != nil {
		return err
	}
	if v.first.over || v.parts[0].over {
		return fmt.Errorf("the decoder read behind the end of a partition")
	}
	for i, p := range decoded {
		for y := range p.Height {
			if got, want := p.Row(y), e.rebuilt[i].Row(y)[:p.Width]; !slices.Equal(got, want) {
				x := 0
				for got[x] == want[x] {
					x++
				}
				return fmt.Errorf("plane %d: sample %d,%d is %d, was %d", i, x, y, got[x], want[x])
			}
		}
	}
	return nil
}

// TestEncodedDecodesInLibwebp holds libwebp's planes to this package's, with the loop
// filter.
func TestEncodedDecodesInLibwebp(t *testing.T) {
	for _, p := range pictures {
		t.Run(p.name, func(t *testing.T) {
			if _, err := exec.LookPath("dwebp"); err != nil {
				t.Skip("there is no dwebp")
			}
			data := new(Encoder).Encode(p.planes, p.o)
			file := filepath.Join(t.TempDir(), "webp")
			if err := os.WriteFile(file, data, 0o644); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(dwebp(t, file), decodedPlanes(t, data)) {
				t.Error("other samples")
			}
		})
	}
}

// decodedPlanes returns the planes that the decoder makes of a file, one after another,
// in the limited range.
func decodedPlanes(t testing.TB, data []byte) []byte {
	t.Helper()
	samples, err := frameOf(data)
	if err != nil {
		t.Fatal(err)
	}
	return samples
}

// TestEncodedLooksRight holds pictures to what was encoded: better with each quality,
// and near from the start.
func TestEncodedLooksRight(t *testing.T) {
	planes := landscapes(160, 120, 3)
	limited := make([][]uint8, 3)
	for i, p := range planes {
		limited[i] = make([]uint8, len(p.Pix))
		if i == 0 {
			limitGo(limited[i], p.Pix, lumaFactor, 0)
		} else {
			limitGo(limited[i], p.Pix, chromaFactor, 128)
		}
	}
	before, bytesBefore := 0.0, 0
	for _, quality := range []int{5, 30, 60, 80, 95} {
		data := new(Encoder).Encode(planes, EncodeOptions{Quality: quality})
		got := decodedPlanes(t, data)
		sum := 0.0
		for i, v := range slices.Concat(limited...) {
			d := float64(v) - float64(got[i])
			sum += d * d
		}
		psnr := 10 * math.Log10(255*255*float64(len(got))/sum)
		t.Logf("quality %d: %d bytes, %.2f dB", quality, len(data), psnr)
		if psnr < 22 || psnr <= before || len(data) <= bytesBefore {
			t.Errorf("quality %d: %d bytes with %.2f dB, at a lower one %d with %.2f", quality, len(data), psnr, bytesBefore, before)
		}
		before, bytesBefore = psnr, len(data)
	}
}

// TestCorpusEncoded holds what the encoder says of real pictures to libwebp, in the folder
// that CORPUS names. They are made smaller by leaving out pixels, which is harder than
// shrinking them.
func TestCorpusEncoded(t *testing.T) {
	corpus := os.Getenv("CORPUS")
	if _, err := os.Stat(corpus); corpus == "" || err != nil {
		t.Skipf("CORPUS is %q, which is no folder", corpus)
	}
	if _, err := exec.LookPath("dwebp"); err != nil {
		t.Skip("there is no dwebp")
	}
	files, err := filepath.Glob(filepath.Join(corpus, "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	held := 0
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		head, _, err := image.DecodeConfig(bytes.NewReader(src))
		if err != nil || head.Width*head.Height > 25_000_000 {
			continue
		}
		m, _, err := image.Decode(bytes.NewReader(src))
		if err != nil {
			continue
		}
		held++
		t.Run(filepath.Base(file), func(t *testing.T) {
			planes := sampled(m, 500)
			for _, o := range []EncodeOptions{{Quality: 80}, {Quality: 95, Effort: Fast}, {Quality: 30, Effort: Small}} {
				var e Encoder
				if err := e.differs(planes, o); err != nil {
					t.Errorf("%+v: %v", o, err)
				}
				data := e.Encode(planes, o)
				file := filepath.Join(t.TempDir(), "webp")
				if err := os.WriteFile(file, data, 0o644); err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(dwebp(t, file), decodedPlanes(t, data)) {
					t.Errorf("%+v: other samples in libwebp", o)
				}
			}
		})
	}
	if held < 20 {
		t.Errorf("%d pictures, expected 20 and more", held)
	}
}

// sampled are the planes of some of the pixels, so few that no side is over a limit.
func sampled(m image.Image, limit int) []plane.Plane {
	b := m.Bounds()
	step := max((max(b.Dx(), b.Dy())+limit-1)/limit, 1)
	planes := landscapes((b.Dx()+step-1)/step, (b.Dy()+step-1)/step, 3)
	for i, p := range planes {
		side := step
		if i > 0 {
			side = 2 * step
		}
		for y := range p.Height {
			for x := range p.Width {
				r, g, b, _ := m.At(b.Min.X+side*x, b.Min.Y+side*y).RGBA()
				luma, cb, cr := color.RGBToYCbCr(uint8(r>>8), uint8(g>>8), uint8(b>>8))
				p.Row(y)[x] = [3]uint8{luma, cb, cr}[i]
			}
		}
	}
	return planes
}

// TestEncodeRefusesWhatIsNoPicture: such planes are the caller's mistake.
func TestEncodeRefusesWhatIsNoPicture(t *testing.T) {
	whole := landscapes(16, 16, 3)
	for name, call := range map[string]func(e *Encoder){
		"no planes": func(e *Encoder) { e.Encode(nil, EncodeOptions{Quality: 80}) },
		"4:4:4":     func(e *Encoder) { e.Encode([]plane.Plane{whole[0], whole[0], whole[0]}, EncodeOptions{Quality: 80}) },
		"short": func(e *Encoder) {
			e.Encode([]plane.Plane{{Pix: make([]uint8, 5), Stride: 4, Width: 4, Height: 2}}, EncodeOptions{Quality: 80})
		},
		"too large": func(e *Encoder) {
			e.Encode([]plane.Plane{{Pix: make([]uint8, 1<<14), Stride: 1 << 14, Width: 1 << 14, Height: 1}}, EncodeOptions{Quality: 80})
		},
		"empty":        func(e *Encoder) { e.Encode([]plane.Plane{{}}, EncodeOptions{Quality: 80}) },
		"no quality":   func(e *Encoder) { e.Encode(whole, EncodeOptions{}) },
		"over quality": func(e *Encoder) { e.Encode(whole, EncodeOptions{Quality: 101}) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			call(new(Encoder))
		}()
	}
}

// FuzzEncode encodes any samples at any setting: the decoder makes of it what the
// encoder says.
func FuzzEncode(f *testing.F) {
	f.Add([]byte("\x20\x18\x50\x00 a few samples, which are repeated"))
	f.Add([]byte("\x01\x01\x01\x01\x00"))
	f.Add([]byte("\x43\x31\x64\x02\xff\x00\x00\xff\xff\x01"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) < 5 {
			t.Skip()
		}
		width, height := 1+int(data[0])%80, 1+int(data[1])%80
		o := EncodeOptions{Quality: 1 + int(data[2])%100, Effort: Effort(data[3] % 3)}
		planes := landscapes(width, height, 1+int(data[3]>>2)%2*2)
		at := 0
		for _, p := range planes {
			for i := range p.Pix {
				p.Pix[i] = data[4+at%(len(data)-4)]
				at++
			}
		}
		if err := new(Encoder).differs(planes, o); err != nil {
			t.Error(err)
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	planes := landscapes(1440, 960, 3)
	for name, effort := range map[string]Effort{"fast": Fast, "balanced": Balanced, "small": Small} {
		b.Run(name, func(b *testing.B) {
			var e Encoder
			for b.Loop() {
				b.SetBytes(int64(len(e.Encode(planes, EncodeOptions{Quality: 80, Effort: effort}))))
			}
		})
	}
}
