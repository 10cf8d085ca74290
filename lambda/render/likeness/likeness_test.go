package likeness

import (
	"math/rand/v2"
	"slices"
	"testing"

	"prew/lambda/render/plane"
)

// planesOf makes planes of a size, whose samples are a function's. Their rows are further apart
// than they are wide.
func planesOf(width, height, n, step int, sample func(i, x, y int) uint8) []plane.Plane {
	planes := make([]plane.Plane, n)
	for i := range planes {
		w, h := width, height
		if i > 0 {
			w, h = (width+step-1)/step, (height+step-1)/step
		}
		p := plane.Plane{Pix: make([]uint8, (w+3)*h), Stride: w + 3, Width: w, Height: h}
		for y := range h {
			for x := range w {
				p.Row(y)[x] = sample(i, x, y)
			}
		}
		planes[i] = p
	}
	return planes
}

// grain is different at every sample.
func grain(seed uint64) func(i, x, y int) uint8 {
	r := rand.New(rand.NewPCG(seed, 0))
	return func(i, x, y int) uint8 { return uint8(80 + r.IntN(60) + (x+y)/8%40) }
}

// changed copies planes, with another sample in place of each.
func changed(planes []plane.Plane, change func(i, x, y int, v uint8) uint8) []plane.Plane {
	return planesOf(planes[0].Width, planes[0].Height, len(planes), 2, func(i, x, y int) uint8 { return change(i, x, y, planes[i].Row(y)[x]) })
}

// TestLoss: what is the same loses nothing, and errors lose more the larger and the coarser they
// are, and the more of them there are.
func TestLoss(t *testing.T) {
	var m Meter
	sample := m.Sample(planesOf(200, 150, 3, 2, grain(1)))
	noise := func(most int) func(i, x, y int, v uint8) uint8 {
		r := rand.New(rand.NewPCG(2, 0))
		return func(_, _, _ int, v uint8) uint8 { return uint8(int(v) + r.IntN(2*most+1) - most) }
	}
	flat := func(part int) func(i, x, y int, v uint8) uint8 {
		return func(i, x, y int, v uint8) uint8 {
			if i == 0 && x/32%part == 0 {
				return 110
			}
			return v
		}
	}
	steps := func(i, x, y int, v uint8) uint8 { return uint8(int(v) + 8*(x/8%2)) }
	for _, test := range []struct {
		name        string
		change      func(i, x, y int, v uint8) uint8
		least, most int // in millionths
	}{
		{"the same", func(_, _, _ int, v uint8) uint8 { return v }, 0, 0},
		{"a little noise", noise(2), 8_000, 14_000},
		{"noise", noise(8), 60_000, 90_000},
		{"steps", steps, 200_000, 2_000_000},
		{"flat in places", flat(4), 300_000, 3_000_000},
		{"flat", flat(1), 700_000, 10_000_000},
		{"Cr is lost", func(i, _, _ int, v uint8) uint8 {
			if i == 2 {
				return 128
			}
			return v
		}, 20_000, 200_000},
	} {
		if got := m.Loss(changed(sample, test.change)); got < test.least || got > test.most {
			t.Errorf("%s: %d millionths are lost, want from %d to %d", test.name, got, test.least, test.most)
		}
	}
}

// TestLossIsTheSameEverywhere holds losses to what they were on amd64.
func TestLossIsTheSameEverywhere(t *testing.T) {
	var m Meter
	var got []int
	for _, kind := range []struct{ n, step int }{{1, 2}, {3, 2}, {3, 1}} {
		sample := m.Sample(planesOf(1000, 700, kind.n, kind.step, grain(3)))
		r := rand.New(rand.NewPCG(4, 0))
		shown := planesOf(sample[0].Width, sample[0].Height, kind.n, kind.step, func(i, x, y int) uint8 {
			return uint8(int(sample[i].Row(y)[x])*7/8 + r.IntN(20))
		})
		got = append(got, m.Loss(shown))
	}
	if want := []int{138_356, 151_642, 150_163}; !slices.Equal(got, want) {
		t.Errorf("losses are %d, want %d", got, want)
	}
}

// TestSample: of small pictures all whole squares are taken, of large ones some, as busy as the
// picture is, and each of them is one of the picture's.
func TestSample(t *testing.T) {
	for _, test := range []struct{ width, height, n, step, wantWidth, wantHeight int }{
		{1, 1, 3, 2, 32, 32}, {1, 1, 1, 2, 32, 32}, {1, 70, 3, 2, 32, 96}, {70, 1, 3, 1, 96, 32}, {63, 64, 3, 2, 64, 64}, {33, 35, 1, 1, 64, 64},
		{256, 256, 3, 2, 256, 256}, {288, 256, 3, 1, 256, 256}, {1440, 960, 3, 2, 384, 448}, {6000, 4000, 1, 2, 1024, 1024},
	} {
		// A sample of luma tells its square, and how busy that is.
		planes := planesOf(test.width, test.height, test.n, test.step, func(i, x, y int) uint8 {
			return uint8((x*255/test.width + x%2*(y*60/test.height)) % 256)
		})
		var m Meter
		sample := m.Sample(planes)
		if w, h := sample[0].Width, sample[0].Height; len(sample) != test.n || w != test.wantWidth || h != test.wantHeight {
			t.Errorf("%dx%d: %d planes, the first of %dx%d, want %d of %dx%d", test.width, test.height, len(sample), w, h, test.n, test.wantWidth, test.wantHeight)
		}
		for _, p := range sample[1:] {
			if w, h := p.Width*test.step, p.Height*test.step; w != test.wantWidth || h != test.wantHeight {
				t.Errorf("%dx%d: chroma is %dx%d, want it to be luma's by %d", test.width, test.height, p.Width, p.Height, test.step)
			}
		}
		if m.Loss(sample) != 0 {
			t.Errorf("%dx%d: it differs from itself", test.width, test.height)
		}
		if test.width < 4*side || test.height < 4*side {
			continue
		}
		var whole, taken float64
		mean := func(p plane.Plane) (mean float64) {
			for y := 0; y < p.Height/side*side; y += side {
				for x := 0; x < p.Width/side*side; x += side {
					mean += float64(busy(p, x, y))
				}
			}
			return mean / float64(p.Height/side*(p.Width/side))
		}
		if whole, taken = mean(planes[0]), mean(sample[0]); taken < 0.97*whole || taken > 1.03*whole {
			t.Errorf("%dx%d: it is %.1f busy, the picture %.1f", test.width, test.height, taken, whole)
		}
	}
}
