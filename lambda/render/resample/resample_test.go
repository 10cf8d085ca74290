package resample

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
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
	case k == repeated && math.Abs(x) <= 0.5:
		return 1
	case k == Box:
		// What the widened box and the sample have in common.
		x = math.Abs(x)
		return max(min(x+0.5, scale/2)-max(x-0.5, -scale/2), 0)
	}
	return 0
}

// weightedLine is a line resampled in floating point, straight from what Axis
// promises.
func weightedLine(line []float64, a Axis, k Kernel) []float64 {
	perPixel := float64(a.Num) / float64(a.Den) / float64(a.Scaled)
	scale := max(math.Abs(float64(a.Step))*perPixel, 1)
	if math.Abs(float64(a.Step))*perPixel <= 0.8 {
		k = enlarging(k, len(line))
	}
	out := make([]float64, a.Count)
	for j := range out {
		centre := (float64(a.From)+(float64(j)+0.5)*float64(a.Step))*perPixel - 0.5
		var sum, weights float64
		for i := int(math.Floor(centre - 3*scale)); i <= int(math.Ceil(centre+3*scale)); i++ {
			w := exact(k, float64(i)-centre, scale)
			sum += w * line[min(max(i, 0), len(line)-1)]
			weights += w
		}
		out[j] = sum / weights
	}
	return out
}

// enlarging is the kernel that enlarges a line of so many samples.
func enlarging(k Kernel, length int) Kernel {
	switch {
	case length <= 2:
		return repeated
	case k == Box:
		return Box
	}
	return Bilinear
}

// reference is a plane resampled down and then across.
func reference(src plane.Plane, x, y Axis, k Kernel) [][]float64 {
	columns := make([][]float64, src.Width)
	for i := range columns {
		column := make([]float64, src.Height)
		for j := range column {
			column[j] = float64(src.Row(j)[i])
		}
		columns[i] = weightedLine(column, y, k)
	}
	rows := make([][]float64, y.Count)
	for j := range rows {
		row := make([]float64, src.Width)
		for i := range row {
			row[i] = columns[i][j]
		}
		rows[j] = weightedLine(row, x, k)
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
						// Rounding is half a level, and the weights' are a fraction of one.
						want = min(max(want, 0), 255)
						if got := float64(dst.Row(j)[i]); math.Abs(got-want) > 0.6 {
							t.Fatalf("kernel %d, across %s, down %s: sample %d,%d is %v, want %.2f", k, x.name, y.name, i, j, got, want)
						}
					}
				}
			}
		}
	}
}

// pixels resamples pixels, four bytes each, into rows without gaps.
func (r *Resampler) pixels(src plane.Plane, x, y Axis, k Kernel) []uint8 {
	dst := make([]uint8, channels*x.Count*y.Count)
	r.Pixels(dst, channels*x.Count, &wholePlane{src}, src.Width/channels, src.Height, x, y, k)
	return dst
}

// exactPixels are pixels resampled in floating point and rounded at the end. A
// colour without alpha is 0.
func exactPixels(src plane.Plane, x, y Axis, k Kernel) []float64 {
	var sums [channels][]float64
	for c := range channels {
		rows := make([][]float64, y.Count)
		columns := make([][]float64, src.Width/channels)
		for i := range columns {
			column := make([]float64, src.Height)
			for j := range column {
				pixel := src.Row(j)[channels*i:][:channels]
				column[j] = float64(pixel[3])
				if c < 3 {
					column[j] *= float64(pixel[c]) / 255
				}
			}
			columns[i] = weightedLine(column, y, k)
		}
		for j := range rows {
			row := make([]float64, len(columns))
			for i := range row {
				row[i] = columns[i][j]
			}
			sums[c] = append(sums[c], weightedLine(row, x, k)...)
		}
	}
	var out []float64
	for i, alpha := range sums[3] {
		for c := range 3 {
			colour := 0.0
			if alpha >= 0.5 {
				colour = min(max(sums[c][i]*255/alpha, 0), 255)
			}
			out = append(out, colour)
		}
		out = append(out, min(max(alpha, 0), 255))
	}
	return out
}

func TestPixelsAreWhatTheKernelSays(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 10))
	var r Resampler
	for _, k := range kernels {
		for i, x := range axes {
			for _, y := range []namedAxis{axes[i], axes[(i+3)%len(axes)]} {
				src := noise(random, channels*x.samples(), y.samples())
				got := r.pixels(src, x.Axis, y.Axis, k)
				want := exactPixels(src, x.Axis, y.Axis, k)
				for i, want := range want {
					// A colour is off by as much more as its alpha is below 255.
					most := 0.6
					if i%channels < 3 {
						alpha := float64(got[i|3])
						if alpha < 8 {
							continue
						}
						most = 0.5 + 25/alpha
					}
					if math.Abs(float64(got[i])-want) > most {
						t.Fatalf("kernel %d, across %s, down %s: channel %d of pixel %d is %d, want %.2f; its alpha is %d",
							k, x.name, y.name, i%channels, i/channels, got[i], want, got[i|3])
					}
				}
			}
		}
	}
}

// TestOpaquePixelsAreAsTheirPlanes resamples channels each for itself, too.
func TestOpaquePixelsAreAsTheirPlanes(t *testing.T) {
	random := rand.New(rand.NewPCG(27, 28))
	var r Resampler
	for _, k := range kernels {
		for i, x := range axes {
			y := axes[(i+3)%len(axes)]
			src := noise(random, channels*x.samples(), y.samples())
			for j := range src.Height {
				for i := 3; i < src.Width; i += channels {
					src.Row(j)[i] = 255
				}
			}
			got := r.pixels(src, x.Axis, y.Axis, k)
			for c := range channels {
				channel := noise(random, x.samples(), y.samples())
				for j := range src.Height {
					for i := range channel.Width {
						channel.Row(j)[i] = src.Row(j)[channels*i+c]
					}
				}
				want := blank(x.Axis, y.Axis)
				r.Plane(want, channel, x.Axis, y.Axis, k)
				for i, want := range want.Pix {
					if got := got[channels*i+c]; got != want {
						t.Fatalf("kernel %d, across %s, down %s: channel %d of pixel %d is %d, its plane's is %d", k, x.name, y.name, c, i, got, want)
					}
				}
			}
		}
	}
}

// TestClearPixelsHaveNoColour holds that neither what is clear gets a colour nor
// what is not takes one from it.
func TestClearPixelsHaveNoColour(t *testing.T) {
	random := rand.New(rand.NewPCG(29, 30))
	var r Resampler
	for _, k := range kernels {
		for i, x := range axes {
			y := axes[(i+2)%len(axes)]
			src := noise(random, channels*x.samples(), y.samples())
			for j := range src.Height {
				for i := 3; i < src.Width; i += channels {
					src.Row(j)[i] = 0
				}
			}
			for i, v := range r.pixels(src, x.Axis, y.Axis, k) {
				if v != 0 {
					t.Fatalf("kernel %d, across %s, down %s: byte %d is %d", k, x.name, y.name, i, v)
				}
			}
		}
	}
}

// TestOneColourStaysOne resamples strokes of a colour whose alpha varies, among
// clear pixels of any other.
func TestOneColourStaysOne(t *testing.T) {
	random := rand.New(rand.NewPCG(31, 32))
	colour := [3]uint8{201, 90, 17}
	var r Resampler
	for _, k := range kernels {
		for i, x := range axes {
			y := axes[(i+4)%len(axes)]
			src := noise(random, channels*x.samples(), y.samples())
			for j := range src.Height {
				for i := 0; i < src.Width; i += channels {
					if pixel := src.Row(j)[i:]; random.IntN(4) > 0 {
						copy(pixel, colour[:])
					} else {
						pixel[3] = 0
					}
				}
			}
			got := r.pixels(src, x.Axis, y.Axis, k)
			for i := 0; i < len(got); i += channels {
				alpha := got[i+3]
				for c, want := range colour {
					off := math.Abs(float64(got[i+c]) - float64(want))
					if alpha > 32 && off > 0 || alpha >= 8 && off > 1 {
						t.Fatalf("kernel %d, across %s, down %s: pixel %d is %d, want %d", k, x.name, y.name, i/channels, got[i:][:channels], colour)
					}
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

// TestCopyingPixels copies what is almost clear to the bit, and of what is clear
// no colour.
func TestCopyingPixels(t *testing.T) {
	src := plane.Plane{Pix: []uint8{9, 9, 9, 9, 250, 3, 2, 1, 7, 8, 9, 0, 10, 20, 30, 255}, Stride: 8, Width: 8, Height: 2}
	got := new(Resampler).pixels(src, whole(2, 2), whole(2, 2), Lanczos)
	if want := []uint8{9, 9, 9, 9, 250, 3, 2, 1, 0, 0, 0, 0, 10, 20, 30, 255}; !bytes.Equal(got, want) {
		t.Errorf("%d, want %d", got, want)
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
	pixelRows := wholePlane{noise(random, channels*300, 200)}
	x, y := whole(300, 120), whole(200, 80)
	cx, cy := Axis{Scaled: 120, Num: 300, Den: 2, Step: 2, Count: 60}, Axis{Scaled: 80, Num: 200, Den: 1, Step: 2, Count: 40}
	dst, chromaDst := blank(x, y), blank(cx, cy)
	pixelsDst := make([]uint8, channels*120*80)
	var r Resampler
	allocations := testing.AllocsPerRun(10, func() {
		r.Plane(dst, luma, x, y, Lanczos)
		r.Plane(chromaDst, chroma, cx, cy, Lanczos)
		r.Pixels(pixelsDst, channels*120, &pixelRows, 300, 200, x, y, Lanczos)
	})
	if allocations != 0 {
		t.Errorf("%v allocations", allocations)
	}
}

// TestSameOnEveryProcessor holds the pictures of all axes and kernels to those
// that another processor made.
func TestSameOnEveryProcessor(t *testing.T) {
	const want = "f420b7c4c4397d2d3261541267bc06c64b60b03dd261633923b621570551acef"
	random := rand.New(rand.NewPCG(23, 24))
	var r Resampler
	all := sha256.New()
	for _, k := range kernels {
		for _, x := range axes {
			for _, y := range axes {
				dst := blank(x.Axis, y.Axis)
				r.Plane(dst, noise(random, x.samples(), y.samples()), x.Axis, y.Axis, k)
				all.Write(dst.Pix)
				all.Write(r.pixels(noise(random, channels*x.samples(), y.samples()), x.Axis, y.Axis, k))
			}
		}
	}
	if got := hex.EncodeToString(all.Sum(nil)); got != want {
		t.Errorf("the pictures are %s, want %s", got, want)
	}
}

// counted are rows that hold what they are asked for against the contract of
// plane.Rows, and make an error of row fails.
type counted struct {
	plane.Plane
	t         *testing.T
	deep      bool
	last      int
	fails     int
	latest    [2][]uint16
	latestTop [2][]uint8
}

var errRow = errors.New("row")

func (c *counted) Row(y int) (plane.Row, error) {
	if y <= c.last || y >= c.Height {
		c.t.Fatalf("row %d of %d after row %d", y, c.Height, c.last)
	}
	c.last = y
	if y == c.fails {
		return plane.Row{}, errRow
	}
	// Two rows are valid at a time: what came before is overwritten.
	i := y & 1
	c.latestTop[i] = append(c.latestTop[i][:0], c.Plane.Row(y)...)
	if !c.deep {
		return plane.Row{Bytes: c.latestTop[i]}, nil
	}
	c.latest[i] = c.latest[i][:0]
	for _, v := range c.latestTop[i] {
		c.latest[i] = append(c.latest[i], uint16(v)*257)
	}
	return plane.Row{Words: c.latest[i]}, nil
}

// TestRowsAreReadOnceInRisingOrder holds also that samples of sixteen bits give what
// those of eight bits give, where both stand for the same.
func TestRowsAreReadOnceInRisingOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(31, 32))
	var r Resampler
	for _, k := range kernels {
		for i, x := range axes {
			for _, y := range []namedAxis{axes[i], axes[(i+5)%len(axes)]} {
				src := noise(random, x.samples(), y.samples())
				want, got, deep := blank(x.Axis, y.Axis), blank(x.Axis, y.Axis), blank(x.Axis, y.Axis)
				r.Plane(want, src, x.Axis, y.Axis, k)
				for _, test := range []struct {
					dst plane.Plane
					in  *counted
				}{{got, &counted{Plane: src, t: t, last: -1, fails: -1}}, {deep, &counted{Plane: src, t: t, deep: true, last: -1, fails: -1}}} {
					if err := r.Samples(test.dst, test.in, src.Width, src.Height, x.Axis, y.Axis, k); err != nil {
						t.Fatal(err)
					}
					if !bytes.Equal(test.dst.Pix, want.Pix) {
						t.Errorf("kernel %d, across %s, down %s, deep %v: not what the plane gives", k, x.name, y.name, test.in.deep)
					}
				}
				pixels := noise(random, channels*x.samples(), y.samples())
				wanted := r.pixels(pixels, x.Axis, y.Axis, k)
				found := make([]uint8, len(wanted))
				if err := r.Pixels(found, channels*x.Count, &counted{Plane: pixels, t: t, last: -1, fails: -1}, x.samples(), y.samples(), x.Axis, y.Axis, k); err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(found, wanted) {
					t.Errorf("kernel %d, across %s, down %s: pixels are not what the whole gives", k, x.name, y.name)
				}
			}
		}
	}
}

// TestDeepPixelsAreWeighedByTheirAlpha: a pixel of sixteen bits is off by at most one
// level from the same one of eight, whose product with its alpha is rounded more coarsely.
func TestDeepPixelsAreWeighedByTheirAlpha(t *testing.T) {
	random := rand.New(rand.NewPCG(33, 34))
	var r Resampler
	src := noise(random, channels*90, 70)
	x, y := whole(90, 41), whole(70, 33)
	want := r.pixels(src, x, y, Lanczos)
	got := make([]uint8, len(want))
	if err := r.Pixels(got, channels*x.Count, &counted{Plane: src, t: t, deep: true, last: -1, fails: -1}, 90, 70, x, y, Lanczos); err != nil {
		t.Fatal(err)
	}
	for i := range want {
		if got[i/channels*channels+3] < 32 {
			continue // the less alpha, the less a level means
		}
		if off := int(got[i]) - int(want[i]); off < -2 || off > 2 {
			t.Errorf("sample %d is %d, want %d", i, got[i], want[i])
		}
	}
}

func TestErrorOfARowEndsThePicture(t *testing.T) {
	src := noise(rand.New(rand.NewPCG(35, 36)), channels*40, 40)
	var r Resampler
	for _, x := range []Axis{whole(40, 40), whole(40, 20)} {
		if err := r.Samples(blank(x, x), &counted{Plane: src, t: t, last: -1, fails: 21}, 40, 40, x, x, Lanczos); err != errRow {
			t.Errorf("samples to %d: %v", x.Count, err)
		}
		if err := r.Pixels(make([]uint8, channels*x.Count*x.Count), channels*x.Count, &counted{Plane: src, t: t, last: -1, fails: 21}, 40, 40, x, x, Lanczos); err != errRow {
			t.Errorf("pixels to %d: %v", x.Count, err)
		}
	}
}

func TestMemoryIsThatOfTheWindow(t *testing.T) {
	random := rand.New(rand.NewPCG(37, 38))
	for _, k := range kernels {
		for _, y := range axes {
			src := noise(random, 64, y.samples())
			var r Resampler
			x := whole(64, 64)
			r.Plane(blank(x, y.Axis), src, x, y.Axis, k)
			taken, said := 2*len(r.window.samples), Memory(y.Axis, k, src.Height, 64)
			if taken > said || said > 2*taken+6*2*64 {
				t.Errorf("kernel %d, %s: takes %d bytes, Memory says %d", k, y.name, taken, said)
			}
		}
	}
}
