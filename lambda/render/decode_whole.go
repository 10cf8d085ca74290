package render

import (
	"image"
	"io"

	"prew"
	"prew/lambda/render/plane"
)

// photo is a decoded source and what its preview shows of it. It is planes on
// their lattices, or pixels, which imaging is to shrink or package resample.
type photo struct {
	view
	planes     []plane.Plane
	lattices   []lattice
	pixels     *image.NRGBA
	forImaging bool
}

// openFile reads a source as a whole and decodes it.
func (e *engine) openFile(k kind, src io.Reader, p prew.Preset) (photo, error) {
	img, file, err := k.read(&e.file, src)
	if err != nil {
		return photo{}, err
	}
	return photoOf(img, orientation(k.exif(file)), p), nil
}

// openForImaging does so for the rarer kinds, which imaging shrinks and turns.
func (e *engine) openForImaging(k kind, src io.Reader, p prew.Preset) (photo, error) {
	img, file, err := k.read(&e.file, src)
	if err != nil {
		return photo{}, err
	}
	v := viewOf(img.Bounds().Size(), orientation(k.exif(file)), p)
	// imaging reads pictures in goroutines of its own, where a panic ends the
	// process and can't be recovered; a pixel with a number beyond its palette
	// makes one. What asNRGBA returns holds nothing to stumble over.
	return photo{view: v, pixels: asNRGBA(img), forImaging: true}, nil
}

// photoOf is a decoded picture: the planes of one that has luma and chroma, and
// the pixels of any other.
func photoOf(img image.Image, t turn, p prew.Preset) photo {
	v := viewOf(img.Bounds().Size(), t, p)
	if planes, lattices := planesOf(img); planes != nil {
		return photo{view: v, planes: planes, lattices: lattices}
	}
	return photo{view: v, pixels: asNRGBA(img)}
}

// planesOf are the planes of a picture that is made of them, and nil for others.
func planesOf(img image.Image) ([]plane.Plane, []lattice) {
	size := img.Bounds().Size()
	whole := wholeLattice(size)
	switch img := img.(type) {
	case *image.Gray:
		return []plane.Plane{{Pix: img.Pix, Stride: img.Stride, Width: size.X, Height: size.Y}}, []lattice{whole}
	case *image.YCbCr:
		if img.SubsampleRatio != image.YCbCrSubsampleRatio420 {
			return nil, nil
		}
		half := lattice{fraction{size.X, 2}, fraction{size.Y, 2}}
		w, h := (size.X+1)/2, (size.Y+1)/2
		return []plane.Plane{
			{Pix: img.Y, Stride: img.YStride, Width: size.X, Height: size.Y},
			{Pix: img.Cb, Stride: img.CStride, Width: w, Height: h},
			{Pix: img.Cr, Stride: img.CStride, Width: w, Height: h},
		}, []lattice{whole, half, half}
	}
	return nil, nil
}
