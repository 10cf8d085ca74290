package resample

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"prew/lambda/render/plane"
)

var kernels = []Kernel{Lanczos, CatmullRom, Bilinear, Box}

// exact is the kernel as textbooks have it, with math.Sin, at x samples where it
// is not widened.
func exact(k Kernel, x, scale float64) float64 {
	sinc := func(x float64) float64 {
		if x == 0 {
			return 1
		}
		return math.Sin(math.Pi*x) / (math.Pi * x)
	}
	wide := math.Abs(x) / scale
	switch {
	case k == Lanczos && wide < 3:
		return sinc(wide) * sinc(wide/3)
	case k == CatmullRom && wide < 1:
		return 1.5*wide*wide*wide - 2.5*wide*wide + 1
	case k == CatmullRom && wide < 2:
		return -0.5*wide*wide*wide + 2.5*wide*wide - 4*wide + 2
	case k == Bilinear && wide < 1:
		return 1 - wide
	case k == Box:
		// What the widened box and the sample have in common.
		x = math.Abs(x)
		return max(min(x+0.5, scale/2)-max(x-0.5, -scale/2), 0)
	}
	return 0
}

// referenceLine is a line resampled in floating point, straight from what Axis
// promises.
func referenceLine(line []float64, a Axis, k Kernel) []float64 {
	perPixel := float64(a.Num) / float64(a.Den) / float64(a.Scaled)
	scale := max(math.Abs(float64(a.Step))*perPixel, 1)
	out := make([]float64, a.Count)
	for j := range out {
		centre := (float64(a.From)+(float64(j)+0.5)*float64(a.Step))*perPixel - 0.5
		var sum, weights float64
		for i := int(math.Floor(centre - 3*scale)); i <= int(math.Ceil(centre+3*scale)); i++ {
			w := exact(k, float64(i)-centre, scale)
			sum += w * line[min(max(i, 0), len(line)-1)]
			weights += w
		}
		out[j] = min(max(sum/weights, 0), 255)
	}
	return out
}

// reference is a plane resampled down and then across.
func reference(src plane.Plane, x, y Axis, k Kernel) [][]float64 {
	columns := make([][]float64, src.Width)
	for i := range columns {
		column := make([]float64, src.Height)
		for j := range column {
			column[j] = float64(src.Row(j)[i])
		}
		columns[i] = referenceLine(column, y, k)
	}
	rows := make([][]float64, y.Count)
	for j := range rows {
		row := make([]float64, src.Width)
		for i := range row {
			row[i] = columns[i][j]
		}
		rows[j] = referenceLine(row, x, k)
	}
	return rows
}

// noise is a plane of random samples in rows further apart than they are long,
// ending with its last sample.
func noise(random *rand.Rand, width, height int) plane.Plane {
	stride := width + random.IntN(9)
	pix := make([]uint8, stride*(height-1)+width)
	for i := range pix {
		pix[i] = uint8(random.Uint32())
	}
	return plane.Plane{Pix: pix, Stride: stride, Width: width, Height: height}
}

// blank is a plane to resample to.
func blank(x, y Axis) plane.Plane {
	return plane.Plane{Pix: make([]uint8, x.Count*y.Count), Stride: x.Count, Width: x.Count, Height: y.Count}
}

// whole is the axis that scales a line of whole samples.
func whole(samples, scaled int) Axis {
	return Axis{Scaled: scaled, Num: samples, Den: 1, Step: 1, Count: scaled}
}

// samples is how many an axis has in its source.
func (a Axis) samples() int { return (a.Num + a.Den - 1) / a.Den }

type namedAxis struct {
	name string
	Axis
}

var axes = []namedAxis{
	{"a little smaller", whole(63, 60)},
	{"half", whole(64, 32)},
	{"a third", whole(100, 33)},
	{"a seventh", whole(467, 66)},
	{"to one sample", whole(90, 1)},
	{"of one sample", whole(1, 1)},
	{"larger", whole(40, 77)},
	{"as it is", whole(50, 50)},
	{"a part of it as it is", Axis{Scaled: 50, Num: 50, Den: 1, From: 7, Step: 1, Count: 40}},
	{"flipped", Axis{Scaled: 50, Num: 50, Den: 1, From: 50, Step: -1, Count: 50}},
	{"cropped", Axis{Scaled: 40, Num: 90, Den: 1, From: 11, Step: 1, Count: 20}},
	{"cropped and flipped", Axis{Scaled: 40, Num: 90, Den: 1, From: 31, Step: -1, Count: 20}},
	{"ending within a sample", Axis{Scaled: 36, Num: 101 * 3, Den: 8, Step: 1, Count: 36}},
	{"chroma to chroma", Axis{Scaled: 60, Num: 101 * 5, Den: 16, Step: 2, Count: 30}},
	{"chroma from an odd offset", Axis{Scaled: 60, Num: 101 * 5, Den: 16, From: 13, Step: 2, Count: 10}},
	{"chroma beyond the end", Axis{Scaled: 61, Num: 122, Den: 2, Step: 2, Count: 31}},
	{"chroma flipped beyond the end", Axis{Scaled: 61, Num: 61, Den: 1, From: 61, Step: -2, Count: 31}},
	{"luma to chroma", Axis{Scaled: 60, Num: 101, Den: 1, Step: 2, Count: 30}},
	{"chroma to luma", Axis{Scaled: 60, Num: 61, Den: 2, Step: 1, Count: 60}},
}

func TestPlaneIsWhatTheKernelSays(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var r Resampler
	for _, k := range kernels {
		for i, x := range axes {
			for _, y := range []namedAxis{axes[i], axes[(i+5)%len(axes)]} {
				src := noise(random, x.samples(), y.samples())
				dst := blank(x.Axis, y.Axis)
				r.Plane(dst, src, x.Axis, y.Axis, k)
				for j, want := range reference(src, x.Axis, y.Axis, k) {
					for i, want := range want {
						// Rounding is half a level each way, and down it is weighted again.
						if got := float64(dst.Row(j)[i]); math.Abs(got-want) > 1.3 {
							t.Fatalf("kernel %d, across %s, down %s: sample %d,%d is %v, want %.2f", k, x.name, y.name, i, j, got, want)
						}
					}
				}
			}
		}
	}
}

func TestPixelsAreAsTheirPlanes(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 10))
	var r Resampler
	for i, x := range axes {
		y := axes[(i+3)%len(axes)]
		width, height := x.samples(), y.samples()
		pixels := noise(random, 4*width, height)
		var got []plane.Plane
		for c := range 4 {
			got = append(got, blank(x.Axis, y.Axis))
			// Three planes leave the last channel out.
			if c < 2 {
				continue
			}
			r.Pixels(got, pixels.Pix, pixels.Stride, width, height, x.Axis, y.Axis, Lanczos)
			for c := range got {
				channel := noise(random, width, height)
				for j := range height {
					for i := range width {
						channel.Row(j)[i] = pixels.Row(j)[4*i+c]
					}
				}
				want := blank(x.Axis, y.Axis)
				r.Plane(want, channel, x.Axis, y.Axis, Lanczos)
				if !bytes.Equal(got[c].Pix, want.Pix) {
					t.Errorf("across %s, down %s: channel %d of %d is not its plane's", x.name, y.name, c, len(got))
				}
			}
		}
	}
}

// TestEvenStaysEven holds that no axis makes a plane of one value brighter or
// darker.
func TestEvenStaysEven(t *testing.T) {
	random := rand.New(rand.NewPCG(11, 12))
	var r Resampler
	for _, k := range kernels {
		for i, x := range axes {
			y := axes[(i+1)%len(axes)]
			for _, v := range []uint8{0, 1, 127, 255} {
				src := noise(random, x.samples(), y.samples())
				for i := range src.Pix {
					src.Pix[i] = v
				}
				dst := blank(x.Axis, y.Axis)
				r.Plane(dst, src, x.Axis, y.Axis, k)
				for i, got := range dst.Pix {
					if got != v {
						t.Fatalf("kernel %d, across %s, down %s: sample %d is %d, want %d", k, x.name, y.name, i, got, v)
					}
				}
			}
		}
	}
}

// reversed reads the same pixels the other way round.
func (a Axis) reversed() Axis {
	a.From += a.Step * a.Count
	a.Step = -a.Step
	return a
}

func TestFlippingIsReadingBackwards(t *testing.T) {
	random := rand.New(rand.NewPCG(13, 14))
	var r Resampler
	for _, k := range kernels {
		for i, x := range axes {
			y := axes[(i+2)%len(axes)]
			src := noise(random, x.samples(), y.samples())
			straight, flipped := blank(x.Axis, y.Axis), blank(x.Axis, y.Axis)
			r.Plane(straight, src, x.Axis, y.Axis, k)
			r.Plane(flipped, src, x.reversed(), y.reversed(), k)
			slices.Reverse(flipped.Pix)
			if !bytes.Equal(flipped.Pix, straight.Pix) {
				t.Errorf("kernel %d, across %s, down %s: flipped it is another picture", k, x.name, y.name)
			}
		}
	}
}

// TestWhereResultsLie resamples a slope of four levels a sample: a result, away
// from the ends, is four times the place in the line that it stands for.
func TestWhereResultsLie(t *testing.T) {
	tests := []struct {
		name string
		Axis
		first uint8   // of the results below
		want  []uint8 // four times the middle, in samples, less half a sample
	}{
		{"as it is", whole(64, 64), 20, []uint8{80, 84, 88}},
		{"half the size", whole(64, 32), 8, []uint8{66, 74, 82}},
		{"twice the size", whole(32, 64), 20, []uint8{39, 41, 43}},
		{"luma to the chroma of 4:2:0", Axis{Scaled: 64, Num: 64, Den: 1, Step: 2, Count: 32}, 8, []uint8{66, 74, 82}},
		{"its chroma to its chroma", Axis{Scaled: 64, Num: 64, Den: 2, Step: 2, Count: 32}, 8, []uint8{32, 36, 40}},
		{"its chroma to its chroma from pixel 1 on", Axis{Scaled: 64, Num: 64, Den: 2, From: 1, Step: 2, Count: 31}, 8, []uint8{34, 38, 42}},
		{"its chroma to luma", Axis{Scaled: 64, Num: 64, Den: 2, Step: 1, Count: 64}, 20, []uint8{39, 41, 43}},
		{"backwards", Axis{Scaled: 64, Num: 64, Den: 1, From: 64, Step: -1, Count: 64}, 20, []uint8{172, 168, 164}},
		{"ending within a sample", Axis{Scaled: 31, Num: 124, Den: 2, Step: 1, Count: 31}, 8, []uint8{66, 74, 82}},
	}
	for _, test := range tests {
		for _, k := range kernels {
			src := plane.Plane{Width: test.samples(), Height: 1, Stride: test.samples()}
			for i := range src.Width {
				src.Pix = append(src.Pix, uint8(min(4*i, 255)))
			}
			dst := blank(test.Axis, whole(1, 1))
			new(Resampler).Plane(dst, src, test.Axis, whole(1, 1), k)
			if got := dst.Pix[test.first:][:len(test.want)]; !bytes.Equal(got, test.want) {
				t.Errorf("kernel %d, %s: %d, want %d", k, test.name, got, test.want)
			}
		}
	}
}

func TestCopying(t *testing.T) {
	random := rand.New(rand.NewPCG(15, 16))
	src := noise(random, 50, 40)
	for _, k := range kernels {
		x, y := Axis{Scaled: 50, Num: 50, Den: 1, From: 3, Step: 1, Count: 44}, Axis{Scaled: 40, Num: 80, Den: 2, From: 2, Step: 1, Count: 33}
		dst := blank(x, y)
		new(Resampler).Plane(dst, src, x, y, k)
		for j := range y.Count {
			if !bytes.Equal(dst.Row(j), src.Row(j + 2)[3:47]) {
				t.Fatalf("kernel %d: row %d is not the source's", k, j)
			}
		}
	}
}

func TestReach(t *testing.T) {
	tests := []struct {
		Axis
		k      Kernel
		length int
		lo, hi int
	}{
		{whole(100, 100), Lanczos, 100, 0, 100},
		{Axis{Scaled: 100, Num: 100, Den: 1, From: 50, Step: 1, Count: 1}, Lanczos, 100, 48, 53},
		{Axis{Scaled: 100, Num: 200, Den: 1, From: 50, Step: 1, Count: 1}, Lanczos, 200, 95, 107},
		{Axis{Scaled: 100, Num: 200, Den: 1, From: 51, Step: -1, Count: 1}, Lanczos, 200, 95, 107},
		{Axis{Scaled: 100, Num: 200, Den: 1, From: 50, Step: 1, Count: 1}, CatmullRom, 200, 97, 105},
		{Axis{Scaled: 100, Num: 200, Den: 1, From: 50, Step: 1, Count: 1}, Bilinear, 200, 99, 103},
		{Axis{Scaled: 100, Num: 200, Den: 1, From: 50, Step: 1, Count: 1}, Box, 200, 100, 102},
		{Axis{Scaled: 100, Num: 200, Den: 1, From: 50, Step: 1, Count: 20}, Box, 200, 100, 140},
		{Axis{Scaled: 100, Num: 200, Den: 1, From: 70, Step: -1, Count: 20}, Box, 200, 100, 140},
		{Axis{Scaled: 100, Num: 200, Den: 2, From: 50, Step: 2, Count: 10}, Box, 100, 50, 70},
		{Axis{Scaled: 99, Num: 99, Den: 2, From: 90, Step: 2, Count: 5}, Bilinear, 50, 45, 50},
		{Axis{Scaled: 100, Num: 100, Den: 1, From: -9, Step: 1, Count: 2}, Box, 100, 0, 1},
		{Axis{Scaled: 100, Num: 100, Den: 1, From: 200, Step: 1, Count: 2}, Box, 100, 99, 100},
	}
	for _, test := range tests {
		if lo, hi := test.Reach(test.k, test.length); lo != test.lo || hi != test.hi {
			t.Errorf("%+v, kernel %d: %d to %d, want %d to %d", test.Axis, test.k, lo, hi, test.lo, test.hi)
		}
	}
}

// TestNothingIsReadOutsideOfReach changes what lies there.
func TestNothingIsReadOutsideOfReach(t *testing.T) {
	random := rand.New(rand.NewPCG(17, 18))
	var r Resampler
	for _, k := range kernels {
		for i, x := range axes {
			y := axes[(i+4)%len(axes)]
			src := noise(random, x.samples(), y.samples())
			want, got := blank(x.Axis, y.Axis), blank(x.Axis, y.Axis)
			r.Plane(want, src, x.Axis, y.Axis, k)
			left, right := x.Reach(k, src.Width)
			top, bottom := y.Reach(k, src.Height)
			for j := range src.Height {
				for i := range src.Width {
					if i < left || i >= right || j < top || j >= bottom {
						src.Row(j)[i] ^= 0xff
					}
				}
			}
			r.Plane(got, src, x.Axis, y.Axis, k)
			if !bytes.Equal(got.Pix, want.Pix) {
				t.Errorf("kernel %d, across %s, down %s: something is", k, x.name, y.name)
			}
		}
	}
}

// TestUsedIsAsNew holds that what a Resampler keeps changes nothing, with more
// axes than it keeps.
func TestUsedIsAsNew(t *testing.T) {
	random := rand.New(rand.NewPCG(19, 20))
	var used Resampler
	for range 300 {
		x, y, k := axes[random.IntN(len(axes))], axes[random.IntN(len(axes))], kernels[random.IntN(len(kernels))]
		src := noise(random, x.samples(), y.samples())
		got, want := blank(x.Axis, y.Axis), blank(x.Axis, y.Axis)
		used.Plane(got, src, x.Axis, y.Axis, k)
		new(Resampler).Plane(want, src, x.Axis, y.Axis, k)
		if !bytes.Equal(got.Pix, want.Pix) {
			t.Fatalf("kernel %d, across %s, down %s: another picture", k, x.name, y.name)
		}
	}
}

func TestWarmResamplerAllocatesNothing(t *testing.T) {
	random := rand.New(rand.NewPCG(21, 22))
	luma, chroma := noise(random, 300, 200), noise(random, 150, 200)
	pixels := noise(random, 4*300, 200)
	x, y := whole(300, 120), whole(200, 80)
	cx, cy := Axis{Scaled: 120, Num: 300, Den: 2, Step: 2, Count: 60}, Axis{Scaled: 80, Num: 200, Den: 1, Step: 2, Count: 40}
	dst, chromaDst := blank(x, y), blank(cx, cy)
	channels := []plane.Plane{blank(x, y), blank(x, y), blank(x, y), blank(x, y)}
	var r Resampler
	allocations := testing.AllocsPerRun(10, func() {
		r.Plane(dst, luma, x, y, Lanczos)
		r.Plane(chromaDst, chroma, cx, cy, Lanczos)
		r.Pixels(channels, pixels.Pix, pixels.Stride, 300, 200, x, y, Lanczos)
	})
	if allocations != 0 {
		t.Errorf("%v allocations", allocations)
	}
}

// TestSameOnEveryProcessor holds the pictures of all axes and kernels to those
// that another processor made.
func TestSameOnEveryProcessor(t *testing.T) {
	const want = "5b5398f5c314f80843e01f4c9c424ac613a8aa69938410c5010db367fef0b873"
	random := rand.New(rand.NewPCG(23, 24))
	var r Resampler
	all := sha256.New()
	for _, k := range kernels {
		for _, x := range axes {
			for _, y := range axes {
				dst := blank(x.Axis, y.Axis)
				r.Plane(dst, noise(random, x.samples(), y.samples()), x.Axis, y.Axis, k)
				all.Write(dst.Pix)
			}
		}
	}
	if got := hex.EncodeToString(all.Sum(nil)); got != want {
		t.Errorf("the pictures are %s, want %s", got, want)
	}
}
