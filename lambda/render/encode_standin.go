package render

import (
	"encoding/base64"

	"prew"
	"prew/lambda/render/standin"
)

// encodeThumbHash writes the text of a ThumbHash in base64 (RFC 4648, section 4), as its
// reference and its site do.
func (e *engine) encodeThumbHash(f frame, _ prew.Preset) []byte {
	m, size := asPixels(f), f.size()
	return base64.StdEncoding.AppendEncode(nil, standin.ThumbHash(m.Pix, m.Stride, size.X, size.Y))
}

// encodeBlurHash writes a BlurHash of four waves along the longer side and three along the
// other, which is the usual choice.
func (e *engine) encodeBlurHash(f frame, _ prew.Preset) []byte {
	m, size := asPixels(f), f.size()
	across, down := 4, 3
	if size.Y > size.X {
		across, down = 3, 4
	}
	return []byte(standin.BlurHash(m.Pix, m.Stride, size.X, size.Y, across, down))
}
