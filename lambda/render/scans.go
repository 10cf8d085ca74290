package render

import (
	"bytes"
	"encoding/binary"
	"iter"

	"prew"
)

// maxScans is the most scans of a JPEG that the standard library decodes; package
// jpeg has the same limit of its own. Encoders write ten or so. A scan of a few
// bytes can ask for work on the whole picture, and 64 MB hold hundreds of
// thousands of them.
const maxScans = 100

func checkScans(src []byte) error {
	scans := 0
	for marker := range jpegSegments(src) {
		if marker == jpegSOS {
			scans++
		}
	}
	if scans > maxScans {
		return fail(prew.SourceTooLarge, "JPEG image: it has %d scans, limit is %d", scans, maxScans)
	}
	return nil
}

// The markers of JPEG (ITU-T T.81, table B.1) that matter here.
const (
	jpegSOI = 0xd8
	jpegEOI = 0xd9
	jpegSOS = 0xda
)

// jpegSegments yields the marker segments of a JPEG up to its end, with their
// payloads, and passes over the coded data between them.
func jpegSegments(src []byte) iter.Seq2[byte, []byte] {
	return func(yield func(byte, []byte) bool) {
		for {
			i := bytes.IndexByte(src, 0xff)
			if i < 0 || i+2 > len(src) {
				return
			}
			marker := src[i+1]
			switch {
			case marker == 0xff: // a fill byte
				src = src[i+1:]
				continue
			case marker == 0 || 0xd0 <= marker && marker <= jpegSOI: // coded data, RST0-7, SOI
				src = src[i+2:]
				continue
			case marker == jpegEOI:
				return
			}
			src = src[i+2:]
			if len(src) < 2 {
				return
			}
			length := int(binary.BigEndian.Uint16(src)) // counts itself
			if length < 2 || length > len(src) || !yield(marker, src[2:length]) {
				return
			}
			src = src[length:]
		}
	}
}
