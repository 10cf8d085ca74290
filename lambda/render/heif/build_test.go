package heif

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// sheet is a file that a test builds.
type sheet struct {
	brand   string
	primary int
	items   []part // numbered from 1
	refs    []reference
}

// part is an item of it.
type part struct {
	kind       string
	properties []property
	data       []byte
	idat       bool // where its bytes lie
	pieces     int  // in how many
}

func prop(kind, body string) property { return property{box{kind, []byte(body)}, false} }

func appendBox(dst []byte, kind string, bodies ...[]byte) []byte {
	body := slices.Concat(bodies...)
	dst = binary.BigEndian.AppendUint32(dst, uint32(8+len(body)))
	return append(append(dst, kind...), body...)
}

// file is the sheet's file. What it does not say is as heif-enc writes it.
func (s sheet) file() []byte {
	be16 := func(v ...int) (b []byte) {
		for _, v := range v {
			b = binary.BigEndian.AppendUint16(b, uint16(v))
		}
		return b
	}
	be32 := func(v int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(v)) }
	brand := s.brand
	if brand == "" {
		brand = "mif1"
	}
	ftyp := appendBox(nil, "ftyp", []byte(brand+"\x00\x00\x00\x00mif1miaf"))

	var idat, mdat, infos, properties, associations []byte
	type location struct {
		construction int
		extents      []extent
	}
	var locations []location
	count := 0
	for i, it := range s.items {
		infos = appendBox(infos, "infe", []byte("\x02\x00\x00\x00"), be16(i+1, 0), []byte(it.kind+"\x00"))
		associations = append(associations, be16(i+1)...)
		associations = append(associations, byte(len(it.properties)))
		for _, p := range it.properties {
			properties = appendBox(properties, p.kind, p.body)
			count++
			number := count
			if p.essential {
				number |= 0x8000
			}
			associations = append(associations, be16(number)...)
		}
		l := location{}
		into := &mdat
		if it.idat {
			l.construction, into = 1, &idat
		}
		data := it.data
		for n := max(it.pieces, 1); n > 0; n-- {
			piece := data[:len(data)/n]
			data = data[len(piece):]
			l.extents = append(l.extents, extent{len(*into), len(piece)})
			*into = append(*into, piece...)
			*into = append(*into, "gap"...)
		}
		locations = append(locations, l)
	}
	meta := func(mdatAt int) []byte {
		iloc := slices.Concat([]byte("\x01\x00\x00\x00\x44\x40"), be16(len(s.items)))
		for i, l := range locations {
			base := 0
			if l.construction == 0 {
				base = mdatAt
			}
			iloc = append(iloc, slices.Concat(be16(i+1, l.construction, 0), be32(base), be16(len(l.extents)))...)
			for _, e := range l.extents {
				iloc = append(iloc, slices.Concat(be32(e.offset), be32(e.length))...)
			}
		}
		iref := []byte{0, 0, 0, 0}
		for _, r := range s.refs {
			iref = appendBox(iref, r.kind, be16(r.from, len(r.to)), be16(r.to...))
		}
		iprp := appendBox(appendBox(nil, "ipco", properties), "ipma", be32(1), be32(len(s.items)), associations)
		b := []byte{0, 0, 0, 0}
		b = appendBox(b, "hdlr", make([]byte, 8), []byte("pict"), make([]byte, 13))
		b = appendBox(b, "pitm", be32(0), be16(s.primary))
		b = appendBox(b, "iloc", iloc)
		b = appendBox(b, "iinf", be32(0), be16(len(s.items)), infos)
		if len(s.refs) > 0 {
			b = appendBox(b, "iref", iref)
		}
		b = appendBox(b, "iprp", iprp)
		if idat != nil {
			b = appendBox(b, "idat", idat)
		}
		return appendBox(nil, "meta", b)
	}
	at := len(ftyp) + len(meta(0)) + 8
	return appendBox(slices.Concat(ftyp, meta(at)), "mdat", mdat)
}

// picture is a coded picture of testdata, as an item: 64x64 pixels, of which the quarters
// are red and green above, blue and white below.
func quarters(t testing.TB, codec Codec) part {
	t.Helper()
	return item1(t, map[Codec]string{HEVC: "quarters.heic", AV1: "quarters.avif"}[codec])
}

// item1 is the primary item of a file of testdata, which is one coded picture.
func item1(t testing.TB, name string) part {
	t.Helper()
	m, err := parseMeta(testFile(t, name))
	if err != nil {
		t.Fatal(err)
	}
	it := m.items[m.primary]
	data, err := m.bytes(it)
	if err != nil {
		t.Fatal(err)
	}
	return part{kind: it.kind, properties: it.properties, data: data}
}

func testFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// with is the item with more properties.
func (p part) with(more ...property) part {
	p.properties = slices.Concat(p.properties, more)
	return p
}

// alone is a file of one item.
func (p part) alone() []byte { return sheet{primary: 1, items: []part{p}}.file() }
