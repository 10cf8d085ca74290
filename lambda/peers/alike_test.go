package main

import (
	"math"
	"testing"
)

func TestBisect(t *testing.T) {
	// SSIM and the logarithm of the bytes are straight lines here.
	tries := 0
	try := func(quality int) (likeness, error) {
		tries++
		return likeness{like: 0.9 + float64(quality)/1000, bytes: int64(math.Exp(float64(quality) / 5))}, nil
	}
	for _, test := range []struct {
		ssim, quality, bytes float64
	}{
		{0.9801, 80.1, math.Exp(80.1 / 5)}, {0.98, 80, math.Exp(16)}, {0.9375, 37.5, math.Exp(7.5)}, {0.9985, 98.5, math.Exp(19.7)},
	} {
		tries = 0
		quality, bytes, err := bisect(test.ssim, try)
		if err != nil || math.Abs(quality-test.quality) > 1e-6 || math.Abs(bytes/test.bytes-1) > 1e-3 || tries != 6 {
			t.Errorf("%v: quality %v, %v bytes, %d tries, %v; want %v, %v, 6", test.ssim, quality, bytes, tries, err, test.quality, test.bytes)
		}
	}
	if quality, bytes, err := bisect(0.93, try); err != nil || quality != 37 || bytes != 1635 {
		t.Errorf("an SSIM below all: quality %v, %v bytes, %v; want 37, 1635", quality, bytes, err)
	}
	if quality, bytes, err := bisect(0.9999, try); err != nil || quality != 99 || !math.IsInf(bytes, 1) {
		t.Errorf("an SSIM above all: quality %v, %v bytes, %v; want 99 and no end", quality, bytes, err)
	}
}
