package render

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"sync"

	"prew"
	"prew/lambda/render/jpeg"
)

// pngEncoder compresses for speed: of a photograph the best level takes several
// times as long for a few percent, and somebody is waiting.
var pngEncoder = png.Encoder{CompressionLevel: png.BestSpeed, BufferPool: &pngBuffers{}}

// encode writes the picture in the preset's format, or in the one that follows
// from it: PNG where anything shines through, else JPEG. It may change m.
func (e *engine) encode(m picture, p prew.Preset) (Preview, error) {
	opaque := m.pixels == nil || m.pixels.Opaque()
	if p.Format == prew.PNG || p.Format == prew.Auto && !opaque {
		return encodePNG(m.image(opaque))
	}
	planes := m.planes
	if planes == nil {
		if !opaque {
			flatten(m.pixels, p.Background)
		}
		planes = e.lumaChroma(m.pixels, stepOf(1, p))
	}
	return Preview{
		Data:        e.encoder.Encode(planes, jpeg.EncodeOptions{Quality: p.Quality, Progressive: p.Progressive}),
		ContentType: "image/jpeg",
		Width:       planes[0].Width,
		Height:      planes[0].Height,
	}, nil
}

// image is the picture as a type that image/png has a fast path for.
func (m picture) image(opaque bool) image.Image {
	switch {
	case len(m.planes) == 1:
		luma := m.planes[0]
		return &image.Gray{Pix: luma.Pix, Stride: luma.Stride, Rect: image.Rect(0, 0, luma.Width, luma.Height)}
	case m.planes != nil:
		return colours(m.planes)
	case opaque: // premultiplied or not, these are the same bytes
		return &image.RGBA{Pix: m.pixels.Pix, Stride: m.pixels.Stride, Rect: m.pixels.Rect}
	}
	return m.pixels
}

func encodePNG(m image.Image) (Preview, error) {
	var out bytes.Buffer
	if err := pngEncoder.Encode(&out, m); err != nil {
		return Preview{}, fail(prew.RenderFailed, "image/png: %v", err)
	}
	size := m.Bounds().Size()
	return Preview{Data: out.Bytes(), ContentType: "image/png", Width: size.X, Height: size.Y}, nil
}

// pngBuffers keeps what image/png needs for a picture for the next one.
type pngBuffers struct{ pool sync.Pool }

func (b *pngBuffers) Get() *png.EncoderBuffer {
	buffer, _ := b.pool.Get().(*png.EncoderBuffer)
	return buffer
}

func (b *pngBuffers) Put(buffer *png.EncoderBuffer) { b.pool.Put(buffer) }

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
