package heif

import "slices"

// What a file may have at most. Real ones have hundreds of items, most of them
// tiles.
const (
	maxBoxes      = 1 << 10 // of a file, or of the box meta
	maxItems      = 1 << 14
	maxProperties = 1 << 12 // of all items
	maxPerItem    = 64      // properties of one item
	maxExtents    = 64      // pieces that the bytes of one item lie in
)

// meta is what a file says of its items (ISO/IEC 14496-12, section 8.11, and 23008-12).
type meta struct {
	file, idat []byte
	primary    int // the item that is shown
	items      map[int]*item
	properties []box
	references []reference
}

// item is a picture, a part of one, or data about one.
type item struct {
	kind       string // of four letters, such as hvc1, av01, grid, Exif
	properties []property
	place      place
}

// property is a property of an item. One that is essential has to be understood.
type property struct {
	box
	essential bool
}

// place says where the bytes of an item lie.
type place struct {
	construction int // 0: in the file, 1: in the box idat
	elsewhere    bool
	extents      []extent
}

type extent struct{ offset, length int }

// reference says that an item refers to others.
type reference struct {
	kind string
	from int
	to   []int
}

// parseMeta reads the box meta of a file.
func parseMeta(file []byte) (*meta, error) {
	body, err := findMeta(file)
	if err != nil {
		return nil, err
	}
	m := &meta{file: file, items: map[int]*item{}}
	r := reader{data: body}
	r.full()
	boxes, err := splitBoxes(r.data, maxBoxes)
	if err != nil {
		return nil, err
	}
	// Items first: the other boxes speak of them.
	slices.SortStableFunc(boxes, func(a, b box) int { return boxRank(a.kind) - boxRank(b.kind) })
	for _, b := range boxes {
		r := reader{data: b.body}
		var err error
		switch b.kind {
		case "iinf":
			err = m.parseItems(&r)
		case "hdlr":
			r.bytes(8)
			if handler := string(r.bytes(4)); !r.short && handler != "pict" {
				err = unsupportedf("it holds no picture, but %q", handler)
			}
		case "pitm":
			version, _ := r.full()
			m.primary = r.uint(sizeOfID(version > 0))
		case "iloc":
			err = m.parsePlaces(&r)
		case "iprp":
			err = m.parseProperties(&r)
		case "iref":
			err = m.parseReferences(&r)
		case "idat":
			m.idat = b.body
		}
		if err != nil {
			return nil, err
		}
		if r.short {
			return nil, damagedf("box %q is cut off", b.kind)
		}
	}
	return m, nil
}

func boxRank(kind string) int {
	if kind == "iinf" {
		return 0
	}
	return 1
}

// findMeta is the body of the box meta.
func findMeta(file []byte) ([]byte, error) {
	moving := false
	for n := 0; len(file) > 0 && n < maxBoxes; n++ {
		b, rest, err := nextBox(file)
		switch {
		case err != nil:
			return nil, err
		case b.kind == "meta":
			return b.body, nil
		case b.kind == "moov":
			moving = true
		}
		file = rest
	}
	if moving {
		return nil, unsupportedf("it is a video, without a still picture")
	}
	return nil, damagedf("it ends before its pictures are described")
}

// sizeOfID is how many bytes the number of an item has.
func sizeOfID(long bool) int {
	if long {
		return 4
	}
	return 2
}

func (m *meta) parseItems(r *reader) error {
	version, _ := r.full()
	count := r.uint(sizeOfID(version > 0))
	if count > maxItems {
		return limitf("%d items, limit is %d", count, maxItems)
	}
	for range count {
		if len(r.data) == 0 {
			return damagedf("%d items, %d are described", count, len(m.items))
		}
		b, rest, err := nextBox(r.data)
		if err != nil {
			return err
		}
		r.data = rest
		entry := reader{data: b.body}
		version, _ := entry.full()
		if b.kind != "infe" || version < 2 {
			continue // of before there were pictures
		}
		id := entry.uint(sizeOfID(version > 2))
		protection := entry.uint(2)
		kind := string(entry.bytes(4))
		if entry.short {
			return damagedf("an item is cut off")
		}
		if protection != 0 {
			kind = "encrypted"
		}
		m.items[id] = &item{kind: kind}
	}
	return nil
}

func (m *meta) parsePlaces(r *reader) error {
	version, _ := r.full()
	if version > 2 {
		return unsupportedf("places of items in version %d", version)
	}
	sizes := r.uint(2)
	offsetSize, lengthSize, baseSize, indexSize := sizes>>12, sizes>>8&15, sizes>>4&15, sizes&15
	if version == 0 {
		indexSize = 0
	}
	if max(offsetSize, lengthSize, baseSize, indexSize) > 8 {
		return damagedf("an item's place is of numbers of more than 8 bytes")
	}
	count := r.uint(sizeOfID(version == 2))
	if count > maxItems {
		return limitf("places of %d items, limit is %d", count, maxItems)
	}
	for range count {
		id := r.uint(sizeOfID(version == 2))
		var p place
		if version > 0 {
			p.construction = r.uint(2) & 15
		}
		p.elsewhere = r.uint(2) != 0
		base := r.uint(baseSize)
		extents := r.uint(2)
		if extents > maxExtents {
			return limitf("an item lies in %d pieces, limit is %d", extents, maxExtents)
		}
		for range extents {
			r.bytes(indexSize)
			e := extent{offset: base + r.uint(offsetSize)}
			e.length = r.uint(lengthSize)
			p.extents = append(p.extents, e)
		}
		if r.short {
			return nil // whoever called says so
		}
		if it := m.items[id]; it != nil {
			it.place = p
		}
	}
	return nil
}

func (m *meta) parseProperties(r *reader) error {
	boxes, err := splitBoxes(r.data, maxBoxes)
	if err != nil {
		return err
	}
	for _, b := range boxes {
		if b.kind == "ipco" {
			all, err := splitBoxes(b.body, maxProperties)
			if err != nil {
				return err
			}
			m.properties = all
		}
	}
	for _, b := range boxes {
		if b.kind == "ipma" {
			if err := m.associate(&reader{data: b.body}); err != nil {
				return err
			}
		}
	}
	return nil
}

// associate gives the items their properties (ISO/IEC 23008-12, section 9.3).
func (m *meta) associate(r *reader) error {
	version, flags := r.full()
	for range r.uint(4) {
		if r.short {
			return damagedf("box %q is cut off", "ipma")
		}
		it := m.items[r.uint(sizeOfID(version > 0))]
		for range r.uint(1) {
			essential, index := 0, 0
			if flags&1 != 0 {
				v := r.uint(2)
				essential, index = v>>15, v&0x7fff
			} else {
				v := r.uint(1)
				essential, index = v>>7, v&0x7f
			}
			if it == nil || index == 0 {
				continue
			}
			if index > len(m.properties) {
				return damagedf("property %d of %d", index, len(m.properties))
			}
			if len(it.properties) == maxPerItem {
				return limitf("an item has more than %d properties", maxPerItem)
			}
			it.properties = append(it.properties, property{m.properties[index-1], essential != 0})
		}
	}
	return nil
}

func (m *meta) parseReferences(r *reader) error {
	version, _ := r.full()
	for len(r.data) > 0 {
		b, rest, err := nextBox(r.data)
		if err != nil {
			return err
		}
		r.data = rest
		if len(m.references) == maxItems {
			return limitf("more than %d items refer to others", maxItems)
		}
		entry := reader{data: b.body}
		size := sizeOfID(version > 0)
		ref := reference{kind: b.kind, from: entry.uint(size)}
		count := entry.uint(2)
		if count*size > len(entry.data) {
			return damagedf("a reference is cut off")
		}
		for range count {
			ref.to = append(ref.to, entry.uint(size))
		}
		m.references = append(m.references, ref)
	}
	return nil
}

// of are the items that an item refers to by references of a kind.
func (m *meta) of(kind string, from int) []int {
	for _, r := range m.references {
		if r.kind == kind && r.from == from {
			return r.to
		}
	}
	return nil
}

// about are the items that refer to an item by references of a kind.
func (m *meta) about(kind string, to int) (from []int) {
	for _, r := range m.references {
		if r.kind == kind && slices.Contains(r.to, to) {
			from = append(from, r.from)
		}
	}
	return from
}

// bytes are the bytes of an item. Those in one piece are not copied.
func (m *meta) bytes(it *item) ([]byte, error) {
	whole := m.file
	switch {
	case it.place.elsewhere:
		return nil, unsupportedf("a picture's bytes are in another file")
	case it.place.construction == 1:
		whole = m.idat
	case it.place.construction != 0:
		return nil, unsupportedf("a picture's bytes are those of another item")
	case len(it.place.extents) == 0:
		return nil, damagedf("a picture has no bytes")
	}
	var pieces [][]byte
	total := 0
	for _, e := range it.place.extents {
		if e.offset > len(whole) || e.length > len(whole)-e.offset {
			return nil, damagedf("it ends within a picture")
		}
		piece := whole[e.offset:]
		if e.length > 0 { // 0 is all of it
			piece = piece[:e.length]
		}
		pieces = append(pieces, piece)
		total += len(piece)
	}
	switch {
	case total > len(m.file):
		return nil, damagedf("a picture has more bytes than the file")
	case len(pieces) == 1:
		return pieces[0], nil
	}
	return slices.Concat(pieces...), nil
}
