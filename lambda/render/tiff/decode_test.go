package tiff

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"prew/lambda/render/plane"
)

// decode is all rows of a file, words with their high byte first.
func decode(file []byte) (Header, []byte, error) {
	var d Decoder
	h, err := d.Open(file)
	if err != nil {
		return h, nil, err
	}
	var rows []byte
	for y := range h.Height {
		row, err := d.Row(y)
		if err != nil {
			return h, nil, err
		}
		rows = append(rows, bytesOf(row)...)
	}
	return h, rows, d.Finish()
}

func bytesOf(row plane.Row) []byte {
	rows := bytes.Clone(row.Bytes)
	for _, w := range row.Words {
		rows = append(rows, byte(w>>8), byte(w))
	}
	return rows
}

// says is a header and a checksum of rows, in a line.
func says(h Header, rows []byte) string {
	form := map[plane.Form]string{plane.Grey: "grey", plane.RGBA: "colour", plane.CMYK: "ink"}[h.Form]
	if h.Deep {
		form += " deep"
	}
	if !h.Opaque {
		form += " alpha"
	}
	return fmt.Sprintf("%dx%d %s %08x", h.Width, h.Height, form, crc32.ChecksumIEEE(rows))
}

// TestEveryKindIsReadAlike decodes the same few pictures in every way of storing them.
// libtiff's tools made most of the files. The sums are those of the samples that they
// were made of; of JPEG and YCbCr, those of what tiffcp and tiff2rgba decode, and of
// the old JPEG, of what djpeg does.
func TestEveryKindIsReadAlike(t *testing.T) {
	tests := []struct {
		files string
		count int
		want  string
	}{
		{"rgb8-*", 12, "21x19 colour f7cbf4b8"},
		{"rgb16-*", 10, "21x19 colour deep 2491f0cc"},
		{"grey8-*", 3, "21x19 grey 68b3f1ef"},
		{"white8-*", 2, "21x19 grey 68b3f1ef"},
		{"grey16-*", 3, "21x19 grey deep 6d0d0cf8"},
		{"grey4-*", 2, "21x19 grey a98103b0"},
		{"grey2-*", 2, "21x19 grey 0d3778d5"},
		{"rgb1-*", 3, "21x19 colour a405a1b7"},
		{"palette8-*", 2, "21x19 colour c44b74d6"},
		{"palette4-*", 2, "21x19 colour ac59df6d"},
		{"rgba8-*", 3, "21x19 colour alpha 944699ab"},
		{"premultiplied8-*", 2, "21x19 colour alpha 41041d91"},
		{"mask8-*", 2, "21x19 colour f7cbf4b8"}, // rgb8, and a sample that means nothing
		{"greya16-*", 2, "21x19 colour deep alpha 68f7c4c2"},
		{"cmyk8-*", 3, "21x19 ink a49cf084"},
		{"lab8-*", 2, "21x19 colour d884cfd7"},
		{"float-*", 4, "21x19 colour 1a8dff9a"},
		{"uint32-*", 2, "21x19 grey deep 417ccab6"},
		{"full8-*", 2, "90x90 colour 1b37729c"}, // LZW uses all of its codes
		{"fax-[gnprz]*", 12, "67x31 grey defd35ad"},
		{"fax-words", 1, "21x19 grey 999c93cd"},
		{"half-*", 2, "21x19 colour 1beced91"},
		{"labfloat-*", 1, "21x19 colour f5012fda"},
		{"logluv-*", 1, "21x19 colour 3803d976"},
		{"next", 1, "21x19 grey efa6baed"},
		{"thunderscan", 1, "21x19 grey 34400e1a"},
		{"webp-strips", 1, "21x19 colour 27fc31b8"},
		{"webp-alpha-tiles", 1, "21x19 colour alpha 387ebde0"},
		{"ycbcr-1x1", 1, "21x19 colour 17a329c6"},
		{"ycbcr-1x2", 1, "21x19 colour 760e25b0"},
		{"ycbcr-2x1", 1, "21x19 colour 73fe0788"},
		{"ycbcr-2x2", 1, "21x19 colour 9b567955"},
		{"ycbcr-4x1", 1, "21x19 colour b690f8e4"},
		{"ycbcr-4x4", 1, "21x19 colour be1327de"},
		{"jpeg-cmyk", 1, "21x19 ink 6a1b5468"},
		{"jpeg-grey", 1, "21x19 grey 4527d1da"},
		{"jpeg-rgb", 1, "21x19 colour 64a583e2"},
		{"jpeg-rgb-separate", 1, "21x19 colour 48184359"},
		{"jpeg-ycbcr-strips", 1, "21x19 colour add16962"},
		{"jpeg-ycbcr-tiles", 1, "21x19 colour 52bc51f9"},
		{"jpeg-ycbcr-1x2", 1, "21x19 colour 43bae53f"},
		{"jpeg-ycbcr-2x1", 1, "21x19 colour 68b91c30"},
		{"jpeg-ycbcr-4x1", 1, "21x19 colour bea50597"},
		{"jpeg-ycbcr-progressive", 1, "21x19 colour bb424adc"},
		{"jpeg-old", 1, "21x19 colour bb424adc"},
	}
	seen := 0
	for _, test := range tests {
		names, err := filepath.Glob(filepath.Join("testdata", test.files+".tif"))
		if err != nil || len(names) != test.count {
			t.Errorf("%d files %s, expected %d", len(names), test.files, test.count)
		}
		seen += len(names)
		for _, name := range names {
			if h, rows, err := decode(read1(t, name)); err != nil || says(h, rows) != test.want {
				t.Errorf("%s is %s with %v, expected %s", name, says(h, rows), err, test.want)
			}
		}
	}
	if all := sources(t); len(all) != seen {
		t.Errorf("%d of %d files were decoded", seen, len(all))
	}
}

func read1(t testing.TB, name string) []byte {
	t.Helper()
	file, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// sources is the files of testdata.
func sources(t testing.TB) []string {
	t.Helper()
	names, err := filepath.Glob("testdata/*.tif")
	if err != nil || len(names) == 0 {
		t.Fatalf("no sources: %v", err)
	}
	return names
}

// TestCorpusPublicPictures decodes pictures of scanners, of print and of test collections,
// beside the folder that CORPUS names. The sums are those of what sharp and tifftopnm
// make of them; only CMYK's is our own, and libvips does not read tiles whose planes
// are apart.
func TestCorpusPublicPictures(t *testing.T) {
	corpus := os.Getenv("CORPUS")
	if _, err := os.Stat(corpus); corpus == "" || err != nil {
		t.Skipf("CORPUS is %q, which is no folder", corpus)
	}
	for _, test := range []struct{ file, want string }{
		{"looks/tiff_16bit_RGB.tiff", "100x40 colour deep b34c0cd0"},
		{"../pictures/tiff/compression.tif", "10x10 grey 39951313"},
		{"../pictures/tiff/fogra-0-100-100-0.tif", "1000x1000 ink 600dfe77"},
		{"../pictures/tiff/hopper_bigtiff.tif", "128x128 colour 562899b0"},
		{"../pictures/tiff/hopper_gray_4bpp.tif", "128x128 grey 81d7e014"},
		{"../pictures/tiff/hopper_jpg.tif", "128x128 colour b270be6d"},
		{"../pictures/tiff/tiff_strip_planar_16bit_RGB.tiff", "100x40 colour deep b34c0cd0"},
		{"../pictures/tiff/tiff_strip_planar_raw.tif", "278x374 colour 6a1c56f6"},
		{"../pictures/tiff/tiff_tiled_ycbcr_jpeg_2x2_sampling.tif", "480x360 colour cfaa5831"},
		{"../pictures/wrong/16bit.r.tif", "64x64 grey deep 931c4b80"},
		{"../pictures/wrong/fax4.tiff", "1080x671 grey af69f8a0"},
		{"../pictures/wrong/g4_blackzero.tif", "300x188 grey 0a6927df"},
		{"../pictures/wrong/g4_miniswhite.tif", "300x188 grey 0a6927df"},
		{"../pictures/wrong/tiff_tiled_planar_16bit_RGB.tiff", "100x40 colour deep b34c0cd0"},
	} {
		if h, rows, err := decode(read1(t, filepath.Join(corpus, test.file))); err != nil || says(h, rows) != test.want {
			t.Errorf("%s is %s with %v, expected %s", test.file, says(h, rows), err, test.want)
		}
	}
}

// TestMemoryIsBounded decodes what unfolds to 150 and to 400 MB, which is beside the
// folder that CORPUS names, within what the header says.
func TestMemoryIsBounded(t *testing.T) {
	names := sources(t)
	for _, bomb := range []string{"bomb-tiff-rgb8.tif", "bomb-tiff-rgba16.tif"} {
		name := filepath.Join(os.Getenv("CORPUS"), "../pictures/bombs", bomb)
		if _, err := os.Stat(name); err != nil {
			t.Logf("CORPUS is %q, beside which there is no %s", os.Getenv("CORPUS"), bomb)
			continue
		}
		names = append(names, name)
	}
	for _, name := range names {
		file := read1(t, name)
		var d Decoder
		for range 2 { // tables that are made once for all pictures are not of this one
			d = Decoder{}
			h, err := d.Open(file)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			if _, err = d.Row(0); err == nil {
				err = d.Finish()
			}
			runtime.ReadMemStats(&after)
			const most = 600_000
			taken := int(after.TotalAlloc - before.TotalAlloc)
			if err != nil || h.Memory > most {
				t.Errorf("%s takes %d bytes and has %v, expected at most %d and no error", name, h.Memory, err, most)
			}
			if taken > h.Memory && h.Width > 0 {
				d.err = fmt.Errorf("%s took %d bytes and said %d", name, taken, h.Memory)
			}
		}
		if d.err != nil {
			t.Error(d.err)
		}
	}
}

// TestRowsThatAreAskedFor passes over rows, and holds that two are valid at a time.
func TestRowsThatAreAskedFor(t *testing.T) {
	for _, name := range sources(t) {
		file := read1(t, name)
		h, whole, err := decode(file)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		each := len(whole) / h.Height
		var d Decoder
		if _, err := d.Open(file); err != nil {
			t.Fatal(err)
		}
		var before plane.Row
		last := 0
		for _, y := range []int{0, 1, 7, 11, 12, h.Height - 2} {
			row, err := d.Row(y)
			if err != nil || !bytes.Equal(bytesOf(row), whole[y*each:(y+1)*each]) {
				t.Fatalf("%s: row %d differs, with %v", name, y, err)
			}
			if y > 0 && !bytes.Equal(bytesOf(before), whole[last*each:(last+1)*each]) {
				t.Fatalf("%s: row %d is no longer valid after row %d", name, last, y)
			}
			before, last = row, y
		}
		if err := d.Finish(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRowsInWrongOrder(t *testing.T) {
	var d Decoder
	if _, err := d.Row(0); err == nil {
		t.Error("a row of no file has no error")
	}
	if err := d.Finish(); err == nil {
		t.Error("no file is whole")
	}
	if _, err := d.Open(build(make([]byte, 12), grey8())); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Row(1); err != nil {
		t.Fatal(err)
	}
	for _, y := range []int{-1, 0, 1, 3} {
		if _, err := d.Row(y); err == nil {
			t.Errorf("row %d after row 1 of 3 has no error", y)
		}
	}
	if _, err := d.Row(2); err != nil {
		t.Error(err)
	}
}

// TestPixels holds what samples become, where a file of libtiff's tools does not.
func TestPixels(t *testing.T) {
	two := func(photometric uint64, more ...value) []value {
		return changed([]value{
			short(tagImageWidth, 2), short(tagImageLength, 1), short(tagPhotometric, photometric), long(tagStripOffsets, 8),
		}, more...)
	}
	tests := []struct {
		what   string
		data   string
		fields []value
		want   string
	}{
		{"alpha that colours are multiplied by is divided by", "\x64\x32\x14\x80\xc8\x01\x00\x00",
			two(2, short(tagBitsPerSample, 8, 8, 8, 8), short(tagSamplesPerPixel, 4), short(tagExtraSamples, 1)),
			"\xc7\x64\x28\x80\x00\x00\x00\x00"},
		{"the first alpha after other samples", "\x01\x02\x03\x09\x80\x04\x05\x06\x09\x81",
			two(2, short(tagBitsPerSample, 8, 8, 8, 8, 8), short(tagSamplesPerPixel, 5), short(tagExtraSamples, 0, 2)),
			"\x01\x02\x03\x80\x04\x05\x06\x81"},
		{"alpha of a palette", "\x01\x80\x00\xff",
			two(3, short(tagBitsPerSample, 8, 8), short(tagSamplesPerPixel, 2), short(tagExtraSamples, 2),
				short(tagColorMap, colours(10<<8, 20<<8, 30<<8)...)),
			"\x0a\x14\x1e\x80\x00\x00\x00\xff"},
		{"a palette of eight bits", "\x01\x00",
			two(3, short(tagBitsPerSample, 8), short(tagColorMap, colours(10, 20, 30)...)),
			"\x0a\x14\x1e\xff\x00\x00\x00\xff"},
		{"a palette of sixteen bits, with alpha", "\x01\x00\x00\x80\xff\xff\xff\xff",
			two(3, short(tagBitsPerSample, 16, 16), short(tagSamplesPerPixel, 2), short(tagExtraSamples, 2), short(tagColorMap, deepPalette()...)),
			"\x0a\x14\x1e\x80\x28\x32\x3c\xff"},
		{"L*a*b* of floating point", "\x00\x00\xc8\x42\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xc0\x7f\x00\x00\x00\x00",
			two(8, short(tagBitsPerSample, 32, 32, 32), short(tagSamplesPerPixel, 3), short(tagSampleFormat, 3)),
			"\xff\xff\xff\xff\x00\x00\x00\xff"},
		{"grey of floating point of sixteen bits", "\x40\x56\x00\x7c", two(1, short(tagBitsPerSample, 16), short(tagSampleFormat, 3)), "\x64\xff"},
		{"a grey palette", "\x40",
			two(3, short(tagBitsPerSample, 1), short(tagColorMap, 0xff00, 0x8000, 0xff00, 0x8000, 0xff00, 0x8000)),
			"\xff\x80"},
		{"signed samples below zero are black", "\xff\x40", two(1, short(tagBitsPerSample, 8), short(tagSampleFormat, 2)), "\x00\x40"},
		{"four bits of three samples", "\x0f\x5a\x37", two(2, short(tagBitsPerSample, 4, 4, 4), short(tagSamplesPerPixel, 3)),
			"\x00\xff\x55\xff\xaa\x33\x77\xff"},
		{"video's black and white", "\x10\x80\x80\xeb\x80\x80",
			two(6, short(tagBitsPerSample, 8, 8, 8), short(tagSamplesPerPixel, 3), short(tagYCbCrSubsampling, 1, 1),
				short(tagReferenceBlackWhite, 16, 235, 128, 240, 128, 240)),
			"\x00\x00\x00\xff\xff\xff\xff\xff"},
		{"grey of floating point is from 0 to 255", "\x00\x80\xc8\x42\x00\x00\xc0\x7f",
			two(1, short(tagBitsPerSample, 32), short(tagSampleFormat, 3)), "\x64\x00"},
		{"L*a*b* of sixteen bits", "\x00\x80\x00\x28\x00\xd8\xff\xff\x00\x00\x00\x00",
			two(8, short(tagBitsPerSample, 16, 16, 16), short(tagSamplesPerPixel, 3)), "\x98\x5f\xbc\xff\xff\xff\xff\xff"},
		{"indices without a palette", "\x01\x80", two(3, short(tagBitsPerSample, 8), short(tagColorMap, 1, 2, 3)), "\x01\x80"},
		{"no interpretation of one sample", "\x40", two(1, without(tagPhotometric)), "\x00\xff"},
		{"no interpretation of three samples", "\x01\x02\x03\x04\x05\x06",
			two(1, without(tagPhotometric), short(tagBitsPerSample, 8, 8, 8), short(tagSamplesPerPixel, 3)),
			"\x01\x02\x03\xff\x04\x05\x06\xff"},
	}
	for _, test := range tests {
		if _, rows, err := decode(build([]byte(test.data), test.fields)); err != nil || string(rows) != test.want {
			t.Errorf("%s: %x with %v, expected %x", test.what, rows, err, test.want)
		}
	}
}

func TestHeader(t *testing.T) {
	file := build(make([]byte, 12), grey8(short(tagOrientation, 6), value{tagICCProfile, typeUndefined, []uint64{1, 2, 3, 4, 5}}))
	var d Decoder
	h, err := d.Open(file)
	if err != nil || h.Orientation != 6 || string(h.ICC) != "\x01\x02\x03\x04\x05" {
		t.Errorf("header is %+v with %v, expected orientation 6 and a profile of 5 bytes", h, err)
	}
	if h, err = d.Open(build(make([]byte, 12), grey8(short(tagOrientation, 9)))); err != nil || h.Orientation != 1 || h.ICC != nil {
		t.Errorf("header is %+v with %v, expected orientation 1 and no profile", h, err)
	}
}

// TestLZW unpacks literals, with which codes become as long as they can, of both kinds
// of files, in rows that have no room for a whole string.
func TestLZW(t *testing.T) {
	want := make([]byte, 6000)
	for i := range want {
		want[i] = byte(i * i >> 3)
	}
	for _, old := range []bool{false, true} {
		var z lzw
		if err := z.reset(&source{data: literals(want, old)}); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(want))
		for at := 0; at < len(got); at += 7 {
			if err := z.fill(got[at:min(at+7, len(got))]); err != nil {
				t.Fatalf("old is %v: %v at %d", old, err, at)
			}
		}
		if !bytes.Equal(got, want) {
			t.Errorf("old is %v: other bytes", old)
		}
		if err := z.fill(got[:1]); err != errEnd {
			t.Errorf("old is %v: %v after the end, expected %v", old, err, errEnd)
		}
	}
}

// literals is bytes in LZW, each by its own code.
func literals(data []byte, old bool) []byte {
	var out []byte
	var acc, n uint
	width, free := uint(9), 257 // the first code after clear gives none a meaning
	put := func(code uint) {
		if old {
			acc |= code << n
		} else {
			acc = acc<<width | code
		}
		n += width
		for n >= 8 {
			n -= 8
			if old {
				out = append(out, byte(acc))
				acc >>= 8
			} else {
				out = append(out, byte(acc>>n))
			}
		}
	}
	early := 1
	if old {
		early = 0
	}
	put(lzwClear)
	for _, b := range data {
		put(uint(b))
		if free++; free+early >= 1<<width && width < 12 {
			width++
		}
	}
	put(lzwEnd)
	width = 7
	put(0)
	return out
}

// TestJPEGOfAPart refuses JPEG pictures that are not what their parts are.
func TestJPEGOfAPart(t *testing.T) {
	file := read1(t, "testdata/jpeg-grey.tif")
	frame := []byte("\xff\xc0\x00\x0b\x08\x00\x08\x00\x15\x01") // 21x8 pixels, of one component
	if n := bytes.Count(file, frame); n != 2 {
		t.Fatalf("%d frames of 21x8 pixels", n)
	}
	for _, test := range []struct{ with, want string }{
		{"\xff\xc0\x00\x0b\x08\x00\x08\x00\x14\x01", "damaged TIFF: part 1: a JPEG of it has 20x8 pixels of 21x8"},
		{"\xff\xc0\x00\x0b\x08\x00\x07\x00\x15\x01", "damaged TIFF: part 1: its data ends early"},
		{"\xff\xc0\x00\x0b\x08\xff\xff\x00\x15\x01", "damaged TIFF: part 1: a JPEG of it has 21x65535 pixels of 21x8"},
		{"\xff\xc2\x00\x0b\x08\x00\x08\x00\x15\x01", "TIFF above a limit: a JPEG of it takes 606 bytes, its first takes 192"},
	} {
		changed := bytes.Clone(file)
		copy(changed[bytes.LastIndex(changed, frame):], test.with)
		if _, _, err := decode(changed); err == nil || err.Error() != test.want {
			t.Errorf("%x has %v, expected %s", test.with, err, test.want)
		}
	}
	tables := grey8(short(tagCompression, 7), value{tagJPEGTables, typeUndefined, make([]uint64, 5000)})
	if _, _, err := decode(build(make([]byte, 12), tables)); err == nil || err.Error() != "TIFF above a limit: JPEG tables of 5000 bytes, limit is 4096" {
		t.Errorf("tables of 5000 bytes have %v", err)
	}
}

// colours is a palette of 256 colours, of which one is not black.
func colours(red, green, blue uint64) []uint64 {
	values := make([]uint64, 768)
	values[1], values[257], values[513] = red, green, blue
	return values
}

// deepPalette is a palette of 65,536 colours, of which two are not black.
func deepPalette() []uint64 {
	const size = 1 << 16
	values := make([]uint64, 3*size)
	for c := range uint64(3) {
		values[c*size+1], values[c*size+size-1] = (10+10*c)<<8, (40+10*c)<<8
	}
	return values
}

// TestDamageThatCostsNoPixel reads what is wrong in a file and does not matter.
func TestDamageThatCostsNoPixel(t *testing.T) {
	data := []byte("abcdefghijkl")
	zip := []byte("\x78\x01\x4b\x4c\x4a\x4e\x49\x4d\x4b\xcf\xc8\xcc\xca\xce\x01\x00")
	tests := []struct {
		what   string
		data   []byte
		fields []value
	}{
		{"nothing is wrong", data, grey8()},
		{"no counts", data, grey8(without(tagStripByteCounts))},
		{"a count of nothing", data, grey8(long(tagStripByteCounts, 0))},
		{"a count that is too low", data, grey8(long(tagStripByteCounts, 5))},
		{"a count that is too high", data, grey8(long(tagStripByteCounts, 1<<32-1))},
		{"a count of another type", data, grey8(value{tagStripByteCounts, typeRational, []uint64{12}})},
		{"no bits, samples, compression", data, grey8(without(tagCompression), without(tagSamplesPerPixel))},
		{"strips that are higher than the picture", data, grey8(long(tagRowsPerStrip, 1<<32-1))},
		{"two strips without counts", data, grey8(long(tagStripOffsets, 8, 16), short(tagRowsPerStrip, 2), without(tagStripByteCounts))},
		{"three strips with counts that are too high", data, grey8(long(tagStripOffsets, 8, 12, 16), short(tagRowsPerStrip, 1),
			long(tagStripByteCounts, 1<<32-1, 1<<32-1, 1<<32-1))},
		{"an unknown tag", data, grey8(long(60000, 1, 2, 3))},
		{"an unknown type", data, grey8(value{tagOrientation, 0xffff, nil})},
		{"an orientation that is none", data, grey8(short(tagOrientation, 9))},
		{"a predictor without compression", data, grey8(short(tagPredictor, 7))},
		{"a page number, a thumbnail", data, grey8(long(254, 1))},
		{"deflate without its checksum", zip, grey8(short(tagCompression, 8), long(tagStripByteCounts, uint64(len(zip))))},
		{"deflate without counts", zip, grey8(short(tagCompression, 32946), without(tagStripByteCounts))},
		{"PackBits that means nothing", []byte("\x80\x0babcdefghijkl\x80"), grey8(short(tagCompression, compressionPack), without(tagStripByteCounts))},
	}
	for _, test := range tests {
		file := build(test.data, unknown(test.fields))
		if _, rows, err := decode(file); err != nil || string(rows) != string(data) {
			t.Errorf("%s: %q with %v, expected %q", test.what, rows, err, data)
		}
	}
}

// unknown makes fields of type 0xffff, which build has no size for, such of no values.
func unknown(fields []value) []value {
	for i, f := range fields {
		if int(f.kind) >= len(sizes) {
			fields[i].values = nil
		}
	}
	return fields
}

// TestRefused holds the errors that files have.
func TestRefused(t *testing.T) {
	data := make([]byte, 64)
	tests := []struct {
		file []byte
		want string
	}{
		{nil, "damaged TIFF: it ends in its header"},
		{[]byte("PK\x03\x04\x00\x00\x00\x00"), "damaged TIFF: it does not start with a byte order"},
		{[]byte("II\x2c\x00\x08\x00\x00\x00"), "unsupported TIFF: version 44"},
		{[]byte("II*\x00\x08\x00\x00\x00"), "damaged TIFF: its first directory is not in the file"},
		{[]byte("II*\x00\xff\xff\xff\xff"), "damaged TIFF: its first directory is not in the file"},
		{[]byte("II*\x00\x08\x00\x00\x00\x01\x00"), "damaged TIFF: its first directory ends early"},
		{[]byte("II+\x00\x08\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff"), "damaged TIFF: its first directory is not in the file"},
		{[]byte("II+\x00\x08\x00\x00\x00\x10\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff"),
			"TIFF above a limit: 18446744073709551615 fields in its directory, limit is 65535"},
		{[]byte("II+\x00\x04\x00\x00\x00\x10\x00\x00\x00\x00\x00\x00\x00"), "unsupported TIFF: offsets of 4 bytes"},
		{build(data, nil), "damaged TIFF: it is 0x0"},
		{build(data, grey8(long(tagImageWidth, 1<<31))), "TIFF above a limit: it is 2147483648x3, limit is 16777216 pixels a side"},
		{build(data, grey8(short(tagCompression, 50000))), "unsupported TIFF: compressed by Zstandard"},
		{build(data, grey8(short(tagCompression, 50001))), "unsupported TIFF: WebP of 1 samples of 8 bits"},
		{build(data, grey8(short(tagCompression, 34887))), "unsupported TIFF: compressed by LERC"},
		{build(data, grey8(short(tagCompression, 34712))), "unsupported TIFF: compressed by JPEG 2000"},
		{build(data, grey8(short(tagCompression, 60001))), "unsupported TIFF: compression scheme 60001"},
		{build(data, grey8(short(tagCompression, 6))), "unsupported TIFF: compressed by the old kind of JPEG, in pieces"},
		{build(data, grey8(short(tagCompression, 7))), "damaged TIFF: JPEG: it does not start with SOI"},
		{build(data, grey8(short(tagCompression, 4))), "unsupported TIFF: fax compression of 1 samples of 8 bits"},
		{build(data, grey8(short(tagBitsPerSample, 12))), "unsupported TIFF: samples of 12 bits"},
		{build(data, grey8(short(tagBitsPerSample, 5, 6, 5))), "unsupported TIFF: bits a sample that differ: 5 and 6"},
		{build(data, grey8(short(tagBitsPerSample, 64), short(tagSampleFormat, 3))), "unsupported TIFF: samples of format 3 with 64 bits"},
		{build(data, grey8(short(tagSampleFormat, 5))), "unsupported TIFF: samples of format 5 with 8 bits"},
		{build(data, grey8(short(tagSamplesPerPixel, 0))), "damaged TIFF: it has 0 samples a pixel"},
		{build(data, grey8(short(tagSamplesPerPixel, 17))), "TIFF above a limit: 17 samples of 8 bits a pixel, limit is 128 bits together"},
		{build(data, grey8(short(tagPhotometric, 2))), "damaged TIFF: it has 1 samples a pixel of 3"},
		{build(data, grey8(short(tagPhotometric, 3), short(tagBitsPerSample, 4))), "damaged TIFF: its palette is not whole"},
		{build(data, grey8(short(tagPhotometric, 5))), "unsupported TIFF: 1 inks of set 1"},
		{build(data, grey8(short(tagPhotometric, 32803))), "unsupported TIFF: it is a colour filter array"},
		{build(data, grey8(short(tagPhotometric, 999))), "unsupported TIFF: photometric interpretation 999"},
		{build(data, grey8(short(tagCompression, 5), short(tagPredictor, 4))), "unsupported TIFF: predictor 4 with 8 bits"},
		{build(data, grey8(short(tagTileWidth, 16), short(tagTileLength, 0))), "damaged TIFF: its tiles are 16x0"},
		{build(data, grey8(long(tagTileWidth, 5000), short(tagTileLength, 16))), "TIFF above a limit: tiles of 5000x16 for 4x3 pixels"},
		{build(data, grey8(short(tagTileWidth, 2), short(tagTileLength, 16))), "unsupported TIFF: tiles of 2x16 pixels"},
		{build(data, grey8(short(tagRowsPerStrip, 1))), "damaged TIFF: it names 1 of its 3 parts"},
		{build(data, grey8(without(tagStripOffsets))), "damaged TIFF: it names 0 of its 1 parts"},
		{build(data, grey8(long(tagStripOffsets, 1<<20))), "damaged TIFF: part 0: its data ends early"},
		{build(data, grey8(long(tagStripOffsets, 1<<32-1))), "damaged TIFF: part 0: its data ends early"},
		{build(make([]byte, 100), grey8(short(tagImageLength, 9), short(tagRowsPerStrip, 1), short(tagCompression, 5),
			long(tagStripOffsets, 8, 8, 8, 8, 8, 8, 8, 8, 8), long(tagStripByteCounts, 100, 100, 100, 100, 100, 100, 100, 100, 100))),
			"damaged TIFF: its parts have more than 564 bytes together, limit is twice the file"},
	}
	for _, test := range tests {
		_, _, err := decode(test.file)
		if err == nil || err.Error() != test.want {
			t.Errorf("%.60q has %v, expected %s", test.file, err, test.want)
		}
	}
}

// TestWhatLacksPixelsIsDamaged cuts the coded data of every kind.
func TestWhatLacksPixelsIsDamaged(t *testing.T) {
	for _, name := range sources(t) {
		var d Decoder
		if _, err := d.Open(read1(t, name)); err != nil {
			t.Fatal(err)
		}
		p := &d.page
		last := p.across*p.down - 1
		left := len(p.part(last)) / 16 // a tile may go on where there is no picture
		p.file = p.file[:int(p.offsets.at(last))+left]
		err := d.Finish()
		if _, damage := errors.AsType[DamagedError](err); !damage {
			t.Errorf("%s with %d bytes in its last part has %v, expected it to be damaged", name, left, err)
		}
	}
}
