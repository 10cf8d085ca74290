package jpeg

import "prew/lambda/render/plane"

// Shown returns what decoders show of the planes that Encode would write at a quality, before
// chroma is enlarged. It takes a fraction of the time of encoding and decoding, because nothing
// is coded. The planes have the sizes of those given and are valid until the next call; what
// Encode panics at, Shown does.
func (e *Encoder) Shown(planes []plane.Plane, quality int) []plane.Plane {
	checkQuality(quality)
	e.layOut(planes)
	e.chooseSteps(quality)
	place, _, _ := placing(8)
	var coef coefficients // zeros, as each transform leaves them
	shown := e.shown[:0]
	for i := range e.components[:e.n] {
		c := &e.components[i]
		var quant [64]int16
		for at, step := range e.quantisers[c.tables].steps {
			quant[position(8, at/8, at%8)] = int16(step)
		}
		p := plane.Plane{Stride: 8 * c.stride, Width: c.plane.Width, Height: c.plane.Height}
		p.Pix = plane.Resized(e.rebuilt[i], p.Stride*8*c.high)
		e.rebuilt[i] = p.Pix
		c.keep(1)
		for row := range c.high {
			e.transformRow(c, row)
			for x := range c.wide {
				for k, mask := 0, c.masks[x]; mask != 0; k, mask = k+1, mask>>1 {
					coef[place[k]] = c.blocks[x][k]
				}
				inverse8(&coef, &quant, 8, p.Pix[8*row*p.Stride+8*x:], p.Stride)
			}
		}
		shown = append(shown, p)
	}
	e.shown = shown
	return shown
}
