package png

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// small is a picture of two times two colours: red, green, green, and black, which is
// beyond the palette. Its chunks can be changed, by name.
func small(changes map[string][]byte) []byte {
	file := []byte(signature)
	for _, c := range []struct {
		name string
		data []byte
	}{
		{"IHDR", []byte{0, 0, 0, 2, 0, 0, 0, 2, 8, 3, 0, 0, 0}},
		{"", nil}, // what comes first
		{"PLTE", []byte{255, 0, 0, 0, 255, 0}},
		{"tRNS", nil},
		{"IDAT", packed([]byte{0, 0, 1, 0, 1, 2})},
		{"more", nil},
		{"IEND", []byte{}},
		{"after", nil},
	} {
		change, changed := changes[c.name]
		switch {
		case changed: // whole chunks
			file = append(file, change...)
		case c.data != nil:
			file = appendChunk(file, c.name, c.data)
		}
	}
	return file
}

// wrongSum is a chunk whose checksum is wrong.
func wrongSum(name string, data []byte) []byte {
	c := appendChunk(nil, name, data)
	c[len(c)-1] ^= 1
	return c
}

func chunkOf(name string, data ...byte) []byte { return appendChunk(nil, name, data) }

const (
	smallPixels = "ff0000ff00ff00ff00ff00ff000000ff"
	smallClear  = "ff00000000ff008000ff0080000000ff"
)

// TestDamageThatCostsNoPixelIsNone has what each is for libpng 1.6.39's pngtopam beside
// it, where that is not the same.
func TestDamageThatCostsNoPixelIsNone(t *testing.T) {
	data := packed([]byte{0, 0, 1, 0, 1, 2})
	idat := appendChunk(nil, "IDAT", data)
	for _, test := range []struct {
		name    string
		changes map[string][]byte
		pixels  string
	}{
		{"whole", nil, smallPixels},
		{"no IEND", map[string][]byte{"IEND": {}}, smallPixels},
		{"IEND is cut off", map[string][]byte{"IEND": chunkOf("IEND")[:9]}, smallPixels},
		{"IEND's checksum is wrong", map[string][]byte{"IEND": wrongSum("IEND", nil)}, smallPixels},
		{"junk behind", map[string][]byte{"after": []byte("junk of any length")}, smallPixels},
		{"junk instead of IEND", map[string][]byte{"IEND": []byte("\xff\xff\xff\xff\xff\xff\xff\xff\xff")}, smallPixels},
		{"the checksum of tEXt is wrong", map[string][]byte{"": wrongSum("tEXt", []byte("a\x00b"))}, smallPixels},
		{"the checksum of tEXt is wrong, behind", map[string][]byte{"more": wrongSum("tEXt", []byte("a\x00b"))}, smallPixels},
		{"iCCP is broken", map[string][]byte{"": chunkOf("iCCP", 'a', 0, 7, 1, 2, 3)}, smallPixels},
		{"iCCP is behind", map[string][]byte{"more": chunkOf("iCCP", 'a', 0, 0, 1, 2, 3)}, smallPixels},
		{"chunks of wrong lengths", map[string][]byte{"": slices.Concat(chunkOf("gAMA", 1), chunkOf("cHRM"), chunkOf("pHYs"), chunkOf("bKGD"), chunkOf("sRGB"), chunkOf("cICP"))}, smallPixels},
		{"a chunk nobody knows", map[string][]byte{"": chunkOf("abCd", 1)}, smallPixels},

		{"tRNS", map[string][]byte{"tRNS": chunkOf("tRNS", 0, 128)}, smallClear},
		{"tRNS of more alphas than colours", map[string][]byte{"tRNS": chunkOf("tRNS", 0, 128, 7)}, smallPixels},
		{"tRNS before the palette", map[string][]byte{"": chunkOf("tRNS", 0, 128)}, smallPixels},
		{"tRNS behind the picture", map[string][]byte{"more": chunkOf("tRNS", 0, 128)}, smallPixels},
		{"the checksum of tRNS is wrong", map[string][]byte{"tRNS": wrongSum("tRNS", []byte{0, 128})}, smallPixels},

		// libpng: "Not enough image data".
		{"a chunk between those of the picture", map[string][]byte{"IDAT": slices.Concat(inChunks(data[:5], 9), chunkOf("tIME", 1), inChunks(data[5:], 9))}, smallPixels},
		// libpng: "Read Error".
		{"the checksum of IDAT is cut off", map[string][]byte{"IDAT": idat[:len(idat)-3], "IEND": {}}, smallPixels},
		{"Adler's checksum is cut off", map[string][]byte{"IDAT": idat[:len(idat)-8], "IEND": {}}, smallPixels},
		// libpng: "incorrect data check". Browsers show it.
		{"Adler's checksum is wrong", map[string][]byte{"IDAT": inChunks(append(bytes.Clone(data[:len(data)-1]), 1), 99)}, smallPixels},
		// libpng: "Not enough image data".
		{"no Adler's checksum", map[string][]byte{"IDAT": inChunks(data[:len(data)-4], 99)}, smallPixels},
		{"more data than rows", map[string][]byte{"IDAT": inChunks(packed([]byte{0, 0, 1, 0, 1, 2, 9, 9, 9}), 99)}, smallPixels},
		{"empty chunks of data", map[string][]byte{"IDAT": slices.Concat(chunkOf("IDAT"), idat, chunkOf("IDAT"))}, smallPixels},
		{"a window said to be 64 KiB", map[string][]byte{"IDAT": inChunks(append([]byte{0x88, 0x1c}, data[2:]...), 99)}, smallPixels},
	} {
		var d Decoder
		_, pixels, err := decoded(&d, small(test.changes))
		got := ""
		for _, p := range pixels {
			for _, v := range p {
				got += fmt.Sprintf("%02x", v>>8)
			}
		}
		if err != nil || got != test.pixels {
			t.Errorf("%s: %s, %v, want %s", test.name, got, err, test.pixels)
		}
	}
}

func TestWhatLacksPixelsIsDamaged(t *testing.T) {
	data := packed([]byte{0, 0, 1, 0, 1, 2})
	for _, test := range []struct {
		name    string
		changes map[string][]byte
		err     string
	}{
		{"no data", map[string][]byte{"IDAT": {}}, "damaged PNG: it has no picture"},
		{"only IDAT's name", map[string][]byte{"IDAT": chunkOf("IDAT")}, "damaged PNG: its data ends before the picture"},
		{"the last row is not there", map[string][]byte{"IDAT": inChunks(packed([]byte{0, 0, 1, 0, 1}), 99)}, "damaged PNG: its data ends before the picture"},
		{"cut off in the data", map[string][]byte{"IDAT": inChunks(data, 99)[:8+6], "IEND": {}}, "damaged PNG: its data ends before the picture"},
		{"the checksum of IDAT is wrong", map[string][]byte{"IDAT": wrongSum("IDAT", data)}, "damaged PNG: the checksum of its data is wrong"},
		{"the checksum of a later IDAT is wrong", map[string][]byte{"more": wrongSum("IDAT", []byte{1})}, "damaged PNG: the checksum of its data is wrong"},
		{"the checksum of PLTE is wrong", map[string][]byte{"PLTE": wrongSum("PLTE", []byte{1, 2, 3})}, "damaged PNG: its palette is broken"},
		{"no palette", map[string][]byte{"PLTE": {}}, "damaged PNG: it has no palette"},
		{"the palette is behind", map[string][]byte{"PLTE": {}, "more": chunkOf("PLTE", 1, 2, 3)}, "damaged PNG: it has no palette"},
		{"two palettes", map[string][]byte{"tRNS": chunkOf("PLTE", 1, 2, 3)}, "damaged PNG: it has two palettes"},
		{"two bytes of a colour", map[string][]byte{"PLTE": chunkOf("PLTE", 1, 2)}, "damaged PNG: its palette is broken"},
		{"the checksum of IHDR is wrong", map[string][]byte{"IHDR": wrongSum("IHDR", []byte{0, 0, 0, 2, 0, 0, 0, 2, 8, 3, 0, 0, 0})}, "damaged PNG: its header is broken"},
		{"no header", map[string][]byte{"IHDR": {}}, "damaged PNG: it does not begin with its header"},
		{"no width", map[string][]byte{"IHDR": header(0, 2, 8, 3, false)}, "damaged PNG: it is 0x2"},
		{"a side of 2^31", map[string][]byte{"IHDR": header(1, 1<<31, 8, 3, false)}, "damaged PNG: it is 1x2147483648"},
		{"a filter of type 5", map[string][]byte{"IDAT": inChunks(packed([]byte{0, 0, 1, 5, 1, 2}), 99)}, "damaged PNG: a row has a filter that there is not"},
		{"no zlib", map[string][]byte{"IDAT": inChunks(data[2:], 99)}, "damaged PNG: its data is not compressed as zlib does it"},
		{"a block of no kind", map[string][]byte{"IDAT": inChunks([]byte{0x78, 0x9c, 7}, 99)}, "damaged PNG: a block is of no kind"},
		{"a chunk that has no name", map[string][]byte{"": chunkOf("a\x00cd")}, `damaged PNG: a chunk is called "a\x00cd"`},
		{"a chunk of 2^31 bytes", map[string][]byte{"": {0x80, 0, 0, 0, 'a', 'b', 'c', 'd'}}, "damaged PNG: it has no picture"},

		{"a chunk that must be known", map[string][]byte{"": chunkOf("ABCD")}, "unsupported PNG: chunk ABCD"},
		{"Apple's", map[string][]byte{"IHDR": chunkOf("CgBI", 0, 0, 0, 0)}, "unsupported PNG: the kind that Apple's tools make for its telephones"},
		{"a depth of 3", map[string][]byte{"IHDR": header(2, 2, 3, 0, false)}, "unsupported PNG: colour type 0 of 3 bits"},
		{"a palette of 16 bits", map[string][]byte{"IHDR": header(2, 2, 16, 3, false)}, "unsupported PNG: colour type 3 of 16 bits"},
		{"colour type 5", map[string][]byte{"IHDR": header(2, 2, 8, 5, false)}, "unsupported PNG: colour type 5 of 8 bits"},
		{"colour type 255", map[string][]byte{"IHDR": header(2, 2, 16, 255, false)}, "unsupported PNG: colour type 255 of 16 bits"},
		{"another interlacing", map[string][]byte{"IHDR": chunkOf("IHDR", 0, 0, 0, 2, 0, 0, 0, 2, 8, 0, 0, 0, 2)}, "unsupported PNG: compression 0, filter 0, interlace 2"},
	} {
		var d Decoder
		_, _, err := decoded(&d, small(test.changes))
		if fmt.Sprint(err) != test.err {
			t.Errorf("%s: %v, want %s", test.name, err, test.err)
		}
	}
	var d Decoder
	for n := range len(small(nil)) {
		_, _, err := decoded(&d, small(nil)[:n])
		if damaged := DamagedError(""); err != nil && !errors.As(err, &damaged) {
			t.Errorf("the first %d bytes: %v", n, err)
		}
	}
	if _, err := d.Open([]byte("GIF89a")); err == nil || err.Error() != "damaged PNG: it does not begin as one" {
		t.Errorf("a GIF: %v", err)
	}
}

// TestCorpusPicturesAsLibpngReadsThem has the checksums of what libpng 1.6.39's pngtopam
// -alphapam makes of pictures that image/png refuses, and of others.
func TestCorpusPicturesAsLibpngReadsThem(t *testing.T) {
	for _, test := range []struct{ file, sum string }{
		{"../pictures/damage/no_iend.png", "86930caa3ba582ecb7076e830f09ae0e4eb4f6a7ba8eb9036d593b51d5e3af2c"},
		{"../pictures/wrong/issue_430.png", "b52866ba4dea2775aeb444cd321bbb3e382799ad4f6bbefabbdb09e9d419444d"},
		{"../pictures/wrong/png_iccp_badcrc.png", "b1f15aba70d59be70d628e039af2c516501533005a8a07888f499636c0821600"},
		{"../pictures/wrong/png_text_badcrc.png", "b1f15aba70d59be70d628e039af2c516501533005a8a07888f499636c0821600"},
		{"../pictures/wrong/unknown_compression_method.png", "b5acc0c009f7d889d426658bf936cf617041595c84de98044e6e9b33882d947b"},
		{"../pictures/colour/prophoto.png", "62bc47ff514b111b730a746559fb342aa873afe09843017b06d0a9e6a25fcf9f"},
		{"../pictures/orientation/xmp_orientation.png", "a64afa5a43b0cc2beeba1480da31126fcd25ac4fcfa6aeb0cec8f9db1a73ab1e"},
		{"looks/rgb16.png", "14f27bb5d44933e6f335f17cb4ebc71ddfe4e8ac5b6372e4d6f33ccd77558a5c"},
		{"looks/indexed.png", "7a5b59f4b3f4ae4f2ffa0bf463f03bb07629b06cb914974e6498d5a1128cf243"},
		{"looks/p3.png", "655dd3706c1200c25a3a442b72e93bd70030f4881daa10e5b7d0b92bdd736a1e"},
	} {
		t.Run(filepath.Base(test.file), func(t *testing.T) {
			file, err := os.ReadFile(filepath.Join(os.Getenv("CORPUS"), test.file))
			if err != nil {
				t.Skip(err)
			}
			var d Decoder
			h, pixels, err := decoded(&d, file)
			if err != nil {
				t.Fatal(err)
			}
			var all []byte
			for _, pixel := range pixels {
				for _, v := range pixel {
					if h.Deep {
						all = binary.BigEndian.AppendUint16(all, v)
					} else {
						all = append(all, uint8(v))
					}
				}
			}
			if sum := fmt.Sprintf("%x", sha256.Sum256(all)); sum != test.sum {
				t.Errorf("%s, want %s", sum, test.sum)
			}
		})
	}
}

func TestCorpusTruncatedPictureIsDamaged(t *testing.T) {
	file, err := os.ReadFile(filepath.Join(os.Getenv("CORPUS"), "hostile/truncated_image.png"))
	if err != nil {
		t.Skip(err)
	}
	var d Decoder
	if _, _, err := decoded(&d, file); err == nil || !strings.HasPrefix(err.Error(), "damaged PNG: ") {
		t.Error(err)
	}
}
