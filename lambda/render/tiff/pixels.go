package tiff

import "prew/lambda/render/plane"

// convert makes a row of the picture of its samples.
func (d *Decoder) convert(out *plane.Row) {
	p := &d.page
	n := p.width
	switch {
	case p.photometric == photometricPalette && p.bits == 16:
		paint(p, out.Bytes, d.words, 8)
	case p.photometric == photometricPalette:
		paint(p, out.Bytes, d.bytes, 0)
	case p.photometric == photometricCIELab:
		p.convertLab(out.Bytes, d, n)
	case p.photometric == photometricLogLuv:
		convertXYZ(out.Bytes, d.floats)
	case p.sample == sampleFloat:
		p.convertFloat(out.Bytes, d.floats)
	case p.photometric == photometricYCbCr && !p.converted():
		p.ycc.convert(d.bytes, len(p.channels))
		pixels(p, out.Bytes, d.bytes, 0xff)
	case p.deep:
		pixels(p, out.Words, d.words, 0xffff)
	default:
		pixels(p, out.Bytes, d.bytes, 0xff)
	}
	if p.alpha >= 0 && p.associated && p.sample != sampleFloat {
		if p.deep {
			divide(out.Words, 0xffff)
		} else {
			divide(out.Bytes, 0xff)
		}
	}
}

// pixels makes pixels of samples of which white is full.
func pixels[T uint8 | uint16](p *page, out, in []T, full T) {
	var turn T
	if p.photometric == photometricWhiteIsZero {
		turn = full
		if p.signed {
			turn = full >> 1
		}
	}
	each := len(p.channels)
	switch {
	case p.form == plane.Grey:
		if turn == 0 {
			copy(out, in)
			return
		}
		for i, v := range in {
			out[i] = v ^ turn
		}
	case p.form == plane.CMYK || each == 4:
		copy(out, in)
	case each == 3:
		for len(in) >= 3 {
			to := out[:4:4]
			to[0], to[1], to[2], to[3] = in[0], in[1], in[2], full
			in, out = in[3:], out[4:]
		}
	case each == 2:
		for i := 0; i < len(in); i += 2 {
			v := in[i] ^ turn
			to := out[2*i : 2*i+4 : 2*i+4]
			to[0], to[1], to[2], to[3] = v, v, v, in[i+1]
		}
	}
}

// divide divides colours by the alpha that they are multiplied by.
func divide[T uint8 | uint16](row []T, full uint32) {
	for i := 0; i < len(row); i += 4 {
		at := row[i : i+4 : i+4]
		a := uint32(at[3])
		switch a {
		case full:
		case 0:
			at[0], at[1], at[2] = 0, 0, 0
		default:
			for c := range at[:3] {
				at[c] = T(min((uint32(at[c])*full+a/2)/a, full))
			}
		}
	}
}

// paint makes pixels of indices into the palette. Alpha is shifted to eight bits.
func paint[T uint8 | uint16](p *page, out []uint8, in []T, shift int) {
	if p.form == plane.Grey {
		for i, v := range in {
			out[i] = p.palette[v][0]
		}
		return
	}
	each := len(p.channels)
	for i := range p.width {
		colour := p.palette[in[i*each]]
		to := out[4*i : 4*i+4 : 4*i+4]
		to[0], to[1], to[2], to[3] = colour[0], colour[1], colour[2], 0xff
		if each == 2 {
			to[3] = uint8(in[i*each+1] >> shift)
		}
	}
}
