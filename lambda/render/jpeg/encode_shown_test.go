package jpeg

import (
	"bytes"
	"testing"
)

// TestShownIsWhatIsDecoded: of every kind of planes, at the edges too, Shown has the samples that
// the decoder makes of the file.
func TestShownIsWhatIsDecoded(t *testing.T) {
	var e, shows Encoder
	var d Decoder
	for _, encoding := range encodings {
		for _, size := range [][2]int{{1, 1}, {7, 9}, {16, 16}, {17, 33}, {70, 41}} {
			for _, quality := range []int{1, 30, 80, 97, 100} {
				planes := planesOf(size[0], size[1], encoding.planes, encoding.sampling, landscape)
				file := e.Encode(planes, EncodeOptions{Quality: quality})
				if _, err := d.ReadHeader(bytes.NewReader(file)); err != nil {
					t.Fatal(err)
				}
				want, err := d.Decode(Options{Scale: [4]int{8, 8, 8, 8}})
				if err != nil {
					t.Fatal(err)
				}
				got := shows.Shown(planes, quality)
				if len(got) != len(want) {
					t.Fatalf("%s: %d planes, want %d", encoding.name, len(got), len(want))
				}
				for i, p := range got {
					if p.Width != want[i].Width || p.Height != want[i].Height {
						t.Fatalf("%s, %v: plane %d is %dx%d, want %dx%d", encoding.name, size, i, p.Width, p.Height, want[i].Width, want[i].Height)
					}
					for y := range p.Height {
						if !bytes.Equal(p.Row(y), want[i].Row(y)) {
							t.Errorf("%s, %v, quality %d: row %d of plane %d is not the decoder's", encoding.name, size, quality, y, i)
							break
						}
					}
				}
			}
		}
	}
}
