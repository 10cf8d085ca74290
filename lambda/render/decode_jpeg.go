package render

import (
	"image"
	"io"

	"prew"
	"prew/lambda/render/colour"
	"prew/lambda/render/jpeg"
	"prew/lambda/render/plane"
)

var blameJPEG = blaming("JPEG", is[jpeg.DamagedError], is[jpeg.UnsupportedError], is[jpeg.LimitError])

// formsOfJPEG are what the components are in the words of package jpeg.
var formsOfJPEG = map[jpeg.Colour]form{
	jpeg.Grey: lumaChroma, jpeg.YCbCr: lumaChroma, jpeg.RGB: rgb, jpeg.CMYK: cmykInverted, jpeg.YCCK: ycck,
}

// openJPEG reads the header of a JPEG. The rest is decoded while it arrives.
func (e *engine) openJPEG(src io.Reader) (photo, error) {
	e.file = e.file[:0]
	kept := &recorder{src: src, file: &e.file}
	header, err := e.decoder.ReadHeader(kept)
	if err != nil {
		return photo{}, blameJPEG(err)
	}
	if err := checkSize(header.Width, header.Height); err != nil {
		return photo{}, err
	}
	colours, note := coloursOf(header.ICC, []int{len(header.Components)})
	opened := photo{
		size: image.Pt(header.Width, header.Height),
		turn: orientation(header.EXIF),
		note: note,
		own:  own{srgb: colours == nil && !formsOfJPEG[header.Colour].inks(), format: prew.JPEG},
	}
	opened.own.copied = func() []byte {
		if kept.leaves || !e.decoder.Whole() {
			return nil
		}
		return jpeg.Copy(e.file)
	}
	opened.decode = func(p plan, preset prew.Preset) (picture, error) {
		kept.leaves = kept.leaves || e.size > mostKept || !opened.unchanged(p, preset) || !allows(preset, prew.JPEG)
		return e.decodeJPEG(header, colours, p, preset, kept)
	}
	return opened, nil
}

// decodeJPEG decodes a JPEG at the smallest M/8 of its size that the preset's
// oversampling allows, after it has held against the limit what that takes. The file
// is kept only if there is room for it, and for what it has while it grows. What is
// seen of it at 1/8, which the decoder has for nothing, says what is kept, where that is
// enough to see.
func (e *engine) decodeJPEG(header jpeg.Header, colours *colour.Transform, p plan, preset prew.Preset, kept *recorder) (picture, error) {
	f := frame{form: formsOfJPEG[header.Colour], colours: colours}
	options := decoding(header, p, preset)
	if p.kept != (image.Point{}) && shows(header, 1, preset) {
		options.Choose = func(eighth []plane.Plane) image.Rectangle {
			seen := f
			seen.planes, seen.lattices = eighth, latticesOf(header, [4]int{1, 1, 1, 1})
			f.kept = e.chosen(seen, p, preset)
			return regionOf(header, options.Scale, p.keeping(f.kept), preset)
		}
	}
	needed := e.memoryOf(f.form, options, p, preset)
	if needed > room() {
		preset.Oversample = 1 // a little less sharp is better than nothing
		less := decoding(header, p, preset)
		options.Scale, options.Region = less.Scale, less.Region
		needed = e.memoryOf(f.form, options, p, preset)
	}
	if kept.leaves = kept.leaves || needed+2*mostKept > room(); !kept.leaves {
		needed += 2 * mostKept
	}
	if err := e.checkMemory("JPEG", image.Pt(header.Width, header.Height), needed); err != nil {
		return picture{}, err
	}
	planes, err := e.decoder.Decode(options)
	if err != nil {
		return picture{}, blameJPEG(err)
	}
	f.planes, f.lattices = planes, latticesOf(header, options.Scale)
	return still(f), nil
}

// smallSide is the longest side, in pixels, of photos that are decoded whole. The
// part of a sample that enough lets be missing is much where there are few: of
// 3x3 pixels in 4:2:0 it left one sample of chroma. Above this side there are four
// of them and more even at an eighth, and a preview never has fewer than it needs.
const smallSide = 64

// decoding says how much of a JPEG is decoded for a plan.
func decoding(header jpeg.Header, p plan, preset prew.Preset) jpeg.Options {
	options := jpeg.Options{Damaged: preset.Damaged == prew.RenderRest}
	for i := range header.Components {
		step := formsOfJPEG[header.Colour].stepOf(i, preset)
		m := 1
		if max(header.Width, header.Height) <= smallSide {
			m = 8
		}
		for m < 8 && !(p.enough(latticeOf(header, i, m), step, preset.Oversample) && (p.kept == (image.Point{}) || shows(header, m, preset))) {
			m++
		}
		options.Scale[i] = m
	}
	options.Region = regionOf(header, options.Scale, p, preset)
	return options
}

// shows says whether a JPEG that is decoded at m/8 is large enough for a part of it to be
// chosen by what is seen.
func shows(header jpeg.Header, m int, preset prew.Preset) bool {
	return max(header.Width, header.Height)*m >= 8*lookedSide(preset)
}

// latticeOf is the lattice of a component that is decoded at m/8.
func latticeOf(header jpeg.Header, component, m int) lattice {
	var hmax, vmax int
	for _, c := range header.Components {
		hmax, vmax = max(hmax, c.H), max(vmax, c.V)
	}
	c := header.Components[component]
	return lattice{fraction{header.Width * m * c.H, 8 * hmax}, fraction{header.Height * m * c.V, 8 * vmax}}
}

// latticesOf are those of all components.
func latticesOf(header jpeg.Header, scales [4]int) (lattices [4]lattice) {
	for i := range header.Components {
		lattices[i] = latticeOf(header, i, scales[i])
	}
	return lattices
}

// regionOf is what of a JPEG the preview needs that a plan is for.
func regionOf(header jpeg.Header, scales [4]int, p plan, preset prew.Preset) (r image.Rectangle) {
	stored := image.Pt(header.Width, header.Height)
	for i, l := range latticesOf(header, scales) {
		if i < len(header.Components) {
			r = r.Union(p.region(l, stored, formsOfJPEG[header.Colour].stepOf(i, preset), kernels[preset.Kernel]))
		}
	}
	return r
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
// high, or a coefficient where the preview is progressive. What is not luma and chroma
// becomes pixels in between.
func (e *engine) memoryOf(f form, o jpeg.Options, p plan, preset prew.Preset) int {
	size := p.canvas
	samples := size.X * size.Y * 3
	if lumaChroma.stepOf(1, preset) == 2 {
		samples /= 2
	}
	each := 3
	if preset.Progressive || preset.Quality > 90 || preset.Quality == prew.AutoQuality {
		each = 5
	}
	needed := e.decoder.Memory(o) + each*samples + markMemory(preset, size)
	if preset.Format == prew.AVIF {
		needed += 3 * samples // the frame as it is decoded, and what is known of its blocks
	}
	if preset.Retouches() || preset.Fit == prew.Pad {
		needed += 4 * size.X * size.Y // at most the pixels once more
	}
	if preset.Rounds() {
		needed += 20 * size.X * size.Y // as a PNG, a WebP or an AVIF with alpha
	}
	if f != lumaChroma {
		needed += 8 * size.X * size.Y
	}
	return needed
}
