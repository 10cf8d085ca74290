package jpeg

import (
	"bytes"
	"hash/crc32"
	"os"
	"path/filepath"
	"testing"
)

// TestCorpusPicturesLikeLibjpeg holds the planes of real pictures, which are damaged
// beside their coded data or written as few are, against those that libjpeg-turbo
// 2.1.5 decodes with its accurate transform, by their CRC-32.
func TestCorpusPicturesLikeLibjpeg(t *testing.T) {
	corpus := os.Getenv("CORPUS")
	root := filepath.Join(corpus, "..", "pictures")
	if _, err := os.Stat(root); corpus == "" || err != nil {
		t.Skipf("beside CORPUS, which is %q, are no pictures", corpus)
	}
	tests := []struct {
		file   string
		colour Colour
		want   uint32
	}{
		{"damage/dahua608.jpg", YCbCr, 0xe3d8be9e},
		{"damage/junk101_before_eoi.jpg", YCbCr, 0xe3d8be9e},
		{"damage/no_eoi.jpg", YCbCr, 0xe3d8be9e},
		{"damage/noeoi.jpg", YCbCr, 0x9638577d},
		{"damage/noeoi_trailer.jpg", YCbCr, 0xe3d8be9e},
		{"damage/pad16.jpg", YCbCr, 0xe3d8be9e},
		{"damage/pad17.jpg", YCbCr, 0xe3d8be9e},
		{"damage/samsung_pano_noeoi_trailer.jpg", YCbCr, 0xe3d8be9e},
		{"wrong/cmyk_no_adobe.jpg", CMYK, 0x4dd5885f},
		{"wrong/cymk.jpg", CMYK, 0xcc690b98},
		{"wrong/jpg-cmyk-2.jpg", CMYK, 0x418a6efe},
		{"wrong/jpg-size-3x3.jpg", YCbCr, 0x70b5fb6a},
		{"wrong/mjpeg_huffman.jpg", YCbCr, 0x637c6fd3},
		{"wrong/no_dht.jpg", YCbCr, 0xd4692df4},
		{"wrong/pixel-50MP-8160x6144.jpg", YCbCr, 0xec8c4965},
		{"wrong/ycck.jpg", YCCK, 0x4dd5885f},
		{"colour/cmyk_heavy.jpg", CMYK, 0x75722c10},
		{"colour/cmyk_no_profile.jpg", YCCK, 0x4dd5885f},
		{"colour/profile_big.jpg", YCbCr, 0xc31af161},
	}
	var d Decoder // one for all: nothing of a picture may be left for the next
	for _, test := range tests {
		t.Run(filepath.Base(test.file), func(t *testing.T) {
			src, err := os.ReadFile(filepath.Join(root, test.file))
			if err != nil {
				t.Fatal(err)
			}
			h, err := d.ReadHeader(bytes.NewReader(src))
			if err != nil {
				t.Fatal(err)
			}
			if h.Colour != test.colour {
				t.Errorf("the components are %s, want %s", h.Colour, test.colour)
			}
			planes, err := d.Decode(Options{Scale: scales(8)})
			if err != nil {
				t.Fatal(err)
			}
			sum := crc32.NewIEEE()
			for _, p := range planes {
				for y := range p.Height {
					sum.Write(p.Row(y))
				}
			}
			if got := sum.Sum32(); got != test.want {
				t.Errorf("planes have CRC-32 %#08x, want %#08x", got, test.want)
			}
		})
	}
}
