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
func (ps Presets) Img(ref Ref) string {
	p := ps.presets[ref.Preset]
	attributes := ps.srcset(ref, Auto)
	if p.Width != 0 && (p.Height == 0 || p.Fit != Contain) {
		attributes += fmt.Sprintf(` width="%d"`, p.Width)
	}
	if p.Height != 0 && (p.Width == 0 || p.Fit != Contain) {
		attributes += fmt.Sprintf(` height="%d"`, p.Height)
	}
	return fmt.Sprintf(`<img src="%s"%s alt="">`, ref.Path(), attributes)
}

// Picture is the HTML of a picture in a preset with a <source> for each of its formats, whose
// addresses are the same file for everybody: for caches between that do not know Vary, and
// for copies of the bucket that do not negotiate.
func (ps Presets) Picture(ref Ref) string {
	lines := []string{"<picture>"}
	for _, format := range ps.Formats(ref.Preset) {
		lines = append(lines, fmt.Sprintf(`  <source type="%s"%s>`, format.MediaType(), ps.srcset(ref, format)))
	}
	return strings.Join(append(lines, "  "+ps.Img(ref), "</picture>"), "\n")
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
