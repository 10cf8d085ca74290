package render

import (
	"prew"
	"prew/lambda/render/jpeg"
)

// encodeJPEG writes planes as they are, and opaque pixels as planes.
func (e *engine) encodeJPEG(f frame, preset prew.Preset) []byte {
	planes := f.planes
	if planes == nil {
		planes = e.lumaChroma(f.pixels, lumaChroma.stepOf(1, preset))
	}
	return e.jpeg.Encode(planes, jpeg.EncodeOptions{Quality: preset.Quality, Progressive: preset.Progressive, ICC: f.profile})
}
