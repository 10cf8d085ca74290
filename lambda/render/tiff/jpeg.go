package tiff

import (
	"bytes"
	"errors"
	"io"

	"prew/lambda/render/jpeg"
	"prew/lambda/render/plane"
)

// readJPEG reads what parts in JPEG have in common (Adobe's technical note 2), and how
// much memory the first of them takes.
func (p *page) readJPEG(dir directory) error {
	if !p.jpeg() {
		return nil
	}
	p.tables = dir[tagJPEGTables].data
	if len(p.tables) > maxTables {
		return limitf("JPEG tables of %d bytes, limit is %d", len(p.tables), maxTables)
	}
	if p.compression == compressionOldJPEG {
		p.tables = nil
		if err := p.readOldJPEG(dir); err != nil {
			return err
		}
	}
	first := 0
	if p.separate {
		first = p.channels[0] * p.across * p.down
	}
	p.decoder = new(jpeg.Decoder)
	j := jpegPart{page: p}
	if err := j.readHeader(p.part(first)); err != nil {
		if p.compression == compressionOldJPEG {
			return errPieces
		}
		return err
	}
	p.partMemory = p.decoder.Memory(fullSize())
	return nil
}

// converted says whether rows of YCbCr are made RGB where their JPEG is decoded.
func (p *page) converted() bool { return p.jpeg() && !p.separate }

// fullSize is how parts are decoded.
func fullSize() (o jpeg.Options) {
	for i := range o.Scale {
		o.Scale[i] = 8
	}
	return o
}

// jpegPart unpacks parts that are JPEG pictures. Each is decoded as a whole.
type jpegPart struct {
	page   *page
	shared bool // the decoder's planes are used by others next
	header jpeg.Header
	planes []plane.Plane
	y      int       // the next row
	rows   [][]uint8 // one of each component, at full width
	sums   []uint16  // a row of chroma between two, in quarters
}

// readHeader reads the header of a part.
func (j *jpegPart) readHeader(data []byte) error {
	p := j.page
	src := io.Reader(bytes.NewReader(data))
	if p.head != nil {
		src = io.MultiReader(bytes.NewReader(p.head), src, bytes.NewReader([]byte{0xff, markerEOI}))
	}
	// The tables are a JPEG file without a picture, the part is one without tables.
	if tables, ok := bytes.CutSuffix(p.tables, []byte("\xff\xd9")); ok && bytes.HasPrefix(data, []byte("\xff\xd8")) {
		src = io.MultiReader(bytes.NewReader(tables), bytes.NewReader(data[2:]))
	}
	var err error
	if j.header, err = p.decoder.ReadHeader(src); err != nil {
		return ours(err)
	}
	samples := p.perPixel
	if p.separate {
		samples = 1
	}
	h := &j.header
	switch {
	case len(h.Components) != samples:
		return damagedf("a JPEG of it has %d components of %d", len(h.Components), samples)
	case p.compression == compressionOldJPEG && p.head == nil && (h.Width != p.width || h.Height != p.height),
		h.Width != p.partWidth || h.Height > p.partHeight:
		return damagedf("a JPEG of it has %dx%d pixels of %dx%d", h.Width, h.Height, p.partWidth, p.partHeight)
	}
	return nil
}

// reset decodes a part.
func (j *jpegPart) reset(src *source) error {
	p := j.page
	p.setHeight(src.rows)
	if err := j.readHeader(src.data); err != nil {
		return err
	}
	if memory := p.decoder.Memory(fullSize()); memory > p.partMemory {
		return limitf("a JPEG of it takes %d bytes, its first takes %d", memory, p.partMemory)
	}
	planes, err := p.decoder.Decode(fullSize())
	if err != nil {
		return ours(err)
	}
	j.y = 0
	if j.shared {
		j.copy(planes)
	} else {
		j.planes = planes
	}
	j.rows = plane.Resized(j.rows, len(planes))
	for i := range j.rows {
		j.rows[i] = plane.Resized(j.rows[i], p.partWidth+maxFactor)
	}
	return nil
}

// copy keeps planes.
func (j *jpegPart) copy(planes []plane.Plane) {
	j.planes = plane.Resized(j.planes, len(planes))
	for i, from := range planes {
		kept := j.planes[i].Pix
		j.planes[i] = from
		j.planes[i].Pix = append(kept[:0], from.Pix...)
	}
}

// maxFactor is the largest sampling factor of JPEG: a row of chroma at full width may
// be longer than the picture by less.
const maxFactor = 4

// ours is an error of package jpeg as one of this package.
func ours(err error) error {
	if e, ok := errors.AsType[jpeg.DamagedError](err); ok {
		return damagedf("JPEG: %s", string(e))
	}
	if e, ok := errors.AsType[jpeg.UnsupportedError](err); ok {
		return unsupportedf("JPEG: %s", string(e))
	}
	if e, ok := errors.AsType[jpeg.LimitError](err); ok {
		return limitf("JPEG: %s", string(e))
	}
	return err
}

// fill makes the next row of the part, its components together in each pixel.
func (j *jpegPart) fill(dst []byte) error {
	h := &j.header
	if j.y >= h.Height {
		return errEnd
	}
	hMax, vMax := 0, 0
	for _, c := range h.Components {
		hMax, vMax = max(hMax, c.H), max(vMax, c.V)
	}
	each := len(j.planes)
	for i, c := range h.Components {
		row := j.enlarge(i, hMax/c.H, vMax/c.V)
		for x, v := range row[:h.Width] {
			dst[x*each+i] = v
		}
	}
	if p := j.page; p.photometric == photometricYCbCr && p.converted() {
		jfif().convert(dst, each)
	}
	j.y++
	return nil
}

// enlarge is row y of component i at full size, where across and down are how many
// pixels a sample stands for. It is enlarged as libjpeg does: by a triangle where that
// is two pixels across, or one and two down, and otherwise by repetition.
func (j *jpegPart) enlarge(i, across, down int) []uint8 {
	from := j.planes[i]
	in := from.Row(min(j.y/down, from.Height-1))
	if across == 1 && down == 1 {
		return in
	}
	out := j.rows[i]
	smooth := from.Width > 2
	switch {
	case across == 2 && down == 1 && smooth:
		last := len(in) - 1
		out[0], out[1] = in[0], uint8((3*int(in[0])+int(in[1])+2)/4)
		for x := 1; x < last; x++ {
			v := 3 * int(in[x])
			out[2*x], out[2*x+1] = uint8((v+int(in[x-1])+1)/4), uint8((v+int(in[x+1])+2)/4)
		}
		out[2*last], out[2*last+1] = uint8((3*int(in[last])+int(in[last-1])+1)/4), in[last]
	case across == 2 && down == 2 && smooth:
		near := j.between(from, in)
		last := len(near) - 1
		out[0], out[1] = uint8((4*near[0]+8)/16), uint8((3*near[0]+near[1]+7)/16)
		for x := 1; x < last; x++ {
			v := 3 * near[x]
			out[2*x], out[2*x+1] = uint8((v+near[x-1]+8)/16), uint8((v+near[x+1]+7)/16)
		}
		out[2*last], out[2*last+1] = uint8((3*near[last]+near[last-1]+8)/16), uint8((4*near[last]+7)/16)
	case across == 1 && down == 2:
		bias := uint16(1 + j.y%2)
		for x, v := range j.between(from, in) {
			out[x] = uint8((v + bias) / 4)
		}
	default:
		for x, v := range in {
			for k := range across {
				out[x*across+k] = v
			}
		}
	}
	return out
}

// between is three times the row of chroma that is nearest to row y, and once the one
// after that.
func (j *jpegPart) between(from plane.Plane, in []uint8) []uint16 {
	other := from.Row(min(max(j.y/2-1+2*(j.y%2), 0), from.Height-1))
	j.sums = plane.Resized(j.sums, len(in))
	for x, v := range in {
		j.sums[x] = 3*uint16(v) + uint16(other[x])
	}
	return j.sums
}
