package png

import (
	"encoding/binary"
	"fmt"
	"slices"
	"testing"

	"prew/lambda/render/plane"
)

// control is the chunk fcTL of a frame.
func control(number, width, height, x, y int) []byte {
	p := make([]byte, 26)
	for i, v := range []int{number, width, height, x, y} {
		binary.BigEndian.PutUint32(p[4*i:], uint32(v))
	}
	return appendChunk(nil, "fcTL", p)
}

// frameData is the chunk fdAT.
func frameData(number int, data []byte) []byte {
	return appendChunk(nil, "fdAT", append(binary.BigEndian.AppendUint32(nil, uint32(number)), data...))
}

// animation says that there are so many frames.
func animation(frames int) []byte {
	p := make([]byte, 8)
	binary.BigEndian.PutUint32(p, uint32(frames))
	return appendChunk(nil, "acTL", p)
}

type animated struct {
	name   string
	file   []byte
	form   plane.Form
	opaque bool
	pixels string // of eight or sixteen bits, in hexadecimal
}

func animations() []animated {
	file := func(chunks ...[]byte) []byte { return append([]byte(signature), slices.Concat(chunks...)...) }
	grey, deep := header(3, 2, 8, typeGrey, false), header(2, 2, 16, typeRGB, false)
	woven := header(3, 2, 8, typeGrey, true)
	still := appendChunk(nil, "IDAT", packed([]byte{0, 1, 2, 3, 0, 4, 5, 6}))
	stillDeep := appendChunk(nil, "IDAT", packed(make([]byte, 26)))
	wovenStill := appendChunk(nil, "IDAT", packed([]byte{0, 1, 0, 3, 0, 2, 0, 4, 5, 6}))
	dot, pair := packed([]byte{0, 9}), packed([]byte{0, 7, 8})
	end := appendChunk(nil, "IEND", nil)
	return []animated{
		{"the picture is the first frame", file(grey, animation(2), control(0, 3, 2, 0, 0), still, control(1, 1, 1, 1, 1), frameData(2, dot), end), plane.Grey, true, "010203040506"},
		{"it is none of the frames", file(grey, animation(1), still, control(0, 1, 1, 1, 1), frameData(1, dot), end), plane.RGBA, false,
			"000000000000000000000000" + "00000000090909ff00000000"},
		{"it is none, in pieces", file(grey, animation(1), still, control(0, 2, 1, 1, 0), frameData(1, pair[:3]), appendChunk(nil, "tEXt", nil), frameData(2, nil), frameData(3, pair[3:]), control(4, 1, 1, 0, 0), frameData(5, dot), end), plane.RGBA, false,
			"00000000070707ff080808ff000000000000000000000000"},
		{"the frame is as large as the picture", file(grey, animation(1), still, control(0, 3, 2, 0, 0), frameData(1, packed([]byte{0, 6, 5, 4, 0, 3, 2, 1})), end), plane.Grey, true, "060504030201"},
		{"the frame is beyond the picture", file(grey, animation(1), still, control(0, 3, 2, 1, 0), frameData(1, dot), end), plane.Grey, true, "010203040506"},
		{"the frame is empty", file(grey, animation(1), still, control(0, 0, 1, 1, 1), frameData(1, dot), end), plane.Grey, true, "010203040506"},
		{"no frame", file(grey, animation(0), still, control(0, 1, 1, 1, 1), frameData(1, dot), end), plane.Grey, true, "010203040506"},
		{"no animation", file(grey, still, control(0, 1, 1, 1, 1), frameData(1, dot), end), plane.Grey, true, "010203040506"},
		{"sixteen bits", file(deep, animation(1), stillDeep, control(0, 1, 1, 1, 1), frameData(1, packed([]byte{0, 1, 2, 3, 4, 5, 6})), end), plane.RGBA, false,
			"0000000000000000" + "0000000000000000" + "0000000000000000" + "010203040506ffff"},
		{"interlaced", file(woven, animation(1), wovenStill, control(0, 2, 1, 1, 1), frameData(1, packed([]byte{0, 7, 0, 8})), end), plane.RGBA, false,
			"000000000000000000000000" + "00000000070707ff080808ff"},
		{"interlaced, and the first frame", file(woven, animation(1), control(0, 3, 2, 0, 0), wovenStill, end), plane.Grey, true, "010203040506"},
	}
}

func TestAnAnimationsFirstFrameIsPlaced(t *testing.T) {
	var d Decoder
	for _, test := range animations() {
		h, err := d.Open(test.file)
		if err != nil || h.Form != test.form || h.Opaque != test.opaque {
			t.Errorf("%s: form %d, opaque %v, %v, want form %d, opaque %v", test.name, h.Form, h.Opaque, err, test.form, test.opaque)
			continue
		}
		pixels := ""
		for y := range h.Height {
			row, err := d.Row(y)
			if err != nil {
				t.Fatalf("%s: row %d: %v", test.name, y, err)
			}
			pixels += fmt.Sprintf("%x", row.Bytes)
			for _, v := range row.Words {
				pixels += fmt.Sprintf("%04x", v)
			}
		}
		if pixels != test.pixels {
			t.Errorf("%s: %s, want %s", test.name, pixels, test.pixels)
		}
		if err := d.Finish(); err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}
