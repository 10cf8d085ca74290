package webp

import (
	"math/rand/v2"
	"testing"
)

// hard fills samples with what is hard to transform, of each kind some: noise, noise of
// extremes, slopes and constants.
func hard(r *rand.Rand, samples []uint8) {
	kind, base, across := r.IntN(4), r.IntN(256), r.IntN(9)-4
	for i := range samples {
		switch kind {
		case 0:
			samples[i] = uint8(r.Uint32())
		case 1:
			samples[i] = uint8(255 * r.IntN(2))
		case 2:
			samples[i] = uint8(min(max(base+across*(i%4)+r.IntN(3), 0), 255))
		default:
			samples[i] = uint8(base)
		}
	}
}

// TestVectorsAreThoseOfPlainGo compares the vector code with its reference bit by bit.
func TestVectorsAreThoseOfPlainGo(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var source, prediction [16]fourByFour
	for range 1000 {
		for i := range source {
			hard(r, source[i][:])
			hard(r, prediction[i][:])
		}
		var b border
		hard(r, b[:])

		var squares, wantSquares [modes]fourByFour
		var satds, wantSATDs [modes]int32
		predictAll(&squares, &satds, &b, &source[0])
		predictAllGo(&wantSquares, &wantSATDs, &b, &source[0])
		if squares != wantSquares || satds != wantSATDs {
			t.Fatalf("border %v: predictions are\n%v %v, want\n%v %v", b, squares, satds, wantSquares, wantSATDs)
		}
		var wholes, wantWholes [wholeModes][16]fourByFour
		var s sides
		hard(r, s.above[:])
		hard(r, s.left[:])
		s.corner, s.hasAbove, s.hasLeft = uint8(r.Uint32()), r.IntN(2) > 0, r.IntN(2) > 0
		for _, of := range [][2]int{{0, 4}, {0, 2}, {4, 2}} {
			predictAllWhole(&wholes, of[0], of[1], &s)
			predictAllWholeGo(&wantWholes, of[0], of[1], &s)
			if wholes != wantWholes {
				t.Fatalf("predictions as a whole are\n%v, want\n%v", wholes, wantWholes)
			}
		}
		if got, want := satdOf(source[:], prediction[:]), satdOfGo(source[:], prediction[:]); got != want {
			t.Fatalf("SATD is %d, want %d", got, want)
		}

		var coefs, wantCoefs [16][16]int16
		fdctAll(coefs[:], source[:], prediction[:])
		fdctAllGo(wantCoefs[:], source[:], prediction[:])
		if coefs != wantCoefs {
			t.Fatalf("coefficients are\n%v, want\n%v", coefs, wantCoefs)
		}
		fdctEach(coefs[:], &source[0], prediction[:])
		fdctEachGo(wantCoefs[:], &source[0], prediction[:])
		if coefs != wantCoefs {
			t.Fatalf("coefficients of one square are\n%v, want\n%v", coefs, wantCoefs)
		}

		var q quantiser
		q.set(4+r.IntN(154), 4+r.IntN(281), r.IntN(129), r.IntN(129))
		for i := range coefs {
			var levels, rebuilt, wantLevels, wantRebuilt [16]int16
			last, distortion := quantise(&levels, &rebuilt, &coefs[i], &q)
			wantLast, wantDistortion := quantiseGo(&wantLevels, &wantRebuilt, &coefs[i], &q)
			if levels != wantLevels || rebuilt != wantRebuilt || last != wantLast || distortion != wantDistortion {
				t.Fatalf("levels are\n%v %v %d %d, want\n%v %v %d %d", levels, rebuilt, last, distortion,
					wantLevels, wantRebuilt, wantLast, wantDistortion)
			}
			var square, wantSquare fourByFour
			idct(&square, &rebuilt, &prediction[i])
			idctGo(&wantSquare, &rebuilt, &prediction[i])
			if square != wantSquare {
				t.Fatalf("the inverse of %v is\n%v, want\n%v", rebuilt, square, wantSquare)
			}
		}

		var samples [8*11 + 8]uint8
		hard(r, samples[:])
		total, sum := moments(samples[:], 11)
		wantTotal, wantSum := momentsGo(samples[:], 11)
		if total != wantTotal || sum != wantSum {
			t.Fatalf("moments are %d and %d, want %d and %d", total, sum, wantTotal, wantSum)
		}
		var limited, wantLimited [len(samples)]uint8
		for _, of := range [][2]int{{lumaFactor, 0}, {chromaFactor, 128}} {
			n := r.IntN(len(samples) + 1)
			limit(limited[:], samples[:n], of[0], of[1])
			limitGo(wantLimited[:], samples[:n], of[0], of[1])
			if limited != wantLimited {
				t.Fatalf("limited are\n%v, want\n%v", limited, wantLimited)
			}
		}
	}
}

// TestTransformIsTheDCT holds the transform to its inverse, which RFC 6386 defines: what
// comes back is off by rounding alone.
func TestTransformIsTheDCT(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var source, prediction, back fourByFour
	var coefs [16]int16
	for range 3000 {
		hard(r, source[:])
		hard(r, prediction[:])
		fdctGo(&coefs, &source, &prediction)
		idctGo(&back, &coefs, &prediction)
		for i, v := range back {
			if off := int(v) - int(source[i]); off < -1 || off > 1 {
				t.Fatalf("sample %d of %v comes back as %d", i, source, v)
			}
		}
	}
}

// TestBoolsComeBack writes bools of all probabilities, among them long runs that carry.
func TestBoolsComeBack(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 200 {
		n := r.IntN(3000)
		bits, probs := make([]bool, n), make([]uint8, n)
		often := r.IntN(256)
		for i := range bits {
			bits[i], probs[i] = r.IntN(256) >= often, uint8(1+r.IntN(255))
			if often&1 != 0 {
				probs[i] = uint8(max(often, 1))
			}
		}
		var w boolWriter
		w.begin(nil)
		for i, bit := range bits {
			w.put(bit, probs[i])
		}
		var b boolReader
		b.open(w.end())
		for i, bit := range bits {
			if b.bool(probs[i]) != bit {
				t.Fatalf("bool %d of %d is %t", i, n, !bit)
			}
		}
		if b.over {
			t.Fatalf("the reader of %d bools read behind the end", n)
		}
	}
}

func TestLog2(t *testing.T) {
	for _, test := range []struct {
		v            uint64
		places, want int
	}{{1, 8, 0}, {2, 8, 256}, {3, 8, 405}, {256, 8, 2048}, {255, 8, 2046}, {1 << 40, 4, 640}, {1<<40 + 1<<39, 4, 649}} {
		if got := log2(test.v, test.places); got != test.want {
			t.Errorf("of %d: %d, want %d", test.v, got, test.want)
		}
	}
}
