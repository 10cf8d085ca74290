package resample

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"prew/lambda/render/plane"
)

// blurred is rows of so many samples a pixel under a Gaussian of five deviations each way.
func blurred(src [][]float64, samples int, sigma float64) [][]float64 {
	reach := int(5*sigma) + 1
	w := make([]float64, 2*reach+1)
	sum := 0.0
	for i := range w {
		d := float64(i-reach) / sigma
		w[i] = math.Exp(-d * d / 2)
		sum += w[i]
	}
	clamp := func(i, count int) int { return min(max(i, 0), count-1) }
	down, across := make([][]float64, len(src)), make([][]float64, len(src))
	for y := range src {
		down[y] = make([]float64, len(src[y]))
		for i := range w {
			for x, v := range src[clamp(y+i-reach, len(src))] {
				down[y][x] += w[i] / sum * v
			}
		}
		across[y] = make([]float64, len(src[y]))
		for x := range across[y] {
			for i := range w {
				across[y][x] += w[i] / sum * down[y][samples*clamp(x/samples+i-reach, len(src[y])/samples)+x%samples]
			}
		}
	}
	return across
}

// scene is a plane of edges, slopes and fine texture, as photos have them.
func scene(width, height int) plane.Plane {
	random := rand.New(rand.NewPCG(3, 4))
	p := plane.Plane{Pix: make([]uint8, width*height), Stride: width, Width: width, Height: height}
	for y := range height {
		for x := range width {
			v := 60 + 80*x/width + 60*y/height + random.IntN(20)
			if (x/23+y/17)%3 == 0 {
				v = 250 - v/2
			}
			p.Pix[y*width+x] = uint8(v)
		}
	}
	return p
}

// decibels is the PSNR of samples against what they should be.
func decibels(got plane.Plane, want [][]float64) float64 {
	sum := 0.0
	for y := range want {
		for x, v := range want[y] {
			d := float64(got.Row(y)[x]) - v
			sum += d * d
		}
	}
	return 10 * math.Log10(255*255*float64(got.Width*got.Height)/sum)
}

func floats(p plane.Plane) [][]float64 {
	rows := make([][]float64, p.Height)
	for y := range rows {
		rows[y] = make([]float64, p.Width)
		for x, v := range p.Row(y) {
			rows[y][x] = float64(v)
		}
	}
	return rows
}

// least is how many decibels a blur has at least. Rounding to eight bits alone leaves 59,
// and three times in a row 54. A wide one sees much of what lies beyond the edges, which is
// like the boxes there and not like their last samples.
func least(sigma float64) float64 {
	if sigma > 20 {
		return 36
	}
	return 44
}

// TestBlurIsAGaussian compares with one in floating point.
func TestBlurIsAGaussian(t *testing.T) {
	for _, size := range [][2]int{{301, 203}, {64, 64}, {90, 7}, {3, 50}, {1, 1}} {
		for _, sigma := range []float64{0.3, 0.5, 1, 1.99, 2, 3, 3.99, 4, 7.5, 20, 100} {
			p := scene(size[0], size[1])
			want := blurred(floats(p), 1, sigma)
			var r Resampler
			r.BlurPlane(p, sigma)
			db := decibels(p, want)
			if want := least(sigma); db < want {
				t.Errorf("%v, sigma %v: %.1f dB, want %v", size, sigma, db, want)
			}
		}
	}
}

// TestBlurOfPixelsWeighsColoursByTheirAlpha compares with colours that are multiplied by
// alpha before they are blurred, and divided by it afterwards.
func TestBlurOfPixelsWeighsColoursByTheirAlpha(t *testing.T) {
	const width, height = 83, 61
	for _, sigma := range []float64{0.5, 1.5, 3, 12, 100} {
		p := scene(channels*width, height)
		for y := range height {
			for x := range width {
				p.Row(y)[channels*x+3] = uint8(255 * x / width)
			}
		}
		multiplied := floats(p)
		for y := range multiplied {
			for i := range multiplied[y] {
				if i%channels < 3 {
					multiplied[y][i] *= multiplied[y][i|3] / 255
				}
			}
		}
		want := blurred(multiplied, channels, sigma)
		var r Resampler
		r.BlurPixels(p.Pix, p.Stride, width, height, sigma)
		// As they are seen: a colour that hardly shows may be off by more.
		for y := range height {
			row := p.Row(y)
			for i := range row {
				if i%channels < 3 {
					row[i] = uint8(math.Round(float64(row[i]) * float64(row[i|3]) / 255))
				}
			}
		}
		if db, want := decibels(p, want), least(sigma); db < want {
			t.Errorf("sigma %v: %.1f dB, want %v", sigma, db, want)
		}
	}
}

// TestBlurLeavesWhatIsEven is about sums that are exactly one, at edges too.
func TestBlurLeavesWhatIsEven(t *testing.T) {
	for _, sigma := range []float64{0.3, 1.7, 5, 64, 100} {
		pix := bytes.Repeat([]byte{201}, 77*39)
		var r Resampler
		r.BlurPlane(plane.Plane{Pix: pix, Stride: 77, Width: 77, Height: 39}, sigma)
		if want := bytes.Repeat([]byte{201}, 77*39); !bytes.Equal(pix, want) {
			t.Errorf("sigma %v: an even plane has changed", sigma)
		}
	}
}

// TestBlurStaysInItsPlane has samples beyond the rows.
func TestBlurStaysInItsPlane(t *testing.T) {
	const width, height, stride = 37, 29, 45
	for _, sigma := range []float64{1, 9} {
		pix := bytes.Repeat([]byte{7}, stride*height)
		p := plane.Plane{Pix: pix, Stride: stride, Width: width, Height: height}
		for y := range height {
			copy(p.Row(y), scene(width, height).Row(y))
		}
		var r Resampler
		r.BlurPlane(p, sigma)
		for i, v := range pix {
			if i%stride >= width && v != 7 {
				t.Fatalf("sigma %v: sample %d beyond its row is %d", sigma, i%stride, v)
			}
		}
	}
}

func BenchmarkBlur(b *testing.B) {
	for _, sigma := range []float64{0.5, 1, 1.9, 2, 8, 100} {
		b.Run(fmt.Sprintf("plane/sigma=%v", sigma), func(b *testing.B) {
			p := scene(1440, 960)
			var r Resampler
			for b.Loop() {
				r.BlurPlane(p, sigma)
			}
		})
		b.Run(fmt.Sprintf("pixels/sigma=%v", sigma), func(b *testing.B) {
			p := scene(channels*1440, 960)
			var r Resampler
			for b.Loop() {
				r.BlurPixels(p.Pix, p.Stride, 1440, 960, sigma)
			}
		})
	}
}
