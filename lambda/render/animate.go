package render

import (
	"bytes"
	"fmt"
	"image"
	"io"

	"prew"
	"prew/lambda/render/gif"
	"prew/lambda/render/plane"
	"prew/lambda/render/webp"
)

// A photo that moves goes the same way as others, a frame after another: its decoder
// composes a frame on a canvas, which has the whole picture, the operations make a smaller
// one of that, and the encoder of the preview takes it. Two canvases are in memory, and
// never all frames.

// movingDecoder is a decoder whose files may have several frames.
type movingDecoder interface {
	// Animation says how many, once a file is open.
	Animation() (plane.Animation, error)
	// Next composes the next one, and returns for how many milliseconds it is shown.
	Next(canvas []uint8) (delay int, err error)
}

// animation is an opened photo that moves.
type animation struct {
	plane.Animation
	kind   string
	opened opened
	blame  func(error) error // gives the decoder's errors their codes
}

// movingEncoder is an encoder of what moves.
type movingEncoder interface {
	Add(canvas *image.NRGBA, delay int) error
	Close() error
}

// movingFormat is a format in which previews move.
type movingFormat struct {
	mediaType string
	encoder   func(e *engine, w io.Writer, size image.Point, loops int, profile []byte, preset prew.Preset) movingEncoder
}

// movingFormats are all formats in which previews move, by the preset's names for them.
var movingFormats = map[prew.Format]movingFormat{
	prew.WebP: {"image/webp", func(e *engine, w io.Writer, size image.Point, loops int, profile []byte, preset prew.Preset) movingEncoder {
		return e.webp.NewAnimation(w, size, loops, webp.EncodeOptions{Quality: preset.Quality, Effort: efforts[preset.Effort], ICC: profile})
	}},
	prew.Auto: {"image/gif", func(_ *engine, w io.Writer, size image.Point, loops int, _ []byte, preset prew.Preset) movingEncoder {
		return gif.NewAnimation(w, size, loops, gif.AnimationOptions{Dither: preset.Dither})
	}},
}

// moves returns the photo as one that moves, or false if it does not, or if its preview
// does not.
func (p photo) moves(preset prew.Preset) (animation, bool, error) {
	if _, ok := movingFormats[preset.Format]; !ok || !preset.Animate || p.animation == nil {
		return animation{}, false, nil
	}
	a, err := p.animation()
	return a, a.Frames > 1, err
}

// animate makes the preview of a photo that moves.
func (e *engine) animate(p photo, a animation, whole plan, preset prew.Preset) (Preview, error) {
	if preset.Format == prew.Auto {
		preset.Colour = prew.SRGB // a GIF carries no profile
	}
	if err := e.checkAnimation(a, whole, preset); err != nil {
		return Preview{}, err
	}
	var file bytes.Buffer
	var encoder movingEncoder
	var first frame
	var colour string
	canvas, plan, begun := image.NewNRGBA(image.Rectangle{Max: p.size}), whole, processorTime()
	for n := range a.Frames {
		if err := a.checkTime(n, processorTime()-begun); err != nil {
			return Preview{}, err
		}
		delay, err := a.opened.moving.Next(canvas.Pix)
		if err != nil {
			return Preview{}, a.blame(fmt.Errorf("frame %d: %w", n, err))
		}
		f, err := e.operate(frame{form: rgb, rows: &rows{p.size, composed{pixelRows{canvas}}, a.blame}, colours: a.opened.colours}, plan, preset)
		if err != nil {
			return Preview{}, err
		}
		if n == 0 {
			first, colour = f, e.dominant(f)
			if whole.kept != (image.Point{}) {
				plan = whole.keeping(f.kept) // of all frames
			}
			if preset.Format == prew.WebP {
				preset.Quality = e.qualityOf(e.asPlanes(f, preset), preset, probeWebP) // of all frames
			}
			encoder = movingFormats[preset.Format].encoder(e, &file, f.size(), a.Loops, f.profile, preset)
		}
		if err := encoder.Add(asPixels(f), shownFor(delay)); err != nil {
			return Preview{}, err
		}
	}
	if err := encoder.Close(); err != nil {
		return Preview{}, err
	}
	data, size, seen := file.Bytes(), first.size(), p.turn.size(p.size)
	if a.opened.copiedAll != nil && p.own.format == preset.Format && p.unchanged(whole, preset) {
		if own := a.opened.copiedAll(); own != nil && len(own) < len(data) {
			data = own
		}
	}
	crop := whole.ofPhoto(first.kept, image.Rectangle{Max: seen})
	return Preview{Data: data, ContentType: movingFormats[preset.Format].mediaType, Width: size.X, Height: size.Y, Crop: crop,
		Outline: prew.Outline{Width: seen.X, Height: seen.Y, Colour: colour, Crop: written(crop)}, Note: p.note}, nil
}

// composed is a canvas as rows.
type composed struct{ pixelRows }

// Finish implements rowDecoder.
func (composed) Finish() error { return nil }

// shownFor is for how many milliseconds a frame is shown of which the file says delay. All
// browsers take what is hardly a time for a tenth of a second, whatever the format: there
// are old files that say none.
func shownFor(delay int) int {
	const least, usual = 10, 100
	if delay <= least {
		return usual
	}
	return delay
}
