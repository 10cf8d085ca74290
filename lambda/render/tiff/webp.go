package tiff

import (
	"errors"

	"prew/lambda/render/webp"
)

// webpPart unpacks parts that are WebP pictures (libtiff's tif_webp.c).
type webpPart struct {
	page    *page
	decoder webp.Decoder
	y       int // the next row
}

// webpBytes is about what a decoder of WebP takes beside what its headers say.
const webpBytes = 32 << 10

// readWebP finds how much memory a part takes.
func (p *page) readWebP() error {
	if p.compression != compressionWebP {
		return nil
	}
	if p.bits != 8 || p.signed || p.separate || p.perPixel != 3 && p.perPixel != 4 || p.photometric != photometricRGB {
		return unsupportedf("WebP of %d samples of %d bits", p.perPixel, p.bits)
	}
	var w webpPart
	for i := range p.across * p.down {
		h, err := w.decoder.Open(p.part(i))
		if err != nil {
			return ofWebP(err)
		}
		p.partMemory = max(p.partMemory, webpBytes+h.Memory)
	}
	return nil
}

func (w *webpPart) reset(src *source) error {
	h, err := w.decoder.Open(src.data)
	if err != nil {
		return ofWebP(err)
	}
	if p := w.page; h.Width != p.partWidth || h.Height < src.rows || h.Height > p.partHeight {
		return damagedf("a WebP of it has %dx%d pixels of %dx%d", h.Width, h.Height, p.partWidth, p.partHeight)
	}
	w.y = 0
	return nil
}

// fill makes the next rows of the part.
func (w *webpPart) fill(dst []byte) error {
	p := w.page
	for ; len(dst) > 0; dst = dst[p.lineBytes:] {
		row, err := w.decoder.Row(w.y)
		if err != nil {
			return ofWebP(err)
		}
		w.y++
		for x := range p.partWidth {
			copy(dst[x*p.perPixel:(x+1)*p.perPixel], row.Bytes[4*x:])
		}
	}
	return nil
}

// ofWebP is an error of package webp as one of this package.
func ofWebP(err error) error {
	if e, ok := errors.AsType[webp.DamagedError](err); ok {
		return damagedf("WebP: %s", string(e))
	}
	if e, ok := errors.AsType[webp.UnsupportedError](err); ok {
		return unsupportedf("WebP: %s", string(e))
	}
	if e, ok := errors.AsType[webp.LimitError](err); ok {
		return limitf("WebP: %s", string(e))
	}
	return err
}
