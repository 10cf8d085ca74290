package av1

import "testing"

// TestReciprocalsDivide compares with division around each multiple of each step, which a matrix may make 8 times as large.
func TestReciprocalsDivide(t *testing.T) {
	for step := int32(4); step < 1<<14; step++ {
		d := divisorOf(step, roundAC)
		for multiple := int32(0); multiple < 1<<18; multiple += step {
			for v := max(multiple-1, 0); v <= min(multiple+1, 1<<18-1); v++ {
				if got := d.of(v); got != v/step {
					t.Fatalf("%d / %d is %d, want %d", v, step, got, v/step)
				}
			}
		}
	}
}

// TestLevels holds levels, and what is made of them, to those of steps of 41 and 47, of 389 and 639,
// and of 4, for DC and AC.
func TestLevels(t *testing.T) {
	for _, c := range []struct {
		quantiser, size, at int
		coefficient         int32
		level               int16
		value               int32
		end                 int
		used                extent
	}{
		{40, 0, 0, 0, 0, 0, 0, extent{}},
		{40, 0, 0, 21, 0, 0, 0, extent{}}, // 19/41 are added
		{40, 0, 0, 22, 1, 41, 1, extent{1, 1}},
		{40, 0, 2, -25, -1, -47, 6, extent{1, 3}}, // and 22/47
		{40, 0, 8, 24, 0, 0, 0, extent{}},
		{40, 0, 8, 100, 2, 94, 4, extent{3, 1}},
		{200, 3, 0, -400, -2, -389, 1, extent{1, 1}},
		{200, 4, 32, 300, 2, 319, 3, extent{2, 1}},
		{0, 4, 1023, -1 << 15, -(1<<15 - 1), -(1<<15 - 1), 1024, extent{32, 32}},
	} {
		var e Encoder
		e.quantiser = c.quantiser
		e.setSteps()
		side := min(4<<c.size, 32)
		levels, coefficients := make([]int16, side*side), make([]int32, side*side)
		coefficients[c.at] = c.coefficient
		end, used := e.quantise(levels, coefficients, 0, c.size)
		if levels[c.at] != c.level || coefficients[c.at] != c.value || end != c.end || used != c.used {
			t.Errorf("quantiser %d, size %d: coefficient %d of %d has level %d, value %d, end %d, extent %v, want %d, %d, %d, %v", c.quantiser, c.size, c.at, c.coefficient, levels[c.at], coefficients[c.at], end, used, c.level, c.value, c.end, c.used)
		}
	}
}
