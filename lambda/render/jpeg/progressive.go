package jpeg

import "math/bits"

// maxLow is the lowest bit that a scan may end with (T.81, table B.3).
const maxLow = 13

// follows makes sure that a progressive scan may come after the scans of the
// component before it (T.81, G.1.1.1): AC coefficients alone, and the bits of each
// coefficient from the top. others is whether the scan has other components, too.
func (s *scan) follows(c *component, others bool) error {
	switch {
	case s.first == 0 && s.last != 0, s.first > s.last, s.last > 63:
		return damagedf("scan %d has coefficients %d to %d", s.number, s.first, s.last)
	case s.first > 0 && others:
		return damagedf("scan %d has AC coefficients of several components", s.number)
	case s.first > 0 && c.bits[0] < 0:
		return damagedf("scan %d comes before the DC coefficients", s.number)
	case s.low > maxLow:
		return damagedf("scan %d goes down to bit %d", s.number, s.low)
	case s.high > 0 && s.low != s.high-1:
		return damagedf("scan %d goes from bit %d to %d", s.number, s.high, s.low)
	}
	for k := s.first; k <= s.last; k++ {
		if known := max(c.bits[k], 0); int(known) != int(s.high) {
			return damagedf("scan %d refines coefficient %d from bit %d, which is known down to %d", s.number, k, s.high, known)
		}
		c.bits[k] = int8(s.low)
	}
	return nil
}

// firstDC decodes MCUs of the first scan of DC coefficients (T.81, G.1.2.1).
func (d *Decoder) firstDC(first, last int) error {
	s, w := &d.scan, &d.window
	y, x := first/s.across, first%s.across
	for mcu := first; mcu < last; mcu++ {
		if err := w.ready(&d.in); err != nil {
			return err
		}
		for i := range s.blocks {
			b := &s.blocks[i]
			c := b.component
			w.refill()
			length, _, size := c.dc.find(w.acc)
			if length == 0 || size > maxSizeDC {
				return s.damage(mcu, "a code that does not exist")
			}
			c.before += extend(w.acc<<(length&63), size)
			value := c.before << (s.low & 15)
			if value < -boundDC || value >= boundDC {
				return s.damage(mcu, "a coefficient that is too large")
			}
			w.take(length + size)
			at := (y*b.stepY+b.y0)*c.across + x*b.stepX + b.x0
			c.dcs[at] = int16(value)
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

// refineDC decodes MCUs of a later scan of DC coefficients: one bit of each.
func (d *Decoder) refineDC(first, last int) error {
	s, w := &d.scan, &d.window
	y, x := first/s.across, first%s.across
	for mcu := first; mcu < last; mcu++ {
		if err := w.ready(&d.in); err != nil {
			return err
		}
		w.refill()
		for i := range s.blocks {
			b := &s.blocks[i]
			c := b.component
			at := (y*b.stepY+b.y0)*c.across + x*b.stepX + b.x0
			c.dcs[at] |= int16(w.acc >> 63 << s.low)
			w.take(1)
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

// firstAC decodes blocks of the first scan of AC coefficients (T.81, G.1.2.2).
func (d *Decoder) firstAC(first, last int) error {
	s, w := &d.scan, &d.window
	c := s.blocks[0].component
	for i := first; i < last; i++ {
		if s.endRun > 0 {
			// These blocks have nothing in this scan.
			n := min(s.endRun, last-i)
			s.endRun -= n
			i += n - 1
			continue
		}
		if err := w.ready(&d.in); err != nil {
			return err
		}
		at := i/s.across*c.across + i%s.across
		coef := c.coefs[at*c.size : (at+1)*c.size]
		mask := c.masks[at]
		for k := s.first; k <= s.last; k++ {
			w.refill()
			length, run, size := c.ac.find(w.acc)
			if length == 0 {
				return s.damage(i, "a code that does not exist")
			}
			if size == 0 && run != 15 {
				s.endRun = w.endRun(length, run) - 1
				break
			}
			k += run
			if k > s.last {
				return s.damage(i, "a coefficient that has no place")
			}
			if size > 0 {
				if size+s.low > maxSizeAC {
					return s.damage(i, "a coefficient that is too large")
				}
				mask |= 1 << (k & 63)
				if at := int(c.place[k&127]); at < len(coef) {
					coef[at] = int16(extend(w.acc<<(length&63), size) << (s.low & 31))
				}
			}
			w.take(length + size)
		}
		c.masks[at] = mask
		if w.over() {
			return s.damage(i, "its data ends early")
		}
	}
	return nil
}

// endRun takes an EOBn symbol of the given length and the bits that say of how
// many blocks it is the end (T.81, table G.1).
func (w *window) endRun(length, n uint) int {
	blocks := 1<<n | int(w.acc<<(length&63)>>1>>((63-n)&63))
	w.take(length + n)
	return blocks
}

// refineAC decodes blocks of a later scan of AC coefficients (T.81, G.1.2.3): one
// bit of each coefficient that is not zero yet, and those that no longer are.
func (d *Decoder) refineAC(first, last int) error {
	s, w := &d.scan, &d.window
	c := s.blocks[0].component
	band := uint64(1)<<s.last<<1 - 1<<s.first
	for i := first; i < last; i++ {
		at := i/s.across*c.across + i%s.across
		if s.endRun > 0 && c.masks[at]&band == 0 {
			s.endRun-- // and not a bit of it is coded
			continue
		}
		if err := w.ready(&d.in); err != nil {
			return err
		}
		coef := c.coefs[at*c.size : (at+1)*c.size]
		if s.endRun > 0 {
			w.correct(c, coef, c.masks[at]&band, s.low)
			s.endRun--
		} else if !w.refineBlock(s, c, coef, &c.masks[at], band) {
			return s.damage(i, "a code that does not exist, or a coefficient that has no place")
		}
		if w.over() {
			return s.damage(i, "its data ends early")
		}
	}
	return nil
}

// refineBlock decodes a block of refineAC's that no run of ends goes over. It says
// whether that was possible.
func (w *window) refineBlock(s *scan, c *component, coef []int16, known *uint64, band uint64) bool {
	mask, left := *known, band // left are the coefficients that are still to come
	one := int16(1) << (s.low & 15)
	for left != 0 {
		w.refill()
		symbol := c.ac.lookUp(w.acc)
		length, run, size := symbol&31, symbol>>9, symbol>>5&15
		if length == 0 || size > 1 {
			return false
		}
		if size == 0 && run != 15 {
			s.endRun = w.endRun(length, run) - 1
			w.correct(c, coef, left&mask, s.low)
			break
		}
		positive := w.acc<<(length&63)>>63 != 0 // if there is a coefficient
		w.take(length + size)
		// The symbol is about the zero after run others.
		bit := left & -left << run
		if passed := left & (2*bit - 1); passed&mask == 0 {
			left &^= passed
		} else {
			zeros := left &^ mask
			for ; run > 0; run-- {
				zeros &= zeros - 1
			}
			bit = zeros & -zeros
			passed = left & (bit - 1)
			left &^= passed | bit
			w.correct(c, coef, passed&mask, s.low)
		}
		if bit&band == 0 {
			return false
		}
		if size > 0 {
			mask |= bit
			if at := int(c.place[bits.TrailingZeros64(bit)]); at < len(coef) {
				coef[at] = -one
				if positive {
					coef[at] = one
				}
			}
		}
	}
	*known = mask
	return true
}

// correct takes a bit for each coefficient of the mask, in their order: whether
// it is larger, away from zero, by the bit at low.
func (w *window) correct(c *component, coef []int16, mask uint64, low uint) {
	for {
		n := uint(bits.OnesCount64(mask))
		now := mask
		if n > w.n {
			w.refill()
			// Of 63 there may still be some that have to wait.
			for ; n > w.n; n-- {
				now &^= 1 << (63 - bits.LeadingZeros64(now))
			}
		}
		for kept := now & c.kept; kept != 0; kept &= kept - 1 {
			before := bits.OnesCount64(now & (kept&-kept - 1))
			if int64(w.acc<<before) < 0 {
				v := &coef[c.place[bits.TrailingZeros64(kept)]]
				*v += (*v>>15 | 1) << (low & 15)
			}
		}
		w.take(n)
		mask &^= now
		if mask == 0 {
			return
		}
	}
}

// reconstruct transforms the coefficients of all components.
func (d *Decoder) reconstruct() {
	for i := range d.components {
		c := &d.components[i]
		for y := c.region.Min.Y; y < c.region.Max.Y; y++ {
			for x := c.region.Min.X; x < c.region.Max.X; x++ {
				at := y*c.across + x
				dst := c.pix[(y*c.stride+x)*c.m:]
				if c.masks[at]&c.kept == 0 {
					level(c.dcs[at]*c.quant[0], c.m, dst, c.stride)
					continue
				}
				copy(d.coef[:], c.coefs[at*c.size:(at+1)*c.size])
				d.coef[0] = c.dcs[at]
				inverse(&d.coef, &c.quant, c.m, dst, c.stride)
			}
		}
	}
}
