package render

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"

	"prew"
)

// pngEncoder compresses for speed: of a photograph the best level takes several
// times as long for a few percent, and somebody is waiting.
var pngEncoder = png.Encoder{CompressionLevel: png.BestSpeed}

// encode writes the picture in the preset's format, or in the one that follows
// from it: PNG where anything shines through, else JPEG. It may change img.
func encode(img *image.NRGBA, p prew.Preset) (Preview, error) {
	opaque := img.Opaque()
	format := p.Format
	if format == prew.Auto {
		format = prew.JPEG
		if !opaque {
			format = prew.PNG
		}
	}
	preview := Preview{Width: img.Rect.Dx(), Height: img.Rect.Dy()}
	var out bytes.Buffer
	var err error
	switch {
	case format == prew.JPEG:
		preview.ContentType = "image/jpeg"
		if !opaque {
			flatten(img, p.Background)
		}
		err = jpeg.Encode(&out, asRGBA(img), &jpeg.Options{Quality: p.Quality})
	case opaque:
		preview.ContentType = "image/png"
		err = pngEncoder.Encode(&out, asRGBA(img))
	default:
		preview.ContentType = "image/png"
		err = pngEncoder.Encode(&out, img)
	}
	if err != nil {
		return Preview{}, fail(prew.RenderFailed, "%s: %v", preview.ContentType, err)
	}
	preview.Data = out.Bytes()
	return preview, nil
}

// asRGBA is an opaque picture as the type that the encoders have a fast path
// for. Where nothing shines through, the bytes are the same.
func asRGBA(img *image.NRGBA) *image.RGBA {
	return &image.RGBA{Pix: img.Pix, Stride: img.Stride, Rect: img.Rect}
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
