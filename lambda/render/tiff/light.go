package tiff

import (
	"math"
	"sync"

	"prew/lambda/render/plane"
)

// Products are converted to their own type where something is added, so that no
// machine rounds them together with the sum and has other pixels.

// gamma is the curve of sRGB (IEC 61966-2-1) from linear light in 1/65535 to eight
// bits.
var gamma = sync.OnceValue(func() *[1 << 16]uint8 {
	var table [1 << 16]uint8
	for i := range table {
		v := float64(i) / float64(len(table)-1)
		if v <= 0.0031308 {
			v *= 12.92
		} else {
			v = float64(1.055*math.Pow(v, 1/2.4)) - 0.055
		}
		table[i] = uint8(float64(255*v) + 0.5)
	}
	return &table
})

// steps is linear light, 0 to 1, as an index into gamma.
func steps(v float32) int {
	if !(v > 0) { // or it is no number
		return 0
	}
	return int(float32(min(v, 1)*65535) + 0.5)
}

// convertFloat makes pixels of samples of floating point. As in libvips, colours are
// linear light from 0 to 1, and grey is from 0 to 255.
func (p *page) convertFloat(out []uint8, in []float32) {
	each := len(p.channels)
	if p.form == plane.Grey {
		for i, v := range in {
			out[i] = whole(v)
		}
		return
	}
	curve := gamma()
	for i := range p.width {
		at := in[i*each : (i+1)*each]
		to := out[4*i : 4*i+4 : 4*i+4]
		to[3] = 0xff
		factor := float32(1)
		if p.alpha >= 0 {
			alpha := at[p.alpha]
			if each == 4 {
				alpha *= 255
			}
			to[3] = whole(float32(alpha) + 0.5)
			if p.associated {
				factor = 0
				if to[3] > 0 {
					factor = 1 / at[p.alpha]
					if each == 2 {
						factor *= 255
					}
				}
			}
		}
		if each < 3 {
			v := whole(at[0] * factor)
			to[0], to[1], to[2] = v, v, v
			continue
		}
		for c, v := range at[:3] {
			to[c] = curve[steps(v*factor)]
		}
	}
}

// whole is a number from 0 to 255 without what is behind its point.
func whole(v float32) uint8 {
	if !(v > 0) { // or it is no number
		return 0
	}
	return uint8(min(v, 255))
}

// convertLab makes pixels of CIE L*a*b* (TIFF 6.0, section 23). Like libvips it takes
// their white for that of sRGB.
func (p *page) convertLab(out []uint8, d *Decoder, n int) {
	each := len(p.channels)
	curve := gamma()
	cube := func(v float32) float32 {
		if v < 0.206893 {
			return (v - 16.0/116) / 7.787
		}
		return float32(v * v * v)
	}
	for i := range n {
		var l, a, b float32
		alpha := uint8(0xff)
		if p.sample == sampleFloat {
			at := d.floats[i*each : (i+1)*each]
			l, a, b = at[0], at[1], at[2]
			if p.alpha >= 0 {
				alpha = whole(float32(at[p.alpha]*255) + 0.5)
			}
		} else if p.bits == 8 {
			at := d.bytes[i*each : (i+1)*each]
			l, a, b = float32(float32(at[0])*100/255), float32(int8(at[1])), float32(int8(at[2]))
			if p.alpha >= 0 {
				alpha = at[p.alpha]
			}
		} else {
			at := d.words[i*each : (i+1)*each]
			l, a, b = float32(float32(at[0])*100/65535), float32(int16(at[1]))/256, float32(int16(at[2]))/256
			if p.alpha >= 0 {
				alpha = uint8(at[p.alpha] >> 8)
			}
		}
		fy := (l + 16) / 116
		to := out[4*i : 4*i+4 : 4*i+4]
		fromXYZ(to, curve, cube(fy+a/500), cube(fy), cube(fy-b/200))
		to[3] = alpha
	}
}

// convertXYZ makes pixels of X, Y and Z, of which white has 1 each.
func convertXYZ(out []uint8, in []float32) {
	curve := gamma()
	for i := 0; i+3 <= len(in); i += 3 {
		to := out[4*i/3 : 4*i/3+4 : 4*i/3+4]
		fromXYZ(to, curve, in[i], in[i+1], in[i+2])
		to[3] = 0xff
	}
}

// fromXYZ makes the red, green and blue of a pixel of X, Y and Z, of which white has 1
// each.
func fromXYZ(to []uint8, curve *[1 << 16]uint8, x, y, z float32) {
	x, z = float32(0.95047*x), float32(1.088827*z)
	to[0] = curve[steps(float32(3.240625*x)-float32(1.537208*y)-float32(0.498629*z))]
	to[1] = curve[steps(float32(1.875756*y)-float32(0.968931*x)+float32(0.041518*z))]
	to[2] = curve[steps(float32(0.055710*x)-float32(0.204021*y)+float32(1.056996*z))]
}
