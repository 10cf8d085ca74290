package render

import (
	"image"
	"image/color"

	"prew/lambda/render/plane"
)

// asNRGBA returns a picture as pixels of four channels, eight bits each, not
// premultiplied. Sixteen bits become eight. It returns the picture itself, or
// shares its memory, where the pixels are already so.
func asNRGBA(img image.Image) *image.NRGBA {
	switch img := img.(type) {
	case *image.NRGBA:
		return img
	case *image.RGBA:
		if img.Opaque() {
			return &image.NRGBA{Pix: img.Pix, Stride: img.Stride, Rect: img.Rect}
		}
	}
	m := image.NewNRGBA(img.Bounds())
	paste(m, img)
	return m
}

// paste copies a picture into dst, to the place that its bounds say, which is
// inside those of dst. Sixteen bits become eight.
func paste(dst *image.NRGBA, img image.Image) {
	switch img := img.(type) {
	case *image.Paletted:
		pastePaletted(dst, img)
	case *image.NYCbCrA:
		pasteLumaChroma(dst, img)
	default:
		pasteColours(dst, img)
	}
}

// pastePaletted copies a picture of numbered colours. It panics for a number
// beyond the palette.
func pastePaletted(dst *image.NRGBA, img *image.Paletted) {
	palette := make([]color.NRGBA, len(img.Palette))
	for i, c := range img.Palette {
		palette[i] = color.NRGBAModel.Convert(c).(color.NRGBA)
	}
	b := img.Rect
	for y := b.Min.Y; y < b.Max.Y; y++ {
		row := dst.Pix[dst.PixOffset(b.Min.X, y):]
		for x, number := range img.Pix[img.PixOffset(b.Min.X, y):][:b.Dx()] {
			c := palette[number]
			pixel := row[4*x:][:4:4]
			pixel[0], pixel[1], pixel[2], pixel[3] = c.R, c.G, c.B, c.A
		}
	}
}

// pasteLumaChroma copies a picture of planes with alpha, which lossy WebP has.
func pasteLumaChroma(dst *image.NRGBA, img *image.NYCbCrA) {
	b := img.Rect
	for y := b.Min.Y; y < b.Max.Y; y++ {
		row := dst.Pix[dst.PixOffset(b.Min.X, y):]
		for x := range b.Dx() {
			luma, chroma := img.YOffset(b.Min.X+x, y), img.COffset(b.Min.X+x, y)
			pixel := row[4*x:][:4:4]
			pixel[0], pixel[1], pixel[2] = color.YCbCrToRGB(img.Y[luma], img.Cb[chroma], img.Cr[chroma])
			pixel[3] = img.A[img.AOffset(b.Min.X+x, y)]
		}
	}
}

// pasteColours copies a picture of any other kind, colour by colour.
func pasteColours(dst *image.NRGBA, img image.Image) {
	// Every picture of the decoders is an image.RGBA64Image, whose colours come
	// without an allocation each. They are premultiplied, in sixteen bits.
	src := img.(image.RGBA64Image)
	b := img.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		row := dst.Pix[dst.PixOffset(b.Min.X, y):]
		for x := b.Min.X; x < b.Max.X; x++ {
			c := src.RGBA64At(x, y)
			pixel := row[:4:4]
			row = row[4:]
			switch a := uint32(c.A); a {
			case 0:
				clear(pixel)
			case 0xffff:
				pixel[0], pixel[1], pixel[2], pixel[3] = uint8(c.R>>8), uint8(c.G>>8), uint8(c.B>>8), 0xff
			default:
				pixel[0] = uint8(uint32(c.R) * 0xffff / a >> 8)
				pixel[1] = uint8(uint32(c.G) * 0xffff / a >> 8)
				pixel[2] = uint8(uint32(c.B) * 0xffff / a >> 8)
				pixel[3] = uint8(a >> 8)
			}
		}
	}
}

// pixelRows are the rows of pixels that are there as a whole.
type pixelRows struct{ *image.NRGBA }

// Row implements plane.Rows.
func (p pixelRows) Row(y int) (plane.Row, error) {
	return plane.Row{Bytes: p.Pix[y*p.Stride:][:4*p.Rect.Dx()]}, nil
}
