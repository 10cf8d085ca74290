package jpeg

import (
	"bytes"
	"encoding/binary"
)

// Copy returns the picture of a file without its metadata: tables, headers and coded
// data as they are, and of the application segments (ITU-T T.81, B.2.4.6) those that
// say what the components stand for, JFIF's without its thumbnail and Adobe's. What
// follows EOI is left out.
//
// It is nil for a file whose segments do not follow one another from SOI to EOI, or
// that has one which nobody needs to show a picture. Whether the picture is damaged it
// does not see: Decoder.Whole says that.
func Copy(file []byte) []byte {
	rest, ok := bytes.CutPrefix(file, []byte{0xff, markerSOI})
	if !ok {
		return nil
	}
	out := append(make([]byte, 0, len(file)), 0xff, markerSOI)
	for jfifs, scans := 0, 0; ; {
		fill := 0 // bytes of 0xff, of which the last begins the marker
		for fill < len(rest) && rest[fill] == 0xff {
			fill++
		}
		if fill == 0 || fill == len(rest) {
			return nil
		}
		marker := rest[fill]
		rest = rest[fill+1:]
		if marker == markerEOI {
			return append(out, 0xff, markerEOI)
		}
		if len(rest) < 2 {
			return nil
		}
		length := int(binary.BigEndian.Uint16(rest)) // counts itself
		if length < 2 || length > len(rest) {
			return nil
		}
		segment, p := rest[:length], rest[2:length]
		rest = rest[length:]
		switch {
		case marker == markerAPP0 && isJFIF(p):
			if jfifs++; jfifs == 1 && scans == 0 {
				out = append(out, jfif...)
			}
		case marker == markerAPPE && isAdobe(p):
			if scans == 0 {
				out = append(out, 0xff, markerAPPE, 0, 2+adobeSize)
				out = append(out, p[:adobeSize]...)
			}
		case markerAPP0 <= marker && marker <= markerAPPF || marker == markerCOM:
		case markerSOF0 <= marker && marker <= markerSOF2, marker == markerDHT, marker == markerDQT, marker == markerDRI:
			out = append(append(out, 0xff, marker), segment...)
		case marker == markerSOS:
			scans++
			out = append(append(out, 0xff, marker), segment...)
			n := codedBytes(rest)
			out = append(out, rest[:n]...)
			rest = rest[n:]
		default:
			return nil
		}
	}
}

// codedBytes is how many bytes the coded data has that a file goes on with, with its
// stuffed zeros and restart markers.
func codedBytes(file []byte) int {
	for at := 0; ; {
		i := bytes.IndexByte(file[at:], 0xff)
		if i < 0 || at+i+1 == len(file) {
			return len(file)
		}
		at += i
		switch next := file[at+1]; {
		case next == 0 || markerRST0 <= next && next <= markerRST7:
			at += 2
		case next == 0xff: // it fills up
			at++
		default:
			return at
		}
	}
}
