package planetest

import (
	"bytes"
	"slices"
)

// Canvases asks a decoder for all frames of an animation of the given size, one after another, and
// returns its canvases and for how long each is shown.
func Canvases(decoder interface {
	Next(canvas []uint8) (delay int, err error)
}, frames, width, height int) (canvases [][]uint8, delays []int, err error) {
	canvas := bytes.Repeat([]uint8{99}, 4*width*height) // what was there before does not count
	for range frames {
		delay, err := decoder.Next(canvas)
		if err != nil {
			return canvases, delays, err
		}
		canvases, delays = append(canvases, slices.Clone(canvas)), append(delays, delay)
	}
	return canvases, delays, nil
}
