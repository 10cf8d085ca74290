package av1

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"testing"
)

// symbolReader is the decoder of symbols as the specification writes it down (section 8.2), bit by bit.
type symbolReader struct {
	data  []byte
	at    int // bits that are read; behind data there are zeros
	value uint32
	width uint32
}

// newSymbolReader is init_symbol (section 8.2.2).
func newSymbolReader(data []byte) *symbolReader {
	r := &symbolReader{data: data, width: 1 << 15}
	for range 15 {
		r.value = r.value<<1 | r.next() ^ 1
	}
	return r
}

func (r *symbolReader) next() uint32 {
	i := r.at
	r.at++
	if i>>3 >= len(r.data) {
		return 0
	}
	return uint32(r.data[i>>3]>>(7-i&7)) & 1
}

// symbol is read_symbol (section 8.2.6) by a row with inverse probabilities.
func (r *symbolReader) symbol(cdf []uint16) int {
	n := len(cdf) - 1
	now, before, s := r.width, uint32(0), -1
	for {
		s++
		before = now
		now = ((r.width>>8)*uint32(cdf[s]>>6)>>1 + uint32(4*(n-s-1)))
		if r.value >= now {
			break
		}
	}
	r.width, r.value = before-now, r.value-now
	for r.width < 1<<15 { // the new bits are inverted: the value is how far the end of the range is
		r.width <<= 1
		r.value = r.value<<1 | r.next() ^ 1
	}
	rate := 3
	if cdf[n] > 15 {
		rate++
	}
	if cdf[n] > 31 {
		rate++
	}
	rate += min(bits.Len(uint(n))-1, 2)
	for i := range n - 1 {
		if i < s {
			cdf[i] += (32768 - cdf[i]) >> rate
		} else {
			cdf[i] -= cdf[i] >> rate
		}
	}
	cdf[n] = min(cdf[n]+1, 32)
	return s
}

// bool is read_bool of one probability that stays (section 8.2.3).
func (r *symbolReader) bool(p uint16) bool {
	return r.symbol([]uint16{p, 0, 0}) == 1
}

// bits is read_literal (section 8.2.5).
func (r *symbolReader) bits(n int) (v uint32) {
	for range n {
		v = v<<1 | uint32(r.symbol([]uint16{1 << 14, 0, 0}))
	}
	return v
}

// golomb is read_golomb (section 5.11.39).
func (r *symbolReader) golomb() uint32 {
	n := 0
	for r.bits(1) == 0 {
		n++
	}
	return 1<<n | r.bits(n) - 1
}

// randomRow returns a row of n symbols, some of which may hardly be likely.
func randomRow(random *rand.Rand, n int) []uint16 {
	row := make([]uint16, n+1)
	left := 32768 - n
	for i := range n - 1 {
		p := random.IntN(left + 1)
		if random.IntN(3) == 0 {
			p = min(random.IntN(4), left)
		}
		left -= p
		row[i] = uint16(left + n - 1 - i)
	}
	return row
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	for seed := range uint64(60) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1))
			var rows, read [][]uint16
			for n := 2; n <= 16; n++ {
				row := randomRow(random, n)
				rows, read = append(rows, row), append(read, append([]uint16(nil), row...))
			}
			var c coder
			c.reset()
			type written struct{ kind, value, n int }
			var all []written
			for range random.IntN(3000) {
				w := written{kind: random.IntN(4 + len(rows))}
				switch w.kind {
				case 0:
					w.n = random.IntN(20)
					w.value = random.IntN(1 << w.n)
					c.bits(uint32(w.value), w.n)
				case 1:
					w.value = random.IntN(1 << random.IntN(16))
					c.golomb(uint32(w.value))
				case 2:
					w.value, w.n = random.IntN(2), 1+random.IntN(32767)
					c.bool(uint16(w.n), w.value == 1)
				default:
					// Mostly what is likely: long runs without a bit, and carries.
					row := rows[(w.kind-3)%len(rows)]
					of := len(row) - 1
					if w.value = random.IntN(of); seed%2 == 0 && random.IntN(8) > 0 {
						w.value = (int(seed/2) + of) % of
					}
					w.n = (w.kind - 3) % len(rows)
					short := random.IntN(4) > 0
					switch {
					case of == 2 && short:
						c.symbol2((*[3]uint16)(row), w.value)
					case of == 4 && short:
						c.symbol4((*[5]uint16)(row), w.value)
					default:
						c.symbol(row, w.value)
					}
				}
				all = append(all, w)
			}
			r := newSymbolReader(c.finish())
			for i, w := range all {
				got := 0
				switch w.kind {
				case 0:
					got = int(r.bits(w.n))
				case 1:
					got = int(r.golomb())
				case 2:
					if r.bool(uint16(w.n)) {
						got = 1
					}
				default:
					got = r.symbol(read[w.n])
				}
				if got != w.value {
					t.Fatalf("symbol %d of %d, %+v, is read as %d", i, len(all), w, got)
				}
			}
			for i, row := range rows {
				if fmt.Sprint(row) != fmt.Sprint(read[i]) {
					t.Errorf("probabilities are %v after reading and %v after writing", read[i], row)
				}
			}
		})
	}
}

func BenchmarkSymbol(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 2))
	symbols := make([]uint8, 4096)
	for i := range symbols {
		symbols[i] = uint8(min(random.ExpFloat64(), 3))
	}
	for _, n := range []int{4, 2, 3, 13} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var c coder
			c.reset()
			row := randomRow(random, n)
			for i := range b.N {
				s := int(symbols[i&4095])
				if i&4095 == 0 {
					c.out = c.out[:0]
				}
				switch n {
				case 2:
					c.symbol2((*[3]uint16)(row), min(s, 1))
				case 4:
					c.symbol4((*[5]uint16)(row), s)
				default:
					c.symbol(row, min(s, n-1))
				}
			}
		})
	}
	b.Run("bits", func(b *testing.B) {
		var c coder
		c.reset()
		for i := range b.N {
			if i&4095 == 0 {
				c.out = c.out[:0]
			}
			c.bits(uint32(symbols[i&4095]), 1)
		}
	})
}
