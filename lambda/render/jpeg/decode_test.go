package jpeg

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"prew/lambda/render/plane"
)

// source is a small picture that libjpeg-turbo's cjpeg wrote.
func source(t testing.TB, name string) []byte {
	t.Helper()
	src, err := os.ReadFile(filepath.Join("testdata", "sources", name+".jpg"))
	if err != nil {
		t.Fatal(err)
	}
	return src
}

func scales(m int) [4]int { return [4]int{m, m, m, m} }

func decode(d *Decoder, r io.Reader, o Options) ([]plane.Plane, error) {
	if _, err := d.ReadHeader(r); err != nil {
		return nil, err
	}
	return d.Decode(o)
}

// whole decodes a whole picture, which has to work.
func whole(t testing.TB, src []byte, o Options) []plane.Plane {
	t.Helper()
	planes, err := decode(new(Decoder), bytes.NewReader(src), o)
	if err != nil {
		t.Fatal(err)
	}
	return planes
}

// samples is the samples of all planes, one after another.
func samples(planes []plane.Plane) []byte {
	var all []byte
	for _, p := range planes {
		for y := range p.Height {
			all = append(all, p.Row(y)...)
		}
	}
	return all
}

// TestDecodeLikeLibjpeg holds the planes against those that libjpeg-turbo 2.1.5
// decodes with its accurate transform, by their CRC-32.
func TestDecodeLikeLibjpeg(t *testing.T) {
	tests := []struct {
		name string
		want uint32
	}{
		{"grey", 0x26cda617},
		{"444", 0xad5a41b0},
		{"422", 0xcdb8ce28},
		{"420", 0x9762dc08},
		{"440", 0x63e7e68c},
		{"411", 0xb681f4af},
		{"410", 0x72b94a73},
		{"1x4", 0xbf68244f},
		{"mixed", 0xc3ce0c5f},
		{"chroma-larger", 0x52abb06a},
		{"quality-1", 0x8d1a5d7d},
		{"quality-100", 0xeb32cbe1},
		{"restart-1", 0x689c3a7e},
		{"restart-3", 0x9762dc08},
		{"a-scan-each", 0x9762dc08},
		{"two-scans", 0xf616b034},
		{"small-420", 0x2516ddf4},
		{"small-progressive", 0x2516ddf4},
		{"progressive-420", 0x63ccd96b},
		{"progressive-444", 0x568baeec},
		{"progressive-grey", 0x26cda617},
		{"progressive-restart", 0xf616b034},
		{"progressive-refined", 0x52ee460c},
		{"rgb", 0xe23c2a35},
		{"rgb-sampled", 0xa811feed},
		{"cmyk", 0x4ed341f9},
		{"cmyk-plain", 0x516ad36b},
		{"cmyk-sampled", 0x30d67d09},
		{"ycck-420", 0xd58318e1},
		{"progressive-ycck", 0x91665542},
	}
	var d Decoder // one for all: nothing of a picture may be left for the next
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			planes, err := decode(&d, bytes.NewReader(source(t, test.name)), Options{Scale: scales(8)})
			if err != nil {
				t.Fatal(err)
			}
			if got := crc32.ChecksumIEEE(samples(planes)); got != test.want {
				t.Errorf("planes have CRC-32 %#08x, want %#08x", got, test.want)
			}
		})
	}
}

func TestReadHeader(t *testing.T) {
	tests := []struct {
		name        string
		want        Header
		wantHeights []int // of the planes at 3/8
	}{
		{"grey", Header{Width: 67, Height: 45, Components: []Component{{1, 1}}}, []int{17}},
		{"420", Header{Width: 67, Height: 45, Components: []Component{{2, 2}, {1, 1}, {1, 1}}, Colour: YCbCr}, []int{17, 9, 9}},
		{"410", Header{Width: 67, Height: 45, Components: []Component{{4, 2}, {1, 1}, {1, 1}}, Colour: YCbCr}, []int{17, 9, 9}},
		{"mixed", Header{Width: 67, Height: 45, Components: []Component{{2, 2}, {2, 1}, {1, 2}}, Colour: YCbCr}, []int{17, 9, 17}},
		{"progressive-restart", Header{Width: 67, Height: 45, Components: []Component{{2, 1}, {1, 1}, {1, 1}}, Colour: YCbCr, Progressive: true}, []int{17, 17, 17}},
		{"rgb-sampled", Header{Width: 37, Height: 29, Components: []Component{{2, 2}, {2, 2}, {1, 1}}, Colour: RGB}, []int{11, 11, 6}},
		{"cmyk-sampled", Header{Width: 37, Height: 29, Components: []Component{{2, 2}, {1, 1}, {1, 1}, {1, 1}}, Colour: CMYK}, []int{11, 6, 6, 6}},
		{"progressive-ycck", Header{Width: 37, Height: 29, Components: []Component{{2, 1}, {1, 1}, {1, 1}, {2, 1}}, Colour: YCCK, Progressive: true}, []int{11, 11, 11, 11}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var d Decoder
			h, err := d.ReadHeader(bytes.NewReader(source(t, test.name)))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(h, test.want) {
				t.Errorf("got %+v, want %+v", h, test.want)
			}
			planes, err := d.Decode(Options{Scale: scales(3)})
			if err != nil {
				t.Fatal(err)
			}
			var heights []int
			for _, p := range planes {
				heights = append(heights, p.Height)
			}
			if !reflect.DeepEqual(heights, test.wantHeights) {
				t.Errorf("planes have heights %v, want %v", heights, test.wantHeights)
			}
		})
	}
}

// withSegment puts a marker segment behind SOI.
func withSegment(src []byte, marker byte, payload string) []byte {
	length := len(payload) + 2
	segment := []byte{0xff, marker, byte(length >> 8), byte(length)}
	return bytes.Join([][]byte{src[:2], append(segment, payload...), src[2:]}, nil)
}

func TestReadHeaderFindsEXIF(t *testing.T) {
	src := source(t, "small-420")
	src = withSegment(src, markerAPP1, "Exif\x00\x00MM the second")
	src = withSegment(src, markerAPP1, "Exif\x00\x00II the first")
	src = withSegment(src, markerAPP1, "http://ns.adobe.com/xap/1.0/\x00")
	var d Decoder
	h, err := d.ReadHeader(iotest.OneByteReader(bytes.NewReader(src)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Decode(Options{Scale: scales(1)}); err != nil {
		t.Fatal(err)
	}
	if string(h.EXIF) != "II the first" {
		t.Errorf("EXIF is %q", h.EXIF)
	}
	h, err = d.ReadHeader(bytes.NewReader(source(t, "small-420")))
	if err != nil || h.EXIF != nil {
		t.Errorf("EXIF of the next picture is %q, %v; want none", h.EXIF, err)
	}
}

// changed is src with the byte at an offset from the first marker of a kind
// replaced.
func changed(t *testing.T, src []byte, marker byte, offset int, value byte) []byte {
	t.Helper()
	at := bytes.Index(src, []byte{0xff, marker})
	if at < 0 {
		t.Fatalf("there is no marker %#x", marker)
	}
	src = bytes.Clone(src)
	src[at+offset] = value
	return src
}

func TestUnsupported(t *testing.T) {
	small := source(t, "small-420")
	tests := []struct {
		name string
		src  []byte
	}{
		{"arithmetic", source(t, "arithmetic")},
		{"two components", framed(small, 2)},
		{"five components", framed(small, 5)},
		{"lossless", changed(t, small, markerSOF0, 1, markerSOF3)},
		{"hierarchical", changed(t, small, markerSOF0, 1, 0xc5)},
		{"12 bits", changed(t, changed(t, small, markerSOF0, 4, 12), markerSOF0, 1, markerSOF1)},
		{"height in DNL", changed(t, small, markerSOF0, 6, 0)},
		{"factors of 3 and 2", changed(t, changed(t, small, markerSOF0, 11, 0x32), markerSOF0, 14, 0x21)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var d Decoder
			_, err := d.ReadHeader(bytes.NewReader(test.src))
			if _, ok := errors.AsType[UnsupportedError](err); !ok {
				t.Errorf("got %v, want an UnsupportedError", err)
			}
		})
	}
}

// framed gives a picture a frame header of so many components, of one size.
func framed(src []byte, components int) []byte {
	at := bytes.Index(src, []byte{0xff, markerSOF0})
	frame := bytes.Clone(src[at:][:10])
	frame[3], frame[9] = byte(8+3*components), byte(components)
	for i := range components {
		frame = append(frame, byte(i+1), 0x11, 0)
	}
	end := at + 2 + int(src[at+2])<<8 + int(src[at+3])
	return bytes.Join([][]byte{src[:at], frame, src[end:]}, nil)
}

// withoutJFIF leaves the first segment away, APP0 in all that cjpeg writes.
func withoutJFIF(src []byte) []byte {
	length := int(src[4])<<8 | int(src[5])
	return bytes.Join([][]byte{src[:2], src[4+length:]}, nil)
}

// TestScales holds each scale of each component against the definition of what
// it is: the lowest coefficients of a block, transformed to fewer samples.
func TestScales(t *testing.T) {
	for _, name := range []string{"444", "420", "410", "mixed", "grey", "restart-1", "a-scan-each", "progressive-refined", "progressive-restart", "rgb-sampled", "cmyk-sampled", "ycck-420", "progressive-ycck"} {
		src := source(t, name)
		full := whole(t, src, Options{Scale: scales(8)})
		for m := 1; m <= 8; m++ {
			t.Run(fmt.Sprintf("%s/%d", name, m), func(t *testing.T) {
				// The scales of the components differ.
				o := Options{Scale: [4]int{m, 9 - m, (m+3)%8 + 1, (m+5)%8 + 1}}
				for i, p := range whole(t, src, o) {
					want := shrunk(full[i], o.Scale[i])
					if p.Width < want.Width || p.Height < want.Height {
						t.Fatalf("plane %d is %dx%d, want at least %dx%d", i, p.Width, p.Height, want.Width, want.Height)
					}
					for y := range want.Height {
						for x := range want.Width {
							if got, want := int(p.Row(y)[x]), int(want.Row(y)[x]); max(got-want, want-got) > 2 {
								t.Fatalf("plane %d at %d/8: sample %d,%d is %d, want %d", i, o.Scale[i], x, y, got, want)
							}
						}
					}
				}
			})
		}
	}
}

// shrunk is the whole blocks of a plane at m/8 of their size.
func shrunk(p plane.Plane, m int) plane.Plane {
	across, down := p.Width/8, p.Height/8
	s := plane.Plane{Pix: make([]uint8, across*m*down*m), Stride: across * m, Width: across * m, Height: down * m}
	for by := range down {
		for bx := range across {
			var coef [8][8]float64
			for v := range 8 {
				for u := range 8 {
					for y := range 8 {
						for x := range 8 {
							coef[v][u] += float64(p.Row(8*by + y)[8*bx+x]) * basis(8, u, x) * basis(8, v, y) / 8
						}
					}
				}
			}
			for y := range m {
				for x := range m {
					sum := 0.0
					for v := range m {
						for u := range m {
							sum += coef[v][u] * basis(m, u, x) * basis(m, v, y) / 8
						}
					}
					s.Pix[(by*m+y)*s.Stride+bx*m+x] = uint8(math.Round(min(max(sum, 0), 255)))
				}
			}
		}
	}
	return s
}

// basis is sample x of the m that frequency u has.
func basis(m, u, x int) float64 {
	if u == 0 {
		return 1
	}
	return math.Sqrt2 * math.Cos(float64((2*x+1)*u)*math.Pi/float64(2*m))
}

func TestRegion(t *testing.T) {
	for _, name := range []string{"420", "410", "restart-3", "a-scan-each", "mixed", "progressive-420", "rgb-sampled", "cmyk-sampled", "progressive-ycck"} {
		for m := 1; m <= 8; m++ {
			t.Run(fmt.Sprintf("%s/%d", name, m), func(t *testing.T) {
				src := source(t, name)
				var d Decoder
				h, err := d.ReadHeader(bytes.NewReader(src))
				if err != nil {
					t.Fatal(err)
				}
				region := image.Rect(30, 17, 52, 33)
				if h.Width == 37 {
					region = image.Rect(17, 17, 35, 28)
				}
				got, err := d.Decode(Options{Scale: scales(m), Region: region})
				if err != nil {
					t.Fatal(err)
				}
				hMax, vMax := 0, 0
				for _, c := range h.Components {
					hMax, vMax = max(hMax, c.H), max(vMax, c.V)
				}
				outside := 0
				for i, want := range whole(t, src, Options{Scale: scales(m)}) {
					c := h.Components[i]
					for y := range want.Height {
						for x := range want.Width {
							// The pixels that the sample is of.
							x0, x1 := x*8*hMax/(c.H*m), ((x+1)*8*hMax-1)/(c.H*m)
							y0, y1 := y*8*vMax/(c.V*m), ((y+1)*8*vMax-1)/(c.V*m)
							if !image.Rect(x0, y0, x1+1, y1+1).Overlaps(region) {
								if got[i].Row(y)[x] == 0 {
									outside++
								}
								continue
							}
							if got[i].Row(y)[x] != want.Row(y)[x] {
								t.Fatalf("plane %d, sample %d,%d is %d, want %d", i, x, y, got[i].Row(y)[x], want.Row(y)[x])
							}
						}
					}
				}
				// Most blocks have no part in the region.
				if outside == 0 {
					t.Error("everything outside the region was decoded")
				}
			})
		}
	}
}

// TestChoose: the region may be said when the picture is seen at an eighth, and what is seen
// of a picture that is damaged is what there is of it.
func TestChoose(t *testing.T) {
	for _, name := range []string{"420", "410", "restart-3", "a-scan-each", "mixed", "progressive-420", "rgb-sampled", "cmyk-sampled", "progressive-ycck"} {
		for m := 1; m <= 8; m++ {
			for _, src := range [][]byte{source(t, name), source(t, name)[:len(source(t, name))*3/4]} {
				o := Options{Scale: scales(1), Damaged: true}
				eighth := samples(whole(t, src, o))
				o.Scale = scales(m)
				all := whole(t, src, o)
				o.Region = image.Rect(3, 3, 30, 20)
				wanted, chosen := whole(t, src, o), 0
				o.Region = image.Rectangle{}
				o.Choose = func(planes []plane.Plane) image.Rectangle {
					chosen++
					if !bytes.Equal(samples(planes), eighth) {
						t.Errorf("%s at %d/8: what is seen is not the picture at an eighth", name, m)
					}
					return image.Rect(3, 3, 30, 20)
				}
				got := whole(t, src, o)
				if bytes.Contains(src, []byte{0xff, 0xc2}) {
					all = wanted // and nothing else is transformed
				}
				if chosen != 1 || !bytes.Equal(samples(got), samples(all)) {
					t.Errorf("%s at %d/8: chosen %d times, and not what is wanted", name, m, chosen)
				}
			}
		}
	}
}

func TestReaders(t *testing.T) {
	for _, name := range []string{"420", "restart-3", "a-scan-each", "progressive-refined"} {
		src := source(t, name)
		want := samples(whole(t, src, Options{Scale: scales(8)}))
		readers := []struct {
			name string
			r    io.Reader
		}{
			{"one byte", iotest.OneByteReader(bytes.NewReader(src))},
			{"half", iotest.HalfReader(bytes.NewReader(src))},
			{"data with the error", iotest.DataErrReader(bytes.NewReader(src))},
			{"nothing now and then", &hesitant{r: bytes.NewReader(src)}},
		}
		for _, test := range readers {
			t.Run(name+"/"+test.name, func(t *testing.T) {
				planes, err := decode(new(Decoder), test.r, Options{Scale: scales(8)})
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(samples(planes), want) {
					t.Error("the samples are others")
				}
			})
		}
	}
}

// hesitant reads nothing and then a byte, in turn.
type hesitant struct {
	r     io.Reader
	reads bool
}

func (h *hesitant) Read(p []byte) (int, error) {
	h.reads = !h.reads
	if !h.reads {
		return 0, nil
	}
	return h.r.Read(p[:1])
}

// TestReaderErrors makes sure that what a reader returns is not taken for damage,
// wherever it comes.
func TestReaderErrors(t *testing.T) {
	broken := errors.New("the line is broken")
	for _, name := range []string{"restart-1", "small-progressive"} {
		src := source(t, name)
		for n := range src {
			r := io.MultiReader(bytes.NewReader(src[:n]), iotest.ErrReader(broken))
			if _, err := decode(new(Decoder), r, Options{Scale: scales(2), Damaged: true}); err != broken {
				t.Fatalf("%s: the reader's error after %d bytes became %v", name, n, err)
			}
		}
	}
	r := &stuck{}
	if _, err := decode(new(Decoder), r, Options{Scale: scales(2)}); err != io.ErrNoProgress {
		t.Errorf("a reader that returns nothing gives %v", err)
	}
}

type stuck struct{}

func (*stuck) Read([]byte) (int, error) { return 0, nil }

// TestTruncated cuts pictures off at every byte.
func TestTruncated(t *testing.T) {
	for _, name := range []string{"small-420", "restart-1", "small-progressive"} {
		t.Run(name, func(t *testing.T) {
			src := source(t, name)
			want := whole(t, src, Options{Scale: scales(8)})
			var d Decoder
			for n := range src {
				cut, err := decode(&d, bytes.NewReader(src[:n]), Options{Scale: scales(8)})
				if n >= len(src)-2 {
					// Of EOI there is half, or nothing.
					if err != nil || !bytes.Equal(samples(cut), samples(want)) {
						t.Fatalf("%d bytes of %d give other samples, or %v", n, len(src), err)
					}
					continue
				}
				if _, damage := errors.AsType[DamagedError](err); !damage {
					t.Fatalf("%d bytes of %d give %v", n, len(src), err)
				}
				if _, err := d.ReadHeader(bytes.NewReader(src[:n])); err != nil {
					continue // nothing can be made of that
				}
				planes, err := d.Decode(Options{Scale: scales(8), Damaged: true})
				if err != nil {
					t.Fatalf("what there is of %d bytes of %d: %v", n, len(src), err)
				}
				for i, p := range planes {
					if p.Width != want[i].Width || p.Height != want[i].Height {
						t.Fatalf("what there is of %d bytes of %d is %dx%d", n, len(src), p.Width, p.Height)
					}
				}
			}
		})
	}
}

// TestDamaged makes sure that what was decoded before the damage, or after it
// where a restart marker allows, is there, and the rest is mid-grey.
func TestDamaged(t *testing.T) {
	src := source(t, "restart-3")
	want := whole(t, src, Options{Scale: scales(8)})[0]
	// 67x45 in MCUs of 16x16 is five by three, three of them in an interval: the
	// interval between the second and the third marker is the first three MCUs
	// but one of the second row.
	second, third := bytes.Index(src, []byte{0xff, 0xd1}), bytes.Index(src, []byte{0xff, 0xd2})
	tests := []struct {
		name string
		src  []byte
		good func(mcu int) bool
	}{
		{"an interval is short", bytes.Join([][]byte{src[:second+3], src[third:]}, nil), func(mcu int) bool { return mcu < 6 || mcu > 8 }},
		{"a marker is lost with its interval", bytes.Join([][]byte{src[:second], src[third:]}, nil), func(mcu int) bool { return mcu < 6 || mcu > 8 }},
		{"the end is missing", src[:second+2], func(mcu int) bool { return mcu < 6 }},
		{"bytes that belong to nothing", bytes.Join([][]byte{src[:second], make([]byte, 40), src[second:]}, nil), func(mcu int) bool { return true }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, err := decode(new(Decoder), bytes.NewReader(test.src), Options{Scale: scales(8)}); err == nil {
				t.Error("nothing was noticed")
			}
			got := whole(t, test.src, Options{Scale: scales(8), Damaged: true})[0]
			grey := 0
			for y := range got.Height {
				for x := range got.Width {
					same := got.Row(y)[x] == want.Row(y)[x]
					if good := test.good(y/16*5 + x/16); good && !same {
						t.Fatalf("sample %d,%d is %d, want %d", x, y, got.Row(y)[x], want.Row(y)[x])
					} else if !good && got.Row(y)[x] == 128 {
						grey++
					}
				}
			}
			if grey == 0 && test.name != "bytes that belong to nothing" {
				t.Error("nothing is grey")
			}
		})
	}
}

// TestDamagedIsNotAccepted has what is against the rules in otherwise whole
// pictures.
func TestDamagedIsNotAccepted(t *testing.T) {
	small, progressive, restart := source(t, "small-420"), source(t, "small-progressive"), source(t, "restart-1")
	twice := source(t, "a-scan-each")
	rst := bytes.Index(restart, []byte{0xff, markerRST0})
	tests := []struct {
		name string
		src  []byte
		want string
	}{
		{"nothing", nil, "ends early"},
		{"no JPEG", []byte("GIF89a"), "does not start with SOI"},
		{"SOI and EOI", []byte{0xff, 0xd8, 0xff, 0xd9}, "ends before its picture"},
		{"a second SOI", bytes.Join([][]byte{small[:2], small}, nil), "another picture"},
		{"width 0", changed(t, changed(t, small, markerSOF0, 8, 0), markerSOF0, 7, 0), "it is 0x21"},
		{"factor 0", changed(t, small, markerSOF0, 11, 0x20), "sampling factors 2x0"},
		{"a component twice in the frame", changed(t, small, markerSOF0, 13, 1), "two components"},
		{"quantisation table 4", changed(t, small, markerSOF0, 12, 4), "quantisation table 4"},
		{"a quantisation table that is missing", changed(t, small, markerSOF0, 12, 3), "quantisation table 3 is missing"},
		{"precision 2", changed(t, small, markerDQT, 4, 0x20), "precision 2"},
		{"no frame", changed(t, small, markerSOF0, 1, 0xfe), "before its frame"},
		{"a frame that is too long", changed(t, small, markerSOF0, 9, 2), "frame header has"},
		{"a Huffman table that is missing", changed(t, small, markerSOS, 6, 0x33), "Huffman table 3"},
		{"a Huffman table of class 2", changed(t, small, markerDHT, 4, 0x20), "class 2"},
		{"too many codes of a bit", changed(t, small, markerDHT, 5, 3), "more codes of 1 bits"},
		{"a segment of length 1", changed(t, changed(t, small, markerDQT, 2, 0), markerDQT, 3, 1), "has length 1"},
		{"a restart interval of three bytes", withSegment(small, markerDRI, "\x00\x00\x01"), "restart interval has 3"},
		{"a scan of an unknown component", changed(t, small, markerSOS, 5, 9), "not in the frame"},
		{"a component twice in the scan", changed(t, small, markerSOS, 7, 1), "component 1 twice"},
		{"four components in the scan", changed(t, small, markerSOS, 4, 4), "header of scan 1"},
		{"a scan again", bytes.Join([][]byte{twice[:scanAt(t, twice, 2)], twice[scanAt(t, twice, 1):]}, nil), "component 1 again"},
		{"no EOI, and a scan is missing", progressive[:bytes.LastIndex(progressive, []byte{0xff, markerDHT})], "ends early"},
		{"no EOI, and the last scan is cut", progressive[:len(progressive)-4], "ends early"},
		{"no EOI, and a component is missing", twice[:scanAt(t, twice, 3)], "ends early"},
		{"a component without a scan", bytes.Join([][]byte{twice[:scanAt(t, twice, 3)], {0xff, 0xd9}}, nil), "component 3 of 3 has no scan"},
		{"a restart marker that is another", changed(t, restart, markerRST0+3, 1, markerRST0+4), "restart marker 3 is missing"},
		{"a restart marker too few", changed(t, restart, markerRST0, 1, markerEOI), "restart marker 0 is missing"},
		{"a code of ones", bytes.Join([][]byte{small[:len(small)-20], bytes.Repeat([]byte{0xff, 0}, 30), {0xff, 0xd9}}, nil), "a code that does not exist"},
		{"1025 bytes too many", bytes.Join([][]byte{small[:len(small)-2], make([]byte, 1025), {0xff, 0xd9}}, nil), "more than 1024 bytes before a marker"},
		{"much coded data too many", bytes.Join([][]byte{small[:len(small)-2], bytes.Repeat([]byte("coded\xff\x00"), 99_999), {0xff, 0xd9}}, nil), "belong to nothing"},
		{"1025 bytes too many in front of the tables", bytes.Join([][]byte{small[:2], make([]byte, 1025), small[2:]}, nil), "belong to nothing"},
		{"17 bytes too many in front of a restart marker", bytes.Join([][]byte{restart[:rst], make([]byte, 17), restart[rst:]}, nil), "more than 16 bytes before a marker"},
		{"coefficients 0 to 5", changed(t, progressive, markerSOS, 12, 5), "coefficients 0 to 5"},
		{"bit 14", changed(t, progressive, markerSOS, 13, 14), "bit 14"},
		{"a refinement first", changed(t, progressive, markerSOS, 13, 0x10), "which is known down to 0"},
		{"no DC coefficients", bytes.Join([][]byte{progressive[:scanAt(t, progressive, 1)], progressive[scanAt(t, progressive, 2):]}, nil), "before the DC coefficients"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := decode(new(Decoder), bytes.NewReader(test.src), Options{Scale: scales(8)})
			if _, damage := errors.AsType[DamagedError](err); !damage || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want a DamagedError with %q", err, test.want)
			}
		})
	}
}

// scanAt is where the marker of a scan stands, or the tables before it.
func scanAt(t *testing.T, src []byte, number int) int {
	t.Helper()
	at := 0
	for i := range number {
		next := bytes.Index(src[at:], []byte{0xff, markerSOS})
		if next < 0 {
			t.Fatalf("there are %d scans", i)
		}
		at += next + 2
	}
	return at - 2
}

// TestTolerated has what is not quite right but harmless.
func TestTolerated(t *testing.T) {
	small, progressive := source(t, "small-420"), source(t, "small-progressive")
	sos, second := scanAt(t, small, 1), scanAt(t, progressive, 2)
	second = bytes.LastIndex(progressive[:second], []byte{0xff, markerDHT})
	tests := []struct {
		name string
		src  []byte
	}{
		{"16 bytes too many", bytes.Join([][]byte{small[:len(small)-2], make([]byte, 16), {0xff, 0xd9}}, nil)},
		{"1024 bytes too many", bytes.Join([][]byte{small[:len(small)-2], make([]byte, 1024), {0xff, 0xd9}}, nil)},
		{"1024 bytes too many between scans", bytes.Join([][]byte{progressive[:second], make([]byte, 1024), progressive[second:]}, nil)},
		{"1024 bytes too many between segments", bytes.Join([][]byte{small[:sos], make([]byte, 1024), small[sos:]}, nil)},
		{"1024 bytes too many at the start", bytes.Join([][]byte{small[:2], make([]byte, 1024), small[2:]}, nil)},
		{"no EOI", small[:len(small)-2]},
		{"no EOI after the last scan of all", progressive[:len(progressive)-2]},
		{"no EOI, and zeros", append(bytes.Clone(small[:len(small)-2]), make([]byte, 99_999)...)},
		{"no EOI, and text", append(bytes.Clone(small[:len(small)-2]), strings.Repeat("SEFHj\x00", 9999)...)},
		{"no EOI, and text after the last scan of all", append(bytes.Clone(progressive[:len(progressive)-2]), strings.Repeat("SEFHj\x00", 9999)...)},
		{"no EOI, and another picture", append(bytes.Clone(small[:len(small)-2]), progressive...)},
		{"no EOI, and another picture further on", append(append(bytes.Clone(small[:len(small)-2]), make([]byte, 9999)...), progressive...)},
		{"another scan in the place of EOI", append(bytes.Clone(progressive[:len(progressive)-2]), progressive[scanAt(t, progressive, 1):]...)},
		{"fill bytes", bytes.Join([][]byte{small[:sos], bytes.Repeat([]byte{0xff}, 99), small[sos:]}, nil)},
		{"fill bytes at the end", bytes.Join([][]byte{small[:len(small)-2], bytes.Repeat([]byte{0xff}, 99), {0xff, 0xd9}}, nil)},
		{"data after EOI", append(bytes.Clone(progressive), make([]byte, 99)...)},
		{"a comment as long as they get", withSegment(small, 0xfe, strings.Repeat("x", 65533))},
		{"200 KB of segments", withSegment(withSegment(withSegment(small, 0xe2, strings.Repeat("x", 65533)), 0xe2, strings.Repeat("y", 65530)), 0xe2, strings.Repeat("z", 65533))},
		{"a comment between scans", bytes.Join([][]byte{progressive[:len(progressive)-2], {0xff, 0xfe, 0xff, 0xff}, make([]byte, 65533), {0xff, 0xd9}}, nil)},
	}
	want := samples(whole(t, small, Options{Scale: scales(8)}))
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if !bytes.Equal(samples(whole(t, test.src, Options{Scale: scales(8)})), want) {
				t.Error("the samples are others")
			}
		})
	}
}

func TestTooManyScans(t *testing.T) {
	progressive := source(t, "small-progressive")
	// The first scan again and again, as often as it may be.
	first, second := scanAt(t, progressive, 1), scanAt(t, progressive, 2)
	table := bytes.LastIndex(progressive[:second], []byte{0xff, markerDHT})
	scan := changed(t, progressive[first:table], markerSOS, 13, 0)
	src := bytes.Join([][]byte{progressive[:first], bytes.Repeat(scan, 101), {0xff, 0xd9}}, nil)
	_, err := decode(new(Decoder), bytes.NewReader(src), Options{Scale: scales(1), Damaged: true})
	if _, ok := errors.AsType[LimitError](err); !ok {
		t.Errorf("101 scans give %v, want a LimitError", err)
	}
	src = bytes.Join([][]byte{progressive[:first], bytes.Repeat(scan, 100), {0xff, 0xd9}}, nil)
	whole(t, src, Options{Scale: scales(1)})
}

func TestMemory(t *testing.T) {
	tests := []struct {
		name   string
		m      int
		choose func([]plane.Plane) image.Rectangle
		want   int
	}{
		// 67x45 in MCUs of 16x16 is five by three, of six blocks.
		{"420", 8, nil, 5 * 3 * 6 * 64},
		{"420", 3, nil, 5 * 3 * 6 * 9},
		{"420", 3, func([]plane.Plane) image.Rectangle { return image.Rectangle{} }, 5 * 3 * 6 * (9 + 1)},
		{"progressive-420", 3, nil, 5 * 3 * 6 * (9 + 2*(1+16) + 8)},
		{"grey", 8, nil, 9 * 6 * 64},
		// 37x29 in MCUs of 16x16 is three by two, of seven blocks, and in MCUs of 16x8
		// three by four, of six.
		{"cmyk-sampled", 8, nil, 3 * 2 * 7 * 64},
		{"cmyk-sampled", 1, nil, 3 * 2 * 7},
		{"progressive-ycck", 1, nil, 3 * 4 * 6 * (1 + 2 + 8)},
	}
	for _, test := range tests {
		var d Decoder
		if _, err := d.ReadHeader(bytes.NewReader(source(t, test.name))); err != nil {
			t.Fatal(err)
		}
		if got := d.Memory(Options{Scale: scales(test.m), Choose: test.choose}); got != test.want {
			t.Errorf("%s at %d/8 takes %d bytes, want %d", test.name, test.m, got, test.want)
		}
	}
}

func TestDecodeAllocatesOnce(t *testing.T) {
	for _, name := range []string{"420", "progressive-refined", "progressive-ycck"} {
		src := source(t, name)
		var d Decoder
		r := bytes.NewReader(nil)
		allocations := testing.AllocsPerRun(10, func() {
			r.Reset(src)
			if _, err := decode(&d, r, Options{Scale: scales(4)}); err != nil {
				t.Fatal(err)
			}
		})
		if allocations > 1 { // Header.Components
			t.Errorf("%s: %v allocations each time", name, allocations)
		}
	}
}

// corpus is the JPEGs of a folder of real ones that CORPUS names.
func corpus(t testing.TB) []string {
	t.Helper()
	root := os.Getenv("CORPUS")
	if _, err := os.Stat(root); root == "" || err != nil {
		t.Skipf("CORPUS is %q, which is no folder", root)
	}
	files, err := filepath.Glob(filepath.Join(root, "*", "*.jpg"))
	if err != nil || len(files) == 0 {
		t.Fatalf("CORPUS has no JPEGs: %v", err)
	}
	return files
}

// TestCorpusLikeImageJPEG holds the planes of real pictures against image/jpeg's,
// whose transform rounds elsewhere.
func TestCorpusLikeImageJPEG(t *testing.T) {
	var d Decoder
	for _, file := range corpus(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			planes, err := decode(&d, bytes.NewReader(src), Options{Scale: scales(8)})
			if _, unsupported := errors.AsType[UnsupportedError](err); unsupported {
				switch filepath.Base(file) {
				case "arith.jpg":
					return
				}
			}
			want, stdErr := jpeg.Decode(bytes.NewReader(src))
			if _, unsupported := errors.AsType[jpeg.UnsupportedError](stdErr); unsupported && filepath.Base(file) == "s1x4.jpg" {
				return
			}
			if (err == nil) != (stdErr == nil) {
				t.Fatalf("got %v, image/jpeg says %v", err, stdErr)
			}
			if err != nil {
				return
			}
			near(t, planes, d.hints.colour(d.frame.parts()), want)
		})
	}
}

// near says whether planes have what image/jpeg decoded, which may be enlarged.
func near(t *testing.T, planes []plane.Plane, colour Colour, m image.Image) {
	t.Helper()
	var want []plane.Plane
	size := m.Bounds().Size()
	switch m := m.(type) {
	case *image.Gray:
		want = []plane.Plane{{Pix: m.Pix, Stride: m.Stride, Width: size.X, Height: size.Y}}
	case *image.YCbCr:
		across, down := 1, 1
		switch m.SubsampleRatio {
		case image.YCbCrSubsampleRatio422:
			across = 2
		case image.YCbCrSubsampleRatio420:
			across, down = 2, 2
		case image.YCbCrSubsampleRatio440:
			down = 2
		case image.YCbCrSubsampleRatio411:
			across = 4
		case image.YCbCrSubsampleRatio410:
			across, down = 4, 2
		}
		chroma := plane.Plane{Stride: m.CStride, Width: up(size.X, across), Height: up(size.Y, down)}
		cb, cr := chroma, chroma
		cb.Pix, cr.Pix = m.Cb, m.Cr
		want = []plane.Plane{{Pix: m.Y, Stride: m.YStride, Width: size.X, Height: size.Y}, cb, cr}
	case *image.RGBA:
		nearPixels(t, planes, colour, m.Pix, m.Stride)
		return
	case *image.CMYK:
		nearPixels(t, planes, colour, m.Pix, m.Stride)
		return
	default:
		t.Fatalf("image/jpeg decoded a %T", m)
	}
	for i := range want {
		if planes[i].Width != want[i].Width || planes[i].Height != want[i].Height {
			t.Fatalf("plane %d is %dx%d, want %dx%d", i, planes[i].Width, planes[i].Height, want[i].Width, want[i].Height)
		}
		for y := range want[i].Height {
			got, want := planes[i].Row(y), want[i].Row(y)
			for x := range want {
				if max(got[x], want[x])-min(got[x], want[x]) > 2 {
					t.Fatalf("plane %d, sample %d,%d is %d, want %d", i, x, y, got[x], want[x])
				}
			}
		}
	}
}

// nearPixels says whether planes of RGB, CMYK and YCCK have what image/jpeg
// decoded: four samples a pixel, of which those of inks are their complement, and
// the first three of YCCK red, green and blue. Planes of different sizes are not
// compared: which sample a pixel has is image/jpeg's matter.
func nearPixels(t *testing.T, planes []plane.Plane, colour Colour, pix []uint8, stride int) {
	t.Helper()
	for _, p := range planes {
		if p.Width != planes[0].Width || p.Height != planes[0].Height {
			return
		}
	}
	for y := range planes[0].Height {
		for x := range planes[0].Width {
			var got [4]uint8
			for i, p := range planes {
				got[i] = p.Row(y)[x]
			}
			within := 2
			switch colour {
			case CMYK:
				got = [4]uint8{255 - got[0], 255 - got[1], 255 - got[2], 255 - got[3]}
			case YCCK:
				got[0], got[1], got[2] = color.YCbCrToRGB(got[0], got[1], got[2])
				got[3] = 255 - got[3]
				within = 7 // two of Y', and two times 1.77 of Cb
			case RGB:
				got[3] = 255
			default:
				t.Fatalf("image/jpeg decoded %s as pixels", colour)
			}
			for i, want := range pix[y*stride+4*x:][:4] {
				if d := int(got[i]) - int(want); max(d, -d) > within {
					t.Fatalf("%s, sample %d of pixel %d,%d is %d, want %d", colour, i, x, y, got[i], want)
				}
			}
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, file := range corpus(b) {
		if filepath.Base(filepath.Dir(file)) != "bench" {
			continue
		}
		src, err := os.ReadFile(file)
		if err != nil {
			b.Fatal(err)
		}
		for _, m := range []int{1, 2, 3, 4, 6, 8} {
			b.Run(fmt.Sprintf("%s/%d", strings.TrimSuffix(filepath.Base(file), ".jpg"), m), func(b *testing.B) {
				var d Decoder
				b.SetBytes(int64(len(src)))
				b.ReportAllocs()
				for b.Loop() {
					if _, err := decode(&d, bytes.NewReader(src), Options{Scale: scales(m)}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
