package main

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
)

// picture is a picture that looks different from every side: its colours go from left
// to right and from top to bottom, a dark F stands in its middle, one corner is bright
// and one is dark. Chroma changes little where luma has an edge, because decoders
// enlarge it differently. Alpha falls from the middle to the right, and the corner
// below has none.
func picture(size image.Point, grey, alpha bool) *image.NRGBA64 {
	m := image.NewNRGBA64(image.Rectangle{Max: size})
	for y := range size.Y {
		for x := range size.X {
			u, v := (float64(x)+0.5)/float64(size.X), (float64(y)+0.5)/float64(size.Y)
			r, g, b := 0.25+0.5*u, 0.65-0.35*v, 0.3+0.25*(1-u)*v+0.2*u
			var to, part float64
			switch {
			case u < 0.2 && v < 0.2:
				to, part = 1, 0.5
			case u < 0.2 && v > 0.8:
				to, part = 0, 0.5
			case u > 0.35 && u < 0.47 && v > 0.2 && v < 0.85,
				u >= 0.47 && u < 0.72 && v > 0.2 && v < 0.32,
				u >= 0.47 && u < 0.62 && v > 0.45 && v < 0.57:
				to, part = 0.1, 0.6
			}
			mixed := func(c float64) uint16 { return uint16((c+(to-c)*part)*65535 + 0.5) }
			c := color.NRGBA64{mixed(r), mixed(g), mixed(b), 0xffff}
			if grey {
				c.R = uint16((19595*uint32(c.R) + 38470*uint32(c.G) + 7471*uint32(c.B)) >> 16)
				c.G, c.B = c.R, c.R
			}
			if alpha {
				c.A = uint16(min(1, 1.8-1.6*u)*65535 + 0.5)
				if u > 0.75 && v > 0.75 {
					c.A = 0
				}
			}
			m.SetNRGBA64(x, y, c)
		}
	}
	return m
}

// exif is a TIFF structure with nothing but an orientation.
func exif(orientation int) []byte {
	return []byte{'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, byte(orientation), 0, 0, 0, 0, 0, 0, 0}
}

// withSegment puts EXIF into a JPEG.
func withSegment(file []byte, orientation int) []byte {
	if orientation == 0 {
		return file
	}
	payload := append([]byte("Exif\x00\x00"), exif(orientation)...)
	segment := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(2+len(payload)))
	return append(append(append(file[:2:2], segment...), payload...), file[2:]...)
}

// afterIHDR is where the first chunk after IHDR begins.
const afterIHDR = 8 + 25

// withChunk puts a chunk behind IHDR.
func withChunk(file []byte, name string, payload []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(payload)))
	b = append(append(b, name...), payload...)
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
	return append(append(file[:afterIHDR:afterIHDR], b...), file[afterIHDR:]...)
}

// chunk is the payload of a chunk, nil if there is none.
func chunk(file []byte, name string) []byte {
	for at := 8; at+12 <= len(file); {
		n := int(binary.BigEndian.Uint32(file[at:]))
		if string(file[at+4:at+8]) == name {
			return file[at+8 : at+8+n]
		}
		at += 12 + n
	}
	return nil
}

func deflated(data []byte) []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	w.Write(data) // a bytes.Buffer has no errors
	w.Close()
	return b.Bytes()
}
