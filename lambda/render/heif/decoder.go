// Package heif decodes HEIC and AVIF: pictures in the boxes of ISO/IEC 23008-12, coded by
// HEVC or AV1. It reads the boxes, and puts together, turns and cuts by itself; what codes
// one picture is decoded by a program in a sandbox, behind one function: decode, in
// codec.go.
//
// Of a sequence of pictures the primary item is the picture. One of AV1 is a film, too, if
// the file's first brand says so and it shows what the picture shows: its frames are those
// of the track, one after another.
package heif

import (
	"encoding/binary"
	"slices"

	"prew/lambda/render/plane"
)

// Header is what a file says of its picture.
type Header struct {
	Picture
	Codec Codec

	// Turn is how the picture has to be turned, as a value of EXIF's tag Orientation. It
	// comes from the file's own properties: what EXIF says does not count beside them.
	Turn int
	EXIF []byte

	// Primaries and Transfer are code points of ITU-T H.273, 0 where the file has none.
	// A profile comes before them.
	ICC                 []byte
	Primaries, Transfer int

	// Thumbnails show the same as the picture, in fewer pixels, from the smallest.
	Thumbnails []Picture
}

// Picture is the picture of a file or one of its thumbnails.
type Picture struct {
	Width, Height int // in pixels, cut to what is shown, and not turned yet
	Form          plane.Form
	Deep          bool // rows have Words of sixteen bits
	Opaque        bool
	Memory        int // about how many bytes decoding takes, beside the file

	// Planar says that there are Planes: luma and chroma of BT.601 in full range (JFIF
	// 1.02), or luma alone. StepX by StepY pixels share a sample of chroma.
	Planar       bool
	StepX, StepY int
}

// Decoder decodes one file at a time and keeps its buffers for the next.
type Decoder struct {
	image, alpha  *image // that is decoded
	premultiplied bool
	main, of      *image // the picture and its alpha
	thumbnails    []*image

	file      []byte
	film      *film      // that Animation has found
	screening *screening // what decodes it, once it has begun

	linear     memory
	container  []byte
	memory     []uint8       // of planes
	planes     []plane.Plane // of the whole picture, where it is coded by HEVC
	conversion conversion
	opacity    plane.Plane

	begun bool
	band  int    // the row of tiles that is decoded, or -1
	tiles []byte // its pixels, where there are several tiles a row
	strip []byte // its pixels: tiles, or those of the codec itself
	rows  [2][]byte
	words [2][]uint16
	count int // of rows that were asked for
}

// Open reads what a file says of its picture. Nothing of the picture is decoded.
func (d *Decoder) Open(file []byte) (Header, error) {
	d.Close()
	m, err := parseMeta(file)
	if err != nil {
		return Header{}, err
	}
	im, err := m.image(m.primary)
	if err != nil {
		return Header{}, err
	}
	d.file, d.main, d.of, d.thumbnails, d.premultiplied = file, im, nil, nil, false
	if id := m.alpha(m.primary); id != 0 {
		if d.of, err = m.image(id); err != nil {
			return Header{}, err
		}
		if d.of.width != im.width || d.of.height != im.height {
			return Header{}, unsupportedf("its alpha is %dx%d, the picture %dx%d", d.of.width, d.of.height, im.width, im.height)
		}
		d.premultiplied = slices.Contains(m.of("prem", m.primary), id)
	} else {
		d.thumbnails = m.thumbnails(m.primary, im)
		slices.SortStableFunc(d.thumbnails, func(a, b *image) int { return a.width - b.width })
	}
	h := Header{Picture: d.describe(im, d.of), Codec: im.codec, Turn: im.view.turn(), EXIF: m.exif(m.primary), ICC: im.icc}
	if im.nclx.known {
		h.Primaries, h.Transfer = im.nclx.primaries, im.nclx.transfer
	}
	if im.codec == HEVC && im.nclx.matrix == matrixYCgCo {
		return Header{}, unsupportedf("its colours are made by matrix %d", im.nclx.matrix)
	}
	for _, small := range d.thumbnails {
		h.Thumbnails = append(h.Thumbnails, d.describe(small, nil))
	}
	d.Use(-1)
	return h, nil
}

// Use chooses what is decoded next: a thumbnail of the header, or the picture, -1.
func (d *Decoder) Use(thumbnail int) {
	d.image, d.alpha = d.main, d.of
	if thumbnail >= 0 {
		d.image, d.alpha = d.thumbnails[thumbnail], nil
	}
	d.begun, d.band, d.count = false, -1, 0
	d.conversion = d.image.nclx.conversion()
}

// Close drops the file, and ends what decodes its film. Another one may be opened then, and
// Open closes by itself.
func (d *Decoder) Close() {
	if d.screening != nil {
		d.screening.stop()
	}
	d.film, d.screening = nil, nil
	d.file, d.image, d.alpha, d.main, d.of, d.thumbnails, d.strip = nil, nil, nil, nil, nil, nil, nil
}

// identity says whether the planes are green, blue and red.
func (im *image) identity() bool {
	return im.codec == HEVC && im.nclx.matrix == matrixIdentity && !im.coding.grey
}

// describe says what an image with an alpha, which may be nil, is decoded to.
func (d *Decoder) describe(im, alpha *image) Picture {
	p := Picture{Width: im.view.width, Height: im.view.height, Form: plane.RGBA, Opaque: alpha == nil,
		Deep: im.codec == AV1 && im.coding.depth > 8, StepX: im.coding.stepX, StepY: im.coding.stepY}
	if im.coding.grey && alpha == nil {
		p.Form = plane.Grey
	}
	// A picture that is cut within a sample of chroma has rows alone.
	cut := !im.coding.grey && (im.view.x%im.coding.stepX != 0 || im.view.y%im.coding.stepY != 0)
	p.Planar = im.codec == HEVC && alpha == nil && !im.identity() && !cut

	p.Memory = programMemory + im.linearMemory() + im.streamMemory()
	switch {
	case im.codec == HEVC:
		p.Memory += im.planesMemory()
	case len(im.tiles) > 1:
		p.Memory += im.tileHeight * im.width * im.pixelSize()
	}
	if alpha != nil {
		p.Memory = max(p.Memory, programMemory+alpha.linearMemory()) + im.width*im.height
		if alpha.codec != im.codec {
			p.Memory += programMemory
		}
	}
	return p
}

// pixelSize is how many bytes a pixel of AV1 has.
func (im *image) pixelSize() int {
	if im.coding.depth > 8 {
		return 8
	}
	return 4
}

// planesMemory is how many bytes the planes have.
func (im *image) planesMemory() int {
	size := im.width * im.height
	if !im.coding.grey {
		size += 2 * im.chromaWidth() * im.chromaHeight()
	}
	return size
}

func (im *image) chromaWidth() int  { return (im.width + im.coding.stepX - 1) / im.coding.stepX }
func (im *image) chromaHeight() int { return (im.height + im.coding.stepY - 1) / im.coding.stepY }

// streamMemory is about how many bytes the largest tile's file has.
func (im *image) streamMemory() int {
	most := 0
	for _, t := range im.tiles {
		most = max(most, len(t.data))
	}
	return most
}

// begin takes what is needed before the first row: the alpha, and all of HEVC.
func (d *Decoder) begin() error {
	if d.begun {
		return nil
	}
	d.begun = true
	if err := d.checkPixels(); err != nil {
		return err
	}
	size := d.image.planesMemory()
	if d.image.codec == AV1 {
		size = 0
	}
	if d.alpha != nil {
		size += d.image.width * d.image.height
	}
	if cap(d.memory) < size {
		d.memory = make([]uint8, size)
	}
	room := d.memory[:size]
	take := func(width, height int) plane.Plane {
		n := width * height
		p := plane.Plane{Pix: room[:n:n], Stride: width, Width: width, Height: height}
		room = room[n:]
		return p
	}
	if d.alpha != nil {
		d.opacity = take(d.image.width, d.image.height)
		if err := d.decodeAlpha(); err != nil {
			return err
		}
	}
	if d.image.codec == AV1 {
		return nil
	}
	im := d.image
	d.planes = append(d.planes[:0], take(im.width, im.height))
	if !im.coding.grey {
		d.planes = append(d.planes, take(im.chromaWidth(), im.chromaHeight()), take(im.chromaWidth(), im.chromaHeight()))
	}
	for i, t := range im.tiles {
		p, err := d.decode(im, t)
		if err != nil {
			return err
		}
		d.place(p, i%im.columns*im.tileWidth, i/im.columns*im.tileHeight)
	}
	return nil
}

// place puts a tile at its place in the planes, in the words of JFIF.
func (d *Decoder) place(p picture, left, top int) {
	im := d.image
	width, height := min(im.tileWidth, im.width-left), min(im.tileHeight, im.height-top)
	luma := func(y int) []uint8 { return d.planes[0].Row(top + y)[left:][:width] }
	if im.coding.grey {
		for y := range height {
			row := luma(y)
			copy(row, p.row(y))
			if !d.conversion.same {
				d.conversion.grey(row)
			}
		}
		return
	}
	stepX, stepY := im.coding.stepX, im.coding.stepY
	part := func(c, y int) []uint8 {
		return d.planes[c].Row(top/stepY + y/stepY)[left/stepX:][:(width+stepX-1)/stepX]
	}
	for y := range height {
		pixels, row := p.row(y), luma(y)
		for x := range row {
			row[x] = pixels[4*x+1]
		}
		if y%stepY != 0 {
			continue
		}
		cb, cr := part(1, y), part(2, y)
		for x := range cb {
			pixel := pixels[4*stepX*x:][:3:3]
			cb[x], cr[x] = pixel[2], pixel[0]
		}
	}
	if d.conversion.same || im.identity() {
		return
	}
	for y := range height {
		d.conversion.lumaOf(luma(y), part(1, y), part(2, y), stepX)
		if y%stepY == stepY-1 || y == height-1 {
			d.conversion.chroma(part(1, y), part(2, y))
		}
	}
}

// decodeAlpha decodes the alpha, whose luma is how opaque a pixel is: of the full range
// (ISO/IEC 23000-22, section 7.3.5.2), whatever else it says.
func (d *Decoder) decodeAlpha() error {
	alpha := *d.alpha
	alpha.nclx = nclx{known: true, primaries: 2, transfer: 2, matrix: 6, full: true}
	step := alpha.pixelSize()
	for i, t := range alpha.tiles {
		p, err := d.decode(&alpha, t)
		if err != nil {
			return err
		}
		left, top := i%alpha.columns*alpha.tileWidth, i/alpha.columns*alpha.tileHeight
		width, height := min(alpha.tileWidth, alpha.width-left), min(alpha.tileHeight, alpha.height-top)
		for y := range height {
			row := d.opacity.Row(top + y)[left:][:width]
			switch {
			case alpha.codec == AV1:
				pixels := p.row(y)[step/4-1:] // of sixteen bits the upper eight
				for x := range row {
					row[x] = pixels[x*step]
				}
			case alpha.coding.grey:
				copy(row, p.row(y))
			default:
				pixels := p.row(y)[1:]
				for x := range row {
					row[x] = pixels[4*x]
				}
			}
		}
	}
	return nil
}

// Planes are the planes of a picture that is Planar, cut to what is shown. They are valid
// until something else is decoded.
func (d *Decoder) Planes() ([]plane.Plane, error) {
	if err := d.begin(); err != nil {
		return nil, err
	}
	v := d.image.view
	cut := func(p plane.Plane, x, y, width, height int) plane.Plane {
		return plane.Plane{Pix: p.Pix[y*p.Stride+x:], Stride: p.Stride, Width: width, Height: height}
	}
	planes := []plane.Plane{cut(d.planes[0], v.x, v.y, v.width, v.height)}
	stepX, stepY := d.image.coding.stepX, d.image.coding.stepY
	for _, p := range d.planes[1:] {
		planes = append(planes, cut(p, v.x/stepX, v.y/stepY, (v.width+stepX-1)/stepX, (v.height+stepY-1)/stepY))
	}
	return planes, nil
}

// Finish decodes what is left, so that damage is found wherever it lies.
func (d *Decoder) Finish() error {
	if err := d.begin(); err != nil {
		return err
	}
	if d.image.codec == HEVC {
		return nil
	}
	return d.advance(d.image.rows - 1)
}

// Row implements plane.Rows.
func (d *Decoder) Row(y int) (plane.Row, error) {
	if err := d.begin(); err != nil {
		return plane.Row{}, err
	}
	im := d.image
	y += im.view.y
	form := 4
	if im.coding.grey && d.alpha == nil {
		form = 1
	}
	n := form * im.view.width
	which := d.count & 1
	d.count++
	if im.codec == HEVC {
		d.rows[which] = plane.Resized(d.rows[which], n)
		row := d.rows[which]
		d.pixelsOfPlanes(row, y)
		d.shade(row, y)
		return plane.Row{Bytes: row}, nil
	}
	if err := d.advance(y / im.tileHeight); err != nil {
		return plane.Row{}, err
	}
	step := im.pixelSize()
	stride := im.width
	if im.columns == 1 {
		stride = im.tileWidth
	}
	pixels := d.strip[(y%im.tileHeight*stride+im.view.x)*step:][:im.view.width*step]
	if im.coding.depth <= 8 {
		d.rows[which] = plane.Resized(d.rows[which], n)
		row := d.rows[which]
		if form == 4 {
			copy(row, pixels)
			d.shade(row, y)
		} else {
			for x := range row {
				row[x] = pixels[4*x]
			}
		}
		return plane.Row{Bytes: row}, nil
	}
	d.words[which] = plane.Resized(d.words[which], n)
	row := d.words[which]
	for i := range row {
		row[i] = binary.LittleEndian.Uint16(pixels[2*i*(4/form):])
	}
	if d.alpha != nil {
		for x, a := range d.opacity.Row(y)[im.view.x:][:im.view.width] {
			pixel := row[4*x:][:4:4]
			pixel[3] = 257 * uint16(a)
			if d.premultiplied && a != 255 {
				for c := range 3 {
					pixel[c] = uint16(divided(int(pixel[c]), int(pixel[3]), 0xffff))
				}
			}
		}
	}
	return plane.Row{Words: row}, nil
}

// advance decodes up to a row of tiles, whose pixels are the strip then.
func (d *Decoder) advance(band int) error {
	im := d.image
	for d.band < band {
		d.band++
		for column := range im.columns {
			p, err := d.decode(im, im.tiles[d.band*im.columns+column])
			if err != nil {
				return err
			}
			d.strip = p.pixels
			if im.columns == 1 {
				break
			}
			// Decoded into its place in the band: the next one is decoded into the same memory.
			step := im.pixelSize()
			left := column * im.tileWidth
			width := min(im.tileWidth, im.width-left) * step
			d.tiles = plane.Resized(d.tiles, im.tileHeight*im.width*step)
			strip := d.tiles
			for y := range im.tileHeight {
				copy(strip[(y*im.width+left)*step:][:width], p.row(y))
			}
			d.strip = strip
		}
	}
	return nil
}

// pixelsOfPlanes makes a row of what is shown of the planes, opaque: grey, or colours.
// Chroma of fewer samples is enlarged by the triangle, as by libheif.
func (d *Decoder) pixelsOfPlanes(row []uint8, y int) {
	im := d.image
	left := im.view.x
	luma := d.planes[0].Row(y)[left:][:im.view.width]
	if im.coding.grey {
		if d.alpha == nil {
			copy(row, luma)
			return
		}
		for x, v := range luma {
			pixel := row[4*x:][:4:4]
			pixel[0], pixel[1], pixel[2], pixel[3] = v, v, v, 255
		}
		return
	}
	cb, cr := enlarged{d.planes[1], im.coding.stepX, im.coding.stepY}, enlarged{d.planes[2], im.coding.stepX, im.coding.stepY}
	near, far := cb.rows(y)
	for x, v := range luma {
		pixel := row[4*x:][:4:4]
		b, r := cb.at(left+x, near, far), cr.at(left+x, near, far)
		if im.identity() {
			pixel[0], pixel[1], pixel[2] = d.fullRange(r), d.fullRange(v), d.fullRange(b)
		} else {
			pixel[0], pixel[1], pixel[2] = colour(v, b, r)
		}
		pixel[3] = 255
	}
}

func (d *Decoder) fullRange(v uint8) uint8 {
	if d.image.nclx.full {
		return v
	}
	return clamp(((int(v)-16)*(255<<16)/219 + 1<<15) >> 16)
}

// enlarged is a plane of chroma as if it had a sample for each pixel.
type enlarged struct {
	plane.Plane
	stepX, stepY int
}

// rows are the two rows of samples around row y of pixels, the nearer one first.
func (e enlarged) rows(y int) (near, far int) {
	return around(y, e.stepY, e.Height)
}

func (e enlarged) at(x, near, far int) uint8 {
	at, beside := around(x, e.stepX, e.Width)
	n, f := e.Pix[near*e.Stride:], e.Pix[far*e.Stride:]
	return uint8((9*int(n[at]) + 3*int(n[beside]) + 3*int(f[at]) + int(f[beside]) + 8) >> 4)
}

func around(i, step, count int) (near, far int) {
	near = i / step
	if step == 1 {
		return near, near
	}
	far = near + 2*(i%2) - 1
	return near, min(max(far, 0), count-1)
}

// colour makes luma and chroma of JFIF 1.02 red, green and blue.
func colour(y, cb, cr uint8) (r, g, b uint8) {
	luma, u, v := int(y)<<16+1<<15, int(cb)-128, int(cr)-128
	return clamp((luma + 91881*v) >> 16), clamp((luma - 22554*u - 46802*v) >> 16), clamp((luma + 116130*u) >> 16)
}

// shade gives the pixels of a row their alpha, and divides colours by it that were
// multiplied.
func (d *Decoder) shade(row []uint8, y int) {
	if d.alpha == nil {
		return
	}
	for x, a := range d.opacity.Row(y)[d.image.view.x:][:d.image.view.width] {
		pixel := row[4*x:][:4:4]
		pixel[3] = a
		if d.premultiplied && a != 255 {
			for c := range 3 {
				pixel[c] = uint8(divided(int(pixel[c]), int(a), 255))
			}
		}
	}
}

// divided is a colour that was multiplied by alpha without it.
func divided(v, alpha, most int) int {
	if alpha == 0 {
		return 0
	}
	return min((v*most+alpha/2)/alpha, most)
}
