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

func TestVerticalVectorIsPlain(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, width := range []int{1, 7, 31, 32, 33, 63, 64, 65, 96, 127, 200, 1000} {
		for rows := 1; rows <= 19; rows++ {
			src := noise(random, width, rows)
			w := make([]int16, rows, rows+1)
			for i := range w {
				w[i] = int16(random.IntN(2*one)/rows - one/3/rows)
			}
			if rows == 1 {
				w[0] = one
			}
			want := make([]uint8, width)
			verticalPlain(want, src.Pix, src.Stride, w)
			for _, atEnd := range []bool{false, true} {
				got := fenced(t, make([]uint8, width), atEnd)
				weights := fenced(t, w[:(rows+1)&^1], atEnd)[:rows]
				vertical(got, fenced(t, src.Pix, atEnd), src.Stride, weights)
				if !bytes.Equal(got, want) {
					t.Fatalf("%d rows of %d samples:\n%v, want\n%v", rows, width, got, want)
				}
			}
		}
	}
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
			line := noise(random, taps.hi-taps.lo+linePadding, 1).Pix
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

func TestSplitVectorIsPlain(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	for _, n := range []int{1, 15, 31, 32, 33, 63, 64, 100, 1000} {
		pixels := noise(random, 4*n, 1).Pix
		var want [4][]uint8
		for c := range want {
			want[c] = make([]uint8, n)
		}
		splitPlain(want[0], want[1], want[2], want[3], pixels)
		for _, atEnd := range []bool{false, true} {
			var got [4][]uint8
			for c := range got {
				got[c] = fenced(t, make([]uint8, n), atEnd)
			}
			split(got[0], got[1], got[2], got[3], fenced(t, pixels, atEnd))
			for c := range got {
				if !bytes.Equal(got[c], want[c]) {
					t.Fatalf("channel %d of %d pixels:\n%v, want\n%v", c, n, got[c], want[c])
				}
			}
		}
	}
}

func TestPremultiplyVectorStaysInside(t *testing.T) {
	random := rand.New(rand.NewPCG(25, 26))
	for _, n := range []int{1, 15, 16, 17, 33, 100} {
		want := noise(random, 4*n, 1).Pix
		for _, atEnd := range []bool{false, true} {
			got := fenced(t, want, atEnd)
			Premultiply(got)
			if slices.Equal(got, want) {
				t.Errorf("%d pixels stay as they are", n)
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
		pixels := noise(random, 4*x.samples(), y.samples())
		var src [4]plane.Plane
		for c := range src {
			src[c] = noise(random, x.samples(), y.samples())
			for j := range y.samples() {
				for i, v := range src[c].Row(j) {
					pixels.Row(j)[4*i+c] = v
				}
			}
			left, right := x.Reach(k, x.samples())
			top, bottom := y.Reach(k, y.samples())
			for j := range y.samples() {
				if j < top || j >= bottom {
					clear(src[c].Row(j))
					continue
				}
				clear(src[c].Row(j)[:left])
				clear(src[c].Row(j)[right:])
			}
		}
		var fromPixels, fromPlanes []plane.Plane
		for range src {
			fromPixels, fromPlanes = append(fromPixels, blank(x, y)), append(fromPlanes, blank(x, y))
		}
		var r Resampler
		r.Pixels(fromPixels, pixels.Pix, pixels.Stride, x.samples(), y.samples(), x, y, k)
		defer func(before bool) { vectors = before }(vectors)
		vectors = false
		for c := range src {
			r.Plane(fromPlanes[c], src[c], x, y, k)
			if !bytes.Equal(fromPixels[c].Pix, fromPlanes[c].Pix) {
				t.Fatalf("kernel %d, across %+v, down %+v: channel %d is\n%v in vectors, plain\n%v", k, x, y, c, fromPixels[c].Pix, fromPlanes[c].Pix)
			}
		}
	})
}
