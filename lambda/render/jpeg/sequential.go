package jpeg

import "encoding/binary"

// coefficients has room for those of a block that are wanted, and after them for
// the others, which go where nobody looks. It is as large as a uint8 can count so
// that the compiler needs no check.
type coefficients [256]int16

// block decodes a block of a sequential scan (T.81, F.2.2.1 and F.2.2.2). Those
// of its coefficients that c wants are put into coef, which has to hold zeros;
// when only the first of them is not zero, flat is true. With wanted false, none
// is. ok is false for a code that does not exist, for a coefficient outside the
// block and for one that is too large. w has to be ready.
func (w *window) block(c *component, coef *coefficients, wanted bool) (flat, ok bool) {
	buf := &w.buf
	pos, acc, n := w.pos, w.acc, w.n
	acc |= binary.BigEndian.Uint64(buf[pos&windowMask:]) >> (n & 63)
	pos += int((63 - n) >> 3)
	n |= 56

	symbol := c.dc.lookUp(acc)
	length, size := symbol&31, symbol>>5
	if length == 0 || size > maxSizeDC {
		return false, false
	}
	c.before += extend(acc<<(length&63), size)
	if c.before < -boundDC || c.before >= boundDC {
		return false, false
	}
	acc <<= (length + size) & 63
	n -= length + size
	coef[0] = int16(c.before)

	ac, ahead, place := c.ac, c.ac.ahead, &c.place
	last := c.last
	if !wanted {
		last = 0
	}
	k := uint(1)
	flat = true
	for k < 64 {
		var used, advance uint
		if k <= last {
			// A refill is enough for three look-ups, which are written out because
			// nothing here takes longer than asking whether there are enough bits.
			var e pair
			for {
				acc |= binary.BigEndian.Uint64(buf[pos&windowMask:]) >> (n & 63)
				pos += int((63 - n) >> 3)
				n |= 56
				e = ahead.pairs[acc>>(64-pairBits)]
				acc <<= uint(e & 63)
				n -= uint(e & 63)
				coef[place[(k+uint(e>>8))&127]] = int16(e >> 32)
				coef[place[(k+uint(e>>16))&127]] = int16(e >> 48)
				k += uint(uint8(e >> 24))
				if k > last {
					break
				}
				e = ahead.pairs[acc>>(64-pairBits)]
				acc <<= uint(e & 63)
				n -= uint(e & 63)
				coef[place[(k+uint(e>>8))&127]] = int16(e >> 32)
				coef[place[(k+uint(e>>16))&127]] = int16(e >> 48)
				k += uint(uint8(e >> 24))
				if k > last {
					break
				}
				e = ahead.pairs[acc>>(64-pairBits)]
				acc <<= uint(e & 63)
				n -= uint(e & 63)
				coef[place[(k+uint(e>>8))&127]] = int16(e >> 32)
				coef[place[(k+uint(e>>16))&127]] = int16(e >> 48)
				k += uint(uint8(e >> 24))
				if k > last {
					break
				}
			}
			flat = k == 1+ends
			used, advance = uint(e&63), uint(uint8(e>>24))
		} else {
			var e uint
			for {
				acc |= binary.BigEndian.Uint64(buf[pos&windowMask:]) >> (n & 63)
				pos += int((63 - n) >> 3)
				n |= 56
				e = uint(ahead.skips[acc>>(64-skipBits)])
				acc <<= e & 63
				n -= e & 63
				k += e >> 6
				if k >= 64 {
					break
				}
				e = uint(ahead.skips[acc>>(64-skipBits)])
				acc <<= e & 63
				n -= e & 63
				k += e >> 6
				if k >= 64 {
					break
				}
				e = uint(ahead.skips[acc>>(64-skipBits)])
				acc <<= e & 63
				n -= e & 63
				k += e >> 6
				if k >= 64 {
					break
				}
			}
			used, advance = e&63, e>>6
		}
		if k <= 64 {
			continue
		}
		if k >= ends && k < ends+64 {
			break
		}
		// The entry was of a code that is not in the table, or went beyond the
		// block: one symbol alone.
		k -= advance
		n += used
		at := uint(8*pos) - n
		pos, acc, n = int(at>>3), 0, 0
		acc = binary.BigEndian.Uint64(buf[pos&windowMask:]) << (at & 7)
		pos += 7
		n = 56 - at&7
		length, run, size := ac.find(acc)
		if length == 0 || !sequential(run, size) {
			return false, false
		}
		if size == 0 && run == 0 {
			acc <<= length & 63
			n -= length
			break
		}
		k += run
		if k >= 64 {
			return false, false
		}
		if k <= last {
			coef[place[k&127]] = int16(extend(acc<<(length&63), size))
			flat = false
		}
		acc <<= (length + size) & 63
		n -= length + size
		k++
	}
	w.pos, w.acc, w.n = pos, acc, n
	return flat, true
}

// sequential decodes MCUs of a sequential scan into the planes.
func (d *Decoder) sequential(first, last int) error {
	s, w := &d.scan, &d.window
	clear(d.coef[:]) // of a damaged block, something may be left
	y, x := first/s.across, first%s.across
	for mcu := first; mcu < last; mcu++ {
		if err := w.ready(&d.in); err != nil {
			return err
		}
		for i := range s.blocks {
			b := &s.blocks[i]
			c := b.component
			bx, by := x*b.stepX+b.x0, y*b.stepY+b.y0
			wanted := bx >= c.region.Min.X && bx < c.region.Max.X && by >= c.region.Min.Y && by < c.region.Max.Y
			flat, ok := w.block(c, &d.coef, wanted)
			if !ok {
				return s.damage(mcu, "a code that does not exist, or a coefficient that is too large or has no place")
			}
			if !wanted {
				continue
			}
			if len(c.small) > 0 {
				c.small[by*c.across+bx] = sample(int32(d.coef[0] * c.quant[0]))
			}
			dst := c.pix[(by*c.stride+bx)*c.m:]
			if flat {
				level(d.coef[0]*c.quant[0], c.m, dst, c.stride)
			} else {
				inverse(&d.coef, &c.quant, c.m, dst, c.stride)
			}
		}
		if w.over() {
			return s.damage(mcu, "its data ends early")
		}
		if x++; x == s.across {
			x, y = 0, y+1
		}
	}
	return nil
}
