package png

import (
	"slices"
	"testing"
)

// filtered is a row after a filter, byte by byte as 9.2 has it, and the sum of
// the magnitudes of 12.7.
func filtered(f filter, row, up []uint8, n int) (bytes []uint8, sum int) {
	for i, x := range row {
		before := 0
		if i >= n {
			before = int(row[i-n])
		}
		predicted := []int{none: 0, left: before, above: int(up[i]), average: (before + int(up[i])) / 2}[f]
		y := uint8(int(x) - predicted)
		bytes = append(bytes, y)
		sum += min(int(y), 256-int(y))
	}
	return bytes, sum
}

// rowsOf are the rows whose filtering the tests look at: of every byte with every
// byte before and above it, of all lengths about those worked on at once, and
// long ones whose sums are the largest that can be.
func rowsOf(n int) (rows [][2][]uint8) {
	for length := n; length < 70; length++ {
		row, up := make([]uint8, length), make([]uint8, length)
		for i := range row {
			row[i], up[i] = noise(1, i, length), noise(2, i, length)
		}
		rows = append(rows, [2][]uint8{row, up})
	}
	for step := range 256 {
		row, up := make([]uint8, 256*n), make([]uint8, 256*n)
		for i := range row {
			row[i], up[i] = uint8(i/n*step), uint8(i/n)
		}
		rows = append(rows, [2][]uint8{row, up})
	}
	row, up := make([]uint8, 10_000*n), make([]uint8, 10_000*n)
	for i := range row {
		up[i] = 128
		if i/n%2 == 0 {
			row[i] = 128
			up[i] = 0
		}
	}
	return append(rows, [2][]uint8{row, up})
}

func TestFilters(t *testing.T) {
	for _, n := range []int{1, 3, 4} {
		for _, rows := range rowsOf(n) {
			row, up := rows[0], rows[1]
			sums := costs(row, up, n)
			for _, f := range []filter{none, left, above, average} {
				want, sum := filtered(f, row, up, n)
				got := make([]uint8, len(row))
				f.apply(got, row, up, n)
				if !slices.Equal(got, want) {
					t.Fatalf("filter %d of %d bytes in pixels of %d: %v, want %v", f, len(row), n, got, want)
				}
				if f != none && sums[f] != sum {
					t.Fatalf("filter %d of %d bytes in pixels of %d: sum is %d, want %d", f, len(row), n, sums[f], sum)
				}
			}
		}
	}
}
