package jpeg

import (
	"errors"
	"io"
)

// chunkBytes is how much of the source is asked for at once. A marker segment,
// 65,535 bytes at most, has room in it.
const chunkBytes = 64 << 10

// input is the source, read in chunks. It keeps only what has not been used yet.
type input struct {
	src   io.Reader
	buf   []byte // buf[pos:] has been read and not been used
	pos   int
	chunk []byte // what buf is a part of

	strayed bool // bytes were passed over that belong to nothing
}

func (in *input) reset(src io.Reader) {
	if in.chunk == nil {
		in.chunk = make([]byte, chunkBytes)
	}
	in.src, in.strayed = src, false
	in.buf, in.pos = in.chunk[:0], 0
}

// more reads at least one byte more. Its error is the reader's own.
func (in *input) more() error {
	left := copy(in.chunk, in.buf[in.pos:])
	in.buf, in.pos = in.chunk[:left], 0
	room := in.chunk[left:]
	// A reader may return nothing without an error, but not for ever.
	for range 100 {
		n, err := in.src.Read(room)
		if n > 0 {
			in.buf = in.buf[:len(in.buf)+n]
			return nil
		}
		if err != nil {
			return err
		}
	}
	return io.ErrNoProgress
}

// need makes sure that the next n bytes, at most 65,535, are in buf.
func (in *input) need(n int) error {
	for len(in.buf)-in.pos < n {
		if err := in.more(); err != nil {
			if errors.Is(err, io.EOF) {
				return errEnd
			}
			return err
		}
	}
	return nil
}

// The most bytes that may stand before a marker and belong to nothing.
const (
	// strayBytes is how many may stand before a restart marker. Encoders that pad
	// write one or two; where there are more, coded data was lost or there is more
	// of it than the interval has.
	strayBytes = 16

	// paddingBytes is how many may stand before any other marker, where they cost
	// no pixel. Cameras pad: a Dahua writes 608 zeros after its comment. But bytes
	// are also left over where coded data was overwritten, because it is then read
	// as other MCUs than it was. A block of 512 zeros was found by this limit 60
	// times out of 60, and 9 times by one of 4,096.
	paddingBytes = 1024
)

func strayed(most int) error {
	return damagedf("more than %d bytes before a marker belong to nothing", most)
}

// marker passes over stray bytes and returns the next marker (T.81, B.1.1.2).
func (in *input) marker() (byte, error) {
	for stray := 0; ; {
		if err := in.need(2); err != nil {
			return 0, err
		}
		first, second := in.buf[in.pos], in.buf[in.pos+1]
		switch {
		case first == 0xff && second != 0 && second != 0xff:
			in.pos += 2
			return second, nil
		case first != 0xff || second == 0:
			in.strayed = true
			if stray++; stray > paddingBytes {
				return 0, strayed(paddingBytes)
			}
		}
		in.pos++
	}
}

// segment reads the parameters of a marker segment (T.81, B.1.1.4). They are
// valid until the next read.
func (in *input) segment() ([]byte, error) {
	if err := in.need(2); err != nil {
		return nil, err
	}
	length := int(in.buf[in.pos])<<8 | int(in.buf[in.pos+1]) // counts itself
	if length < 2 {
		return nil, damagedf("a marker segment has length %d", length)
	}
	if err := in.need(length); err != nil {
		return nil, err
	}
	payload := in.buf[in.pos+2 : in.pos+length]
	in.pos += length
	return payload, nil
}
