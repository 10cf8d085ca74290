package render

import (
	"bytes"
	"encoding/binary"
	"image"
	"iter"

	"github.com/disintegration/imaging"
)

// turn is how a stored picture has to be turned to be seen as it was taken: the
// value 1 to 8 of the tag Orientation (TIFF 6.0, page 36; EXIF 2.32, 4.6.4).
type turn uint8

const upright turn = 1

// orientation is the turn that the EXIF of a source asks for, and upright for
// one without, or with what can't be read: a photo is never refused for it.
func orientation(k kind, src []byte) turn {
	const tagOrientation = 274
	for tag, values := range ifd(k.exif(src)) {
		if tag != tagOrientation {
			continue
		}
		for v := range values {
			if 1 <= v && v <= 8 {
				return turn(v)
			}
			break
		}
	}
	return upright
}

// size is what becomes of a stored size when it is turned, and the other way
// round.
func (t turn) size(p image.Point) image.Point {
	if t >= 5 {
		return image.Pt(p.Y, p.X)
	}
	return p
}

// apply turns a picture. imaging's rotations are counter-clockwise.
func (t turn) apply(img *image.NRGBA) *image.NRGBA {
	switch t {
	case 2:
		return imaging.FlipH(img)
	case 3:
		return imaging.Rotate180(img)
	case 4:
		return imaging.FlipV(img)
	case 5:
		return imaging.Transpose(img)
	case 6:
		return imaging.Rotate270(img)
	case 7:
		return imaging.Transverse(img)
	case 8:
		return imaging.Rotate90(img)
	}
	return img
}

// ifd yields the entries of the first directory of a TIFF structure (TIFF 6.0,
// section 2) that hold unsigned integers: their tags, and their values. It ends
// where the bytes do and reads no more of them than there are.
func ifd(data []byte) iter.Seq2[uint16, iter.Seq[int]] {
	return func(yield func(uint16, iter.Seq[int]) bool) {
		if len(data) < 8 {
			return
		}
		var order binary.ByteOrder = binary.LittleEndian
		switch string(data[:4]) {
		case "II*\x00":
		case "MM\x00*":
			order = binary.BigEndian
		default:
			return
		}
		at := int(order.Uint32(data[4:]))
		if at > len(data)-2 {
			return
		}
		const entrySize = 12
		entries := data[at+2:]
		for range order.Uint16(data[at:]) {
			if len(entries) < entrySize {
				return
			}
			entry := entries[:entrySize]
			entries = entries[entrySize:]
			if !yield(order.Uint16(entry), integers(data, entry, order)) {
				return
			}
		}
	}
}

// integers yields the values of an entry of types SHORT and LONG, which lie in
// its last four bytes or, where there are more, at the offset written there.
func integers(data, entry []byte, order binary.ByteOrder) iter.Seq[int] {
	return func(yield func(int) bool) {
		size := 0
		switch order.Uint16(entry[2:]) {
		case 3:
			size = 2
		case 4:
			size = 4
		default:
			return
		}
		count := int(order.Uint32(entry[4:]))
		values := entry[8:]
		if count*size > len(values) {
			at := int(order.Uint32(values))
			if at > len(data) {
				return
			}
			values = data[at:]
		}
		for ; count > 0 && len(values) >= size; count-- {
			v := 0
			if size == 2 {
				v = int(order.Uint16(values))
			} else {
				v = int(order.Uint32(values))
			}
			if !yield(v) {
				return
			}
			values = values[size:]
		}
	}
}

func noEXIF([]byte) []byte { return nil }

func exifOfTIFF(src []byte) []byte { return src }

// exifHeader comes before the TIFF structure in a JPEG, and in the WebPs of some
// writers.
const exifHeader = "Exif\x00\x00"

// The markers of JPEG (ITU-T T.81, table B.1) that matter here.
const (
	jpegSOI  = 0xd8
	jpegEOI  = 0xd9
	jpegSOS  = 0xda
	jpegAPP1 = 0xe1
)

func exifOfJPEG(src []byte) []byte {
	for marker, payload := range jpegSegments(src) {
		if exif, ok := bytes.CutPrefix(payload, []byte(exifHeader)); ok && marker == jpegAPP1 {
			return exif
		}
	}
	return nil
}

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

// exifOfPNG finds the chunk eXIf (PNG, third edition, 11.3.4.5), which may
// stand before or after the picture.
func exifOfPNG(src []byte) []byte {
	const signature, head, crc = 8, 8, 4
	for rest := src[signature:]; len(rest) >= head; {
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

func exifOfWebP(src []byte) []byte {
	for name, payload := range webpChunks(src) {
		if name == "EXIF" {
			return bytes.TrimPrefix(payload, []byte(exifHeader))
		}
	}
	return nil
}
