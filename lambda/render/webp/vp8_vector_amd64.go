package webp

import "golang.org/x/sys/cpu"

func init() {
	if cpu.X86.HasAVX2 {
		useVectors()
		if cpu.X86.HasBMI2 { // and with it, LZCNT
			decodeGrid, decodeSquares = decodeGridFast, decodeSquaresFast
		}
	}
}

// shuffles says for each mode of a square which samples come from which place of each of
// the three sources; 0x80 stands for none.
type shuffles [modes][3][16]uint8

var squareShuffles = func() (t shuffles) {
	for mode, samples := range squareSamples {
		for i, sample := range samples {
			for source := range t[mode] {
				t[mode][source][i] = 0x80
			}
			t[mode][sample/16][i] = sample % 16
		}
	}
	return t
}()
