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
					tops, unders := [3]uint8{top, 255 - top, 7}, [3]uint8{under, under / 2, 7}
					got := []uint8{unders[0], unders[1], unders[2], underAlpha}
					Over(got, []uint8{tops[0], tops[1], tops[2], topAlpha})
					a, b := float64(topAlpha)/255, float64(underAlpha)/255
					alpha := a + b*(1-a)
					want := [4]float64{float64(unders[0]), float64(unders[1]), 7, 255 * alpha}
					for c := 0; c < 3 && alpha > 0; c++ {
						want[c] = (float64(tops[c])*a + float64(unders[c])*b*(1-a)) / alpha
					}
					for c, v := range got {
						if math.Abs(float64(v)-want[c]) > 0.5001 {
							t.Fatalf("%v with alpha %d upon %v with %d: %v, want %v", tops, topAlpha, unders, underAlpha, got, want)
						}
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
