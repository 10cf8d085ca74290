package png

import (
	"bytes"
	"compress/flate"
	stdzlib "compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/klauspost/compress/zlib"
)

// appendChunk writes a chunk.
func appendChunk(dst []byte, name string, data []byte) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(data)))
	start := len(dst)
	dst = append(append(dst, name...), data...)
	return binary.BigEndian.AppendUint32(dst, crc32.ChecksumIEEE(dst[start:]))
}

// inChunks is data in chunks of so many bytes.
func inChunks(data []byte, size int) (file []byte) {
	for len(data) > size {
		file = appendChunk(file, "IDAT", data[:size])
		data = data[size:]
	}
	return appendChunk(file, "IDAT", data)
}

// inflated is all that there is in a picture's data, read in rows of some bytes.
func inflated(z *inflater, file []byte, row int) (all []byte, err error) {
	if err := z.start(file, "IDAT", row); err != nil {
		return nil, err
	}
	for {
		next, err := z.next(row)
		if err != nil {
			return append(all, z.window[z.read:z.end]...), err
		}
		all = append(all, next...)
	}
}

// datas are what is inflated in the tests.
func datas() map[string][]byte {
	random := rand.New(rand.NewPCG(1, 2))
	letters := make([]byte, 300_000)
	for i := range letters {
		letters[i] = uint8(random.ExpFloat64() * 12)
	}
	hard := make([]byte, 200_000)
	for i := range hard {
		hard[i] = uint8(random.Uint32())
	}
	// Copies of all short distances and lengths.
	var runs []byte
	for i := range 4000 {
		word := hard[i*7:][:1+i%9]
		for range 1 + random.IntN(70) {
			runs = append(runs, word...)
		}
	}
	far := append(append(bytes.Clone(hard[:32_768]), hard[:32_768]...), hard[100:32_768]...)
	return map[string][]byte{"nothing": nil, "one": {7}, "zeros": make([]byte, 1<<20), "letters": letters, "hard": hard, "runs": runs, "far": far}
}

func TestInflate(t *testing.T) {
	var z inflater
	for name, data := range datas() {
		for _, level := range []int{0, 1, 2, 6, 9, zlib.HuffmanOnly} {
			var theirs, std bytes.Buffer
			w, _ := zlib.NewWriterLevel(&theirs, level)
			w.Write(data)
			w.Close()
			v, _ := stdzlib.NewWriterLevel(&std, level)
			v.Write(data)
			v.Close()
			for _, packed := range [][]byte{theirs.Bytes(), std.Bytes()} {
				for _, size := range []int{1, 5, 8192, 1 << 20} {
					if size == 1 && len(packed) > 10_000 {
						continue
					}
					for _, row := range []int{1, 4321, 100_000} {
						got, err := inflated(&z, inChunks(packed, size), row)
						if err != errShort || !bytes.Equal(got, data) {
							t.Fatalf("%s, level %d, chunks of %d, rows of %d: %d bytes of %d, %v", name, level, size, row, len(got), len(data), err)
						}
					}
				}
			}
		}
	}
}

// BenchmarkBlocks has blocks that stand for nothing, eleven bytes each, as many as
// a hostile file may have: what a block costs is its tables.
func BenchmarkBlocks(b *testing.B) {
	var block []byte
	var bits uint64
	var count uint
	put := func(v uint64, n uint) {
		bits |= v << count
		for count += n; count >= 8; count -= 8 {
			block = append(block, uint8(bits))
			bits >>= 8
		}
	}
	const blocks = 8000
	for range blocks {
		put(2<<1|14<<13, 17) // codes of its own, and the lengths of 18 codes of lengths
		for i := range 18 {
			length := uint64(0)
			if lengthOrder[i] == 1 || lengthOrder[i] == 18 {
				length = 1
			}
			put(length, 3)
		}
		put(1|127<<1, 8) // 138 zeros
		put(1|107<<1, 8) // 118 zeros
		put(0, 3)        // the end's code, a distance's, and the end
	}
	file := inChunks(append([]byte{0x78, 0x9c}, block...), 1<<16)
	var z inflater
	for b.Loop() {
		z.start(file, "IDAT", 100)
		if _, err := z.next(1); err != errShort {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/blocks, "ns/block")
}

// FuzzInflate holds what is inflated against compress/flate.
func FuzzInflate(f *testing.F) {
	for _, data := range datas() {
		var b bytes.Buffer
		w, _ := flate.NewWriter(&b, 6)
		w.Write(data[:min(len(data), 3000)])
		w.Close()
		f.Add(b.Bytes())
	}
	var z inflater
	f.Fuzz(func(t *testing.T, src []byte) {
		want, wantErr := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(src)), 1<<20))
		zlibbed := append([]byte{0x78, 0x9c}, src...)
		if err := z.start(inChunks(zlibbed, 1+len(src)%100), "IDAT", 999); err != nil {
			t.Fatal(err)
		}
		for len(want) > 0 {
			n := min(len(want), 999)
			got, err := z.next(n)
			if err != nil && wantErr == nil {
				t.Fatalf("%v with %d bytes left", err, len(want))
			}
			if err != nil {
				return
			}
			if !bytes.Equal(got, want[:n]) {
				t.Fatalf("%x, want %x", got, want[:n])
			}
			want = want[n:]
		}
	})
}

func BenchmarkInflate(b *testing.B) {
	for _, name := range []string{"alpha2.png", "alpha3.png"} {
		file, err := os.ReadFile(filepath.Join(os.Getenv("CORPUS"), "bench", name))
		if err != nil {
			b.Skip(err)
		}
		rest := file[8:]
		at := rest
		var data []byte
		for {
			c, r := cut(at)
			if c.name == nil {
				break
			}
			if c.is("IDAT") {
				data = append(data, c.data...)
			} else if data == nil {
				rest = r
			}
			at = r
		}
		b.Run(name, func(b *testing.B) {
			var z inflater
			for b.Loop() {
				z.start(rest, "IDAT", 4321)
				n := 0
				for {
					if _, err := z.next(4321); err != nil {
						break
					}
					n += 4321
				}
				b.SetBytes(int64(n))
			}
		})
		b.Run(name+"/klauspost", func(b *testing.B) {
			for b.Loop() {
				r, _ := zlib.NewReader(bytes.NewReader(data))
				n, _ := io.Copy(io.Discard, r)
				b.SetBytes(n)
			}
		})
		b.Run(name+"/std", func(b *testing.B) {
			for b.Loop() {
				r, _ := stdzlib.NewReader(bytes.NewReader(data))
				n, _ := io.Copy(io.Discard, r)
				b.SetBytes(n)
			}
		})
	}
}
