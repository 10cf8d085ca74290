package tiff

import (
	"io"
	"math/bits"
)

// source is the coded data of a strip or a tile.
type source struct {
	data   []byte
	pos    int
	turned bool // the bits of each byte are in reverse order: FillOrder is 2
	rows   int  // what it has when it is unpacked
}

// next is the next byte, and false at the end.
func (s *source) next() (byte, bool) {
	if s.pos >= len(s.data) {
		return 0, false
	}
	b := s.data[s.pos]
	s.pos++
	if s.turned {
		b = bits.Reverse8(b)
	}
	return b, true
}

// ReadByte is of io.ByteReader.
func (s *source) ReadByte() (byte, error) {
	b, ok := s.next()
	if !ok {
		return 0, io.EOF
	}
	return b, nil
}

// Read is of io.Reader.
func (s *source) Read(dst []byte) (int, error) {
	n := s.copy(dst)
	if n == 0 && len(dst) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

// copy copies the next bytes, and returns how many there were.
func (s *source) copy(dst []byte) int {
	n := copy(dst, s.data[s.pos:])
	s.pos += n
	if s.turned {
		for i, b := range dst[:n] {
			dst[i] = bits.Reverse8(b)
		}
	}
	return n
}
