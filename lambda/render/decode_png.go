package render

import (
	"encoding/binary"
	"image/png"
)

// pngs are decoded by the standard library.
var pngs = &wholeKind{
	name:        "PNG",
	config:      png.DecodeConfig,
	decode:      png.Decode,
	unsupported: is[png.UnsupportedError],
	exif:        exifOfPNG,
}

// exifOfPNG finds the chunk eXIf (PNG, third edition, 11.3.4.5), which may
// stand before or after the picture.
func exifOfPNG(file []byte) []byte {
	const signature, head, crc = 8, 8, 4
	for rest := file[signature:]; len(rest) >= head; {
		length, name := int(binary.BigEndian.Uint32(rest)), string(rest[4:8])
		rest = rest[head:]
		if length+crc > len(rest) {
			return nil
		}
		if name == "eXIf" {
			return rest[:length]
		}
		rest = rest[length+crc:]
	}
	return nil
}
