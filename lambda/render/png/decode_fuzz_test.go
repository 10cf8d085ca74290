package png

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// fuzzPixels is the largest picture that is fuzzed: larger ones only take longer.
const fuzzPixels = 128 * 128

// taken is how many bytes the decoder has taken for pictures.
func (d *Decoder) taken() int {
	n := cap(d.inflater.in.buf) + cap(d.inflater.window) + cap(d.whole)
	for i := range d.raw {
		n += cap(d.raw[i])
	}
	for i := range 2 {
		n += cap(d.bytes[i]) + 2*cap(d.words[i]) + cap(d.placed[i]) + 2*cap(d.placedWords[i])
	}
	return n
}

// mended is a file whose chunks have the right checksums.
func mended(file []byte) []byte {
	file = bytes.Clone(file)
	for at := 8; at+12 <= len(file); {
		length := int(binary.BigEndian.Uint32(file[at:]))
		if length > len(file)-at-12 {
			break
		}
		binary.BigEndian.PutUint32(file[at+8+length:], crc32.ChecksumIEEE(file[at+4:at+8+length]))
		at += 12 + length
	}
	return file
}

// compare holds a picture against image/png, where that takes it, and a second time
// with rows passed over, and what was taken against what the header said.
func compare(t *testing.T, file []byte) {
	var d Decoder
	h, err := d.Open(file)
	if err != nil || h.Width > fuzzPixels || h.Height > fuzzPixels || h.Width*h.Height > fuzzPixels {
		return
	}
	h, got, err := decoded(&d, file)
	_, opened := d.Open(file)
	for y := 0; opened == nil && y < h.Height; y += 1 + y%5 {
		row, rowErr := d.Row(y)
		if rowErr != nil {
			if err == nil {
				t.Fatalf("row %d without those before: %v", y, rowErr)
			}
			break
		}
		for x, pixel := range pixelsOf(row, h) {
			if pixel != got[y*h.Width+x] {
				t.Fatalf("row %d without those before: pixel %d is %x, want %x", y, x, pixel, got[y*h.Width+x])
			}
		}
	}
	if d.taken() > h.Memory {
		t.Fatalf("took %d bytes, said %d", d.taken(), h.Memory)
	}
	if finishErr := d.Finish(); (finishErr == nil) != (err == nil) {
		t.Fatalf("without some rows: %v, with them: %v", finishErr, err)
	}

	if _, err := d.Open(file); err == nil {
		d.Verify()
		if own := d.Finish(); own == nil {
			if copied := d.Copy(file); copied != nil {
				if _, again, err := decoded(&d, copied); err != nil || !slices.Equal(again, got) {
					t.Fatalf("the copy has other pixels, %v", err)
				}
				if _, err := png.Decode(bytes.NewReader(copied)); err != nil && h.Width*h.Height > 0 {
					t.Fatalf("the copy: %v", err)
				}
			}
		}
	}

	m, theirErr := png.Decode(bytes.NewReader(file))
	if theirErr != nil {
		return
	}
	if _, ok := err.(UnsupportedError); ok {
		return
	}
	if err != nil {
		t.Fatalf("%v, image/png takes it", err)
	}
	if d.kind == "fdAT" {
		return
	}
	trns := bytes.Index(file, []byte("tRNS"))
	if trns > 0 && !d.storage.keyed && d.storage.colourType == typePalette && !d.storage.clear {
		return // one that is passed over
	}
	if trns > 0 && d.storage.keyed {
		for i := range samplesOf[d.storage.colourType] {
			if binary.BigEndian.Uint16(file[trns+4+2*i:]) != d.storage.key[i] {
				return // image/png does not pass over the higher bits
			}
		}
	}
	want := pixelsOfImage(m, h.Deep)
	if len(got) != len(want) {
		t.Fatalf("%d pixels, want %d", len(got), len(want))
	}
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("pixel %d is %x, want %x", i, got[i], want[i])
		}
		if h.Opaque && got[i][3] != 0xffff {
			t.Fatalf("pixel %d is %x, and the picture opaque", i, got[i])
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, pattern := range folders() {
		files, _ := filepath.Glob(pattern)
		for _, name := range files {
			file, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			if len(file) < 6000 && !large[filepath.Base(name)] {
				f.Add(file)
			}
		}
	}
	for _, test := range animations() {
		f.Add(test.file)
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		compare(t, src)
		compare(t, mended(src))
	})
}

// FuzzRows makes pictures of any rows.
func FuzzRows(f *testing.F) {
	for _, kind := range kinds {
		f.Add(kind.depth, kind.colourType, true, uint16(9), uint16(11), []byte{0, 1, 2, 3, 4, 5}, []byte{0, 128}, bytes.Repeat([]byte{4, 1, 200, 3, 77, 5, 6}, 100))
		f.Add(kind.depth, kind.colourType, false, uint16(20), uint16(7), []byte{9, 9, 9, 5, 5, 5}, []byte{}, bytes.Repeat([]byte{3, 1, 200, 3, 4, 5, 6}, 100))
	}
	f.Fuzz(func(t *testing.T, depth, colourType uint8, interlaced bool, width, height uint16, palette, transparent, rows []byte) {
		if int(width)*int(height) > fuzzPixels {
			return
		}
		file := []byte(signature)
		file = append(file, header(int(width), int(height), depth, colourType, interlaced)...)
		file = appendChunk(file, "PLTE", palette)
		if colourType != typePalette {
			file = file[:len(file)-12-len(palette)]
		}
		if len(transparent) > 0 {
			file = appendChunk(file, "tRNS", transparent)
		}
		// Filter types that there are, as often as it may be.
		if n := int(depth) * 4 * int(width) / 8; depth == 8 && colourType == typeRGBA && n > 0 {
			rows = bytes.Clone(rows)
			for at := 0; at < len(rows); at += 1 + n {
				rows[at] %= 5
			}
		}
		file = appendChunk(file, "IDAT", packed(rows))
		file = appendChunk(file, "IEND", nil)
		compare(t, file)
	})
}

// packed is data compressed.
func packed(data []byte) []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	w.Write(data)
	w.Close()
	return b.Bytes()
}

// header is the chunk IHDR.
func header(width, height int, depth, colourType uint8, interlaced bool) []byte {
	p := binary.BigEndian.AppendUint32(nil, uint32(width))
	p = binary.BigEndian.AppendUint32(p, uint32(height))
	p = append(p, depth, colourType, 0, 0, 0)
	if interlaced {
		p[12] = 1
	}
	return appendChunk(nil, "IHDR", p)
}

// kinds are all that there are.
var kinds = []struct{ depth, colourType uint8 }{
	{1, typeGrey}, {2, typeGrey}, {4, typeGrey}, {8, typeGrey}, {16, typeGrey}, {8, typeRGB}, {16, typeRGB},
	{1, typePalette}, {2, typePalette}, {4, typePalette}, {8, typePalette},
	{8, typeGreyAlpha}, {16, typeGreyAlpha}, {8, typeRGBA}, {16, typeRGBA},
}
