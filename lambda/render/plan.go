package render

import (
	"fmt"
	"image"

	"prew"
)

// plan is how a photo becomes its preview: it is resized to scaled, mirrored, cut
// to crop, which lies inside scaled, and turned on its side. turn says whether it
// is mirrored and turned. scaled and crop are in pixels of the preview along the
// axes of the photo as it is stored, because turning it comes last. Where what is
// seen says what is kept, crop is all of it, and kept the size of the part of it that
// will be kept, as seen; otherwise kept is zero. When it is known which, or where an editor's
// point says it, chosen is the crop as seen; otherwise that is empty.
type plan struct {
	scaled image.Point
	crop   image.Rectangle
	turn   turn
	canvas image.Point // the preview's size as it is seen, of which the background has what the crop leaves
	kept   image.Point

	chosen image.Rectangle
}

// planOf plans the preview of a photo that is stored in the given size, at least
// 1x1, and seen upright after the turn.
func planOf(stored image.Point, t turn, preset prew.Preset) plan {
	scaled, crop := fit(t.size(stored), preset)
	canvas := canvasOf(t.size(stored), crop.Size(), preset)
	var kept image.Point
	if looks(preset.Gravity) && crop.Size() != scaled {
		kept, crop = crop.Size(), image.Rectangle{Max: scaled}
	}
	return plan{scaled: t.size(scaled), crop: image.Rectangle{Min: t.size(crop.Min), Max: t.size(crop.Max)}, turn: t, canvas: canvas, kept: kept}
}

// looks says whether what is seen in the photo says what is kept of it.
func looks(g prew.Gravity) bool { return g == prew.Smart || g == prew.Face || g == prew.Focus }

// canvasOf is the size of the preview of a picture that is cut to crop. That of pad is the
// box, which shrinks in its own shape until the picture, which is not enlarged, reaches two
// of its sides.
func canvasOf(size, crop image.Point, preset prew.Preset) image.Point {
	box := image.Pt(preset.Width, preset.Height)
	switch {
	case preset.Fit != prew.Pad:
		return crop
	case size.X <= box.X && size.Y <= box.Y:
		return around(box, size)
	}
	return box
}

// plan plans the preview of a part of a photo as it is stored, with the point that an editor
// has set in the photo, if there is one.
func (p photo) plan(part image.Rectangle, at *image.Point, preset prew.Preset) plan {
	plan := planOf(part.Size(), p.turn, preset)
	if at != nil {
		plan = plan.about(*at, p.turn.part(part, p.size), p.turn.size(p.size))
	}
	return plan
}

// ofPhoto is a part of the scaled picture, as seen, in pixels of the photo as seen, of which
// the plan is for a part. Of no part it is none.
func (p plan) ofPhoto(part, planned image.Rectangle) image.Rectangle {
	if part.Empty() {
		return part
	}
	scaled := p.turn.size(p.scaled)
	at := func(q image.Point) image.Point {
		return planned.Min.Add(image.Pt(q.X*planned.Dx()/scaled.X, q.Y*planned.Dy()/scaled.Y))
	}
	return image.Rectangle{Min: at(part.Min), Max: at(part.Max)}
}

// keeping is the plan that keeps a part of the scaled picture as seen.
func (p plan) keeping(part image.Rectangle) plan {
	p.chosen, p.kept = part, image.Point{}
	p.crop = image.Rectangle{Min: p.turn.size(part.Min), Max: p.turn.size(part.Max)}
	return p
}

// written is a part of a photo as prew.Outline has it: empty of none.
func written(crop image.Rectangle) string {
	if crop.Empty() {
		return ""
	}
	return fmt.Sprintf("%d,%d,%d,%d", crop.Min.X, crop.Min.Y, crop.Dx(), crop.Dy())
}

// fit says what a picture of the given size, at least 1x1, is scaled to and what
// of that is kept, in the box of a preset. Both are along the axes of the picture
// as it is seen.
// Nothing is enlarged, and no side gets less than one pixel.
//
// contain keeps the shape of the picture and stays inside the box, in which a
// side of zero is free; pad does so too. cover and fill give exactly the box; a box that would
// enlarge the picture shrinks first, in its own shape, until it does not.
func fit(size image.Point, preset prew.Preset) (scaled image.Point, crop image.Rectangle) {
	box := image.Pt(preset.Width, preset.Height)
	switch preset.Fit {
	case prew.Cover:
		box = inside(box, size)
		scaled = around(size, box)
		return scaled, anchor(box, scaled, preset.Gravity)
	case prew.Fill:
		box = inside(box, size)
		return box, image.Rectangle{Max: box}
	}
	if box.X == 0 {
		box.X = size.X
	}
	if box.Y == 0 {
		box.Y = size.Y
	}
	scaled = inside(size, box)
	return scaled, image.Rectangle{Max: scaled}
}

// inside is the largest size in the shape of p, and not above p, that fits into
// the box.
func inside(p, box image.Point) image.Point {
	switch {
	case p.X <= box.X && p.Y <= box.Y:
		return p
	case wider(p, box):
		return image.Pt(box.X, share(p.Y, box.X, p.X))
	}
	return image.Pt(share(p.X, box.Y, p.Y), box.Y)
}

// around is the smallest size in the shape of p that holds the box, which is not
// above p.
func around(p, box image.Point) image.Point {
	if wider(p, box) {
		return image.Pt(share(p.X, box.Y, p.Y), box.Y)
	}
	return image.Pt(box.X, share(p.Y, box.X, p.X))
}

// wider says whether p is wider than the box in relation to its height.
func wider(p, box image.Point) bool { return p.X*box.Y > box.X*p.Y }

// share is n*part/whole, rounded, and at least 1. Its numbers are sides in
// pixels, at most 16,384, so that nothing overflows.
func share(n, part, whole int) int {
	return max((n*part+whole/2)/whole, 1)
}

// anchor puts the box into the picture where gravity wants it, and in the middle
// along an axis of which gravity says nothing.
func anchor(box, picture image.Point, g prew.Gravity) image.Rectangle {
	at := picture.Sub(box).Div(2)
	switch g {
	case prew.Left, prew.TopLeft, prew.BottomLeft:
		at.X = 0
	case prew.Right, prew.TopRight, prew.BottomRight:
		at.X = picture.X - box.X
	}
	switch g {
	case prew.Top, prew.TopLeft, prew.TopRight:
		at.Y = 0
	case prew.Bottom, prew.BottomLeft, prew.BottomRight:
		at.Y = picture.Y - box.Y
	}
	return image.Rectangle{Min: at, Max: at.Add(box)}
}
