package webp

import "golang.org/x/sys/cpu"

// vectors says that the processor has AVX2, as those made since 2015 have it.
var vectors = cpu.X86.HasAVX2

// vectorTables are what the instructions read from memory.
type vectorTables struct {
	at, before, after         [16]uint8    // of a border, for means of three and two
	mean, left, above, corner [16]uint8    // of a border, for the mean and TrueMotion
	threes, twos              [4][32]uint8 // of means of three and two, for two modes each

	rows01, rows23   [16]int16    // factors of rows
	columns          [4][16]int16 // and of columns
	reverse          [32]uint8    // the words of each row
	interleave       [32]uint8    // the words of two rows
	zigzag, crossing [32]uint8    // of the own half, and of the other one
	spread           [16]uint8    // four samples to rows
}

var vectorOperands = func() (t vectorTables) {
	const none = 0x80 // leaves a zero
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
	}
	for mode := modeVertical; mode < modes; mode++ {
		for i, from := range blends[mode] {
			pairOf, at := (mode-modeVertical)/2, (mode-modeVertical)%2*16+i
			t.threes[pairOf][at], t.twos[pairOf][at] = from, none
			if from >= pair {
				t.threes[pairOf][at], t.twos[pairOf][at] = none, from-pair
			}
		}
	}
	const one = 1 << 14
	for i := range 16 {
		t.rows01[i] = [4]int16{one, one, -sin, -cos}[i%4]
		t.rows23[i] = [4]int16{one, -one, cos, -sin}[i%4]
		t.columns[0][i] = one
		t.columns[1][i] = [2]int16{cos, sin}[i%2]
		t.columns[2][i] = [2]int16{one, -one}[i%2]
		t.columns[3][i] = [2]int16{sin, -cos}[i%2]
		t.spread[i] = uint8(i / 4)
		for j := range 2 {
			t.reverse[2*i+j] = uint8(2*(i%8/4*4+3-i%4) + j)
			t.interleave[2*i+j] = uint8(2*(i%8/2+i%2*4) + j)
			from := int(zigzag[i])
			own, other := uint8(2*(from%8)+j), uint8(none)
			if from/8 != i/8 {
				own, other = other, own
			}
			t.zigzag[2*i+j], t.crossing[2*i+j] = own, other
		}
	}
	return t
}()
