package png

import (
	"bytes"
	"encoding/binary"
	"io"

	"github.com/klauspost/compress/zlib"

	"prew/lambda/render/plane"
)

// Header is what a PNG says of its picture before it is decoded. Its slices are parts
// of the file, but ICC.
type Header struct {
	Width, Height int        // in pixels, as stored
	Form          plane.Form // Grey or RGBA: what the rows have
	Deep          bool       // the rows have words of sixteen bits, not bytes of eight
	Opaque        bool       // no pixel is transparent

	// Memory is how many bytes the decoder takes beside the file, at most: for some
	// rows, or for all of them where the picture is interlaced.
	Memory int

	EXIF []byte // the TIFF structure (11.3.4.5), nil without
	ICC  []byte // the profile (11.3.2.3), nil without and where it is broken

	// What the other chunks about colour say (11.3.2): CICP, cHRM, gAMA and sRGB as
	// they stand there. All zero is none.
	CICP           [4]uint8  // primaries, transfer, matrix and range of H.273
	Chromaticities [8]uint32 // x and y of white, red, green and blue, times 100,000
	Gamma          uint32    // times 100,000
	SRGB           bool
}

// maxICC is the most bytes of a profile. The largest that are sold have about three
// million.
const maxICC = 4 << 20

// The colour types (11.2.1).
const (
	typeGrey      = 0
	typeRGB       = 2
	typePalette   = 3
	typeGreyAlpha = 4
	typeRGBA      = 6
)

// samplesOf is how many samples a pixel of each colour type has, 0 for none.
var samplesOf = [7]int{typeGrey: 1, typeRGB: 3, typePalette: 1, typeGreyAlpha: 2, typeRGBA: 4}

// storage is how the pixels are stored, by the chunks before the data.
type storage struct {
	width, height int
	depth         int // bits a sample
	colourType    uint8
	interlaced    bool

	palette [256][4]uint8 // those beyond the PLTE are black
	colours int           // of PLTE

	keyed bool      // pixels of one colour are transparent
	key   [3]uint16 // that colour
	clear bool      // the palette has transparent colours
}

// Open reads what stands before and after the picture's data, of which it decodes
// nothing and for which it takes no memory. Only a profile is unpacked. The file must
// not change until the last row has been read.
//
// Errors are UnsupportedErrors and DamagedErrors. A chunk that is no picture makes
// none: if it is broken, or not where it belongs, it is as if it were not there.
func (d *Decoder) Open(file []byte) (Header, error) {
	d.close()
	d.sound, d.file = false, file
	rest, ok := bytes.CutPrefix(file, []byte(signature))
	if !ok {
		return Header{}, DamagedError("it does not begin as one")
	}
	c, rest := cut(rest)
	if c.name == nil || !c.is("IHDR") && !c.is("CgBI") {
		return Header{}, DamagedError("it does not begin with its header")
	}
	if err := d.storage.readHeader(c); err != nil {
		return Header{}, err
	}
	h := Header{Width: d.storage.width, Height: d.storage.height}
	data, err := d.readChunks(&h, rest)
	if err != nil {
		return Header{}, err
	}
	d.data, d.kind = data, "IDAT"
	d.frame = rectangle{0, 0, d.storage.width, d.storage.height}
	d.readTrailing(&h, data)

	d.layOut()
	h.Form, h.Deep, h.Opaque = plane.RGBA, d.deep, d.form == Grey || d.opaque()
	if d.form == Grey {
		h.Form = plane.Grey
	}
	h.Memory = d.memory()
	d.ready = true
	return h, nil
}

// readHeader reads IHDR (11.2.1).
func (m *storage) readHeader(c chunk) error {
	p := c.data
	switch {
	case c.is("CgBI"):
		return UnsupportedError("the kind that Apple's tools make for its telephones")
	case len(p) != 13 || !c.intact():
		return DamagedError("its header is broken")
	}
	width, height := binary.BigEndian.Uint32(p), binary.BigEndian.Uint32(p[4:])
	if width == 0 || height == 0 || width > maxLength || height > maxLength {
		return damagedf("it is %dx%d", width, height)
	}
	*m = storage{width: int(width), height: int(height), depth: int(p[8]), colourType: p[9], interlaced: p[12] == 1}
	for i := range m.palette {
		m.palette[i] = [4]uint8{0, 0, 0, 0xff}
	}
	known := false
	switch m.depth {
	case 1, 2, 4:
		known = m.colourType == typeGrey || m.colourType == typePalette
	case 8:
		known = int(m.colourType) < len(samplesOf) && samplesOf[m.colourType] > 0
	case 16:
		known = int(m.colourType) < len(samplesOf) && samplesOf[m.colourType] > 0 && m.colourType != typePalette
	}
	switch {
	case !known:
		return unsupportedf("colour type %d of %d bits", p[9], p[8])
	case p[10] != 0 || p[11] != 0 || p[12] > 1:
		return unsupportedf("compression %d, filter %d, interlace %d", p[10], p[11], p[12])
	}
	return nil
}

// readChunks reads the chunks before the picture's data, and returns the file from
// there on.
func (d *Decoder) readChunks(h *Header, rest []byte) (data []byte, err error) {
	m := &d.storage
	d.animated, d.framed = false, false
	profiled := false
	for {
		c, after := cut(rest)
		switch {
		case c.name == nil || c.is("IEND"):
			return nil, DamagedError("it has no picture")
		case !c.named():
			return nil, damagedf("a chunk is called %q", c.name)
		case c.is("IDAT"):
			if m.colourType == typePalette && m.colours == 0 {
				return nil, DamagedError("it has no palette")
			}
			return rest, nil
		case c.is("PLTE"):
			if err := m.readPalette(c); err != nil {
				return nil, err
			}
		case !c.ancillary():
			return nil, unsupportedf("chunk %s", c.name)
		case c.is("iCCP"):
			// The profile has a checksum of its own, which is why the chunk's may be
			// wrong: GIMP 2.10 wrote such. Only the first is looked at, because each
			// may take long.
			if !profiled {
				h.ICC, profiled = readICC(c.data), true
			}
		case c.intact():
			d.readAncillary(h, c)
		}
		rest = after
	}
}

// readAncillary reads a chunk without which the picture can be shown. The first of
// several counts.
func (d *Decoder) readAncillary(h *Header, c chunk) {
	p := c.data
	switch string(c.name) {
	case "tRNS":
		d.storage.readTransparency(p)
	case "eXIf":
		if h.EXIF == nil {
			h.EXIF = p
		}
	case "sRGB":
		h.SRGB = true
	case "gAMA":
		if len(p) == 4 && h.Gamma == 0 {
			h.Gamma = binary.BigEndian.Uint32(p)
		}
	case "cHRM":
		if len(p) == 32 && h.Chromaticities == [8]uint32{} {
			for i := range h.Chromaticities {
				h.Chromaticities[i] = binary.BigEndian.Uint32(p[4*i:])
			}
		}
	case "cICP":
		if len(p) == 4 && h.CICP == [4]uint8{} {
			h.CICP = [4]uint8(p)
		}
	case "acTL":
		d.animated = len(p) == 8 && binary.BigEndian.Uint32(p) > 0
	case "fcTL":
		d.framed = true
	}
}

// readPalette reads PLTE (11.2.2), which pictures of other colour types may have for
// those who show few colours.
func (m *storage) readPalette(c chunk) error {
	switch {
	case m.colourType != typePalette:
		return nil
	case m.colours > 0:
		return DamagedError("it has two palettes")
	case len(c.data) == 0 || len(c.data)%3 != 0 || len(c.data) > 3*256 || !c.intact():
		return DamagedError("its palette is broken")
	}
	m.colours = min(len(c.data)/3, 1<<m.depth)
	for i := range m.colours {
		copy(m.palette[i][:], c.data[3*i:3*i+3])
	}
	return nil
}

// readTransparency reads tRNS (11.3.1.1). Like libpng, and so the browsers, it passes
// over one that has more alphas than the palette has colours, or stands before it.
func (m *storage) readTransparency(p []byte) {
	switch {
	case m.colourType == typePalette && !m.clear && len(p) <= m.colours:
		for i, alpha := range p {
			m.palette[i][3] = alpha
			m.clear = m.clear || alpha != 0xff
		}
	case m.keyed:
	case m.colourType == typeGrey && len(p) == 2, m.colourType == typeRGB && len(p) == 6:
		m.keyed = true
		for i := range len(p) / 2 {
			m.key[i] = binary.BigEndian.Uint16(p[2*i:]) & (1<<m.depth - 1)
		}
	}
}

// readICC returns the profile of iCCP (11.3.2.3), and nil if there is no whole one.
func readICC(p []byte) []byte {
	name, rest, ok := bytes.Cut(p, []byte{0})
	if !ok || len(name) == 0 || len(name) > 79 || len(rest) == 0 || rest[0] != 0 {
		return nil
	}
	r, err := zlib.NewReader(bytes.NewReader(rest[1:]))
	if err != nil {
		return nil
	}
	profile, err := io.ReadAll(io.LimitReader(r, maxICC+1))
	if err != nil || len(profile) > maxICC || len(profile) == 0 {
		return nil
	}
	return profile
}

// readTrailing reads what stands behind the picture: EXIF may, and so does an animation
// that the picture is no part of. Its first frame is what browsers show then.
func (d *Decoder) readTrailing(h *Header, rest []byte) {
	wanted := d.animated && !d.framed // the animation's first frame
	var frame rectangle
	for {
		c, after := cut(rest)
		switch {
		case c.name == nil || c.is("IEND"):
			return
		case c.is("eXIf") && h.EXIF == nil && c.intact():
			h.EXIF = c.data
		case c.is("fcTL") && wanted:
			frame = rectangle{}
			if c.intact() {
				frame = readFrame(c.data, d.storage.width, d.storage.height)
			}
			wanted = frame.width > 0
		case c.is("fdAT") && wanted && frame.width > 0:
			d.data, d.kind, d.frame = rest, "fdAT", frame
			wanted = false
		}
		rest = after
	}
}

// rectangle is a part of a picture, in pixels.
type rectangle struct{ x, y, width, height int }

// readFrame reads where fcTL (11.3.6.2) has its frame in a picture. It is empty if it
// would not be inside.
func readFrame(p []byte, width, height int) rectangle {
	if len(p) != 26 {
		return rectangle{}
	}
	var v [4]int
	for i := range v {
		v[i] = int(binary.BigEndian.Uint32(p[4+4*i:]))
	}
	r := rectangle{x: v[2], y: v[3], width: v[0], height: v[1]}
	if r.width == 0 || r.height == 0 || r.x+r.width > width || r.y+r.height > height {
		return rectangle{}
	}
	return r
}
