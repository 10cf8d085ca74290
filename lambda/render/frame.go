package render

import (
	"image"

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

// frame is one picture between the decoder and the encoder: planes of luma and
// chroma, or of luma alone, or else pixels.
type frame struct {
	planes   []plane.Plane
	lattices [3]lattice // where the samples of each plane lie, until it is shrunk

	pixels    *image.NRGBA
	byImaging bool // package imaging resizes the pixels, not package resample
}

// size is in pixels. A shrunk frame has the size of its preview.
func (f frame) size() image.Point {
	if f.planes != nil {
		return image.Pt(f.planes[0].Width, f.planes[0].Height)
	}
	return f.pixels.Rect.Size()
}

// opaque says that nothing shines through. Planes have no alpha.
func (f frame) opaque() bool { return f.pixels == nil || f.pixels.Opaque() }

// planesOf returns the planes of a picture that is made of them, and false for
// others.
func planesOf(img image.Image) (frame, bool) {
	size := img.Bounds().Size()
	whole := wholeLattice(size)
	switch img := img.(type) {
	case *image.Gray:
		return frame{
			planes:   []plane.Plane{{Pix: img.Pix, Stride: img.Stride, Width: size.X, Height: size.Y}},
			lattices: [3]lattice{whole},
		}, true
	case *image.YCbCr:
		if img.SubsampleRatio != image.YCbCrSubsampleRatio420 {
			return frame{}, false
		}
		half := lattice{fraction{size.X, 2}, fraction{size.Y, 2}}
		w, h := (size.X+1)/2, (size.Y+1)/2
		return frame{
			planes: []plane.Plane{
				{Pix: img.Y, Stride: img.YStride, Width: size.X, Height: size.Y},
				{Pix: img.Cb, Stride: img.CStride, Width: w, Height: h},
				{Pix: img.Cr, Stride: img.CStride, Width: w, Height: h},
			},
			lattices: [3]lattice{whole, half, half},
		}, true
	}
	return frame{}, false
}
