package av1

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	_ "image/gif"
	_ "image/jpeg"
	_ "image/png"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"prew/lambda/render/plane"
)

// scene draws a picture with what filters go after: slopes, edges at many angles, fine and coarse
// noise. Its kind is one of 400, 420 and 444.
func scene(width, height, kind int, seed uint64) []plane.Plane {
	random := rand.New(rand.NewPCG(seed, 19))
	var planes []plane.Plane
	for i := range 3 {
		w, h, side := width, height, 1.0
		if i > 0 && kind == 420 {
			w, h, side = (w+1)/2, (h+1)/2, 2
		}
		p := plane.Plane{Pix: make([]uint8, w*h), Stride: w, Width: w, Height: h}
		for y := range h {
			for x := range w {
				fx, fy := float64(x)*side, float64(y)*side
				v := 120 + 50*math.Sin(fx/23+fy/41+float64(i)) + 20*math.Cos(fx/7-fy/5)
				if far := math.Hypot(fx-30, fy-40); far < 45 {
					v += 60 * math.Cos(3*math.Atan2(fy-40, fx-30))
				}
				if int(fx/37)&1 == 1 {
					v += float64(random.IntN(1 + int(fy/4)&31))
				}
				p.Row(y)[x] = uint8(min(max(v, 0), 255))
			}
		}
		if planes = append(planes, p); kind == 400 {
			break
		}
	}
	return planes
}

// tile is the part of the frame that was encoded last that has no part in filters.
func (e *Encoder) tile(frame []byte) []byte {
	size := 1
	for frame[size]&128 != 0 {
		size++
	}
	return frame[size+1+len(e.frameHeader()):]
}

// filtered is the stream of the picture that was encoded last, with other strengths.
func (e *Encoder) filtered(tile []byte, f filters) (stream []byte) {
	e.filters = f
	const temporalDelimiter = 2
	return slices.Concat(obu(temporalDelimiter, nil), obu(obuSequence, e.sequence()), obu(obuFrame, append(e.frameHeader(), tile...)))
}

// someFilters are strengths of each of the filters alone, and then any.
func someFilters(i int, random *rand.Rand) filters {
	switch i {
	case 0:
		return filters{levels: [4]int{20, 20, 20, 20}, damping: 3}
	case 1:
		return filters{levels: [4]int{0, 12, 0, 9}, sharpness: 2, damping: 3}
	case 2:
		return filters{damping: 3, luma: directed{4, 2}, chroma: directed{2, 1}}
	case 3:
		return filters{damping: 6, luma: directed{0, 4}, chroma: directed{5, 0}}
	case 4:
		return filters{levels: [4]int{63, 63, 63, 63}, damping: 6, luma: directed{15, 4}, chroma: directed{15, 4}}
	}
	second := func() int { return []int{0, 1, 2, 4}[random.IntN(4)] }
	return filters{
		levels:    [4]int{random.IntN(64), random.IntN(64), random.IntN(64), random.IntN(64)},
		sharpness: random.IntN(8), damping: 3 + random.IntN(4),
		luma: directed{random.IntN(16), second()}, chroma: directed{random.IntN(16), second()},
	}
}

// decoders are those that have to show what Decoded says, as commands that decode the pictures of a
// file of OBUs to samples, one plane after the other.
var decoders = [][]string{
	{"dav1d", "--quiet", "--threads", "1", "--input", "in", "--muxer", "yuv", "--output", "out"},
	{"aomdec", "--rawvideo", "-o", "out", "in"},
}

// decodedBy returns what a decoder makes of streams.
func decodedBy(t testing.TB, decoder []string, streams []byte) []byte {
	t.Helper()
	if _, err := exec.LookPath(decoder[0]); err != nil {
		t.Skipf("there is no %s", decoder[0])
	}
	in, out := filepath.Join(t.TempDir(), "in.obu"), filepath.Join(t.TempDir(), "out.yuv")
	if err := os.WriteFile(in, streams, 0o644); err != nil {
		t.Fatal(err)
	}
	var arguments []string
	for _, a := range decoder[1:] {
		switch a {
		case "in":
			a = in
		case "out":
			a = out
		}
		arguments = append(arguments, a)
	}
	if said, err := exec.Command(decoder[0], arguments...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", decoder[0], err, said)
	}
	samples, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return samples
}

// TestDecodedSizes holds what Decoded says to dav1d, of all sizes up to a block and a bit.
func TestDecodedSizes(t *testing.T) {
	var e Encoder
	random := rand.New(rand.NewPCG(1, 2))
	var streams []byte
	var want [][]byte
	var sizes []string
	for width := 1; width <= 67; width++ {
		for height := 1; height <= 67; height++ {
			if width != height && width*7%67 != height && (width > 3 && height > 3 || width*height%5 != 0) {
				continue
			}
			kind := []int{400, 420, 444}[len(want)%3]
			_, frame := e.Encode(scene(width, height, kind, 7), Options{Quantiser: 20 + 40*(len(want)%6)})
			streams = append(streams, e.filtered(e.tile(frame), someFilters(len(want)%12, random))...)
			planes := e.Decoded()
			want = append(want, samplesOf(planes))
			sizes = append(sizes, fmt.Sprintf("%d x %d in %d", planes[0].Width, planes[0].Height, kind))
		}
	}
	t.Logf("%d sizes", len(want))
	for _, decoder := range decoders {
		t.Run(decoder[0], func(t *testing.T) {
			samples := decodedBy(t, decoder, streams)
			for i, w := range want {
				if len(samples) < len(w) || !bytes.Equal(samples[:len(w)], w) {
					t.Fatalf("%s differs", sizes[i])
				}
				samples = samples[len(w):]
			}
			if len(samples) > 0 {
				t.Errorf("%d samples more", len(samples))
			}
		})
	}
}

// TestDecodedStrengths holds it to dav1d with many strengths, of pictures of some superblocks.
func TestDecodedStrengths(t *testing.T) {
	for _, kind := range []int{400, 420, 444} {
		var e Encoder
		random := rand.New(rand.NewPCG(3, 4))
		var streams []byte
		var want [][]byte
		var planes []plane.Plane
		for _, quantiser := range []int{30, 110, 200} {
			_, frame := e.Encode(scene(201, 143, kind, uint64(quantiser)), Options{Quantiser: quantiser})
			tile := e.tile(frame)
			for i := range 20 {
				streams = append(streams, e.filtered(tile, someFilters(i, random))...)
				planes = e.Decoded()
				want = append(want, samplesOf(planes))
			}
		}
		for _, decoder := range decoders {
			t.Run(fmt.Sprint(decoder[0], kind), func(t *testing.T) {
				samples := decodedBy(t, decoder, streams)
				if len(samples) != len(want)*len(want[0]) {
					t.Fatalf("%d samples, expected %d pictures of %d", len(samples), len(want), len(want[0]))
				}
				for i, w := range want {
					if !bytes.Equal(w, samples[i*len(w):][:len(w)]) {
						t.Fatalf("picture %d differs", i)
					}
				}
			})
		}
	}
}

// samplesOf are those of planes, one after the other.
func samplesOf(planes []plane.Plane) (samples []byte) {
	for _, p := range planes {
		for y := range p.Height {
			samples = append(samples, p.Row(y)...)
		}
	}
	return samples
}

// TestCorpusDecoded holds it to the decoders with the strengths that photos get, in the folder that
// CORPUS names. They are made smaller by leaving out pixels.
func TestCorpusDecoded(t *testing.T) {
	corpus := os.Getenv("CORPUS")
	if _, err := os.Stat(corpus); corpus == "" || err != nil {
		t.Skipf("CORPUS is %q, which is no folder", corpus)
	}
	files, err := filepath.Glob(filepath.Join(corpus, "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	held := 0
	for i, file := range files {
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
			var e Encoder
			var streams, want []byte
			for quantiser := 19; quantiser <= 175; quantiser += 4 { // the qualities from 95 to 20
				_, frame := e.Encode(sampled(m, 250, []int{400, 420, 444}[i%3]), Options{Quantiser: quantiser})
				streams = append(streams, e.filtered(e.tile(frame), e.filters)...)
				want = append(want, samplesOf(e.Decoded())...)
			}
			for _, decoder := range decoders {
				if !bytes.Equal(decodedBy(t, decoder, streams), want) {
					t.Errorf("other samples in %s", decoder[0])
				}
			}
		})
	}
	if held < 20 {
		t.Errorf("%d pictures, expected 20 and more", held)
	}
}

// sampled are the planes of some of the pixels, so few that no side is over a limit.
func sampled(m image.Image, limit, kind int) []plane.Plane {
	b := m.Bounds()
	step := max((max(b.Dx(), b.Dy())+limit-1)/limit, 1)
	planes := scene((b.Dx()+step-1)/step, (b.Dy()+step-1)/step, kind, 0)
	for i, p := range planes {
		side := step
		if p.Width < planes[0].Width {
			side *= 2
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
