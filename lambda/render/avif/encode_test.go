package avif

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"prew/lambda/render/heif"
	"prew/lambda/render/plane"
	"prew/lambda/render/plane/planetest"
)

// landscapes are planes with slopes, edges, texture and flat parts, of which chroma may have half
// the size.
func landscapes(width, height, n int, halved bool) []plane.Plane {
	planes := emptyPlanes(width, height, n, halved)
	for i, p := range planes {
		for y := range p.Height {
			for x := range p.Width {
				hills := 40 * math.Sin(float64(x)/9) * math.Cos(float64(y)/7+float64(i))
				v := 120 + hills
				switch {
				case i > 0:
					v = 128 + hills/2
				case x/13%3 == 1:
					v += float64((x*7919+y*104729+x*y*31)%97) - 48
				case y/11%4 == 2:
					v = 200
				}
				p.Row(y)[x] = uint8(min(max(v, 0), 255))
			}
		}
	}
	return planes
}

// emptyPlanes are n planes, of which chroma may have half the size.
func emptyPlanes(width, height, n int, halved bool) (planes []plane.Plane) {
	for i := range n {
		w, h := width, height
		if i > 0 && halved {
			w, h = (w+1)/2, (h+1)/2
		}
		planes = append(planes, plane.Plane{Pix: make([]uint8, w*h), Stride: w, Width: w, Height: h})
	}
	return planes
}

// TestBoxes holds a file with alpha and a profile to its bytes, box by box.
func TestBoxes(t *testing.T) {
	f := file{width: 300, height: 200, icc: []byte("a profile"), items: []item{
		{channels: 3, config: [4]byte{0x81, 0x20, 0, 0}, sequence: []byte("sequence"), frame: []byte("frame")},
		{channels: 1, config: [4]byte{0x81, 0, 0x1c, 0}, sequence: []byte("of alpha"), frame: []byte("its frame")},
	}}
	boxes := []string{
		"\x00\x00\x00\x1cftyp", "avif\x00\x00\x00\x00", "avif", "mif1", "miaf",
		"\x00\x00\x01\x92meta\x00\x00\x00\x00",
		"\x00\x00\x00\x21hdlr\x00\x00\x00\x00", "\x00\x00\x00\x00pict", strings.Repeat("\x00", 12), "\x00",
		"\x00\x00\x00\x0epitm\x00\x00\x00\x00", "\x00\x01",
		"\x00\x00\x00\x2ciloc\x00\x00\x00\x00", "\x44\x00", "\x00\x02",
		"\x00\x01\x00\x00\x00\x01\x00\x00\x01\xb6\x00\x00\x00\x0d",
		"\x00\x02\x00\x00\x00\x01\x00\x00\x01\xc3\x00\x00\x00\x11",
		"\x00\x00\x00\x38iinf\x00\x00\x00\x00", "\x00\x02",
		"\x00\x00\x00\x15infe\x02\x00\x00\x00", "\x00\x01", "\x00\x00", "av01", "\x00",
		"\x00\x00\x00\x15infe\x02\x00\x00\x00", "\x00\x02", "\x00\x00", "av01", "\x00",
		"\x00\x00\x00\x1airef\x00\x00\x00\x00",
		"\x00\x00\x00\x0eauxl", "\x00\x02", "\x00\x01", "\x00\x01",
		"\x00\x00\x00\xd9iprp",
		"\x00\x00\x00\xb2ipco",
		"\x00\x00\x00\x14ispe\x00\x00\x00\x00", "\x00\x00\x01\x2c", "\x00\x00\x00\xc8",
		"\x00\x00\x00\x10pixi\x00\x00\x00\x00", "\x03\x08\x08\x08",
		"\x00\x00\x00\x0cav1C", "\x81\x20\x00\x00",
		"\x00\x00\x00\x13colr", "nclx", "\x00\x01", "\x00\x0d", "\x00\x06", "\x80",
		"\x00\x00\x00\x15colr", "prof", "a profile",
		"\x00\x00\x00\x0epixi\x00\x00\x00\x00", "\x01\x08",
		"\x00\x00\x00\x0cav1C", "\x81\x00\x1c\x00",
		"\x00\x00\x00\x38auxC\x00\x00\x00\x00", "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\x00",
		"\x00\x00\x00\x1fipma\x00\x00\x00\x00", "\x00\x00\x00\x02",
		"\x00\x01", "\x05", "\x01\x02\x83\x04\x05",
		"\x00\x02", "\x04", "\x01\x06\x87\x88",
		"\x00\x00\x00\x26mdat", "sequence", "frame", "of alpha", "its frame",
	}
	if got, want := string(f.bytes()), strings.Join(boxes, ""); got != want {
		t.Errorf("the file is\n%q\nwant\n%q", got, want)
	}
}

// TestOverhead: nothing but the OBUs takes more than these bytes of a file.
func TestOverhead(t *testing.T) {
	for _, test := range []struct {
		name  string
		n     int
		alpha bool
		most  int
	}{
		{"colours", 3, false, 266}, {"grey", 1, false, 264}, {"colours with alpha", 3, true, 416}, {"grey with alpha", 1, true, 388},
	} {
		var e Encoder
		planes := landscapes(64, 48, test.n, true)
		o := EncodeOptions{Quality: 80}
		coded := e.item(planes, quantiserOf(80), Balanced).size()
		if test.alpha {
			o.Alpha = planes[0]
			coded += e.item(planes[:1], alphaQuantiser(quantiserOf(80)), Balanced).size()
		}
		if got := len(e.Encode(planes, o)) - coded; got != test.most {
			t.Errorf("%s: boxes have %d bytes, want %d", test.name, got, test.most)
		}
	}
}

// dav1d decodes the OBUs of an item to planes like those that were encoded, or skips the test.
func dav1d(t testing.TB, it item, like []plane.Plane) []plane.Plane {
	t.Helper()
	needs(t, "dav1d")
	dir := t.TempDir()
	in, out := filepath.Join(dir, "a.obu"), filepath.Join(dir, "a.yuv")
	const delimiter = "\x12\x00" // of temporal units, with which a stream begins that is not in boxes
	if err := os.WriteFile(in, bytes.Join([][]byte{[]byte(delimiter), it.sequence, it.frame}, nil), 0o644); err != nil {
		t.Fatal(err)
	}
	if said, err := exec.Command("dav1d", "--quiet", "-i", in, "-o", out).CombinedOutput(); err != nil {
		t.Fatalf("dav1d: %v\n%s", err, said)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return cut(t, data, like)
}

// needs skips a test where a program is missing.
func needs(t testing.TB, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skipf("there is no %s", program)
	}
}

// cut makes planes of samples that lie behind one another.
func cut(t testing.TB, data []byte, like []plane.Plane) (planes []plane.Plane) {
	t.Helper()
	for _, p := range like {
		n := p.Width * p.Height
		if len(data) < n {
			t.Fatalf("%d samples are missing", n-len(data))
		}
		planes = append(planes, plane.Plane{Pix: data[:n:n], Stride: p.Width, Width: p.Width, Height: p.Height})
		data = data[n:]
	}
	if len(data) > 0 {
		t.Fatalf("%d samples too many", len(data))
	}
	return planes
}

// avifdec decodes a file to planes like those that were encoded, and where it is not opaque to
// pixels with alpha.
func avifdec(t testing.TB, data []byte, like []plane.Plane, opaque bool) (planes []plane.Plane, alpha *image.NRGBA) {
	t.Helper()
	needs(t, "avifdec")
	dir := t.TempDir()
	in := filepath.Join(dir, "a.avif")
	if err := os.WriteFile(in, data, 0o644); err != nil {
		t.Fatal(err)
	}
	decode := func(name string) []byte {
		out := filepath.Join(dir, name)
		if said, err := exec.Command("avifdec", in, out).CombinedOutput(); err != nil {
			t.Fatalf("avifdec: %v\n%s", err, said)
		}
		decoded, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		return decoded
	}
	_, samples, _ := bytes.Cut(decode("a.y4m"), []byte("FRAME\n"))
	n := 0
	for _, p := range like {
		n += p.Width * p.Height
	}
	planes = cut(t, samples[:min(n, len(samples))], like) // behind 4:4:4 there may be alpha
	if opaque {
		return planes, nil
	}
	m, err := png.Decode(bytes.NewReader(decode("a.png")))
	if err != nil {
		t.Fatal(err)
	}
	alpha, _ = m.(*image.NRGBA)
	return planes, alpha
}

// same compares planes.
func same(a, b []plane.Plane) error {
	for i, p := range a {
		for y := range p.Height {
			if !bytes.Equal(p.Row(y), b[i].Row(y)) {
				return fmt.Errorf("row %d of plane %d is %d, want %d", y, i, p.Row(y), b[i].Row(y))
			}
		}
	}
	return nil
}

// TestReadersMakeTheSame holds what libavif and this project's decoder make of files to
// what dav1d makes of the OBUs alone, which package av1 holds to what it says itself.
func TestReadersMakeTheSame(t *testing.T) {
	needs(t, "dav1d")
	kinds := []struct {
		name   string
		n      int
		halved bool
	}{{"grey", 1, false}, {"4:2:0", 3, true}, {"4:4:4", 3, false}}
	sizes := [][2]int{{1, 1}, {2, 2}, {3, 3}, {4, 5}, {7, 9}, {8, 8}, {15, 17}, {16, 33}, {31, 32}, {34, 16}, {63, 64}, {64, 64}, {65, 63},
		{66, 67}, {67, 67}, {1, 67}, {67, 1}, {2, 65}, {64, 3}, {130, 70}}
	var e Encoder
	var d heif.Decoder
	for i, size := range sizes {
		for j, kind := range kinds {
			planes := landscapes(size[0], size[1], kind.n, kind.halved)
			o := EncodeOptions{Quality: 40 + 5*j + i}
			opaque := (i+j)%2 == 0
			if !opaque {
				o.Alpha = landscapes(size[0], size[1], 1, false)[0]
			}
			t.Run(fmt.Sprintf("%s %dx%d opaque %v", kind.name, size[0], size[1], opaque), func(t *testing.T) {
				data := e.Encode(planes, o)
				want := dav1d(t, e.item(planes, quantiserOf(o.Quality), o.Effort), planes)
				var alpha []plane.Plane
				if !opaque {
					alpha = dav1d(t, e.item([]plane.Plane{o.Alpha}, alphaQuantiser(quantiserOf(o.Quality)), o.Effort), []plane.Plane{o.Alpha})
				}
				if err := heifDiffers(&d, data, want, alpha); err != nil {
					t.Errorf("in package heif %v", err)
				}
				t.Run("libavif", func(t *testing.T) {
					got, pixels := avifdec(t, data, planes, opaque)
					if err := same(got, want); err != nil {
						t.Error(err)
					}
					if opaque {
						return
					}
					if pixels == nil {
						t.Fatal("there is no alpha")
					}
					for y := range size[1] {
						for x, v := range alpha[0].Row(y) {
							if got := pixels.NRGBAAt(x, y).A; got != v {
								t.Fatalf("alpha %d,%d is %d, want %d", x, y, got, v)
							}
						}
					}
				})
			})
		}
	}
}

// heifDiffers says what package heif makes of a file that is other than the planes and the alpha,
// which is nil where it is opaque. Colours are rounded another way, once.
func heifDiffers(d *heif.Decoder, data []byte, planes, alpha []plane.Plane) error {
	h, err := d.Open(data)
	if err != nil {
		return err
	}
	width, height := planes[0].Width, planes[0].Height
	if h.Width != width || h.Height != height || h.Opaque != (alpha == nil) || h.Primaries != 1 || h.Transfer != 13 || h.ICC != nil {
		return fmt.Errorf("it is %+v", h)
	}
	m, err := planetest.Picture(d, h.Form, width, height)
	if err != nil {
		return err
	}
	colours, tolerance := greysOf(planes[0]), 0.0
	if len(planes) > 1 {
		colours, tolerance = coloursOf(planes, true), 1
	}
	for y := range height {
		for x := range width {
			got := m.NRGBAAt(x, y)
			want := colours[3*(y*width+x):]
			for i, v := range []uint8{got.R, got.G, got.B} {
				if math.Abs(float64(v)-want[i]) > tolerance {
					return fmt.Errorf("colour %d of %d,%d is %d, want %.1f", i, x, y, v, want[i])
				}
			}
			opacity := uint8(255)
			if alpha != nil {
				opacity = alpha[0].Row(y)[x]
			}
			if got.A != opacity {
				return fmt.Errorf("alpha of %d,%d is %d, want %d", x, y, got.A, opacity)
			}
		}
	}
	return d.Finish()
}

// greysOf are the colours that luma alone makes.
func greysOf(luma plane.Plane) (rgb []float64) {
	for y := range luma.Height {
		for _, v := range luma.Row(y) {
			rgb = append(rgb, float64(v), float64(v), float64(v))
		}
	}
	return rgb
}

// TestProfile: a profile is there, and the file says what its luma and chroma are all the same.
func TestProfile(t *testing.T) {
	data := new(Encoder).Encode(landscapes(40, 30, 3, true), EncodeOptions{Quality: 60, ICC: []byte("a profile")})
	var d heif.Decoder
	h, err := d.Open(data)
	if err != nil {
		t.Fatal(err)
	}
	if string(h.ICC) != "a profile" || h.Primaries != 1 || h.Transfer != 13 {
		t.Errorf("the profile is %q, primaries %d, transfer %d", h.ICC, h.Primaries, h.Transfer)
	}
	if len(data) == 0 || !bytes.Contains(data, []byte("nclx\x00\x01\x00\x0d\x00\x06\x80")) {
		t.Error("the matrix is not said")
	}
}

// TestEncodeKeepsNothing: a picture has the same bytes whatever was encoded before, and they stay.
func TestEncodeKeepsNothing(t *testing.T) {
	var e Encoder
	planes, o := landscapes(70, 50, 3, true), EncodeOptions{Quality: 70}
	first := e.Encode(planes, o)
	kept := bytes.Clone(first)
	e.Encode(landscapes(90, 33, 1, false), EncodeOptions{Quality: 20, Alpha: landscapes(90, 33, 1, false)[0]})
	again := e.Encode(planes, o)
	if !bytes.Equal(first, kept) || !bytes.Equal(again, kept) || !bytes.Equal(new(Encoder).Encode(planes, o), kept) {
		t.Error("other bytes")
	}
}

// TestEffortsDiffer: each effort has bytes of its own.
func TestEffortsDiffer(t *testing.T) {
	planes := landscapes(200, 150, 3, true)
	var e Encoder
	size := func(effort Effort) int { return len(e.Encode(planes, EncodeOptions{Quality: 70, Effort: effort})) }
	if fast, balanced, small := size(Fast), size(Balanced), size(Small); fast == balanced || balanced == small || fast == small {
		t.Errorf("fast has %d bytes, balanced %d, small %d", fast, balanced, small)
	}
}

// TestStridesDoNotCount: samples between rows are not looked at.
func TestStridesDoNotCount(t *testing.T) {
	planes, o := landscapes(37, 21, 3, true), EncodeOptions{Quality: 70}
	want := new(Encoder).Encode(planes, o)
	for i, p := range planes {
		wide := plane.Plane{Pix: bytes.Repeat([]byte{255}, (p.Height-1)*(p.Width+9)+p.Width), Stride: p.Width + 9, Width: p.Width, Height: p.Height}
		for y := range p.Height {
			copy(wide.Row(y), p.Row(y))
		}
		planes[i] = wide
	}
	if !bytes.Equal(new(Encoder).Encode(planes, o), want) {
		t.Error("other bytes")
	}
}

// TestEncodedLooksRight holds pictures to what was encoded: better with each quality, and near from
// the start.
func TestEncodedLooksRight(t *testing.T) {
	needs(t, "dav1d")
	planes := landscapes(160, 120, 3, true)
	before, bytesBefore := 0.0, 0
	for _, quality := range []int{5, 30, 60, 80, 95} {
		var e Encoder
		it := e.item(planes, quantiserOf(quality), Balanced)
		sum, n := 0.0, 0
		for i, p := range dav1d(t, it, planes) {
			for j, v := range p.Pix {
				d := float64(v) - float64(planes[i].Pix[j])
				sum, n = sum+d*d, n+1
			}
		}
		psnr := 10 * math.Log10(255*255*float64(n)/sum)
		t.Logf("quality %d: %d bytes, %.2f dB", quality, it.size(), psnr)
		if psnr < 22 || psnr <= before || it.size() <= bytesBefore {
			t.Errorf("quality %d: %d bytes with %.2f dB, at a lower one %d with %.2f", quality, it.size(), psnr, bytesBefore, before)
		}
		before, bytesBefore = psnr, it.size()
	}
}

// TestEncodeRefusesWhatIsNoPicture: such planes are the caller's mistake.
func TestEncodeRefusesWhatIsNoPicture(t *testing.T) {
	whole := landscapes(16, 16, 3, true)
	good := EncodeOptions{Quality: 80}
	for name, call := range map[string]func(e *Encoder){
		"no planes":  func(e *Encoder) { e.Encode(nil, good) },
		"two planes": func(e *Encoder) { e.Encode(whole[:2], good) },
		"4:2:2":      func(e *Encoder) { e.Encode(append(whole[:1:1], emptyPlanes(8, 16, 2, false)...), good) },
		"mixed":      func(e *Encoder) { e.Encode([]plane.Plane{whole[0], whole[0], whole[1]}, good) },
		"short": func(e *Encoder) {
			e.Encode([]plane.Plane{{Pix: make([]byte, 5), Stride: 4, Width: 4, Height: 2}}, good)
		},
		"narrow": func(e *Encoder) {
			e.Encode([]plane.Plane{{Pix: make([]byte, 8), Stride: 3, Width: 4, Height: 2}}, good)
		},
		"overflow": func(e *Encoder) {
			e.Encode([]plane.Plane{{Pix: make([]byte, 8), Stride: math.MaxInt, Width: 4, Height: 3}}, good)
		},
		"too wide":    func(e *Encoder) { e.Encode(emptyPlanes(MaxSide+1, 1, 1, false), good) },
		"too high":    func(e *Encoder) { e.Encode(emptyPlanes(1, MaxSide+1, 1, false), good) },
		"empty":       func(e *Encoder) { e.Encode([]plane.Plane{{}}, good) },
		"other alpha": func(e *Encoder) { e.Encode(whole, EncodeOptions{Quality: 80, Alpha: whole[1]}) },
		"short alpha": func(e *Encoder) {
			e.Encode(whole, EncodeOptions{Quality: 80, Alpha: plane.Plane{Pix: []byte{1}, Stride: 16, Width: 16, Height: 16}})
		},
		"no quality":   func(e *Encoder) { e.Encode(whole, EncodeOptions{}) },
		"over quality": func(e *Encoder) { e.Encode(whole, EncodeOptions{Quality: 101}) },
		"no effort":    func(e *Encoder) { e.Encode(whole, EncodeOptions{Quality: 80, Effort: 3}) },
	} {
		if said := refused(func() { call(new(Encoder)) }); !strings.HasPrefix(said, "avif: ") {
			t.Errorf("%s: said %q", name, said)
		}
	}
}

// refused is what a call panics with, or empty.
func refused(call func()) (said string) {
	defer func() {
		if v := recover(); v != nil {
			said = fmt.Sprint(v)
		}
	}()
	call()
	return ""
}

// FuzzEncode encodes any samples of any sizes, strides and options: what is a picture is one that
// package heif decodes, of the same size, and the rest is refused by this package's checks.
func FuzzEncode(f *testing.F) {
	f.Add([]byte("\x20\x18\x20\x20\x18\x20\x00\x50\x00 a few samples, which are repeated"))
	f.Add([]byte("\x01\x01\x01\x01\x01\x01\x01\x01\x10\x80"))
	f.Add([]byte("\x43\x31\x43\x22\x19\x22\x02\x64\x21\xff\x00\x00\xff\xff\x01"))
	f.Add([]byte("\x43\x31\x42\x22\x19\x22\x02\x64\x21\xff\x00\x00\xff\xff\x01"))
	f.Add([]byte("\x28\x21\x28\x14\x11\x14\x02\x27\x0b\x07\xf0\x80"))
	var d heif.Decoder
	decoded := func(file []byte) (heif.Header, error) {
		h, err := d.Open(file)
		if err == nil {
			_, err = planetest.Picture(&d, h.Form, h.Width, h.Height)
		}
		return h, err
	}
	// The decoder's program is compiled here, so that no input waits for it.
	if _, err := decoded(new(Encoder).Encode(landscapes(8, 8, 1, false), EncodeOptions{Quality: 50})); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		const head = 9
		if len(data) <= head {
			t.Skip()
		}
		samples := data[head:]
		flags := data[8]
		side := 1 + int(flags>>4) // samples that are alike, as in drawings
		hostile := func(at int) plane.Plane {
			p := plane.Plane{Width: int(data[at]) % 80, Height: int(data[at+1]) % 80, Stride: int(int8(data[at+2]))}
			n := p.Stride*(p.Height-1) + p.Width
			if flags&4 != 0 {
				n -= int(samples[0])
			}
			p.Pix = make([]uint8, max(n, 0))
			for i := range p.Pix {
				p.Pix[i] = samples[(i/side+at)%len(samples)]
			}
			return p
		}
		planes := []plane.Plane{hostile(0)}
		if flags&1 != 0 {
			planes = append(planes, hostile(3), hostile(3))
		}
		o := EncodeOptions{Quality: int(data[7]), Effort: Effort(data[6] % 4)}
		if flags&2 != 0 {
			o.Alpha = hostile(0)
		}
		if flags&8 != 0 {
			o.ICC = samples
		}
		var file []byte
		if said := refused(func() { file = new(Encoder).Encode(planes, o) }); said != "" {
			if !strings.HasPrefix(said, "avif: ") {
				t.Fatalf("a panic: %s", said)
			}
			return
		}
		h, err := decoded(file)
		if err != nil {
			t.Fatal(err)
		}
		if h.Width != planes[0].Width || h.Height != planes[0].Height || h.Opaque != (flags&2 == 0) || !bytes.Equal(h.ICC, o.ICC) {
			t.Fatalf("it is %+v, alpha %v", h, flags&2 != 0)
		}
		if at := bytes.Index(file, []byte("mdat")) - 4; int(binary.BigEndian.Uint32(file[at:])) != len(file)-at {
			t.Error("the pictures do not end where the file does")
		}
	})
}

// TestShownIsWhatIsDecodedButForFilters: of every kind of planes, at the edges too.
func TestShownIsWhatIsDecodedButForFilters(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {64, 64}, {67, 35}, {130, 97}} {
		for _, kind := range []struct {
			n      int
			halved bool
		}{{1, false}, {3, true}, {3, false}} {
			for _, quality := range []int{30, 80, 97} {
				var e, shows Encoder
				planes := landscapes(size[0], size[1], kind.n, kind.halved)
				want := dav1d(t, e.item(planes, quantiserOf(quality), Fast), planes)
				got := shows.Shown(planes, quality)
				if len(got) != len(want) {
					t.Fatalf("there are %d planes, want %d", len(got), len(want))
				}
				for i, p := range got {
					if p.Width != want[i].Width || p.Height != want[i].Height {
						t.Fatalf("plane %d is %dx%d, want %dx%d", i, p.Width, p.Height, want[i].Width, want[i].Height)
					}
					sum := 0
					for y := range p.Height {
						for x, v := range p.Row(y) {
							sum += max(int(v), int(want[i].Row(y)[x])) - min(int(v), int(want[i].Row(y)[x]))
						}
					}
					if mean := float64(sum) / float64(p.Width*p.Height); mean > 4 {
						t.Errorf("%v, %+v, quality %d: plane %d differs by %.2f in the mean", size, kind, quality, i, mean)
					}
				}
			}
		}
	}
}
