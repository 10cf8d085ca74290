package render

import (
	"prew"
	"prew/lambda/render/png"
)

// encodePNG writes luma alone as grey, and everything else as colours, which have
// an alpha channel only where anything shines through.
func (e *engine) encodePNG(f frame, _ prew.Preset) []byte {
	pix, stride, colour := samples(f)
	return e.png.Encode(pix, stride, f.size().X, f.size().Y, colour, f.profile)
}

// encodePalette writes a frame of at most 256 colours, which are sRGB's, with a palette.
// Of more colours it writes nothing.
func (e *engine) encodePalette(f frame) []byte {
	pix, stride, colour := samples(f)
	return e.png.EncodePalette(pix, stride, f.size().X, f.size().Y, colour)
}

// samples are those of a frame as package png takes them.
func samples(f frame) (pix []uint8, stride int, colour png.Colour) {
	if len(f.planes) == 1 && f.opaque() {
		return f.planes[0].Pix, f.planes[0].Stride, png.Grey
	}
	pixels := asPixels(f)
	if f.opaque() {
		return pixels.Pix, pixels.Stride, png.RGB
	}
	return pixels.Pix, pixels.Stride, png.RGBA
}
