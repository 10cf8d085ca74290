package e2e

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"prew"
	"prew/deploy/local/stack"
)

// TestWatermarks asks for previews with a mark from beside the presets and with one of the
// bucket, of a public bucket, of a private one and at the edge: without its mark none is answered
// or stored.
func TestWatermarks(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "presets.yaml")
	for name, data := range map[string][]byte{
		file: []byte("filed:\n  width: 200\n  format: png\n  watermark: marks/logo.png\n  formats: [webp]\n  dpr: 2\n" +
			"kept:\n  width: 200\n  format: png\n  watermark: s3:marks/logo.png\n"),
		filepath.Join(dir, "marks", "logo.png"): markOf(t, color.NRGBA{0xff, 0, 0, 0xff}),
	} {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PREW_PRESETS", file)
	t.Setenv("PRESET_KEPT", "watermark-gravity=top-left,watermark-margin=0")
	for name, config := range map[string]stack.Config{"public": {Gateways: 1}, "private": {Gateways: 1, Private: true}, "edge": {Front: stack.Edge}} {
		t.Run(name, func(t *testing.T) {
			config.Renderers = 1
			system := begin(t, config)
			for _, key := range []string{"a", "b"} {
				uploadTo(t, system, "photo/"+key+".jpg", photo(t, 600, 400))
			}
			filed := get(t, system.Addr(), "/prew/filed/a.jpg")
			// A fifth of 200 pixels, 3 % away from the corner.
			if red(t, filed, 190, 123) != true || red(t, filed, 197, 130) || red(t, filed, 140, 100) {
				t.Error("the mark of a file is not in its corner")
			}
			for where, addr := range everywhere(t, system, prew.Places{}) {
				if again := get(t, addr, "/prew/filed/a.jpg"); again.status != 200 || again.body != filed.body {
					t.Errorf("from %s: %d, and not the same", where, again.status)
				}
			}
			for _, variant := range []string{"filed@2x", "filed.webp"} {
				if a := get(t, system.Addr(), "/prew/"+variant+"/a.jpg"); a.status != 200 {
					t.Errorf("%s: %d %s", variant, a.status, a.header.Get("X-Prew-Error"))
				}
			}

			missing := get(t, system.Addr(), "/prew/kept/a.jpg")
			if missing.status != 502 || missing.header.Get("X-Prew-Error") != "watermark_failed" || missing.header.Get("Content-Type") != "image/png" {
				t.Errorf("without its mark: %d %s, %s", missing.status, missing.header.Get("X-Prew-Error"), missing.header.Get("Content-Type"))
			}
			if keys := stored(t, system, "prew/kept/"); len(keys) > 0 {
				t.Errorf("without their mark there are %s", strings.Join(keys, ", "))
			}
			uploadTo(t, system, "marks/logo.png", markOf(t, color.NRGBA{0xff, 0, 0, 0xff}))
			kept := get(t, system.Addr(), "/prew/kept/b.jpg")
			if !red(t, kept, 2, 2) || red(t, kept, 60, 60) {
				t.Error("the mark of the bucket is not in its corner")
			}
			if n := renders(t, system, "prew/kept/b.jpg"); n != 1 {
				t.Errorf("%d renders, want 1", n)
			}
		})
	}
}

// markOf is a mark of one colour, 10 by 10 pixels.
func markOf(t *testing.T, c color.Color) []byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, 10, 10))
	draw.Draw(m, m.Rect, image.NewUniform(c), image.Point{}, draw.Src)
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// red reports whether a pixel of a preview is red, which none of photo's with so much of red is.
func red(t *testing.T, a answer, x, y int) bool {
	t.Helper()
	m, err := png.Decode(strings.NewReader(a.body))
	if a.status != 200 || err != nil {
		t.Fatalf("%d %s, %v", a.status, a.header.Get("X-Prew-Error"), err)
	}
	c := color.NRGBAModel.Convert(m.At(x, y)).(color.NRGBA)
	return c.R > 0xf0 && c.G < 0x10 && c.B < 0x10
}
