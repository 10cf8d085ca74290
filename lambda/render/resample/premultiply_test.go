package resample

import (
	"bytes"
	"testing"
)

// TestPremultiply tries every colour with every alpha, at every place of a pixel.
func TestPremultiply(t *testing.T) {
	for _, premultiply := range []func([]uint8){Premultiply, premultiplyPlain} {
		var pix, want []uint8
		for alpha := range 256 {
			for c := range 256 {
				share := func(c int) uint8 { return uint8((2*c*alpha + 255) / (2 * 255)) }
				pix = append(pix, uint8(c), uint8(255-c), uint8(c/2), uint8(alpha))
				want = append(want, share(c), share(255-c), share(c/2), uint8(alpha))
			}
		}
		// Vectors take sixteen pixels and this is one more.
		pix = append(pix, 100, 200, 0, 51)
		want = append(want, 20, 40, 0, 51)
		premultiply(pix)
		for i := range want {
			if pix[i] != want[i] {
				t.Fatalf("byte %d is %d, want %d", i, pix[i], want[i])
			}
		}
	}
}

// TestUnpremultiply tries every colour with every alpha.
func TestUnpremultiply(t *testing.T) {
	row := bytes.Repeat([]uint8{9}, 13)
	var r, g, b, a, want []uint8
	for c := range 256 {
		for alpha := range 256 {
			share := func(c int) uint8 {
				if alpha == 0 {
					return 0
				}
				return uint8(min((2*c*255+alpha)/(2*alpha), 255))
			}
			r, g, b, a = append(r, uint8(c)), append(g, uint8(255-c)), append(b, uint8(c/2)), append(a, uint8(alpha))
			want = append(want, share(c), share(255-c), share(c/2), uint8(alpha))
		}
	}
	// A run that is not there, longer than what is skipped at a time.
	r, g, b, a = append(r, row...), append(g, row...), append(b, row...), append(a, make([]uint8, len(row))...)
	want = append(want, make([]uint8, 4*len(row))...)
	got := bytes.Repeat([]uint8{1}, len(want))
	Unpremultiply(got, r, g, b, a)
	if !bytes.Equal(got, want) {
		for i := range got {
			if got[i] != want[i] {
				t.Fatalf("pixel %d: byte %d is %d, want %d", i/4, i%4, got[i], want[i])
			}
		}
	}
}
