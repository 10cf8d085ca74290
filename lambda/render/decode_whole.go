package render

import (
	"bytes"
	"image"
	"io"

	"prew"
)

// wholeKind is a kind whose files are read as a whole and decoded in their full
// size, by a decoder that returns an image.Image.
type wholeKind struct {
	name   string // for errors
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)

	// unsupported tells the decoder's errors about what it does not know from
	// those about what is broken. It is nil for a decoder that knows everything.
	unsupported func(error) bool

	// check holds a file against limits of which the decoder knows nothing and
	// the size says nothing. It may be nil.
	check func(file []byte) error

	// exif finds the TIFF structure that EXIF is, and returns nil where the file
	// has none. It is nil for a kind without EXIF.
	exif func(file []byte) []byte

	// byImaging says that package imaging resizes this kind's pictures.
	byImaging bool
}

// open reads a source as a whole and holds it against every limit by its headers
// alone: a file that is refused costs no memory but its own.
func (k *wholeKind) open(e *engine, src io.Reader) (photo, error) {
	e.file.Reset()
	if _, err := e.file.ReadFrom(src); err != nil {
		return photo{}, err
	}
	file := e.file.Bytes()
	reader := bytes.NewReader(file)
	config, err := k.config(reader)
	if err != nil {
		return photo{}, k.blame(err)
	}
	if err := checkSize(config.Width, config.Height); err != nil {
		return photo{}, err
	}
	if k.check != nil {
		if err := k.check(file); err != nil {
			return photo{}, err
		}
	}
	opened := photo{size: image.Pt(config.Width, config.Height), turn: upright}
	if k.exif != nil {
		opened.turn = orientation(k.exif(file))
	}
	opened.decode = func(plan, prew.Preset) (picture, error) {
		reader.Reset(file)
		img, err := k.decode(reader)
		if err != nil {
			return picture{}, k.blame(err)
		}
		return still(k.frameOf(img)), nil
	}
	return opened, nil
}

// blame gives an error of the decoder its code.
func (k *wholeKind) blame(err error) error {
	code := prew.SourceDamaged
	if k.unsupported != nil && k.unsupported(err) {
		code = prew.SourceUnsupported
	}
	return fail(code, "%s image: %v", k.name, err)
}

// frameOf returns the planes of a decoded picture that is made of luma and
// chroma, and the pixels of any other.
func (k *wholeKind) frameOf(img image.Image) frame {
	if k.byImaging {
		// imaging reads pictures in goroutines of its own, where a panic ends the
		// process and can't be recovered; a pixel with a number beyond its palette
		// makes one. asNRGBA panics here instead, and what it returns has no palette.
		return frame{pixels: asNRGBA(img), byImaging: true}
	}
	if f, ok := planesOf(img); ok {
		return f
	}
	return frame{pixels: asNRGBA(img)}
}
