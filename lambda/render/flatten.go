package render

import (
	"fmt"
	"image/color"

	"prew"
)

// flatten puts a frame on the preset's background where the format has no alpha, or where
// the background fills the box. Auto chooses a format that has one for what needs it.
func (e *engine) flatten(f frame, _ plan, preset prew.Preset) (frame, error) {
	alpha := preset.Format == prew.Auto || formats[preset.Format].alpha
	if alpha && preset.Fit != prew.Pad || f.opaque() {
		return f, nil
	}
	img, under := f.pixels, background(preset)
	for y := img.Rect.Min.Y; y < img.Rect.Max.Y; y++ {
		row := img.Pix[img.PixOffset(img.Rect.Min.X, y):][:4*img.Rect.Dx()]
		for ; len(row) > 0; row = row[4:] {
			switch a := uint32(row[3]); a {
			case 0:
				row[0], row[1], row[2] = under.R, under.G, under.B
			case 0xff:
				continue
			default:
				row[0] = over(row[0], under.R, a)
				row[1] = over(row[1], under.G, a)
				row[2] = over(row[2], under.B, a)
			}
			row[3] = 0xff
		}
	}
	return f, nil
}

// over is a colour with alpha a of 255 upon an opaque one, rounded.
func over(top, bottom uint8, a uint32) uint8 {
	return uint8((uint32(top)*a + uint32(bottom)*(0xff-a) + 127) / 0xff)
}

// background is the preset's colour, or white where it is the photo itself, which is then
// put on it.
func background(preset prew.Preset) color.RGBA {
	if preset.Background == prew.Blurred {
		return color.RGBA{0xff, 0xff, 0xff, 0xff}
	}
	return namedColour(preset.Background)
}

// namedColour is the colour that a field of a preset names, or black where it is empty. Resolve
// has made sure that it is #rrggbb.
func namedColour(text string) color.RGBA {
	c := color.RGBA{A: 0xff}
	fmt.Sscanf(text, "#%02x%02x%02x", &c.R, &c.G, &c.B)
	return c
}
