package render

import (
	"image"

	"prew"
)

// plan is how a picture becomes its preview: shrunk to scaled, then cut to crop,
// which lies inside it. All of it is in the picture's pixels as it is seen.
type plan struct {
	scaled image.Point
	crop   image.Rectangle
}

// fit plans the preview of a picture of the given size, at least 1x1, in the
// box of a preset. Nothing is enlarged, and no side gets less than one pixel.
//
// contain keeps the shape of the picture and stays inside the box, in which a
// side of zero is free. cover and fill give exactly the box; a box that would
// enlarge the picture shrinks first, in its own shape, until it does not.
func fit(size image.Point, p prew.Preset) plan {
	switch p.Fit {
	case prew.Cover:
		box := inside(image.Pt(p.Width, p.Height), size)
		scaled := around(size, box)
		return plan{scaled, place(box, scaled, p.Gravity)}
	case prew.Fill:
		box := inside(image.Pt(p.Width, p.Height), size)
		return plan{box, image.Rectangle{Max: box}}
	}
	box := image.Pt(p.Width, p.Height)
	if box.X == 0 {
		box.X = size.X
	}
	if box.Y == 0 {
		box.Y = size.Y
	}
	scaled := inside(size, box)
	return plan{scaled, image.Rectangle{Max: scaled}}
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

// place puts the box into the picture where gravity wants it, in the middle of
// what it says nothing about.
func place(box, picture image.Point, g prew.Gravity) image.Rectangle {
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
