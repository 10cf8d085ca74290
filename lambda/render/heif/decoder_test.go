package heif

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"testing"

	"prew/lambda/render/plane"
)

var codecs = []Codec{HEVC, AV1}

// pixels decodes a file to rows of red, green, blue and alpha, of eight bits.
func pixels(d *Decoder, file []byte) (h Header, rows [][][4]int, err error) {
	if h, err = d.Open(file); err != nil {
		return h, nil, err
	}
	rows, err = d.pixels(h.Picture)
	return h, rows, err
}

func (d *Decoder) pixels(p Picture) (rows [][][4]int, err error) {
	for y := range p.Height {
		row, err := d.Row(y)
		if err != nil {
			return nil, err
		}
		var pixels [][4]int
		samples := 4
		if p.Form == plane.Grey {
			samples = 1
		}
		at := func(i int) int {
			if p.Deep {
				return int(row.Words[i] >> 8)
			}
			return int(row.Bytes[i])
		}
		for x := range p.Width {
			pixel := [4]int{0, 0, 0, 255}
			for c := range pixel {
				switch {
				case samples == 4:
					pixel[c] = at(4*x + c)
				case c < 3:
					pixel[c] = at(x)
				}
			}
			pixels = append(pixels, pixel)
		}
		rows = append(rows, pixels)
	}
	return rows, d.Finish()
}

// name is the nearest of the colours that the tests' pictures have.
func name(p [4]int) string {
	if p[3] == 0 {
		return "clear"
	}
	best, least := "", 1<<30
	for name, c := range map[string][4]int{
		"red": {255, 0, 0, 255}, "green": {0, 255, 0, 255}, "blue": {0, 0, 255, 255}, "white": {255, 255, 255, 255},
		"black": {0, 0, 0, 255}, "grey": {128, 128, 128, 255}, "half red": {255, 0, 0, 128},
	} {
		off := 0
		for i := range c {
			off += max(c[i]-p[i], p[i]-c[i])
		}
		if off < least {
			best, least = name, off
		}
	}
	if least > 60 {
		return fmt.Sprint(p)
	}
	return best
}

// four names the colours within a picture's quarters, a fifth from its edges.
func four(rows [][][4]int) string {
	h, w := len(rows), len(rows[0])
	return name(rows[h/5][w/5]) + " " + name(rows[h/5][4*w/5]) + " / " + name(rows[4*h/5][w/5]) + " " + name(rows[4*h/5][4*w/5])
}

func gridOf(columns, rows, width, height int) []byte {
	b := []byte{0, 0, byte(rows - 1), byte(columns - 1)}
	return binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(b, uint16(width)), uint16(height))
}

var alphaProperty = property{box{"auxC", []byte("\x00\x00\x00\x00urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\x00")}, false}

func TestPicturesOfEveryForm(t *testing.T) {
	for _, codec := range codecs {
		q := quarters(t, codec)
		grey := item1(t, map[Codec]string{HEVC: "grey.heic", AV1: "grey.avif"}[codec]) // 64x64, from black above to white below in two halves
		const plain = "red green / blue white"
		tests := []struct {
			name, want string
			size       string
			turn       int
			sheet      sheet
		}{
			{"alone", plain, "64x64", 1, sheet{primary: 1, items: []part{q}}},
			{"in the box idat", plain, "64x64", 1, sheet{primary: 1, items: []part{{kind: q.kind, properties: q.properties, data: q.data, idat: true}}}},
			{"in three pieces", plain, "64x64", 1, sheet{primary: 1, items: []part{{kind: q.kind, properties: q.properties, data: q.data, pieces: 3}}}},
			{"turned, which is not the decoder's", plain, "64x64", 6, sheet{primary: 1, items: []part{q.with(prop("irot", "\x03"))}}},
			{"cut", "white white / white white", "32x32", 1, sheet{primary: 1, items: []part{q.with(aperture(32, 32, 16, 16))}}},
			{"cut within a sample of chroma", plain, "33x31", 1, sheet{primary: 1, items: []part{q.with(property{box{"clap", slices.Concat(
				be32(33), be32(1), be32(31), be32(1), be32(-1), be32(2), be32(1), be32(2))}, true})}}},
			{"a grid", plain, "128x64", 1, sheet{primary: 3, items: []part{
				q.with(), q.with(), {kind: "grid", data: gridOf(2, 1, 128, 64), idat: true}}, refs: []reference{{"dimg", 3, []int{1, 2}}}}},
			{"a grid that is cut, turned and of one column", "red green / red green", "48x100", 3, sheet{primary: 3, items: []part{
				q.with(), q.with(), {kind: "grid", properties: []property{prop("irot", "\x02")}, data: gridOf(1, 2, 48, 100)}}, refs: []reference{{"dimg", 3, []int{1, 2}}}}},
			{"grey", "black black / white white", "64x64", 1, sheet{primary: 1, items: []part{grey}}},
			{"with alpha", "clear clear / blue white", "64x64", 1, sheet{primary: 1, items: []part{q, grey.with(alphaProperty)},
				refs: []reference{{"auxl", 2, []int{1}}}}},
			{"with alpha in a grid", "clear clear / blue white", "64x128", 1, sheet{primary: 5, items: []part{
				q, q, grey, grey, {kind: "grid", data: gridOf(1, 2, 64, 128)}, {kind: "grid", properties: []property{alphaProperty}, data: gridOf(1, 2, 64, 128)}},
				refs: []reference{{"dimg", 5, []int{1, 2}}, {"dimg", 6, []int{3, 4}}, {"auxl", 6, []int{5}}}}},
		}
		for _, test := range tests {
			t.Run(fmt.Sprint(codec, "/", test.name), func(t *testing.T) {
				var d Decoder
				h, rows, err := pixels(&d, test.sheet.file())
				if err != nil {
					t.Fatal(err)
				}
				if got := four(rows); got != test.want {
					t.Errorf("%s, want %s", got, test.want)
				}
				if got := fmt.Sprintf("%dx%d", h.Width, h.Height); got != test.size || h.Turn != test.turn || h.Codec != codec {
					t.Errorf("%v of %s with turn %d, want %v of %s with turn %d", h.Codec, got, h.Turn, codec, test.size, test.turn)
				}
			})
		}
	}
}

func abs(v int) int { return max(v, -v) }

func be32(v int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(v)) }

func TestColoursMultipliedByAlphaAreDivided(t *testing.T) {
	for _, codec := range codecs {
		grey := item1(t, map[Codec]string{HEVC: "grey.heic", AV1: "grey.avif"}[codec])
		half := item1(t, map[Codec]string{HEVC: "half.heic", AV1: "half.avif"}[codec]) // 64x64, grey of 128
		dark := item1(t, map[Codec]string{HEVC: "dark.heic", AV1: "dark.avif"}[codec]) // 64x64, red of 128
		_ = grey
		var d Decoder
		_, rows, err := pixels(&d, sheet{primary: 1, items: []part{dark, half.with(alphaProperty)},
			refs: []reference{{"auxl", 2, []int{1}}, {"prem", 1, []int{2}}}}.file())
		if err != nil {
			t.Fatal(err)
		}
		if got := name(rows[32][32]); got != "half red" {
			t.Errorf("%v: %s", codec, got)
		}
	}
}

// TestPlanesAreTheRows holds the planes of HEVC against its rows.
func TestPlanesAreTheRows(t *testing.T) {
	var d Decoder
	file := quarters(t, HEVC).with(aperture(56, 60, 0, 0)).alone()
	h, rows, err := pixels(&d, file)
	if err != nil || !h.Planar {
		t.Fatal(h, err)
	}
	d.Use(-1)
	planes, err := d.Planes()
	if err != nil {
		t.Fatal(err)
	}
	for y := range rows {
		for x, p := range rows[y] {
			if abs(x+4-32) < 10 || abs(y+2-32) < 10 { // at the edges of quarters rows have chroma in between
				continue
			}
			r, g, b := colour(planes[0].Row(y)[x], planes[1].Row(y / h.StepY)[x/h.StepX], planes[2].Row(y / h.StepY)[x/h.StepX])
			if off := max(p[0]-int(r), int(r)-p[0], p[1]-int(g), int(g)-p[1], p[2]-int(b), int(b)-p[2]); off > 24 {
				t.Fatalf("at %d, %d: %v, by planes %d %d %d", x, y, p, r, g, b)
			}
		}
	}
}

func TestThumbnailsThatStandForThePicture(t *testing.T) {
	for _, codec := range codecs {
		q := quarters(t, codec)
		four := []part{q, q, q, q, {kind: "grid", data: gridOf(2, 2, 128, 128)}}
		refs := []reference{{"dimg", 5, []int{1, 2, 3, 4}}, {"thmb", 6, []int{5}}}
		file := func(small part, whole ...property) []byte {
			items := slices.Clone(four)
			items[4] = items[4].with(whole...)
			return sheet{primary: 5, items: append(items, small), refs: refs}.file()
		}
		profile := prop("colr", "prof a profile")
		for _, test := range []struct {
			name string
			file []byte
			want int
		}{
			{"alike", file(q), 1},
			{"turned alike", file(q.with(prop("irot", "\x01")), prop("irot", "\x01")), 1},
			{"turned otherwise", file(q, prop("irot", "\x01")), 0},
			{"cut", file(q.with(aperture(32, 32, 0, 0))), 0},
			{"of a picture that is cut", file(q, aperture(64, 64, 32, 32)), 0},
			{"of another shape", file(q.with(aperture(64, 32, 0, 0))), 0},
			{"without the profile", file(q, profile), 0},
			{"with the profile", file(q.with(profile), profile), 1},
		} {
			var d Decoder
			h, err := d.Open(test.file)
			if err != nil {
				t.Fatal(err)
			}
			if len(h.Thumbnails) != test.want {
				t.Errorf("%v, %s: %d thumbnails, want %d", codec, test.name, len(h.Thumbnails), test.want)
			}
			if test.name != "alike" {
				continue
			}
			d.Use(0)
			rows, err := d.pixels(h.Thumbnails[0])
			if err != nil || len(rows) != 64 {
				t.Errorf("%v: the thumbnail has %d rows (%v)", codec, len(rows), err)
			}
		}
	}
}

func TestWhatIsNotRead(t *testing.T) {
	q := quarters(t, HEVC)
	a := quarters(t, AV1)
	grid := func(columns, rows, width, height int, tiles ...int) []byte {
		return sheet{primary: 3, items: []part{q, q, {kind: "grid", data: gridOf(columns, rows, width, height)}}, refs: []reference{{"dimg", 3, tiles}}}.file()
	}
	without := func(p part, kind string) part {
		p.properties = slices.DeleteFunc(slices.Clone(p.properties), func(p property) bool { return p.kind == kind })
		return p
	}
	for _, test := range []struct {
		name string
		file []byte
		want string
	}{
		{"nothing", nil, "damaged HEIF: it ends before its pictures are described"},
		{"half a file", q.alone()[:200], "damaged HEIF: a box is cut off"},
		{"a file without its end", q.alone()[:len(q.alone())-10], "damaged HEIF: it ends within a picture"},
		{"a video", appendBox(nil, "moov"), "unsupported HEIF: it is a video, without a still picture"},
		{"a picture of JPEG", sheet{primary: 1, items: []part{{kind: "jpeg", data: []byte("x")}}}.file(), `unsupported HEIF: a picture of the kind "jpeg"`},
		{"an overlay", sheet{primary: 1, items: []part{{kind: "iovl", data: []byte("x")}}}.file(), `unsupported HEIF: a picture made of others by "iovl"`},
		{"no primary item", sheet{primary: 7, items: []part{q}}.file(), "damaged HEIF: item 7 is missing"},
		{"no configuration", without(q, "hvcC").with().alone(), `damaged HEIF: a picture of the kind "hvc1" has no configuration`},
		{"no size", without(a, "ispe").alone(), "damaged HEIF: a picture without a size"},
		{"what has to be understood", q.with(property{box{"skew", nil}, true}).alone(), `unsupported HEIF: a picture with the property "skew"`},
		{"a grid of too few", grid(2, 1, 128, 64, 1), "damaged HEIF: a grid of 2x1 pictures has 1"},
		{"a grid of too many", grid(64, 64, 128, 64, 1), "HEIF beyond a limit: a grid of 64x64 pictures, limit is 256"},
		{"a grid that is larger than its tiles", grid(2, 1, 129, 64, 1, 2), "damaged HEIF: a grid of 2x1 pictures of 64x64 is 129x64"},
		{"a grid of itself", grid(2, 1, 128, 64, 3, 3), `unsupported HEIF: a picture of the kind "grid"`},
		{"alpha of another size", sheet{primary: 1, items: []part{q, {kind: "grid", properties: []property{alphaProperty}, data: gridOf(1, 1, 32, 32)}},
			refs: []reference{{"auxl", 2, []int{1}}, {"dimg", 2, []int{1}}}}.file(), "unsupported HEIF: its alpha is 32x32, the picture 64x64"},
		{"an HEVC stream that ends early", part{kind: q.kind, properties: q.properties, data: q.data[:len(q.data)-5]}.alone(), "damaged HEIF: it ends within a unit of HEVC"},
		{"an AV1 stream that ends early", part{kind: a.kind, properties: a.properties, data: a.data[:len(a.data)-5]}.alone(), "damaged HEIF: its AV1 stream is cut off"},
		{"an AV1 stream of nothing", part{kind: a.kind, properties: a.properties, data: []byte{0x12, 0}}.alone(), "damaged HEIF: its AV1 stream has no frame"},
		{"an AV1 stream of many frames", part{kind: a.kind, properties: a.properties, data: bytes.Repeat([]byte{0x32, 0}, 9)}.alone(), "HEIF beyond a limit: a picture of more than 8 frames"},
		{"an AV1 stream that is broken", part{kind: a.kind, properties: a.properties, data: append(slices.Clone(a.data[:len(a.data)-20]), make([]byte, 20)...)}.alone(), "damaged HEIF: its codec gives up"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var d Decoder
			_, _, err := pixels(&d, test.file)
			if err == nil || err.Error() != test.want {
				t.Errorf("%v, want %s", err, test.want)
			}
		})
	}
}

// TestCodecsAreBounded gives a codec too little memory, and too little fuel.
func TestCodecsAreBounded(t *testing.T) {
	for _, codec := range codecs {
		var d Decoder
		if _, err := d.Open(quarters(t, codec).alone()); err != nil {
			t.Fatal(err)
		}
		d.linear.reserve(2 << 20)
		if err := codec.run(&d.linear, 1000, func(c *call) { c.allocate(4 << 20) }); !errors.Is(err, LimitError("decoding takes more than 2 MB")) {
			t.Errorf("%v: 4 MB of 2: %v", codec, err)
		}
		if _, err := d.decode(d.image, d.image.tiles[0]); err != nil {
			t.Errorf("%v: afterwards: %v", codec, err)
		}
		err := codec.run(&d.linear, 100, func(c *call) {
			in := uint64(c.write(d.container))
			size := uint64(len(d.container))
			if codec == HEVC {
				c.do("decode", in, size, 1, in, in, in, in, in, in)
			} else {
				c.do("decode", in, size, 1, 0, in, in, in, in, in, in)
			}
		})
		if !errors.Is(err, LimitError("decoding takes too long")) {
			t.Errorf("%v: with little fuel: %v", codec, err)
		}
		if _, err := d.decode(d.image, d.image.tiles[0]); err != nil {
			t.Errorf("%v: afterwards: %v", codec, err)
		}
	}
}

func TestMetadata(t *testing.T) {
	q := quarters(t, HEVC)
	exif := append([]byte{0, 0, 0, 6}, "Exif\x00\x00MM\x00*"...)
	file := sheet{primary: 1, items: []part{
		q.with(prop("colr", "nclx\x00\x0c\x00\x0d\x00\x06\x80"), prop("colr", "profa profile")),
		{kind: "Exif", data: exif},
	}, refs: []reference{{"cdsc", 2, []int{1}}}}.file()
	var d Decoder
	h, err := d.Open(file)
	if err != nil || string(h.ICC) != "a profile" || h.Primaries != 12 || h.Transfer != 13 || string(h.EXIF) != "MM\x00*" {
		t.Errorf("%+v, %v", h, err)
	}
}

// TestBuffersAreKept decodes twice with one decoder.
func TestBuffersAreKept(t *testing.T) {
	for _, codec := range codecs {
		var d Decoder
		file := quarters(t, codec).alone()
		_, first, err := pixels(&d, file)
		if err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, second, err := pixels(&d, file)
		runtime.ReadMemStats(&after)
		if err != nil || four(first) != four(second) {
			t.Errorf("%v: %v, %s, then %s", codec, err, four(first), four(second))
		}
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 4<<20 {
			t.Errorf("%v: the second time took %d KB", codec, grown>>10)
		}
	}
}
