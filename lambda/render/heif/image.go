package heif

import (
	"bytes"
	"slices"
	"strings"

	"prew/lambda/render/plane"
)

// Codec is what codes the pixels of a picture.
type Codec int

const (
	HEVC Codec = iota // of HEIC files
	AV1               // of AVIF files
)

func (c Codec) String() string {
	if c == AV1 {
		return "AVIF"
	}
	return "HEIC"
}

// maxTiles is how many tiles a grid may have: 64 megapixels in tiles of 512x512 are 250, and
// each costs a start of the codec, 10 ms.
const maxTiles = 256

// image is an item that has pixels: one coded picture, or a grid of them.
type image struct {
	codec                 Codec
	coding                coding
	columns, rows         int
	tileWidth, tileHeight int
	tiles                 []tile // row by row
	width, height         int    // of all; what tiles have beyond is not shown
	view                  view
	nclx                  nclx
	icc                   []byte
}

// tile is one coded picture.
type tile struct {
	hevc       hevc       // where it is coded by HEVC
	properties []property // that its codec is told, where it is AV1
	data       []byte
}

// image makes an image of an item.
func (m *meta) image(id int) (*image, error) {
	it := m.items[id]
	if it == nil {
		return nil, damagedf("item %d is missing", id)
	}
	im := &image{}
	if it.kind == "grid" {
		if err := m.grid(im, id, it); err != nil {
			return nil, err
		}
	} else {
		if err := m.coded(im, it); err != nil {
			return nil, err
		}
		im.columns, im.rows, im.tileWidth, im.tileHeight = 1, 1, im.width, im.height
	}
	if im.width < 1 || im.height < 1 {
		return nil, damagedf("a picture is %dx%d", im.width, im.height)
	}
	im.view = view{width: im.width, height: im.height}
	for _, p := range it.properties {
		if err := im.view.apply(p); err != nil {
			return nil, err
		}
	}
	return im, nil
}

// coded reads the item of a coded picture into an image, as another tile of it. It says
// its own size.
func (m *meta) coded(im *image, it *item) error {
	var config []byte
	switch it.kind {
	case "hvc1", "hev1":
		im.codec = HEVC
		config = it.property("hvcC")
	case "av01":
		im.codec = AV1
		config = it.property("av1C")
	case "iovl", "iden", "tmap":
		return unsupportedf("a picture made of others by %q", it.kind)
	default:
		return unsupportedf("a picture of the kind %q", it.kind)
	}
	if config == nil {
		return damagedf("a picture of the kind %q has no configuration", it.kind)
	}
	if err := it.understood(); err != nil {
		return err
	}
	var t tile
	var err error
	if t.data, err = m.bytes(it); err != nil {
		return err
	}
	size := reader{data: it.property("ispe")}
	size.full()
	im.width, im.height = size.uint(4), size.uint(4)
	if size.short || im.width > plane.MaxSide || im.height > plane.MaxSide {
		return damagedf("a picture without a size")
	}
	switch im.codec {
	case HEVC:
		if t.hevc, err = parseHEVC(config); err != nil {
			return err
		}
		if t.hevc.width < im.width || t.hevc.height < im.height {
			return damagedf("a picture says that it is %dx%d, and its stream that it is %dx%d", im.width, im.height, t.hevc.width, t.hevc.height)
		}
		im.coding = t.hevc.coding
		if im.coding.grey && im.coding.depth > 8 {
			return unsupportedf("grey of %d bits, on which the codec of HEVC gives up", im.coding.depth)
		}
	case AV1:
		if im.coding, err = parseAV1(config); err != nil {
			return err
		}
		for _, p := range it.properties {
			switch p.kind {
			case "ispe", "av1C", "a1op", "lsel", "a1lx":
				t.properties = append(t.properties, p)
			}
		}
	}
	if im.nclx, im.icc, err = it.colours(); err != nil {
		return err
	}
	if !im.nclx.known {
		im.nclx = im.coding.nclx
	}
	im.tiles = append(im.tiles, t)
	return nil
}

// grid reads a grid of pictures (ISO/IEC 23008-12, section 6.6.2.3).
func (m *meta) grid(im *image, id int, it *item) error {
	if err := it.understood(); err != nil {
		return err
	}
	data, err := m.bytes(it)
	if err != nil {
		return err
	}
	r := reader{data: data}
	r.uint(1)
	size := 2 + r.uint(1)&1*2
	im.rows, im.columns = r.uint(1)+1, r.uint(1)+1
	width, height := r.uint(size), r.uint(size)
	parts := m.of("dimg", id)
	switch {
	case r.short:
		return damagedf("a grid is cut off")
	case im.rows*im.columns > maxTiles:
		return limitf("a grid of %dx%d pictures, limit is %d", im.columns, im.rows, maxTiles)
	case len(parts) != im.rows*im.columns:
		return damagedf("a grid of %dx%d pictures has %d", im.columns, im.rows, len(parts))
	}
	var first image
	total := 0
	for i, id := range parts {
		part := m.items[id]
		if part == nil {
			return damagedf("item %d is missing", id)
		}
		one := image{tiles: im.tiles}
		if err := m.coded(&one, part); err != nil {
			return err
		}
		im.tiles = one.tiles
		if i == 0 {
			first = one
		}
		if one.codec != first.codec || one.width != first.width || one.height != first.height || one.coding != first.coding {
			return unsupportedf("a grid of pictures that are not alike")
		}
		// libavif before 1.0 has the grid's turns on its pictures, too, and turns once.
		if turns := part.turns(); len(turns) > 0 && !slices.EqualFunc(turns, it.turns(), property.equal) {
			return unsupportedf("a grid of turned pictures")
		}
		if total += len(im.tiles[i].data); total > len(m.file) {
			return damagedf("a grid has more bytes than the file")
		}
	}
	im.codec, im.coding, im.nclx, im.icc = first.codec, first.coding, first.nclx, first.icc
	im.tileWidth, im.tileHeight, im.width, im.height = first.width, first.height, width, height
	if first.width*im.columns < width || first.height*im.rows < height ||
		first.width*(im.columns-1) >= width || first.height*(im.rows-1) >= height {
		return damagedf("a grid of %dx%d pictures of %dx%d is %dx%d", im.columns, im.rows, first.width, first.height, width, height)
	}
	n, icc, err := it.colours()
	if err != nil {
		return err
	}
	if n.known {
		im.nclx = n
	}
	if icc != nil {
		im.icc = icc
	}
	return nil
}

// property is the body of an item's first property of a kind, or nil.
func (it *item) property(kind string) []byte {
	for _, p := range it.properties {
		if p.kind == kind {
			return p.body
		}
	}
	return nil
}

// understood is an error if the item has an essential property that is not known: it is
// not to be shown then (ISO/IEC 23008-12, section 9.3.1).
func (it *item) understood() error {
	for _, p := range it.properties {
		switch p.kind {
		case "ispe", "pixi", "colr", "irot", "imir", "clap", "auxC", "hvcC", "av1C", "pasp", "a1op", "a1lx", "lsel",
			"clli", "mdcv", "cclv", "amve":
		default:
			if p.essential {
				return unsupportedf("a picture with the property %q", p.kind)
			}
		}
	}
	return nil
}

// turns are an item's properties by which its pixels are turned or cut.
func (it *item) turns() (all []property) {
	for _, p := range it.properties {
		switch p.kind {
		case "irot", "imir", "clap":
			all = append(all, p)
		}
	}
	return all
}

func (p property) equal(q property) bool { return p.kind == q.kind && bytes.Equal(p.body, q.body) }

// colours are the properties about colour, of which there may be one of each kind.
func (it *item) colours() (n nclx, icc []byte, err error) {
	for _, p := range it.properties {
		if p.kind != "colr" {
			continue
		}
		points, profile, err := parseColour(p.body)
		if err != nil {
			return n, nil, err
		}
		if points.known {
			n = points
		}
		if profile != nil {
			icc = profile
		}
	}
	return n, icc, nil
}

// alpha is the item that is the alpha of another, or 0 (ISO/IEC 23008-12, section 6.5.8).
func (m *meta) alpha(id int) int {
	for _, aux := range m.about("auxl", id) {
		it := m.items[aux]
		if it == nil {
			continue
		}
		kind := it.property("auxC")
		if len(kind) < 4 {
			continue
		}
		name, _, _ := strings.Cut(string(kind[4:]), "\x00")
		switch name {
		case "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", "urn:mpeg:hevc:2015:auxid:1":
			return aux
		}
	}
	return 0
}

// exif is the EXIF, a TIFF structure, of an item. Before it stands how far away it begins
// (ISO/IEC 23008-12, annex A.2.1).
func (m *meta) exif(id int) []byte {
	for _, about := range m.about("cdsc", id) {
		it := m.items[about]
		if it == nil || it.kind != "Exif" {
			continue
		}
		data, err := m.bytes(it)
		if err != nil {
			continue // nobody is refused for it
		}
		r := reader{data: data}
		r.bytes(r.uint(4))
		if !r.short {
			return r.data
		}
	}
	return nil
}

// thumbnails are the smaller pictures of an image that can stand for it: those of the same
// shape, turn and colours, from the smallest.
func (m *meta) thumbnails(id int, im *image) (all []*image) {
	for _, about := range m.about("thmb", id) {
		small, err := m.image(about)
		if err != nil || !small.standsFor(im) {
			continue
		}
		all = append(all, small)
	}
	return all
}

// standsFor says whether a thumbnail shows what an image does. Its side may be a pixel off
// the shape, and the row that a codec needs beyond an odd side may be cut from either.
func (t *image) standsFor(im *image) bool {
	whole := func(i *image) bool {
		return i.view.x == 0 && i.view.y == 0 && i.width-i.view.width <= 1 && i.height-i.view.height <= 1
	}
	off := t.view.width*im.view.height - t.view.height*im.view.width
	return whole(t) && whole(im) && t.view.turn() == im.view.turn() &&
		t.view.width < im.view.width && max(off, -off) <= max(im.view.width, im.view.height) &&
		bytes.Equal(t.icc, im.icc) && t.nclx.primaries == im.nclx.primaries && t.nclx.transfer == im.nclx.transfer
}
