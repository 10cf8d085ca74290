package tiff

import (
	"errors"
	"fmt"
)

// unpacker unpacks the coded data of one part after another.
type unpacker interface {
	// reset begins a part.
	reset(src *source) error

	// fill unpacks the next bytes of the part, a row or a row of blocks.
	fill(dst []byte) error
}

// stream is what is decoded of a column of tiles, or of all strips, of one plane. It
// unpacks row by row, so that it has never more than a row, whatever a part's size.
type stream struct {
	src    source
	unpack unpacker // nil for what is not compressed
	number int      // of the part
	line   []byte   // the row, or the row of blocks, that was unpacked last
	buf    []byte   // where it is unpacked to
}

func (s *stream) reset(p *page) {
	*s = stream{buf: make([]byte, p.lineBytes)}
	switch p.compression {
	case compressionPack:
		s.unpack = new(packBits)
	case compressionLZW:
		s.unpack = new(lzw)
	case compressionDeflate:
		s.unpack = new(deflate)
	case compressionRLE, compressionRLEW, compressionT4, compressionT6:
		s.unpack = &fax{scheme: p.compression, mixed: p.mixed, width: p.partWidth}
	case compressionJPEG, compressionOldJPEG:
		s.unpack = &jpegPart{page: p, shared: p.across > 1 || p.separate}
	}
}

// open begins a part.
func (s *stream) open(p *page, number int) error {
	s.number = number
	s.src = source{data: p.part(number), turned: p.turned}
	if s.unpack == nil {
		return nil
	}
	if err := s.unpack.reset(&s.src); err != nil {
		return s.locate(err)
	}
	return nil
}

// advance unpacks the next row of the part, or of its blocks.
func (s *stream) advance(p *page) error {
	switch {
	case s.unpack != nil:
		if err := s.unpack.fill(s.buf); err != nil {
			return s.locate(err)
		}
		s.line = s.buf
		p.undo(s.line)
	case p.turned:
		s.line = s.buf
		if s.src.copy(s.line) < len(s.line) {
			return s.locate(errEnd)
		}
	default:
		rest := s.src.data[s.src.pos:]
		if len(rest) < p.lineBytes {
			return s.locate(errEnd)
		}
		s.line = rest[:p.lineBytes:p.lineBytes]
		s.src.pos += p.lineBytes
	}
	return nil
}

// locate says in which part an error is.
func (s *stream) locate(err error) error {
	if e, ok := errors.AsType[DamagedError](err); ok {
		return DamagedError(fmt.Sprintf("part %d: %s", s.number, string(e)))
	}
	return err
}
