package av1

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Contexts, what they cost and what is lowered by them are what plain Go makes of the same levels.
func TestContextsInVectorsAreThoseOfPlainGo(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 4000 {
		size := r.IntN(4)
		n := 4 << size
		levels, overs := make([]int16, n*n), make([]int16, n*n)
		large := []int{1, 2, 4, 20, 200, 40000}[r.IntN(6)]
		rows := 1 + r.IntN(n)
		if size == 1 {
			rows = (rows + 1) &^ 1
		}
		if size == 0 {
			rows = 4
		}
		for i := range rows * n {
			levels[i] = int16(max(min(r.IntN(2*large+1)-large, math.MaxInt16), math.MinInt16))
			overs[i] = int16(r.IntN(1<<15) - 17408)
		}
		count := rows * n / 16
		var got, want contexts
		got.find(levels, size, count)
		want.findGo(levels, size, count)
		if got != want {
			t.Fatalf("side %d, %d rows: %v, want %v, of levels %v", n, rows, got, want, levels)
		}
		var costs, gains baseCosts
		for i := range 64 {
			costs.set(i, r.Int32N(5000))
			gains.set(i, r.Int32N(16384)-2000)
			if i&3 == 0 {
				gains.set(i, math.MinInt16)
			}
		}
		end := 1 + r.IntN(rows*n)
		if most := sixteensOf(size, end); most <= count {
			bits, sum := got.count(&costs, orders[size].ends, end, most)
			wantBits, wantSum := want.countGo(&costs, orders[size].ends, end, most)
			if bits != wantBits || sum != wantSum {
				t.Fatalf("side %d, %d of %d coefficients: %d bits of %d, want %d of %d", n, end, rows*n, bits, sum, wantBits, wantSum)
			}
		}
		wantLevels, wantOvers := slices.Clone(levels), slices.Clone(overs)
		end, used, any := got.lower(&gains, levels[:16*count], overs, &orders[size])
		wantEnd, wantUsed, wantAny := want.lowerGo(&gains, wantLevels[:16*count], wantOvers, &orders[size])
		if !slices.Equal(levels, wantLevels) || !slices.Equal(overs, wantOvers) || end != wantEnd || used != wantUsed || any != wantAny {
			t.Fatalf("side %d: lowered are %v, %v, %d, %v, want %v, %v, %d, %v", n, levels, overs, end, used, wantLevels, wantOvers, wantEnd, wantUsed)
		}
	}
}

// What is done of blocks of 4x4 at once is what is done step by step.
func TestLightest4InVectorsIsThatOfPlainGo(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	e := forBlocks(100)
	zero, all := 0, 4000
	for range all {
		levels, overs, coefficients := make([]int16, 16), make([]int16, 16), make([]int32, 16)
		large := []int{30, 60, 120, 400, 3000, 40000}[r.IntN(6)]
		for i := range coefficients {
			coefficients[i] = int32(max(min(r.IntN(2*large+1)-large, math.MaxInt16), math.MinInt16))
		}
		wantLevels, wantOvers := slices.Clone(levels), slices.Clone(overs)
		var got, want contexts
		gains := &e.coding.costs.gains[0][r.IntN(2)]
		end, used := got.lightest4(gains, levels, overs, coefficients, &e.steps[0].of[0])
		wantEnd, wantUsed := want.lightest4Go(gains, wantLevels, wantOvers, coefficients, &e.steps[0].of[0])
		if end == 0 {
			zero++
			got, want, wantOvers = contexts{}, contexts{}, overs // which nobody asks for then
		}
		if !slices.Equal(levels, wantLevels) || !slices.Equal(overs, wantOvers) || end != wantEnd || used != wantUsed || got != want {
			t.Fatalf("levels of %v are %v, %v, %d, %v, want %v, %v, %d, %v", coefficients, levels, overs, end, used, wantLevels, wantOvers, wantEnd, wantUsed)
		}
	}
	if zero == 0 || zero == all {
		t.Errorf("%d of %d blocks are zero", zero, all)
	}
}
