package render

import (
	"prew"
	"prew/lambda/render/jpeg"
)

// encodeJPEG writes planes as they are, and opaque pixels as planes.
func (e *engine) encodeJPEG(f frame, preset prew.Preset) []byte {
	planes := e.asPlanes(f, preset)
	return e.jpeg.Encode(planes, jpeg.EncodeOptions{Quality: e.qualityOf(planes, preset, probeJPEG), Progressive: preset.Progressive, ICC: f.profile})
}
