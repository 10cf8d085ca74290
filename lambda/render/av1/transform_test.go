package av1

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// everyTransform calls f with each size and kinds of it.
func everyTransform(f func(size int, kinds [2]kind)) {
	for size := range 5 {
		for columns := range kind(2) {
			for rows := range kind(2) {
				if k := [2]kind{columns, rows}; size <= 2 || k == [2]kind{} {
					f(size, k)
				}
			}
		}
	}
}

// basis is the value at x of the basis function i of a kind and a size, all of which have the length
// 1: those of DCT-II, and of DST-IV or, of 4 samples, DST-VII.
func basis(k kind, n, i, x int) float64 {
	switch {
	case k == dct && i == 0:
		return math.Sqrt(1 / float64(n))
	case k == dct:
		return math.Sqrt(2/float64(n)) * math.Cos(math.Pi*float64((2*x+1)*i)/float64(2*n))
	case n == 4:
		return 2. / 3 * math.Sin(math.Pi*float64((x+1)*(2*i+1))/9)
	}
	return math.Sqrt(2/float64(n)) * math.Sin(math.Pi*float64((2*x+1)*(2*i+1))/float64(4*n))
}

// hard fills samples of n columns with what is hard to transform, of each kind some: noise, noise of
// extremes, slopes, and the extremes in the order of the signs of a basis function, which makes its
// coefficient as large as any can be.
func hard(r *rand.Rand, samples []uint8, n int, k [2]kind) {
	what, base, across, down := r.IntN(4), r.IntN(256), r.IntN(9)-4, r.IntN(9)-4
	u, v, positive := r.IntN(n), r.IntN(n), uint8(255*r.IntN(2))
	for i := range samples {
		x, y := i%n, i/n
		switch what {
		case 0:
			samples[i] = uint8(r.Uint32())
		case 1:
			samples[i] = uint8(255 * r.IntN(2))
		case 2:
			samples[i] = uint8(min(max(base+(across*x+down*y)*8/n+r.IntN(3), 0), 255))
		default:
			samples[i] = positive
			if basis(k[0], n, u, y)*basis(k[1], n, v, x) < 0 {
				samples[i] = 255 - positive
			}
		}
	}
}

// TestTransformsAreThoseOfTheDefinition compares with basis functions in floating point.
// Coefficients are in eighths of a sample, or in quarters of 32x32 and halves of 64x64, and right
// within a sample (4 in 64x64, between whose halves four bits are lost) and a thousandth of the
// largest, by which rounded factors may be off; samples are right within 1, or 1.2 in 64x64.
func TestTransformsAreThoseOfTheDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	everyTransform(func(size int, k [2]kind) {
		n := 4 << size
		low := min(n, 32)
		unit := [5]float64{8, 8, 8, 4, 2}[size]
		source, predicted := make([]uint8, n*n), make([]uint8, n*n)
		got := make([]int32, low*low)
		half := make([]float64, n*n)
		product := func(to, from []float64, forward bool, k [2]kind) {
			for i := range n {
				for x := range n {
					sum := 0.0
					for y := range n {
						if forward {
							sum += from[y*n+x] * basis(k[0], n, i, y)
						} else {
							sum += from[y*n+x] * basis(k[0], n, y, i)
						}
					}
					half[i*n+x] = sum
				}
			}
			for y := range n {
				for i := range n {
					sum := 0.0
					for x := range n {
						if forward {
							sum += half[y*n+x] * basis(k[1], n, i, x)
						} else {
							sum += half[y*n+x] * basis(k[1], n, x, i)
						}
					}
					to[y*n+i] = sum
				}
			}
		}
		var e Encoder
		difference, want := make([]float64, n*n), make([]float64, n*n)
		for range 2 + 40>>(2*size) {
			hard(r, source, n, k)
			hard(r, predicted, n, k)
			for i := range difference {
				difference[i] = float64(source[i]) - float64(predicted[i])
			}
			product(want, difference, true, k)
			largest := 0.0
			for _, w := range want {
				largest = max(largest, math.Abs(w))
			}
			e.transform(got, source, n, predicted, n, size, k)
			for y := range low {
				for x := range low {
					if off := math.Abs(float64(got[y*low+x])/unit - want[y*n+x]); off > [5]float64{1, 1, 1, 1, 4}[size]+largest/1000 {
						t.Fatalf("%dx%d %v: coefficient %d, %d is %v, want %.3f", n, n, k, x, y, float64(got[y*low+x])/unit, want[y*n+x])
					}
				}
			}
			clear(want)
			for y := range low {
				for x := range low {
					got[y*low+x] = got[y*low+x] / 3 * 3
					want[y*n+x] = float64(got[y*low+x]) / unit
				}
			}
			product(want, want, false, k)
			clear(predicted)
			fill(predicted, 100)
			e.rebuild(predicted, n, got, extent{low, low}, size, k)
			for i, p := range predicted {
				if off := math.Abs(float64(p) - min(max(100+want[i], 0), 255)); off > [5]float64{1, 1, 1, 1, 1.2}[size] {
					t.Fatalf("%dx%d %v: sample %d, %d is %d, want %.3f", n, n, k, i%n, i/n, p, 100+want[i])
				}
			}
		}
	})
}

// TestInverseUndoesTransform rebuilds blocks from coefficients that are not quantised: samples are
// those of the source or next to them, or 2 away in the sizes whose coefficients are coarser. A
// block of 64 is so only where it has no high frequencies.
func TestInverseUndoesTransform(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	everyTransform(func(size int, k [2]kind) {
		n := 4 << size
		low := min(n, 32)
		var e Encoder
		source, predicted := make([]uint8, n*n), make([]uint8, n*n)
		coefficients := make([]int32, low*low)
		for range 200 >> (2 * size / 2) {
			hard(r, predicted, n, k)
			hard(r, source, n, k)
			if size == 4 {
				base, across, down := r.IntN(128), r.IntN(64), r.IntN(64)
				for i := range source {
					source[i], predicted[i] = uint8(base+(across*(i%n)+down*(i/n))/64), 90
				}
			}
			e.transform(coefficients, source, n, predicted, n, size, k)
			e.rebuild(predicted, n, coefficients, extent{low, low}, size, k)
			for i, p := range predicted {
				if d, most := int(p)-int(source[i]), [5]int{1, 1, 1, 2, 2}[size]; d < -most || d > most {
					t.Fatalf("%dx%d %v: sample %d, %d is %d, want %d", n, n, k, i%n, i/n, p, source[i])
				}
			}
		}
	})
}

// TestStepsOfZerosAreLeftOut compares inverse transforms of few coefficients with the one of all.
func TestStepsOfZerosAreLeftOut(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	everyTransform(func(size int, k [2]kind) {
		f := flows()[k[0]][size]
		n := 4 << size
		whole := f.inverse[len(f.inverse)-1].steps
		for log, list := range f.inverse {
			var got, want block
			for i := range 1 << min(log, size+2) {
				for x := range n {
					want[i*64+x] = int16(r.Uint32())
				}
			}
			got = want
			if k[0] == dct || size > 0 {
				for i := 1 << log; i < 64; i++ {
					for x := range n {
						got[i*64+x] = 77 // is not read
					}
				}
			}
			got.take(list.steps, n)
			want.take(whole, n)
			for i := range n {
				if *got.row(uint8(i)) != *want.row(uint8(i)) {
					t.Fatalf("%d %v, %d coefficients: row %d is %v, want %v", n, k[0], 1<<log, i, got.row(uint8(i))[:n], want.row(uint8(i))[:n])
				}
			}
			if log < size+2 && size > 0 && len(list.steps) > len(whole) {
				t.Errorf("%d %v, %d coefficients: %d steps of %d", n, k[0], 1<<log, len(list.steps), len(whole))
			}
		}
	})
}

// TestVectorsAreThoseOfPlainGo compares the vector code with its reference bit by bit, and sees that
// nothing else is written.
func TestVectorsAreThoseOfPlainGo(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	everyTransform(func(size int, k [2]kind) {
		n := 4 << size
		low := min(n, 32)
		columns, rows := flows()[k[0]][size], flows()[k[1]][size]
		var a, b residual
		var all steps
		var weights [4][]uint8
		for size := range weights {
			weights[size] = make([]uint8, 16<<(2*size))
		}
		for range 300 >> size {
			stride, of := n+r.IntN(20), n+r.IntN(20)
			source, predicted := make([]uint8, n*stride), make([]uint8, n*of)
			hard(r, source, stride, k)
			hard(r, predicted, of, k)
			// The last rows end where their samples do.
			source, predicted = source[:(n-1)*stride+n], predicted[:(n-1)*of+n]
			got, want := make([]int32, low*low+8), make([]int32, low*low+8)
			a.forward(got[:low*low], source, stride, predicted, of, size, columns, rows)
			b.forwardGo(want[:low*low], source, stride, predicted, of, size, columns, rows)
			if !slices.Equal(got, want) {
				t.Fatalf("%dx%d %v: coefficients are\n%v, want\n%v", n, n, k, got, want)
			}

			// Coefficients within the extent, as large as any or larger than samples may be.
			used := extent{1 + r.IntN(low), 1 + r.IntN(low)}
			clear(got)
			most := int32(1) << (2 + r.IntN(18))
			for y := range used.rows {
				for x := range used.columns {
					got[y*low+x] = r.Int32N(2*most+1) - most
				}
			}
			coefficients := slices.Clone(got[:low*low])
			back, wantBack := slices.Clone(predicted), slices.Clone(predicted)
			a.inverse(back, of, coefficients, used, size, columns, rows)
			b.inverseGo(wantBack, of, coefficients, used, size, columns, rows)
			if !slices.Equal(back, wantBack) {
				t.Fatalf("%dx%d %v of %v: samples are\n%v, want\n%v", n, n, k, used, back, wantBack)
			}

			// Levels of the same coefficients, and of extremes.
			for i := range got[:low*low] {
				got[i] = min(max(got[i], math.MinInt16), math.MaxInt16)
				if r.IntN(64) == 0 {
					got[i] = []int32{math.MinInt16, math.MaxInt16}[r.IntN(2)]
				}
			}
			copy(want, got)
			levels, wantLevels := make([]int16, low*low+8), make([]int16, low*low+8)
			overs, wantOvers := make([]int16, low*low+8), make([]int16, low*low+8)
			q, o := r.IntN(256), &orders[min(size, 3)]
			for _, of := range weights {
				for i := range of {
					of[i] = uint8(32 + r.IntN(224))
				}
			}
			all.set(int32(stepsDC[q]), int32(stepsAC[q]), [...]*[4][]uint8{&weights, nil}[r.IntN(2)])
			by := &all.of[min(size, 3)]
			shift := max(0, size-2)
			end, extents := quantise(levels[:low*low], overs[:low*low], got[:low*low], shift, by, o)
			wantEnd, wantExtents := quantiseGo(wantLevels[:low*low], wantOvers[:low*low], want[:low*low], shift, by, o)
			dequantise(got[:low*low], levels[:low*low], shift, by)
			dequantiseGo(want[:low*low], wantLevels[:low*low], shift, by)
			if !slices.Equal(levels, wantLevels) || !slices.Equal(overs, wantOvers) || !slices.Equal(got, want) || end != wantEnd || extents != wantExtents {
				t.Fatalf("%dx%d by %v: levels are\n%v %v %d %v, want\n%v %v %d %v", n, n, by.steps, levels, got, end, extents, wantLevels, want, wantEnd, wantExtents)
			}

			// All at once.
			back, wantBack = slices.Clone(predicted), slices.Clone(predicted)
			whole := extent{low, low}
			a.inverseLevels(back, of, levels[:low*low], make([]int32, low*low), by, whole, size, columns, rows)
			b.inverseGo(wantBack, of, want[:low*low], whole, size, columns, rows)
			if !slices.Equal(back, wantBack) {
				t.Fatalf("%dx%d %v: samples of levels %v are\n%v, want\n%v", n, n, k, levels, back, wantBack)
			}
		}
	})
}

// BenchmarkTransform measures what a block costs to be transformed, quantised and rebuilt.
func BenchmarkTransform(b *testing.B) {
	everyTransform(func(size int, k [2]kind) {
		if k[0] != k[1] {
			return
		}
		n := 4 << size
		low := min(n, 32)
		p := drawn(128, 128, 1)
		var e Encoder
		e.quantiser = 100
		e.setSteps()
		prediction := make([]uint8, n*n)
		fill(prediction, 100)
		coefficients, values, levels := make([]int32, low*low), make([]int32, low*low), make([]int16, low*low)
		overs := make([]int16, low*low)
		e.transform(coefficients, p.Pix[64*128+40:], 128, prediction, n, size, k)
		copy(values, coefficients)
		end, used := e.quantise(levels, overs, values, 0, size)
		dequantise(values, levels, halvings(size), &e.steps[0].of[min(size, 3)])
		run := func(name string, f func()) {
			b.Run(fmt.Sprintf("%s/%dx%d-%d", name, n, n, k[0]), func(b *testing.B) {
				for b.Loop() {
					f()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n*n), "ns/sample")
				b.ReportMetric(float64(end), "coefficients")
			})
		}
		transform := func() { e.transform(coefficients, p.Pix[64*128+40:], 128, prediction, n, size, k) }
		run("transform", transform)
		run("transform+quantise", func() {
			transform()
			e.quantise(levels, overs, coefficients, 0, size)
		})
		run("rebuild", func() { e.rebuild(prediction, n, values, used, size, k) })
	})
}
