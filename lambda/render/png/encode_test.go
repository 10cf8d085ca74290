package png

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"testing"
)

// A picture is the bytes of a function of the place, in rows that are further
// apart than they are long.
type picture struct {
	pix                   []uint8
	stride, width, height int
	colour                Colour
}

func pictureOf(width, height int, c Colour, sample func(i, x, y int) uint8) picture {
	n := formats[c].bytesHere
	p := picture{stride: n*width + 3, width: width, height: height, colour: c}
	p.pix = bytes.Repeat([]byte{0xa5}, (height-1)*p.stride+n*width)
	for y := range height {
		for x := range width {
			for i := range n {
				p.pix[y*p.stride+n*x+i] = sample(i, x, y)
			}
		}
	}
	return p
}

func (p picture) encode(e *Encoder) []byte {
	return e.Encode(p.pix, p.stride, p.width, p.height, p.colour, nil)
}

// image is what image/png takes for the same picture.
func (p picture) image() image.Image {
	bounds := image.Rect(0, 0, p.width, p.height)
	if p.colour == Grey {
		return &image.Gray{Pix: p.pix, Stride: p.stride, Rect: bounds}
	}
	m := image.NewNRGBA(bounds)
	for y := range p.height {
		copy(m.Pix[y*m.Stride:][:m.Stride], p.pix[y*p.stride:])
	}
	if p.colour == RGB {
		for i := 3; i < len(m.Pix); i += 4 {
			m.Pix[i] = 0xff
		}
	}
	return m
}

// check reads the PNG with image/png, which looks at every check sum, and
// compares every pixel.
func (p picture) check(t *testing.T, data []byte) {
	t.Helper()
	r := bytes.NewReader(data)
	m, err := png.Decode(r)
	if err != nil {
		t.Fatalf("%dx%d of colour %d: %v", p.width, p.height, p.colour, err)
	}
	if r.Len() > 0 {
		t.Errorf("%dx%d of colour %d: %d bytes follow the end", p.width, p.height, p.colour, r.Len())
	}
	want := p.image()
	if m.Bounds() != want.Bounds() {
		t.Fatalf("%v, want %v", m.Bounds(), want.Bounds())
	}
	for y := range p.height {
		for x := range p.width {
			if got, want := pixelOf(m, x, y), pixelOf(want, x, y); got != want {
				t.Fatalf("%dx%d of colour %d: pixel %d,%d is %v, want %v", p.width, p.height, p.colour, x, y, got, want)
			}
		}
	}
}

// pixelOf is a pixel as it is stored: those of no alpha have colours too.
func pixelOf(m image.Image, x, y int) [4]uint8 {
	switch m := m.(type) {
	case *image.Gray:
		v := m.GrayAt(x, y).Y
		return [4]uint8{v, v, v, 0xff}
	case *image.RGBA:
		c := m.RGBAAt(x, y)
		return [4]uint8{c.R, c.G, c.B, c.A}
	case *image.Paletted:
		c := color.NRGBAModel.Convert(m.At(x, y)).(color.NRGBA)
		return [4]uint8{c.R, c.G, c.B, c.A}
	}
	c := m.(*image.NRGBA).NRGBAAt(x, y)
	return [4]uint8{c.R, c.G, c.B, c.A}
}

// noise is the hardest picture: nothing in it follows from anything else.
func noise(i, x, y int) uint8 { return uint8(mixed(i, x, y) >> 24) }

func flat(i, _, _ int) uint8 { return uint8(90 + 40*i) }

func clearEverywhere(int, int, int) uint8 { return 0 }

func gradient(i, x, y int) uint8 { return uint8(x/2 + y/3 + 60*i) }

// drawing has lines and letters of a kind upon nothing.
func drawing(i, x, y int) uint8 {
	letter := x%16 < 9 && y%24 < 14 && uint32(x%16*5+y%24*3+(x/16*7+y/24*11)%26)%4 == 0
	line := (x+y)%120 < 2 || (x*x+y*y)/600%40 == 0
	switch {
	case !letter && !line:
		return 0
	case i == 3:
		return 0xff
	}
	return uint8(200 - 60*i)
}

// upAndDown is a slope of v between 0 and period.
func upAndDown(v, period int) int {
	v %= 2 * period
	return min(v, 2*period-v)
}

// soft has the slopes of a photograph that has been enlarged, and hardly grain.
func soft(i, x, y int) uint8 {
	return uint8(40 + upAndDown(x/2+y/3+40*i, 90) + upAndDown(y/2+x/5, 60) + int(mixed(i, x/3, y/3)>>31))
}

// sharp has edges and grain besides.
func sharp(i, x, y int) uint8 {
	v := 40 + upAndDown(x+y/3+40*i, 90) + upAndDown(2*y+x/5, 60)/2
	if (x/37+y/23)%5 == 0 {
		v += 50 - 30*i
	}
	return uint8(v + int(mixed(i, x, y)>>28))
}

func mixed(i, x, y int) uint32 {
	v := uint32(x*7919+y*104729+i*1299709) * 2654435761
	v ^= v >> 15
	return v * 2246822519
}

// pictures are of all kinds, too large for a sample to be all of them.
var pictures = []struct {
	name   string
	sample func(i, x, y int) uint8
	method int       // of methods, that RGBA is written with
	sums   [3]string // of Grey, RGB and RGBA
}{
	{"flat", flat, 1, [3]string{"1063b86ce0de899c", "1e744805b0b89b97", "91bc7c83ffcd394e"}},
	{"clear", clearEverywhere, 0, [3]string{"f202a58182739b7e", "c093dba7449f9a96", "edfd8421e6437492"}},
	{"gradient", gradient, 1, [3]string{"085446ab6de18f42", "3b0d4405c60595c0", "bbb33cc06a476ab2"}},
	{"drawing", drawing, 0, [3]string{"fb7582c460f55ad5", "fc2290e854a91c50", "7742270307ae2193"}},
	{"soft", soft, 1, [3]string{"e0e1509fdf38374e", "0b9364c4a8f63a65", "21f5d44be91c0c9a"}},
	{"sharp", sharp, 2, [3]string{"4e2dfc7a99182b97", "b8060fd2de7aeee2", "3743381e17fc13d2"}},
	{"noise", noise, 2, [3]string{"7414d6ba5e0a9789", "6e3b53a7c3082d4d", "c013831bec1edadb"}},
}

var colours = []Colour{Grey, RGB, RGBA}

func TestEncodeEverySize(t *testing.T) {
	var e Encoder
	for _, c := range colours {
		for height := 1; height <= 17; height++ {
			for width := 1; width <= 17; width++ {
				for _, sample := range []func(i, x, y int) uint8{noise, gradient, flat} {
					p := pictureOf(width, height, c, sample)
					p.check(t, p.encode(&e))
				}
			}
		}
	}
}

func TestEncodeEveryKind(t *testing.T) {
	var e Encoder
	for _, test := range pictures {
		for _, c := range colours {
			t.Run(fmt.Sprint(test.name, c), func(t *testing.T) {
				p := pictureOf(301, 211, c, test.sample)
				p.check(t, p.encode(&e))
			})
		}
	}
}

// TestEncodeChoosesTheSmallestMethod holds the choice by a sample against the
// whole picture.
func TestEncodeChoosesTheSmallestMethod(t *testing.T) {
	var e Encoder
	for _, test := range pictures {
		p := pictureOf(301, 211, RGBA, test.sample)
		data := p.encode(&e)
		e.pix = p.pix
		var sizes [len(methods)]int
		for i, m := range methods {
			e.out.Reset()
			e.deflate(m, bands{1, p.height})
			sizes[i] = e.out.Len()
		}
		const chunks = 8 + 25 + 12 + 12 // the signature, IHDR, and the frames of IDAT and IEND
		if len(data)-chunks != sizes[test.method] {
			t.Errorf("%s: %d bytes, want those of method %d of %d", test.name, len(data)-chunks, test.method, sizes)
		}
	}
}

// TestEncodeIsSmallerThanTheFastStandard compares with image/png at its fastest.
// Of what is next to nothing, a KiB more is still next to nothing, and grain that
// only codes can make smaller they make equally small.
func TestEncodeIsSmallerThanTheFastStandard(t *testing.T) {
	var e Encoder
	fast := png.Encoder{CompressionLevel: png.BestSpeed}
	for _, test := range pictures {
		for _, c := range colours {
			p := pictureOf(301, 211, c, test.sample)
			var theirs bytes.Buffer
			if err := fast.Encode(&theirs, p.image()); err != nil {
				t.Fatal(err)
			}
			if ours := p.encode(&e); len(ours) > theirs.Len()+max(1024, theirs.Len()/1000) {
				t.Errorf("%s of colour %d: %d bytes, image/png writes %d", test.name, c, len(ours), theirs.Len())
			}
		}
	}
}

// TestEncodedBytes holds the bytes still, on every processor. Whoever changes
// them on purpose writes the new sums to the table.
func TestEncodedBytes(t *testing.T) {
	for _, test := range pictures {
		var used Encoder
		for i, c := range colours {
			data := pictureOf(301, 211, c, test.sample).encode(&used)
			if sum := fmt.Sprintf("%x", sha256.Sum256(data))[:16]; sum != test.sums[i] {
				t.Errorf("%s of colour %d: sum is %q, want %q", test.name, c, sum, test.sums[i])
			}
		}
	}
}

// TestEncodeAgain makes sure that what was encoded before shows in nothing.
func TestEncodeAgain(t *testing.T) {
	var used Encoder
	var files [][]byte
	for round := range 2 {
		for i, test := range pictures {
			for j, c := range colours {
				p := pictureOf(200-20*i, 150+10*j, c, test.sample)
				data := p.encode(&used)
				if round == 0 {
					files = append(files, data)
					if fresh := p.encode(new(Encoder)); !bytes.Equal(data, fresh) {
						t.Errorf("%s of colour %d differs from that of a fresh encoder", test.name, c)
					}
				} else if !bytes.Equal(data, files[i*len(colours)+j]) {
					t.Errorf("%s of colour %d differs from the first time", test.name, c)
				}
			}
		}
	}
}

func TestEncodeKeepsItsBuffers(t *testing.T) {
	var e Encoder
	for _, test := range pictures {
		p := pictureOf(301, 211, RGB, test.sample)
		if n := testing.AllocsPerRun(5, func() { p.encode(&e) }); n > 1 {
			t.Errorf("%s: %.0f allocations, want the result alone", test.name, n)
		}
	}
}

func TestEncodePanics(t *testing.T) {
	tests := []struct {
		name                  string
		bytes                 int
		stride, width, height int
		colour                Colour
	}{
		{"no width", 9, 9, 0, 1, Grey},
		{"no height", 9, 9, 1, 0, Grey},
		{"negative", 9, 9, -3, -3, Grey},
		{"rows lie over one another", 27, 8, 9, 3, Grey},
		{"last row too short", 11, 8, 4, 2, Grey},
		{"last row of RGB too short", 31, 16, 4, 2, RGB},
		{"last row of RGBA too short", 31, 16, 4, 2, RGBA},
		{"too large", 0, 1 << 30, 1 << 28, 2, RGBA},
		{"size overflows", 0, 1 << 62, 1 << 60, 1 << 60, RGBA},
		{"no such colour", 32, 16, 4, 2, RGBA + 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("does not panic")
				}
			}()
			new(Encoder).Encode(make([]uint8, test.bytes), test.stride, test.width, test.height, test.colour, nil)
		})
	}
}

// FuzzEncode encodes whatever bytes there are twice, between which the encoder,
// the same for all, has another picture.
func FuzzEncode(f *testing.F) {
	f.Add([]byte{}, uint8(1), uint8(0))
	f.Add([]byte("four bytes make a pixel that has alpha"), uint8(3), uint8(2))
	f.Add(bytes.Repeat([]byte{0, 0, 0, 0xff}, 5000), uint8(90), uint8(1))
	var e Encoder
	f.Fuzz(func(t *testing.T, pix []byte, width, colour uint8) {
		p := picture{pix: pix, width: max(1, int(width)), colour: colours[int(colour)%len(colours)]}
		p.stride = p.width * formats[p.colour].bytesHere
		p.height = len(pix) / p.stride
		if p.height == 0 {
			return // there is not even a row
		}
		data := p.encode(&e)
		p.check(t, data)
		pictureOf(9, 30, RGB, drawing).encode(&e)
		if again := p.encode(&e); !bytes.Equal(data, again) {
			t.Error("differs the second time")
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	for _, test := range pictures {
		for _, c := range colours {
			b.Run(fmt.Sprintf("picture=%s/colour=%d", test.name, c), func(b *testing.B) {
				var e Encoder
				p := pictureOf(640, 480, c, test.sample)
				b.SetBytes(int64(p.width * p.height * formats[c].bytesThere))
				b.ReportAllocs()
				for b.Loop() {
					p.encode(&e)
				}
			})
		}
	}
}

func TestEncodedProfile(t *testing.T) {
	icc := bytes.Repeat([]byte("profile "), 100)
	var e Encoder
	got := e.Encode(make([]uint8, 4), 4, 1, 1, RGB, icc)
	const at = 8 + 25 // behind the signature and IHDR
	length := int(binary.BigEndian.Uint32(got[at:]))
	if name := string(got[at+4:][:8]); name != "iCCPICC\x00" {
		t.Fatalf("the second chunk begins with %q", name)
	}
	deflated, err := zlib.NewReader(bytes.NewReader(got[at+8+5 : at+8+length]))
	if err != nil {
		t.Fatal(err)
	}
	if inflated, err := io.ReadAll(deflated); err != nil || !bytes.Equal(inflated, icc) {
		t.Errorf("%q, %v", inflated, err)
	}
	if m, err := png.Decode(bytes.NewReader(got)); err != nil || m.Bounds().Dx() != 1 {
		t.Error(err)
	}
}
