package png

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"testing"
)

// few is a sample of n colours, of which the first is clear and the second translucent.
func few(n int) func(i, x, y int) uint8 {
	return func(i, x, y int) uint8 {
		number := int(mixed(0, x, y)>>8) % n
		if i == 3 {
			return []uint8{0, 100, 0xff}[min(number, 2)]
		}
		return uint8(number * (2*i + 1))
	}
}

func (p picture) encodePalette(e *Encoder) []byte {
	return e.EncodePalette(p.pix, p.stride, p.width, p.height, p.colour)
}

// TestPalette has pictures of as many colours as each depth has room for, and one more.
func TestPalette(t *testing.T) {
	var e Encoder
	for _, test := range []struct{ colours, depth int }{{1, 1}, {2, 1}, {3, 2}, {4, 2}, {5, 4}, {16, 4}, {17, 8}, {256, 8}} {
		for _, c := range colours {
			for _, width := range []int{1, 2, 3, 5, 7, 8, 9, 300} {
				p := pictureOf(width, 61, c, few(test.colours))
				data := p.encodePalette(&e)
				p.check(t, data)
				if depth, colourType := data[24], data[25]; width == 300 && (int(depth) != test.depth || colourType != 3) {
					t.Errorf("%d colours: depth is %d and colour type %d, want %d and 3", test.colours, depth, colourType, test.depth)
				}
			}
		}
	}
	if data := pictureOf(300, 300, RGB, noise).encodePalette(&e); data != nil {
		t.Errorf("a picture of too many colours has %d bytes, want none", len(data))
	}
	if p := pictureOf(301, 211, RGBA, drawing); len(p.encodePalette(&e)) > len(p.encode(&e))*2/3 {
		t.Errorf("a drawing has %d bytes, want two thirds of %d", len(p.encodePalette(&e)), len(p.encode(&e)))
	}
}

// TestPaletteBytes holds the bytes still, on every processor and whatever was encoded
// before.
func TestPaletteBytes(t *testing.T) {
	var used Encoder
	for i, want := range []string{"edecea86c455e851", "084bb9e774298d28", "a6f3f9c82d577131"} {
		data := pictureOf(301, 211, colours[i], few(40)).encodePalette(&used)
		if sum := fmt.Sprintf("%x", sha256.Sum256(data))[:16]; sum != want {
			t.Errorf("colour %d: sum is %q, want %q", colours[i], sum, want)
		}
		pictureOf(500, 300, RGB, noise).encode(&used)
	}
}

// FuzzPalette indexes whatever bytes there are.
func FuzzPalette(f *testing.F) {
	f.Add([]byte("four bytes make a pixel that has alpha"), uint8(3), uint8(2))
	f.Add(bytes.Repeat([]byte{0, 0, 0, 0xff}, 5000), uint8(90), uint8(1))
	var e Encoder
	f.Fuzz(func(t *testing.T, pix []byte, width, colour uint8) {
		p := picture{pix: pix, width: max(1, int(width)), colour: colours[int(colour)%len(colours)]}
		p.stride = p.width * formats[p.colour].bytesHere
		if p.height = len(pix) / p.stride; p.height == 0 {
			return // there is not even a row
		}
		if data := p.encodePalette(&e); data != nil {
			p.check(t, data)
		}
	})
}
