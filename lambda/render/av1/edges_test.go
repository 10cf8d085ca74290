package av1

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// TestEdgesThatAreNotThereAreStoodInFor gathers the edges of 4x4 of a picture of 16x8 whose samples
// are ten times their row and their column.
func TestEdgesThatAreNotThereAreStoodInFor(t *testing.T) {
	p := &channel{width: 16, height: 8, stride: 16, rebuilt: make([]uint8, 16*8)}
	for i := range p.rebuilt {
		p.rebuilt[i] = uint8(10*(i/16) + i%16)
	}
	for _, c := range []struct {
		name                      string
		x, y                      int
		above, left, right, below bool
		wantAbove, wantLeft       []uint8 // with the corner, 2n samples and n more
	}{
		{"all", 4, 4, true, true, true, false,
			[]uint8{33, 34, 35, 36, 37, 38, 39, 40, 41, 41, 41, 41, 41}, []uint8{33, 43, 53, 63, 73, 73, 73, 73, 73, 73, 73, 73, 73}},
		{"below", 4, 0, false, true, false, true,
			[]uint8{3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3}, []uint8{3, 3, 13, 23, 33, 43, 53, 63, 73, 73, 73, 73, 73}},
		{"none", 0, 0, false, false, false, false,
			[]uint8{128, 127, 127, 127, 127, 127, 127, 127, 127, 127, 127, 127, 127}, []uint8{128, 129, 129, 129, 129, 129, 129, 129, 129, 129, 129, 129, 129}},
		{"above alone", 0, 4, true, false, false, false,
			[]uint8{30, 30, 31, 32, 33, 33, 33, 33, 33, 33, 33, 33, 33}, []uint8{30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30}},
		{"beyond the picture", 12, 4, true, true, true, true,
			[]uint8{41, 42, 43, 44, 45, 45, 45, 45, 45, 45, 45, 45, 45}, []uint8{41, 51, 61, 71, 81, 81, 81, 81, 81, 81, 81, 81, 81}},
	} {
		var e edges
		e.gather(p, c.x, c.y, 4, c.above, c.left, c.right, c.below)
		if got := e.above[first-1:][:13]; !bytes.Equal(got, c.wantAbove) {
			t.Errorf("%s: above is %v, want %v", c.name, got, c.wantAbove)
		}
		if got := e.left[first-1:][:13]; !bytes.Equal(got, c.wantLeft) {
			t.Errorf("%s: left is %v, want %v", c.name, got, c.wantLeft)
		}
	}
}

// TestStrengthsOfEdgeFilters has the angles between which a filter is as strong, of blocks of 4 to 64.
func TestStrengthsOfEdgeFilters(t *testing.T) {
	for _, c := range []struct {
		n, far      int
		smooth      bool
		want        int
		wantsHalves bool
	}{
		{4, 3, false, 0, true}, {4, 39, false, 0, true}, {4, 42, false, 0, false}, {4, 55, false, 0, false}, {4, 56, false, 1, false}, {4, 87, false, 1, false},
		{8, 36, false, 0, true}, {8, 40, false, 1, false},
		{16, 3, false, 1, false}, {16, 6, false, 2, false}, {16, 29, false, 2, false}, {16, 32, false, 3, false},
		{32, 3, false, 3, false}, {64, 87, false, 3, false},
		{4, 36, true, 0, true}, {4, 40, true, 1, false}, {4, 64, true, 2, false},
		{8, 17, true, 0, false}, {8, 20, true, 1, false}, {8, 48, true, 2, false},
		{16, 3, true, 3, false}, {32, 45, true, 3, false}, {64, 3, true, 3, false},
	} {
		if got, halves := filterStrength(c.n, c.far, c.smooth), halved(c.n, c.far, c.smooth); got != c.want || halves != c.wantsHalves {
			t.Errorf("%d, %d degrees, smooth %v: %d, halved %v, want %d, %v", c.n, c.far, c.smooth, got, halves, c.want, c.wantsHalves)
		}
	}
}

func TestEdgesInVectorsAreThoseOfPlainGo(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		var from, got, want edge
		hardToPredict(r, from[:])
		for s := range edgeFilters[1:] {
			for _, n := range sides {
				filterEdge(&got, &from, 2*n, &edgeFilters[1+s])
				filterEdgeGo(&want, &from, 2*n, &edgeFilters[1+s])
				if !bytes.Equal(got[first:][:2*n], want[first:][:2*n]) {
					t.Fatalf("filter %d of %v: %v, want %v", 1+s, from, got, want)
				}
			}
		}
		got, want = edge{}, edge{}
		halveEdge(&got, &from)
		halveEdgeGo(&want, &from)
		if got != want {
			t.Fatalf("halves of %v: %v, want %v", from, got, want)
		}
	}
}
