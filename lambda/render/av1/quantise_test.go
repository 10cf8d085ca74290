package av1

import (
	"math"
	"testing"
)

// TestReciprocalsDivide compares levels with division around each half of each step, which a matrix may
// make 8 times as large.
func TestReciprocalsDivide(t *testing.T) {
	o := &order{make([]int16, 1), make([]uint16, 1), nil, nil}
	for step := int32(4); step < 1<<14; step += 1 + step/64 {
		by := &divisors{[]int32{step}, []uint32{uint32(1<<32/int64(step) + 1)}}
		for c := int32(1); c < 1<<15; c += 1 + step/3 {
			var level, over [1]int16
			quantiseGo(level[:], over[:], []int32{c}, 0, by, o)
			want := (int64(c)<<15 + int64(step)*nearly) / (int64(step) << 15)
			if int64(level[0]) != want {
				t.Fatalf("%d / %d is %d, want %d", c, step, level[0], want)
			}
			if exact := (float64(level[0]) - float64(c)/float64(step)) * (1 << 15); math.Abs(exact-float64(over[0])) > 2 {
				t.Fatalf("%d / %d: %d is more by %d, want %.1f", c, step, level[0], over[0], exact)
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
		levels, overs, coefficients := make([]int16, side*side), make([]int16, side*side), make([]int32, side*side)
		coefficients[c.at] = c.coefficient
		end, used := e.quantise(levels, overs, coefficients, 0, c.size)
		dequantise(coefficients, levels, halvings(c.size), &e.steps[0].of[min(c.size, 3)])
		if levels[c.at] != c.level || coefficients[c.at] != c.value || end != c.end || used != c.used {
			t.Errorf("quantiser %d, size %d: coefficient %d of %d has level %d, value %d, end %d, extent %v, want %d, %d, %d, %v", c.quantiser, c.size, c.at, c.coefficient, levels[c.at], coefficients[c.at], end, used, c.level, c.value, c.end, c.used)
		}
	}
}
