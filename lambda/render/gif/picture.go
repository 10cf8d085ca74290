package gif

import (
	"bytes"
	"encoding/binary"

	"prew/lambda/render/plane"
)

// The blocks of a file (GIF89a, appendix A).
const (
	blockExtension = 0x21
	blockPicture   = 0x2c
	blockTrailer   = 0x3b

	extensionControl     = 0xf9
	extensionApplication = 0xff
)

// picture is one of a file's pictures, and the logical screen on which it lies.
type picture struct {
	width, height           int // of the screen
	left, top               int // where the picture lies on it
	frameWidth, frameHeight int // of the picture
	interlaced              bool
	codeSize                int // of the coded data: the bits of an index
	palette                 palette
	form                    plane.Form

	delay    int      // hundredths of a second until the next picture
	disposal disposal // what becomes of it then
	loops    int      // how often all pictures are shown, 0 for ever
	common   palette  // of the pictures that have no colours of their own
}

// disposal is what becomes of a picture before the next one is put on the screen (GIF89a,
// section 23). Others leave it where it is.
type disposal uint8

const (
	disposeClear    disposal = 2 // its place becomes transparent
	disposePrevious disposal = 3 // what was there before it comes back
	disposeOther    disposal = 4 // the same: there are writers that count from zero
)

// palette is the colours of indices, each red, green, blue and alpha. Those beyond
// its size are transparent, as Chrome shows them.
type palette struct {
	colours     [256][4]uint8
	size        int
	transparent bool // one of them is
}

// samples is how many a pixel has.
func (p *picture) samples() int {
	if p.form == plane.Grey {
		return 1
	}
	return 4
}

// formOf is Grey if all that the picture may show is grey and opaque.
func (p *picture) formOf() plane.Form {
	if !p.opaque() {
		return plane.RGBA
	}
	for _, c := range p.palette.colours[:p.palette.size] {
		if c[0] != c[1] || c[1] != c[2] {
			return plane.RGBA
		}
	}
	return plane.Grey
}

// opaque reports whether the picture covers the screen and has a colour for every
// index.
func (p *picture) opaque() bool {
	return !p.palette.transparent && 1<<p.codeSize <= p.palette.size &&
		p.left == 0 && p.top == 0 && p.frameWidth >= p.width && p.frameHeight >= p.height
}

// held is how many rows of the picture are in memory at a time.
func (p *picture) held() int {
	if p.interlaced {
		return p.frameHeight
	}
	return 1
}

// onScreen is the part of the picture that the screen has.
func (p *picture) onScreen() plane.Rect {
	return plane.Rect{Left: min(p.left, p.width), Top: min(p.top, p.height),
		Right: min(p.left+p.frameWidth, p.width), Bottom: min(p.top+p.frameHeight, p.height)}
}

// shown is how many rows of the picture the screen has.
func (p *picture) shown() int { return max(min(p.frameHeight, p.height-p.top), 0) }

// read reads everything before the pixels of the first picture, and returns what
// begins with them.
func (p *picture) read(file []byte) (coded []byte, _ error) {
	if !bytes.HasPrefix(file, []byte("GIF87a")) && !bytes.HasPrefix(file, []byte("GIF89a")) {
		return nil, DamagedError("it does not start with GIF87a or GIF89a")
	}
	const screen = 13
	if len(file) < screen {
		return nil, DamagedError("it ends inside its header")
	}
	p.width = int(binary.LittleEndian.Uint16(file[6:]))
	p.height = int(binary.LittleEndian.Uint16(file[8:]))
	p.loops = 1
	rest, err := p.common.read(file[10], file[screen:])
	if err != nil {
		return nil, err
	}
	return p.readNext(rest)
}

// readNext reads everything before the pixels of the next picture, and returns what begins
// with them.
func (p *picture) readNext(rest []byte) (coded []byte, _ error) {
	p.palette, p.delay, p.disposal = p.common, 0, 0
	transparent := -1
	for {
		if len(rest) < 2 {
			return nil, DamagedError("it ends before its picture")
		}
		switch rest[0] {
		case blockPicture:
			return p.readDescriptor(rest[1:], transparent)
		case blockTrailer:
			return nil, DamagedError("it has no picture")
		case blockExtension:
			label := rest[1]
			rest = rest[2:]
			switch {
			case label == extensionControl && len(rest) >= 5 && rest[0] >= 4:
				transparent = -1
				if rest[1]&1 != 0 {
					transparent = int(rest[4])
				}
				p.delay, p.disposal = int(binary.LittleEndian.Uint16(rest[2:])), disposal(rest[1]>>2&7)
			case label == extensionApplication:
				p.readLoops(rest)
			}
			rest = skip(rest)
		default:
			return nil, damagedf("a block of type %#02x comes before its picture", rest[0])
		}
	}
}

// loopsSize is the size of the extension of Netscape's browser that says how often the
// pictures are shown again, in bytes before its end.
const loopsSize = 12 + 4

// loops reports whether an extension is that one.
func loops(rest []byte) bool {
	if len(rest) < loopsSize || rest[0] != 11 || rest[12] != 3 || rest[13]&7 != 1 {
		return false
	}
	name := string(rest[1:12])
	return name == "NETSCAPE2.0" || name == "ANIMEXTS1.0"
}

// readLoops reads it; 0 is for ever.
func (p *picture) readLoops(rest []byte) {
	if !loops(rest) {
		return
	}
	if p.loops = int(binary.LittleEndian.Uint16(rest[14:])); p.loops > 0 {
		p.loops++
	}
}

// skip returns what follows the sub-blocks of an extension, or of a picture.
func skip(rest []byte) []byte {
	for len(rest) > 0 {
		length := int(rest[0])
		rest = rest[min(1+length, len(rest)):]
		if length == 0 {
			break
		}
	}
	return rest
}

// read reads a table of colours, if the flags say that there is one (GIF89a,
// sections 19 and 21).
func (p *palette) read(flags byte, rest []byte) ([]byte, error) {
	if flags&0x80 == 0 {
		return rest, nil
	}
	size := 2 << (flags & 7)
	if len(rest) < 3*size {
		return nil, DamagedError("it ends inside its colours")
	}
	for i := range size {
		p.colours[i] = [4]uint8{rest[3*i], rest[3*i+1], rest[3*i+2], 0xff}
	}
	clear(p.colours[size:])
	p.size = size
	return rest[3*size:], nil
}

// readDescriptor reads what stands before the pixels (GIF89a, section 20).
func (p *picture) readDescriptor(rest []byte, transparent int) (coded []byte, _ error) {
	const descriptor = 9
	if len(rest) < descriptor {
		return nil, DamagedError("it ends before its picture")
	}
	p.left = int(binary.LittleEndian.Uint16(rest))
	p.top = int(binary.LittleEndian.Uint16(rest[2:]))
	p.frameWidth = int(binary.LittleEndian.Uint16(rest[4:]))
	p.frameHeight = int(binary.LittleEndian.Uint16(rest[6:]))
	flags := rest[8]
	p.interlaced = flags&0x40 != 0
	rest, err := p.palette.read(flags, rest[descriptor:])
	if err != nil {
		return nil, err
	}
	if p.palette.size == 0 {
		// Without any table a decoder uses one of its own that begins with black and
		// white (GIF89a, section 18).
		for i := range p.palette.colours {
			p.palette.colours[i] = [4]uint8{0, 0, 0, 0xff}
		}
		p.palette.colours[1] = [4]uint8{0xff, 0xff, 0xff, 0xff}
		p.palette.size = len(p.palette.colours)
	}
	if transparent >= 0 && transparent < p.palette.size {
		p.palette.colours[transparent] = [4]uint8{}
		p.palette.transparent = true
	}
	if err := p.place(); err != nil {
		return nil, err
	}
	if len(rest) < 1 {
		return nil, DamagedError("it ends before its pixels")
	}
	if p.codeSize = int(rest[0]); p.codeSize < 1 || p.codeSize > 8 {
		return nil, damagedf("its indices have %d bits", p.codeSize)
	}
	p.form = p.formOf()
	return rest[1:], nil
}

// place gives a screen without a size that of the picture, and a picture without
// one that of the screen, as browsers do, and holds both against the limits.
func (p *picture) place() error {
	if p.frameWidth == 0 || p.frameHeight == 0 {
		p.frameWidth, p.frameHeight = p.width, p.height
	}
	if p.width == 0 || p.height == 0 {
		p.width, p.height, p.left, p.top = p.frameWidth, p.frameHeight, 0, 0
	}
	for _, size := range [][2]int{{p.width, p.height}, {p.frameWidth, p.frameHeight}} {
		switch width, height := size[0], size[1]; {
		case width == 0 || height == 0:
			return damagedf("it is %dx%d", width, height)
		case width > plane.MaxSide || height > plane.MaxSide:
			return LimitError("it is " + sizeOf(width, height) + ", limit is 65500 pixels a side")
		case width*height > plane.MaxPixels:
			return LimitError("it is " + sizeOf(width, height) + ", limit is 300 megapixels")
		}
	}
	return nil
}

// paint writes the row of the screen on which indices lie.
func (p *picture) paint(row, indices []uint8) {
	from, to := min(p.left, p.width), min(p.left+p.frameWidth, p.width)
	if p.form == plane.Grey { // the picture covers the screen
		for x := range row {
			row[x] = p.palette.colours[indices[x]][0]
		}
		return
	}
	clear(row[:4*from])
	for x, index := range indices[:to-from] {
		*(*[4]uint8)(row[4*(from+x):]) = p.palette.colours[index]
	}
	clear(row[4*to:])
}

// interlace is where row y of an interlaced picture is stored (GIF89a, appendix E).
func interlace(y, height int) int {
	first, second, third := (height+7)/8, (height+3)/8, (height+1)/4
	switch {
	case y%8 == 0:
		return y / 8
	case y%8 == 4:
		return first + y/8
	case y%4 == 2:
		return first + second + y/4
	}
	return first + second + third + y/2
}
