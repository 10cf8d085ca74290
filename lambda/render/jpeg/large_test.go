package jpeg

import (
	"bytes"
	"errors"
	"testing"
)

// flatPicture is a mid-grey picture, whose blocks take a bit or two.
func flatPicture(width, height int, components []Component, progressive bool) []byte {
	segment := func(marker byte, payload ...byte) []byte {
		return append([]byte{0xff, marker, byte((len(payload) + 2) >> 8), byte(len(payload) + 2)}, payload...)
	}
	// One code of one bit, 0: of no difference, or of the end of the block.
	table := func(class byte) []byte { return append([]byte{class << 4, 1}, make([]byte, 16)...) }
	marker := byte(markerSOF0)
	if progressive {
		marker = markerSOF2
	}
	frame := []byte{8, byte(height >> 8), byte(height), byte(width >> 8), byte(width), byte(len(components))}
	hMax, vMax := 0, 0
	for i, c := range components {
		frame = append(frame, byte(i+1), byte(c.H<<4|c.V), 0)
		hMax, vMax = max(hMax, c.H), max(vMax, c.V)
	}
	src := bytes.Join([][]byte{
		{0xff, markerSOI},
		segment(markerDQT, append([]byte{0}, bytes.Repeat([]byte{1}, 64)...)...),
		segment(marker, frame...),
		segment(markerDHT, append(table(0), table(1)...)...),
	}, nil)
	scan := func(first, last byte, bits int, of ...int) {
		header := []byte{byte(len(of))}
		for _, i := range of {
			header = append(header, byte(i+1), 0)
		}
		src = append(src, segment(markerSOS, append(header, first, last, 0)...)...)
		src = append(src, make([]byte, up(bits, 8))...)
	}
	all, blocks := []int{}, 0
	for i, c := range components {
		all = append(all, i)
		blocks += up(width, 8*hMax) * c.H * up(height, 8*vMax) * c.V
	}
	if !progressive {
		scan(0, 63, 2*blocks, all...)
	} else {
		scan(0, 0, blocks, all...)
		for i, c := range components {
			scan(1, 63, up(up(width*c.H, hMax), 8)*up(up(height*c.V, vMax), 8), i)
		}
	}
	return append(src, 0xff, markerEOI)
}

// TestLarge decodes pictures of 300 megapixels at an eighth of their size, and none
// of the bytes that it takes for them is for another size.
func TestLarge(t *testing.T) {
	const mega = 1_000_000
	tests := []struct {
		name          string
		width, height int
		components    []Component
		progressive   bool
		megabytes     int // at most
	}{
		{"wide", 65500, 4580, []Component{{2, 2}, {1, 1}, {1, 1}}, false, 8},
		{"high", 4580, 65500, []Component{{2, 1}, {1, 1}, {1, 1}}, false, 10},
		{"a row", 65535, 1, []Component{{1, 1}, {1, 1}, {1, 1}}, false, 1},
		{"a column", 1, 65535, []Component{{4, 2}, {1, 1}, {1, 1}}, false, 1},
		{"progressive", 20000, 15000, []Component{{2, 2}, {1, 1}, {1, 1}}, true, 78},
		{"four components", 20000, 15000, []Component{{1, 1}, {1, 1}, {1, 1}, {1, 1}}, false, 19},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			src := flatPicture(test.width, test.height, test.components, test.progressive)
			var d Decoder
			h, err := d.ReadHeader(bytes.NewReader(src))
			if err != nil {
				t.Fatal(err)
			}
			if h.Width != test.width || h.Height != test.height {
				t.Errorf("it is %dx%d", h.Width, h.Height)
			}
			memory := d.Memory(Options{Scale: scales(1)})
			planes, err := d.Decode(Options{Scale: scales(1)})
			if err != nil {
				t.Fatal(err)
			}
			taken := 0
			for i, p := range planes {
				c := &d.components[i]
				taken += cap(c.pix) + 2*cap(c.dcs) + 2*cap(c.coefs) + 8*cap(c.masks)
				if p.Row(p.Height - 1)[p.Width-1] != 128 {
					t.Errorf("the last sample of plane %d is %d", i, p.Row(p.Height - 1)[p.Width-1])
				}
			}
			if taken != memory || memory > test.megabytes*mega {
				t.Errorf("took %d bytes, said %d, may take %d MB", taken, memory, test.megabytes)
			}
		})
	}
}

// TestTooMuchWork has a picture of 300 megapixels whose 14 million blocks are gone
// over for each bit of their DC coefficients.
func TestTooMuchWork(t *testing.T) {
	src := flatPicture(20000, 15000, []Component{{1, 1}, {1, 1}, {1, 1}}, true)
	scan := src[scanAt(t, src, 1):scanAt(t, src, 2)]
	src = bytes.Clone(src[:scanAt(t, src, 1)])
	for low := 13; low >= 0; low-- {
		high := (low + 1) % 14 // none, before the first
		src = append(src, changed(t, scan, markerSOS, 13, byte(high<<4|low))...)
	}
	_, err := decode(new(Decoder), bytes.NewReader(src), Options{Scale: scales(1), Damaged: true})
	if _, ok := errors.AsType[LimitError](err); !ok {
		t.Errorf("got %v, want a LimitError", err)
	}
}

// TestLargestMemory makes sure that no number of the largest picture that there can
// be overflows.
func TestLargestMemory(t *testing.T) {
	var d Decoder
	src := flatPicture(65535, 1, []Component{{1, 1}, {1, 1}, {1, 1}, {1, 1}}, true)
	src = changed(t, changed(t, src, markerSOF2, 5, 0xff), markerSOF2, 6, 0xff)
	if _, err := d.ReadHeader(bytes.NewReader(src)); err != nil {
		t.Fatal(err)
	}
	const blocks = 4 * 8192 * 8192
	if got := d.Memory(Options{Scale: scales(8)}); got != blocks*(64+2+128+8) {
		t.Errorf("it takes %d bytes", got)
	}
	if got := d.Memory(Options{Scale: scales(1)}); got != blocks*(1+2+8) {
		t.Errorf("at an eighth it takes %d bytes", got)
	}
}
