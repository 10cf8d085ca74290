package tiff

import (
	"encoding/binary"
	"math"
)

// take takes the samples of a row of a part into the row of the picture: pixel by
// pixel, those of channels; where planes are separate, of the one of them.
func (d *Decoder) take(s *stream, separate, column, within int) {
	p := &d.page
	from := column * p.partWidth
	n := min(p.partWidth, p.width-from)
	each := len(p.channels)
	if p.blocks() {
		takeBlocks(d.bytes[from*each:], s.line, n, p.blockWidth, p.blockHeight, within%p.blockHeight)
		return
	}
	if p.compression == compressionLogLuv {
		takeLogLuv(d.floats[from*each:], s.line, n)
		return
	}
	switch p.sample {
	case sampleBytes:
		if !p.separate && p.bits == 8 && each == p.perPixel && !p.signed {
			copy(d.bytes[from*each:], s.line[:n*each])
			return
		}
	case sampleWords:
		if !p.separate && p.bits == 16 && each == p.perPixel && !p.signed {
			copyWords(d.words[from*each:(from+n)*each], s.line, p.order)
			return
		}
	}
	stride := p.perPixel
	for k, channel := range p.channels {
		if p.separate {
			if k != separate {
				continue
			}
			channel, stride = 0, 1
		}
		to := from*each + k
		switch p.sample {
		case sampleBytes:
			p.takeBytes(d.bytes[to:], each, s.line, channel, stride, n)
		case sampleWords:
			p.takeWords(d.words[to:], each, s.line, channel, stride, n)
		case sampleFloat:
			p.takeFloats(d.floats[to:], each, s.line, channel, stride, n)
		}
	}
}

func copyWords(dst []uint16, line []byte, order binary.ByteOrder) {
	line = line[:2*len(dst)]
	if order == binary.LittleEndian {
		for i := range dst {
			dst[i] = binary.LittleEndian.Uint16(line[2*i:])
		}
		return
	}
	for i := range dst {
		dst[i] = binary.BigEndian.Uint16(line[2*i:])
	}
}

// takeBytes takes n samples, every stride-th from the first one, of at most eight bits
// and puts them at every each-th place of dst. Less than eight bits become eight but
// for a palette.
func (p *page) takeBytes(dst []uint8, each int, line []byte, first, stride, n int) {
	if p.bits == 8 {
		for i, at := 0, first; i < n; i, at = i+1, at+stride {
			v := line[at]
			if p.signed && v > 127 {
				v = 0
			}
			dst[i*each] = v
		}
		return
	}
	mask := uint8(1)<<p.bits - 1
	scale := 255 / mask
	if p.palette != nil {
		scale = 1
	}
	bit, step := first*p.bits, stride*p.bits
	for i := range n {
		v := line[bit/8] >> (8 - p.bits - bit%8) & mask
		dst[i*each] = v * scale
		bit += step
	}
}

// takeWords takes samples of 16 bits, and the upper half of 32.
func (p *page) takeWords(dst []uint16, each int, line []byte, first, stride, n int) {
	for i, at := 0, first; i < n; i, at = i+1, at+stride {
		var v uint16
		if p.bits == 16 {
			v = p.order.Uint16(line[2*at:])
		} else {
			v = uint16(p.order.Uint32(line[4*at:]) >> 16)
		}
		if p.signed && v > math.MaxInt16 {
			v = 0
		}
		dst[i*each] = v
	}
}

// takeFloats takes samples of floating point. The bytes of predicted ones are apart in
// a row: all of the highest first.
func (p *page) takeFloats(dst []float32, each int, line []byte, first, stride, n int) {
	if p.bits == 16 {
		p.takeHalves(dst, each, line, first, stride, n)
		return
	}
	plane := len(line) / 4
	for i, at := 0, first; i < n; i, at = i+1, at+stride {
		var v uint32
		if p.predictor == 3 {
			v = uint32(line[at])<<24 | uint32(line[plane+at])<<16 | uint32(line[2*plane+at])<<8 | uint32(line[3*plane+at])
		} else {
			v = p.order.Uint32(line[4*at:])
		}
		dst[i*each] = math.Float32frombits(v)
	}
}

// takeHalves takes samples of floating point of sixteen bits.
func (p *page) takeHalves(dst []float32, each int, line []byte, first, stride, n int) {
	plane := len(line) / 2
	for i, at := 0, first; i < n; i, at = i+1, at+stride {
		v := p.order.Uint16(line[2*at:])
		if p.predictor == 3 {
			v = uint16(line[at])<<8 | uint16(line[plane+at])
		}
		dst[i*each] = half(v)
	}
}

// half is a number of floating point of sixteen bits (IEEE 754, binary16).
func half(v uint16) float32 {
	sign, exponent, fraction := uint32(v>>15)<<31, uint32(v>>10&31), uint32(v&1023)
	switch exponent {
	case 0: // none has a leading one
		f := float32(fraction) / (1 << 24)
		return math.Float32frombits(math.Float32bits(f) | sign)
	case 31: // infinite, or no number
		return math.Float32frombits(sign | 0xff<<23 | fraction<<13)
	}
	return math.Float32frombits(sign | (exponent+127-15)<<23 | fraction<<13)
}

// takeBlocks takes row y of a row of blocks: each has the Y of its pixels, row by row,
// then Cb and Cr (TIFF 6.0, section 21).
func takeBlocks(dst []uint8, line []byte, n, w, h, y int) {
	for x := 0; x < n; line = line[w*h+2:] {
		for i := 0; i < w && x < n; i, x = i+1, x+1 {
			at := dst[3*x : 3*x+3 : 3*x+3]
			at[0], at[1], at[2] = line[y*w+i], line[w*h], line[w*h+1]
		}
	}
}
