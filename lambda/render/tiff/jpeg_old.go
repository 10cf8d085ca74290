package tiff

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// The old kind of JPEG (TIFF 6.0, section 22) was given up for its gaps: a JPEG file lies
// in pieces here, and which of them there are is up to the writer. As in libtiff, there
// may be
//   - a whole JPEG file that a field points to,
//   - the beginning of one, whose coded data are the strips or tiles,
//   - tables that fields point to, one for each sample, beside such coded data,
//   - strips or tiles that are JPEG files, as in the new kind.

// errPieces is what is said of those whose pieces can't be put together.
const errPieces = UnsupportedError("compressed by the old kind of JPEG, in pieces")

// The markers of JPEG (T.81, table B.1) that pieces have.
const (
	markerSOF0 = 0xc0 // of a sequential or progressive picture up to SOF2
	markerSOF2 = 0xc2
	markerDHT  = 0xc4
	markerSOI  = 0xd8
	markerEOI  = 0xd9
	markerSOS  = 0xda
	markerDQT  = 0xdb
	markerDRI  = 0xdd
)

// pieces are what coded data lack to be a JPEG file.
type pieces struct {
	tables      []byte // whole segments: DQT, DHT and DRI
	restarts    bool   // DRI is among them
	kind        byte   // the marker of the frame
	frame, scan []byte // the payloads of SOF and SOS
	whole       bool   // they are the beginning of a file that has its coded data, too
}

// readOldJPEG finds the pieces. Either the picture has one part then, which is a whole
// JPEG file, or it is one of the new kind, or p.head is the beginning of each part.
func (p *page) readOldJPEG(dir directory) error {
	const lossless = 14
	if dir.number(tagJPEGProc, 0) == lossless {
		return UnsupportedError("compressed by the old kind of JPEG, without loss")
	}
	var found pieces
	size := uint64(len(p.file))
	if f := dir[tagJPEGInterchange]; f.whole() && f.at(0) > 0 && f.at(0) < size {
		start, length := f.at(0), dir.number(tagJPEGInterchangeSize, 0)
		if length == 0 || length > size-start {
			length = size - start
		}
		found.read(p.file[start : start+length])
		if found.whole && !p.tiled && !p.separate {
			p.offsets, p.counts = f, field{}
			p.partHeight, p.down = p.height, 1
			return nil
		}
	}
	if p.separate || p.partWidth > 0xffff || p.partHeight > 0xffff {
		return errPieces
	}
	if err := p.checkOffsets(); err != nil {
		return err
	}
	if bytes.HasPrefix(p.part(0), []byte{0xff, markerSOI}) {
		if len(found.tables) > maxTables {
			return limitf("JPEG tables of %d bytes, limit is %d", len(found.tables), maxTables)
		}
		p.compression = compressionJPEG
		p.tables = slices.Concat([]byte{0xff, markerSOI}, found.tables, []byte{0xff, markerEOI})
		return nil
	}
	if err := p.complete(&found, dir); err != nil {
		return err
	}
	p.head = slices.Concat([]byte{0xff, markerSOI}, found.tables, segment(found.kind, found.frame), segment(markerSOS, found.scan))
	p.frame = 2 + len(found.tables) + 4
	if len(p.head) > maxTables {
		return limitf("JPEG tables of %d bytes, limit is %d", len(p.head), maxTables)
	}
	binary.BigEndian.PutUint16(p.head[p.frame+3:], uint16(p.partWidth))
	p.setHeight(p.partHeight)
	return nil
}

// setHeight writes the height of a part into its frame header.
func (p *page) setHeight(rows int) {
	if p.head != nil {
		binary.BigEndian.PutUint16(p.head[p.frame+1:], uint16(rows))
	}
}

// read takes the pieces of the beginning of a JPEG file.
func (f *pieces) read(file []byte) {
	file, _ = bytes.CutPrefix(file, []byte{0xff, markerSOI})
	for {
		at := bytes.IndexByte(file, 0xff)
		if at < 0 || len(file) < at+4 {
			return
		}
		if file = file[at:]; file[1] == 0xff || file[1] == 0 {
			file = file[1:] // before a marker there may be more of 0xff
			continue
		}
		marker, n := file[1], 2+int(binary.BigEndian.Uint16(file[2:]))
		if marker == markerEOI || n < 4 || n > len(file) {
			return
		}
		whole := file[:n]
		switch file = file[n:]; {
		case marker == markerDHT || marker == markerDQT || marker == markerDRI:
			f.restarts = f.restarts || marker == markerDRI
			if len(f.tables) <= maxTables {
				f.tables = append(f.tables, whole...)
			}
		case markerSOF0 <= marker && marker <= markerSOF2 && len(whole) > 9 && f.frame == nil:
			f.kind, f.frame = marker, whole[4:]
		case marker == markerSOS:
			const end = 2 // EOI
			f.scan, f.whole = whole[4:], f.frame != nil && len(file) > end
			return
		}
	}
}

// complete makes the pieces that are not there of the fields for them.
func (p *page) complete(f *pieces, dir directory) error {
	own := f.tables == nil // each sample has tables of its own
	if own {
		for c := range p.perPixel {
			if err := p.addTables(f, dir, c); err != nil {
				return err
			}
		}
	}
	if n := dir.number(tagJPEGRestartInterval, 0); n > 0 && n <= 0xffff && !f.restarts {
		f.tables = append(f.tables, segment(markerDRI, binary.BigEndian.AppendUint16(nil, uint16(n)))...)
	}
	// Where tables are shared, all chroma has the second ones.
	table := func(c int) byte {
		if own {
			return byte(c)
		}
		return byte(min(c, 1))
	}
	if f.frame == nil {
		const bits, single = 8, 0x11
		f.kind, f.frame = markerSOF0, []byte{bits, 0, 0, 0, 0, byte(p.perPixel)}
		for c := range p.perPixel {
			factors := byte(single)
			if c == 0 && p.photometric == photometricYCbCr {
				w, h, err := dir.subsampling()
				if err != nil {
					return err
				}
				factors = byte(w<<4 | h)
			}
			f.frame = append(f.frame, byte(c), factors, table(c))
		}
	}
	if f.scan == nil {
		count := (len(f.frame) - 6) / 3
		f.scan = []byte{byte(count)}
		for c := range count {
			f.scan = append(f.scan, f.frame[6+3*c], table(c)<<4|table(c))
		}
		f.scan = append(f.scan, 0, 63, 0)
	}
	return nil
}

// addTables adds the tables of sample c that fields point to.
func (p *page) addTables(f *pieces, dir directory, c int) error {
	codes := func(counts []byte) int {
		n := 16
		for _, count := range counts[:16] {
			n += int(count)
		}
		return n
	}
	const dc, ac = 0x00, 0x10
	for _, t := range []struct {
		tag    uint16
		marker byte
		class  byte
		size   func([]byte) int
	}{
		{tagJPEGQTables, markerDQT, 0, func([]byte) int { return 64 }},
		{tagJPEGDCTables, markerDHT, dc, codes},
		{tagJPEGACTables, markerDHT, ac, codes},
	} {
		table, ok := p.table(dir[t.tag], c, t.size)
		if !ok {
			return errPieces
		}
		f.tables = append(f.tables, segment(t.marker, append([]byte{t.class | byte(c)}, table...))...)
	}
	return nil
}

// table is the table that value i of a field points to; size tells its bytes by the
// first sixteen.
func (p *page) table(f field, i int, size func([]byte) int) ([]byte, bool) {
	if !f.whole() || i >= f.count || f.at(i) > uint64(len(p.file)) {
		return nil, false
	}
	data := p.file[f.at(i):]
	if len(data) < 16 || len(data) < size(data) {
		return nil, false
	}
	return data[:size(data)], true
}

// segment is a segment of a JPEG file.
func segment(marker byte, payload []byte) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(2+len(payload))), payload...)
}
