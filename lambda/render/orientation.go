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

// orientation is the turn that EXIF, a TIFF structure, asks for, and upright
// where there is none or it can't be read: a photo is never refused for it.
func orientation(exif []byte) turn {
	const tagOrientation = 274
	for tag, values := range ifd(exif) {
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
	if t.transposes() {
		return image.Pt(p.Y, p.X)
	}
	return p
}

// transposes says whether the stored rows are columns as seen. mirrorsX and
// mirrorsY say whether the stored rows, or columns, run against the side that
// they are seen along.
func (t turn) transposes() bool { return t >= 5 }
func (t turn) mirrorsX() bool   { return t == 2 || t == 3 || t == 7 || t == 8 }
func (t turn) mirrorsY() bool   { return t == 3 || t == 4 || t == 6 || t == 7 }

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

// exifHeader comes before the TIFF structure in the WebPs of some writers, as it
// does in every JPEG.
const exifHeader = "Exif\x00\x00"

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
