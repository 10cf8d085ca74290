package tiff

import "math/bits"

// fax unpacks the codes of fax machines: compression 2 (Modified Huffman, TIFF 6.0,
// section 10), whose rows begin at bytes, and in 32771 at words, 3 (T.4, one- and two-dimensional) and 4 (T.6). Its rows have a bit a
// pixel, 0 for what is white in a fax; what it is in the picture the photometric
// interpretation says.
type fax struct {
	src    *source
	scheme int  // compressionRLE and the like
	mixed  bool // T.4, two-dimensional

	acc  uint64 // the next bits, at the top
	n    int    // how many there are
	over int    // how many of them come after the end and are made up

	width    int
	ref, cur []int32 // where the colour changes in the row before and in this one
}

func (f *fax) reset(src *source) error {
	f.src = src
	f.acc, f.n, f.over = 0, 0, 0
	f.cur = f.cur[:0]
	return nil
}

// fill unpacks one row.
func (f *fax) fill(dst []byte) error {
	f.ref, f.cur = f.cur, f.ref[:0]
	plain := true
	switch f.scheme {
	case compressionRLE, compressionWords:
		f.use(f.n % 8)
		if f.scheme == compressionWords && (f.src.pos-f.n/8)%2 == 1 {
			f.peek(8)
			f.use(8)
		}
	case compressionT4:
		f.passEOL()
		if f.mixed {
			plain = f.peek(1) == 1
			f.use(1)
		}
	case compressionT6:
		plain = false
	}
	decode := f.twoDimensional
	if plain {
		decode = f.oneDimensional
	}
	if err := decode(); err != nil {
		return err
	}
	if f.n < f.over {
		return errEnd
	}
	clear(dst)
	for i := 0; i < len(f.cur); i += 2 {
		blacken(dst, f.from(i), f.from(i+1))
	}
	return nil
}

// from is change i of this row, the end of the row where there are no more.
func (f *fax) from(i int) int {
	if i < len(f.cur) {
		return int(f.cur[i])
	}
	return f.width
}

// before is change i of the row before.
func (f *fax) before(i int) int {
	if i < len(f.ref) {
		return int(f.ref[i])
	}
	return f.width
}

// blacken sets the bits from one up to another.
func blacken(row []byte, from, to int) {
	if from >= to {
		return
	}
	first, last := from/8, (to-1)/8
	head, tail := byte(0xff)>>(from%8), byte(0xff)<<(7-(to-1)%8)
	if first == last {
		row[first] |= head & tail
		return
	}
	row[first] |= head
	for i := first + 1; i < last; i++ {
		row[i] = 0xff
	}
	row[last] |= tail
}

// peek is the next n bits, at most 32, as a number. After the end they are 0.
func (f *fax) peek(n int) int {
	for f.n < n {
		b, ok := f.src.next()
		if !ok {
			f.over += 8
		}
		f.acc |= uint64(b) << (56 - f.n)
		f.n += 8
	}
	return int(f.acc >> (64 - n))
}

func (f *fax) use(n int) {
	f.acc <<= n
	f.n -= n
}

// passEOL passes over an end-of-line code, if there is one, with the fill before it
// (T.4, 4.1.2 and 4.1.3).
func (f *fax) passEOL() {
	if f.peek(11) != 0 {
		return
	}
	for f.n >= f.over {
		ahead := f.peek(32)
		zeros := bits.LeadingZeros32(uint32(ahead))
		f.use(zeros)
		if zeros < 32 {
			f.use(1)
			return
		}
	}
}

// run reads the length of a run of one colour.
func (f *fax) run(black int) (int, error) {
	for total := 0; ; {
		code := runCodes()[black][f.peek(maxRunBits)]
		if code.bits == 0 || f.n < f.over {
			return 0, DamagedError("fax code without a meaning")
		}
		f.use(int(code.bits))
		total = min(total+int(code.run), f.width)
		if code.run < 64 {
			return total, nil
		}
	}
}

// change says that the colour changes before a pixel, or where the row ends.
func (f *fax) change(at int) error {
	// More changes than that are runs of no pixels, with which a row would never end.
	if len(f.cur) > 2*f.width+4 {
		return DamagedError("fax row without an end")
	}
	f.cur = append(f.cur, int32(min(at, f.width)))
	return nil
}

func (f *fax) oneDimensional() error {
	for at, black := 0, 0; at < f.width; black ^= 1 {
		n, err := f.run(black)
		if err != nil {
			return err
		}
		at += n
		if err := f.change(at); err != nil {
			return err
		}
	}
	return nil
}

// twoDimensional decodes a row by the changes of the row before (T.4, 4.2; T.6, 2.2).
func (f *fax) twoDimensional() error {
	a0, black := -1, 0
	b1 := 0 // the first change of the row before that is right of a0 and to the other colour
	for a0 < f.width {
		for b1 >= 2 && f.before(b1-2) > a0 {
			b1 -= 2
		}
		for b1 < len(f.ref) && f.before(b1) <= a0 {
			b1 += 2
		}
		mode := modeCodes[f.peek(maxModeBits)]
		f.use(int(mode.bits))
		if f.n < f.over {
			return errEnd
		}
		switch mode.kind {
		case modePass:
			a0 = f.before(b1 + 1)
		case modeHorizontal:
			a0 = max(a0, 0)
			for i := range 2 {
				n, err := f.run(black ^ i)
				if err != nil {
					return err
				}
				a0 += n
				if err := f.change(a0); err != nil {
					return err
				}
			}
		case modeVertical:
			a1 := f.before(b1) + int(mode.shift)
			if a1 < max(a0, 0) || a1 > f.width {
				return DamagedError("fax row whose changes run backwards")
			}
			if err := f.change(a1); err != nil {
				return err
			}
			a0 = a1
			black ^= 1
			b1 ^= 1
		default:
			return DamagedError("fax code without a meaning")
		}
	}
	return nil
}
