package render

import (
	"image"
	"image/color"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"prew"
)

// heifPictures are pictures of every kind that the packaged encoders make, with what
// the reference decoders make of them; make.sh beside them makes both.
const heifPictures = "heif/testdata/pictures"

// refusedHEIFs are those of them that are refused though they are valid: libheif 1.18,
// the codec, makes no eight bits of grey in HEVC that has more, nor of such an alpha.
var refusedHEIFs = map[string]prew.Code{
	"heic-400-10bit-5x5":   prew.SourceUnsupported,
	"heic-400-10bit-33x17": prew.SourceUnsupported,
	"heic-400-12bit-5x5":   prew.SourceUnsupported,
	"heic-400-12bit-33x17": prew.SourceUnsupported,
	"heic-alpha-10bit":     prew.SourceUnsupported,
}

// heifBounds are how far a picture may be from what the reference decoders make of it, in
// the channel of a pixel that is farthest away, and in the mean of all. The first pattern
// that matches counts. They are what was measured, rounded up. What has a sample of
// chroma for each pixel differs by rounding. Other chroma is enlarged in other ways:
// libheif 1.15 repeats it, libyuv, which avifdec has, and libavif's own code and ours
// take other triangles. The pictures have edges of colour, so that the fewer pixels there
// are, the more it counts.
var heifBounds = []struct {
	pattern string
	most    int
	mean    float64
}{
	// HEVC comes as eight bits, and those of PQ are far apart in the dark.
	{"heic-nclx-9-16-9-*", 64, 1.8},
	// The colours of P3 are farther apart in sRGB.
	{"heic-nclx-12-13-6-limited", 10, 0.7},
	{"*-profile-p3*", 15, 1.6},
	{"avif-444-*", 0, 0},
	{"avif-irot-*", 0, 0},
	{"avif-lossless*", 0, 0},
	{"avif-cicp-*-6-*", 0, 0},
	{"avif-400-limited", 1, 0.1},
	{"*-444-1*bit-*", 3, 0.7}, // HEVC comes as eight bits
	{"*-444-*", 1, 0.3},
	{"*-400-*", 0, 0},
	{"*-5x5", 14, 3.8},
	{"*-2x3", 14, 3.8},
	{"*", 10, 1.5},
}

// TestHEIFPictures renders each picture without loss at its size, and what is expected
// by the same way, so that profiles and code points become sRGB in both.
func TestHEIFPictures(t *testing.T) {
	names, err := filepath.Glob(heifPictures + "/*/*.[ah]*")
	if err != nil || len(names) == 0 {
		t.Fatalf("no pictures: %v", err)
	}
	whole := prew.Preset{Width: 1000, Height: 1000, Format: prew.PNG}
	for _, file := range names {
		name := strings.TrimPrefix(path.Ext(file), ".") + "-" + strings.TrimSuffix(filepath.Base(file), path.Ext(file))
		t.Run(name, func(t *testing.T) {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if want, ok := refusedHEIFs[name]; ok {
				if code, message := codeOf(t, src); code != want {
					t.Errorf("%q: %s, want %q", code, message, want)
				}
				return
			}
			expected, err := os.ReadFile(heifPictures + "/expected/" + name + ".png")
			if err != nil {
				t.Fatal(err)
			}
			_, want := rendered(t, expected, whole)
			_, got := rendered(t, src, whole)
			most, mean := apart(t, got, want)
			for _, bound := range heifBounds {
				if ok, err := path.Match(bound.pattern, name); err != nil {
					t.Fatal(err)
				} else if !ok {
					continue
				}
				t.Logf("at most %d and %.2f in the mean from what is expected", most, mean)
				if most > bound.most || mean > bound.mean {
					t.Errorf("up to %d and %.2f in the mean from what is expected, asked %d and %.2f", most, mean, bound.most, bound.mean)
				}
				break
			}
		})
	}
}

// apart is how far two pictures of one size are from each other: in the channel that is
// farthest away, of 255, and in the mean. Colours count as much as they are seen.
func apart(t *testing.T, a, b image.Image) (most int, mean float64) {
	t.Helper()
	if a.Bounds() != b.Bounds() {
		t.Fatalf("size is %v, want %v", a.Bounds().Size(), b.Bounds().Size())
	}
	r := a.Bounds()
	sum := 0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			p, q := color.RGBAModel.Convert(a.At(x, y)).(color.RGBA), color.RGBAModel.Convert(b.At(x, y)).(color.RGBA)
			for _, c := range [][2]uint8{{p.R, q.R}, {p.G, q.G}, {p.B, q.B}, {p.A, q.A}} {
				d := int(max(c[0], c[1]) - min(c[0], c[1]))
				sum += d
				most = max(most, d)
			}
		}
	}
	return most, float64(sum) / float64(4*r.Dx()*r.Dy())
}
