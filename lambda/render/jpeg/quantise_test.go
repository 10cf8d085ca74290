package jpeg

import "testing"

// TestQuantiseIsDivision tries every value that the transform can leave with
// every step.
func TestQuantiseIsDivision(t *testing.T) {
	for first := 0; first < 255; first += 64 {
		var table [64]uint8
		for i := range table {
			table[i] = uint8(min(first+i+1, 255))
		}
		var q quantiser
		q.set(&table)
		for i, step := range table {
			at := i%8*8 + i/8
			if q.reciprocal[at] >= 1<<15 || q.scale[at] > 1<<15 {
				t.Fatalf("step %d: reciprocal %d and scale %d are no words with a sign and without", step, q.reciprocal[at], q.scale[at])
			}
			for value := int32(0); value <= 8192; value++ {
				rounding := int32(step) * 8 * 46 / 100
				if i == 0 {
					rounding = int32(step) * 4
				}
				want := int16((value + rounding) / (8 * int32(step)))
				if got := q.quantise(value, at); got != want {
					t.Fatalf("step %d: %d becomes %d, want %d", step, value, got, want)
				}
				if got := q.quantise(-value, at); got != -want {
					t.Fatalf("step %d: %d becomes %d, want %d", step, -value, got, -want)
				}
			}
		}
	}
}
