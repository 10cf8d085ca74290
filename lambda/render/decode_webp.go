package render

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"io"
	"iter"

	"golang.org/x/image/webp"
)

// errAnimated is said of a WebP whose frames golang.org/x/image does not read.
var errAnimated = errors.New("animated")

// configWebP reads the header of a WebP. x/image reports the canvas, and refuses
// a frame of another size before it makes room for one.
func configWebP(r io.Reader) (image.Config, error) {
	// "RIFF", size, "WEBP", "VP8X", size, flags (WebP container, "Extended file
	// format").
	const flags, animation = 20, 1 << 1
	var head [flags + 1]byte
	n, err := io.ReadFull(r, head[:])
	if err == nil && string(head[12:16]) == "VP8X" && head[flags]&animation != 0 {
		return image.Config{}, errAnimated
	}
	return webp.DecodeConfig(io.MultiReader(bytes.NewReader(head[:n]), r))
}

// decodeWebP decodes a WebP with the colours that its encoder meant. Lossy WebP
// holds limited-range Y'CbCr (RFC 9649, section 2.5: BT.601), and x/image gives
// it out as the full range of JPEG, which makes it grey and pale.
func decodeWebP(r io.Reader) (image.Image, error) {
	img, err := webp.Decode(r)
	if err != nil {
		return nil, err
	}
	switch img := img.(type) {
	case *image.YCbCr:
		expandRange(img)
	case *image.NYCbCrA:
		expandRange(&img.YCbCr)
	}
	return img, nil
}

// expandRange stretches luma from 16-235 and chroma from 16-240 to 0-255, in
// place.
func expandRange(img *image.YCbCr) {
	var luma, chroma [256]uint8
	for i := range 256 {
		luma[i] = stretched(i-16, 219, 0)
		chroma[i] = stretched(i-128, 224, 128)
	}
	for i, v := range img.Y {
		img.Y[i] = luma[v]
	}
	for i, v := range img.Cb {
		img.Cb[i] = chroma[v]
	}
	for i, v := range img.Cr {
		img.Cr[i] = chroma[v]
	}
}

// stretched is v as a part of span made a part of 255, above zero, rounded.
func stretched(v, span, zero int) uint8 {
	half := span / 2
	if v < 0 {
		half = -half
	}
	return uint8(min(max((v*255+half)/span+zero, 0), 255))
}

// webpChunks yields the names and payloads of the chunks of a WebP file (RFC
// 9649, section 2.3), ending where they no longer fit.
func webpChunks(src []byte) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		const fileHead, head = 12, 8
		if len(src) < fileHead {
			return
		}
		for rest := src[fileHead:]; len(rest) >= head; {
			name, length := string(rest[:4]), int(binary.LittleEndian.Uint32(rest[4:]))
			rest = rest[head:]
			if length > len(rest) || !yield(name, rest[:length]) {
				return
			}
			rest = rest[min(length+length&1, len(rest)):] // padded to even sizes
		}
	}
}
