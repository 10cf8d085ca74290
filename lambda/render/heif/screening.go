package heif

import (
	"context"
	"errors"
	"iter"

	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// The program of AV1 decodes a film in one call, and would have all frames in memory at its
// end. A screening holds it up after each: as the function that makes a frame red, green
// and blue returns, the frame is taken, and the program goes on when the next one is
// asked for.

// toRGB is the function avifImageYUVToRGB of libavif by its number in libavif.wasm.gz, which
// does not export it. Its arguments are where an avifImage and an avifRGBImage lie, and its
// result is 0 if it could.
const toRGB = 66

// The fields of an avifImage and an avifRGBImage that matter (avif.h of libavif 1.1.1), as
// distances in bytes. Each has four.
const (
	imageWidth, imageHeight = 0, 4

	rgbDepth, rgbPremultiplied, rgbPixels, rgbRowBytes = 8, 32, 44, 48
)

// screening is a film that is being decoded.
type screening struct {
	film  *film
	shown int
	// next is the next frame, red, green, blue and alpha in rows of the film's width, valid
	// until the one after it.
	next  func() (pixels []byte, err error, ok bool)
	stop  func()
	call  *call
	yield func(pixels []byte, err error) bool
	rgb   uint32 // where the avifRGBImage lies
}

// errStopped is the error of a program that nobody wants more frames of.
var errStopped = errors.New("stopped")

// screen begins to decode a film. It is to be stopped.
func (f *film) screen(m *memory, file []byte) *screening {
	s := &screening{film: f}
	s.next, s.stop = iter.Pull2(func(yield func([]byte, error) bool) {
		s.yield = yield
		m.reserve(f.linearMemory(len(file)))
		err := AV1.run(m, f.fuel(len(file)), func(c *call) {
			s.call = c
			c.context = context.WithValue(c.context, screeningKey{}, s)
			in := c.write(file)
			said := c.allocate(16)
			durations := c.allocate(8 * len(f.delays))
			field := func(i int) uint64 { return uint64(said) + uint64(4*i) }
			// What it copies of each frame are rows of no bytes, to wherever.
			ok := c.do("decode", uint64(in), uint64(len(file)), 0, 1, field(0), field(1), field(2), field(3), uint64(durations), 0)
			if c.err == nil && ok == 0 {
				c.err = unsupportedf("its codec refuses it")
			}
		})
		if err == nil {
			err = damagedf("its AV1 stream can't be decoded") // or has fewer frames
		}
		if err != errStopped {
			yield(nil, err)
		}
	})
	return s
}

// screeningKey is the key of the screening in the context of a call.
type screeningKey struct{}

// projector listens to toRGB.
type projector struct{}

// project is the listener of a function, if it is toRGB.
func project(f api.FunctionDefinition) experimental.FunctionListener {
	if f.Index() == toRGB {
		return projector{}
	}
	return nil
}

// Before implements experimental.FunctionListener. Colours are to be as those of a still,
// which are not multiplied by alpha. Eight bits are what a preview that moves has.
func (projector) Before(ctx context.Context, _ api.Module, _ api.FunctionDefinition, params []uint64, _ experimental.StackIterator) {
	s, ok := ctx.Value(screeningKey{}).(*screening)
	if !ok || s.call.err != nil {
		return
	}
	im, width, height := uint32(params[0]), s.film.picture.width, s.film.picture.height
	s.rgb = uint32(params[1])
	if w, h := s.field(im+imageWidth), s.field(im+imageHeight); w != width || h != height {
		s.end(unsupportedf("its codec makes another picture of it: %dx%d", w, h))
		return
	}
	s.set(rgbDepth, 8)
	s.set(rgbRowBytes, 4*width)
	s.set(rgbPremultiplied, 0)
}

// After implements experimental.FunctionListener.
func (projector) After(ctx context.Context, _ api.Module, _ api.FunctionDefinition, results []uint64) {
	s, ok := ctx.Value(screeningKey{}).(*screening)
	if !ok || s.call.err != nil {
		return
	}
	if uint32(results[0]) != 0 {
		s.end(unsupportedf("its codec refuses it"))
		return
	}
	at := uint32(s.field(s.rgb + rgbPixels))
	s.set(rgbRowBytes, 0)
	pixels := s.call.read(at, 4*s.film.picture.width*s.film.picture.height)
	if s.call.err != nil || !s.yield(pixels, nil) {
		s.end(errStopped)
	}
}

// Abort implements experimental.FunctionListener.
func (projector) Abort(context.Context, api.Module, api.FunctionDefinition, error) {}

// end ends the program with an error, at its next loop.
func (s *screening) end(err error) {
	if s.call.err == nil {
		s.call.err = err
	}
	s.call.fuel.Set(1<<64 - 1)
}

// field is a field of four bytes, or 0 beyond the memory.
func (s *screening) field(at uint32) int {
	v, _ := s.call.module.Memory().ReadUint32Le(at)
	return int(v)
}

// set sets a field of the avifRGBImage.
func (s *screening) set(field, value int) {
	s.call.module.Memory().WriteUint32Le(s.rgb+uint32(field), uint32(value))
}
