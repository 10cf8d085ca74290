package jpeg

import (
	"errors"
	"io"
)

// chunkBytes is how much of the source is asked for at once. A marker segment,
// 65,535 bytes at most, has room in it.
const chunkBytes = 64 << 10

// input is the source, read in chunks. Up to the start of the coded data it
// keeps everything, so that the source can be given to another decoder; from
// there on only what has not been used yet.
type input struct {
	src     io.Reader
	buf     []byte // buf[pos:] has been read and not been used
	pos     int
	head    []byte // what buf is until streaming begins, kept for its room
	chunk   []byte // what buf is when streaming has used up the head
	streams bool
}

// keptHead is the largest head whose room is kept for the next picture. Those of
// cameras, with a preview, have some tens of KB; one of many MB would stay.
const keptHead = 1 << 20

func (in *input) reset(src io.Reader) {
	in.head = reused(in.head)
	in.src = src
	in.buf, in.pos = in.head, 0
	in.streams = false
}

// reused is the room of a buffer for what the next header has.
func reused(buf []byte) []byte {
	if cap(buf) > keptHead {
		return nil
	}
	return buf[:0]
}

// stream ends the keeping of what has been used.
func (in *input) stream() {
	in.streams = true
	if in.chunk == nil {
		in.chunk = make([]byte, chunkBytes)
	}
}

// more reads at least one byte more. Its error is the reader's own.
func (in *input) more() error {
	var room []byte
	if in.streams {
		// What is left fits: stream is called with less than a chunk read ahead.
		left := copy(in.chunk, in.buf[in.pos:])
		in.buf, in.pos = in.chunk[:left], 0
		room = in.chunk[left:]
	} else {
		if cap(in.buf)-len(in.buf) < chunkBytes {
			grown := make([]byte, len(in.buf), 2*cap(in.buf)+chunkBytes)
			copy(grown, in.buf)
			in.buf, in.head = grown, grown
		}
		room = in.buf[len(in.buf) : len(in.buf)+chunkBytes]
	}
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
