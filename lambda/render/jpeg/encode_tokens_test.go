package jpeg

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

// TestWriteWordStuffs compares with replacing byte by byte, for words of the
// bytes around those that a test of all eight at once could mistake.
func TestWriteWordStuffs(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 10000 {
		var word [8]byte
		for i := range word {
			word[i] = []byte{0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff}[r.IntN(2+r.IntN(5))]
		}
		want := bytes.ReplaceAll(word[:], []byte{0xff}, []byte{0xff, 0x00})
		var out [16]byte
		n := writeWord(out[:], binary.BigEndian.Uint64(word[:]))
		if !bytes.Equal(out[:n], want) {
			t.Fatalf("% x becomes % x, want % x", word, out[:n], want)
		}
	}
}

// TestMagnitudes has the examples of ITU-T T.81, table F.1 and F.1.2.1.1: the
// size, and of negative values the lowest bits of one less.
func TestMagnitudes(t *testing.T) {
	tests := []struct {
		value, size, bits int
	}{
		{0, 0, 0},
		{1, 1, 1},
		{-1, 1, 0},
		{2, 2, 2},
		{3, 2, 3},
		{-2, 2, 1},
		{-3, 2, 0},
		{5, 3, 5},
		{-5, 3, 2},
		{1023, 10, 1023},
		{-1023, 10, 0},
		{1024, 11, 1024},
		{2047, 11, 2047},
		{-2047, 11, 0},
	}
	for _, test := range tests {
		got := magnitudes[test.value&4095]
		if size, bits := int(got>>16), int(got&0xffff); size != test.size || bits != test.bits {
			t.Errorf("%d: size %d, bits %b, want size %d, bits %b", test.value, size, bits, test.size, test.bits)
		}
	}
}
