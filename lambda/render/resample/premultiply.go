package resample

import "encoding/binary"

// Premultiply weighs the colours of interleaved pixels by their alpha, the last
// of four channels, in place: c*alpha/255, rounded. So weighted they can be
// resampled, and what is transparent lends no colour to what is not. pix has
// whole pixels.
func Premultiply(pix []uint8) { premultiply(pix) }

// premultiplyPlain is Premultiply.
func premultiplyPlain(pix []uint8) {
	for ; len(pix) >= 4; pix = pix[4:] {
		p := binary.LittleEndian.Uint32(pix)
		alpha := p >> 24
		// Red and blue, and green and alpha's own share of 255, in one
		// multiplication each: n/255, rounded, is (n + n>>8)>>8 of n+128 up to
		// 255*255 (Blinn, Jim Blinn's Corner: Three Wrongs Make a Right, 1995).
		const each, halves = 0x00ff00ff, 0x00800080
		redBlue := (p&each)*alpha + halves
		greenAlpha := (p>>8&0xff|0xff<<16)*alpha + halves
		redBlue = (redBlue + redBlue>>8&each) >> 8 & each
		greenAlpha = (greenAlpha + greenAlpha>>8&each) &^ each
		binary.LittleEndian.PutUint32(pix, redBlue|greenAlpha)
	}
}

// Unpremultiply makes interleaved pixels of a row of red, green, blue and alpha,
// and takes the alpha out of the colours: c*255/alpha, rounded. A colour above
// its alpha, which resampling can leave, is full. dst has room for len(a) pixels.
func Unpremultiply(dst, r, g, b, a []uint8) {
	dst = dst[:4*len(a)]
	r, g, b = r[:len(a)], g[:len(a)], b[:len(a)]
	for i := 0; i < len(a); {
		// What is not there mostly comes in runs.
		if len(a)-i >= 8 && binary.LittleEndian.Uint64(a[i:]) == 0 {
			clear(dst[4*i:][:4*8])
			i += 8
			continue
		}
		pixel := dst[4*i:][:4:4]
		switch alpha := a[i]; alpha {
		case 0:
			binary.LittleEndian.PutUint32(pixel, 0)
		case 0xff:
			binary.LittleEndian.PutUint32(pixel, uint32(r[i])|uint32(g[i])<<8|uint32(b[i])<<16|0xff<<24)
		default:
			per := inverse[alpha]
			binary.LittleEndian.PutUint32(pixel,
				quotient(r[i], per)|quotient(g[i], per)<<8|quotient(b[i], per)<<16|uint32(alpha)<<24)
		}
		i++
	}
}

// inverse is 255/alpha, rounded up, with 16 bits behind the point. That many
// leave c*inverse[alpha], for c up to alpha, below the next half: the test tries
// all.
var inverse = func() (table [256]uint32) {
	for alpha := 1; alpha < len(table); alpha++ {
		table[alpha] = uint32((255<<16 + alpha - 1) / alpha)
	}
	return table
}()

func quotient(c uint8, per uint32) uint32 { return min((uint32(c)*per+1<<15)>>16, 0xff) }
