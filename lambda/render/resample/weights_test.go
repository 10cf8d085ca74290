package resample

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"testing"
)

// manyAxes are axes between many sizes, little and much shrunk and enlarged, of
// lines that end within a sample.
func manyAxes(yield func(Axis) bool) {
	for _, samples := range []int{1, 2, 3, 17, 100, 333, 1512} {
		for _, scaled := range []int{1, 2, 5, 31, 100, 267, 1440} {
			for m := 1; m <= 8; m += 3 {
				for _, step := range []int{1, 2, -1, -2} {
					a := Axis{Scaled: scaled, Num: samples * m, Den: 8, Step: step, Count: (scaled + 1) / max(step, -step)}
					if a.Count = max(a.Count, 1); step < 0 {
						a.From = scaled
					}
					if !yield(a) {
						return
					}
				}
			}
		}
	}
}

// TestWeights holds every weight to the kernel's and their sum to one.
func TestWeights(t *testing.T) {
	var weights weights
	for _, k := range kernels {
		for a := range manyAxes {
			length := a.samples()
			weights.set(a, k, length)
			line := make([]float64, length)
			perPixel := float64(a.Num) / float64(a.Den) / float64(a.Scaled)
			scale := max(math.Abs(float64(a.Step))*perPixel, 1)
			k := k
			if math.Abs(float64(a.Step))*perPixel <= 0.8 {
				k = enlarging(k, length)
			}
			for j := range a.Count {
				clear(line)
				sum := 0.0
				centre := (float64(a.From)+(float64(j)+0.5)*float64(a.Step))*perPixel - 0.5
				for i := int(math.Floor(centre - 3*scale)); i <= int(math.Ceil(centre+3*scale)); i++ {
					w := exact(k, float64(i)-centre, scale)
					line[min(max(i, 0), length-1)] += w
					sum += w
				}
				total, above := 0, 0
				for i, w := range weights.of(j) {
					at := int(weights.first[j]) + i
					if want := line[at] / sum * one; math.Abs(float64(w)-want) > 1.2 {
						t.Fatalf("kernel %d, %+v, result %d: weight of sample %d is %d, want %.2f", k, a, j, at, w, want)
					}
					total += int(w)
					above += max(int(w), 0)
					line[at] = 0
				}
				if limit := one * 128 / 100; above > limit {
					t.Fatalf("kernel %d, %+v, result %d: those above zero are %d together, limit is %d", k, a, j, above, limit)
				}
				if total != one {
					t.Fatalf("kernel %d, %+v, result %d: the weights are %d together, want %d", k, a, j, total, one)
				}
				for i, w := range line {
					if math.Abs(w/sum*one) > 1.2 {
						t.Fatalf("kernel %d, %+v, result %d: sample %d weighs nothing, want %.2f", k, a, j, i, w/sum*one)
					}
				}
			}
		}
	}
}

func TestWeightsAreTheSameOnEveryProcessor(t *testing.T) {
	const want = "ea9fc6ab1f32f85cd997b240a398ce2cd86c6fc929316d7bee2ecb7b3d5878d4"
	var weights weights
	all := sha256.New()
	for _, k := range kernels {
		for a := range manyAxes {
			weights.set(a, k, a.samples())
			for j := range a.Count {
				if err := binary.Write(all, binary.LittleEndian, weights.of(j)); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if got := hex.EncodeToString(all.Sum(nil)); got != want {
		t.Errorf("the weights are %s, want %s", got, want)
	}
}

func TestLanczos(t *testing.T) {
	for i := range 300_001 {
		x := float64(i) / 100_000
		if got, want := lanczos(x), exact(Lanczos, x, 1); math.Abs(got-want) > 1e-10 {
			t.Fatalf("lanczos(%v) is %v, want %v", x, got, want)
		}
	}
}

// TestLobes holds the straight lines between points to what is said of them.
func TestLobes(t *testing.T) {
	var values [1]float64
	for distance := range int64(300_000) {
		Lanczos.fill(values[:], distance, 100_000, 100_000)
		if want := exact(Lanczos, float64(distance)/100_000, 1); math.Abs(values[0]-want) > 3e-6 {
			t.Fatalf("at %d it is %v, want %v", distance, values[0], want)
		}
	}
}
