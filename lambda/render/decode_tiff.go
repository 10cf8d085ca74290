package render

import (
	"golang.org/x/image/tiff"

	"prew"
)

// tiffs are decoded by golang.org/x/image. EXIF's structure is that of a TIFF, so
// a file is its own.
var tiffs = &wholeKind{
	name:        "TIFF",
	config:      tiff.DecodeConfig,
	decode:      tiff.Decode,
	unsupported: is[tiff.UnsupportedError],
	check:       checkTIFF,
	exif:        func(file []byte) []byte { return file },
	byImaging:   true,
}

// checkTIFF refuses strips and tiles that lie over one another. A tile can have
// as few as 8x8 pixels, and all of them can point to the same megabytes, which the
// decoder would unpack again for each.
func checkTIFF(file []byte) error {
	const (
		stripByteCounts = 279
		tileByteCounts  = 325
	)
	for tag, values := range ifd(file) {
		if tag != stripByteCounts && tag != tileByteCounts {
			continue
		}
		total := 0
		for n := range values {
			total += n
		}
		// Twice leaves room for writers that round up.
		if limit := 2 * len(file); total > limit {
			return fail(prew.SourceDamaged, "TIFF image: its parts have %d bytes together, limit is %d", total, limit)
		}
	}
	return nil
}
