package standin

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"hash/fnv"
	"testing"
)

// pictures have a little of everything, in whole numbers.
var pictures = []struct {
	name          string
	width, height int
	pixel         func(x, y, w, h int) [4]int

	// thumb is the text of ThumbHash's reference, npm's thumbhash 0.1.1. own is what is written
	// here where that rounds what should be nothing, and is of the last bits of floating point:
	// 7 or 8 for a wave that is not there, and any waves where their scale is 0.
	thumb, own string
	// blur is the text of npm's blurhash 2.0.5 and of Go's bbrks/go-blurhash 1.1.1. Where these
	// differ one of them does not follow the algorithm: the former passes over waves that are
	// negative when it seeks the strongest, the latter halves what is nearly black.
	blur string
}{
	{"landscape", 100, 75, mixed, "GQoOLZqAd4dxd4iId3iHiGOQB/iI", "", "L#HLg{2U$7Sghmayjuf6gcfSfOfP"},
	{"portrait", 60, 100, mixed, "GfoNNBqCB3eHh3d4iIdwhQX3eA==", "GfoNNBqCB3eHh3d4iIdwhQX4iA==", "T#HC3Y2V$5hka#fQgefifQi~a{fR"},
	{"square", 100, 100, mixed, "GgoKLxqAh4dgiIeId3h4h4eHCAd7gI8H", "GgoKLxqAh4dgiIeId3h4h4eHCAd7gI8I", "L#HLk62V$4SfhmaxfSf8gbfSfOfP"},
	{"translucent", 100, 75, func(x, y, w, h int) [4]int { p := mixed(x, y, w, h); p[3] = x * y % 256; return p },
		"GgqGFIwHkIiBiJh3OAaKgI8HIgJUFVVRAg==", "GgqGFIwHkIiBiJh3OAaKgI8HAAAAAAAAAA==", "L#HLg{2U$7Sghmayjuf6gcfSfOfP"},
	{"a hole", 50, 50, func(x, y, _, _ int) [4]int {
		if (x-25)*(x-25)+(y-25)*(y-25) < 200 {
			return [4]int{220, 40 + y, 30, 0}
		}
		return [4]int{220, 40 + y, 30, 255}
	}, "WjuDDQQriHdwh3hniIhwePd4+Hd4h39zeA==", "WjuDDQQrAAAAAAAAAIhwePd4+Hd4h39zeA==", "L4PKS,|^fQ|^_YjafQjaf%fQfQfQ"},
	{"unseen", 20, 10, func(_, _, _, _ int) [4]int { return [4]int{9, 9, 9, 0} }, "AAiCA4AAAAAAAAAAAAAAAAAAAAAAAAA=", "", "L012{FoffQoft7j[fQj[fQfQfQfQ"},
	{"one colour", 40, 30, func(_, _, _, _ int) [4]int { return [4]int{200, 120, 30, 255} }, "HZwCBYB3eHiIiHiHeDiHj0+Ih0CI", "HZwCBYAAAAAAAAAAAAAAAAAAAAAA", "L5M}7k^MfQ^M}pj@fQj@fQfQfQfQ"},
	{"nearly black", 40, 30, func(_, _, _, _ int) [4]int { return [4]int{3, 2, 1, 255} }, "AAgCBYB5eHmHh3d4ePeId0+G9nSY", "AAgCBYAAAAAAAAAAAAAAAAAAAAAA", "L00So{j@fQj@j[fQfQfQfQfQfQfQ"},
	{"stripes", 64, 64, func(_, y, _, _ int) [4]int {
		if y%32 < 16 {
			return [4]int{255, 255, 255, 255}
		}
		return [4]int{10, 20, 160, 255}
	}, "5/UZLwB4eIeLiIiHiPiIiIiDiPiIiI8I", "5/UZLwCIiIiLiIiIiPiIiIiDiPiIAAAA", "LjLqeZoffQof~oj[fQj[fQfQfQfQ"},
	{"one pixel", 1, 1, func(_, _, _, _ int) [4]int { return [4]int{12, 34, 56, 255} }, "yNYRRwoI9wiIh4hwj3CI+AiIcH/494cP", "yNYRRwoI+AiIiIiAj4CI+AiIgI/4+IgP", "LC1WZqt:t:t:t:t:t:t:t:t:t:t:"},
	{"a row", 100, 1, func(x, _, _, _ int) [4]int { return [4]int{x * 2, 255 - x*2, x, 255} }, "WYoxmaiHh4eIiAh4iYgAiNc=", "WYoxmaiHh4eIiAiIiYgAiNg=", "L~DeR2H1tOXO_IH1tOXO_IH1tOXO"},
	{"a column", 1, 100, func(_, y, _, _ int) [4]int { return [4]int{y * 2, 255 - y*2, y, 255} }, "WYoxmSgIh4h4h4iHCImIDYc=", "WYoxmSgIh4iIh4iHCImIDYg=", "T~DeR2_I_IH1H1H1tOtOtOXOXOXO"},
	{"noise", 99, 61, func(x, y, _, _ int) [4]int {
		return [4]int{(x*x*7 + y*13) % 256, (x*y*3 + y*y) % 256, (x*5 + y*y*11) % 256, 255}
	}, "3wcCBIJVtXhCN6BkhjOJkIK5+A==", "3wcCBIIAAAAAAAAAAAAAAIC5+A==", "L2HekA$SVry9#JISRDJ0zMVZRDbn"},
}

func mixed(x, y, w, h int) [4]int { return [4]int{x * 255 / w, y * 255 / h, (x ^ y) & 255, 255} }

// TestTextsAreTheReferences compares with the texts that the references write, on every
// processor. Between the pixels' rows lie bytes that do not count.
func TestTextsAreTheReferences(t *testing.T) {
	for _, test := range pictures {
		t.Run(test.name, func(t *testing.T) {
			w, h := test.width, test.height
			stride := 4*w + 12
			pix := make([]uint8, (h-1)*stride+4*w)
			for y := range h {
				for x := range w {
					for c, v := range test.pixel(x, y, w, h) {
						pix[y*stride+4*x+c] = uint8(v)
					}
				}
			}
			want := test.thumb
			if test.own != "" {
				want = test.own
			}
			got := ThumbHash(pix, stride, w, h)
			if text := base64.StdEncoding.EncodeToString(got); text != want {
				t.Errorf("ThumbHash is %s, want %s", text, want)
			}
			reference, err := base64.StdEncoding.DecodeString(test.thumb)
			if err != nil || len(got) != len(reference) || !bytes.Equal(got[:5], reference[:5]) {
				t.Errorf("ThumbHash is %x, that of the reference %x", got, reference)
			}
			across, down := 4, 3
			if h > w {
				across, down = 3, 4
			}
			if got := BlurHash(pix, stride, w, h, across, down); got != test.blur {
				t.Errorf("BlurHash is %s, want %s", got, test.blur)
			}
		})
	}
}

// TestWeightsAreTheSameEverywhere holds all tables of all sizes to a sum.
func TestWeightsAreTheSameEverywhere(t *testing.T) {
	sum := fnv.New64a()
	for n := range MaxSide {
		for _, shift := range []float64{0, 0.5} {
			for _, wave := range waves(9, n+1, shift) {
				binary.Write(sum, binary.LittleEndian, wave)
			}
		}
	}
	binary.Write(sum, binary.LittleEndian, light[:])
	if got, want := sum.Sum64(), uint64(0x9a62b43499b91364); got != want {
		t.Errorf("%#x, want %#x", got, want)
	}
}

func BenchmarkThumbHash(b *testing.B) {
	pix := make([]uint8, 4*MaxSide*MaxSide)
	for i := range pix {
		pix[i] = uint8(i * i)
	}
	for b.Loop() {
		ThumbHash(pix, 4*MaxSide, MaxSide, MaxSide)
	}
}

func BenchmarkBlurHash(b *testing.B) {
	pix := make([]uint8, 4*MaxSide*MaxSide)
	for i := range pix {
		pix[i] = uint8(i * i)
	}
	for b.Loop() {
		BlurHash(pix, 4*MaxSide, MaxSide, MaxSide, 4, 3)
	}
}
