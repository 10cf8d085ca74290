package jpeg

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// samplesToTransform yields rows of samples that are hard to transform, of each
// kind some: noise, noise of extremes, slopes, and the extremes in the order of
// the signs of each basis function, which makes its coefficient as large as any
// can be, and then as small.
func samplesToTransform(blocks, stride int, yield func(src []uint8)) {
	r := rand.New(rand.NewPCG(1, 2))
	src := make([]uint8, 7*stride+8*blocks)
	for range 100 {
		for i := range src {
			src[i] = uint8(r.Uint32())
		}
		yield(src)
		for i := range src {
			src[i] = uint8(255 * r.IntN(2))
		}
		yield(src)
		base, across, down := 128*r.Float64(), 2*r.Float64(), 2*r.Float64()
		for i := range src {
			src[i] = uint8(base + across*float64(i%stride) + down*float64(i/stride) + 4*r.Float64())
		}
		yield(src)
	}
	for u := range 8 {
		for v := range 8 {
			for _, positive := range []uint8{255, 0} {
				for i := range src {
					src[i] = 255 - positive
					if cosine(u, i%stride%8)*cosine(v, i/stride) > 0 {
						src[i] = positive
					}
				}
				yield(src)
			}
		}
	}
}

// cosine is the value at x of the basis function u of ITU-T T.81, A.3.3, in one
// dimension.
func cosine(u, x int) float64 {
	scale := 0.5
	if u == 0 {
		scale = math.Sqrt(1. / 8)
	}
	return scale * math.Cos(float64((2*x+1)*u)*math.Pi/16)
}

// TestFDCTIsTheDCT compares with the definition: no coefficient is further
// from the true one than rounding to a multiple of its step brings it, which is
// 54 hundredths of the step, and a quarter for rounding in between.
func TestFDCTIsTheDCT(t *testing.T) {
	const n, stride = 2, 19
	blocks, masks := make([]block, n), make([]uint64, n)
	for _, quality := range []int{20, 90, 100} {
		var q quantiser
		steps := ofLibjpeg(0, quality)
		q.set(&steps)
		samplesToTransform(n, stride, func(src []uint8) {
			fdct(blocks, masks, src, stride, &q)
			for i, b := range blocks {
				for k, at := range zigzag {
					u, v := int(at%8), int(at/8)
					want := 0.0
					for y := range 8 {
						for x := range 8 {
							want += (float64(src[stride*y+8*i+x]) - 128) * cosine(u, x) * cosine(v, y)
						}
					}
					step := float64(q.steps[at])
					if off := math.Abs(float64(b[k])*step - want); off > step*0.54+0.25 {
						t.Fatalf("quality %d, block %d: coefficient %d is %v, want %.2f", quality, i, k, float64(b[k])*step, want)
					}
					if masks[i]>>k&1 != 0 != (b[k] != 0) {
						t.Fatalf("quality %d, block %d: coefficient %d is %d, its bit %d", quality, i, k, b[k], masks[i]>>k&1)
					}
				}
			}
		})
	}
}

// TestFDCTIsThatOfPlainGo compares the vector code with its reference bit by
// bit.
func TestFDCTIsThatOfPlainGo(t *testing.T) {
	for _, n := range []int{0, 2, 4, 10} {
		stride := 8*n + 3
		got, want := make([]block, n), make([]block, n)
		gotMasks, wantMasks := make([]uint64, n), make([]uint64, n)
		for quality := 1; quality <= 100; quality += 11 {
			var q quantiser
			steps := ofLibjpeg(1, quality)
			q.set(&steps)
			samplesToTransform(n, stride, func(src []uint8) {
				fdct(got, gotMasks, src, stride, &q)
				fdctGo(want, wantMasks, src, stride, &q)
				if !slices.Equal(got, want) || !slices.Equal(gotMasks, wantMasks) {
					t.Fatalf("%d blocks, quality %d:\n%v %x, want\n%v %x", n, quality, got, gotMasks, want, wantMasks)
				}
			})
		}
	}
}

func BenchmarkFDCT(b *testing.B) {
	const n, stride = 180, 1440
	src := make([]uint8, 8*stride)
	for i := range src {
		src[i] = landscape(0, i%stride, i/stride)
	}
	var q quantiser
	steps := ofLibjpeg(0, 80)
	q.set(&steps)
	blocks, masks := make([]block, n), make([]uint64, n)
	b.Run("vector", func(b *testing.B) {
		for b.Loop() {
			fdct(blocks, masks, src, stride, &q)
		}
	})
	b.Run("plain", func(b *testing.B) {
		for b.Loop() {
			fdctGo(blocks, masks, src, stride, &q)
		}
	})
}
