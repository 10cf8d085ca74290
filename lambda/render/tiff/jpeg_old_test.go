package tiff

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"testing"
)

// TestOldJPEG reads the old kind of JPEG in every way of laying it out, and holds it to
// what the new kind makes of the same JPEG files.
func TestOldJPEG(t *testing.T) {
	const width, height = 40, 37
	colours := func(compression uint64, more ...value) []value {
		return changed([]value{
			short(tagImageWidth, width), short(tagImageLength, height), short(tagBitsPerSample, 8, 8, 8), short(tagSamplesPerPixel, 3),
			short(tagPhotometric, photometricYCbCr), short(tagCompression, compression),
		}, more...)
	}
	rows := func(rows uint64, parts *parts) []value {
		return []value{long(tagRowsPerStrip, rows), long(tagStripOffsets, parts.offsets...), long(tagStripByteCounts, parts.counts...)}
	}
	tiles := func(parts *parts) []value {
		return []value{long(tagTileWidth, 32), long(tagTileLength, 48), long(tagTileOffsets, parts.offsets...), long(tagTileByteCounts, parts.counts...)}
	}
	whole := []image.Rectangle{image.Rect(0, 0, 40, 37)}
	strips := []image.Rectangle{image.Rect(0, 0, 40, 16), image.Rect(0, 16, 40, 32), image.Rect(0, 32, 40, 37)}
	tiled := []image.Rectangle{image.Rect(0, 0, 32, 48), image.Rect(32, 0, 64, 48)}
	for _, test := range []struct {
		what  string
		rects []image.Rectangle
		place func(files, data *parts) []value
		want  func(files *parts) []value
	}{
		{"a whole file", whole, func(files, _ *parts) []value { return []value{long(tagJPEGInterchange, 8)} },
			func(files *parts) []value { return rows(height, files) }},
		{"a whole file as the strip", whole, func(files, _ *parts) []value { return rows(height, files) },
			func(files *parts) []value { return rows(height, files) }},
		{"the beginning of a file", whole, func(_, data *parts) []value { return append(rows(height, data), data.beginning()...) },
			func(files *parts) []value { return rows(height, files) }},
		{"tables", whole, func(_, data *parts) []value { return append(rows(height, data), data.tables()...) },
			func(files *parts) []value { return rows(height, files) }},
		{"files as strips", strips, func(files, _ *parts) []value { return rows(16, files) },
			func(files *parts) []value { return rows(16, files) }},
		{"the beginning of a file, and strips", strips, func(_, data *parts) []value { return append(rows(16, data), data.beginning()...) },
			func(files *parts) []value { return rows(16, files) }},
		{"tables, and strips", strips, func(_, data *parts) []value { return append(rows(16, data), data.tables()...) },
			func(files *parts) []value { return rows(16, files) }},
		{"tables, and tiles", tiled, func(_, data *parts) []value { return append(tiles(data), data.tables()...) }, tiles},
		{"the beginning of a file, and tiles", tiled, func(_, data *parts) []value { return append(tiles(data), data.beginning()...) }, tiles},
	} {
		file, files, data := jpegs(test.rects)
		_, want, err := decode(build(file, colours(compressionJPEG, test.want(files)...)))
		if err != nil {
			t.Fatalf("%s, in the new kind: %v", test.what, err)
		}
		if _, got, err := decode(build(file, colours(compressionOldJPEG, test.place(files, data)...))); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %v, or other pixels than in the new kind", test.what, err)
		}
	}
}

// TestOldJPEGRefused refuses what has too few pieces, and those that lie outside the
// file.
func TestOldJPEGRefused(t *testing.T) {
	file, _, data := jpegs([]image.Rectangle{image.Rect(0, 0, 4, 3)})
	grey := func(more ...value) []value {
		fields := append(data.tables(), short(tagBitsPerSample, 8, 8, 8), short(tagSamplesPerPixel, 3), short(tagPhotometric, photometricYCbCr),
			short(tagCompression, compressionOldJPEG), long(tagStripOffsets, data.offsets...), long(tagStripByteCounts, data.counts...))
		return changed(grey8(fields...), more...)
	}
	const inPieces = "unsupported TIFF: compressed by the old kind of JPEG, in pieces"
	for _, test := range []struct {
		what string
		with value
		want string
	}{
		{"nothing is wrong", value{tag: 60000}, ""},
		{"no tables of quantisation", without(tagJPEGQTables), inPieces},
		{"no tables of codes", without(tagJPEGACTables), inPieces},
		{"two tables for three samples", long(tagJPEGDCTables, 8, 8), inPieces},
		{"tables outside the file", long(tagJPEGQTables, 1<<20, 1<<20, 1<<20), inPieces},
		{"tables that are none", long(tagJPEGDCTables, 8, 8, 8), inPieces},
		{"without loss", short(tagJPEGProc, 14), "unsupported TIFF: compressed by the old kind of JPEG, without loss"},
		{"planes", short(tagPlanarConfiguration, 2), inPieces},
		{"coded data outside the file", long(tagStripOffsets, 1<<20), "damaged TIFF: part 0: JPEG: scan 1, MCU 0 of 1: its data ends early"},
	} {
		_, _, err := decode(build(file, grey(test.with)))
		if said := errorText(err); said != test.want {
			t.Errorf("%s has %q, expected %q", test.what, said, test.want)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// parts are where parts of a file lie, which begins at byte 8.
type parts struct {
	offsets, counts []uint64
	file            []byte
}

func (p *parts) add(from, to int) {
	p.offsets, p.counts = append(p.offsets, uint64(8+from)), append(p.counts, uint64(to-from))
}

// jpegs are JPEG files of parts of a picture, one after another, where they lie, and
// where their coded data lie.
func jpegs(rects []image.Rectangle) (file []byte, files, data *parts) {
	files, data = new(parts), new(parts)
	for _, r := range rects {
		m := image.NewRGBA(image.Rect(0, 0, r.Dx(), r.Dy()))
		for y := range r.Dy() {
			for x := range r.Dx() {
				u, v := r.Min.X+x, r.Min.Y+y
				m.SetRGBA(x, y, color.RGBA{uint8(40 + 5*u), uint8(200 - 4*v), uint8(3 * (u ^ v)), 255})
			}
		}
		var b bytes.Buffer
		if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 90}); err != nil {
			panic(err)
		}
		start := len(file)
		file = append(file, b.Bytes()...)
		files.add(start, len(file))
		const scanHeader, end = 14, 2 // SOS of three components, and EOI
		data.add(start+bytes.Index(b.Bytes(), []byte("\xff\xda"))+scanHeader, len(file)-end)
	}
	files.file, data.file = file, file
	return file, files, data
}

// beginning is fields that point to the first file up to its coded data.
func (p *parts) beginning() []value {
	return []value{long(tagJPEGInterchange, 8), long(tagJPEGInterchangeSize, p.offsets[0]-8)}
}

// tables is fields that point to the tables of the first file, of which chroma shares
// the second ones.
func (p *parts) tables() []value {
	luma := [3]int{}
	chroma := [3]int{}
	q := bytes.Index(p.file, []byte("\xff\xdb")) + 4
	luma[0], chroma[0] = q+1, q+66
	at := bytes.Index(p.file, []byte("\xff\xc4")) + 4
	for range 4 {
		class, number := int(p.file[at]>>4), p.file[at]&15
		if number == 0 {
			luma[1+class] = at + 1
		} else {
			chroma[1+class] = at + 1
		}
		at++
		codes := 16
		for _, n := range p.file[at : at+16] {
			codes += int(n)
		}
		at += codes
	}
	var fields []value
	for i, tag := range []uint16{tagJPEGQTables, tagJPEGDCTables, tagJPEGACTables} {
		fields = append(fields, long(tag, uint64(8+luma[i]), uint64(8+chroma[i]), uint64(8+chroma[i])))
	}
	return fields
}
