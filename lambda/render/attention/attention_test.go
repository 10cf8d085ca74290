package attention

import (
	"testing"

	"prew/lambda/render/plane"
)

// colours of the tests in luma and chroma.
type ycc [3]uint8

var (
	grey  = ycc{120, 128, 128}
	face  = ycc{160, 104, 152}
	red   = ycc{120, 100, 220}
	white = ycc{255, 128, 128}
)

// scene is a picture of grey with a square of a colour, or a chequered one.
func scene(w, h, x0, y0, side int, colour ycc, chequered bool) Picture {
	var planes [3]plane.Plane
	for c := range planes {
		planes[c] = plane.Plane{Pix: make([]uint8, w*h), Stride: w, Width: w, Height: h}
		for i := range planes[c].Pix {
			x, y := i%w, i/w
			planes[c].Pix[i] = grey[c]
			if x0 <= x && x < x0+side && y0 <= y && y < y0+side && (!chequered || (x+y)%2 == 0) {
				planes[c].Pix[i] = colour[c]
			}
		}
	}
	return Picture{Luma: planes[0], Cb: planes[1], Cr: planes[2]}
}

func TestAcrossAndDown(t *testing.T) {
	tests := []struct {
		name   string
		of     Picture
		across bool
		want   int // the first of 40 of 120
	}{
		{"nothing to see", scene(120, 60, 0, 0, 0, grey, false), true, 40},
		{"a face at the left", scene(120, 60, 0, 20, 10, face, false), true, 0},
		{"a face at the right", scene(120, 60, 110, 20, 10, face, false), true, 80},
		{"a face in between", scene(120, 60, 70, 20, 20, face, false), true, 60},
		{"a strong colour", scene(120, 60, 20, 20, 20, red, false), true, 10},
		{"detail", scene(120, 60, 20, 20, 20, white, true), true, 10},
		{"a face above", scene(60, 120, 20, 0, 10, face, false), false, 0},
		{"a face below", scene(60, 120, 20, 70, 20, face, false), false, 60},
	}
	for _, test := range tests {
		find := Down
		if test.across {
			find = Across
		}
		if got := find(test.of, 40); got != test.want {
			t.Errorf("%s: from %d, want %d", test.name, got, test.want)
		}
	}
}

func TestAFaceIsMoreThanDetail(t *testing.T) {
	p, chequered := scene(120, 60, 10, 20, 16, face, false), scene(120, 60, 90, 20, 12, ycc{150, 128, 128}, true)
	for i, v := range chequered.Luma.Pix {
		if v != grey[0] {
			p.Luma.Pix[i] = v
		}
	}
	if got := Across(p, 40); got > 10 {
		t.Errorf("from %d, expected the face at 10 to 26 to be kept", got)
	}
}

// TestNoiseIsNothing: a grey picture with a little noise is kept in its middle.
func TestNoiseIsNothing(t *testing.T) {
	p := scene(120, 60, 0, 0, 30, ycc{122, 128, 128}, true)
	if got := Across(Picture{Luma: p.Luma}, 40); got != 40 {
		t.Errorf("from %d, want 40", got)
	}
}

func TestEverySize(t *testing.T) {
	for w := 1; w < 9; w++ {
		for wanted := 1; wanted <= w; wanted++ {
			p := scene(w, 2, w-1, 0, 1, face, false)
			if got := Across(p, wanted); got < 0 || got+wanted > w {
				t.Errorf("%d of %d: from %d", wanted, w, got)
			}
		}
	}
}

// TestAnEvenWallIsNoFace: half of the picture has the colour of skin, and there is less to see
// than in a few samples of detail.
func TestAnEvenWallIsNoFace(t *testing.T) {
	p, chequered := scene(120, 60, 0, 0, 60, ycc{120, 104, 152}, false), scene(120, 60, 90, 20, 12, ycc{150, 128, 128}, true)
	for i, v := range chequered.Luma.Pix {
		if v != grey[0] {
			p.Luma.Pix[i] = v
		}
	}
	if got := Across(p, 40); got < 62 {
		t.Errorf("from %d, expected the detail at 90 to 102 to be kept", got)
	}
}

// parted is a picture of two colours side by side, each of them chequered by a step of luma.
func parted(left, right ycc, stepLeft, stepRight uint8) Picture {
	p := scene(120, 60, 0, 0, 0, grey, false)
	for c, plane := range []plane.Plane{p.Luma, p.Cb, p.Cr} {
		for i := range plane.Pix {
			x, y := i%120, i/120
			colour, step := left, stepLeft
			if x >= 60 {
				colour, step = right, stepRight
			}
			plane.Pix[i] = colour[c]
			if c == 0 && (x+y)%2 == 0 {
				plane.Pix[i] += step
			}
		}
	}
	return p
}

// TestOfTwoSides: of a picture of two sides most of what is kept is of the one that people look
// at.
func TestOfTwoSides(t *testing.T) {
	leaf, shade, tanned, room := ycc{150, 92, 104}, ycc{20, 124, 126}, ycc{110, 105, 153}, ycc{236, 128, 128}
	tests := []struct {
		name        string
		left, right ycc
		steps       [2]uint8
	}{
		{"a leaf in the sun before grass in the shade", leaf, shade, [2]uint8{6, 12}},
		{"a tanned face before a bright wall", tanned, ycc{190, 128, 128}, [2]uint8{8, 16}},
		{"what is white in a white room", room, room, [2]uint8{3, 0}},
	}
	for _, test := range tests {
		if got := Across(parted(test.left, test.right, test.steps[0], test.steps[1]), 40); got > 30 {
			t.Errorf("%s: from %d, expected the left to be kept, 0 to 60", test.name, got)
		}
		if got := Across(parted(test.right, test.left, test.steps[1], test.steps[0]), 40); got < 50 {
			t.Errorf("%s, mirrored: from %d, expected the right to be kept, 60 to 120", test.name, got)
		}
	}
}

func BenchmarkAcross(b *testing.B) {
	p := scene(128, 96, 0, 0, 96, face, true)
	for b.Loop() {
		Across(p, 64)
	}
}
