package render

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"testing"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"

	ownjpeg "prew/lambda/render/jpeg"
	"prew/lambda/render/plane"
)

var (
	white  = color.NRGBA{255, 255, 255, 255}
	black  = color.NRGBA{0, 0, 0, 255}
	red    = color.NRGBA{220, 30, 30, 255}
	green  = color.NRGBA{30, 180, 60, 255}
	blue   = color.NRGBA{40, 60, 220, 255}
	yellow = color.NRGBA{240, 200, 20, 255}
	clear0 = color.NRGBA{}
)

// sign is a picture that looks different from every side: each corner has a
// colour, and in the middle stands an F on a sloping grey.
func sign(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			grey := uint8(80 + 100*x/w + 60*y/h)
			m.SetNRGBA(x, y, color.NRGBA{grey, grey, grey, 255})
		}
	}
	block := func(c color.Color, x0, y0, x1, y1 int) { // in twelfths
		draw.Draw(m, image.Rect(w*x0/12, h*y0/12, w*x1/12, h*y1/12), image.NewUniform(c), image.Point{}, draw.Src)
	}
	block(red, 0, 0, 3, 3)
	block(green, 9, 0, 12, 3)
	block(blue, 0, 9, 3, 12)
	block(yellow, 9, 9, 12, 12)
	block(black, 4, 2, 5, 10)
	block(black, 5, 2, 8, 3)
	block(black, 5, 5, 7, 6)
	return m
}

// glass is a sign whose lower half lets more and more through, and whose green
// corner is a hole.
func glass(w, h int) *image.NRGBA {
	m := sign(w, h)
	for y := range h {
		for x := range w {
			c := m.NRGBAAt(x, y)
			if y > h/2 {
				c.A = uint8(255 * (h - y) / (h - h/2))
			}
			if c == green {
				c = clear0
			}
			m.SetNRGBA(x, y, c)
		}
	}
	return m
}

// curtain is a sign whose right half is not there.
func curtain(w, h int) *image.NRGBA {
	m := sign(w, h)
	draw.Draw(m, image.Rect(w/2, 0, w, h), image.Transparent, image.Point{}, draw.Src)
	return m
}

func asJPEG(m image.Image) []byte {
	return encoded(func(b *bytes.Buffer) error { return jpeg.Encode(b, m, &jpeg.Options{Quality: 95}) })
}

// asProgressiveJPEG is a JPEG of ten scans.
func asProgressiveJPEG(m *image.NRGBA) []byte {
	var e engine
	var encoder ownjpeg.Encoder
	return encoder.Encode(e.lumaChroma(m, 2), ownjpeg.EncodeOptions{Quality: 95, Progressive: true})
}

// asRGBCodedJPEG is a JPEG whose planes are red, green and blue, as the marker
// segment APP14 says that Adobe writes.
func asRGBCodedJPEG(m *image.NRGBA) []byte {
	size := m.Rect.Size()
	planes := make([]plane.Plane, 3)
	for c := range planes {
		planes[c] = plane.Plane{Pix: make([]uint8, size.X*size.Y), Stride: size.X, Width: size.X, Height: size.Y}
		for i := range planes[c].Pix {
			planes[c].Pix[i] = m.Pix[4*i+c]
		}
	}
	var e ownjpeg.Encoder
	coded := e.Encode(planes, ownjpeg.EncodeOptions{Quality: 95})
	adobe := append([]byte{0xff, 0xee, 0, 14}, "Adobe\x00\x64\x00\x00\x00\x00\x00"...)
	const afterJFIF = 2 + 18 // which would say that they are luma and chroma
	return append(append(coded[:2:2], adobe...), coded[afterJFIF:]...)
}

func asPNG(m image.Image) []byte {
	return encoded(func(b *bytes.Buffer) error { return png.Encode(b, m) })
}

func asBMP(m image.Image) []byte {
	return encoded(func(b *bytes.Buffer) error { return bmp.Encode(b, m) })
}

func asTIFF(m image.Image) []byte {
	return encoded(func(b *bytes.Buffer) error { return tiff.Encode(b, m, &tiff.Options{Compression: tiff.Deflate}) })
}

func encoded(encode func(*bytes.Buffer) error) []byte {
	var b bytes.Buffer
	if err := encode(&b); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// indexed is a picture reduced to few colours.
func indexed(m image.Image) *image.Paletted {
	palette := color.Palette{clear0, white, black, red, green, blue, yellow, color.Gray{128}, color.Gray{192}}
	few := image.NewPaletted(m.Bounds(), palette)
	draw.Draw(few, few.Rect, m, m.Bounds().Min, draw.Src)
	return few
}

// asGIF places a frame, reduced to few colours, on a screen.
func asGIF(frame image.Image, screen image.Point) []byte {
	m := indexed(frame)
	return encoded(func(b *bytes.Buffer) error {
		return gif.EncodeAll(b, &gif.GIF{Image: []*image.Paletted{m}, Delay: []int{0},
			Config: image.Config{Width: screen.X, Height: screen.Y, ColorModel: m.Palette}})
	})
}

// moved is a picture at another place.
func moved(m *image.NRGBA, by image.Point) *image.NRGBA {
	m.Rect = m.Rect.Add(by)
	return m
}

// deep is a picture with sixteen bits a channel.
func deep(m image.Image) *image.NRGBA64 {
	d := image.NewNRGBA64(m.Bounds())
	draw.Draw(d, d.Bounds(), m, image.Point{}, draw.Src)
	return d
}

// greyOf is a picture without its colours.
func greyOf(m image.Image) *image.Gray {
	g := image.NewGray(m.Bounds())
	draw.Draw(g, g.Bounds(), m, image.Point{}, draw.Src)
	return g
}

// exif is a TIFF structure that holds nothing but an orientation.
func exif(order binary.AppendByteOrder, orientation uint16) []byte {
	b := []byte("II*\x00")
	if order.String() == "BigEndian" {
		b = []byte("MM\x00*")
	}
	b = order.AppendUint32(b, 8)
	b = order.AppendUint16(b, 1)
	b = order.AppendUint16(b, 274)
	b = order.AppendUint16(b, 3)
	b = order.AppendUint32(b, 1)
	b = order.AppendUint16(b, orientation)
	b = order.AppendUint16(b, 0)
	return order.AppendUint32(b, 0)
}

func jpegWithEXIF(src, exif []byte) []byte {
	b := append([]byte{}, src[:2]...)
	b = append(b, 0xff, 0xe1)
	b = binary.BigEndian.AppendUint16(b, uint16(2+6+len(exif)))
	b = append(b, "Exif\x00\x00"...)
	b = append(b, exif...)
	return append(b, src[2:]...)
}

func pngChunk(name string, payload []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(payload)))
	b = append(append(b, name...), payload...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// pngWithEXIF puts the chunk behind IHDR.
func pngWithEXIF(src, exif []byte) []byte {
	const afterIHDR = 8 + 25
	return bytes.Join([][]byte{src[:afterIHDR], pngChunk("eXIf", exif), src[afterIHDR:]}, nil)
}

func webpChunk(name string, payload []byte) []byte {
	b := binary.LittleEndian.AppendUint32([]byte(name), uint32(len(payload)))
	b = append(b, payload...)
	if len(payload)%2 == 1 {
		b = append(b, 0)
	}
	return b
}

func webpFile(chunks ...[]byte) []byte {
	return webpChunk("RIFF", append([]byte("WEBP"), bytes.Join(chunks, nil)...))
}

// vp8x is the chunk that opens an extended WebP.
func vp8x(flags byte, w, h int) []byte {
	w, h = w-1, h-1
	return webpChunk("VP8X", []byte{flags, 0, 0, 0, byte(w), byte(w >> 8), byte(w >> 16), byte(h), byte(h >> 8), byte(h >> 16)})
}

// webpWithEXIF wraps a simple WebP of the given size in an extended one.
func webpWithEXIF(src []byte, w, h int, exif []byte) []byte {
	return webpFile(vp8x(1<<3, w, h), src[12:], webpChunk("EXIF", exif))
}

// tag is an entry of a TIFF directory with one value, of type LONG.
type tag struct {
	number uint16
	value  uint32
}

// tiffFile is a TIFF of one directory, followed by the data that it points to.
func tiffFile(tags []tag, data []byte) []byte {
	le := binary.LittleEndian
	b := append([]byte("II*\x00"), 8, 0, 0, 0)
	b = le.AppendUint16(b, uint16(len(tags)))
	for _, t := range tags {
		b = le.AppendUint16(b, t.number)
		b = le.AppendUint16(b, 4)
		b = le.AppendUint32(b, 1)
		b = le.AppendUint32(b, t.value)
	}
	return append(le.AppendUint32(b, 0), data...)
}

// tiffData is where the data begins behind a directory of so many tags.
func tiffData(tags int) uint32 { return uint32(8 + 2 + 12*tags + 4) }

// greyTIFF is a grey TIFF of one uncompressed strip, with an orientation.
func greyTIFF(m *image.Gray, orientation uint32) []byte {
	const tags = 9
	size := m.Bounds().Size()
	return tiffFile([]tag{
		{256, uint32(size.X)}, {257, uint32(size.Y)}, {258, 8}, {259, 1}, {262, 1},
		{273, tiffData(tags)}, {274, orientation}, {278, uint32(size.Y)}, {279, uint32(len(m.Pix))},
	}, m.Pix)
}

func testdata(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
