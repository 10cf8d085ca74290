package av1

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestPredictionsAreThoseOfTheSpecification holds 4x4 of each mode against what the formulae of
// section 7.11.2 give for these edges on paper.
func TestPredictionsAreThoseOfTheSpecification(t *testing.T) {
	e := &edges{hasAbove: true, hasLeft: true}
	e.above.begin(8)
	e.left.begin(8)
	copy(e.above[first:], []uint8{10, 20, 30, 40, 50, 60, 70, 80, 80, 80, 80, 80})
	copy(e.left[first:], []uint8{12, 24, 36, 48, 60, 72, 84, 96, 96, 96, 96, 96})
	for _, c := range []struct {
		mode   mode
		delta  int
		smooth bool // the block above or the one to the left
		want   [16]uint8
	}{
		{flat, 0, false, [16]uint8{
			28, 28, 28, 28,
			28, 28, 28, 28,
			28, 28, 28, 28,
			28, 28, 28, 28,
		}},
		{vertical, 0, false, [16]uint8{
			10, 20, 30, 40,
			10, 20, 30, 40,
			10, 20, 30, 40,
			10, 20, 30, 40,
		}},
		{horizontal, 0, false, [16]uint8{
			12, 12, 12, 12,
			24, 24, 24, 24,
			36, 36, 36, 36,
			48, 48, 48, 48,
		}},
		{smooth, 0, false, [16]uint8{
			11, 22, 30, 37,
			25, 31, 36, 40,
			36, 38, 40, 42,
			43, 43, 43, 44,
		}},
		{smoothVertical, 0, false, [16]uint8{
			10, 20, 30, 40,
			26, 32, 38, 43,
			35, 39, 42, 45,
			39, 41, 44, 46,
		}},
		{smoothHorizontal, 0, false, [16]uint8{
			12, 24, 31, 33,
			24, 31, 35, 36,
			36, 38, 39, 39,
			48, 45, 43, 42,
		}},
		{paeth, 0, false, [16]uint8{
			12, 20, 30, 40,
			24, 24, 30, 40,
			36, 36, 36, 40,
			48, 48, 48, 48,
		}},
		{angle45, 0, false, [16]uint8{
			20, 30, 40, 50,
			30, 40, 50, 60,
			40, 50, 60, 70,
			50, 60, 70, 80,
		}},
		{angle135, 0, false, [16]uint8{
			8, 10, 20, 30,
			12, 8, 10, 20,
			24, 12, 8, 10,
			36, 24, 12, 8,
		}},
		{angle113, 0, false, [16]uint8{
			8, 16, 26, 37,
			8, 12, 22, 32,
			12, 9, 17, 27,
			20, 8, 13, 23,
		}},
		{angle157, 0, false, [16]uint8{
			9, 8, 11, 17,
			19, 14, 10, 9,
			31, 26, 21, 16,
			44, 38, 33, 28,
		}},
		{angle203, 0, false, [16]uint8{
			17, 22, 27, 32,
			29, 34, 39, 44,
			41, 46, 51, 56,
			53, 58, 63, 68,
		}},
		{angle67, 0, false, [16]uint8{
			14, 24, 34, 44,
			18, 28, 38, 48,
			23, 33, 43, 53,
			27, 37, 47, 57,
		}},
		{vertical, 1, false, [16]uint8{
			10, 20, 30, 40,
			10, 19, 29, 39,
			9, 19, 29, 39,
			9, 18, 28, 39,
		}},
		{horizontal, -2, false, [16]uint8{
			11, 11, 10, 9,
			23, 21, 20, 19,
			35, 33, 32, 31,
			47, 46, 45, 44,
		}},
		{angle203, 3, false, [16]uint8{
			20, 27, 35, 42,
			32, 39, 47, 54,
			44, 51, 59, 66,
			56, 63, 71, 78,
		}},
		{angle45, -3, false, [16]uint8{
			24, 34, 44, 54,
			38, 48, 58, 68,
			52, 62, 72, 80,
			66, 76, 80, 80,
		}},
		{angle45, 0, true, [16]uint8{
			20, 30, 40, 50,
			30, 40, 50, 60,
			40, 50, 60, 70,
			50, 60, 70, 78,
		}},
		{angle135, 0, true, [16]uint8{
			8, 12, 20, 30,
			14, 8, 12, 20,
			24, 14, 8, 12,
			36, 24, 14, 8,
		}},
		{angle113, 0, true, [16]uint8{
			8, 16, 26, 37,
			8, 12, 22, 32,
			12, 9, 17, 27,
			21, 8, 13, 23,
		}},
		{angle157, 0, true, [16]uint8{
			9, 8, 11, 17,
			19, 14, 10, 9,
			31, 26, 21, 16,
			44, 38, 33, 28,
		}},
		{angle203, 0, true, [16]uint8{
			17, 22, 27, 32,
			29, 34, 39, 44,
			41, 46, 51, 56,
			53, 58, 63, 68,
		}},
		{angle67, 0, true, [16]uint8{
			14, 24, 34, 44,
			18, 28, 38, 48,
			23, 33, 43, 53,
			27, 37, 47, 57,
		}},
		{vertical, 1, true, [16]uint8{
			10, 20, 30, 40,
			10, 19, 29, 39,
			9, 19, 29, 39,
			9, 18, 28, 39,
		}},
		{horizontal, -2, true, [16]uint8{
			11, 11, 10, 9,
			23, 21, 20, 19,
			35, 33, 32, 31,
			47, 46, 45, 44,
		}},
		{angle203, 3, true, [16]uint8{
			20, 27, 35, 42,
			32, 39, 47, 54,
			44, 51, 59, 66,
			56, 63, 71, 78,
		}},
		{angle45, -3, true, [16]uint8{
			24, 34, 44, 54,
			38, 48, 58, 68,
			52, 62, 72, 78,
			66, 75, 78, 78,
		}},
	} {
		var got [16]uint8
		e.smooth = c.smooth
		e.predict(got[:], 4, 4, c.mode, c.delta)
		if got != c.want {
			t.Errorf("mode %d, delta %d, smooth %v: %v, want %v", c.mode, c.delta, c.smooth, got, c.want)
		}
	}
}

// TestLargeBlocksAreBetweenFilteredEdges has the filters of the corner and of edges beside it on paper.
func TestLargeBlocksAreBetweenFilteredEdges(t *testing.T) {
	e := &edges{hasAbove: true, hasLeft: true}
	e.above.begin(0)
	e.left.begin(0)
	fill(e.above[first:], 100)
	fill(e.left[first:], 20)
	got := make([]uint8, 16*16)
	e.predict(got, 16, 16, angle135, 0)
	// (5*20 + 6*0 + 5*100 + 8) / 16, then (4*100 + 4*(38+100) + 2*(38+100) + 8) / 16 and so on
	if want := []uint8{38, 77, 92, 100, 100}; !bytes.Equal(got[:5], want) {
		t.Errorf("a row begins with %v, want %v", got[:5], want)
	}
	if got, want := []uint8{got[0], got[16], got[32], got[48]}, []uint8{38, 27, 22, 20}; !bytes.Equal(got, want) {
		t.Errorf("a column begins with %v, want %v", got, want)
	}
	if e.above[first-1] != 0 || e.left[first-1] != 0 {
		t.Error("the edges are changed")
	}
}

func TestAFlatPredictionIsTheMeanOfWhatThereIs(t *testing.T) {
	for _, c := range []struct {
		above, left bool
		want        uint8
	}{
		{true, true, 21}, // (4*10 + 4*31 + 4) / 8, rounded
		{true, false, 10},
		{false, true, 31},
		{false, false, 128},
	} {
		e := &edges{hasAbove: c.above, hasLeft: c.left}
		fill(e.above[first:], 10)
		fill(e.left[first:], 31)
		got := make([]uint8, 16)
		e.predict(got, 4, 4, flat, 0)
		if want := bytes.Repeat([]uint8{c.want}, 16); !bytes.Equal(got, want) {
			t.Errorf("above %v, left %v: %v, want %v", c.above, c.left, got, want)
		}
	}
}

// hardToPredict fills samples with what is hard to predict or to compare, of each kind some: noise, noise of
// extremes, slopes and constants.
func hardToPredict(r *rand.Rand, samples []uint8) {
	kind, base, slope := r.IntN(4), r.IntN(256), r.IntN(9)-4
	if r.IntN(4) == 0 {
		base = 255 * r.IntN(2)
	}
	for i := range samples {
		switch kind {
		case 0:
			samples[i] = uint8(r.Uint32())
		case 1:
			samples[i] = uint8(255 * r.IntN(2))
		case 2:
			samples[i] = uint8(min(max(base+slope*(i%64)+r.IntN(3), 0), 255))
		default:
			samples[i] = uint8(base)
		}
	}
}

// sides are those of blocks.
var sides = []int{4, 8, 16, 32, 64}

// TestPredictionsInVectorsAreThoseOfPlainGo compares each with its reference, and what is around
// the block too.
func TestPredictionsInVectorsAreThoseOfPlainGo(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const stride, before = 72, 100
	var e edges
	around := make([]uint8, before+64*stride+before)
	compare := func(name string, n int, vector, plain func(to []uint8)) {
		t.Helper()
		hardToPredict(r, around)
		want := slices.Clone(around)
		plain(want[before:])
		got := slices.Clone(around)
		vector(got[before:])
		for i := range got {
			if got[i] != want[i] {
				t.Fatalf("%s of %d: at %d,%d is %d, want %d", name, n, (i-before)%stride, (i-before)/stride, got[i], want[i])
			}
		}
	}
	for range 40 {
		hardToPredict(r, e.above[:])
		hardToPredict(r, e.left[:])
		hardToPredict(r, e.turned[:])
		e.left[first-1] = e.above[first-1]
		for _, n := range sides {
			v := uint8(r.Uint32())
			compare("flat", n, func(to []uint8) { flatRows(to, stride, n, v) }, func(to []uint8) { flatRowsGo(to, stride, n, v) })
			for m, plain := range map[mode]func(to []uint8, stride, n int, above, left *edge){
				vertical: copyRowsGo, horizontal: spreadRowsGo,
				smooth: smoothRowsGo, smoothVertical: smoothDownGo, smoothHorizontal: smoothAcrossGo,
				paeth: paethRowsGo,
			} {
				compare(fmt.Sprint("mode ", m), n, func(to []uint8) { predictions[m](to, stride, n, &e.above, &e.left) },
					func(to []uint8) { plain(to, stride, n, &e.above, &e.left) })
			}
			for _, slope := range slopes {
				if slope == 0 {
					continue
				}
				for _, s := range []int{slope, -slope} {
					compare(fmt.Sprint("slope ", s), n, func(to []uint8) { slantedRows(to, stride, n, &e.above, s) },
						func(to []uint8) { slantedRowsGo(to, stride, n, &e.above, s) })
				}
			}
			for _, slope := range slopes {
				for _, s := range []int{slope, -slope} {
					if n > 8 || slope == 0 {
						continue
					}
					compare(fmt.Sprint("slope of halves ", s), n, func(to []uint8) { slantedHalves(to, stride, n, &e.above, &e.left, s) },
						func(to []uint8) { slantedHalvesGo(to, stride, n, &e.above, &e.left, s) })
				}
			}
			compare("turned", n, func(to []uint8) { transpose(to, stride, n, &e.turned) }, func(to []uint8) { turnGo(to, stride, n, &e.turned) })
			if got, want := totalOf(e.above[first:], n), totalOfGo(e.above[first:], n); got != want {
				t.Fatalf("the sum of %d samples is %d, want %d", n, got, want)
			}
		}
	}
}
