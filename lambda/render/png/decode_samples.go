package png

import "encoding/binary"

// layOut decides what the rows have, and how they are made.
func (d *Decoder) layOut() {
	m := &d.storage
	d.deep = m.depth == 16 && !m.interlaced
	d.form = RGBA
	if !d.isPlaced() && !d.moving && (m.colourType == typeGrey && !m.keyed || m.colourType == typePalette && m.isGrey()) {
		d.form = Grey
	}
	d.direct = m.depth == 8 && !m.interlaced && (m.colourType == typeRGBA || m.colourType == typeGrey && d.form == Grey)

	// The numbers of a palette, and grey samples of at most eight bits, are looked up.
	d.table = m.palette
	if m.colourType == typeGrey && m.depth <= 8 {
		most := 1<<m.depth - 1
		for v := range most + 1 {
			grey := uint8(v * 255 / most) // it leaves no rest
			d.table[v] = [4]uint8{grey, grey, grey, 0xff}
			if m.keyed && v == int(m.key[0]) {
				d.table[v][3] = 0
			}
		}
	}
	for i, colour := range d.table {
		d.greys[i] = colour[0]
	}
}

// isGrey says that all colours of a palette are grey, and opaque.
func (m *storage) isGrey() bool {
	for _, c := range m.palette[:m.colours] {
		if c[0] != c[1] || c[1] != c[2] || c[3] != 0xff {
			return false
		}
	}
	return true
}

// opaque says that no pixel can be transparent.
func (d *Decoder) opaque() bool {
	m := &d.storage
	return (m.colourType == typeRGB || m.colourType == typeGrey) && !m.keyed && !d.isPlaced() ||
		m.colourType == typePalette && !m.clear && !d.isPlaced()
}

// toBytes converts an unfiltered row to samples of eight bits.
func (d *Decoder) toBytes(dst, src []uint8) {
	switch m := &d.storage; {
	case m.depth == 16:
		words := d.words[0][:len(dst)]
		d.toWords(words, src)
		reduce(dst, words)
	case samplesOf[m.colourType] == 1 && d.form == Grey:
		d.lookUpGrey(dst, src)
	case samplesOf[m.colourType] == 1:
		d.lookUpColour(dst, src)
	case m.colourType == typeGreyAlpha:
		for ; len(dst) >= 4 && len(src) >= 2; dst, src = dst[4:], src[2:] {
			v := uint32(src[0]) * 0x010101
			binary.LittleEndian.PutUint32(dst, v|uint32(src[1])<<24)
		}
	case m.colourType == typeRGB:
		unpack(dst, src)
		if m.keyed {
			key := uint32(m.key[0]) | uint32(m.key[1])<<8 | uint32(m.key[2])<<16 | 0xff000000
			for ; len(dst) >= 4; dst = dst[4:] {
				if binary.LittleEndian.Uint32(dst) == key {
					dst[3] = 0
				}
			}
		}
	default:
		copy(dst, src)
	}
}

// unpack writes a fourth byte behind every three.
func unpack(dst, src []uint8) {
	for len(src) >= 16 && len(dst) >= 16 {
		a, b := binary.LittleEndian.Uint64(src), binary.LittleEndian.Uint64(src[4:])
		binary.LittleEndian.PutUint64(dst, a&0xffffff|a<<8&0x00ffffff00000000|0xff000000ff000000)
		b >>= 16
		binary.LittleEndian.PutUint64(dst[8:], b&0xffffff|b<<8&0x00ffffff00000000|0xff000000ff000000)
		src, dst = src[12:], dst[16:]
	}
	for len(src) >= 3 && len(dst) >= 4 {
		dst[0], dst[1], dst[2], dst[3] = src[0], src[1], src[2], 0xff
		src, dst = src[3:], dst[4:]
	}
}

// lookUpGrey looks up samples of up to eight bits, the first in the highest of a byte.
func (d *Decoder) lookUpGrey(dst, src []uint8) {
	depth := d.storage.depth
	if depth == 8 {
		for i, v := range src[:len(dst)] {
			dst[i] = d.greys[v]
		}
		return
	}
	mask := uint8(1<<depth - 1)
	for i := 0; i < len(dst); src = src[1:] {
		for shift := 8 - depth; shift >= 0 && i < len(dst); shift -= depth {
			dst[i] = d.greys[src[0]>>shift&mask]
			i++
		}
	}
}

// lookUpColour is the same where a pixel has four samples.
func (d *Decoder) lookUpColour(dst, src []uint8) {
	depth := d.storage.depth
	if depth == 8 {
		for _, v := range src[:len(dst)/4] {
			binary.LittleEndian.PutUint32(dst, binary.LittleEndian.Uint32(d.table[v][:]))
			dst = dst[4:]
		}
		return
	}
	mask := uint8(1<<depth - 1)
	for ; len(dst) > 0; src = src[1:] {
		for shift := 8 - depth; shift >= 0 && len(dst) > 0; shift -= depth {
			*(*[4]uint8)(dst) = d.table[src[0]>>shift&mask]
			dst = dst[4:]
		}
	}
}

// toWords converts an unfiltered row of sixteen bits a sample.
func (d *Decoder) toWords(dst []uint16, src []uint8) {
	m := &d.storage
	switch {
	case d.form == Grey || m.colourType == typeRGBA:
		src = src[:2*len(dst)]
		for i := range dst {
			dst[i] = binary.BigEndian.Uint16(src[2*i:])
		}
	case m.colourType == typeGrey:
		for ; len(dst) >= 4 && len(src) >= 2; dst, src = dst[4:], src[2:] {
			v, alpha := binary.BigEndian.Uint16(src), uint16(0xffff)
			if m.keyed && v == m.key[0] {
				alpha = 0
			}
			dst[0], dst[1], dst[2], dst[3] = v, v, v, alpha
		}
	case m.colourType == typeGreyAlpha:
		for ; len(dst) >= 4 && len(src) >= 4; dst, src = dst[4:], src[4:] {
			v := binary.BigEndian.Uint16(src)
			dst[0], dst[1], dst[2], dst[3] = v, v, v, binary.BigEndian.Uint16(src[2:])
		}
	case m.colourType == typeRGB:
		for ; len(dst) >= 4 && len(src) >= 6; dst, src = dst[4:], src[6:] {
			r, g, b := binary.BigEndian.Uint16(src), binary.BigEndian.Uint16(src[2:]), binary.BigEndian.Uint16(src[4:])
			dst[0], dst[1], dst[2], dst[3] = r, g, b, 0xffff
			if m.keyed && [3]uint16{r, g, b} == m.key {
				dst[3] = 0
			}
		}
	}
}

// reduce makes eight bits of sixteen: v/257, rounded.
func reduce(dst []uint8, src []uint16) {
	dst = dst[:len(src)]
	for i, v := range src {
		dst[i] = uint8((uint32(v)*255 + 0x807f) >> 16)
	}
}
