package webp

import (
	"bytes"
	"encoding/binary"
	"iter"

	"prew/lambda/render/plane"
)

// container is what a file says of its picture: of one of its frames, where it has
// several, first of the first (RFC 9649, section 2).
type container struct {
	width, height           int // of the canvas
	left, top               int // where the frame lies on it
	frameWidth, frameHeight int
	solid                   bool // no pixel of the frame is transparent
	opaque                  bool // none of the canvas
	animated                bool

	lossy    []byte // a VP8 stream, or
	lossless []byte // a VP8L stream
	alpha    []byte // of a lossy frame, nil without

	exif, icc []byte
}

// The sizes of headers, in bytes.
const (
	fileHead     = 12 // RIFF, size, WEBP
	chunkHead    = 8  // name, size
	extendedHead = 10 // VP8X
	frameHead    = 16 // ANMF
)

// read reads a file's chunks. The size that RIFF says the file has is not looked
// at: a chunk that has all its bytes is whole.
func (c *container) read(file []byte) error {
	if len(file) < fileHead || !bytes.HasPrefix(file, []byte("RIFF")) || string(file[8:fileHead]) != "WEBP" {
		return DamagedError("it does not start with RIFF and WEBP")
	}
	found, extended := false, false
	for name, chunk := range chunks(file[fileHead:]) {
		switch {
		case name == "VP8X" && !found && !extended:
			if len(chunk) < extendedHead {
				return DamagedError("it ends inside its header")
			}
			extended = true
			c.width, c.height = uint24(chunk[4:])+1, uint24(chunk[7:])+1
			c.frameWidth, c.frameHeight = c.width, c.height
		case name == "ANMF" && !found:
			if err := c.readFrame(chunk); err != nil {
				return err
			}
			found = true
		case !found && (name == "ALPH" || name == "VP8 " || name == "VP8L"):
			var err error
			if found, err = c.readPicture(name, chunk); err != nil {
				return err
			}
		case name == "EXIF" && c.exif == nil:
			// Some writers put JPEG's header before the TIFF structure.
			c.exif = bytes.TrimPrefix(chunk, []byte("Exif\x00\x00"))
		case name == "ICCP" && c.icc == nil:
			c.icc = chunk
		}
	}
	if !found {
		return DamagedError("it has no picture")
	}
	return c.check()
}

// readFrame reads a frame of an animation (RFC 9649, section 2.7.1.1).
func (c *container) readFrame(chunk []byte) error {
	if len(chunk) < frameHead {
		return DamagedError("it ends inside its frame")
	}
	if c.width == 0 {
		return DamagedError("it has a frame and no canvas")
	}
	c.animated, c.lossy, c.lossless, c.alpha = true, nil, nil, nil
	c.left, c.top = 2*uint24(chunk), 2*uint24(chunk[3:])
	c.frameWidth, c.frameHeight = uint24(chunk[6:])+1, uint24(chunk[9:])+1
	for name, part := range chunks(chunk[frameHead:]) {
		if found, err := c.readPicture(name, part); found || err != nil {
			return err
		}
	}
	return DamagedError("its frame has no picture")
}

// readPicture reads a chunk of a picture, and reports whether it was the last.
func (c *container) readPicture(name string, chunk []byte) (bool, error) {
	var width, height int
	switch name {
	case "ALPH":
		c.alpha = chunk
		return false, nil
	case "VP8 ":
		// RFC 6386, section 9.1: a key frame that is shown, of a known version.
		if len(chunk) < vp8Head || chunk[0]&1 != 0 || chunk[0]>>4&1 == 0 || chunk[0]>>1&7 > 3 || string(chunk[3:6]) != "\x9d\x01\x2a" {
			return false, DamagedError("its VP8 stream has no right header")
		}
		width = int(binary.LittleEndian.Uint16(chunk[6:]) & 0x3fff)
		height = int(binary.LittleEndian.Uint16(chunk[8:]) & 0x3fff)
		c.lossy, c.solid = chunk, c.alpha == nil
	case "VP8L":
		if len(chunk) < losslessHead || chunk[0] != 0x2f || chunk[4]>>5 != 0 {
			return false, DamagedError("its VP8L stream has no right header")
		}
		head := binary.LittleEndian.Uint32(chunk[1:])
		width, height = int(head&0x3fff)+1, int(head>>14&0x3fff)+1
		c.lossless, c.solid = chunk, head>>28&1 == 0
		c.alpha = nil
	default:
		return false, nil
	}
	if c.width == 0 {
		c.width, c.height, c.frameWidth, c.frameHeight = width, height, width, height
	}
	if width != c.frameWidth || height != c.frameHeight {
		return false, damagedf("its picture is %dx%d, its frame %dx%d", width, height, c.frameWidth, c.frameHeight)
	}
	return true, nil
}

// check holds the sizes against each other and against the limits.
func (c *container) check() error {
	switch {
	case c.width == 0 || c.height == 0:
		return damagedf("it is %dx%d", c.width, c.height)
	case c.width > plane.MaxSide || c.height > plane.MaxSide:
		return limitf("it is %dx%d, limit is %d pixels a side", c.width, c.height, plane.MaxSide)
	case c.width*c.height > plane.MaxPixels:
		return limitf("it is %dx%d, limit is %d megapixels", c.width, c.height, plane.MaxPixels/1_000_000)
	case c.left+c.frameWidth > c.width || c.top+c.frameHeight > c.height:
		return damagedf("its frame of %dx%d lies at %d,%d of %dx%d", c.frameWidth, c.frameHeight, c.left, c.top, c.width, c.height)
	}
	c.opaque = c.solid && c.covers()
	return nil
}

// memory is about how many bytes decoding takes beside the file.
func (c *container) memory() int {
	n := 2 * 4 * c.width
	if c.lossy != nil {
		n += vp8Memory(c.frameWidth, c.frameHeight)
	}
	if c.lossless != nil || len(c.alpha) > 0 && c.alpha[0]&3 == 1 {
		n += losslessMemory(c.frameWidth, c.frameHeight)
	}
	if c.alpha != nil {
		n += 2 * c.frameWidth
	}
	return n
}

// covers reports whether the frame is as large as the canvas.
func (c *container) covers() bool { return c.frameWidth == c.width && c.frameHeight == c.height }

// chunks yields the names and payloads of chunks (RFC 9649, section 2.3). One that
// claims more bytes than there are has what there is, and is the last.
func chunks(rest []byte) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		for len(rest) >= chunkHead {
			name, length := string(rest[:4]), int(binary.LittleEndian.Uint32(rest[4:]))
			rest = rest[chunkHead:]
			own := min(length, len(rest))
			if !yield(name, rest[:own:own]) {
				return
			}
			rest = rest[min(length+length&1, len(rest)):] // padded to even sizes
		}
	}
}

func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }
