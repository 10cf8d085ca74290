package png

import (
	"slices"
	"testing"
)

// pad is the row in memory as long as the vector code needs.
func pad(row []uint8) []uint8 {
	return append(make([]uint8, 0, len(row)+padding), row...)
}

// unfiltered is a row after a filter has been undone, byte by byte as 9.2 has it.
func unfiltered(f filter, src, up []uint8, n int) []uint8 {
	dst := make([]uint8, len(src))
	for i, x := range src {
		var a, c uint8
		if i >= n {
			a, c = dst[i-n], up[i-n]
		}
		dst[i] = x + []uint8{none: 0, left: a, above: up[i], average: uint8((int(a) + int(up[i])) / 2), paeth: predict(a, up[i], c)}[f]
	}
	return dst
}

func TestUnfilter(t *testing.T) {
	for _, n := range []int{1, 2, 3, 4, 6, 8} {
		for _, rows := range rowsOf(n) {
			src, up := pad(rows[0][:len(rows[0])/n*n]), pad(rows[1][:len(rows[0])/n*n])
			for f := none; f <= paeth; f++ {
				want := unfiltered(f, src, up, n)
				got := pad(make([]uint8, len(src)))
				if f.unfilter(got, src, up, n); !slices.Equal(got, want) {
					t.Fatalf("filter %d of %d bytes in pixels of %d: %v, want %v", f, len(src), n, got, want)
				}
				// Without memory beyond the row.
				got = make([]uint8, len(src))
				if f.unfilter(slices.Clip(got), src, up, n); !slices.Equal(got, want) {
					t.Fatalf("filter %d of %d bytes in pixels of %d, plain: %v, want %v", f, len(src), n, got, want)
				}
			}
		}
	}
}

func TestPredictIsTheNearest(t *testing.T) {
	for _, test := range []struct{ a, b, c, want uint8 }{
		{0, 0, 0, 0}, {1, 2, 3, 1}, {3, 2, 1, 3}, {10, 20, 10, 20}, {20, 10, 10, 20}, {200, 100, 150, 150}, {0, 255, 255, 0}, {255, 0, 128, 128}, {7, 9, 8, 8},
	} {
		if got := predict(test.a, test.b, test.c); got != test.want {
			t.Errorf("of %d, %d and %d: %d, want %d", test.a, test.b, test.c, got, test.want)
		}
	}
}
