package render

import (
	"image"

	"prew"
	"prew/lambda/render/colour"
	"prew/lambda/render/png"
)

var openPNG = inRows("PNG", (*engine).headerOfPNG, is[png.DamagedError], is[png.UnsupportedError], is[png.LimitError])

func (e *engine) headerOfPNG(file []byte) (opened, error) {
	h, err := e.pngs.Open(file)
	o := opened{size: image.Pt(h.Width, h.Height), form: h.Form, deep: h.Deep, memory: h.Memory,
		turn: orientation(h.EXIF), decoder: &e.pngs, moving: &e.pngs}
	if err == nil {
		o.colours, o.note = coloursOfPNG(h, o.channels())
		o.format, o.verify, o.copied = prew.PNG, e.pngs.Verify, func() []byte { return e.pngs.Copy(file) }
	}
	return o, err
}

// coloursOfPNG makes the transform of the one chunk about colour that counts (PNG, third
// edition, 4.3 and 11.3.2): code points before a profile, this before sRGB, and that
// before gamma and chromaticities. Without chromaticities they are sRGB's.
func coloursOfPNG(h png.Header, channels []int) (t *colour.Transform, note string) {
	var err error
	switch {
	case h.CICP != [4]uint8{}:
		t, err = colour.FromCICP(int(h.CICP[0]), int(h.CICP[1]))
	case h.ICC != nil:
		return coloursOf(h.ICC, channels)
	case !h.SRGB && h.Gamma > 0:
		at := func(i int) [2]float64 {
			return [2]float64{float64(h.Chromaticities[i]) / 100_000, float64(h.Chromaticities[i+1]) / 100_000}
		}
		t, err = colour.FromGamma(100_000/float64(h.Gamma), colour.Chromaticities{White: at(0), Red: at(2), Green: at(4), Blue: at(6)})
	}
	if err != nil {
		return nil, "colour: " + err.Error()
	}
	return t, ""
}
