package render

import (
	"bytes"
	"errors"
	"image"
	"io"

	"prew"
	"prew/lambda/render/jpeg"
)

// maxMemory is the most bytes that rendering a JPEG may take, by what memoryOf
// says: with what the program itself has, a process stays below 250 MB. Only the
// largest photos need more, for previews near their own size.
const maxMemory = 230_000_000

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
	needed := e.memoryOf(options, v, p)
	if needed > maxMemory {
		p.Oversample = 1 // a little less sharp is better than nothing
		options, lattices = decoding(header, v, p)
		needed = e.memoryOf(options, v, p)
	}
	if needed > maxMemory {
		return photo{}, fail(prew.SourceTooLarge, "image is %dx%d and needs %d MB to be rendered for this preset, limit is %d",
			header.Width, header.Height, needed/1_000_000, maxMemory/1_000_000)
	}
	planes, err := e.decoder.Decode(options)
	if err != nil {
		return photo{}, blameJPEG(err)
	}
	return photo{view: v, planes: planes, lattices: lattices}, nil
}

// memoryOf is about how many bytes it takes to decode a JPEG so and to make the
// preview of it: what the decoder holds, and the preview's samples with what the
// encoder holds of each: a token of a few, or of most of them where the quality is
// high, or its coefficient, to write it progressively.
func (e *engine) memoryOf(o jpeg.Options, v view, p prew.Preset) int {
	size := v.crop.Size()
	samples := size.X * size.Y * 3
	if stepOf(1, p) == 2 {
		samples /= 2
	}
	each := 3
	if p.Progressive || p.Quality > 90 {
		each = 5
	}
	return e.decoder.Memory(o) + each*samples
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

// checkScans holds a JPEG that is left to the standard library, which would decode
// any number of scans, against package jpeg's limit.
func checkScans(src []byte) error {
	if scans := jpeg.CountScans(src); scans > jpeg.MaxScans {
		return fail(prew.SourceTooLarge, "JPEG image: it has %d scans, limit is %d", scans, jpeg.MaxScans)
	}
	return nil
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
