package tiff

import "encoding/binary"

// undo undoes the prediction of a row (TIFF 6.0, section 14, and Adobe's technical
// note 3).
func (p *page) undo(line []byte) {
	stride := p.perPixel
	if p.separate {
		stride = 1
	}
	switch {
	case p.predictor == 2 && p.bits == 8:
		switch stride {
		case 3:
			var r, g, b uint8
			for i := 0; i+3 <= len(line); i += 3 {
				at := line[i : i+3 : i+3]
				r, g, b = r+at[0], g+at[1], b+at[2]
				at[0], at[1], at[2] = r, g, b
			}
		case 4:
			var r, g, b, a uint8
			for i := 0; i+4 <= len(line); i += 4 {
				at := line[i : i+4 : i+4]
				r, g, b, a = r+at[0], g+at[1], b+at[2], a+at[3]
				at[0], at[1], at[2], at[3] = r, g, b, a
			}
		default:
			for i := stride; i < len(line); i++ {
				line[i] += line[i-stride]
			}
		}
	case p.predictor == 2 && p.bits == 16:
		if p.order == binary.LittleEndian {
			sum16(binary.LittleEndian, line, stride)
		} else {
			sum16(binary.BigEndian, line, stride)
		}
	case p.predictor == 2 && p.bits == 32:
		for i := 4 * stride; i+4 <= len(line); i += 4 {
			p.order.PutUint32(line[i:], p.order.Uint32(line[i:])+p.order.Uint32(line[i-4*stride:]))
		}
	case p.predictor == 3:
		for i := stride; i < len(line); i++ {
			line[i] += line[i-stride]
		}
	}
}

// sum16 sums up differences of sixteen bits. It is generic for the order to be known
// when it is compiled.
func sum16[O binary.ByteOrder](order O, line []byte, stride int) {
	for i := 2 * stride; i+2 <= len(line); i += 2 {
		order.PutUint16(line[i:], order.Uint16(line[i:])+order.Uint16(line[i-2*stride:]))
	}
}
