package heif

import (
	"math"
	"testing"
)

// TestConversionKeepsColours converts luma and chroma of every matrix to those of JFIF and
// both to red, green and blue, by the definitions (ITU-T H.273, 8.3).
func TestConversionKeepsColours(t *testing.T) {
	for _, n := range []nclx{
		{matrix: 1, full: true}, {matrix: 1}, {matrix: 2}, {matrix: 4}, {matrix: 5, full: true}, {matrix: 6}, {matrix: 7}, {matrix: 9}, {matrix: 9, full: true},
	} {
		c := n.conversion()
		kr, kb := n.weights()
		worst := 0.0
		for y := 16; y <= 235; y += 3 {
			for cb := 64; cb <= 192; cb += 8 {
				for cr := 64; cr <= 192; cr += 8 {
					luma, u, v := float64(y), float64(cb)-128, float64(cr)-128
					if !n.full {
						luma, u, v = (luma-16)*255/219, u*255/224, v*255/224
					}
					r, b := luma+2*(1-kr)*v, luma+2*(1-kb)*u
					g := (luma - kr*r - kb*b) / (1 - kr - kb)
					if min(r, g, b) < 0 || max(r, g, b) > 255 {
						continue
					}
					row, rowCb, rowCr := []uint8{uint8(y)}, []uint8{uint8(cb)}, []uint8{uint8(cr)}
					if !c.same {
						c.lumaOf(row, rowCb, rowCr, 1)
						c.chroma(rowCb, rowCr)
					}
					gotR, gotG, gotB := colour(row[0], rowCb[0], rowCr[0])
					for _, d := range []float64{float64(gotR) - r, float64(gotG) - g, float64(gotB) - b} {
						worst = max(worst, math.Abs(d))
					}
				}
			}
		}
		// Luma and both differences are rounded to whole numbers on the way.
		if worst > 2 {
			t.Errorf("%+v: a colour is off by %.2f", n, worst)
		}
	}
}

func TestGreyStaysGrey(t *testing.T) {
	c := nclx{matrix: 9}.conversion()
	for y := 16; y <= 235; y++ {
		row, cb, cr := []uint8{uint8(y)}, []uint8{128}, []uint8{128}
		c.lumaOf(row, cb, cr, 1)
		c.chroma(cb, cr)
		if want := uint8((float64(y)-16)*255/219 + 0.5); row[0] != want || cb[0] != 128 || cr[0] != 128 {
			t.Errorf("grey %d is %d, %d, %d, want %d, 128, 128", y, row[0], cb[0], cr[0], want)
		}
	}
}
