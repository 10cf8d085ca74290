package webp

import "prew/lambda/render/plane"

// encodeAlpha returns a chunk ALPH (RFC 9649, section 2.7.1.2): alpha as the green of a
// VP8L stream, after the filter that leaves least.
func (e *Encoder) encodeAlpha(alpha plane.Plane) []byte {
	width, height := alpha.Width, alpha.Height
	best, least := filterNone, int(^uint(0)>>1)
	for filter := range filterGradient + 1 {
		var counts [256]int
		for y := range height {
			for x := range width {
				counts[filtered(alpha, x, y, filter)]++
			}
		}
		cost := 0
		for _, n := range counts {
			if n > 0 {
				cost += n * (log2(uint64(width*height), 8) - log2(uint64(n), 8))
			}
		}
		if cost < least {
			best, least = filter, cost
		}
	}
	pixels := make([]uint32, width*height)
	for y := range height {
		for x := range width {
			pixels[y*width+x] = black | uint32(filtered(alpha, x, y, best))<<8
		}
	}
	head := []byte{byte(best<<2 | 1)}
	return append(head, e.lossless.encode(pixels, width, height, e.effort.tries)...)
}

// filtered is a sample less what a filter predicts.
func filtered(alpha plane.Plane, x, y, filter int) uint8 {
	at := y*alpha.Stride + x
	v := alpha.Pix[at]
	switch {
	case filter == filterNone || x == 0 && y == 0:
		return v
	case y == 0:
		return v - alpha.Pix[at-1]
	case x == 0:
		return v - alpha.Pix[at-alpha.Stride]
	}
	left, above := alpha.Pix[at-1], alpha.Pix[at-alpha.Stride]
	switch filter {
	case filterHorizontal:
		return v - left
	case filterVertical:
		return v - above
	}
	return v - clamped(int(left)+int(above)-int(alpha.Pix[at-alpha.Stride-1]))
}
