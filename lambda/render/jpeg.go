package render

import (
	"bytes"
	"errors"
	"image"
	"io"

	"prew"
	"prew/lambda/render/jpeg"
)

// maxDecoded is the most memory, in bytes, that a JPEG's planes and coefficients
// may take: with it a render stays below 250 MB. A progressive JPEG of 50
// megapixels goes beyond it only for a preview of its own size.
const maxDecoded = 200 << 20

// openJPEG decodes a JPEG while it arrives, at the smallest M/8 of its size that
// the preset's oversampling allows.
func (e *engine) openJPEG(k kind, src io.Reader, p prew.Preset) (photo, error) {
	header, err := e.decoder.ReadHeader(src)
	if is[jpeg.UnsupportedError](err) {
		// CMYK, colours stored as red, green and blue, and the like: few enough
		// that the standard library's time for them is well spent.
		img, _, theirs := k.read(&e.file, io.MultiReader(bytes.NewReader(e.decoder.Head()), src))
		if failure, ok := errors.AsType[*prew.RenderError](theirs); ok && failure.Code == prew.SourceUnsupported {
			return photo{}, blameJPEG(err) // which says what it is
		}
		if theirs != nil {
			return photo{}, theirs
		}
		return photoOf(img, orientation(header.EXIF), p), nil
	}
	if err != nil {
		return photo{}, blameJPEG(err)
	}
	if err := checkSize(header.Width, header.Height); err != nil {
		return photo{}, err
	}
	v := viewOf(image.Pt(header.Width, header.Height), orientation(header.EXIF), p)
	options, lattices := decoding(header, v, p)
	if needed := e.decoder.Memory(options); needed > maxDecoded {
		return photo{}, fail(prew.SourceTooLarge, "image is %dx%d and needs %d MB to be decoded for this preset, limit is %d",
			header.Width, header.Height, needed>>20, maxDecoded>>20)
	}
	planes, err := e.decoder.Decode(options)
	if err != nil {
		return photo{}, blameJPEG(err)
	}
	return photo{view: v, planes: planes, lattices: lattices}, nil
}

// decoding says how much of a JPEG is decoded for a view, and on what lattices
// its planes then lie.
func decoding(header jpeg.Header, v view, p prew.Preset) (jpeg.Options, []lattice) {
	options := jpeg.Options{Damaged: p.Damaged == prew.RenderRest}
	stored := image.Pt(header.Width, header.Height)
	var hmax, vmax int
	for _, c := range header.Components {
		hmax, vmax = max(hmax, c.H), max(vmax, c.V)
	}
	lattices := make([]lattice, len(header.Components))
	for i, c := range header.Components {
		step := stepOf(i, p)
		at := func(m int) lattice {
			return lattice{fraction{header.Width * m * c.H, 8 * hmax}, fraction{header.Height * m * c.V, 8 * vmax}}
		}
		m := 1
		for m < 8 && !v.enough(at(m), step, p.Oversample) {
			m++
		}
		options.Scale[i] = m
		lattices[i] = at(m)
		options.Region = options.Region.Union(v.region(lattices[i], stored, step, kernels[p.Kernel]))
	}
	return options, lattices
}

// blameJPEG gives the errors of package jpeg their codes. What else there is
// came from the source.
func blameJPEG(err error) error {
	switch {
	case is[jpeg.UnsupportedError](err):
		return fail(prew.SourceUnsupported, "JPEG image: %v", err)
	case is[jpeg.DamagedError](err):
		return fail(prew.SourceDamaged, "JPEG image: %v", err)
	case is[jpeg.LimitError](err):
		return fail(prew.SourceTooLarge, "JPEG image: %v", err)
	}
	return err
}
