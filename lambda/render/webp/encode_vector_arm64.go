package webp

// vectors says that the processor has NEON, as all of this kind have it.
const vectors = true

// vectorTables are what the instructions read from memory.
type vectorTables struct {
	at, before, after         [16]uint8    // of a border, for means of three and two
	mean, left, above, corner [16]uint8    // of a border, for the mean and TrueMotion
	blends                    [8][16]uint8 // of means of three and two
	factors                   [8]int16
	zigzag                    [2][16]uint8 // of levels
	spread                    [16]uint8    // four samples to rows
}

var vectorOperands = func() (t vectorTables) {
	const none = 0xff // leaves a zero
	for i := range 16 {
		if i < corner+9 {
			t.at[i], t.before[i], t.after[i] = uint8(i), uint8(max(i-1, 0)), uint8(min(i+1, corner+8))
		}
		t.mean[i] = none
		if i < 4 {
			t.mean[i] = uint8(i)
		} else if i < 8 {
			t.mean[i] = uint8(i + 1)
		}
		t.left[i], t.above[i], t.corner[i] = uint8(corner-1-i/4), uint8(corner+1+i%4), corner
		t.spread[i] = uint8(i / 4)
		for j := range 2 {
			t.zigzag[i/8][i%8*2+j] = 2*zigzag[i] + uint8(j)
		}
	}
	copy(t.blends[:], blends[modeVertical:])
	t.factors = [8]int16{cos, sin, -cos}
	return t
}()
