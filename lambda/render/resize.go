package render

import (
	"image"

	"github.com/disintegration/imaging"
)

// resize resamples a picture to a size. Colours are weighted by their alpha, so
// that what is transparent lends no colour to what is not.
func resize(img image.Image, size image.Point) *image.NRGBA {
	// imaging reads pictures in goroutines of its own, where a panic ends the
	// process and can't be recovered; a pixel with a number beyond its palette
	// makes one. These four kinds of picture hold nothing to stumble over, and
	// whatever else there is becomes one of them here.
	switch img.(type) {
	case *image.YCbCr, *image.NRGBA, *image.RGBA, *image.Gray:
	default:
		converted := image.NewNRGBA(img.Bounds())
		paste(converted, img)
		img = converted
	}
	return imaging.Resize(img, size.X, size.Y, imaging.Lanczos)
}

// paste copies a picture into another, to where its bounds say, which are inside
// those of dst. Sixteen bits become eight.
func paste(dst *image.NRGBA, img image.Image) {
	// Every picture of the decoders is an image.RGBA64Image: asking for such
	// colours allocates none. They are premultiplied, in sixteen bits.
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
