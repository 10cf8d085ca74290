package render

import (
	"image"

	"github.com/disintegration/imaging"

	"prew"
	"prew/lambda/render/plane"
)

// turn is how a stored picture has to be turned to be seen as it was taken: the
// value 1 to 8 of the tag Orientation (TIFF 6.0, page 36; EXIF 2.32, 4.6.4). It
// is done in two steps: the picture is mirrored while it is shrunk, and then its
// axes are exchanged.
type turn uint8

const upright turn = 1

// mirrorsX and mirrorsY say whether the stored rows, or columns, run against the
// side that they are seen along. transposes says whether the stored rows are
// columns as seen.
func (t turn) mirrorsX() bool   { return t == 2 || t == 3 || t == 7 || t == 8 }
func (t turn) mirrorsY() bool   { return t == 3 || t == 4 || t == 6 || t == 7 }
func (t turn) transposes() bool { return t >= 5 }

// part is a part of a stored picture of the given size as it is seen.
func (t turn) part(r image.Rectangle, stored image.Point) image.Rectangle {
	if t.mirrorsX() {
		r.Min.X, r.Max.X = stored.X-r.Max.X, stored.X-r.Min.X
	}
	if t.mirrorsY() {
		r.Min.Y, r.Max.Y = stored.Y-r.Max.Y, stored.Y-r.Min.Y
	}
	return image.Rectangle{Min: t.size(r.Min), Max: t.size(r.Max)}
}

// size turns a size: a stored one into the one that is seen, and the other way
// round.
func (t turn) size(p image.Point) image.Point {
	if t.transposes() {
		return image.Pt(p.Y, p.X)
	}
	return p
}

// turn exchanges the axes of a frame that is stored on its side. shrink has
// mirrored it already.
func (e *engine) turn(f frame, p plan, _ prew.Preset) (frame, error) {
	switch {
	case !p.turn.transposes():
		return f, nil
	case f.pixels != nil:
		f.pixels = imaging.Transpose(f.pixels)
		return f, nil
	}
	var sizes [4]image.Point
	for i, plane := range f.planes {
		sizes[i] = image.Pt(plane.Height, plane.Width)
	}
	turned := e.turned.prepare(sizes[:len(f.planes)])
	for i, stored := range f.planes {
		plane.Transpose(turned[i], stored)
	}
	f.planes = turned
	return f, nil
}
