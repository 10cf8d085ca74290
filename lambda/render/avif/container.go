package avif

import (
	"encoding/binary"
)

// file is what a file is made of: the picture, which is the first item, and its alpha.
type file struct {
	width, height int
	icc           []byte // nil for sRGB
	items         []item
}

// item is a coded picture. Items are numbered from 1.
type item struct {
	channels        int
	config          [4]byte // what av1C says of it
	sequence, frame []byte  // its OBUs
}

func (i item) size() int { return len(i.sequence) + len(i.frame) }

// property describes items (ISO/IEC 23008-12, section 6.5). Essential is one without which an item
// is not to be decoded.
type property struct {
	kind      string
	essential bool
	body      []byte
}

// properties are those of all items, and which of them each item has, numbered from 1.
type properties struct {
	all []property
	of  [][]byte
}

// add gives the last item a property, which items share that have the same.
func (p *properties) add(kind string, essential bool, body []byte) {
	at := 0
	for at < len(p.all) && (p.all[at].kind != kind || string(p.all[at].body) != string(body)) {
		at++
	}
	if at == len(p.all) {
		p.all = append(p.all, property{kind, essential, body})
	}
	number := byte(at + 1)
	if essential {
		number |= 0x80
	}
	last := len(p.of) - 1
	p.of[last] = append(p.of[last], number)
}

// properties are those of the file's items.
func (f *file) properties() (p properties) {
	for i, it := range f.items {
		p.of = append(p.of, nil)
		p.add("ispe", false, binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(make([]byte, 4), uint32(f.width)), uint32(f.height)))
		depths := []byte{0, 0, 0, 0, byte(it.channels), 8, 8, 8}
		p.add("pixi", false, depths[:5+it.channels])
		p.add("av1C", true, it.config[:])
		if i > 0 {
			p.add("auxC", true, []byte("\x00\x00\x00\x00urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\x00"))
			continue
		}
		// Primaries and transfer of sRGB, the matrix of BT.601 and the full range (ITU-T H.273).
		// With a profile it is the matrix that counts.
		p.add("colr", false, []byte("nclx\x00\x01\x00\x0d\x00\x06\x80"))
		if f.icc != nil {
			p.add("colr", false, append([]byte("prof"), f.icc...))
		}
	}
	return p
}

// bytes puts the file together. What readers can do without is not there: names of the handler and
// of items, and the sequence header in av1C, which has to be in the item (AV1 Codec ISO Media File
// Format Binding, section 2.4).
func (f *file) bytes() []byte {
	coded := 0
	for _, it := range f.items {
		coded += it.size()
	}
	w := writer{out: make([]byte, 0, leastBoxes+len(f.icc)+coded)}
	w.box("ftyp", func() { w.text("avif\x00\x00\x00\x00avifmif1miaf") })
	var places []int
	w.fullBox("meta", func() {
		w.fullBox("hdlr", func() { w.text("\x00\x00\x00\x00pict\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00") })
		w.fullBox("pitm", func() { w.uint16(1) })
		w.fullBox("iloc", func() {
			w.text("\x44\x00") // offsets and lengths have four bytes
			w.uint16(len(f.items))
			for i, it := range f.items {
				w.uint16(i + 1)
				w.uint16(0) // in this file
				w.uint16(1) // in one piece
				places = append(places, len(w.out))
				w.uint32(0)
				w.uint32(it.size())
			}
		})
		w.fullBox("iinf", func() {
			w.uint16(len(f.items))
			for i := range f.items {
				w.box("infe", func() {
					w.text("\x02\x00\x00\x00") // version 2
					w.uint16(i + 1)
					w.uint16(0) // not protected
					w.text("av01\x00")
				})
			}
		})
		if len(f.items) > 1 {
			w.fullBox("iref", func() {
				w.box("auxl", func() { // item 2 is about item 1
					w.uint16(2)
					w.uint16(1)
					w.uint16(1)
				})
			})
		}
		w.box("iprp", func() { w.properties(f.properties()) })
	})
	w.box("mdat", func() {
		for i, it := range f.items {
			binary.BigEndian.PutUint32(w.out[places[i]:], uint32(len(w.out)))
			w.out = append(append(w.out, it.sequence...), it.frame...)
		}
	})
	return w.out
}

// properties writes what is in the box iprp.
func (w *writer) properties(p properties) {
	w.box("ipco", func() {
		for _, one := range p.all {
			w.box(one.kind, func() { w.out = append(w.out, one.body...) })
		}
	})
	w.fullBox("ipma", func() {
		w.uint32(len(p.of))
		for i, of := range p.of {
			w.uint16(i + 1)
			w.out = append(append(w.out, byte(len(of))), of...)
		}
	})
}

// leastBoxes is how many bytes the boxes of a file with alpha have, rounded up.
const leastBoxes = 512

// writer writes boxes (ISO/IEC 14496-12, section 4.2).
type writer struct {
	out []byte
}

// box writes a box with what body writes in it.
func (w *writer) box(kind string, body func()) {
	at := len(w.out)
	w.uint32(0)
	w.text(kind)
	body()
	binary.BigEndian.PutUint32(w.out[at:], uint32(len(w.out)-at))
}

// fullBox writes a box of version 0 without flags.
func (w *writer) fullBox(kind string, body func()) {
	w.box(kind, func() {
		w.uint32(0)
		body()
	})
}

func (w *writer) text(s string) { w.out = append(w.out, s...) }
func (w *writer) uint16(v int)  { w.out = binary.BigEndian.AppendUint16(w.out, uint16(v)) }
func (w *writer) uint32(v int)  { w.out = binary.BigEndian.AppendUint32(w.out, uint32(v)) }
