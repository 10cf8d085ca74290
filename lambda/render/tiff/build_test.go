package tiff

import (
	"encoding/binary"
	"slices"
)

// value is a field of a file that is built.
type value struct {
	tag    uint16
	kind   uint16
	values []uint64
}

func short(tag uint16, values ...uint64) value { return value{tag, typeShort, values} }
func long(tag uint16, values ...uint64) value  { return value{tag, typeLong, values} }

// grey8 is the fields of a grey picture of 4x3 pixels in one strip, which is what
// data has where a file is built.
func grey8(more ...value) []value {
	fields := []value{
		short(tagImageWidth, 4), short(tagImageLength, 3), short(tagBitsPerSample, 8), short(tagPhotometric, 1),
		long(tagStripOffsets, 8), long(tagStripByteCounts, 12),
	}
	return changed(fields, more...)
}

// changed is fields with others added or in their place; one of kind 0 takes the
// field away.
func changed(fields []value, more ...value) []value {
	fields = slices.Clone(fields)
	for _, m := range more {
		fields = slices.DeleteFunc(fields, func(f value) bool { return f.tag == m.tag })
		if m.kind != 0 {
			fields = append(fields, m)
		}
	}
	return fields
}

// without takes a field away.
func without(tag uint16) value { return value{tag: tag} }

// build is a file of little-endian order: its header, the data, which begins at 8, and
// its directory.
func build(data []byte, fields []value) []byte {
	order := binary.LittleEndian
	file := append([]byte("II*\x00\x00\x00\x00\x00"), data...)
	var entries []byte
	for _, f := range fields {
		var values []byte
		for _, v := range f.values {
			eight := order.AppendUint64(nil, v)
			values = append(values, eight[:sizes[f.kind]]...)
		}
		entries = order.AppendUint16(entries, f.tag)
		entries = order.AppendUint16(entries, f.kind)
		entries = order.AppendUint32(entries, uint32(len(f.values)))
		if len(values) <= 4 {
			entries = append(entries, append(values, 0, 0, 0, 0)[:4]...)
			continue
		}
		entries = order.AppendUint32(entries, uint32(len(file)))
		file = append(file, values...)
	}
	order.PutUint32(file[4:], uint32(len(file)))
	file = order.AppendUint16(file, uint16(len(fields)))
	return append(append(file, entries...), 0, 0, 0, 0)
}
