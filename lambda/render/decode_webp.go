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

// webps are decoded by golang.org/x/image.
var webps = &wholeKind{
	name:        "WebP",
	config:      configWebP,
	decode:      decodeWebP,
	unsupported: func(err error) bool { return errors.Is(err, errAnimated) },
	exif:        exifOfWebP,
}

// errAnimated is the error of a WebP with several frames, which
// golang.org/x/image does not read.
var errAnimated = errors.New("animated")

// configWebP reads the header of a WebP, and fails with errAnimated for one of
// several frames. The size that x/image reports is the canvas's; its decoder
// refuses a frame of another size before it takes memory for one.
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
// holds limited-range Y'CbCr (RFC 9649, section 2.5: BT.601), and x/image returns
// the same numbers as JPEG's full range, in which black is grey and white is dull.
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

// stretched is v*255/span, rounded, plus zero, as a sample.
func stretched(v, span, zero int) uint8 {
	half := span / 2
	if v < 0 {
		half = -half
	}
	return uint8(min(max((v*255+half)/span+zero, 0), 255))
}

// exifHeader comes before the TIFF structure in the WebPs of some writers, as it
// does in every JPEG.
const exifHeader = "Exif\x00\x00"

// exifOfWebP finds the chunk EXIF (RFC 9649, section 2.7).
func exifOfWebP(file []byte) []byte {
	for name, payload := range webpChunks(file) {
		if name == "EXIF" {
			return bytes.TrimPrefix(payload, []byte(exifHeader))
		}
	}
	return nil
}

// webpChunks yields the names and payloads of the chunks of a WebP file (RFC
// 9649, section 2.3). It ends where a chunk claims more bytes than there are.
func webpChunks(file []byte) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		const fileHead, head = 12, 8
		if len(file) < fileHead {
			return
		}
		for rest := file[fileHead:]; len(rest) >= head; {
			name, length := string(rest[:4]), int(binary.LittleEndian.Uint32(rest[4:]))
			rest = rest[head:]
			if length > len(rest) || !yield(name, rest[:length]) {
				return
			}
			rest = rest[min(length+length&1, len(rest)):] // padded to even sizes
		}
	}
}
