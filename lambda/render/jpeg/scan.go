package jpeg

import (
	"errors"
	"fmt"
)

// maxScans is the most scans of a picture that is decoded: encoders write ten or
// so, and each asks for work on the whole picture, however short it is. It is
// libjpeg-turbo's limit where that has one.
const maxScans = 100

// maxVisits is the most blocks that all scans of a picture go over together: each
// takes time, even one of which a scan says nothing. The ten scans of libjpeg's
// progressive pictures go over 66 million of 300 megapixels in 4:4:4; a hundred
// scans of them, in a file of a few MB, would take 5 to 10 s.
const maxVisits = 100_000_000

// maxBlocks is the most blocks of an MCU (T.81, B.2.3).
const maxBlocks = 10

// scan is what a scan header says (T.81, B.2.3), and how its MCUs are made.
type scan struct {
	number      int  // from 1
	visits      int  // blocks of this scan and those before it
	first, last uint // coefficients, Ss and Se
	high, low   uint // bits of them, Ah and Al

	across, total int // MCUs in a row and in all

	blocks []mcuBlock
	room   [maxBlocks]mcuBlock

	endRun int // blocks that are known to have nothing more (T.81, G.1.2.2)
}

// mcuBlock is a block of an MCU: that of MCU x,y is x*stepX+x0, y*stepY+y0 of its
// component.
type mcuBlock struct {
	*component
	x0, y0, stepX, stepY int
}

// decode decodes all scans. With damaged, it goes on behind damaged parts of
// them where a marker says what comes next.
func (d *Decoder) decode(damaged bool) error {
	d.scan.number, d.scan.visits = 0, 0
	marker := byte(markerSOS)
	for {
		var err error
		switch marker {
		case 0:
			return errEnd
		case markerEOI:
			if i := d.unseen(); i >= 0 {
				return damagedf("component %d of %d has no scan", i+1, len(d.components))
			}
			return nil
		case markerSOS:
			if d.scan.number == maxScans {
				return LimitError(fmt.Sprintf("it has more than %d scans", maxScans))
			}
			d.scan.number++
			if err := d.readScan(); err != nil {
				return err
			}
			d.scan.visits += d.scan.total * len(d.scan.blocks)
			if d.scan.visits > maxVisits {
				return LimitError(fmt.Sprintf("its scans go over more than %d million blocks", maxVisits/1_000_000))
			}
			marker, err = d.decodeScan(damaged)
			if err != nil {
				return err
			}
			if d.complete() {
				return nil // whether EOI follows, or anything else, or nothing
			}
			continue
		}
		if err := d.readSegment(marker); err != nil {
			return err
		}
		if marker, err = d.in.marker(); err != nil {
			return err
		}
	}
}

// readScan reads a scan header.
func (d *Decoder) readScan() error {
	p, err := d.in.segment()
	if err != nil {
		return err
	}
	if len(p) < 1 || len(p) != 4+2*int(p[0]) {
		return damagedf("the header of scan %d has %d bytes", d.scan.number, len(p))
	}
	s := &d.scan
	count := int(p[0])
	if count < 1 || count > len(d.components) {
		return damagedf("scan %d has %d components", s.number, count)
	}
	tail := p[1+2*count:]
	s.first, s.last = uint(tail[0]), uint(tail[1])
	s.high, s.low = uint(tail[2]>>4), uint(tail[2]&15)
	s.blocks = s.room[:0]
	for i := range count {
		id, tables := p[1+2*i], p[2+2*i]
		c := d.named(id)
		if c == nil {
			return damagedf("scan %d is of component %d, which is not in the frame", s.number, id)
		}
		for _, b := range s.blocks {
			if b.component == c {
				return damagedf("scan %d has component %d twice", s.number, id)
			}
		}
		if err := d.enter(c, tables); err != nil {
			return err
		}
		if count == 1 {
			s.blocks = append(s.blocks, mcuBlock{c, 0, 0, 1, 1})
			s.across, s.total = c.ownAcross, c.ownAcross*c.ownDown
			break
		}
		if len(s.blocks)+c.h*c.v > maxBlocks {
			return damagedf("scan %d has more than %d blocks an MCU", s.number, maxBlocks)
		}
		for y := range c.v {
			for x := range c.h {
				s.blocks = append(s.blocks, mcuBlock{c, x, y, c.h, c.v})
			}
		}
		s.across = c.across / c.h
		s.total = s.across * (c.down / c.v)
	}
	return nil
}

// named is the component of that name, nil if there is none.
func (d *Decoder) named(id byte) *component {
	for i := range d.components {
		if d.components[i].id == id {
			return &d.components[i]
		}
	}
	return nil
}

// enter prepares a component for the scan.
func (d *Decoder) enter(c *component, tables byte) error {
	s := &d.scan
	if !c.seen {
		// A table that changes later is for other components.
		q := &d.quant[c.table]
		if !q.defined {
			return damagedf("quantisation table %d is missing", c.table)
		}
		for k, value := range q.values {
			if at := c.place[k]; at < nowhere {
				c.quant[at] = int16(value)
			}
		}
	}
	if d.frame.progressive {
		if err := s.follows(c, len(s.blocks) > 0); err != nil {
			return err
		}
	} else if c.seen {
		return damagedf("scan %d has component %d again", s.number, c.id)
	}
	c.seen = true
	dc, ac := tables>>4, tables&15
	needsDC := !d.frame.progressive || s.first == 0 && s.high == 0
	needsAC := !d.frame.progressive || s.first > 0
	if needsDC {
		if c.dc = d.namedTable(0, dc); c.dc == nil {
			return damagedf("Huffman table %d for DC is missing", dc)
		}
	}
	if needsAC {
		if c.ac = d.namedTable(1, ac); c.ac == nil {
			return damagedf("Huffman table %d for AC is missing", ac)
		}
		if !d.frame.progressive {
			c.ac.prepare()
		}
	}
	return nil
}

// unseen is the first component that has had no scan, -1 if all have.
func (d *Decoder) unseen() int {
	for i := range d.components {
		if !d.components[i].seen {
			return i
		}
	}
	return -1
}

// complete says whether no scan can follow the one at hand: of a sequential picture
// each component has had its scan, and of a progressive one each bit of each
// coefficient. A progressive picture that goes without some of them, which is
// allowed, has all its scans where EOI is.
func (d *Decoder) complete() bool {
	for i := range d.components {
		c := &d.components[i]
		if !c.seen {
			return false
		}
		if d.frame.progressive && c.bits != [64]int8{} {
			return false
		}
	}
	return true
}

// decodeScan decodes the coded data of a scan, one restart interval after the
// other (T.81, E.2.4), and returns the marker that follows it, 0 if the source
// ends.
func (d *Decoder) decodeScan(damaged bool) (byte, error) {
	s, w := &d.scan, &d.window
	interval := d.interval
	if interval == 0 {
		interval = s.total
	}
	for i := 0; i*interval < s.total; i++ {
		err := d.decodeInterval(i*interval, min((i+1)*interval, s.total))
		last := (i+1)*interval >= s.total
		switch {
		case err != nil:
		case !last:
			err = w.close(&d.in, strayBytes)
		case d.complete():
			err = w.closeLast(&d.in)
		default:
			err = w.close(&d.in, paddingBytes)
		}
		if err == nil && last {
			return w.marker, nil
		}
		if err == nil && w.marker != markerRST0+byte(i&7) {
			err = damagedf("scan %d: restart marker %d is missing", s.number, i)
		}
		if err == nil {
			continue
		}
		if _, damage := errors.AsType[DamagedError](err); !damage || !damaged {
			return 0, err
		}
		d.lenient = true
		if err := w.skip(&d.in); err != nil {
			return 0, err
		}
		if w.marker < markerRST0 || w.marker > markerRST7 {
			return w.marker, nil
		}
		// The marker is that of this interval or, where some were lost, of a
		// later one.
		i += int(w.marker-markerRST0-byte(i)) & 7
	}
	// Only what was damaged gets here: its last marker was not the last.
	for w.marker >= markerRST0 && w.marker <= markerRST7 {
		w.begin()
		if err := w.skip(&d.in); err != nil {
			return 0, err
		}
	}
	return w.marker, nil
}

// decodeInterval decodes the MCUs from first to before last, which begin as a
// scan does.
func (d *Decoder) decodeInterval(first, last int) (err error) {
	s := &d.scan
	d.window.begin()
	s.endRun = 0
	for _, b := range s.blocks {
		b.before = 0
	}
	switch {
	case !d.frame.progressive:
		return d.sequential(first, last)
	case s.first == 0 && s.high == 0:
		return d.firstDC(first, last)
	case s.first == 0:
		return d.refineDC(first, last)
	case s.high == 0:
		err = d.firstAC(first, last)
	default:
		err = d.refineAC(first, last)
	}
	if err == nil && s.endRun > 0 {
		err = s.damage(last-1, "it is followed by the ends of blocks that are not there")
	}
	return err
}

// damage says that an MCU is damaged.
func (s *scan) damage(mcu int, what string) error {
	return damagedf("scan %d, MCU %d of %d: %s", s.number, mcu, s.total, what)
}
