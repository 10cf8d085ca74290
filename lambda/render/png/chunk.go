package png

import (
	"encoding/binary"
	"hash/crc32"
)

// signature begins every PNG (5.2).
const signature = "\x89PNG\r\n\x1a\n"

// maxLength is the most bytes that a chunk's data may have (5.3).
const maxLength = 1<<31 - 1

// chunk is a piece of a file (5.3). Where the file is cut off, so is the chunk.
type chunk struct {
	name  []byte // nil where the file has no more chunks
	data  []byte
	whole bool   // all of its data is there
	sum   []byte // the checksum, nil where it is cut off
}

// is says whether this is the chunk's name.
func (c chunk) is(name string) bool { return string(c.name) == name }

// ancillary says that a picture can be shown without the chunk (5.4).
func (c chunk) ancillary() bool { return c.name[0]&0x20 != 0 }

// named says that the name is one: four letters (5.4).
func (c chunk) named() bool {
	for _, letter := range c.name {
		if letter|0x20 < 'a' || letter|0x20 > 'z' {
			return false
		}
	}
	return true
}

// wrong says that the chunk has a checksum and that it is of other bytes. A
// checksum that is cut off is not wrong.
func (c chunk) wrong() bool {
	return c.sum != nil && binary.BigEndian.Uint32(c.sum) != crc32.Update(crc32.ChecksumIEEE(c.name), crc32.IEEETable, c.data)
}

// intact says that every byte of the chunk is there as it was written.
func (c chunk) intact() bool { return c.sum != nil && !c.wrong() }

// cut returns the first chunk of a file without its signature, and what follows it.
// A length that no chunk has ends the file.
func cut(file []byte) (c chunk, rest []byte) {
	if len(file) < 8 {
		return chunk{}, nil
	}
	length := binary.BigEndian.Uint32(file)
	if length > maxLength {
		return chunk{}, nil
	}
	c.name, rest = file[4:8:8], file[8:]
	if int(length) > len(rest) {
		c.data = rest
		return c, nil
	}
	c.data, c.whole, rest = rest[:length:length], true, rest[length:]
	if len(rest) < 4 {
		return c, nil
	}
	c.sum = rest[:4:4]
	return c, rest[4:]
}
