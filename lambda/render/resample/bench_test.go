package resample

import (
	"math/rand/v2"
	"testing"
)

// benchmarkPlanes resamples the planes of a photo as a preview in 4:2:0 needs
// them.
func benchmarkPlanes(b *testing.B, width, height, chromaWidth, chromaHeight int, scaledWidth, scaledHeight, fromX, fromY, w, h int) {
	random := rand.New(rand.NewPCG(1, 2))
	luma := noise(random, width, height)
	chroma := noise(random, chromaWidth, chromaHeight)
	x := Axis{Scaled: scaledWidth, Num: width, Den: 1, From: fromX, Step: 1, Count: w}
	y := Axis{Scaled: scaledHeight, Num: height, Den: 1, From: fromY, Step: 1, Count: h}
	cx := Axis{Scaled: scaledWidth, Num: chromaWidth, Den: 1, From: fromX, Step: 2, Count: (w + 1) / 2}
	cy := Axis{Scaled: scaledHeight, Num: chromaHeight, Den: 1, From: fromY, Step: 2, Count: (h + 1) / 2}
	dst, chromaDst := blank(x, y), blank(cx, cy)
	var r Resampler
	b.ReportAllocs()
	for b.Loop() {
		r.Plane(dst, luma, x, y, Lanczos)
		r.Plane(chromaDst, chroma, cx, cy, Lanczos)
		r.Plane(chromaDst, chroma, cx, cy, Lanczos)
	}
}

func benchmarkPixels(b *testing.B, width, height, w, h int) {
	random := rand.New(rand.NewPCG(1, 2))
	src := wholePlane{noise(random, channels*width, height)}
	x, y := whole(width, w), whole(height, h)
	dst := make([]uint8, channels*w*h)
	var r Resampler
	b.ReportAllocs()
	for b.Loop() {
		r.Pixels(dst, channels*w, &src, width, height, x, y, Lanczos)
	}
}

func BenchmarkPlanes(b *testing.B) {
	b.Run("1512x1134 422 to 1440", func(b *testing.B) {
		benchmarkPlanes(b, 1512, 1134, 756, 1134, 1440, 1080, 0, 0, 1440, 1080)
	})
	b.Run("2016x1512 422 to 1440", func(b *testing.B) {
		benchmarkPlanes(b, 2016, 1512, 1008, 1512, 1440, 1080, 0, 0, 1440, 1080)
	})
	b.Run("1008x756 422 to 640", func(b *testing.B) {
		benchmarkPlanes(b, 1008, 756, 504, 756, 640, 480, 0, 0, 640, 480)
	})
	b.Run("504x378 422 to 200 cropped", func(b *testing.B) {
		benchmarkPlanes(b, 504, 378, 252, 378, 267, 200, 33, 0, 200, 200)
	})
}

func BenchmarkPixels(b *testing.B) {
	b.Run("2048x1536 to 1440", func(b *testing.B) { benchmarkPixels(b, 2048, 1536, 1440, 1080) })
	b.Run("2048x1536 to 640", func(b *testing.B) { benchmarkPixels(b, 2048, 1536, 640, 480) })
	b.Run("2048x1536 to 200", func(b *testing.B) { benchmarkPixels(b, 2048, 1536, 267, 200) })
}

// BenchmarkWeights makes the weights of the four axes of a preview.
func BenchmarkWeights(b *testing.B) {
	x, y := whole(1512, 1440), whole(1134, 1080)
	cx := Axis{Scaled: 1440, Num: 756, Den: 1, Step: 2, Count: 720}
	cy := Axis{Scaled: 1080, Num: 1134, Den: 1, Step: 2, Count: 540}
	var t weights
	b.ReportAllocs()
	for b.Loop() {
		for _, a := range []Axis{x, y, cx, cy} {
			t.set(a, Lanczos, a.samples())
		}
	}
}
