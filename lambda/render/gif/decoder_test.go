package gif

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"testing"

	"prew/lambda/render/plane"
	"prew/lambda/render/plane/planetest"
)

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

// The colours of the files below, and how a picture is drawn: a letter a pixel, '.'
// for a transparent one.
var letters = map[color.NRGBA]byte{
	{}: '.', {A: 0xff}: 'k', {0xff, 0, 0, 0xff}: 'r', {0, 0xff, 0, 0xff}: 'g', {0xff, 0xff, 0xff, 0xff}: 'w',
}

func drawn(m *image.NRGBA) string {
	var b []byte
	for y := range m.Rect.Dy() {
		if y > 0 {
			b = append(b, '/')
		}
		for x := range m.Rect.Dx() {
			letter, ok := letters[m.NRGBAAt(x, y)]
			if !ok {
				letter = '?'
			}
			b = append(b, letter)
		}
	}
	return string(b)
}

// file makes a GIF: its screen, a global table of black, red, green and white if
// there is one, and what follows.
func file(width, height byte, table bool, parts ...[]byte) []byte {
	b := []byte{'G', 'I', 'F', '8', '9', 'a', width, 0, height, 0, 0, 0, 0}
	if table {
		b[10] = 0x81
		b = append(b, 0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0xff, 0xff, 0xff)
	}
	return append(b, bytes.Join(parts, nil)...)
}

// descriptor is what stands before coded data: the place, the size and flags.
func descriptor(left, top, width, height, flags byte) []byte {
	return []byte{0x2c, left, 0, top, 0, width, 0, height, 0, flags}
}

// plain codes indices of two bits without compression: a clear code after every
// two, so that all codes have three bits.
func plain(end bool, indices ...byte) []byte {
	var codes []byte
	for i, index := range indices {
		if i%2 == 0 {
			codes = append(codes, 4)
		}
		codes = append(codes, index)
	}
	if end {
		codes = append(codes, 5)
	}
	out := []byte{2, byte((3*len(codes) + 7) / 8)}
	bits, count := 0, 0
	for _, code := range codes {
		bits |= int(code) << count
		for count += 3; count >= 8; count -= 8 {
			out = append(out, byte(bits))
			bits >>= 8
		}
	}
	if count > 0 {
		out = append(out, byte(bits))
	}
	return append(out, 0)
}

var (
	trailer = []byte{0x3b}
	control = []byte{0x21, 0xf9, 4, 1, 0, 0, 2, 0} // index 2 is transparent
	comment = []byte{0x21, 0xfe, 2, 'h', 'i', 1, '!', 0}
)

func TestPictures(t *testing.T) {
	for name, test := range map[string]struct {
		file   []byte
		want   string
		opaque bool
		err    error
	}{
		"a picture": {file(2, 2, true, descriptor(0, 0, 2, 2, 0), plain(true, 0, 1, 2, 3), trailer), "kr/gw", true, nil},
		"transparent": {file(2, 2, true, comment, control, comment, descriptor(0, 0, 2, 2, 0), plain(true, 0, 1, 2, 3), trailer),
			"kr/.w", false, nil},
		"without a trailer":        {file(2, 2, true, descriptor(0, 0, 2, 2, 0), plain(true, 0, 1, 2, 3)), "kr/gw", true, nil},
		"without an end code":      {file(2, 2, true, descriptor(0, 0, 2, 2, 0), plain(false, 0, 1, 2, 3), trailer), "kr/gw", true, nil},
		"without the last block":   {file(2, 2, true, descriptor(0, 0, 2, 2, 0), bytes.TrimSuffix(plain(false, 0, 1, 2, 3), []byte{0})), "kr/gw", true, nil},
		"with too many pixels":     {file(2, 2, true, descriptor(0, 0, 2, 2, 0), plain(true, 0, 1, 2, 3, 1, 1), trailer), "kr/gw", true, nil},
		"followed by anything":     {file(2, 2, true, descriptor(0, 0, 2, 2, 0), plain(true, 0, 1, 2, 3), []byte("anything")), "kr/gw", true, nil},
		"inside its screen":        {file(4, 3, true, descriptor(1, 1, 2, 1, 0), plain(true, 0, 1), trailer), "..../.kr./....", false, nil},
		"a row larger":             {file(2, 2, true, descriptor(0, 0, 2, 3, 0), plain(true, 0, 1, 2, 3, 1, 1), trailer), "kr/gw", true, nil},
		"a row larger and missing": {file(2, 2, true, descriptor(0, 0, 2, 3, 0), plain(true, 0, 1, 2, 3), trailer), "kr/gw", true, nil},
		"a column larger":          {file(1, 2, true, descriptor(0, 0, 2, 2, 0), plain(true, 0, 1, 2, 3), trailer), "k/g", true, nil},
		"partly outside":           {file(2, 2, true, descriptor(1, 1, 2, 2, 0), plain(true, 0, 1, 2, 3), trailer), "../.k", false, nil},
		"outside":                  {file(2, 2, true, descriptor(9, 9, 2, 2, 0), plain(true, 0, 1, 2, 3), trailer), "../..", false, nil},
		"a screen of 0x0":          {file(0, 0, true, descriptor(3, 3, 2, 2, 0), plain(true, 0, 1, 2, 3), trailer), "kr/gw", true, nil},
		"a picture of 0x0":         {file(2, 2, true, descriptor(0, 0, 0, 0, 0), plain(true, 0, 1, 2, 3), trailer), "kr/gw", true, nil},
		"no colours":               {file(2, 2, false, descriptor(0, 0, 2, 2, 0), plain(true, 0, 1, 2, 3), trailer), "kw/kk", true, nil},
		"colours of its own": {file(2, 2, true, descriptor(0, 0, 2, 2, 0x80), []byte{0, 0, 0, 0xff, 0xff, 0xff}, plain(true, 0, 1, 1, 0), trailer),
			"kw/wk", false, nil},
		"beyond its colours": {file(2, 2, true, descriptor(0, 0, 2, 2, 0x80), []byte{0, 0, 0, 0xff, 0xff, 0xff}, plain(true, 0, 1, 2, 3), trailer),
			"kw/..", false, nil},
		"interlaced":         {file(1, 6, true, descriptor(0, 0, 1, 6, 0x40), plain(true, 0, 1, 2, 3, 0, 1), trailer), "k/w/g/k/r/r", true, nil},
		"interlaced and cut": {file(1, 5, true, descriptor(0, 0, 1, 6, 0x40), plain(true, 0, 1, 2, 3, 0), trailer), "k/w/g/k/r", true, nil},
		"a pixel short": {file(2, 2, true, descriptor(0, 0, 2, 2, 0), plain(true, 0, 1, 2), trailer),
			"", false, DamagedError("its pixels end in stored row 1 of 2")},
		"interlaced and short": {file(1, 6, true, descriptor(0, 0, 1, 6, 0x40), plain(true, 0, 1, 2, 3, 0), trailer),
			"", false, DamagedError("its pixels end in stored row 5 of 6")},
		"an unknown code": {file(2, 2, true, descriptor(0, 0, 2, 2, 0), []byte{2, 1, 4 | 7<<3, 0}, trailer),
			"", false, DamagedError("its pixels end in stored row 0 of 2")},
		"a code defined by nothing": {file(2, 2, true, descriptor(0, 0, 2, 2, 0), []byte{2, 1, 4 | 6<<3, 0}, trailer),
			"", false, DamagedError("its pixels end in stored row 0 of 2")},
		"no pixels":           {file(2, 2, true, descriptor(0, 0, 2, 2, 0)), "", false, DamagedError("it ends before its pixels")},
		"no picture":          {file(2, 2, true, trailer, trailer), "", false, DamagedError("it has no picture")},
		"an endless comment":  {file(2, 2, true, []byte{0x21, 0xfe, 9, 1}), "", false, DamagedError("it ends before its picture")},
		"a strange block":     {file(2, 2, true, []byte("ab")), "", false, DamagedError("a block of type 0x61 comes before its picture")},
		"indices of 9 bits":   {file(2, 2, true, descriptor(0, 0, 2, 2, 0), []byte{9, 0}), "", false, DamagedError("its indices have 9 bits")},
		"0x0 throughout":      {file(0, 0, true, descriptor(0, 0, 0, 0, 0), plain(true)), "", false, DamagedError("it is 0x0")},
		"half its colours":    {file(2, 2, true)[:20], "", false, DamagedError("it ends inside its colours")},
		"half its header":     {[]byte("GIF89a"), "", false, DamagedError("it ends inside its header")},
		"another format":      {[]byte("GIF88a"), "", false, DamagedError("it does not start with GIF87a or GIF89a")},
		"larger than a limit": {[]byte("GIF89a\xff\xff\xff\xff\x00\x00\x00\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02"), "", false, LimitError("it is 65535x65535, limit is 65500 pixels a side")},
		"a picture larger than a limit": {file(2, 2, true, []byte("\x2c\x00\x00\x00\x00\x00\x80\x00\x80\x00\x02")), "", false,
			LimitError("it is 32768x32768, limit is 300 megapixels")},
	} {
		h, got, err := decode(test.file)
		if err != test.err {
			t.Errorf("%s: %v, expected %v", name, err, test.err)
		}
		if err != nil {
			continue
		}
		if drawn(got) != test.want || h.Opaque != test.opaque {
			t.Errorf("%s: %s, opaque %v, expected %s, %v", name, drawn(got), h.Opaque, test.want, test.opaque)
		}
	}
}

// large is a picture of 300x200 that image/gif wrote, with codes of every width and
// a table that fills up.
func large(t testing.TB, grey bool) []byte {
	m := image.NewPaletted(image.Rect(0, 0, 300, 200), nil)
	for i := range 256 {
		c := color.NRGBA{uint8(i), uint8(i), uint8(i), 0xff}
		if !grey {
			c.G, c.B = uint8(7*i), uint8(255-i)
		}
		m.Palette = append(m.Palette, c)
	}
	state := uint32(1)
	for i := range m.Pix {
		if i < 50*300 { // long strings, and then noise
			m.Pix[i] = uint8(i / 5000)
			continue
		}
		state = state*1664525 + 1013904223
		m.Pix[i] = uint8(state>>24) & uint8(state>>16)
	}
	var b bytes.Buffer
	if err := gif.Encode(&b, m, &gif.Options{NumColors: 256}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestLarge holds pictures to what image/gif makes of them, and checks that one
// that is not interlaced takes three rows, whatever its height.
func TestLarge(t *testing.T) {
	for _, test := range []struct {
		grey   bool
		form   plane.Form
		memory int
	}{{true, plane.Grey, 900}, {false, plane.RGBA, 2700}} {
		file := large(t, test.grey)
		h, got, err := decode(file)
		if err != nil || h.Form != test.form || h.Memory != test.memory || !h.Opaque {
			t.Fatalf("%+v, %v, expected form %v and %d bytes", h, err, test.form, test.memory)
		}
		want := reference(t, file)
		if !bytes.Equal(got.Pix, want.Pix) {
			t.Errorf("form %v: other pixels than image/gif's", test.form)
		}
	}
}

// TestRowsPassedOver checks that rows may be left out.
func TestRowsPassedOver(t *testing.T) {
	file := large(t, true)
	want := reference(t, file)
	var d Decoder
	if _, err := d.Open(file); err != nil {
		t.Fatal(err)
	}
	for _, y := range []int{3, 4, 70, 150} {
		row, err := d.Row(y)
		if err != nil || row.Bytes[9] != want.Pix[want.PixOffset(9, y)] {
			t.Errorf("row %d: %v, or another row", y, err)
		}
	}
	if err := d.Finish(); err != nil {
		t.Error(err)
	}
	if _, err := d.Open(file[:len(file)-200]); err != nil {
		t.Fatal(err)
	}
	if err := d.Finish(); err != DamagedError("its pixels end in stored row 199 of 200") {
		t.Errorf("cut short: %v", err)
	}
}

func reference(t testing.TB, file []byte) *image.NRGBA {
	m, err := gif.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	config, err := gif.DecodeConfig(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	want := image.NewNRGBA(image.Rect(0, 0, config.Width, config.Height))
	draw.Draw(want, m.Bounds(), m, m.Bounds().Min, draw.Src)
	return want
}

// FuzzDecode holds pictures to image/gif's, where it takes them, and looks for what
// makes the decoder panic or take more than it says.
func FuzzDecode(f *testing.F) {
	f.Add(large(f, true))
	f.Add(large(f, false))
	f.Add(file(2, 2, true, comment, control, descriptor(0, 0, 2, 2, 0), plain(true, 0, 1, 2, 3), trailer))
	f.Add(file(1, 6, true, descriptor(0, 0, 1, 6, 0x40), plain(true, 0, 1, 2, 3, 0, 1), trailer))
	f.Add(file(4, 3, true, descriptor(1, 1, 2, 1, 0), plain(true, 0, 1), trailer))
	f.Fuzz(func(t *testing.T, file []byte) {
		var d Decoder
		h, err := d.Open(file)
		if err != nil || h.Width*h.Height > 1<<18 || d.picture.frameWidth*d.picture.frameHeight > 1<<18 {
			return
		}
		_, got, err := decode(file)
		for y := range h.Height {
			if _, err := d.Row(y); err != nil {
				break
			}
		}
		if finished := d.Finish(); finished != err {
			t.Fatalf("%v once and %v then", err, finished)
		}
		if taken := cap(d.rows[0]) + cap(d.rows[1]) + cap(d.indices); taken > h.Memory {
			t.Fatalf("took %d bytes, said %d", taken, h.Memory)
		}
		m, theirs := gif.Decode(bytes.NewReader(file))
		if theirs != nil || m.Bounds().Empty() {
			return
		}
		if err != nil {
			t.Fatalf("image/gif takes what is refused: %v", err)
		}
		if want := reference(t, file); !bytes.Equal(got.Pix, want.Pix) {
			t.Fatal("other pixels than image/gif's")
		}
	})
}

var _ plane.Rows = (*Decoder)(nil)
