package heif

// nclx is what a picture says of its colours by the code points of ITU-T H.273.
type nclx struct {
	known                       bool
	primaries, transfer, matrix int
	full                        bool // the numbers are of the full range
}

// parseColour reads a property colr (ISO/IEC 14496-12, section 12.1.5): code points, or
// an ICC profile.
func parseColour(body []byte) (n nclx, icc []byte, err error) {
	r := reader{data: body}
	switch string(r.bytes(4)) {
	case "nclx":
		n = nclx{known: true, primaries: r.uint(2), transfer: r.uint(2), matrix: r.uint(2)}
		n.full = r.uint(1)>>7 != 0
	case "rICC", "prof":
		icc = r.data
	}
	if r.short {
		return nclx{}, nil, damagedf("property %q is cut off", "colr")
	}
	return n, icc, nil
}

// The matrices that are none of luma and two differences (H.273, table 4).
const (
	matrixIdentity = 0
	matrixYCgCo    = 8
)

// weights are those of red and blue in luma. What is not known is taken for BT.601's, as
// libheif does.
func (n nclx) weights() (red, blue float64) {
	switch n.matrix {
	case 1:
		return 0.2126, 0.0722
	case 4:
		return 0.30, 0.11
	case 7:
		return 0.212, 0.087
	case 9, 10:
		return 0.2627, 0.0593
	}
	return 0.299, 0.114
}

// conversion makes samples as a stream has them those of JFIF 1.02: BT.601 in full range.
// Grey stays grey in any of these, so that each sum is of few terms. Numbers are in
// 65536ths.
type conversion struct {
	same             bool
	luma, lumaOffset int
	lumaCb, lumaCr   int // what luma gets of the differences
	cbCb, cbCr       int
	crCb, crCr       int
}

func (n nclx) conversion() (c conversion) {
	const one = 1 << 16
	kr, kb := n.weights()
	if n.full && kr == 0.299 {
		return conversion{same: true}
	}
	luma, chroma := 1.0, 1.0
	if !n.full {
		luma, chroma = 255.0/219, 255.0/224
		c.lumaOffset = 16
	}
	// Red is luma and r of one difference, blue b of the other, green both. Products are
	// rounded each, so that no processor fuses them with a sum.
	kg := 1 - kr - kb
	r, b := 2-float64(2*kr), 2-float64(2*kb)
	gr, gb := -float64(kr*r)/kg, -float64(kb*b)/kg
	const jr, jg, jb = 0.299, 0.587, 0.114
	ycr, ycb := float64(jr*r)+float64(jg*gr), float64(jb*b)+float64(jg*gb)
	fixed := func(x float64) int {
		x = float64(x * one)
		if x < 0 {
			return -int(-x + 0.5)
		}
		return int(x + 0.5)
	}
	c.luma = fixed(luma)
	c.lumaCb, c.lumaCr = fixed(float64(ycb*chroma)), fixed(float64(ycr*chroma))
	c.cbCb, c.cbCr = fixed(float64((b-ycb)/1.772*chroma)), fixed(float64(-ycr/1.772*chroma))
	c.crCb, c.crCr = fixed(float64(-ycb/1.402*chroma)), fixed(float64((r-ycr)/1.402*chroma))
	return c
}

func clamp(v int) uint8 { return uint8(min(max(v, 0), 255)) }

// chroma converts a row of both differences in place.
func (c *conversion) chroma(cb, cr []uint8) {
	cr = cr[:len(cb)]
	for x := range cb {
		b, r := int(cb[x])-128, int(cr[x])-128
		cb[x] = clamp(128 + (b*c.cbCb+r*c.cbCr+1<<15)>>16)
		cr[x] = clamp(128 + (b*c.crCb+r*c.crCr+1<<15)>>16)
	}
}

// grey converts a row of luma in place, where there are no differences or luma gets
// nothing of them.
func (c *conversion) grey(luma []uint8) {
	for x, v := range luma {
		luma[x] = clamp(((int(v)-c.lumaOffset)*c.luma + 1<<15) >> 16)
	}
}

// lumaOf converts a row of luma in place, with the differences as the stream has them, of
// which step pixels share one.
func (c *conversion) lumaOf(luma, cb, cr []uint8, step int) {
	if c.lumaCb == 0 && c.lumaCr == 0 {
		c.grey(luma)
		return
	}
	for x, v := range luma {
		b, r := int(cb[x/step])-128, int(cr[x/step])-128
		luma[x] = clamp(((int(v)-c.lumaOffset)*c.luma + b*c.lumaCb + r*c.lumaCr + 1<<15) >> 16)
	}
}
