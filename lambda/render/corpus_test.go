package render

import (
	"os"
	"path/filepath"
	"testing"

	"prew"
)

// TestCorpus renders real files of every kind, odd ones and hostile ones, from
// the folder that CORPUS names: each has a size or a code.
func TestCorpus(t *testing.T) {
	corpus := os.Getenv("CORPUS")
	if _, err := os.Stat(corpus); corpus == "" || err != nil {
		t.Skipf("CORPUS is %q, which is no folder", corpus)
	}
	tests := []struct {
		file          string
		width, height int
		code          prew.Code
	}{
		{"looks/4.webp", 100, 75, ""},
		{"looks/5_webp_a.webp", 100, 100, ""},
		{"looks/animated-loop-3.gif", 100, 77, ""},
		{"looks/animated-loop-3.webp", 100, 77, ""},
		{"looks/animated.avif", 100, 100, ""},
		{"looks/cogs.gif", 85, 77, ""},
		{"looks/dispose-background.gif", 100, 88, ""},
		{"looks/gps.jpg", 100, 56, ""},
		{"looks/gps2.jpg", 100, 75, ""},
		{"looks/grey_alpha16.png", 100, 88, ""},
		{"looks/hopper.avif", 100, 100, ""},
		{"looks/indexed.png", 66, 100, ""},
		{"looks/orientation_1.jpg", 100, 67, ""},
		{"looks/orientation_2.jpg", 100, 67, ""},
		{"looks/orientation_3.jpg", 100, 67, ""},
		{"looks/orientation_4.jpg", 100, 67, ""},
		{"looks/orientation_5.jpg", 100, 67, ""},
		{"looks/orientation_6.jpg", 100, 67, ""},
		{"looks/orientation_7.jpg", 100, 67, ""},
		{"looks/orientation_8.jpg", 100, 67, ""},
		{"looks/p3.png", 8, 8, ""},
		{"looks/rgb16.png", 100, 67, ""},
		{"looks/still.heic", 100, 100, ""},
		{"looks/tiff_16bit_RGB.tiff", 100, 40, ""},
		{"looks/trans-x.gif", 100, 100, ""},
		{"looks/transparency.avif", 64, 64, ""},
		{"jpeg/arith.jpg", 0, 0, prew.SourceUnsupported},
		{"jpeg/cmyk.jpg", 100, 67, ""},
		{"jpeg/cmyk_icc.jpg", 100, 67, ""},
		{"jpeg/gray.jpg", 100, 63, ""},
		{"jpeg/p3.jpg", 100, 63, ""},
		{"jpeg/prog.jpg", 100, 63, ""},
		{"jpeg/rgb.jpg", 100, 63, ""},
		{"jpeg/rst.jpg", 100, 63, ""},
		{"jpeg/s1x1.jpg", 100, 63, ""},
		{"jpeg/s1x2.jpg", 100, 63, ""},
		{"jpeg/s1x4.jpg", 100, 63, ""},
		{"jpeg/s2x1.jpg", 100, 63, ""},
		{"jpeg/s2x2.jpg", 100, 63, ""},
		{"jpeg/s4x1.jpg", 100, 63, ""},
		{"jpeg/trunc.jpg", 0, 0, prew.SourceDamaged},
		{"jpeg/trunc2.jpg", 0, 0, prew.SourceDamaged},
		{"hostile/17000x17000.avif", 0, 0, prew.SourceTooLarge},
		{"hostile/65536-uint32-limit.png", 0, 0, prew.SourceTooLarge},
		{"hostile/decompression_bomb.gif", 0, 0, prew.SourceTooLarge},
		{"hostile/decompression_bomb_extents.gif", 100, 100, ""},
		{"hostile/png_decompression_dos.png", 1, 1, ""},
		{"hostile/truncated.gif", 0, 0, prew.SourceDamaged},
		{"hostile/truncated_image.png", 0, 0, prew.SourceDamaged},
	}
	listed := map[string]bool{}
	for _, test := range tests {
		listed[test.file] = true
		t.Run(test.file, func(t *testing.T) {
			src, err := os.ReadFile(filepath.Join(corpus, test.file))
			if err != nil {
				t.Fatal(err)
			}
			if test.code != "" {
				if code, message := codeOf(t, src); code != test.code {
					t.Errorf("%q: %s, want %q", code, message, test.code)
				}
				return
			}
			preview, _ := rendered(t, src, prew.Preset{Width: 100, Height: 100})
			if preview.Width != test.width || preview.Height != test.height {
				t.Errorf("%dx%d, want %dx%d", preview.Width, preview.Height, test.width, test.height)
			}
		})
	}
	for _, folder := range []string{"looks", "jpeg", "hostile"} {
		files, err := filepath.Glob(filepath.Join(corpus, folder, "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if name := folder + "/" + filepath.Base(file); !listed[name] {
				t.Errorf("%s is not in the table", name)
			}
		}
	}
}
