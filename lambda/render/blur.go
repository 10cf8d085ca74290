package render

import "prew"

// blur blurs a frame by the preset's Gaussian, whose deviation is in pixels of the preview.
func (e *engine) blur(f frame, _ plan, preset prew.Preset) (frame, error) {
	if preset.Blur == 0 {
		return f, nil
	}
	e.soften(f, preset.Blur, preset)
	return f, nil
}

// soften blurs the planes or the pixels of a frame where they lie.
func (e *engine) soften(f frame, sigma float64, preset prew.Preset) {
	if f.planes == nil {
		e.resampler.BlurPixels(f.pixels.Pix, f.pixels.Stride, f.size().X, f.size().Y, sigma)
		return
	}
	for i, p := range f.planes {
		e.resampler.BlurPlane(p, sigma/float64(f.form.stepOf(i, preset)))
	}
}
