package prew

import (
	"fmt"
	"strings"
)

// Img is the HTML of a picture in a preset, for pages of the same host: an <img> with the
// preset's pixel ratios. Its addresses are those that are negotiated, so that each client gets
// the best format that it takes. Where the box of the preset is fixed, the picture has its
// size, and the browser chooses by the density of its screen. Where only the width is set it
// may be shown narrower, and the browser chooses by its width on the page, which sizes has.
//
// Where the outline is known, a picture whose sides the preset leaves open has its size as well,
// and every one the colour as its background, so that its place is kept and filled before it is
// there. The colour of what may be transparent has to be left out: it would shine through.
func (ps Presets) Img(ref Ref, o Outline) string {
	p := ps.presets[ref.Preset]
	attributes := ps.srcset(ref, Auto)
	width, height := p.Width, p.Height
	if p.Fit == Contain {
		width, height = p.contained(o)
	}
	if width != 0 {
		attributes += fmt.Sprintf(` width="%d"`, width)
	}
	if height != 0 {
		attributes += fmt.Sprintf(` height="%d"`, height)
	}
	if o.Colour != "" {
		attributes += fmt.Sprintf(` style="background: %s"`, o.Colour)
	}
	return fmt.Sprintf(`<img src="%s"%s alt="">`, ref.Path(), attributes)
}

// contained is the size of a preview that lies inside its box, which is not larger than its photo;
// of a photo whose size is not known, or that is trimmed to another, a side that alone is set.
func (p Preset) contained(o Outline) (width, height int) {
	switch {
	case o.Width == 0 || o.Height == 0 || p.Trim != 0:
		if p.Width != 0 && p.Height != 0 {
			return 0, 0
		}
		return p.Width, p.Height
	case p.Width != 0 && p.Width < o.Width && (p.Height == 0 || o.Width*p.Height >= p.Width*o.Height):
		return p.Width, max((o.Height*p.Width+o.Width/2)/o.Width, 1)
	case p.Height != 0 && p.Height < o.Height:
		return max((o.Width*p.Height+o.Height/2)/o.Height, 1), p.Height
	}
	return o.Width, o.Height
}

// Picture is the HTML of a picture in a preset with a <source> for each of its formats, whose
// addresses are the same file for everybody: for caches between that do not know Vary, and
// for copies of the bucket that do not negotiate.
func (ps Presets) Picture(ref Ref, o Outline) string {
	lines := []string{"<picture>"}
	for _, format := range ps.Formats(ref.Preset) {
		lines = append(lines, fmt.Sprintf(`  <source type="%s"%s>`, format.MediaType(), ps.srcset(ref, format)))
	}
	return strings.Join(append(lines, "  "+ps.Img(ref, o), "</picture>"), "\n")
}

// srcset is the attribute with the address of each pixel ratio, in a format or, for Auto, as
// it is negotiated; and sizes, where the browser needs it. An <img> of one ratio has none,
// because its src says as much.
func (ps Presets) srcset(ref Ref, format Format) string {
	ratios := ps.serving[ref.Preset].DPR
	if ratios == 1 && format == Auto {
		return ""
	}
	p := ps.presets[ref.Preset]
	byWidth := p.Width != 0 && p.Height == 0 && ratios > 1
	var candidates []string
	for ratio := 1; ratio <= ratios; ratio++ {
		name := variant{ref.Preset, ratio, format}.String()
		address := Ref{name, ref.Key}.Path()
		switch {
		case byWidth:
			address += fmt.Sprintf(" %dw", ps.presets[name].Width)
		case ratio > 1:
			address += fmt.Sprintf(" %dx", ratio)
		}
		candidates = append(candidates, address)
	}
	attributes := fmt.Sprintf(` srcset="%s"`, strings.Join(candidates, ", "))
	if byWidth {
		attributes += fmt.Sprintf(` sizes="(max-width: %dpx) 100vw, %dpx"`, p.Width, p.Width)
	}
	return attributes
}
