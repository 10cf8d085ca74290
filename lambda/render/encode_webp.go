package render

import (
	"image"

	"prew"
	"prew/lambda/render/plane"
	"prew/lambda/render/webp"
)

// efforts are the preset's efforts in the words of package webp.
var efforts = map[prew.Effort]webp.Effort{
	prew.Fast:     webp.Fast,
	prew.Balanced: webp.Balanced,
	prew.Small:    webp.Small,
}

// encodeWebP writes planes as they are, and pixels as planes, with their alpha where
// anything shines through. What looks drawn is written without loss as well, and the
// smaller of both is the preview.
func (e *engine) encodeWebP(f frame, preset prew.Preset) []byte {
	o := webp.EncodeOptions{Effort: efforts[preset.Effort], ICC: f.profile}
	if f.planes != nil {
		o.Alpha, o.Quality = f.alpha, e.qualityOf(f.planes, preset, probeWebP)
		return e.webp.Encode(f.planes, o)
	}
	img, size := f.pixels, f.size()
	if !f.opaque() {
		o.Alpha = alphaOf(img)
		fillUnseen(img)
	}
	planes := e.asPlanes(f, preset)
	o.Quality = e.qualityOf(planes, preset, probeWebP)
	lossy := e.webp.Encode(planes, o)
	if !drawn(img) {
		return lossy
	}
	if lossless := e.webp.EncodeLossless(img.Pix, img.Stride, size.X, size.Y, o); len(lossless) <= len(lossy) {
		return lossless
	}
	return lossy
}

// encodeLossless writes pixels, or luma alone, without loss.
func (e *engine) encodeLossless(f frame, preset prew.Preset) []byte {
	img, size := f.pixels, f.size()
	if img == nil {
		img = greys(f.planes[0])
	}
	return e.webp.EncodeLossless(img.Pix, img.Stride, size.X, size.Y, webp.EncodeOptions{Effort: efforts[preset.Effort], ICC: f.profile})
}

// greys is luma as pixels.
func greys(luma plane.Plane) *image.NRGBA {
	return pixelsOf([]plane.Plane{luma}, func(row []uint8, y int) {
		for x, v := range luma.Row(y) {
			row[4*x], row[4*x+1], row[4*x+2], row[4*x+3] = v, v, v, 0xff
		}
	})
}

// alphaOf is the alpha of pixels as a plane.
func alphaOf(img *image.NRGBA) plane.Plane {
	size := img.Rect.Size()
	alpha := plane.Plane{Pix: make([]uint8, size.X*size.Y), Stride: size.X, Width: size.X, Height: size.Y}
	for y := range size.Y {
		row := img.Pix[y*img.Stride:][:4*size.X]
		for x := range alpha.Row(y) {
			alpha.Row(y)[x] = row[4*x+3]
		}
	}
	return alpha
}

// fillUnseen gives pixels that nobody sees the mean colour of those to the left and
// above, which takes the fewest bytes.
func fillUnseen(img *image.NRGBA) {
	size := img.Rect.Size()
	for y := range size.Y {
		row := img.Pix[y*img.Stride:][:4*size.X]
		above := row
		if y > 0 {
			above = img.Pix[(y-1)*img.Stride:][:4*size.X]
		}
		for x := 0; x < len(row); x += 4 {
			if row[x+3] != 0 {
				continue
			}
			left := max(x-4, 0)
			for i := range 3 {
				row[x+i] = uint8((int(row[left+i]) + int(above[x+i])) / 2)
			}
		}
	}
}

// drawn says that a picture looks drawn, or like a screen: of the pixels that are seen
// three quarters and more are the same as the one before. In photos hardly any are, and where
// there are fewer a lossy WebP is smaller.
func drawn(img *image.NRGBA) bool {
	size := img.Rect.Size()
	seen, same := 0, 0
	for y := range size.Y {
		row := img.Pix[y*img.Stride:][:4*size.X]
		for x := 4; x < len(row); x += 4 {
			if row[x+3] == 0 {
				continue
			}
			seen++
			if [4]uint8(row[x:]) == [4]uint8(row[x-4:]) {
				same++
			}
		}
	}
	return 4*same >= 3*seen
}
