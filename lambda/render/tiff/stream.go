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
// unpacks row by row, so that it has never more than a row, whatever a part's size;
// only parts that are smaller than what unpacks them are unpacked as a whole.
type stream struct {
	src    source
	unpack unpacker // nil for what is not compressed
	number int      // of the part
	line   []byte   // the row, or the row of blocks, that was unpacked last
	buf    []byte   // where it is unpacked to
	whole  []byte   // what is left of a part that was unpacked as a whole
}

// smallPart is the most bytes of a part that is unpacked as a whole, about those that
// unpacking takes.
const smallPart = 32 << 10

// partBytes is the bytes of a part when it is unpacked.
func (p *page) partBytes() int { return up(p.partHeight, p.blockHeight) * p.lineBytes }

// small says whether parts are unpacked as a whole, one after another by the same.
func (p *page) small() bool {
	switch p.compression {
	case compressionLZW, compressionDeflate, compressionWebP:
		return p.partBytes() <= smallPart
	}
	return false
}

// reset prepares a stream. What unpacks may be that of another one where parts are
// small.
func (s *stream) reset(p *page, other *stream) {
	if p.small() && other != s {
		*s = stream{buf: make([]byte, p.partBytes()), unpack: other.unpack}
		return
	}
	*s = stream{buf: make([]byte, p.lineBytes)}
	if p.small() {
		s.buf = make([]byte, p.partBytes())
	}
	switch p.compression {
	case compressionPack:
		s.unpack = new(packBits)
	case compressionLZW:
		s.unpack = new(lzw)
	case compressionDeflate:
		s.unpack = new(deflate)
	case compressionRLE, compressionWords, compressionT4, compressionT6:
		s.unpack = &fax{scheme: p.compression, mixed: p.mixed, width: p.partWidth}
	case compressionJPEG, compressionOldJPEG:
		s.unpack = &jpegPart{page: p, shared: p.across > 1 || p.separate}
	case compressionNeXT:
		s.unpack = &next{width: p.partWidth}
	case compressionThunder:
		s.unpack = &thunderScan{width: p.partWidth}
	case compressionLogLuv:
		s.unpack = &logLuv{width: p.partWidth}
	case compressionWebP:
		s.unpack = &webpPart{page: p}
	}
}

// open begins a part, of which the given number of rows is needed.
func (s *stream) open(p *page, number, rows int) error {
	s.number = number
	s.src = source{data: p.part(number), turned: p.turned, rows: p.partHeight}
	if !p.tiled {
		s.src.rows = rows
	}
	if s.unpack == nil {
		return nil
	}
	err := s.unpack.reset(&s.src)
	if err == nil && p.small() {
		s.whole = s.buf[:up(rows, p.blockHeight)*p.lineBytes]
		err = s.unpack.fill(s.whole)
	}
	return s.locate(err)
}

// advance unpacks the next row of the part, or of its blocks.
func (s *stream) advance(p *page) error {
	switch {
	case s.whole != nil:
		s.line, s.whole = s.whole[:p.lineBytes], s.whole[p.lineBytes:]
		p.undo(s.line)
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
