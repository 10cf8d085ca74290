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
	o := avif.EncodeOptions{Quality: preset.Quality, Effort: effortsOfAVIF[preset.Effort], ICC: f.profile}
	if f.planes != nil {
		o.Alpha = f.alpha
		return e.avif.Encode(f.planes, o)
	}
	if !f.opaque() {
		o.Alpha = alphaOf(f.pixels)
		fillUnseen(f.pixels)
	}
	return e.avif.Encode(e.lumaChroma(f.pixels, lumaChroma.stepOf(1, preset)), o)
}
