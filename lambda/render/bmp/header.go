package bmp

import (
	"bytes"
	"encoding/binary"
	"math/bits"

	"prew/lambda/render/plane"
)

// The compressions of Windows; OS/2's second version has others under the same
// numbers from 3 on.
const (
	compressionNone           = 0
	compressionRLE8           = 1
	compressionRLE4           = 2
	compressionBitfields      = 3 // OS/2: Huffman 1D
	compressionJPEG           = 4 // OS/2: RLE24
	compressionPNG            = 5
	compressionAlphaBitfields = 6 // Windows CE
)

// The sizes of the headers that there are, in bytes.
const (
	sizeFile     = 14  // BITMAPFILEHEADER, before the others
	sizeCore     = 12  // BITMAPCOREHEADER, OS/2's first version
	sizeOS2Short = 16  // BITMAPINFOHEADER2, ended where zeros would follow
	sizeInfo     = 40  // BITMAPINFOHEADER
	sizeMasks    = 52  // with three masks, as Photoshop writes it
	sizeAlpha    = 56  // with four
	sizeOS2      = 64  // BITMAPINFOHEADER2
	sizeV4       = 108 // BITMAPV4HEADER
	sizeV5       = 124 // BITMAPV5HEADER
)

// layout is what the headers say of where the pixels lie and what they are.
type layout struct {
	width, height int
	topDown       bool
	depth         int // bits a pixel: 1, 2, 4, 8, 16, 24 or 32
	compression   uint32
	form          plane.Form
	pixels        int // where they begin in the file
	stride        int // bytes from row to row
	palette       palette
	masks         [4]channel // of red, green, blue and alpha, for 16 and 32 bits
	plain         bool       // 32 bits whose bytes are blue, green, red and none
}

// rle reports whether the pixels are compressed.
func (l *layout) rle() bool {
	return l.compression == compressionRLE8 || l.compression == compressionRLE4
}

// samples is how many a pixel has.
func (l *layout) samples() int {
	if l.form == plane.Grey {
		return 1
	}
	return 4
}

// rowBytes is how many bytes of a stored row hold pixels; the others fill it up to
// four bytes, and the last row may be without them.
func (l *layout) rowBytes() int { return (l.width*l.depth + 7) / 8 }

// read reads the headers of a file.
func (l *layout) read(file []byte) (Header, error) {
	if bytes.HasPrefix(file, []byte("BA")) {
		return Header{}, UnsupportedError("an array of bitmaps")
	}
	if !bytes.HasPrefix(file, []byte("BM")) {
		return Header{}, DamagedError("it does not start with BM")
	}
	if len(file) < sizeFile+4 {
		return Header{}, DamagedError("it ends inside its header")
	}
	size := int(binary.LittleEndian.Uint32(file[sizeFile:]))
	switch size {
	case sizeCore, sizeOS2Short, sizeInfo, sizeMasks, sizeAlpha, sizeOS2, sizeV4, sizeV5:
	default:
		return Header{}, damagedf("its header says it has %d bytes", size)
	}
	if len(file) < sizeFile+size {
		return Header{}, DamagedError("it ends inside its header")
	}
	// Fields that a short header does not have are 0.
	var head [sizeV5]byte
	copy(head[:], file[sizeFile:sizeFile+size])

	var colours int64
	if size == sizeCore {
		l.width = int(binary.LittleEndian.Uint16(head[4:]))
		l.height = int(binary.LittleEndian.Uint16(head[6:]))
		l.depth = int(binary.LittleEndian.Uint16(head[10:]))
	} else {
		l.width = int(int32(binary.LittleEndian.Uint32(head[4:])))
		l.height = int(int32(binary.LittleEndian.Uint32(head[8:])))
		l.depth = int(binary.LittleEndian.Uint16(head[14:]))
		l.compression = binary.LittleEndian.Uint32(head[16:])
		colours = int64(binary.LittleEndian.Uint32(head[32:]))
	}
	if l.height < 0 {
		l.height, l.topDown = -l.height, true
	}
	os2 := size == sizeOS2Short || size == sizeOS2
	if err := l.check(os2); err != nil {
		return Header{}, err
	}
	l.stride = (l.width*l.depth + 31) / 32 * 4

	end := sizeFile + size
	masks, end, err := l.readMasks(file, head[:], size, end)
	if err != nil {
		return Header{}, err
	}
	// An offset of 0 stands for pixels right after the palette.
	l.pixels = int(binary.LittleEndian.Uint32(file[10:]))
	if l.pixels != 0 && l.pixels < end {
		return Header{}, damagedf("its pixels begin at byte %d, inside its header", l.pixels)
	}
	entry := 4
	if size == sizeCore {
		entry = 3
	}
	after := l.readPalette(file, end, entry, colours)
	if l.pixels == 0 {
		l.pixels = after
	}
	return l.header(file, head[:], masks), nil
}

// check holds the size, the depth and the compression against what there is.
func (l *layout) check(os2 bool) error {
	if l.width < 1 || l.height < 1 {
		return damagedf("it is %dx%d", l.width, l.height)
	}
	if l.width > plane.MaxSide || l.height > plane.MaxSide {
		return LimitError("it is " + size(l.width, l.height) + ", limit is 65500 pixels a side")
	}
	if l.width*l.height > plane.MaxPixels {
		return LimitError("it is " + size(l.width, l.height) + ", limit is 300 megapixels")
	}
	switch {
	case os2 && l.compression == compressionBitfields:
		return UnsupportedError("Huffman 1D, a compression of OS/2")
	case os2 && l.compression == compressionJPEG:
		return UnsupportedError("RLE24, a compression of OS/2")
	case l.compression == compressionJPEG:
		return UnsupportedError("it holds a JPEG")
	case l.compression == compressionPNG:
		return UnsupportedError("it holds a PNG")
	case l.compression > compressionAlphaBitfields:
		return unsupportedf("compression %d", l.compression)
	}
	fits := false
	switch l.compression {
	case compressionNone:
		switch l.depth {
		case 1, 2, 4, 8, 16, 24, 32:
			fits = true
		}
	case compressionRLE8:
		fits = l.depth == 8
	case compressionRLE4:
		fits = l.depth == 4
	default:
		fits = l.depth == 16 || l.depth == 32
	}
	if !fits {
		return damagedf("it has %d bits a pixel with compression %d", l.depth, l.compression)
	}
	return nil
}

// readMasks sets the channels of 16 and 32 bits, reports whether the file gave
// their masks, and returns the end of the masks that stand after a header.
func (l *layout) readMasks(file, head []byte, size, end int) (given bool, _ int, _ error) {
	var masks [4]uint32
	switch {
	case l.compression == compressionBitfields || l.compression == compressionAlphaBitfields:
		given = true
		from := head[sizeInfo:]
		count := 4 // in a header without a fourth it is 0
		if size == sizeInfo {
			count = 3
			if l.compression == compressionAlphaBitfields {
				count = 4
			}
			if len(file) < end+4*count {
				return false, 0, DamagedError("it ends inside its masks")
			}
			from = file[end:]
			end += 4 * count
		}
		for i := range count {
			masks[i] = binary.LittleEndian.Uint32(from[4*i:])
		}
	case l.depth == 16:
		masks = [4]uint32{0x7c00, 0x03e0, 0x001f, 0}
	case l.depth == 32:
		masks = [4]uint32{0xff0000, 0xff00, 0xff, 0}
	default:
		return false, end, nil
	}
	for i, mask := range masks {
		if l.depth == 16 {
			mask &= 0xffff
		}
		c, ok := channelOf(mask)
		if !ok {
			return false, 0, damagedf("the mask %#x is not of neighbouring bits", mask)
		}
		l.masks[i] = c
	}
	l.plain = masks == [4]uint32{0xff0000, 0xff00, 0xff, 0}
	return given, end, nil
}

// readPalette reads the colours of a picture with at most eight bits a pixel, as
// many as lie before the pixels, and returns where they end.
func (l *layout) readPalette(file []byte, from, entry int, colours int64) int {
	if l.depth > 8 {
		return from + int(min(colours, int64(len(file))))*entry
	}
	count := int64(1) << l.depth
	if colours > 0 {
		count = min(colours, count)
	}
	to := len(file)
	if l.pixels != 0 {
		to = min(to, l.pixels)
	}
	count = min(count, int64(to-from)/int64(entry))
	for i := range int(count) {
		at := file[from+i*entry:]
		l.palette[i] = [4]uint8{at[2], at[1], at[0], 0xff}
	}
	// A pixel beyond the palette is black, as browsers show it.
	for i := int(count); i < len(l.palette); i++ {
		l.palette[i] = [4]uint8{0, 0, 0, 0xff}
	}
	return from + int(count)*entry
}

// header sums up what the headers say.
func (l *layout) header(file, head []byte, masks bool) Header {
	h := Header{Width: l.width, Height: l.height, Form: plane.RGBA, Opaque: true}
	if l.depth <= 8 && l.palette.grey() {
		h.Form = plane.Grey
	}
	l.form = h.Form
	if masks && l.masks[3].mask != 0 {
		// Writers that know no alpha leave it 0 everywhere: then the picture is
		// opaque, as browsers show it.
		h.Opaque = !l.anyAlpha(file)
	}
	if h.Opaque {
		l.masks[3] = channel{}
	}
	h.Memory = 2 * l.width * l.samples()
	if l.rle() {
		h.Memory += l.width * l.height
	}
	h.ICC = profile(file, head)
	return h
}

// anyAlpha reports whether a pixel has an alpha above 0.
func (l *layout) anyAlpha(file []byte) bool {
	for y := range l.height {
		from := l.pixels + y*l.stride
		if from >= len(file) {
			return false
		}
		row := file[from:min(from+l.rowBytes(), len(file))]
		if l.depth == 16 {
			for ; len(row) >= 2; row = row[2:] {
				if uint32(binary.LittleEndian.Uint16(row))&l.masks[3].mask != 0 {
					return true
				}
			}
			continue
		}
		for ; len(row) >= 4; row = row[4:] {
			if binary.LittleEndian.Uint32(row)&l.masks[3].mask != 0 {
				return true
			}
		}
	}
	return false
}

// profile is the colour profile inside the file, nil without. One in a file of its
// own ('LINK') is none.
func profile(file, head []byte) []byte {
	const embedded = 'M'<<24 | 'B'<<16 | 'E'<<8 | 'D'
	if binary.LittleEndian.Uint32(head[56:]) != embedded {
		return nil
	}
	from := sizeFile + int(binary.LittleEndian.Uint32(head[112:]))
	length := int(binary.LittleEndian.Uint32(head[116:]))
	if length == 0 || from < sizeFile+sizeV5 || from > len(file) || length > len(file)-from {
		return nil
	}
	return file[from : from+length : from+length]
}

// channel is where a sample lies in a pixel.
type channel struct {
	mask  uint32
	shift int
	scale uint64 // 255 over the largest value, times 1<<32
}

// channelOf is the channel of a mask, whose bits must be neighbours. That of no
// bits is always 0.
func channelOf(mask uint32) (channel, bool) {
	if mask == 0 {
		return channel{}, true
	}
	shift := bits.TrailingZeros32(mask)
	most := uint64(mask >> shift)
	if most&(most+1) != 0 {
		return channel{}, false
	}
	return channel{mask: mask, shift: shift, scale: (255<<32 + most/2) / most}, true
}

// of is the channel's sample in a pixel, as eight bits.
func (c *channel) of(pixel uint32) uint8 {
	return uint8((uint64(pixel&c.mask>>c.shift)*c.scale + 1<<31) >> 32)
}
