package render

import "prew"

// border draws the preset's border along the edges of a frame, inside it. It follows corners
// that will be cut off, as CSS's does (Backgrounds and Borders 3, section 4.2): the radii of
// its inner edge are smaller by its width.
func (e *engine) border(f frame, _ plan, preset prew.Preset) (frame, error) {
	if preset.Border == 0 {
		return f, nil
	}
	inner := outline(f.size(), preset)
	inner.inset = preset.Border
	inner.rx, inner.ry = max(inner.rx-2*preset.Border, 0), max(inner.ry-2*preset.Border, 0)
	return e.paint(f, inner, namedColour(preset.BorderColour), preset), nil
}
