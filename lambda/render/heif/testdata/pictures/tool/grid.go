package main

import (
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
)

// runHEIC writes a HEIC as phones have it: tiles that are pictures of their own, a grid
// that puts them together, and beside it EXIF and a thumbnail (ISO/IEC 23008-12). Of one
// tile there is no grid.
func runHEIC(args []string) error {
	flags := flag.NewFlagSet("heic", flag.ExitOnError)
	columns := flags.Int("columns", 3, "tiles beside one another")
	text := flags.String("size", "150x100", "width and height of the picture")
	turn := flags.Int("irot", 0, "quarter turns to the left")
	mirror := flags.Int("imir", -1, "0 exchanges top and bottom, 1 left and right")
	points := flags.String("nclx", "", "primaries, transfer, matrix and range of H.273")
	orientation := flags.Int("exif", 0, "with EXIF of this orientation")
	thumbnail := flags.String("thumbnail", "", "a HEIC that is the thumbnail")
	args, err := parsed(flags, args, 2)
	if err != nil {
		return err
	}
	size, err := sizeOf(*text)
	if err != nil {
		return err
	}
	var g file
	var tiles []uint16
	for _, name := range args[1:] {
		id, err := g.addPicture(name, len(args) > 2)
		if err != nil {
			return err
		}
		tiles = append(tiles, id)
	}
	id := tiles[0]
	if len(tiles) > 1 {
		g.grid = []byte{0, 0, byte(len(tiles)/(*columns) - 1), byte(*columns - 1)}
		g.grid = be.AppendUint32(g.grid, uint32(size.X)<<16|uint32(size.Y))
		extent := fullBox("ispe", be.AppendUint32(be.AppendUint32(nil, uint32(size.X)), uint32(size.Y)))
		id = g.add(item{kind: "grid", properties: []byte{g.property(extent)}})
		g.references = append(g.references, reference("dimg", id, tiles...))
	}
	shown := &g.items[id-1]
	if *points != "" {
		var primaries, transfer, matrix uint16
		var full byte
		if n, err := fmt.Sscanf(*points, "%d/%d/%d/%d", &primaries, &transfer, &matrix, &full); n != 4 {
			return fmt.Errorf("%s are no code points: %v", *points, err)
		}
		nclx := []byte("nclx")
		for _, v := range []uint16{primaries, transfer, matrix} {
			nclx = be.AppendUint16(nclx, v)
		}
		shown.properties = append(shown.properties, g.property(box("colr", append(nclx, full<<7))))
	}
	if *turn > 0 {
		shown.properties = append(shown.properties, essential|g.property(box("irot", []byte{byte(*turn)})))
	}
	if *mirror >= 0 {
		shown.properties = append(shown.properties, essential|g.property(box("imir", []byte{byte(*mirror)})))
	}
	if *thumbnail != "" {
		small, err := g.addPicture(*thumbnail, false)
		if err != nil {
			return err
		}
		g.references = append(g.references, reference("thmb", small, id))
	}
	if *orientation > 0 {
		const prefix = "\x00\x00\x00\x06Exif\x00\x00" // the TIFF structure begins after six bytes
		about := g.add(item{kind: "Exif", data: append([]byte(prefix), exif(*orientation)...)})
		g.references = append(g.references, reference("cdsc", about, id))
	}
	return os.WriteFile(args[0], g.bytes(id), 0o666)
}

var be = binary.BigEndian

// essential marks a property without which an item can't be shown.
const essential = 0x80

// file is a file that is put together.
type file struct {
	items      []item
	properties [][]byte
	references [][]byte
	grid       []byte // the data of the item of this kind, if there is one
}

// item is an item; the grid's data is in the file's idat.
type item struct {
	kind       string
	hidden     bool
	data       []byte
	properties []byte // numbers of them, with essential
}

func (g *file) add(i item) (id uint16) {
	g.items = append(g.items, i)
	return uint16(len(g.items))
}

// property is the number of a property, which is added unless it is there.
func (g *file) property(b []byte) byte {
	at := slices.IndexFunc(g.properties, func(p []byte) bool { return string(p) == string(b) })
	if at < 0 {
		at = len(g.properties)
		g.properties = append(g.properties, b)
	}
	return byte(at + 1)
}

// addPicture adds the primary picture of a file.
func (g *file) addPicture(name string, hidden bool) (uint16, error) {
	file, err := os.ReadFile(name)
	if err != nil {
		return 0, err
	}
	picture, properties, err := primary(file)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	picture.hidden = hidden
	for _, p := range properties {
		n := g.property(p)
		if string(p[4:8]) == "hvcC" {
			n |= essential
		}
		picture.properties = append(picture.properties, n)
	}
	return g.add(picture), nil
}

// bytes is the file whose primary item is the one of the given number.
func (g *file) bytes(primary uint16) []byte {
	head := box("ftyp", []byte("heic\x00\x00\x00\x00mif1heic"))
	var data []byte
	for _, i := range g.items {
		data = append(data, i.data...)
	}
	meta := g.meta(primary, 0)
	meta = g.meta(primary, len(head)+len(meta)+8)
	return slices.Concat(head, meta, box("mdat", data))
}

// meta is the box of that name, where the items' data begins at a byte of the file.
func (g *file) meta(primary uint16, start int) []byte {
	places := be.AppendUint16([]byte{0x44, 0}, uint16(len(g.items))) // offsets and lengths of four bytes
	names := be.AppendUint16(nil, uint16(len(g.items)))
	uses := be.AppendUint32(nil, uint32(len(g.items)))
	for n, i := range g.items {
		id := uint16(n + 1)
		inFile, at, size := uint16(0), start, len(i.data)
		if i.kind == "grid" {
			inFile, at, size = 1, 0, len(g.grid) // in idat
		} else {
			start += size
		}
		for _, v := range []uint16{id, inFile, 0, 1} {
			places = be.AppendUint16(places, v)
		}
		places = be.AppendUint32(be.AppendUint32(places, uint32(at)), uint32(size))
		flags := byte(0)
		if i.hidden {
			flags = 1
		}
		entry := append(be.AppendUint16([]byte{2, 0, 0, flags}, id), 0, 0)
		names = append(names, box("infe", append(entry, i.kind+"\x00"...))...)
		uses = append(append(be.AppendUint16(uses, id), byte(len(i.properties))), i.properties...)
	}
	const version1 = 1
	return fullBox("meta", slices.Concat(
		fullBox("hdlr", []byte("\x00\x00\x00\x00pict\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00")),
		fullBox("pitm", be.AppendUint16(nil, primary)),
		box("iloc", append([]byte{version1, 0, 0, 0}, places...)),
		fullBox("iinf", names),
		fullBox("iref", slices.Concat(g.references...)),
		box("iprp", slices.Concat(box("ipco", slices.Concat(g.properties...)), fullBox("ipma", uses))),
		box("idat", g.grid)))
}

func reference(kind string, from uint16, to ...uint16) []byte {
	b := be.AppendUint16(be.AppendUint16(nil, from), uint16(len(to)))
	for _, id := range to {
		b = be.AppendUint16(b, id)
	}
	return box(kind, b)
}

// box is a box, and fullBox a full box of version 0 without flags.
func box(kind string, payload []byte) []byte {
	return append(append(be.AppendUint32(nil, uint32(8+len(payload))), kind...), payload...)
}

func fullBox(kind string, payload []byte) []byte {
	return box(kind, append(make([]byte, 4), payload...))
}

// primary finds the primary picture of a file that heif-enc wrote: its kind, its data
// and its properties.
func primary(file []byte) (item, [][]byte, error) {
	meta, ok := find(file, "meta")
	if !ok {
		return item{}, nil, errors.New("no meta")
	}
	meta = meta[4:]
	at := func(name string) []byte { b, _ := find(meta, name); return b }
	id := be.Uint16(at("pitm")[4:])
	data, err := located(file, at("iloc"), id)
	if err != nil {
		return item{}, nil, err
	}
	var all, used [][]byte
	ipco, _ := find(at("iprp"), "ipco")
	for len(ipco) > 8 {
		n := be.Uint32(ipco)
		all, ipco = append(all, ipco[:n]), ipco[n:]
	}
	ipma, _ := find(at("iprp"), "ipma")
	if be.Uint32(ipma) != 0 {
		return item{}, nil, errors.New("ipma of another version")
	}
	for ipma = ipma[8:]; len(ipma) > 3; {
		n := int(ipma[2])
		if be.Uint16(ipma) == id {
			for _, p := range ipma[3 : 3+n] {
				used = append(used, all[p&^essential-1])
			}
		}
		ipma = ipma[3+n:]
	}
	return item{kind: "hvc1", data: data}, used, nil
}

// find is the payload of the first box of a kind.
func find(b []byte, kind string) ([]byte, bool) {
	for len(b) >= 8 {
		n := be.Uint32(b)
		if n < 8 || int(n) > len(b) {
			return nil, false
		}
		if string(b[4:8]) == kind {
			return b[8:n], true
		}
		b = b[n:]
	}
	return nil, false
}

// located is the data of an item: iloc of version 0 or 1, offsets in the file.
func located(file, iloc []byte, id uint16) ([]byte, error) {
	version, sizes := iloc[0], be.Uint16(iloc[4:])
	if version > 1 {
		return nil, errors.New("iloc of another version")
	}
	offset, length, base, index := int(sizes>>12), int(sizes>>8&15), int(sizes>>4&15), int(sizes&15)
	number := func(size int) (v int) {
		for _, b := range iloc[:size] {
			v = v<<8 | int(b)
		}
		iloc = iloc[size:]
		return v
	}
	iloc = iloc[6:]
	for count := number(2); count > 0; count-- {
		this := number(2)
		if version == 1 && number(2) != 0 {
			return nil, errors.New("iloc of another method")
		}
		number(2)
		from := number(base)
		var data []byte
		for extents := number(2); extents > 0; extents-- {
			if version == 1 {
				number(index)
			}
			start := from + number(offset)
			data = append(data, file[start:start+number(length)]...)
		}
		if this == int(id) {
			return data, nil
		}
	}
	return nil, fmt.Errorf("no data of item %d", id)
}
