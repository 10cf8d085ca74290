package jpeg

import "bytes"

// The markers (T.81, table B.1).
const (
	markerTEM  = 0x01
	markerSOF0 = 0xc0 // baseline
	markerSOF1 = 0xc1 // extended
	markerSOF2 = 0xc2 // progressive
	markerSOF3 = 0xc3 // the first of those that are left to others
	markerDHT  = 0xc4
	markerJPG  = 0xc8
	markerSOFF = 0xcf // the last of the frames
	markerRST0 = 0xd0
	markerRST7 = 0xd7
	markerSOI  = 0xd8
	markerEOI  = 0xd9
	markerSOS  = 0xda
	markerDQT  = 0xdb
	markerDRI  = 0xdd
	markerAPP0 = 0xe0
	markerAPP1 = 0xe1
	markerAPP2 = 0xe2
	markerAPPE = 0xee
	markerAPPF = 0xef
	markerCOM  = 0xfe
)

const maxComponents = 4

// frame is what the frame header says (T.81, B.2.2).
type frame struct {
	width, height int
	progressive   bool
	count         int // of components, 0 before there is a frame
	all           [maxComponents]part
	hMax, vMax    int // the largest sampling factors
}

// part is a component in the frame header.
type part struct {
	id    byte
	h, v  int // sampling factors
	table byte
}

func (f *frame) parts() []part { return f.all[:f.count] }

// layout is how many blocks a component has.
type layout struct {
	ownAcross, ownDown int // those with samples of the picture (T.81, A.2.2)
	across, down       int // all those of whole MCUs (T.81, A.2.4)
}

func (f *frame) layout(i int) layout {
	c := f.all[i]
	return layout{
		ownAcross: up(up(f.width*c.h, f.hMax), 8),
		ownDown:   up(up(f.height*c.v, f.vMax), 8),
		across:    up(f.width, 8*f.hMax) * c.h,
		down:      up(f.height, 8*f.vMax) * c.v,
	}
}

// up is a/b, rounded up.
func up(a, b int) int { return (a + b - 1) / b }

// quantisation is a quantisation table, in zigzag order.
type quantisation struct {
	defined bool
	values  [64]uint16
}

// readHeader reads everything before the first scan header, and the marker of
// that.
func (d *Decoder) readHeader() error {
	if err := d.in.need(2); err != nil {
		return err
	}
	if d.in.buf[0] != 0xff || d.in.buf[1] != markerSOI {
		return DamagedError("it does not start with SOI")
	}
	d.in.pos = 2
	for {
		marker, err := d.in.marker()
		if err != nil {
			return err
		}
		switch {
		case marker == markerSOS && d.frame.count == 0:
			return DamagedError("it has a scan before its frame")
		case marker == markerSOS:
			return nil
		case marker == markerEOI:
			return DamagedError("it ends before its picture")
		}
		if err := d.readSegment(marker); err != nil {
			return err
		}
	}
}

// readSegment reads what follows a marker that is neither SOS nor EOI.
func (d *Decoder) readSegment(marker byte) error {
	if marker == markerTEM || markerRST0 <= marker && marker <= markerRST7 {
		return nil // these stand alone
	}
	if marker == markerSOI {
		return DamagedError("another picture starts inside it")
	}
	p, err := d.in.segment()
	if err != nil {
		return err
	}
	switch {
	case marker == markerDHT:
		return d.readHuffman(p)
	case marker == markerDQT:
		return d.readQuantisation(p)
	case marker == markerDRI:
		if len(p) != 2 {
			return damagedf("the restart interval has %d bytes", len(p))
		}
		d.interval = int(p[0])<<8 | int(p[1])
	case marker == markerAPP0:
		d.hints.jfif = d.hints.jfif || isJFIF(p)
	case marker == markerAPP1:
		if tiff, ok := bytes.CutPrefix(p, []byte("Exif\x00\x00")); ok && len(d.exif) == 0 {
			d.exif = append(d.exif, tiff...)
		}
	case marker == markerAPP2:
		d.readProfile(p)
	case marker == markerAPPE:
		if isAdobe(p) {
			d.hints.adobe, d.hints.transform = true, p[11]
		}
	case markerSOF0 <= marker && marker <= markerSOF2:
		d.frame.progressive = marker == markerSOF2
		return d.readFrame(p)
	case markerSOF3 <= marker && marker <= markerSOFF && marker != markerJPG:
		return unsupportedf("process %d of T.81, table B.1", marker-markerSOF0)
	}
	return nil
}

// isJFIF says whether an APP0 segment is the header of JFIF 1.02.
func isJFIF(p []byte) bool { return bytes.HasPrefix(p, []byte("JFIF\x00")) }

// adobeSize is how many bytes Adobe's APP14 segment has (Adobe, Supporting the DCT
// Filters in PostScript Level 2, section 18).
const adobeSize = 12

// isAdobe says whether an APP14 segment is Adobe's.
func isAdobe(p []byte) bool { return len(p) >= adobeSize && bytes.HasPrefix(p, []byte("Adobe")) }

// readFrame reads a frame header (T.81, B.2.2).
func (d *Decoder) readFrame(p []byte) error {
	f := &d.frame
	if f.count > 0 {
		return DamagedError("it has two frames")
	}
	if len(p) < 6 || len(p) != 6+3*int(p[5]) {
		return damagedf("the frame header has %d bytes", len(p))
	}
	f.height, f.width = int(p[1])<<8|int(p[2]), int(p[3])<<8|int(p[4])
	count := int(p[5])
	switch {
	case p[0] != 8:
		return unsupportedf("%d bits", p[0])
	case f.width == 0 || count == 0:
		return damagedf("it is %dx%d with %d components", f.width, f.height, count)
	case f.height == 0:
		return UnsupportedError("a height that comes after the picture")
	case count == 2 || count > maxComponents:
		return unsupportedf("%d components", count)
	}
	f.count = count
	for i := range count {
		q := p[6+3*i:]
		c := part{id: q[0], h: int(q[1] >> 4), v: int(q[1] & 15), table: q[2]}
		if c.h < 1 || c.h > 4 || c.v < 1 || c.v > 4 {
			return damagedf("sampling factors %dx%d", c.h, c.v)
		}
		if int(c.table) >= len(d.quant) {
			return damagedf("quantisation table %d", c.table)
		}
		for _, other := range f.all[:i] {
			if other.id == c.id {
				return damagedf("two components are called %d", c.id)
			}
		}
		if count == 1 {
			c.h, c.v = 1, 1 // its samples are the pixels, whatever it says
		}
		f.all[i] = c
		f.hMax, f.vMax = max(f.hMax, c.h), max(f.vMax, c.v)
	}
	for _, c := range f.parts() {
		if f.hMax%c.h != 0 || f.vMax%c.v != 0 {
			return unsupportedf("sampling factors %dx%d of %dx%d", c.h, c.v, f.hMax, f.vMax)
		}
	}
	return nil
}

// readHuffman reads a DHT segment (T.81, B.2.4.2).
func (d *Decoder) readHuffman(p []byte) error {
	for len(p) > 0 {
		class, number := p[0]>>4, p[0]&15
		if class > 1 || int(number) >= len(d.dc) {
			return damagedf("Huffman table %d of class %d", number, class)
		}
		table := &d.dc[number]
		if class == 1 {
			table = &d.ac[number]
		}
		n, err := table.define(p[1:])
		if err != nil {
			return err
		}
		p = p[1+n:]
	}
	return nil
}

// readQuantisation reads a DQT segment (T.81, B.2.4.1).
func (d *Decoder) readQuantisation(p []byte) error {
	for len(p) > 0 {
		precision, number := int(p[0]>>4), p[0]&15
		if precision > 1 || int(number) >= len(d.quant) {
			return damagedf("quantisation table %d of precision %d", number, precision)
		}
		q := &d.quant[number]
		size := 64 << precision
		if len(p) < 1+size {
			return damagedf("a quantisation table has %d of its %d bytes", len(p)-1, size)
		}
		for k := range q.values {
			if precision == 0 {
				q.values[k] = uint16(p[1+k])
			} else {
				q.values[k] = uint16(p[1+2*k])<<8 | uint16(p[2+2*k])
			}
		}
		q.defined = true
		p = p[1+size:]
	}
	return nil
}
