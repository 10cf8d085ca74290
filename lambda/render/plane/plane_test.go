package plane

import (
	"slices"
	"testing"
)

func TestTransposeExchangesTheAxes(t *testing.T) {
	src := Plane{Pix: []uint8{1, 2, 3, 0, 4, 5, 6}, Stride: 4, Width: 3, Height: 2}
	dst := Plane{Pix: make([]uint8, 6), Stride: 2, Width: 2, Height: 3}
	Transpose(dst, src)
	if want := []uint8{1, 4, 2, 5, 3, 6}; !slices.Equal(dst.Pix, want) {
		t.Errorf("%v, want %v", dst.Pix, want)
	}
}

// TestTransposeOfEverySquare goes over the edges of the squares that it works by.
func TestTransposeOfEverySquare(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {31, 32}, {32, 33}, {65, 3}, {100, 70}} {
		w, h := size[0], size[1]
		src := Plane{Pix: make([]uint8, w*h), Stride: w, Width: w, Height: h}
		for i := range src.Pix {
			src.Pix[i] = uint8(i * 7)
		}
		dst := Plane{Pix: make([]uint8, w*h), Stride: h, Width: h, Height: w}
		Transpose(dst, src)
		for y := range h {
			for x := range w {
				if dst.Row(x)[y] != src.Row(y)[x] {
					t.Fatalf("%dx%d: sample %d,%d is not where it belongs", w, h, x, y)
				}
			}
		}
	}
}
