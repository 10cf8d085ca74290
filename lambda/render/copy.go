package render

import (
	"io"

	"prew"
)

// A preview is never larger than its photo where the preset changes nothing: there the
// photo's own picture, without its metadata, may be the preview.

// own is a photo's own file as its preview.
type own struct {
	srgb     bool // its colours are sRGB's, as a preview's are
	lossless bool // its kind keeps every pixel as it was

	// format is that of the file, Auto if it is none of those that are written, and
	// copied the picture in it without metadata, nil where that is not whole. copied
	// can be called when the picture has been decoded, and is nil for Auto.
	format prew.Format
	copied func() []byte
}

// unchanged says whether the plan and the preset leave a photo as it is.
func (p photo) unchanged(plan plan, preset prew.Preset) bool {
	return p.own.srgb && !preset.Retouches() && plan.turn == upright && plan.scaled == p.size && plan.crop.Size() == p.size && plan.canvas == p.size
}

// allows says whether the preview may have the format. Where it is left open, who asks
// need not know WebP.
func allows(preset prew.Preset, f prew.Format) bool {
	return preset.Format == f || preset.Format == prew.Auto && f != prew.WebP
}

// smallest returns the smallest of the previews that there may be of a photo that its
// preset leaves as it is: the encoded one, the photo's own picture, and, of what came
// without loss and is still larger than the photo, others without loss.
func (e *engine) smallest(encoded Preview, p photo, m picture, preset prew.Preset) Preview {
	try := func(as prew.Format, data []byte) {
		if data != nil && len(data) < len(encoded.Data) {
			encoded.Data, encoded.ContentType = data, formats[as].mediaType
		}
	}
	if p.own.format != prew.Auto && allows(preset, p.own.format) {
		try(p.own.format, p.own.copied())
	}
	if !p.own.lossless || len(encoded.Data) <= len(e.file) {
		return encoded
	}
	f := m.frames[0]
	switch preset.Format {
	case prew.WebP:
		try(prew.WebP, e.encodeLossless(f, preset))
	case prew.Auto:
		try(prew.PNG, e.encodePNG(f, preset))
		try(prew.PNG, e.encodePalette(f))
	case prew.PNG:
		try(prew.PNG, e.encodePalette(f))
	}
	return encoded
}

// mostKept is the largest photo that is kept while it is decoded, in bytes. A preview
// of 24 megapixels at quality 80 has less.
const mostKept = 8 << 20

// recorder reads a source and keeps what it has read.
type recorder struct {
	src    io.Reader
	file   *[]byte
	leaves bool // it does not, or no more
}

// Read implements io.Reader.
func (r *recorder) Read(p []byte) (int, error) {
	n, err := r.src.Read(p)
	if r.leaves = r.leaves || len(*r.file)+n > mostKept; !r.leaves {
		*r.file = append(*r.file, p[:n]...)
	}
	return n, err
}
