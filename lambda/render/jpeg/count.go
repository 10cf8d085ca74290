package jpeg

import (
	"bytes"
	"encoding/binary"
)

// MaxScans is the most scans of a picture that is decoded: encoders write ten or
// so, and each asks for work on the whole picture, however short it is. It is
// libjpeg-turbo's limit where that has one.
const MaxScans = 100

// CountScans counts the scan headers of a JPEG up to its end, for decoders that
// have no limit of their own: 64 MB have room for hundreds of thousands. It passes
// over everything else, coded data and the payloads of segments, and ends where
// a segment is cut off.
func CountScans(src []byte) int {
	scans := 0
	for {
		i := bytes.IndexByte(src, 0xff)
		if i < 0 || i+2 > len(src) {
			return scans
		}
		marker := src[i+1]
		switch {
		case marker == 0xff: // a fill byte
			src = src[i+1:]
			continue
		case marker == 0 || markerRST0 <= marker && marker <= markerSOI: // coded data, RST0-7, SOI
			src = src[i+2:]
			continue
		case marker == markerEOI:
			return scans
		}
		src = src[i+2:]
		if len(src) < 2 {
			return scans
		}
		length := int(binary.BigEndian.Uint16(src)) // counts itself
		if length < 2 || length > len(src) {
			return scans
		}
		if marker == markerSOS {
			scans++
		}
		src = src[length:]
	}
}
