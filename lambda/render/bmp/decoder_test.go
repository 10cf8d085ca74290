package bmp

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/draw"
	"image/png"
	"io"
	"path"
	"testing"

	"prew/lambda/render/plane"
	"prew/lambda/render/plane/planetest"
)

// suite is bmpsuite by Jason Summers, whose pictures are in the public domain: g/
// are good, q/ questionable, b/ bad, and html/ is what they should look like.
func suite(t testing.TB) map[string][]byte {
	t.Helper()
	archive, err := zip.OpenReader("testdata/bmpsuite.zip")
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	files := map[string][]byte{}
	for _, f := range archive.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if files[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// decode returns the picture of a file as four samples a pixel.
func decode(file []byte) (Header, *image.NRGBA, error) {
	var d Decoder
	h, err := d.Open(file)
	if err != nil {
		return h, nil, err
	}
	m, err := planetest.Picture(&d, h.Form, h.Width, h.Height)
	if err != nil {
		return h, nil, err
	}
	return h, m, d.Finish()
}

// TestSuite holds the pictures of bmpsuite to its own PNGs, sample by sample. They
// may differ by one: some samples of the PNGs are rounded down.
func TestSuite(t *testing.T) {
	files := suite(t)
	for name, want := range map[string]string{
		"g/pal1.bmp": "pal1", "g/pal1bg.bmp": "pal1bg", "g/pal1wb.bmp": "pal1", "g/pal4.bmp": "pal4", "g/pal4rle.bmp": "pal4",
		"g/pal8.bmp": "pal8", "g/pal8-0.bmp": "pal8", "g/pal8nonsquare.bmp": "pal8nonsquare-e", "g/pal8os2.bmp": "pal8",
		"g/pal8rle.bmp": "pal8", "g/pal8topdown.bmp": "pal8", "g/pal8v4.bmp": "pal8", "g/pal8v5.bmp": "pal8",
		"g/pal8w124.bmp": "pal8w124", "g/pal8w125.bmp": "pal8w125", "g/pal8w126.bmp": "pal8w126",
		"g/rgb16.bmp": "rgb16", "g/rgb16-565.bmp": "rgb16-565", "g/rgb16-565pal.bmp": "rgb16-565",
		"g/rgb24.bmp": "rgb24", "g/rgb24pal.bmp": "rgb24", "g/rgb32.bmp": "rgb24", "g/rgb32bf.bmp": "rgb24",
		"q/pal1p1.bmp": "pal1p1", "q/pal2.bmp": "pal2", "q/pal4rletrns.bmp": "pal4rletrns-0", "q/pal8rletrns.bmp": "pal8rletrns-0",
		"q/pal8offs.bmp": "pal8", "q/pal8oversizepal.bmp": "pal8", "q/pal8os2sp.bmp": "pal8", "q/pal8os2v2.bmp": "pal8",
		"q/pal8os2v2-16.bmp": "pal8", "q/rgb16-231.bmp": "rgb16-231", "q/rgba16-4444.bmp": "rgba16-4444",
		"q/rgb24largepal.bmp": "rgb24", "q/rgb24prof.bmp": "rgb24", "q/rgb24lprof.bmp": "rgb24",
		"q/rgb32-111110.bmp": "rgb24", "q/rgb32bf-xbgr.bmp": "rgb24", "q/rgb32fakealpha.bmp": "rgb24",
		"q/rgba32.bmp": "rgba32", "q/rgba32abf.bmp": "rgba32",
		"b/badbitssize.bmp": "pal1", "b/baddens1.bmp": "pal1", "b/baddens2.bmp": "pal1", "b/badfilesize.bmp": "pal1",
		"b/badpalettesize.bmp": "pal8", "b/badplanes.bmp": "pal1", "b/rletopdown.bmp": "pal8",
	} {
		t.Run(name, func(t *testing.T) {
			h, got, err := decode(files[name])
			if err != nil {
				t.Fatal(err)
			}
			reference, err := png.Decode(bytes.NewReader(files["html/"+want+".png"]))
			if err != nil {
				t.Fatal(err)
			}
			wanted := image.NewNRGBA(reference.Bounds())
			draw.Draw(wanted, wanted.Rect, reference, image.Point{}, draw.Src)
			if got.Rect != wanted.Rect {
				t.Fatalf("size %v, expected %v", got.Rect.Max, wanted.Rect.Max)
			}
			for i, v := range wanted.Pix {
				if diff := int(got.Pix[i]) - int(v); wanted.Pix[i|3] != 0 && (diff < -1 || diff > 1) {
					t.Fatalf("pixel %d,%d is %v, expected %v", i/4%h.Width, i/4/h.Width, got.Pix[i&^3:i|3+1], wanted.Pix[i&^3:i|3+1])
				}
			}
			if opaque := wanted.Opaque(); h.Opaque != opaque {
				t.Errorf("opaque is %v, expected %v", h.Opaque, opaque)
			}
		})
	}
}

// TestSuiteRefused checks what of bmpsuite is refused, and how.
func TestSuiteRefused(t *testing.T) {
	files := suite(t)
	for name, want := range map[string]error{
		"q/rgb24jpeg.bmp":     UnsupportedError("it holds a JPEG"),
		"q/rgb24png.bmp":      UnsupportedError("it holds a PNG"),
		"b/badbitcount.bmp":   DamagedError("it has 30000 bits a pixel with compression 0"),
		"b/badheadersize.bmp": DamagedError("its header says it has 66 bytes"),
		"b/badwidth.bmp":      DamagedError("it is -127x64"),
		"b/reallybig.bmp":     LimitError("it is 3000000x2000000, limit is 65500 pixels a side"),
		"b/shortfile.bmp":     DamagedError("it ends before its row 0"),
	} {
		if _, _, err := decode(files[name]); err != want {
			t.Errorf("%s: %v, expected %v", path.Base(name), err, want)
		}
	}
}

// TestProfile checks that an embedded profile is handed on, and one elsewhere not.
func TestProfile(t *testing.T) {
	files := suite(t)
	for name, want := range map[string]int{"q/rgb24prof.bmp": 3048, "q/rgb24lprof.bmp": 0, "g/rgb24.bmp": 0, "g/pal8v5.bmp": 0} {
		h, _, err := decode(files[name])
		if err != nil || len(h.ICC) != want {
			t.Errorf("%s: %d bytes, %v, expected %d", name, len(h.ICC), err, want)
		}
	}
}

// header is a file's first 54 bytes: BITMAPFILEHEADER and BITMAPINFOHEADER.
func header(width, height int32, depth uint16, compression, colours, pixels uint32) []byte {
	b := append([]byte("BM"), make([]byte, 52)...)
	binary.LittleEndian.PutUint32(b[10:], pixels)
	binary.LittleEndian.PutUint32(b[14:], 40)
	binary.LittleEndian.PutUint32(b[18:], uint32(width))
	binary.LittleEndian.PutUint32(b[22:], uint32(height))
	binary.LittleEndian.PutUint16(b[26:], 1)
	binary.LittleEndian.PutUint16(b[28:], depth)
	binary.LittleEndian.PutUint32(b[30:], compression)
	binary.LittleEndian.PutUint32(b[46:], colours)
	return b
}

// grey4 is a palette of four greys: 0, 10, 20 and 30.
var grey4 = []byte{0, 0, 0, 0, 10, 10, 10, 0, 20, 20, 20, 0, 30, 30, 30, 0}

func TestRLE(t *testing.T) {
	for name, test := range map[string]struct {
		compression uint32
		coded       []byte
		want        []uint8 // of 4x2 pixels, from the top
		err         error
	}{
		"runs":                    {1, []byte{4, 1, 0, 0, 4, 2, 0, 1}, []uint8{20, 20, 20, 20, 10, 10, 10, 10}, nil},
		"as they are":             {1, []byte{0, 3, 1, 2, 3, 0, 1, 1, 0, 0, 4, 1, 0, 1}, []uint8{10, 10, 10, 10, 10, 20, 30, 10}, nil},
		"no end after all pixels": {1, []byte{4, 1, 0, 0, 4, 2}, []uint8{20, 20, 20, 20, 10, 10, 10, 10}, nil},
		"an early end":            {1, []byte{2, 1, 0, 1}, []uint8{0, 0, 0, 0, 10, 10, 0, 0}, nil},
		"a delta":                 {1, []byte{1, 1, 0, 2, 1, 1, 2, 3, 0, 1}, []uint8{0, 0, 30, 30, 10, 0, 0, 0}, nil},
		"a delta out of it":       {1, []byte{1, 1, 0, 2, 255, 255, 2, 3, 0, 1}, []uint8{0, 0, 0, 0, 10, 0, 0, 0}, nil},
		"a run out of its row":    {1, []byte{255, 1, 0, 0, 255, 2, 0, 1}, []uint8{20, 20, 20, 20, 10, 10, 10, 10}, nil},
		"four bits":               {2, []byte{4, 0x12, 0, 0, 0, 3, 0x32, 0x10, 0, 1}, []uint8{30, 20, 10, 0, 10, 20, 10, 20}, nil},
		"beyond the palette":      {1, []byte{4, 9, 0, 0, 4, 2, 0, 1}, []uint8{20, 20, 20, 20, 0, 0, 0, 0}, nil},
		"cut short":               {1, []byte{4, 1, 0, 0, 3, 2}, nil, DamagedError("it ends in its stored row 1 of 2")},
		"cut in a run":            {1, []byte{4, 1, 0, 0, 0, 4, 2, 2}, nil, DamagedError("it ends in its stored row 1 of 2")},
		"cut in a delta":          {1, []byte{4, 1, 0, 2, 1}, nil, DamagedError("it ends in its stored row 0 of 2")},
		"nothing":                 {2, nil, nil, DamagedError("it ends in its stored row 0 of 2")},
	} {
		depth := uint16(8)
		if test.compression == compressionRLE4 {
			depth = 4
		}
		file := append(append(header(4, 2, depth, test.compression, 4, 70), grey4...), test.coded...)
		var d Decoder
		h, err := d.Open(file)
		if err != nil || h.Form != plane.Grey || h.Memory != 2*4+8 {
			t.Fatalf("%s: %+v, %v", name, h, err)
		}
		var got []uint8
		for y := range 2 {
			row, rowErr := d.Row(y)
			got, err = append(got, row.Bytes...), rowErr
		}
		if err == nil {
			err = d.Finish()
		}
		if err != test.err || err == nil && !bytes.Equal(got, test.want) {
			t.Errorf("%s: %v, %v, expected %v, %v", name, got, err, test.want, test.err)
		}
	}
}

// TestOffset checks where pixels are looked for: where the header says, after the
// palette where it says nothing, and a palette ends where they begin.
func TestOffset(t *testing.T) {
	for name, test := range map[string]struct {
		colours, pixels uint32
		want            []uint8
		err             error
	}{
		"as it says":         {4, 70, []uint8{10, 20}, nil},
		"nothing said":       {4, 0, []uint8{10, 20}, nil},
		"further":            {4, 74, []uint8{30, 0}, nil},
		"a shorter palette":  {256, 70, []uint8{10, 20}, nil},
		"a count of 0":       {0, 70, []uint8{10, 20}, nil},
		"a hostile count":    {0xffffffff, 70, []uint8{10, 20}, nil},
		"inside the header":  {4, 53, nil, DamagedError("its pixels begin at byte 53, inside its header")},
		"behind the file":    {4, 0xffffffff, nil, DamagedError("it ends before its row 0")},
		"in the last pixels": {4, 77, nil, DamagedError("it ends before its row 0")},
	} {
		file := append(append(header(2, 1, 8, 0, test.colours, test.pixels), grey4...), 1, 2, 0, 0, 3, 0, 0, 0)
		var d Decoder
		_, err := d.Open(file)
		var got []uint8
		if err == nil {
			row, rowErr := d.Row(0)
			got, err = row.Bytes, rowErr
		}
		if name == "in the last pixels" {
			file = file[:78]
			_, err = d.Open(file)
			if err == nil {
				_, err = d.Row(0)
			}
		}
		if err != test.err || err == nil && !bytes.Equal(got, test.want) {
			t.Errorf("%s: %v, %v, expected %v, %v", name, got, err, test.want, test.err)
		}
	}
}

// TestHeaders checks what is refused before a pixel is looked at.
func TestHeaders(t *testing.T) {
	os2 := append(header(2, 2, 1, compressionBitfields, 0, 0), make([]byte, 24)...)
	os2[14] = 64
	rle24 := append(header(2, 2, 24, compressionJPEG, 0, 0), make([]byte, 24)...)
	rle24[14] = 64
	for name, test := range map[string]struct {
		file []byte
		err  error
	}{
		"empty":           {nil, DamagedError("it does not start with BM")},
		"an array":        {[]byte("BA"), UnsupportedError("an array of bitmaps")},
		"two bytes":       {[]byte("BM"), DamagedError("it ends inside its header")},
		"half a header":   {header(1, 1, 24, 0, 0, 54)[:40], DamagedError("it ends inside its header")},
		"no rows":         {header(1, 0, 24, 0, 0, 54), DamagedError("it is 1x0")},
		"the least int":   {header(1, -1<<31, 24, 0, 0, 54), LimitError("it is 1x2147483648, limit is 65500 pixels a side")},
		"too many pixels": {header(20_000, 20_000, 1, 0, 0, 54), LimitError("it is 20000x20000, limit is 300 megapixels")},
		"CMYK":            {header(1, 1, 32, 11, 0, 54), UnsupportedError("compression 11")},
		"RLE of 24 bits":  {header(1, 1, 24, 1, 0, 54), DamagedError("it has 24 bits a pixel with compression 1")},
		"no masks":        {header(1, 1, 32, 3, 0, 54), DamagedError("it ends inside its masks")},
		"a mask of holes": {append(header(1, 1, 32, 3, 0, 66), 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), DamagedError("the mask 0x5 is not of neighbouring bits")},
		"Huffman 1D":      {os2, UnsupportedError("Huffman 1D, a compression of OS/2")},
		"RLE24":           {rle24, UnsupportedError("RLE24, a compression of OS/2")},
	} {
		var d Decoder
		if _, err := d.Open(test.file); err != test.err {
			t.Errorf("%s: %v, expected %v", name, err, test.err)
		}
		if _, err := d.Row(0); !errors.Is(err, test.err) {
			t.Errorf("%s: a row after it: %v, expected %v", name, err, test.err)
		}
	}
}

// TestChannel checks that a sample of any width becomes the nearest of eight bits.
func TestChannel(t *testing.T) {
	for width := 1; width <= 16; width++ {
		most := uint64(1)<<width - 1
		for shift := 0; shift+width <= 32; shift += 5 {
			c, ok := channelOf(uint32(most << shift))
			if !ok {
				t.Fatalf("%d bits: no channel", width)
			}
			for v := uint64(0); v <= most; v++ {
				if got, want := c.of(uint32(v<<shift)), uint8((v*255+most/2)/most); got != want {
					t.Fatalf("%d of %d bits is %d, expected %d", v, width, got, want)
				}
			}
		}
	}
	c, _ := channelOf(0xffffffff)
	if got := c.of(0xffffffff); got != 255 {
		t.Errorf("the most of 32 bits is %d, expected 255", got)
	}
}

// TestNothingTaken checks that a picture without compression takes two rows,
// whatever its height, and that a decoder uses them again.
func TestNothingTaken(t *testing.T) {
	file := append(header(1000, 1000, 24, 0, 0, 54), make([]byte, 3_000_000)...)
	var d Decoder
	read := func() {
		h, err := d.Open(file)
		if err != nil || h.Memory != 8000 {
			t.Fatalf("%+v, %v", h, err)
		}
		for y := range h.Height {
			if _, err := d.Row(y); err != nil {
				t.Fatal(err)
			}
		}
	}
	read()
	if n := testing.AllocsPerRun(3, read); n > 0 {
		t.Errorf("%.0f allocations, expected none", n)
	}
}

// FuzzDecode looks for what makes the decoder panic, take more than it says, or
// return rows of a wrong size.
func FuzzDecode(f *testing.F) {
	for name, file := range suite(f) {
		if path.Ext(name) == ".bmp" {
			f.Add(file)
		}
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		var d Decoder
		h, err := d.Open(file)
		if err != nil || h.Width*h.Height > 1<<18 {
			return
		}
		samples := 1
		if h.Form == plane.RGBA {
			samples = 4
		}
		for y := range h.Height {
			row, err := d.Row(y)
			if err != nil {
				if d.Finish() == nil {
					t.Fatalf("whole, and row %d: %v", y, err)
				}
				break
			}
			if len(row.Bytes) != h.Width*samples {
				t.Fatalf("row %d has %d bytes", y, len(row.Bytes))
			}
		}
		if taken := cap(d.rows[0]) + cap(d.rows[1]) + cap(d.indices); taken > h.Memory {
			t.Fatalf("took %d bytes, said %d", taken, h.Memory)
		}
	})
}

var _ plane.Rows = (*Decoder)(nil)
