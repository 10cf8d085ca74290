package render

import (
	"bytes"
	"image"
	"image/gif"
	"io"
)

// gifs are decoded by the standard library.
var gifs = &wholeKind{
	name:      "GIF",
	config:    gif.DecodeConfig,
	decode:    decodeGIF,
	byImaging: true,
}

// decodeGIF reads the first frame and places it where it belongs on the logical
// screen (GIF89a, section 18), which is transparent around it.
func decodeGIF(r io.Reader) (image.Image, error) {
	var head bytes.Buffer
	screen, err := gif.DecodeConfig(io.TeeReader(r, &head))
	if err != nil {
		return nil, err
	}
	// image/gif makes sure that the frame lies inside the screen.
	first, err := gif.Decode(io.MultiReader(&head, r))
	if err != nil {
		return nil, err
	}
	placed := image.NewNRGBA(image.Rect(0, 0, screen.Width, screen.Height))
	paste(placed, first)
	return placed, nil
}
