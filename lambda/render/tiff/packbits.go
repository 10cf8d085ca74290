package tiff

// packBits unpacks PackBits (TIFF 6.0, section 9). Its runs may go on in the next row.
type packBits struct {
	src    *source
	run    int // bytes that are left of a run
	repeat bool
	value  byte // what is repeated
}

func (p *packBits) reset(src *source) error {
	*p = packBits{src: src}
	return nil
}

func (p *packBits) fill(dst []byte) error {
	for len(dst) > 0 {
		if p.run == 0 {
			n, ok := p.src.next()
			if !ok {
				return errEnd
			}
			if n == 128 {
				continue // means nothing
			}
			p.run, p.repeat = int(n)+1, n > 128
			if p.repeat {
				p.run = 257 - int(n)
				if p.value, ok = p.src.next(); !ok {
					return errEnd
				}
			}
		}
		n := min(p.run, len(dst))
		if p.repeat {
			for i := range dst[:n] {
				dst[i] = p.value
			}
		} else if p.src.copy(dst[:n]) < n {
			return errEnd
		}
		p.run -= n
		dst = dst[n:]
	}
	return nil
}
