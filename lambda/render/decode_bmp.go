package render

import (
	"errors"

	"golang.org/x/image/bmp"
)

// bmps are decoded by golang.org/x/image.
var bmps = &wholeKind{
	name:        "BMP",
	config:      bmp.DecodeConfig,
	decode:      bmp.Decode,
	unsupported: func(err error) bool { return errors.Is(err, bmp.ErrUnsupported) },
	byImaging:   true,
}
