package render

import (
	"encoding/binary"
	"iter"
)

// orientation is the turn that EXIF, a TIFF structure, asks for. It is upright
// where there is no such tag or it can't be read: a photo is never refused for its
// EXIF.
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

// ifd yields the entries of the first directory of a TIFF structure (TIFF 6.0,
// section 2): their tags and, of those that hold unsigned integers, their values.
// It ends early where the bytes do.
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

// integers yields the values of an entry of type SHORT or LONG, and none of other
// types. They lie in the entry's last four bytes or, where they need more, at the
// offset that is written there.
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
