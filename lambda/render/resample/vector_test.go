//go:build unix && (amd64 || arm64)

package resample

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"syscall"
	"testing"
	"unsafe"

	"prew/lambda/render/plane"
)

// fenced is a copy of s between two pages that nobody may touch, at the end of
// the first or at the beginning of the second.
func fenced[E any](t testing.TB, s []E, atEnd bool) []E {
	t.Helper()
	page := syscall.Getpagesize()
	size := len(s) * int(unsafe.Sizeof(*new(E)))
	pages := (size + page - 1) / page * page
	memory, err := syscall.Mmap(-1, 0, pages+2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Munmap(memory); err != nil {
			t.Error(err)
		}
	})
	for _, fence := range [][]byte{memory[:page], memory[page+pages:]} {
		if err := syscall.Mprotect(fence, syscall.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	at := page
	if atEnd {
		at += pages - size
	}
	fencedIn := unsafe.Slice((*E)(unsafe.Pointer(&memory[at])), len(s))
	copy(fencedIn, s)
	return fencedIn
}

// TestPairVectorsArePlain makes pairs of rows, as they are and premultiplied.
func TestPairVectorsArePlain(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	makers := []struct {
		name          string
		vector, plain func(pair []int16, top, bottom []uint8)
	}{
		{"interleave", interleave, interleavePlain},
		{"premultiply", premultiply, premultiplyPlain},
	}
	for _, maker := range makers {
		for _, n := range []int{4, 12, 28, 32, 36, 60, 64, 128, 1000} {
			top, bottom := noise(random, n, 1).Pix, noise(random, n, 1).Pix
			want := make([]int16, 2*n)
			maker.plain(want, top, bottom)
			for _, atEnd := range []bool{false, true} {
				got := fenced(t, make([]int16, 2*n), atEnd)
				maker.vector(got, fenced(t, top, atEnd), fenced(t, bottom, atEnd))
				if !slices.Equal(got, want) {
					t.Fatalf("%s of %d samples:\n%v, want\n%v", maker.name, n, got, want)
				}
			}
		}
	}
}

// TestUnsharpVectorsArePlain has all kinds of differences, up to the largest, and of amounts.
func TestUnsharpVectorsArePlain(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 10))
	for _, n := range []int{1, 15, 16, 17, 64, 100, 4096} {
		for _, amount := range []int{1, 3, 127, 128, 256, 1280, 32767} {
			pixels, sharp, soft := noise(random, channels*n, 1).Pix, noise(random, n, 1).Pix, noise(random, n, 1).Pix
			for x := 0; x < n; x += 5 {
				sharp[x], soft[n-1-x] = 255*uint8(x%2), 255*uint8(x%2)
			}
			want, wantLuma := slices.Clone(pixels), make([]uint8, n)
			lumasPlain(wantLuma, pixels)
			unsharpPlain(want, sharp, soft, amount)
			for _, atEnd := range []bool{false, true} {
				got, luma := fenced(t, pixels, atEnd), fenced(t, make([]uint8, n), atEnd)
				Luma(luma, got)
				if !bytes.Equal(luma, wantLuma) {
					t.Fatalf("luma of %d pixels:\n%v, want\n%v", n, luma, wantLuma)
				}
				Unsharp(got, fenced(t, sharp, atEnd), fenced(t, soft, atEnd), amount)
				if !bytes.Equal(got, want) {
					t.Fatalf("%d pixels, amount %d:\n%v, want\n%v", n, amount, got, want)
				}
			}
		}
	}
}

func TestVerticalVectorIsPlain(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, columns := range []int{verticalColumns, 2 * verticalColumns, 9 * verticalColumns} {
		for pairs := 1; pairs <= 19; pairs++ {
			samples := wide(random, 2*columns*pairs, 1<<rowBits)
			w := randomWeights(random, 2*pairs)
			want := make([]int16, columns)
			verticalPlain(want, samples, w)
			for _, atEnd := range []bool{false, true} {
				got := fenced(t, make([]int16, columns), atEnd)
				vertical(got, fenced(t, samples, atEnd), fenced(t, w, atEnd))
				if !slices.Equal(got, want) {
					t.Fatalf("%d pairs of %d columns:\n%v, want\n%v", pairs, columns, got, want)
				}
			}
		}
	}
}

// wide is n random samples of 16 bits, each 0 to 255 of the given unit.
func wide(random *rand.Rand, n, unit int) []int16 {
	samples := make([]int16, n)
	for i := range samples {
		samples[i] = int16(random.IntN(255*unit + 1))
	}
	return samples
}

// randomWeights are n that come to 1.28 above zero, and to -0.28 below.
func randomWeights(random *rand.Rand, n int) []int16 {
	w := make([]int16, n)
	share := func(total, sign int) {
		for ; total > 0; total -= 256 {
			w[random.IntN(n)] += int16(sign * min(total, 256))
		}
	}
	share(one*128/100, 1)
	share(one*28/100, -1)
	return w
}

func TestHorizontalVectorIsPlain(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for _, k := range kernels {
		for samples := 1; samples < 400; samples += 1 + random.IntN(7) {
			var taps weights
			taps.set(whole(samples, 1+random.IntN(samples)), k, samples)
			if random.IntN(3) == 0 {
				count := 1 + random.IntN(40)
				taps.set(Axis{Scaled: count, Num: samples, Den: 1, From: count, Step: -1, Count: count}, k, samples)
			}
			line := wide(random, taps.hi-taps.lo+linePadding, 1<<lineBits)
			want := make([]uint8, len(taps.first))
			horizontalPlain(want, line, &taps)
			for _, atEnd := range []bool{false, true} {
				taps.lanes.forget()
				if vectors {
					taps.lanes.set(&taps)
					taps.lanes.at = fenced(t, taps.lanes.at, atEnd)
					taps.lanes.shuffle = fenced(t, taps.lanes.shuffle, atEnd)
					taps.lanes.w = fenced(t, taps.lanes.w, atEnd)
				}
				got := fenced(t, make([]uint8, len(want)), atEnd)
				horizontal(got, fenced(t, line, atEnd), &taps)
				if !bytes.Equal(got, want) {
					t.Fatalf("kernel %d, %d samples to %d:\n%v, want\n%v", k, samples, len(want), got, want)
				}
			}
		}
	}
}

func TestStraightVectorIsPlain(t *testing.T) {
	random := rand.New(rand.NewPCG(25, 26))
	for _, k := range kernels {
		for samples := 1; samples < 400; samples += 1 + random.IntN(7) {
			var taps weights
			taps.set(whole(samples, 1+random.IntN(samples)), k, samples)
			line := wide(random, channels*(taps.hi-taps.lo+taps.stride), 1<<lineBits)
			// Some are below zero, almost clear or opaque, and beyond.
			for i := 3; i < len(line); i += channels {
				line[i] = int16([]int{-1 << 10, -1, 0, 31, 32, 64, int(line[i]), 255 << lineBits, 300 << lineBits}[random.IntN(9)])
			}
			want := make([]uint8, channels*len(taps.first))
			straightPlain(want, line, &taps)
			for _, atEnd := range []bool{false, true} {
				fencedTaps := taps
				fencedTaps.first, fencedTaps.w = fenced(t, taps.first, atEnd), fenced(t, taps.w, atEnd)
				got := fenced(t, make([]uint8, len(want)), atEnd)
				straight(got, fenced(t, line, atEnd), &fencedTaps)
				if !bytes.Equal(got, want) {
					t.Fatalf("kernel %d, %d pixels to %d:\n%v, want\n%v", k, samples, len(taps.first), got, want)
				}
			}
		}
	}
}

// fuzzAxis is an axis of at most 300 samples and 200 results, made of any bytes.
func fuzzAxis(random *rand.Rand) Axis {
	a := Axis{
		Scaled: 1 + random.IntN(1+random.IntN(300)),
		Den:    1 + random.IntN(32),
		Step:   []int{1, 1, 2, -1, -2, 3}[random.IntN(6)],
	}
	a.Num = 1 + random.IntN(300*a.Den)
	a.Count = 1 + random.IntN(min(a.Scaled, 200))
	a.From = random.IntN(a.Scaled+1+random.IntN(9)) - random.IntN(9)
	if random.IntN(3) == 0 {
		a.Scaled = a.samples()
	}
	return a
}

// FuzzResample resamples planes and pixels by axes of every kind: the vectors
// make what plain code makes, and what lies outside of Reach is nothing to it.
func FuzzResample(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, seed0, seed1 uint64) {
		random := rand.New(rand.NewPCG(seed0, seed1))
		k := kernels[random.IntN(len(kernels))]
		x, y := fuzzAxis(random), fuzzAxis(random)
		samples := noise(random, x.samples(), y.samples())
		pixels := noise(random, channels*x.samples(), y.samples())
		for i := 3; i < len(pixels.Pix); i += channels {
			pixels.Pix[i] = []uint8{0, 1, 2, pixels.Pix[i], 254, 255}[random.IntN(6)]
		}
		var r Resampler
		ofSamples, ofPixels := blank(x, y), r.pixels(pixels, x, y, k)
		r.Plane(ofSamples, samples, x, y, k)

		left, right := x.Reach(k, x.samples())
		top, bottom := y.Reach(k, y.samples())
		for _, src := range []struct {
			plane.Plane
			size int
		}{{samples, 1}, {pixels, channels}} {
			for j := range src.Height {
				if j < top || j >= bottom {
					clear(src.Row(j))
					continue
				}
				clear(src.Row(j)[:left*src.size])
				clear(src.Row(j)[right*src.size:])
			}
		}
		defer func(before bool) { vectors = before }(vectors)
		vectors = false
		want := blank(x, y)
		r.Plane(want, samples, x, y, k)
		if !bytes.Equal(ofSamples.Pix, want.Pix) {
			t.Fatalf("kernel %d, across %+v, down %+v: samples are\n%v in vectors, plain\n%v", k, x, y, ofSamples.Pix, want.Pix)
		}
		if want := r.pixels(pixels, x, y, k); !bytes.Equal(ofPixels, want) {
			t.Fatalf("kernel %d, across %+v, down %+v: pixels are\n%v in vectors, plain\n%v", k, x, y, ofPixels, want)
		}
	})
}
