package png

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"prew/lambda/render/plane"
)

func TestHeaderSaysWhatTheChunksSay(t *testing.T) {
	tiff := []byte("MM\x00*\x00\x00\x00\x08\x00\x00")
	profile := bytes.Repeat([]byte("profile "), 100)
	iccp := func(name string, method byte, packed []byte) []byte {
		return slices.Concat([]byte(name), []byte{0, method}, packed)
	}
	chromaticities := [8]uint32{31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000}
	var chrm []byte
	for _, v := range chromaticities {
		chrm = binary.BigEndian.AppendUint32(chrm, v)
	}
	gamma := chunkOf("gAMA", 0, 0, 0xb1, 0x8f)
	long := string(bytes.Repeat([]byte{'a'}, 80))
	for _, test := range []struct {
		name          string
		before, after []byte
		want          Header
	}{
		{"nothing", nil, nil, Header{}},
		{"EXIF", appendChunk(nil, "eXIf", tiff), nil, Header{EXIF: tiff}},
		{"EXIF behind the picture", nil, slices.Concat(gamma, appendChunk(nil, "eXIf", tiff)), Header{EXIF: tiff}},
		{"EXIF twice", appendChunk(nil, "eXIf", tiff), appendChunk(nil, "eXIf", tiff[1:]), Header{EXIF: tiff}},
		{"EXIF whose checksum is wrong", wrongSum("eXIf", tiff), nil, Header{}},
		{"EXIF whose checksum is wrong behind the picture", nil, wrongSum("eXIf", tiff), Header{}},
		{"EXIF that is cut off", nil, appendChunk(nil, "eXIf", tiff)[:12], Header{}},
		{"a profile", appendChunk(nil, "iCCP", iccp("icc", 0, packed(profile))), nil, Header{ICC: profile}},
		{"a profile in a chunk whose checksum is wrong", wrongSum("iCCP", iccp("icc", 0, packed(profile))), nil, Header{ICC: profile}},
		{"a profile behind the picture", nil, appendChunk(nil, "iCCP", iccp("icc", 0, packed(profile))), Header{}},
		{"a profile that is cut off", appendChunk(nil, "iCCP", iccp("icc", 0, packed(profile)[:20])), nil, Header{}},
		{"a profile that is changed", appendChunk(nil, "iCCP", iccp("icc", 0, append(packed(profile)[:20], make([]byte, 30)...))), nil, Header{}},
		{"an unknown compression", appendChunk(nil, "iCCP", iccp("icc", 1, packed(profile))), nil, Header{}},
		{"a profile without a name", appendChunk(nil, "iCCP", iccp("", 0, packed(profile))), nil, Header{}},
		{"a name that is too long", appendChunk(nil, "iCCP", iccp(long, 0, packed(profile))), nil, Header{}},
		{"a profile of 4 MiB", appendChunk(nil, "iCCP", iccp("icc", 0, packed(make([]byte, 4<<20)))), nil, Header{ICC: make([]byte, 4<<20)}},
		{"a profile of more", appendChunk(nil, "iCCP", iccp("icc", 0, packed(make([]byte, 4<<20+1)))), nil, Header{}},
		{"a broken profile before another", slices.Concat(chunkOf("iCCP"), appendChunk(nil, "iCCP", iccp("icc", 0, packed(profile)))), nil, Header{}},
		{"no profile", chunkOf("iCCP"), nil, Header{}},
		{"gamma", gamma, nil, Header{Gamma: 45455}},
		{"gamma twice", slices.Concat(gamma, chunkOf("gAMA", 0, 1, 0, 0)), nil, Header{Gamma: 45455}},
		{"gamma of three bytes", chunkOf("gAMA", 1, 2, 3), nil, Header{}},
		{"chromaticities", appendChunk(nil, "cHRM", chrm), nil, Header{Chromaticities: chromaticities}},
		{"chromaticities without the last", appendChunk(nil, "cHRM", chrm[:28]), nil, Header{}},
		{"sRGB", chunkOf("sRGB", 0), nil, Header{SRGB: true}},
		{"CICP", chunkOf("cICP", 9, 16, 0, 1), nil, Header{CICP: [4]uint8{9, 16, 0, 1}}},
		{"all", slices.Concat(gamma, chunkOf("sRGB", 0), chunkOf("cICP", 12, 13, 0, 1)), nil, Header{Gamma: 45455, SRGB: true, CICP: [4]uint8{12, 13, 0, 1}}},
	} {
		var d Decoder
		got, err := d.Open(small(map[string][]byte{"": test.before, "more": test.after}))
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if !bytes.Equal(got.EXIF, test.want.EXIF) || !bytes.Equal(got.ICC, test.want.ICC) || got.Gamma != test.want.Gamma ||
			got.Chromaticities != test.want.Chromaticities || got.SRGB != test.want.SRGB || got.CICP != test.want.CICP {
			t.Errorf("%s: %+v, want %+v", test.name, got, test.want)
		}
	}
}

// TestMemoryIsOfRows has what pictures take: of most as much as some rows, but all of
// it where they are interlaced, with eight bits a sample whatever they had.
func TestMemoryIsOfRows(t *testing.T) {
	grey := chunkOf("PLTE", 0, 0, 0, 9, 9, 9)
	colours := chunkOf("PLTE", 0, 0, 0, 9, 9, 8)
	for _, test := range []struct {
		name              string
		width, height     int
		depth, colourType uint8
		interlaced        bool
		palette           []byte
		form              plane.Form
		deep, opaque      bool
		atLeast, atMost   int // in kB
	}{
		{"50 megapixels", 8660, 5773, 8, typeRGBA, false, nil, plane.RGBA, false, false, 200, 400},
		{"50 megapixels of 16 bits", 8660, 5773, 16, typeRGBA, false, nil, plane.RGBA, true, false, 500, 900},
		{"50 megapixels, interlaced", 8660, 5773, 8, typeRGB, true, nil, plane.RGBA, false, true, 200_000, 200_600},
		{"50 megapixels of 16 bits, interlaced", 7071, 7071, 16, typeRGBA, true, nil, plane.RGBA, false, false, 200_000, 200_900},
		{"50 megapixels of grey, interlaced", 8660, 5773, 16, typeGrey, true, nil, plane.Grey, false, true, 49_900, 50_500},
		{"the widest there are", 65_500, 1, 16, typeRGBA, false, nil, plane.RGBA, true, false, 4_000, 5_000},
		{"bits", 65_536, 65_536, 1, typePalette, false, grey, plane.Grey, false, true, 200, 500},
		{"bits of colour", 65_536, 65_536, 1, typePalette, false, colours, plane.RGBA, false, true, 600, 800},
		{"a pixel", 1, 1, 1, typeGrey, false, nil, plane.Grey, false, true, 100, 200},
	} {
		file := slices.Concat([]byte(signature), header(test.width, test.height, test.depth, test.colourType, test.interlaced), test.palette, chunkOf("IDAT"))
		var d Decoder
		h, err := d.Open(file)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if h.Width != test.width || h.Height != test.height || h.Form != test.form || h.Deep != test.deep || h.Opaque != test.opaque {
			t.Errorf("%s: %+v", test.name, h)
		}
		if h.Memory < test.atLeast*1000 || h.Memory > test.atMost*1000 {
			t.Errorf("%s: takes %d bytes, want %d to %d kB", test.name, h.Memory, test.atLeast, test.atMost)
		}
		if n := d.taken(); n > 0 {
			t.Errorf("%s: has taken %d bytes by its header", test.name, n)
		}
	}
}

func TestMemoryOfTheLargestHeader(t *testing.T) {
	var d Decoder
	h, err := d.Open(slices.Concat([]byte(signature), header(1<<31-1, 1<<31-1, 16, typeRGBA, true), chunkOf("IDAT")))
	if err != nil || h.Memory != math.MaxInt {
		t.Errorf("takes %d bytes, %v, want more than there are", h.Memory, err)
	}
}

// TestTheDecoderLetsGo keeps an interlaced picture of one file from lying beside the next.
func TestTheDecoderLetsGo(t *testing.T) {
	file := slices.Concat([]byte(signature), header(100, 100, 8, typeGrey, true), inChunks(packed(make([]byte, 20_000)), 999))
	var d Decoder
	if _, _, err := decoded(&d, file); err != nil || d.whole != nil || d.data != nil || d.inflater.in.file != nil {
		t.Errorf("it keeps %d bytes of a picture and %d of a file, %v", len(d.whole), len(d.data), err)
	}
	d.Open(file[:len(file)-40])
	if _, err := d.Row(0); err == nil || d.whole != nil {
		t.Errorf("it keeps %d bytes of a damaged picture, %v", len(d.whole), err)
	}
}

// TestTwoRowsAreValid passes over rows between those that are asked for, of pictures
// whose rows are returned as they are unfiltered and of others.
func TestTwoRowsAreValid(t *testing.T) {
	const width, height = 7, 40
	for _, kind := range kinds {
		if kind.colourType == typePalette {
			continue
		}
		for _, step := range []int{1, 2, 3, 7} {
			n := (width*int(kind.depth)*samplesOf[kind.colourType] + 7) / 8
			var data []byte
			for y := range height {
				data = append(append(data, uint8(y%5)), bytes.Repeat([]byte{uint8(y)}, n)...)
			}
			file := slices.Concat([]byte(signature), header(width, height, kind.depth, kind.colourType, false), inChunks(packed(data), 20))
			var d Decoder
			h, all, err := decoded(&d, file)
			if err != nil {
				t.Fatal(err)
			}
			d.Open(file)
			last, _ := d.Row(0)
			for y := step; y < height; y += step {
				row, err := d.Row(y)
				if err != nil {
					t.Fatal(err)
				}
				if got, want := pixelsOf(last, h), all[(y-step)*width:][:width]; !slices.Equal(got, want) {
					t.Fatalf("%d bits of type %d: row %d after row %d is %x, want %x", kind.depth, kind.colourType, y-step, y, got, want)
				}
				if got, want := pixelsOf(row, h), all[y*width:][:width]; !slices.Equal(got, want) {
					t.Fatalf("%d bits of type %d: row %d is %x, want %x", kind.depth, kind.colourType, y, got, want)
				}
				last = row
			}
		}
	}
}

// TestCorpusBombsAreKnownByTheirHeaders opens what would unfold to hundreds of megabytes.
func TestCorpusBombsAreKnownByTheirHeaders(t *testing.T) {
	for _, test := range []struct {
		file                  string
		width, height, memory int
	}{
		{"../pictures/bombs/bomb-png-rgba16-adam7.png", 7071, 7071, 200_000_000},
		{"hostile/65536-uint32-limit.png", 65_536, 65_536, 200_000},
		{"hostile/png_decompression_dos.png", 1, 1, 100_000},
	} {
		t.Run(filepath.Base(test.file), func(t *testing.T) {
			file, err := os.ReadFile(filepath.Join(os.Getenv("CORPUS"), test.file))
			if err != nil {
				t.Skip(err)
			}
			var d Decoder
			h, err := d.Open(file)
			if err != nil || h.Width != test.width || h.Height != test.height || h.Memory < test.memory || h.Memory > test.memory*5 {
				t.Errorf("%dx%d, %d bytes, %v, want %dx%d and at least %d", h.Width, h.Height, h.Memory, err, test.width, test.height, test.memory)
			}
		})
	}
}
