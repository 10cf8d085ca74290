package jpeg

import "testing"

// TestSteps has the tables that libjpeg makes (cjpeg -quality), to their first
// row.
func TestSteps(t *testing.T) {
	tests := []struct {
		quality                int
		luminance, chrominance [8]uint8
	}{
		{1, [8]uint8{255, 255, 255, 255, 255, 255, 255, 255}, [8]uint8{255, 255, 255, 255, 255, 255, 255, 255}},
		{10, [8]uint8{80, 55, 50, 80, 120, 200, 255, 255}, [8]uint8{85, 90, 120, 235, 255, 255, 255, 255}},
		{49, [8]uint8{16, 11, 10, 16, 24, 41, 52, 62}, [8]uint8{17, 18, 24, 48, 101, 101, 101, 101}},
		{50, [8]uint8{16, 11, 10, 16, 24, 40, 51, 61}, [8]uint8{17, 18, 24, 47, 99, 99, 99, 99}},
		{80, [8]uint8{6, 4, 4, 6, 10, 16, 20, 24}, [8]uint8{7, 7, 10, 19, 40, 40, 40, 40}},
		{99, [8]uint8{1, 1, 1, 1, 1, 1, 1, 1}, [8]uint8{1, 1, 1, 1, 2, 2, 2, 2}},
		{100, [8]uint8{1, 1, 1, 1, 1, 1, 1, 1}, [8]uint8{1, 1, 1, 1, 1, 1, 1, 1}},
	}
	for _, test := range tests {
		var q quantiser
		q.set(&luminanceSteps, test.quality)
		if got := [8]uint8(q.steps[:8]); got != test.luminance {
			t.Errorf("quality %d: luminance is %v, want %v", test.quality, got, test.luminance)
		}
		q.set(&chrominanceSteps, test.quality)
		if got := [8]uint8(q.steps[:8]); got != test.chrominance {
			t.Errorf("quality %d: chrominance is %v, want %v", test.quality, got, test.chrominance)
		}
	}
}

// TestQuantiseIsDivision tries every value that the transform can leave with
// every step.
func TestQuantiseIsDivision(t *testing.T) {
	for first := 0; first < 255; first += 64 {
		var table [64]uint8
		for i := range table {
			table[i] = uint8(min(first+i+1, 255))
		}
		var q quantiser
		q.set(&table, 50)
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
