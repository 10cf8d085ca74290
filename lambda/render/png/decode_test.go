package png

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"prew/lambda/render/plane"
)

var _ plane.Rows = (*Decoder)(nil)

// decoded is all of a picture as pixels of sixteen bits, not weighted by alpha.
func decoded(d *Decoder, file []byte) (Header, [][4]uint16, error) {
	h, err := d.Open(file)
	if err != nil {
		return h, nil, err
	}
	var all [][4]uint16
	for y := range h.Height {
		row, err := d.Row(y)
		if err != nil {
			return h, all, err
		}
		all = append(all, pixelsOf(row, h)...)
	}
	return h, all, d.Finish()
}

func pixelsOf(row plane.Row, h Header) (all [][4]uint16) {
	samples := row.Words
	for _, v := range row.Bytes {
		samples = append(samples, uint16(v)*0x101)
	}
	if h.Form == plane.Grey {
		for _, v := range samples {
			all = append(all, [4]uint16{v, v, v, 0xffff})
		}
		return all
	}
	for ; len(samples) >= 4; samples = samples[4:] {
		all = append(all, [4]uint16(samples))
	}
	return all
}

// pixelsOfImage is the pixels of image/png. Sixteen bits become eight, rounded, where
// the decoder has bytes.
func pixelsOfImage(m image.Image, deep bool) (all [][4]uint16) {
	b := m.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			var c color.NRGBA64
			switch at := m.At(x, y).(type) {
			case color.NRGBA:
				c = color.NRGBA64{uint16(at.R) * 0x101, uint16(at.G) * 0x101, uint16(at.B) * 0x101, uint16(at.A) * 0x101}
			case color.NRGBA64:
				c = at
			default: // opaque ones
				r, g, b, a := at.RGBA()
				c = color.NRGBA64{uint16(r), uint16(g), uint16(b), uint16(a)}
			}
			if !deep {
				for _, v := range []*uint16{&c.R, &c.G, &c.B, &c.A} {
					*v = uint16((uint32(*v)+128)/257) * 0x101
				}
			}
			all = append(all, [4]uint16{c.R, c.G, c.B, c.A})
		}
	}
	return all
}

// folders are where there are pictures: those of the standard library, and those of the
// folder that CORPUS names and of the one beside it.
func folders() map[string]string {
	root, _ := exec.Command("go", "env", "GOROOT").Output()
	standard := filepath.Join(string(bytes.TrimSpace(root)), "src/image/png/testdata")
	corpus := os.Getenv("CORPUS")
	return map[string]string{
		"standard": filepath.Join(standard, "*.png"),
		"pngsuite": filepath.Join(standard, "pngsuite/*.png"),
		"corpus":   filepath.Join(corpus, "*/*.png"),
		"pictures": filepath.Join(corpus, "../pictures/*/*.png"),
	}
}

// refusedByOthers are the files that image/png refuses for what costs no pixel.
var refusedByOthers = map[string]string{
	"invalid-noend.png":              "no IEND",
	"invalid-trunc.png":              "the last byte is missing, of IEND's checksum",
	"invalid-zlib.png":               "Adler's checksum is wrong, that of IDAT is right",
	"no_iend.png":                    "no IEND",
	"issue_430.png":                  "the checksum of iCCP is wrong",
	"png_iccp_badcrc.png":            "the checksum of iCCP is wrong",
	"png_text_badcrc.png":            "the checksum of tEXt is wrong",
	"unknown_compression_method.png": "the checksum of iCCP is wrong, and its compression unknown",
}

// large are files that unfold to hundreds of megabytes.
var large = map[string]bool{"bomb-png-rgba16-adam7.png": true, "65536-uint32-limit.png": true}

func TestCorpusDecodesAsTheStandardLibrary(t *testing.T) {
	var d Decoder
	for name, pattern := range folders() {
		t.Run(name, func(t *testing.T) {
			files, _ := filepath.Glob(pattern)
			if len(files) == 0 {
				t.Skipf("there are no %s", pattern)
			}
			for _, name := range files {
				if !large[filepath.Base(name)] {
					compareWithStandard(t, &d, name)
				}
			}
		})
	}
}

func compareWithStandard(t *testing.T, d *Decoder, name string) {
	file, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	m, theirErr := png.Decode(bytes.NewReader(file))
	h, got, err := decoded(d, file)
	if refusedByOthers[filepath.Base(name)] != "" && err == nil && theirErr != nil {
		return
	}
	if (err == nil) != (theirErr == nil) {
		t.Errorf("%s: %v, image/png says %v", name, err, theirErr)
	}
	if err != nil || theirErr != nil {
		return
	}
	want := pixelsOfImage(m, h.Deep)
	if len(got) != len(want) {
		t.Errorf("%s: %d pixels, want %d", name, len(got), len(want))
		return
	}
	for i := range got {
		if got[i] != want[i] {
			t.Errorf("%s: pixel %d is %x, want %x", name, i, got[i], want[i])
			break
		}
	}
	opaque := true
	for _, pixel := range got {
		opaque = opaque && pixel[3] == 0xffff
	}
	if h.Opaque && !opaque {
		t.Errorf("%s: opaque, and has transparent pixels", name)
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, name := range []string{"bench/alpha2.png", "bench/alpha3.png", "looks/rgb16.png", "looks/indexed.png"} {
		file, err := os.ReadFile(filepath.Join(os.Getenv("CORPUS"), name))
		if err != nil {
			b.Skip(err)
		}
		b.Run(filepath.Base(name), func(b *testing.B) {
			var d Decoder
			b.ReportAllocs()
			for b.Loop() {
				h, err := d.Open(file)
				if err != nil {
					b.Fatal(err)
				}
				for y := range h.Height {
					if _, err := d.Row(y); err != nil {
						b.Fatal(err)
					}
				}
				if err := d.Finish(); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(filepath.Base(name)+"/standard", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := png.Decode(bytes.NewReader(file)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
