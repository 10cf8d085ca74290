package av1

import (
	"bytes"
	"os/exec"
	"slices"
	"testing"

	"prew/lambda/render/plane"
)

// hostile makes planes of data: their kind, sizes, strides and a pattern by its first bytes, and
// samples of the others, which may be noise, steps of any size, few colours in boxes or extremes.
func hostile(data []byte) (planes []plane.Plane, o Options, extraTiles [2]int, ok bool) {
	const head = 8
	if len(data) <= head {
		return nil, o, extraTiles, false
	}
	samples := data[head:]
	width, height := 1+int(data[0])%150, 1+int(data[1])%150
	o = Options{Quantiser: max(1, int(data[2])), Effort: Effort(data[3] % 3)}
	extraTiles = [2]int{int(data[4] & 3), int(data[4] >> 2 & 3)}
	kind := data[5] % 3
	side, few := 1+int(data[6]&15), data[6]>>4
	for i := range 3 {
		w, h := width, height
		if i > 0 && kind == 1 {
			w, h = (w+1)/2, (h+1)/2
		}
		p := plane.Plane{Width: w, Height: h, Stride: w + int(data[7]&7)}
		p.Pix = make([]uint8, p.Stride*(h-1)+w)
		for y := range h {
			for x := range w {
				v := samples[(x/side+y/side*((w+side-1)/side)+i*5)%len(samples)]
				switch {
				case few >= 12: // one of three
					v = []uint8{0, 255, v}[v%3]
				case few >= 8: // a slope
					v = uint8(int(v)&3 + x + y*int(few-8))
				case few >= 4:
					v &= 0xe0
				}
				p.Row(y)[x] = v
			}
		}
		planes = append(planes, p)
	}
	if kind == 0 {
		planes = planes[:1]
	}
	return planes, o, extraTiles, true
}

// FuzzEncode encodes any samples of any sizes, strides and options: nothing panics, what was encoded
// before changes nothing, and of a part of them dav1d shows what the encoder says that decoders show.
func FuzzEncode(f *testing.F) {
	f.Add([]byte("\x20\x18\x50\x00\x00\x01\x00\x00 a few samples, which are repeated"))
	f.Add([]byte("\x80\x60\x20\x01\x05\x01\xc3\x03 a drawing of boxes in two tiles each way"))
	f.Add([]byte("\x80\x43\x46\x02\x00\x02\x61\x00\x00\xff\x00\x00\xff\xff\x00\x80"))
	f.Add([]byte("\x00\x00\xff\x00\x0f\x00\x00\x07\xff"))
	f.Add([]byte("\x90\x90\x01\x02\x0a\x02\x97\x00\x00\x03\x01\x02\x02\x01"))
	f.Add([]byte("\x45\x83\x5a\x02\x04\x00\x52\x05\xe0\x20\xe0\x20\x20\x40\x60\xff"))
	_, err := exec.LookPath(decoders[0][0])
	decode := err == nil
	var used Encoder
	f.Fuzz(func(t *testing.T, data []byte) {
		planes, o, extraTiles, ok := hostile(data)
		if !ok {
			t.Skip()
		}
		e := Encoder{extraTiles: extraTiles}
		sequence, frame := e.Encode(planes, o)
		used.extraTiles = extraTiles
		if _, again := used.Encode(planes, o); !bytes.Equal(again, frame) {
			t.Error("other bytes from an encoder that was used before")
		}
		sum := uint8(0)
		for _, b := range data {
			sum += b
		}
		if decode && sum%4 == 0 { // a program is started for each
			shown := decodedBy(t, decoders[0], slices.Concat([]byte{0x12, 0}, sequence, frame))
			if !bytes.Equal(shown, samplesOf(e.Decoded())) {
				t.Errorf("other samples in %s", decoders[0][0])
			}
		}
	})
}
