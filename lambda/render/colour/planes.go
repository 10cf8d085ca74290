package colour

import "prew/lambda/render/plane"

// Planes converts planes in place: one of grey, or luma and chroma of the full range
// (JFIF 1.02), of which chroma has a sample for each pixel or for each square of two
// by two pixels, those at an odd edge included. The squares' chroma becomes that of
// the mean of their converted pixels.
func (t *Transform) Planes(planes []plane.Plane) {
	switch {
	case t == nil:
	case len(planes) == 1:
		t.greyPlane(planes[0])
	case planes[1].Width == planes[0].Width && planes[1].Height == planes[0].Height:
		t.fullPlanes(planes)
	default:
		t.halfPlanes(planes)
	}
}

func (t *Transform) greyPlane(p plane.Plane) {
	for y := range p.Height {
		row := p.Row(y)
		for x, v := range row {
			row[x] = t.greys[v]
		}
	}
}

// fullPlanes converts planes of one size.
func (t *Transform) fullPlanes(planes []plane.Plane) {
	pixels := make([]pixel, planes[0].Width)
	for y := range planes[0].Height {
		luma, cb, cr := planes[0].Row(y), planes[1].Row(y), planes[2].Row(y)
		for x, v := range luma {
			pixels[x] = chromaOf(cb[x], cr[x]).pixel(v)
		}
		t.row(pixels)
		for x, p := range pixels {
			r, g, b := int32(p.r()), int32(p.g()), int32(p.b())
			luma[x], cb[x], cr[x] = lumaOf(r, g, b), blueness(r, g, b, 0), redness(r, g, b, 0)
		}
	}
}

// halfPlanes converts planes of which chroma is half as large, each way.
func (t *Transform) halfPlanes(planes []plane.Plane) {
	width := planes[1].Width
	pixels := make([]pixel, 4*width)
	for y := range planes[1].Height {
		cb, cr := planes[1].Row(y), planes[2].Row(y)
		top, bottom := planes[0].Row(2*y), planes[0].Row(min(2*y+1, planes[0].Height-1))
		whole := len(top) / 2
		for x := range whole {
			c := chromaOf(cb[x], cr[x])
			p := pixels[4*x:][:4:4]
			p[0], p[1] = c.pixel(top[2*x]), c.pixel(top[2*x+1])
			p[2], p[3] = c.pixel(bottom[2*x]), c.pixel(bottom[2*x+1])
		}
		if whole < width {
			c := chromaOf(cb[whole], cr[whole])
			p := pixels[4*whole:]
			p[0], p[2] = c.pixel(top[2*whole]), c.pixel(bottom[2*whole])
			p[1], p[3] = p[0], p[2]
		}
		t.row(pixels)
		for x := range width {
			p := pixels[4*x:][:4:4]
			var sum [3]int32
			var luma [4]uint8
			for i, p := range p {
				r, g, b := int32(p.r()), int32(p.g()), int32(p.b())
				luma[i] = lumaOf(r, g, b)
				sum[0] += r
				sum[1] += g
				sum[2] += b
			}
			cb[x], cr[x] = blueness(sum[0], sum[1], sum[2], 2), redness(sum[0], sum[1], sum[2], 2)
			top[2*x], bottom[2*x] = luma[0], luma[2]
			if 2*x+1 < len(top) {
				top[2*x+1], bottom[2*x+1] = luma[1], luma[3]
			}
		}
	}
}

// chroma is what the chroma of a pixel adds to its luma, for red, green and blue.
type chroma struct{ r, g, b int32 }

// chromaOf rounds what a pixel's chroma adds.
func chromaOf(cb, cr uint8) chroma {
	const half = 1 << 15
	u, v := int32(cb)-128, int32(cr)-128
	return chroma{(91881*v + half) >> 16, (half - 22554*u - 46802*v) >> 16, (116130*u + half) >> 16}
}

// pixel is that of a luma.
func (c chroma) pixel(luma uint8) pixel {
	y := int32(luma)
	return pixel(eight(y+c.r) | eight(y+c.g)<<8 | eight(y+c.b)<<16)
}

func eight(v int32) uint32 { return uint32(min(max(v, 0), 255)) }

// lumaOf is the luma of a pixel.
func lumaOf(r, g, b int32) uint8 { return uint8((19595*r + 38470*g + 7471*b + 1<<15) >> 16) }

// blueness and redness are the chroma, Cb and Cr, of the mean of pixels, 1<<shift of
// them, whose colours are added up.
func blueness(r, g, b int32, shift int) uint8 {
	return uint8(min((-11059*r-21709*g+32768*b+257<<(15+shift))>>(16+shift), 255))
}

func redness(r, g, b int32, shift int) uint8 {
	return uint8(min((32768*r-27439*g-5329*b+257<<(15+shift))>>(16+shift), 255))
}
