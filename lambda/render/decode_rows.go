package render

import (
	"errors"
	"fmt"
	"image"
	"io"

	"prew"
	"prew/lambda/render/colour"
	"prew/lambda/render/plane"
	"prew/lambda/render/resample"
)

// rows are a picture that a decoder makes row by row.
type rows struct {
	size    image.Point
	decoder rowDecoder
	blame   func(error) error // gives the decoder's errors their codes
}

// rowDecoder is a decoder that has opened a file. Finish reads what is left of the
// picture, so that damage is found wherever it lies.
type rowDecoder interface {
	plane.Rows
	Finish() error
}

// Row implements plane.Rows.
func (r *rows) Row(y int) (plane.Row, error) {
	row, err := r.decoder.Row(y)
	if err != nil {
		return row, r.blame(err)
	}
	return row, nil
}

func (r *rows) finish() error {
	if err := r.decoder.Finish(); err != nil {
		return r.blame(err)
	}
	return nil
}

// opened is what a decoder by rows says of the file that it has opened.
type opened struct {
	size    image.Point
	form    plane.Form
	deep    bool // sixteen bits a sample
	memory  int  // what decoding takes beside the file, in bytes
	turn    turn
	icc     []byte
	colours *colour.Transform // where something else than icc says it
	note    string
	decoder rowDecoder

	// planes decodes the whole picture into planes, if those serve the preset better than
	// rows. It may be nil.
	planes func(size image.Point, preset prew.Preset) (f frame, ok bool, err error)

	// moving is the decoder where the file may have several frames.
	moving movingDecoder

	// copiedAll is all frames in the file's format without metadata, nil where that is not
	// whole. It can be called when they have been composed, and may be left out.
	copiedAll func() []byte

	// format is that of the file if it is one that is written, and copied the picture in
	// it without metadata, once it has been decoded after verify. They may be left out.
	format prew.Format
	verify func()
	copied func() []byte
}

// forms are the forms of rows in the words of frames.
var forms = map[plane.Form]form{plane.Grey: lumaChroma, plane.RGBA: rgb, plane.CMYK: cmyk}

// samples is how many samples a pixel of a row has.
func (o opened) samples() int {
	if o.form == plane.Grey {
		return 1
	}
	return 4
}

// channels is how many of them the colour profile may be for. Grey with alpha comes as
// red, green and blue, too.
func (o opened) channels() []int {
	if o.form == plane.RGBA {
		return []int{3, 1}
	}
	return []int{o.samples()}
}

// inRows makes what opens a kind of file that is read as a whole and decoded by rows.
// header opens the file; the others tell the errors of its decoder, as in blaming.
func inRows(kind string, header func(e *engine, file []byte) (opened, error), damaged, unsupported, limit func(error) bool) func(e *engine, src io.Reader) (photo, error) {
	blame := blaming(kind, damaged, unsupported, limit)
	return func(e *engine, src io.Reader) (photo, error) {
		file, err := e.read(src)
		if err != nil {
			return photo{}, err
		}
		o, err := header(e, file)
		if err != nil {
			return photo{}, blame(err)
		}
		if err := o.check(kind); err != nil {
			return photo{}, err
		}
		if o.icc != nil {
			o.colours, o.note = coloursOf(o.icc, o.channels())
		}
		opened := photo{size: o.size, turn: o.turn, note: o.note,
			own: own{o.colours == nil && !forms[o.form].inks(), o.planes == nil, o.format, o.copied}}
		if o.moving != nil {
			opened.animation = func() (animation, error) {
				a, err := o.moving.Animation()
				if err != nil {
					return animation{}, blame(err)
				}
				return animation{a, kind, o, blame}, nil
			}
		}
		opened.decode = func(p plan, preset prew.Preset) (picture, error) {
			if o.verify != nil && opened.unchanged(p, preset) && allows(preset, o.format) {
				o.verify()
			}
			if err := e.checkMemory(kind, o.size, e.memoryOfRows(o, p, preset)); err != nil {
				return picture{}, err
			}
			f, err := e.frameOf(o, preset, blame)
			return still(f), err
		}
		return opened, nil
	}
}

// check holds against the limits what a file claims. What its preview takes of memory is
// known when that is planned.
func (o opened) check(kind string) error {
	if err := checkSize(o.size.X, o.size.Y); err != nil {
		return err
	}
	unfolded := o.size.X * o.size.Y * o.samples()
	if o.deep {
		unfolded *= 2
	}
	if unfolded > maxUnfolded {
		return fail(prew.SourceTooLarge, "%s image unfolds to %d MB, limit is %d", kind, unfolded/1_000_000, maxUnfolded/1_000_000)
	}
	return nil
}

// frameOf is the frame of an opened file.
func (e *engine) frameOf(o opened, preset prew.Preset, blame func(error) error) (frame, error) {
	if o.planes != nil {
		f, ok, err := o.planes(o.size, preset)
		if err != nil {
			return frame{}, blame(err)
		}
		if ok {
			f.colours = o.colours
			return f, nil
		}
	}
	return frame{form: forms[o.form], rows: &rows{o.size, o.decoder, blame}, colours: o.colours}, nil
}

// memoryOfRows is about how many bytes it takes to decode a file by rows and to make the
// preview: the file, what the decoder holds, the rows that the resampler holds, inks as
// planes, the preview as pixels and as the encoder has it, and its watermark.
func (e *engine) memoryOfRows(o opened, p plan, preset prew.Preset) int {
	_, y := p.axes(wholeLattice(o.size), 1)
	size := p.canvas
	needed := cap(e.file) + o.memory + 10*size.X*size.Y + markMemory(preset, size)
	if preset.Format == prew.WebP || preset.Format == prew.AVIF {
		needed += 20 * size.X * size.Y // alpha, or all of it, without loss; two frames and what AV1 knows of their blocks
	}
	if preset.Retouches() || preset.Fit == prew.Pad {
		needed += 4 * size.X * size.Y // the pixels once more
	}
	if preset.Trim != 0 && o.form != plane.CMYK {
		needed += o.samples() * o.size.X * o.size.Y
	}
	if o.form == plane.CMYK {
		return needed + 4*o.size.X*o.size.Y + resample.Memory(y, kernels[preset.Kernel], o.size.Y, o.size.X)
	}
	return needed + resample.Memory(y, kernels[preset.Kernel], o.size.Y, o.samples()*o.size.X)
}

// read reads a source as a whole. A source whose size is known takes its size, and one
// that grows takes the old room beside the new one for a moment: what has no room is
// too large.
func (e *engine) read(src io.Reader) ([]byte, error) {
	const least = 64 << 10
	file := e.file[:0]
	if size := e.size + 1; e.size > 0 && cap(file) < size { // one more to see the end
		if err := e.checkFile(size); err != nil {
			return nil, err
		}
		e.file = nil // there need not be room for both
		file = make([]byte, 0, size)
	}
	for {
		if len(file) == cap(file) {
			more := max(2*cap(file), least)
			if err := e.checkFile(cap(file) + more); err != nil {
				return nil, err
			}
			file = append(make([]byte, 0, more), file...)
		}
		n, err := src.Read(file[len(file):cap(file)])
		file = file[:len(file)+n]
		e.file = file
		if err == io.EOF {
			return file, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// checkFile holds what a file takes, in bytes, against the room that there is.
func (e *engine) checkFile(needed int) error {
	e.needed = needed
	if limit := room(); needed > limit {
		return fail(prew.SourceTooLarge, "image is a file that needs %d MB to be read, limit is %d", needed/1_000_000, limit/1_000_000)
	}
	return nil
}

// coloursOf makes the transform of a photo's ICC profile for one of the numbers of
// channels that the photo may have. A broken profile is none, and worth a note.
func coloursOf(icc []byte, channels []int) (t *colour.Transform, note string) {
	if len(icc) == 0 {
		return nil, ""
	}
	var err error
	for _, n := range channels {
		if t, err = colour.FromProfile(icc, n); err == nil {
			return t, ""
		}
	}
	return nil, fmt.Sprintf("colour profile: %v", err)
}

// blaming gives the errors of a decoder their codes: those that say what is damaged, what
// the decoder does not know, and what is above a limit. Other errors are the source's own.
func blaming(kind string, damaged, unsupported, limit func(error) bool) func(error) error {
	return func(err error) error {
		switch {
		case unsupported(err):
			return fail(prew.SourceUnsupported, "%s image: %v", kind, err)
		case damaged(err):
			return fail(prew.SourceDamaged, "%s image: %v", kind, err)
		case limit(err):
			return fail(prew.SourceTooLarge, "%s image: %v", kind, err)
		}
		return err
	}
}

// never is for a decoder without errors of a kind.
func never(error) bool { return false }

// is says whether err is an E or wraps one.
func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}
