package main

import (
	"math"
	"testing"
)

func TestPSNR(t *testing.T) {
	for _, test := range []struct {
		name string
		a, b []float64
		want float64
	}{
		{"all that can differ", []float64{0, 255}, []float64{255, 0}, 0},
		{"one level", []float64{10, 20}, []float64{11, 19}, 48.1308},
		{"one sample of two", []float64{10, 20}, []float64{10, 30}, 31.1411},
		{"nothing", []float64{10, 20}, []float64{10, 20}, math.Inf(1)},
	} {
		if got := psnr(test.a, test.b); got != test.want && math.Abs(got-test.want) > 1e-4 {
			t.Errorf("%s: %.4f dB, want %.4f", test.name, got, test.want)
		}
	}
}

func TestSSIM(t *testing.T) {
	const width, height = 20, 16
	plane := func(f func(x, y int) float64) []float64 {
		var all []float64
		for y := range height {
			for x := range width {
				all = append(all, f(x, y))
			}
		}
		return all
	}
	board := func(x, y int) float64 { return float64((x + y) % 2 * 200) }
	for _, test := range []struct {
		name string
		a, b func(x, y int) float64
		want float64
	}{
		{"the same", board, board, 1},
		// (2*100*150 + 6.5025) / (100*100 + 150*150 + 6.5025)
		{"flat, at other levels",
			func(int, int) float64 { return 100 }, func(int, int) float64 { return 150 }, 0.92309},
		// Variances of 100*100 against each other, means alike.
		{"turned round", board, func(x, y int) float64 { return 200 - board(x, y) }, -0.99416},
	} {
		if got := ssim(plane(test.a), plane(test.b), width, height); math.Abs(got-test.want) > 1e-5 {
			t.Errorf("%s: %.5f, want %.5f", test.name, got, test.want)
		}
	}
}
