package tiff

import (
	"math"
	"sync"
)

// ycc is the conversion of YCbCr into RGB (TIFF 6.0, sections 20 and 21), by tables
// with 16 bits behind the point, as libtiff has them.
type ycc struct {
	y, redOfCr, blueOfCb [256]int32
	greenOfCr, greenOfCb [256]int32 // with 16 bits behind the point
}

// readYCC reads the coefficients and the reference values of a picture.
func readYCC(dir directory) *ycc {
	standard := []float64{0.299, 0.587, 0.114}
	luma := dir.reals(tagYCbCrCoefficients, standard)
	if luma[1] == 0 {
		luma = standard
	}
	fix := func(f float64) float64 { return math.Floor(min(max(f, 0), 2)*(1<<16) + 0.5) }
	red, blue := 2-2*luma[0], 2-2*luma[2]
	return newYCC(fix(red), fix(luma[0]*red/luma[1]), fix(blue), fix(luma[2]*blue/luma[1]),
		dir.reals(tagReferenceBlackWhite, full))
}

// full is the reference values of samples that use all of their range.
var full = []float64{0, 255, 128, 255, 128, 255}

// jfif is the conversion that libjpeg has. One of its factors, 0.34414, is rounded.
var jfif = sync.OnceValue(func() *ycc { return newYCC(91881, 46802, 116130, 22554, full) })

// newYCC makes the tables of four factors: what red and green take of Cr, and blue and
// green of Cb.
func newYCC(redOfCr, greenOfCr, blueOfCb, greenOfCb float64, reference []float64) *ycc {
	value := func(code, black, white, full float64) float64 {
		span := white - black
		if span == 0 {
			span = 1
		}
		const limit = 128 * 32
		return math.Trunc(min(max((code-black)*full/span, -limit), limit))
	}
	const one, half = 1 << 16, 1 << 15
	var t ycc
	for i := range 256 {
		cb := value(float64(i-128), reference[2]-128, reference[3]-128, 127)
		cr := value(float64(i-128), reference[4]-128, reference[5]-128, 127)
		t.y[i] = int32(value(float64(i), reference[0], reference[1], 255))
		t.redOfCr[i] = int32(math.Floor((redOfCr*cr + half) / one))
		t.blueOfCb[i] = int32(math.Floor((blueOfCb*cb + half) / one))
		t.greenOfCr[i] = int32(-greenOfCr * cr)
		t.greenOfCb[i] = int32(half - greenOfCb*cb)
	}
	return &t
}

// reals is the values of a field of numbers, or what stands for one that is not there
// or has none.
func (dir directory) reals(tag uint16, missing []float64) []float64 {
	f, ok := dir[tag]
	if !ok || f.count < len(missing) {
		return missing
	}
	values := make([]float64, len(missing))
	for i := range values {
		values[i] = f.real(i)
		if math.IsNaN(values[i]) || math.IsInf(values[i], 0) {
			return missing
		}
	}
	return values
}

// convert makes RGB of YCbCr in a row, of which each pixel has the given number of
// samples.
func (t *ycc) convert(row []uint8, each int) {
	for i := 0; i+3 <= len(row); i += each {
		at := row[i : i+3 : i+3]
		y, cb, cr := t.y[at[0]], at[1], at[2]
		at[0] = clamp(y + t.redOfCr[cr])
		at[1] = clamp(y + (t.greenOfCb[cb]+t.greenOfCr[cr])>>16)
		at[2] = clamp(y + t.blueOfCb[cb])
	}
}

func clamp(v int32) uint8 { return uint8(min(max(v, 0), 255)) }
