package gif

import (
	"bytes"
	standard "compress/lzw"
	"io"
	"math/rand/v2"
	"testing"
)

// TestCompressedIsRead has the standard library read what is compressed: each pixel is its
// index, or, if that is transparent, may be the other one. The longest fill the strings
// several times.
func TestCompressedIsRead(t *testing.T) {
	var z compressor
	for seed := range uint64(120) {
		r := rand.New(rand.NewPCG(seed, 9))
		size := 2 + r.IntN(7)
		n := []int{1, 2, 300, 5000, 60_000}[r.IntN(5)]
		run := 1 + r.IntN(40)
		indices, others := make([]uint8, n), make([]uint8, n)
		for i := range indices {
			switch {
			case i > 0 && r.IntN(run) > 0:
				indices[i], others[i] = indices[i-1], others[i-1]
			case r.IntN(2) == 0:
				indices[i] = uint8(r.IntN(1 << size))
			default:
				others[i] = uint8(r.IntN(1 << size))
			}
		}
		packed := z.compress(indices, others, size)
		got, err := io.ReadAll(standard.NewReader(bytes.NewReader(packed), standard.LSB, size))
		if err != nil || len(got) != n {
			t.Fatalf("seed %d: %d of %d pixels, %v", seed, len(got), n, err)
		}
		for i, index := range got {
			if index != indices[i] && (indices[i] != transparent || index != others[i]) {
				t.Fatalf("seed %d: pixel %d is %d, must be %d or %d", seed, i, index, indices[i], others[i])
			}
		}
	}
}

// TestCompressedEndsAnywhere: the strings are full at the end, or nearly so.
func TestCompressedEndsAnywhere(t *testing.T) {
	var z compressor
	r := rand.New(rand.NewPCG(4, 4))
	indices := make([]uint8, 4200)
	for i := range indices {
		indices[i] = uint8(r.Uint32())
	}
	for n := 3700; n < len(indices); n++ {
		packed := z.compress(indices[:n], make([]uint8, n), 8)
		reader := bytes.NewReader(packed)
		got, err := io.ReadAll(standard.NewReader(reader, standard.LSB, 8))
		if err != nil || !bytes.Equal(got, indices[:n]) || reader.Len() > 0 {
			t.Fatalf("%d pixels are %d, %v, with %d bytes left", n, len(got), err, reader.Len())
		}
	}
}
