package render

import (
	"fmt"
	"image"

	"prew"
	"prew/lambda/render/jpeg"
	"prew/lambda/render/png"
)

// encode writes the picture in the preset's format, or in the one that follows
// from it: PNG where anything shines through, else JPEG. It may change m.
func (e *engine) encode(m picture, p prew.Preset) Preview {
	opaque := m.pixels == nil || m.pixels.Opaque()
	if p.Format == prew.PNG || p.Format == prew.Auto && !opaque {
		return e.encodePNG(m, opaque)
	}
	planes := m.planes
	if planes == nil {
		if !opaque {
			flatten(m.pixels, p.Background)
		}
		planes = e.lumaChroma(m.pixels, stepOf(1, p))
	}
	return Preview{
		Data:        e.jpeg.Encode(planes, jpeg.EncodeOptions{Quality: p.Quality, Progressive: p.Progressive}),
		ContentType: "image/jpeg",
		Width:       planes[0].Width,
		Height:      planes[0].Height,
	}
}

func (e *engine) encodePNG(m picture, opaque bool) Preview {
	encoded := func(pix []uint8, stride, width, height int, c png.Colour) Preview {
		return Preview{Data: e.png.Encode(pix, stride, width, height, c), ContentType: "image/png", Width: width, Height: height}
	}
	if len(m.planes) == 1 {
		luma := m.planes[0]
		return encoded(luma.Pix, luma.Stride, luma.Width, luma.Height, png.Grey)
	}
	pixels, colour := m.pixels, png.RGBA
	if pixels == nil {
		pixels = colours(m.planes)
	}
	if opaque {
		colour = png.RGB
	}
	return encoded(pixels.Pix, pixels.Stride, pixels.Rect.Dx(), pixels.Rect.Dy(), colour)
}

// flatten puts the picture on a background of the colour #rrggbb.
func flatten(img *image.NRGBA, background string) {
	var r, g, b uint8
	// Resolve has made sure that the colour is one.
	fmt.Sscanf(background, "#%02x%02x%02x", &r, &g, &b)
	for y := img.Rect.Min.Y; y < img.Rect.Max.Y; y++ {
		row := img.Pix[img.PixOffset(img.Rect.Min.X, y):][:4*img.Rect.Dx()]
		for ; len(row) > 0; row = row[4:] {
			a := uint32(row[3])
			row[0] = over(row[0], r, a)
			row[1] = over(row[1], g, a)
			row[2] = over(row[2], b, a)
			row[3] = 0xff
		}
	}
}

// over is a colour with alpha a of 255 upon an opaque one, rounded.
func over(top, bottom uint8, a uint32) uint8 {
	return uint8((uint32(top)*a + uint32(bottom)*(0xff-a) + 127) / 0xff)
}
