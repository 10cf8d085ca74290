package jpeg

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

const (
	// windowMask is the largest position at which eight bytes can be read. It is
	// and-ed to positions, so that the compiler needs no check.
	windowMask = 1<<16 - 1

	// mcuBytes is above what the coded data of an MCU takes: ten blocks (T.81,
	// B.2.3) of 64 coefficients, each of them a code of 16 bits and a value of 15
	// at most; and the eight bytes that a refill looks ahead.
	mcuBytes = maxBlocks*64*31/8 + 8

	// windowBytes is how much coded data is unstuffed ahead. After it is room for
	// an MCU of zeros.
	windowBytes = windowMask + 1 - mcuBytes
)

// window is the coded data that comes next, without its stuffed bytes, read bit
// by bit. It ends at a marker, after which there are zeros.
type window struct {
	buf [windowMask + 1 + 8]byte
	pos int // of the next byte that is not in acc as a whole
	end int // of the data in buf
	acc uint64
	n   uint // how many bits of acc are valid, from its top; at most 63

	ended  bool // the data ends at end, at a marker or with the source
	marker byte // at which it ended, 0 where the source did
}

// begin starts at a new entropy-coded segment (T.81, B.1.1.5).
func (w *window) begin() {
	w.pos, w.end, w.acc, w.n, w.ended, w.marker = 0, 0, 0, 0, false, 0
}

// ready makes sure that there is data for an MCU. It returns the reader's errors
// alone.
func (w *window) ready(in *input) error {
	if w.end-w.pos >= mcuBytes || w.ended {
		return nil
	}
	return w.fill(in)
}

func (w *window) fill(in *input) error {
	// The bytes that acc was filled from stay: block reads them again.
	from := max(w.pos-8, 0)
	w.end = copy(w.buf[:], w.buf[from:w.end])
	w.pos -= from
	for w.end < windowBytes {
		if in.pos == len(in.buf) {
			if err := in.more(); err != nil {
				return w.finish(err)
			}
		}
		src := in.buf[in.pos:]
		src = src[:min(len(src), windowBytes-w.end)]
		plain := bytes.IndexByte(src, 0xff)
		if plain < 0 {
			plain = len(src)
		}
		w.end += copy(w.buf[w.end:], src[:plain])
		in.pos += plain
		if plain == len(src) {
			continue
		}
		// The byte after 0xff says what it is, and may still have to come.
		for len(in.buf)-in.pos < 2 {
			if err := in.more(); err != nil {
				return w.finish(err)
			}
		}
		switch next := in.buf[in.pos+1]; next {
		case 0: // stuffed
			w.buf[w.end] = 0xff
			w.end++
			in.pos += 2
		case 0xff: // a fill byte
			in.pos++
		default:
			in.pos += 2
			w.marker = next
			return w.finish(io.EOF)
		}
	}
	return nil
}

// finish notes that no data follows. Zeros stand after it, so that the bits of
// an MCU can be taken without asking whether there are any.
func (w *window) finish(err error) error {
	if !errors.Is(err, io.EOF) {
		return err
	}
	w.ended = true
	clear(w.buf[w.end : w.end+mcuBytes])
	return nil
}

// over says whether more bits have been taken than there were.
func (w *window) over() bool {
	return w.ended && 8*w.pos-int(w.n) > 8*w.end
}

// close passes over what is left of an entropy-coded segment, up to its marker:
// most bytes at most.
func (w *window) close(in *input, most int) error {
	for stray := 0; ; {
		stray += w.end - (w.pos - int(w.n)/8)
		in.strayed = in.strayed || stray > 0
		if stray > most {
			return strayed(most)
		}
		if w.ended {
			return nil
		}
		w.pos, w.n, w.acc = w.end, 0, 0
		if err := w.fill(in); err != nil {
			return err
		}
	}
}

// closeLast passes over what follows the last MCU of a picture that is complete,
// up to a marker. Whatever it is costs no pixel, with one exception: coded data up
// to EOI that no MCU was left for. There are as many MCUs as there should be, but
// they are not those of the picture.
func (w *window) closeLast(in *input) error {
	err := w.close(in, paddingBytes)
	if _, damage := errors.AsType[DamagedError](err); !damage {
		return err
	}
	if err := w.skip(in); err != nil {
		return err
	}
	if w.marker == markerEOI {
		return err
	}
	return nil
}

// skip passes over an entropy-coded segment, however long, up to its marker.
func (w *window) skip(in *input) error {
	for !w.ended {
		w.pos, w.n, w.acc = w.end, 0, 0
		if err := w.fill(in); err != nil {
			return err
		}
	}
	return nil
}

// refill fills acc to 56 bits and more. The bits of acc below n are those that
// come next, or zero, which is why or-ing them again does no harm.
func (w *window) refill() {
	w.acc |= binary.BigEndian.Uint64(w.buf[w.pos&windowMask:]) >> (w.n & 63)
	w.pos += int((63 - w.n) >> 3)
	w.n |= 56
}

// take takes n bits, at most as many as there are.
func (w *window) take(n uint) {
	w.acc <<= n & 63
	w.n -= n
}
