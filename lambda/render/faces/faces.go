// Package faces finds the faces in a picture, by github.com/esimov/pigo: a cascade of decision
// trees that compare the brightness of two samples (Markuš, Frljak, Pandžić, Ahlberg and
// Forchheimer, "Object Detection with Pixel Intensity Comparisons Organized in Decision
// Trees", 2013). facefinder is pigo's own cascade for upright faces, under the licence beside
// it.
//
// What pigo multiplies and adds in floating point may differ between architectures by how it
// is rounded, and decides there which sizes are looked for and what counts as one face. Both
// are decided here, in whole numbers. What is left to it are sums of single numbers, which are
// the same everywhere.
package faces

import (
	_ "embed"
	"sync"

	pigo "github.com/esimov/pigo/core"

	"prew/lambda/render/plane"
)

// Side is how many samples the longer side of a picture should have here. A face of a tenth
// of that is found, and the whole takes 3 ms.
const Side = 256

// least is the shortest side of a face, in samples: below it there is too little to compare.
const least = 24

// Face is a square with a face in it, from the eyebrows to the chin, by its middle. In a
// picture of Side samples it is right to a few of them.
type Face struct{ X, Y, Side int }

//go:embed facefinder
var cascade []byte

// finder unpacks the cascade when it is first needed, which takes a millisecond.
var finder = sync.OnceValue(func() *pigo.Pigo {
	f, err := pigo.NewPigo().Unpack(cascade)
	if err != nil {
		panic(err) // it is a part of the program
	}
	return f
})

const (
	// shift is how far apart the squares are that are looked at, in their sides: few trees
	// say no to most of them, and one of a face's neighbours is near enough. It is a sum of
	// powers of two, so that products with it are exact.
	shift = 3.0 / 16
	// near is the same where the first look has found something.
	near = 1.0 / 16
	// mostSquares is how many of these places are looked at again: the surest of them are
	// enough, and what is made up to have thousands takes no longer.
	mostSquares = 16
	// sure is what the trees have to say in all about a face and the squares around it. In
	// photos of all kinds what is none had 9 at most, and what is one 24 at least.
	sure = 15
)

// Find finds the faces in the luma of a picture that is seen upright, the surest first.
func Find(luma plane.Plane) []Face {
	var hits []pigo.Detection
	for side := least; side <= min(luma.Width, luma.Height); side += side / 10 {
		hits = append(hits, look(luma, 0, 0, luma.Width, luma.Height, side, shift)...)
	}
	var found []Face
	for n := 0; len(hits) > 0 && n < mostSquares; n++ {
		best := hits[0]
		for _, hit := range hits {
			if hit.Q > best.Q {
				best = hit
			}
		}
		if face, ok := again(luma, best); ok {
			found = append(found, face)
		}
		others := hits[:0]
		for _, hit := range hits {
			if away := best.Scale / 2; max(hit.Row-best.Row, best.Row-hit.Row) >= away || max(hit.Col-best.Col, best.Col-hit.Col) >= away {
				others = append(others, hit)
			}
		}
		hits = others
	}
	return found
}

// again looks closely at the squares around one that may be a face. Where it is one, most of
// them are, too.
func again(luma plane.Plane, hit pigo.Detection) (face Face, ok bool) {
	const fraction = 64 // of what the trees say
	said, n := 0, 0
	for _, side := range []int{hit.Scale - hit.Scale/8, hit.Scale, hit.Scale + hit.Scale/8} {
		reach := side/2 + side/8 + 1
		for _, d := range look(luma, hit.Col-reach, hit.Row-reach, hit.Col+reach+1, hit.Row+reach+1, side, near) {
			said += int(fraction * d.Q)
			face.X, face.Y, face.Side = face.X+d.Col, face.Y+d.Row, face.Side+d.Scale
			n++
		}
	}
	if said < sure*fraction {
		return Face{}, false
	}
	return Face{face.X / n, face.Y / n, face.Side / n}, true
}

// look returns the squares of a side, apart by a share of it, that are faces and lie in a part
// of the picture, by their middles. pigo takes its word for the size of what it is given, so it
// is cut to the picture here.
func look(luma plane.Plane, left, top, right, bottom, side int, apart float64) []pigo.Detection {
	left, top, right, bottom = max(left, 0), max(top, 0), min(right, luma.Width), min(bottom, luma.Height)
	if right-left < side || bottom-top < side {
		return nil
	}
	found := finder().RunCascade(pigo.CascadeParams{
		MinSize: side, MaxSize: side, ShiftFactor: apart, ScaleFactor: 2,
		ImageParams: pigo.ImageParams{Pixels: luma.Pix[top*luma.Stride+left:], Rows: bottom - top, Cols: right - left, Dim: luma.Stride},
	}, 0)
	for i := range found {
		found[i].Col += left
		found[i].Row += top
	}
	return found
}
