package av1

import "testing"

// TestStrengths holds strengths to some of the table, between them, and to what headers can say.
func TestStrengths(t *testing.T) {
	for _, test := range []struct {
		quantiser int
		mono      bool
		want      filters
	}{
		{1, false, filters{damping: 3}},
		{21, false, filters{levels: [4]int{1, 1, 1, 1}, damping: 3}},
		{70, false, filters{levels: [4]int{2, 2, 4, 4}, damping: 3}},
		{71, false, filters{levels: [4]int{2, 2, 4, 4}, damping: 3, chroma: directed{4, 0}}},
		{120, false, filters{levels: [4]int{4, 4, 12, 12}, damping: 3, chroma: directed{6, 2}}},
		{120, true, filters{levels: [4]int{4, 4, 0, 0}, damping: 3}},
		{190, true, filters{levels: [4]int{11, 11, 0, 0}, damping: 4, luma: directed{4, 0}}},
		{255, false, filters{levels: [4]int{24, 24, 63, 63}, damping: 4, luma: directed{8, 2}, chroma: directed{8, 4}}},
	} {
		if got := strengthsOf(test.quantiser, test.mono); got != test.want {
			t.Errorf("quantiser %d, mono %v: %+v, want %+v", test.quantiser, test.mono, got, test.want)
		}
	}
	before := strengthsOf(1, false)
	for quantiser := 1; quantiser <= 255; quantiser++ {
		f := strengthsOf(quantiser, false)
		for i, level := range f.levels {
			if level < before.levels[i] || level > 63 {
				t.Errorf("quantiser %d: level %d, before it %d", quantiser, level, before.levels[i])
			}
		}
		for _, d := range []directed{f.luma, f.chroma} {
			if d.primary > 15 || d.secondary > 4 || d.secondary == 3 || f.damping < 3 || f.damping > 6 {
				t.Errorf("quantiser %d: %+v", quantiser, f)
			}
		}
		before = f
	}
}
