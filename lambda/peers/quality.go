package main

import (
	"math"

	"prew/lambda/peers/ssimulacra2"
)

// looks is the likeness of a preview to its reference, and its bytes.
type looks struct {
	ssim  float64 // of Y
	score float64 // of SSIMULACRA 2
	far   float64 // by Butteraugli, which is less for what is more alike
	psnr  float64 // of Y, in dB
	psnr3 float64 // of red, green and blue, in dB
	bytes int64
}

// compare compares a preview with a reference of its size.
func compare(preview, reference picture) looks {
	y, wanted := preview.luma(), reference.luma()
	return looks{
		ssim:  ssim(y, wanted, preview.width, preview.height),
		score: ssimulacra2.New(reference.rgb, reference.width, reference.height).Score(preview.rgb),
		psnr:  psnr(y, wanted),
		psnr3: psnr(preview.rgb, reference.rgb),
	}
}

// psnr is the peak signal-to-noise ratio of samples from 0 to 255, in dB.
func psnr(a, b []float64) float64 {
	sum := 0.0
	for i := range a {
		sum += (a[i] - b[i]) * (a[i] - b[i])
	}
	return 10 * math.Log10(255*255*float64(len(a))/sum)
}

// ssim is the mean structural similarity of two planes of the same size, at
// least 11x11, as Wang, Bovik, Sheikh and Simoncelli defined it (Image Quality
// Assessment: From Error Visibility to Structural Similarity, 2004, section
// III): a Gaussian window of 11x11 with a deviation of 1.5 at every place where
// it lies inside, K1 = 0.01, K2 = 0.03, no downsampling before.
func ssim(a, b []float64, width, height int) float64 {
	const c1, c2 = (0.01 * 255) * (0.01 * 255), (0.03 * 255) * (0.03 * 255)
	of := func(f func(a, b float64) float64) []float64 {
		plane := make([]float64, len(a))
		for i := range plane {
			plane[i] = f(a[i], b[i])
		}
		return blurred(plane, width, height)
	}
	meanA := of(func(a, _ float64) float64 { return a })
	meanB := of(func(_, b float64) float64 { return b })
	meanAA := of(func(a, _ float64) float64 { return a * a })
	meanBB := of(func(_, b float64) float64 { return b * b })
	meanAB := of(func(a, b float64) float64 { return a * b })
	sum := 0.0
	for i := range meanA {
		a, b := meanA[i], meanB[i]
		varianceA, varianceB, covariance := meanAA[i]-a*a, meanBB[i]-b*b, meanAB[i]-a*b
		sum += (2*a*b + c1) * (2*covariance + c2) / ((a*a + b*b + c1) * (varianceA + varianceB + c2))
	}
	return sum / float64(len(meanA))
}

// window is the side of SSIM's Gaussian window.
const window = 11

var gaussian = func() (weights [window]float64) {
	sum := 0.0
	for i := range weights {
		x := float64(i - window/2)
		weights[i] = math.Exp(-x * x / (2 * 1.5 * 1.5))
		sum += weights[i]
	}
	for i := range weights {
		weights[i] /= sum
	}
	return weights
}()

// blurred is the mean of a plane in the window at every place where it lies
// inside: 10 less across and down.
func blurred(plane []float64, width, height int) []float64 {
	w, h := width-window+1, height-window+1
	across := make([]float64, w*height)
	for y := range height {
		for x := range w {
			sum := 0.0
			for i, v := range plane[width*y+x:][:window] {
				sum += gaussian[i] * v
			}
			across[w*y+x] = sum
		}
	}
	both := make([]float64, w*h)
	for y := range h {
		line := both[w*y:][:w]
		for i, weight := range gaussian {
			for x, v := range across[w*(y+i):][:w] {
				line[x] += weight * v
			}
		}
	}
	return both
}
