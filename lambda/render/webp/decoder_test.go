package webp

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"image"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/image/webp"

	"prew/lambda/render/plane"
	"prew/lambda/render/plane/planetest"
)

func source(t testing.TB, name string) []byte {
	t.Helper()
	file, err := os.ReadFile(filepath.Join("testdata", name+".webp"))
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// decode returns the picture of a file.
func decode(file []byte) (Header, *image.NRGBA, error) {
	var d Decoder
	h, err := d.Open(file)
	if err != nil {
		return h, nil, err
	}
	m, err := planetest.Picture(&d, plane.RGBA, h.Width, h.Height)
	if err != nil {
		return h, nil, err
	}
	return h, m, d.Finish()
}

// TestPixels holds pictures to libwebp: the sums are of what dwebp -pam writes.
func TestPixels(t *testing.T) {
	for name, want := range map[string]string{
		"lossless-alpha":      "009143c386dba503",
		"lossless-odd":        "21543978e29f503d",
		"lossless-one":        "3e6f9aae16382bf5",
		"lossless-pal100":     "53274dd9c6608b4a",
		"lossless-pal13":      "b785c17383148de2",
		"lossless-pal2":       "3838a227d7050362",
		"lossless-pal4":       "f57dd692475d8219",
		"lossless-photo-fast": "6e12c62c97b94003",
		"lossless-photo":      "6e12c62c97b94003",
		"lossless-tall":       "1e4004e0c5762e36",
		"lossy-alpha-best":    "18341c2585deef61",
		"lossy-alpha-fast":    "18341c2585deef61",
		"lossy-alpha-raw":     "18341c2585deef61",
		"lossy-metadata":      "d2a644069aeaf9f2",
		"lossy-odd":           "0f362aeedd4e1f26",
		"lossy-one":           "16fa466a6c11de7f",
		"lossy-photo":         "d2a644069aeaf9f2",
		"lossy-simple":        "e0fde172197d3ce1",
		"lossy-strong":        "fbfff62174a62168",
		"lossy-tall":          "9315d11cd4c379e4",
	} {
		_, m, err := decode(source(t, name))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if sum := sha256.Sum256(m.Pix); hex.EncodeToString(sum[:8]) != want {
			t.Errorf("%s: other pixels than libwebp's", name)
		}
	}
}

// TestHeader checks what is known before a pixel is decoded.
func TestHeader(t *testing.T) {
	for name, want := range map[string]Header{
		"lossy-photo":      {Width: 93, Height: 71, Opaque: true, Planar: true},
		"lossy-alpha-best": {Width: 93, Height: 71},
		"lossless-photo":   {Width: 93, Height: 71, Opaque: true},
		"lossless-alpha":   {Width: 93, Height: 71},
		"lossy-metadata":   {Width: 93, Height: 71, Opaque: true, Planar: true, EXIF: []byte("II*\x00\b\x00\x00\x00\x00\x00\x00\x00\x00\x00"), ICC: make([]byte, 300)},
		"anim-lossy":       {Width: 93, Height: 71, Opaque: true, Planar: true, Animated: true},
		"anim-lossy-alpha": {Width: 97, Height: 81, Animated: true},
		"anim-lossless":    {Width: 95, Height: 81, Animated: true},
	} {
		var d Decoder
		h, err := d.Open(source(t, name))
		if err != nil || h.Width != want.Width || h.Height != want.Height || h.Opaque != want.Opaque || h.Planar != want.Planar ||
			h.Animated != want.Animated || !bytes.Equal(h.EXIF, want.EXIF) || !bytes.Equal(h.ICC, want.ICC) {
			t.Errorf("%s: %+v, %v, expected %+v", name, h, err, want)
		}
	}
}

// TestAnimated checks that the first frame lies where it is shown, on a canvas that
// is transparent around it.
func TestAnimated(t *testing.T) {
	for name, test := range map[string]struct {
		frame     string
		left, top int
	}{
		"anim-lossy-alpha": {"lossy-alpha-fast", 4, 6},
		"anim-lossless":    {"lossless-pal13", 20, 0},
		"anim-lossy":       {"lossy-photo", 0, 0},
	} {
		_, got, err := decode(source(t, name))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		_, frame, err := decode(source(t, test.frame))
		if err != nil {
			t.Fatalf("%s: %v", test.frame, err)
		}
		want := image.NewNRGBA(got.Rect)
		for y := range frame.Rect.Dy() {
			copy(want.Pix[want.PixOffset(test.left, test.top+y):], frame.Pix[y*frame.Stride:(y+1)*frame.Stride])
		}
		if !bytes.Equal(got.Pix, want.Pix) {
			t.Errorf("%s: other pixels than those of %s at %d,%d", name, test.frame, test.left, test.top)
		}
	}
}

// TestPlanes checks that the planes of a lossy picture have the full range.
func TestPlanes(t *testing.T) {
	file := source(t, "lossy-photo")
	m, err := webp.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	want := planesOf(m.(*image.YCbCr))
	var d Decoder
	if _, err := d.Open(file); err != nil {
		t.Fatal(err)
	}
	for range 2 { // and the second time the same
		got, err := d.Planes()
		if err != nil || len(got) != 3 {
			t.Fatalf("%d planes, %v", len(got), err)
		}
		for i, p := range got {
			if wide, high := []int{93, 47, 47}[i], []int{71, 36, 36}[i]; p.Width != wide || p.Height != high {
				t.Fatalf("plane %d is %dx%d, expected %dx%d", i, p.Width, p.Height, wide, high)
			}
			span, zero, from := 219, 0, 16
			if i > 0 {
				span, zero, from = 224, 128, 128
			}
			for y := range p.Height {
				for x, v := range p.Row(y) {
					if w := stretched(int(want[i].Row(y)[x])-from, span, zero); v != w {
						t.Fatalf("plane %d: %d at %d,%d, expected %d", i, v, x, y, w)
					}
				}
			}
		}
	}
	if err := d.Finish(); err != nil {
		t.Error(err)
	}
	for v, want := range map[int]uint8{16: 0, 235: 255, 0: 0, 255: 255, 126: 128} {
		if got := stretched(v-16, 219, 0); got != want {
			t.Errorf("luma %d is %d, expected %d", v, got, want)
		}
	}
	for v, want := range map[int]uint8{16: 0, 240: 255, 128: 128, 0: 0, 255: 255} {
		if got := stretched(v-128, 224, 128); got != want {
			t.Errorf("chroma %d is %d, expected %d", v, got, want)
		}
	}
}

// planesOf is the planes of x/image's picture.
func planesOf(m *image.YCbCr) []plane.Plane {
	width, height := m.Rect.Dx(), m.Rect.Dy()
	half := func(pix []uint8) plane.Plane {
		return plane.Plane{Pix: pix, Stride: m.CStride, Width: (width + 1) / 2, Height: (height + 1) / 2}
	}
	return []plane.Plane{{Pix: m.Y, Stride: m.YStride, Width: width, Height: height}, half(m.Cb), half(m.Cr)}
}

// TestRowsPassedOver checks that rows may be left out.
func TestRowsPassedOver(t *testing.T) {
	for _, name := range []string{"lossless-photo", "lossy-alpha-best", "lossy-photo"} {
		file := source(t, name)
		_, want, err := decode(file)
		if err != nil {
			t.Fatal(err)
		}
		var d Decoder
		if _, err := d.Open(file); err != nil {
			t.Fatal(err)
		}
		for _, y := range []int{2, 3, 50} {
			row, err := d.Row(y)
			if err != nil || !bytes.Equal(row.Bytes, want.Pix[y*want.Stride:(y+1)*want.Stride]) {
				t.Errorf("%s: row %d: %v, or another row", name, y, err)
			}
		}
		if err := d.Finish(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAlphaFilters(t *testing.T) {
	for filter, want := range map[byte][]byte{
		0: {1, 2, 3, 4, 5, 250, 1, 1, 1},
		1: {1, 3, 6, 5, 10, 4, 6, 7, 8},
		2: {1, 3, 6, 5, 8, 0, 6, 9, 1},
		3: {1, 3, 6, 5, 12, 9, 6, 14, 12},
	} {
		var a alpha
		if err := a.open([]byte{filter << 2, 1, 2, 3, 4, 5, 250, 1, 1, 1}, 3, 3, nil); err != nil {
			t.Fatal(err)
		}
		var got []byte
		for range 3 {
			row, err := a.next()
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, row...)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("filter %d: %v, expected %v", filter, got, want)
		}
		if _, err := a.next(); err != errEnd {
			t.Errorf("filter %d: behind the end: %v", filter, err)
		}
	}
}

// chunk is a chunk of a file.
func chunk(name string, payload []byte) []byte {
	b := append([]byte(name), 0, 0, 0, 0)
	binary.LittleEndian.PutUint32(b[4:], uint32(len(payload)))
	b = append(b, payload...)
	return append(b, make([]byte, len(payload)&1)...)
}

func riff(parts ...[]byte) []byte {
	return append([]byte("RIFF\x00\x00\x00\x00WEBP"), bytes.Join(parts, nil)...)
}

// extended is a chunk VP8X of a canvas.
func extended(width, height int) []byte {
	width, height = width-1, height-1
	return chunk("VP8X", []byte{0, 0, 0, 0, byte(width), byte(width >> 8), byte(width >> 16), byte(height), byte(height >> 8), byte(height >> 16)})
}

// frame is a chunk ANMF.
func frame(left, top, width, height int, parts ...[]byte) []byte {
	b := make([]byte, frameHead)
	b[0], b[3], b[6], b[9] = byte(left/2), byte(top/2), byte(width-1), byte(height-1)
	return chunk("ANMF", append(b, bytes.Join(parts, nil)...))
}

// TestContainer checks which files are taken, and why the others are not.
func TestContainer(t *testing.T) {
	lossy := source(t, "lossy-one")[12:]
	lossless := source(t, "lossless-one")[12:]
	raw := chunk("ALPH", []byte{0, 9})
	still := bytes.Clone(lossy)
	still[chunkHead] |= 1 // no key frame
	version := bytes.Clone(lossless)
	version[chunkHead+4] |= 0x20
	for name, test := range map[string]struct {
		file []byte
		want error
	}{
		"lossy":                       {riff(lossy), nil},
		"lossless":                    {riff(lossless), nil},
		"with a canvas":               {riff(extended(1, 1), lossy), nil},
		"with alpha that is not said": {riff(extended(1, 1), raw, lossy), nil},
		"followed by anything":        {riff(lossy, []byte("anything at all")), nil},
		"unknown chunks":              {riff(chunk("ABCD", make([]byte, 5)), lossy), nil},
		"a frame":                     {riff(extended(5, 4), frame(4, 2, 1, 1, lossy), frame(9, 9, 9, 9)), nil},
		"a frame outside":             {riff(extended(4, 4), frame(4, 2, 1, 1, lossy)), DamagedError("its frame of 1x1 lies at 4,2 of 4x4")},
		"a frame of another size":     {riff(extended(5, 4), frame(0, 0, 2, 1, lossy)), DamagedError("its picture is 1x1, its frame 2x1")},
		"a frame of nothing":          {riff(extended(5, 4), frame(0, 0, 2, 1)), DamagedError("its frame has no picture")},
		"half a frame":                {riff(extended(5, 4), chunk("ANMF", make([]byte, 9))), DamagedError("it ends inside its frame")},
		"a frame without canvas":      {riff(frame(0, 0, 1, 1, lossy)), DamagedError("it has a frame and no canvas")},
		"another canvas":              {riff(extended(2, 1), lossless), DamagedError("its picture is 1x1, its frame 2x1")},
		"half a canvas":               {riff(chunk("VP8X", make([]byte, 9))), DamagedError("it ends inside its header")},
		"no picture":                  {riff(extended(2, 1)), DamagedError("it has no picture")},
		"no key frame":                {riff(still), DamagedError("its VP8 stream has no right header")},
		"a version to come":           {riff(version), DamagedError("its VP8L stream has no right header")},
		"a canvas too long":           {riff(extended(70_000, 1), frame(0, 0, 1, 1, lossy)), LimitError("it is 70000x1, limit is 65500 pixels a side")},
		"a canvas too large":          {riff(extended(20_000, 20_000), frame(0, 0, 1, 1, lossy)), LimitError("it is 20000x20000, limit is 300 megapixels")},
		"no alpha in its chunk":       {riff(extended(1, 1), chunk("ALPH", nil), lossy), errEnd},
		"too little alpha":            {riff(extended(1, 1), chunk("ALPH", []byte{0}), lossy), errEnd},
		"alpha of another kind":       {riff(extended(1, 1), chunk("ALPH", []byte{2, 0}), lossy), DamagedError("its alpha has compression 2")},
		"another format":              {[]byte("RIFF\x00\x00\x00\x00WAVE"), DamagedError("it does not start with RIFF and WEBP")},
		"nothing":                     {nil, DamagedError("it does not start with RIFF and WEBP")},
	} {
		if _, _, err := decode(test.file); err != test.want {
			t.Errorf("%s: %v, expected %v", name, err, test.want)
		}
	}
}

// TestCutShort checks that a picture that lacks bytes of its pixels is damaged,
// and one that lacks others is whole.
func TestCutShort(t *testing.T) {
	for _, name := range []string{"lossy-photo", "lossless-photo", "lossless-pal13", "anim-lossy-alpha", "lossy-alpha-raw"} {
		file := source(t, name)
		var d Decoder
		if _, err := d.Open(file); err != nil {
			t.Fatal(err)
		}
		whole := len(file)
		if d.picture.animated {
			whole = bytes.LastIndex(file, []byte("ANMF"))
		}
		for at := 0; at < whole-8; at += 37 {
			if _, _, err := decode(file[:at]); err == nil {
				t.Errorf("%s: whole with %d bytes of %d", name, at, whole)
			} else if _, damaged := err.(DamagedError); !damaged {
				t.Errorf("%s with %d bytes of %d: %v, expected a DamagedError", name, at, whole, err)
			}
		}
	}
	file := source(t, "lossy-metadata")
	if _, _, err := decode(file[:len(file)-10]); err != nil {
		t.Errorf("without the end of its EXIF: %v", err)
	}
}

// TestLargePartition checks that the last partition may have any length.
func TestLargePartition(t *testing.T) {
	lossy := source(t, "lossy-photo")[12+chunkHead:]
	_, want, err := decode(riff(chunk("VP8 ", lossy)))
	if err != nil {
		t.Fatal(err)
	}
	_, got, err := decode(riff(chunk("VP8 ", append(lossy, make([]byte, 16<<20)...))))
	if err != nil || !bytes.Equal(got.Pix, want.Pix) {
		t.Errorf("%v, or other pixels", err)
	}
}

// TestSimpleCode checks that the two symbols of a simple prefix code have their codes
// by their order, not by the stream's, as in libwebp; x/image shows other pixels.
func TestSimpleCode(t *testing.T) {
	stream := []byte("\x2f\x10\x00\x00\x00\x38\x30\xe8\x31\x30\x5a\x30\x30\x31\x30\x30\x30\x30\x30\x30\x30\x30\x30\x00")
	_, m, err := decode(riff(chunk("VP8L", stream)))
	if err != nil {
		t.Fatal(err)
	}
	for x := range 17 {
		want := []uint8{24, 160, 5, 255}
		if x%4 == 0 {
			want[1] = 192
		}
		if got := m.Pix[4*x : 4*x+4]; !bytes.Equal(got, want) {
			t.Errorf("pixel %d is %v, expected %v", x, got, want)
		}
	}
}

// TestMemory checks that decoding takes at most the memory that the header says.
func TestMemory(t *testing.T) {
	var files []string
	for _, pattern := range []string{"testdata/*.webp", "testdata/vp8/*.webp"} {
		some, err := filepath.Glob(pattern)
		if err != nil || len(some) == 0 {
			t.Fatalf("no sources: %v", err)
		}
		files = append(files, some...)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		d := new(Decoder)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		h, err := d.Open(src)
		if err == nil {
			for y := 0; y < h.Height && err == nil; y++ {
				_, err = d.Row(y)
			}
		}
		runtime.ReadMemStats(&after)
		const rounding = 4 << 10 // of sizes, by the allocator
		if taken := int(after.TotalAlloc - before.TotalAlloc); err != nil || taken > h.Memory+rounding {
			t.Errorf("%s: took %d bytes, said %d, %v", file, taken, h.Memory, err)
		}
	}
}

// FuzzDecode looks for what makes the decoder panic, and checks that a row is the
// same whether those before it were asked for or not. x/image is no reference: it
// gives other codes than libwebp to the symbols of a simple prefix code that are not
// in order.
func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob("testdata/*.webp")
	if err != nil || len(files) == 0 {
		f.Fatalf("no sources: %v", err)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		var d Decoder
		h, err := d.Open(file)
		if err != nil || h.Width*h.Height > 1<<16 {
			return
		}
		_, all, err := decode(file)
		y := h.Height / 2
		row, passed := d.Row(y)
		if passed == nil {
			if err == nil && !bytes.Equal(row.Bytes, all.Pix[y*all.Stride:(y+1)*all.Stride]) {
				t.Fatalf("row %d is another where those before it were not asked for", y)
			}
			passed = d.Finish()
		}
		if passed != err {
			t.Fatalf("%v with all rows, %v without", err, passed)
		}
		if h.Planar && err == nil {
			if _, err := d.Open(file); err != nil {
				t.Fatal(err)
			}
			if planes, err := d.Planes(); err != nil || len(planes) != 3 {
				t.Fatalf("%d planes, %v", len(planes), err)
			}
		}
	})
}

var _ plane.Rows = (*Decoder)(nil)
