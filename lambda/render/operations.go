package render

import "prew"

// operation is one step between the decoder and the encoder: it returns what
// becomes of a frame, and may change the one that it was given. Its errors are those of
// rows, which are decoded when they are shrunk.
type operation func(e *engine, f frame, p plan, preset prew.Preset) (frame, error)

// operations are all steps, in the order in which they are done.
var operations = []operation{
	(*engine).watch,     // takes the luma in which faces are looked for
	(*engine).shrink,    // resizes, crops and mirrors
	(*engine).turn,      // exchanges the axes of what is stored on its side
	(*engine).convert,   // makes the colours those of sRGB
	(*engine).keep,      // cuts to what gravity chooses by what is seen
	(*engine).blur,      // softens the picture
	(*engine).sharpen,   // makes its edges stronger
	(*engine).adjust,    // changes brightness, contrast and saturation
	(*engine).tone,      // gives all its colours one tone
	(*engine).flatten,   // puts what is transparent on the background
	(*engine).pad,       // fills the box with the background
	(*engine).watermark, // puts the preset's mark on it
	(*engine).border,    // draws along its edges
	(*engine).round,     // cuts its corners off
}

// operate does all operations to a frame.
func (e *engine) operate(f frame, p plan, preset prew.Preset) (frame, error) {
	for _, operation := range operations {
		var err error
		if f, err = operation(e, f, p, preset); err != nil {
			return f, err
		}
	}
	return f, nil
}
