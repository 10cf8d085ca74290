package render

import (
	"image"
	"io"

	"prew/lambda/render/colour"
	"prew/lambda/render/png"
)

var blamePNG = blaming("PNG", is[png.DamagedError], is[png.UnsupportedError], never)

// openPNG opens a PNG.
func (e *engine) openPNG(src io.Reader) (photo, error) {
	file, err := e.read(src)
	if err != nil {
		return photo{}, err
	}
	h, err := e.pngs.Open(file)
	if err != nil {
		return photo{}, blamePNG(err)
	}
	o := opened{
		kind: "PNG", size: image.Pt(h.Width, h.Height), form: rgb, deep: h.Deep, memory: h.Memory,
		turn: orientation(h.EXIF), decoder: &e.pngs, blame: blamePNG,
	}
	if h.Form == png.Grey {
		o.form = lumaChroma
	}
	o.colours, o.note = coloursOfPNG(h, o.channels())
	return e.byRows(o)
}

// coloursOfPNG makes the transform of the one chunk about colour that counts (PNG, third
// edition, 4.3 and 11.3.2): code points before a profile, this before sRGB, and that
// before gamma and chromaticities, of which the latter are sRGB's where they are not
// there.
func coloursOfPNG(h png.Header, channels []int) (t *colour.Transform, note string) {
	noted := func(t *colour.Transform, err error) (*colour.Transform, string) {
		if err != nil {
			return nil, "colour: " + err.Error()
		}
		return t, ""
	}
	switch {
	case h.CICP != [4]uint8{}:
		return noted(colour.FromCICP(int(h.CICP[0]), int(h.CICP[1])))
	case h.ICC != nil:
		return coloursOf(h.ICC, channels...)
	case h.SRGB || h.Gamma == 0:
		return nil, ""
	}
	at := func(i int) [2]float64 {
		return [2]float64{float64(h.Chromaticities[i]) / 100_000, float64(h.Chromaticities[i+1]) / 100_000}
	}
	screen := colour.Chromaticities{White: at(0), Red: at(2), Green: at(4), Blue: at(6)}
	if h.Chromaticities == [8]uint32{} {
		screen = colour.Chromaticities{White: [2]float64{0.3127, 0.329}, Red: [2]float64{0.64, 0.33}, Green: [2]float64{0.3, 0.6}, Blue: [2]float64{0.15, 0.06}}
	}
	return noted(colour.FromGamma(100_000/float64(h.Gamma), screen))
}
