package render

import (
	"fmt"

	"prew"
)

// flatten puts a frame on the preset's background where the format has no alpha.
// Auto chooses a format that has one for what needs it.
func (e *engine) flatten(f frame, _ plan, preset prew.Preset) (frame, error) {
	if preset.Format == prew.Auto || formats[preset.Format].alpha || f.opaque() {
		return f, nil
	}
	img := f.pixels
	var r, g, b uint8
	// Resolve has made sure that the colour is one, #rrggbb.
	fmt.Sscanf(preset.Background, "#%02x%02x%02x", &r, &g, &b)
	for y := img.Rect.Min.Y; y < img.Rect.Max.Y; y++ {
		row := img.Pix[img.PixOffset(img.Rect.Min.X, y):][:4*img.Rect.Dx()]
		for ; len(row) > 0; row = row[4:] {
			a := uint32(row[3])
			row[0] = over(row[0], r, a)
			row[1] = over(row[1], g, a)
			row[2] = over(row[2], b, a)
			row[3] = 0xff
		}
	}
	return f, nil
}

// over is a colour with alpha a of 255 upon an opaque one, rounded.
func over(top, bottom uint8, a uint32) uint8 {
	return uint8((uint32(top)*a + uint32(bottom)*(0xff-a) + 127) / 0xff)
}
