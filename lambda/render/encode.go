package render

import (
	"prew"
	"prew/lambda/render/avif"
	"prew/lambda/render/plane"
	"prew/lambda/render/webp"
)

// format is a format that is written.
type format struct {
	mediaType string
	alpha     bool // whether it has transparency
	maxSide   int  // the longest side of a picture, in pixels
	encode    func(e *engine, f frame, preset prew.Preset) []byte
}

// formats are all formats that are written, by the preset's names for them.
var formats = map[prew.Format]format{
	prew.JPEG:      {"image/jpeg", false, plane.MaxSide, (*engine).encodeJPEG},
	prew.PNG:       {"image/png", true, plane.MaxSide, (*engine).encodePNG},
	prew.WebP:      {"image/webp", true, webp.MaxSide, (*engine).encodeWebP},
	prew.AVIF:      {"image/avif", true, avif.MaxSide, (*engine).encodeAVIF},
	prew.ThumbHash: {"text/plain", true, plane.MaxSide, (*engine).encodeThumbHash},
	prew.BlurHash:  {"text/plain", false, plane.MaxSide, (*engine).encodeBlurHash},
}

// formatOf is the format of a frame's preview: the preset's, or for Auto PNG
// where anything shines through, else JPEG.
func formatOf(f frame, preset prew.Preset) format {
	name := preset.Format
	if name == prew.Auto {
		name = prew.PNG
		if f.opaque() {
			name = prew.JPEG
		}
	}
	return formats[name]
}

// encode writes the first frame of a picture.
func (e *engine) encode(m picture, preset prew.Preset) Preview {
	f := m.frames[0]
	format, size := formatOf(f, preset), f.size()
	return Preview{
		Data:        format.encode(e, f, preset),
		ContentType: format.mediaType,
		Width:       size.X,
		Height:      size.Y,
	}
}
