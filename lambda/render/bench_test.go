package render

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"

	"prew"
)

// BenchmarkRender renders photos of the corpus, as a whole and stage by stage:
// read (the bytes of the source), decode, resize (with turning) and encode.
func BenchmarkRender(b *testing.B) {
	corpus := os.Getenv("CORPUS")
	if corpus == "" {
		b.Skip("CORPUS is empty: it names the folder of the photos")
	}
	previews := []struct {
		name   string
		preset prew.Preset
	}{
		{"1440", prew.Preset{Width: 1440}},
		{"640", prew.Preset{Width: 640}},
		{"200", prew.Preset{Width: 200, Height: 200, Fit: prew.Cover}},
	}
	for _, file := range []string{"p12.jpg", "p12_prog.jpg", "p20.jpg", "p22_444.jpg", "p2.jpg", "p8_o6.jpg", "alpha3.png", "w8.webp"} {
		src, err := os.ReadFile(filepath.Join(corpus, "bench", file))
		if err != nil {
			b.Fatal(err)
		}
		for _, preview := range previews {
			preset, err := preview.preset.Resolve()
			if err != nil {
				b.Fatal(err)
			}
			name := fmt.Sprintf("photo=%s/preview=%s/stage=", strings.TrimSuffix(file, filepath.Ext(file)), preview.name)
			benchmarkStages(b, name, src, preset)
		}
	}
}

func benchmarkStages(b *testing.B, name string, src []byte, p prew.Preset) {
	run := func(stage string, do func(e *engine) error) {
		b.Run(name+stage, func(b *testing.B) {
			var e engine
			b.ReportAllocs()
			for b.Loop() {
				if err := do(&e); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	run("all", func(e *engine) error {
		_, err := e.render(bytes.NewReader(src), p)
		return err
	})
	run("read", func(e *engine) error {
		_, err := e.read(&bounded{src: bytes.NewReader(src)})
		return err
	})
	k, _ := kindOf(src)
	decode := func(e *engine) (picture, plan, error) {
		photo, err := k.open(e, bytes.NewReader(src))
		if err != nil {
			return picture{}, plan{}, err
		}
		plan := planOf(photo.size, photo.turn, p)
		decoded, err := photo.decode(plan, p)
		return decoded, plan, err
	}
	// Rows are decoded while they are resized.
	run("decode and resize", func(e *engine) error {
		decoded, plan, err := decode(e)
		if err == nil {
			_, err = e.operate(decoded.frames[0], plan, p)
		}
		return err
	})
	var e engine
	decoded, plan, err := decode(&e)
	if err != nil {
		b.Fatal(err)
	}
	shrunk, err := e.operate(decoded.frames[0], plan, p)
	if err != nil {
		b.Fatal(err)
	}
	preview := still(shrunk)
	run("encode", func(e *engine) error {
		e.encode(preview, p)
		return nil
	})
}

// BenchmarkAutomaticQuality renders photos of the corpus by quality auto and by the number that it
// finds, so that the search is what they differ by.
func BenchmarkAutomaticQuality(b *testing.B) {
	corpus := os.Getenv("CORPUS")
	if corpus == "" {
		b.Skip("CORPUS is empty: it names the folder of the photos")
	}
	for _, file := range []string{"p12.jpg", "p20.jpg", "p22_444.jpg"} {
		src, err := os.ReadFile(filepath.Join(corpus, "bench", file))
		if err != nil {
			b.Fatal(err)
		}
		for _, format := range []prew.Format{prew.JPEG, prew.WebP, prew.AVIF} {
			var e engine
			size := func(quality int) int {
				preset, err := prew.Preset{Width: 1440, Format: format, Quality: quality}.Resolve()
				if err != nil {
					b.Fatal(err)
				}
				preview, err := e.render(bytes.NewReader(src), preset)
				if err != nil {
					b.Fatal(err)
				}
				return len(preview.Data)
			}
			found := size(prew.AutoQuality)
			number := leastAuto + sort.Search(mostAuto-leastAuto, func(i int) bool { return size(leastAuto+i) >= found })
			for _, quality := range []int{number, prew.AutoQuality} {
				name := strconv.Itoa(quality)
				if quality == prew.AutoQuality {
					name = "auto"
				}
				b.Run(fmt.Sprintf("photo=%s/format=%s/quality=%s", strings.TrimSuffix(file, filepath.Ext(file)), format, name), func(b *testing.B) {
					for b.Loop() {
						size(quality)
					}
				})
			}
		}
	}
}
