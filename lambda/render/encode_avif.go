package render

import (
	"prew"
	"prew/lambda/render/avif"
)

// effortsOfAVIF are the preset's efforts in the words of package avif.
var effortsOfAVIF = map[prew.Effort]avif.Effort{
	prew.Fast:     avif.Fast,
	prew.Balanced: avif.Balanced,
	prew.Small:    avif.Small,
}

// encodeAVIF writes planes as they are, and pixels as planes, with their alpha where
// anything shines through.
func (e *engine) encodeAVIF(f frame, preset prew.Preset) []byte {
	o := avif.EncodeOptions{Effort: effortsOfAVIF[preset.Effort], ICC: f.profile}
	if f.planes != nil {
		o.Alpha = f.alpha
	} else if !f.opaque() {
		o.Alpha = alphaOf(f.pixels)
		fillUnseen(f.pixels)
	}
	planes := e.asPlanes(f, preset)
	o.Quality = e.qualityOf(planes, preset, probeAVIF)
	return e.avif.Encode(planes, o)
}
