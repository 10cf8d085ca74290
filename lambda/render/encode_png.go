package render

import (
	"prew"
	"prew/lambda/render/png"
)

// encodePNG writes luma alone as grey, and everything else as colours, which have
// an alpha channel only where anything shines through.
func (e *engine) encodePNG(f frame, _ prew.Preset) []byte {
	if len(f.planes) == 1 {
		luma := f.planes[0]
		return e.png.Encode(luma.Pix, luma.Stride, luma.Width, luma.Height, png.Grey, f.profile)
	}
	pixels, colour := f.pixels, png.RGBA
	if pixels == nil {
		pixels = colours(f.planes)
	}
	if f.opaque() {
		colour = png.RGB
	}
	return e.png.Encode(pixels.Pix, pixels.Stride, pixels.Rect.Dx(), pixels.Rect.Dy(), colour, f.profile)
}
