package jpeg

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
)

// bitByBit decodes as the flow charts of T.81 do, a bit at a time.
type bitByBit struct {
	data []byte
	at   int // in bits
}

func (b *bitByBit) bit() int {
	v := int(b.data[b.at/8]) >> (7 - b.at%8) & 1
	b.at++
	return v
}

// symbol is DECODE (figure F.16): -1 for a code that does not exist.
func (b *bitByBit) symbol(h *huffman) int {
	code, first, k := 0, 0, 0
	for _, count := range h.counts {
		code = code<<1 | b.bit()
		if code-first < int(count) {
			return int(h.values[k+code-first])
		}
		k += int(count)
		first = (first + int(count)) << 1
	}
	return -1
}

// value is RECEIVE and EXTEND (figures F.17 and F.12).
func (b *bitByBit) value(size int) int {
	v := 0
	for range size {
		v = v<<1 | b.bit()
	}
	if size > 0 && v < 1<<(size-1) {
		v += -1<<size + 1
	}
	return v
}

// block is the coefficients of a block, in zigzag order (figures F.13 and F.14).
func (b *bitByBit) block(dc, ac *huffman, before int) (coef [64]int, ok bool) {
	size := b.symbol(dc)
	if size < 0 || size > maxSizeDC {
		return coef, false
	}
	coef[0] = before + b.value(size)
	if coef[0] < -boundDC || coef[0] >= boundDC {
		return coef, false
	}
	for k := 1; k < 64; k++ {
		symbol := b.symbol(ac)
		run, size := symbol>>4, symbol&15
		if symbol < 0 || size > maxSizeAC || size == 0 && run > 0 && run < 15 {
			return coef, false
		}
		if size == 0 && run == 0 {
			break
		}
		if k += run; k > 63 {
			return coef, false
		}
		coef[k] = b.value(size)
	}
	return coef, true
}

// randomTable has codes for n symbols. It leaves a code of ones free, as it has to
// be.
func randomTable(t *testing.T, r *rand.Rand, n int, symbol func() byte) *huffman {
	t.Helper()
	lengths := []int{0} // of codes that leave nothing free
	for len(lengths) <= n {
		if i := r.IntN(len(lengths)); lengths[i] < 16 {
			lengths[i]++
			lengths = append(lengths, lengths[i])
		}
	}
	slices.Sort(lengths)
	segment := make([]byte, 16)
	for _, length := range lengths[:n] {
		segment[length-1]++
		segment = append(segment, symbol())
	}
	h := new(huffman)
	if _, err := h.define(segment); err != nil {
		t.Fatal(err)
	}
	return h
}

// TestBlock holds what is looked up in one go against what comes of one bit after
// the other, for random tables and random data.
func TestBlock(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	good, bad, long := 0, 0, 0
	for range 2000 {
		dc := randomTable(t, r, 1+r.IntN(20), func() byte { return byte(r.IntN(6)) })
		ac := randomTable(t, r, 3+r.IntN(150), func() byte {
			switch r.IntN(20) {
			case 0:
				return 0
			case 1:
				return 0xf0
			case 2:
				return byte(r.IntN(16)<<4 | r.IntN(12)) // 11 bits are too many
			}
			return byte(r.IntN(r.IntN(8)+1)<<4 | r.IntN(7) + 1)
		})
		ac.prepare()
		m := 1 + r.IntN(8)
		c := component{m: m, dc: dc, ac: ac}
		c.place, c.kept, c.last = placing(m)
		data := make([]byte, 4096)
		for i := range data {
			data[i] = byte(r.Uint32())
		}
		var w window
		in := input{buf: bytes.ReplaceAll(data, []byte{0xff}, []byte{0xff, 0})}
		in.buf = append(in.buf, 0xff, markerEOI)
		slow := bitByBit{data: data}
		for slow.at < 8*(len(data)-mcuBytes) {
			if err := w.ready(&in); err != nil {
				t.Fatal(err)
			}
			var coef coefficients
			wanted := r.IntN(4) > 0
			before := slow.at
			want, wantOK := slow.block(dc, ac, int(c.before))
			flat, ok := w.block(&c, &coef, wanted)
			if ok != wantOK {
				t.Fatalf("block at bit %d: %v, want %v", before, ok, wantOK)
			}
			if !ok {
				bad++
				break
			}
			if at := 8*w.pos - int(w.n); at != slow.at {
				t.Fatalf("block at bit %d ends at %d, want %d", before, at, slow.at)
			}
			good++
			if slow.at-before > 200 {
				long++
			}
			for k, v := range want {
				at := c.place[k]
				if at == nowhere || k > 0 && !wanted {
					continue
				}
				if int(coef[at]) != v {
					t.Fatalf("block at bit %d: coefficient %d is %d, want %d", before, k, coef[at], v)
				}
				if k > 0 && v != 0 && flat {
					t.Fatalf("block at bit %d is flat, but has coefficient %d", before, k)
				}
			}
		}
	}
	if good < 5000 || bad < 1000 || long < 100 {
		t.Errorf("%d blocks were good, %d bad and %d long: that is no test", good, bad, long)
	}
}
