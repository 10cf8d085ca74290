package render

import (
	"bytes"
	"fmt"
	"image"
	stdjpeg "image/jpeg"
	"io"

	"prew"
	"prew/lambda/render/jpeg"
)

// openJPEG reads the header of a JPEG. The rest is decoded while it arrives.
func (e *engine) openJPEG(src io.Reader) (photo, error) {
	header, err := e.decoder.ReadHeader(src)
	if err == nil && header.Colour != jpeg.Grey && header.Colour != jpeg.YCbCr {
		err = jpeg.UnsupportedError(fmt.Sprintf("components that are %s", header.Colour))
	}
	if is[jpeg.UnsupportedError](err) {
		return e.openOddJPEG(io.MultiReader(bytes.NewReader(e.decoder.Head()), src), err)
	}
	if err != nil {
		return photo{}, blameJPEG(err)
	}
	if err := checkSize(header.Width, header.Height); err != nil {
		return photo{}, err
	}
	return photo{
		size: image.Pt(header.Width, header.Height),
		turn: orientation(header.EXIF),
		decode: func(p plan, preset prew.Preset) (picture, error) {
			return e.decodeJPEG(header, p, preset)
		},
	}, nil
}

// openOddJPEG opens what package jpeg leaves to others: CMYK, colours stored as
// red, green and blue, and the like. They are few enough that the standard
// library's time for them is well spent. What the standard library doesn't know
// either has package jpeg's error, which says what it is.
func (e *engine) openOddJPEG(src io.Reader, unsupported error) (photo, error) {
	ours := func(theirs error) error {
		if is[stdjpeg.UnsupportedError](theirs) {
			return unsupported
		}
		return theirs
	}
	odd := &wholeKind{
		name: "JPEG",
		config: func(r io.Reader) (image.Config, error) {
			config, err := stdjpeg.DecodeConfig(r)
			return config, ours(err)
		},
		decode: func(r io.Reader) (image.Image, error) {
			img, err := stdjpeg.Decode(r)
			return img, ours(err)
		},
		unsupported: is[jpeg.UnsupportedError],
		check:       checkScans,
	}
	return odd.open(e, src)
}

// decodeJPEG decodes a JPEG at the smallest M/8 of its size that the preset's
// oversampling allows, after it has held against the limit what that takes.
func (e *engine) decodeJPEG(header jpeg.Header, p plan, preset prew.Preset) (picture, error) {
	options, lattices := decoding(header, p, preset)
	if e.memoryOf(options, p, preset) > room() {
		preset.Oversample = 1 // a little less sharp is better than nothing
		options, lattices = decoding(header, p, preset)
	}
	if err := checkMemory("JPEG", image.Pt(header.Width, header.Height), e.memoryOf(options, p, preset)); err != nil {
		return picture{}, err
	}
	planes, err := e.decoder.Decode(options)
	if err != nil {
		return picture{}, blameJPEG(err)
	}
	return still(frame{planes: planes, lattices: lattices}), nil
}

// smallSide is the longest side, in pixels, of photos that are decoded whole. The
// part of a sample that enough lets be missing is much where there are few: of
// 3x3 pixels in 4:2:0 it left one sample of chroma. Above this side there are four
// of them and more even at an eighth, and a preview never has fewer than it needs.
const smallSide = 64

// decoding says how much of a JPEG is decoded for a plan, and on what lattices
// its planes then lie.
func decoding(header jpeg.Header, p plan, preset prew.Preset) (jpeg.Options, [3]lattice) {
	options := jpeg.Options{Damaged: preset.Damaged == prew.RenderRest}
	stored := image.Pt(header.Width, header.Height)
	var hmax, vmax int
	for _, c := range header.Components {
		hmax, vmax = max(hmax, c.H), max(vmax, c.V)
	}
	var lattices [3]lattice
	for i, c := range header.Components {
		step := stepOf(i, preset)
		at := func(m int) lattice {
			return lattice{fraction{header.Width * m * c.H, 8 * hmax}, fraction{header.Height * m * c.V, 8 * vmax}}
		}
		m := 1
		if max(header.Width, header.Height) <= smallSide {
			m = 8
		}
		for m < 8 && !p.enough(at(m), step, preset.Oversample) {
			m++
		}
		options.Scale[i] = m
		lattices[i] = at(m)
		options.Region = options.Region.Union(p.region(lattices[i], stored, step, kernels[preset.Kernel]))
	}
	return options, lattices
}

// enough says whether planes on a lattice hold what the preview needs: samples
// for oversample times as many as it will have, each way. A part of a sample may
// be missing, as where the preview's size was rounded up.
func (p plan) enough(l lattice, step int, oversample float64) bool {
	covers := func(f fraction, side int) bool {
		return float64((f.num+f.den)*step) > oversample*float64(side*f.den)
	}
	return covers(l.x, p.scaled.X) && covers(l.y, p.scaled.Y)
}

// memoryOf is about how many bytes it takes to decode a JPEG with these options
// and to make the preview: the decoder's planes and coefficients, and for each
// sample of the preview the sample itself with what the encoder holds for it.
// That is a token for a few samples, or for most of them where the quality is
// high, or a coefficient where the preview is progressive.
func (e *engine) memoryOf(o jpeg.Options, p plan, preset prew.Preset) int {
	size := p.crop.Size()
	samples := size.X * size.Y * 3
	if stepOf(1, preset) == 2 {
		samples /= 2
	}
	each := 3
	if preset.Progressive || preset.Quality > 90 {
		each = 5
	}
	return e.decoder.Memory(o) + each*samples
}

// checkScans holds a JPEG that is left to the standard library, which would decode
// any number of scans, against package jpeg's limit.
func checkScans(file []byte) error {
	if scans := jpeg.CountScans(file); scans > jpeg.MaxScans {
		return fail(prew.SourceTooLarge, "JPEG image: it has %d scans, limit is %d", scans, jpeg.MaxScans)
	}
	return nil
}

// blameJPEG gives the errors of package jpeg their codes. Any other error came
// from the source.
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
