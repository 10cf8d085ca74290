package plane

import (
	"math"
	"testing"
)

// TestOver holds pixels upon others to the formula of PNG's third edition, 13.16.
func TestOver(t *testing.T) {
	values := []uint8{0, 1, 2, 64, 127, 128, 200, 254, 255}
	for _, top := range values {
		for _, topAlpha := range values {
			for _, under := range values {
				for _, underAlpha := range values {
					got := []uint8{under, 7, 9, underAlpha}
					Over(got, []uint8{top, 7, 9, topAlpha})
					a, b := float64(topAlpha)/255, float64(underAlpha)/255
					alpha := a + b*(1-a)
					want := [2]float64{float64(under), 255 * alpha}
					if alpha > 0 {
						want[0] = (float64(top)*a + float64(under)*b*(1-a)) / alpha
					}
					if math.Abs(float64(got[0])-want[0]) > 0.5001 || math.Abs(float64(got[3])-want[1]) > 0.5001 {
						t.Fatalf("%d with alpha %d upon %d with %d: %v, want %v", top, topAlpha, under, underAlpha, got, want)
					}
					if topAlpha|underAlpha > 0 && (got[1] != 7 || got[2] != 9) {
						t.Fatalf("%d with alpha %d upon %d with %d: other samples changed to %v", top, topAlpha, under, underAlpha, got)
					}
				}
			}
		}
	}
}

func TestPartOfACanvas(t *testing.T) {
	part := Rect{1, 1, 3, 2}
	from, to := make([]uint8, 4*4*3), make([]uint8, 4*4*3)
	for i := range from {
		from[i] = uint8(i)
	}
	part.Copy(to, from, 4)
	part.Clear(from, 4)
	for i := range to {
		inside := i >= 4*5 && i < 4*7
		if want := uint8(i); inside && (to[i] != want || from[i] != 0) || !inside && (to[i] != 0 || from[i] != want) {
			t.Errorf("byte %d: copied to %d, cleared to %d", i, to[i], from[i])
		}
	}
	if part.Pixels() != 2 {
		t.Errorf("%d pixels", part.Pixels())
	}
}
