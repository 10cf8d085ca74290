package webp

import "prew/lambda/render/plane"

// encodeAlpha returns a chunk ALPH (RFC 9649, section 2.7.1.2): alpha as the green of a
// VP8L stream. The stream has predictions of its own, which are better than the chunk's
// filters.
func (e *Encoder) encodeAlpha(alpha plane.Plane) []byte {
	width, height := alpha.Width, alpha.Height
	e.pixels = plane.Resized(e.pixels, width*height)
	for y := range height {
		to := e.pixels[y*width:][:width]
		for x, v := range alpha.Row(y) {
			to[x] = black | uint32(v)<<8
		}
	}
	const compressed = 1
	head := []byte{filterNone<<2 | compressed}
	return append(head, e.lossless.encode(e.pixels, width, height, e.effort, true)...)
}
