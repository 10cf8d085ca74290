package main

import (
	"image"
	"math"
	"testing"
)

func TestDifference(t *testing.T) {
	pixels := func(pix ...uint8) *image.NRGBA {
		return &image.NRGBA{Pix: pix, Stride: len(pix), Rect: image.Rect(0, 0, len(pix)/4, 1)}
	}
	twenty := func(last uint8) *image.NRGBA {
		img := image.NewNRGBA(image.Rect(0, 0, 20, 1))
		for i := range img.Pix {
			img.Pix[i] = 255
		}
		copy(img.Pix[4*19:], []uint8{last, last, last, 255})
		return img
	}
	for _, test := range []struct {
		name string
		a, b *image.NRGBA
		want difference
	}{
		{"the same", pixels(9, 8, 7, 255), pixels(9, 8, 7, 255), difference{math.Inf(1), 0, 0}},
		{"all that can differ", pixels(0, 0, 0, 255), pixels(255, 255, 255, 255), difference{0, 100, 100}},
		{"a twentieth of the pixels", twenty(255), twenty(0), difference{13.0103, 5, 0}},
		{"white and nothing, which differ on black", pixels(255, 255, 255, 255), pixels(255, 255, 255, 0), difference{0, 100, 100}},
		{"colours of what is not seen", pixels(1, 2, 3, 0), pixels(9, 8, 7, 0), difference{math.Inf(1), 0, 0}},
	} {
		got := differenceOf(test.a, test.b)
		near := func(a, b float64) bool { return a == b || math.Abs(a-b) < 1e-3 }
		if !near(got.db, test.want.db) || !near(got.mean, test.want.mean) || !near(got.p95, test.want.p95) {
			t.Errorf("%s: %.4f, want %.4f", test.name, got, test.want)
		}
	}
}
