package av1

import "testing"

// TestFinerBy holds by how much superblocks are finer to what they are for some quantisers and
// superblocks.
func TestFinerBy(t *testing.T) {
	for _, test := range []struct {
		quantiser int
		busy      int32
		want      int
	}{
		{80, 1 << 17, 0}, {80, 1 << 30, 0}, {80, 1 << 15, 1}, {80, 3000, 3}, {80, 0, 8}, {80, 1, 8},
		{20, 0, 2}, {200, 1 << 16, 1}, {200, 0, 20},
	} {
		if got := finerBy(test.quantiser, test.busy); got != test.want {
			t.Errorf("quantiser %d, %d: finer by %d, want %d", test.quantiser, test.busy, got, test.want)
		}
	}
}

// TestQuantisersOfSuperblocks makes sure that none is below 1, and that pictures have some that differ.
func TestQuantisersOfSuperblocks(t *testing.T) {
	for quantiser := 1; quantiser <= 255; quantiser += 7 {
		var e Encoder
		e.Encode(scene(201, 143, 420, 5), Options{Quantiser: quantiser})
		differ := 0
		for by := range e.quantised {
			s := &e.quantised[by]
			if s.made && s.with[0] < 1 {
				t.Errorf("quantiser %d: a superblock has %d", quantiser, s.with[0])
			}
			if s.made {
				differ++
			}
		}
		if quantiser > 100 && differ < 2 {
			t.Errorf("quantiser %d: all superblocks have it", quantiser)
		}
	}
}

// TestChromaCoarser makes sure that headers can say by how much chroma is coarser, and that it has a
// quantiser.
func TestChromaCoarser(t *testing.T) {
	for quantiser := 1; quantiser <= 255; quantiser++ {
		for _, halved := range []bool{false, true} {
			by := chromaCoarserOf(quantiser, halved)
			if by < -64 || by > 63 || quantiser+by < 1 || halved != (by < 0) && by != 0 {
				t.Errorf("quantiser %d: chroma is coarser by %d", quantiser, by)
			}
		}
	}
}
