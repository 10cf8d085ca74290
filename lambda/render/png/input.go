package png

import (
	"encoding/binary"
	"hash/crc32"
)

// inputSize is how many bytes of the chunks are looked at together. It is some of
// the chunks that most files have, and little beside what a nearer cache holds.
const inputSize = 1 << 15

// input is the data of a picture, which lies in the chunks called IDAT or, if it is
// an animation's, fdAT. Its bytes are those from pos on in buf.
type input struct {
	file []byte // behind the chunk that is read
	kind string // the chunks' name

	data []byte // of the chunk that is read, and not yet in buf
	sum  uint32 // of what is read of it
	want []byte // its checksum

	buf   []byte
	pos   int
	ended bool // buf has all that there is
}

// start begins with the first chunk of the picture, which file begins with.
func (in *input) start(file []byte, kind string) {
	if cap(in.buf) < inputSize {
		in.buf = make([]byte, inputSize)
	}
	in.file, in.kind, in.data, in.want = file, kind, nil, nil
	in.buf, in.pos, in.ended = in.buf[:0], 0, false
}

// inputKept is how many bytes before pos stay in buf: those that an inflater has
// taken and may give back.
const inputKept = 8

// fill reads on until buf is full or the chunks end.
func (in *input) fill() error {
	from := max(in.pos-inputKept, 0)
	n := copy(in.buf[:cap(in.buf)], in.buf[from:])
	in.buf, in.pos = in.buf[:n], in.pos-from
	for len(in.buf) < cap(in.buf) && !in.ended {
		if len(in.data) == 0 {
			if err := in.nextChunk(); err != nil {
				return err
			}
			continue
		}
		n := min(len(in.data), cap(in.buf)-len(in.buf))
		in.sum = crc32.Update(in.sum, crc32.IEEETable, in.data[:n])
		in.buf = append(in.buf, in.data[:n]...)
		in.data = in.data[n:]
	}
	return nil
}

// nextChunk checks the chunk that has been read and goes to the next. Chunks that
// are no picture may lie between those of one, though none should (5.6).
func (in *input) nextChunk() error {
	if in.want != nil && binary.BigEndian.Uint32(in.want) != in.sum {
		return damagedf("the checksum of its data is wrong")
	}
	in.want = nil
	for {
		c, rest := cut(in.file)
		if c.name == nil || !c.ancillary() && !c.is(in.kind) || c.is("fcTL") && in.kind == "fdAT" {
			in.ended = true
			return nil
		}
		in.file = rest
		if !c.is(in.kind) {
			continue
		}
		in.data, in.want = c.data, c.sum
		in.sum = crc32.ChecksumIEEE(c.name)
		if in.kind == "fdAT" { // a number comes first
			n := min(4, len(c.data))
			in.sum = crc32.Update(in.sum, crc32.IEEETable, c.data[:n])
			in.data = c.data[n:]
		}
		return nil
	}
}

// finish checks what is left of the chunks.
func (in *input) finish() error {
	for !in.ended {
		in.pos = len(in.buf)
		if err := in.fill(); err != nil {
			return err
		}
	}
	return nil
}
