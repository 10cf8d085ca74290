package render

import (
	"image"

	"prew/lambda/render/colour"
	"prew/lambda/render/plane"
)

// picture is a decoded photo.
type picture struct {
	// frames are in the order in which they are shown. Every kind gives exactly
	// one today; with animation there will be more.
	frames []frame
}

// still is a picture of one frame.
func still(f frame) picture { return picture{frames: []frame{f}} }

// form is what the samples of a frame stand for.
type form int

const (
	lumaChroma   form = iota // luma and chroma of the full range (JFIF 1.02), or luma alone, which is grey
	rgb                      // red, green and blue; in rows and pixels with alpha, by which they are not multiplied
	cmyk                     // cyan, magenta, yellow and black: 0 is no ink, 255 all of it
	cmykInverted             // 255 is no ink, as in JPEGs
	ycck                     // luma and chroma of the three inks as if they were red, green and blue; and black, 255 being none
)

// inks says whether they stand for inks.
func (f form) inks() bool { return f == cmyk || f == cmykInverted || f == ycck }

// frame is one picture between the decoder and the encoder: planes, or rows until it is
// shrunk, or pixels afterwards.
type frame struct {
	form   form
	planes []plane.Plane
	rows   *rows
	pixels *image.NRGBA
	alpha  plane.Plane // of planes at last, where their corners are cut off; else it has no samples

	lattices [4]lattice // where the samples of each plane lie, until it is shrunk

	luma plane.Plane // of rows: a small picture, stored as the photo is, in which faces are looked for, or none

	colours *colour.Transform // makes the colours sRGB's; nil: they are
	profile []byte            // what the preview carries because its colours stay what they are
	meant   *colour.Transform // makes them sRGB's where they stay

	kept image.Rectangle // of the shrunk photo as seen, where that was chosen by what is seen or by a focus
}

// size is in pixels. A shrunk frame has the size of its preview.
func (f frame) size() image.Point {
	if f.planes != nil {
		return image.Pt(f.planes[0].Width, f.planes[0].Height)
	}
	return f.pixels.Rect.Size()
}

// opaque says that nothing shines through.
func (f frame) opaque() bool {
	if f.pixels == nil {
		return f.alpha.Pix == nil
	}
	return f.pixels.Opaque()
}
