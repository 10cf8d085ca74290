package jpeg

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"image"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"prew/lambda/render/plane"
)

// encodings are all that an Encoder writes: how many planes, and by how much the
// sides of the second and third are divided.
var encodings = []struct {
	name             string
	planes, sampling int
}{
	{"grey", 1, 1},
	{"4:4:4", 3, 1},
	{"4:2:0", 3, 2},
}

// planesOf makes planes with samples that are a function's. Their rows are
// further apart than they are wide, with samples between them that are in no
// picture.
func planesOf(width, height, n, sampling int, sample func(i, x, y int) uint8) []plane.Plane {
	planes := make([]plane.Plane, n)
	for i := range planes {
		w, h := width, height
		if i > 0 {
			w, h = (width+sampling-1)/sampling, (height+sampling-1)/sampling
		}
		p := plane.Plane{Stride: w + 5, Width: w, Height: h}
		p.Pix = bytes.Repeat([]byte{0xa5}, (h-1)*p.Stride+w)
		for y := range h {
			for x := range w {
				p.Pix[y*p.Stride+x] = sample(i, x, y)
			}
		}
		planes[i] = p
	}
	return planes
}

// noise is the hardest picture: nothing in it follows from anything else.
func noise(seed uint64) func(i, x, y int) uint8 {
	r := rand.New(rand.NewPCG(seed, 0))
	return func(int, int, int) uint8 { return uint8(r.Uint32()) }
}

// landscape has what photographs have, soft slopes, edges and grain, made of
// integers alone.
func landscape(i, x, y int) uint8 {
	slope := func(v, period int) int { // up and down between 0 and period
		v %= 2 * period
		return min(v, 2*period-v)
	}
	v := 40 + slope(x+y/3+40*i, 90) + slope(2*y+x/5, 60)/2
	if (x/37+y/23)%5 == 0 {
		v += 50 - 30*i
	}
	grain := uint32(x*7919+y*104729+i*1299709) * 2654435761
	return uint8(v + int(grain>>29))
}

// decoded is the planes of a JPEG, by image/jpeg.
func decoded(t testing.TB, data []byte) []plane.Plane {
	t.Helper()
	m, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	size := m.Bounds().Size()
	switch m := m.(type) {
	case *image.Gray:
		return []plane.Plane{{Pix: m.Pix, Stride: m.Stride, Width: size.X, Height: size.Y}}
	case *image.YCbCr:
		w, h := size.X, size.Y
		if m.SubsampleRatio == image.YCbCrSubsampleRatio420 {
			w, h = (w+1)/2, (h+1)/2
		}
		return []plane.Plane{
			{Pix: m.Y, Stride: m.YStride, Width: size.X, Height: size.Y},
			{Pix: m.Cb, Stride: m.CStride, Width: w, Height: h},
			{Pix: m.Cr, Stride: m.CStride, Width: w, Height: h},
		}
	}
	t.Fatalf("image is a %T", m)
	return nil
}

// furthest is the largest difference of two samples of planes that must be of
// one size.
func furthest(t testing.TB, got, want []plane.Plane) int {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("there are %d planes, want %d", len(got), len(want))
	}
	far := 0
	for i := range want {
		if got[i].Width != want[i].Width || got[i].Height != want[i].Height {
			t.Fatalf("plane %d is %dx%d, want %dx%d", i, got[i].Width, got[i].Height, want[i].Width, want[i].Height)
		}
		for y := range want[i].Height {
			g, w := got[i].Row(y), want[i].Row(y)
			for x := range w {
				far = max(far, int(g[x])-int(w[x]), int(w[x])-int(g[x]))
			}
		}
	}
	return far
}

// psnr is the peak signal-to-noise ratio of a plane, in dB.
func psnr(got, want plane.Plane) float64 {
	sum := 0.0
	for y := range want.Height {
		g, w := got.Row(y), want.Row(y)
		for x := range w {
			d := float64(g[x]) - float64(w[x])
			sum += d * d
		}
	}
	return 10 * math.Log10(255*255*float64(want.Width*want.Height)/sum)
}

// TestEncodeEverySize encodes noise, with which a block, a row or an edge in the
// wrong place is far off. At quality 100 the coefficients are rounded to
// integers and samples lose a level or two; both decoders' transforms add some.
func TestEncodeEverySize(t *testing.T) {
	var e Encoder
	for _, encoding := range encodings {
		for height := 1; height <= 17; height++ {
			for width := 1; width <= 17; width++ {
				planes := planesOf(width, height, encoding.planes, encoding.sampling, noise(uint64(width*height)))
				baseline := e.Encode(planes, EncodeOptions{Quality: 100})
				if far := furthest(t, decoded(t, baseline), planes); far > 2 {
					t.Errorf("%s, %dx%d: a sample is %d levels off", encoding.name, width, height, far)
				}
			}
		}
	}
}

func TestProgressiveHasTheCoefficientsOfBaseline(t *testing.T) {
	var e Encoder
	check := func(planes []plane.Plane, quality int) {
		t.Helper()
		baseline := e.Encode(planes, EncodeOptions{Quality: quality})
		// A new encoder has room for nothing more than it has counted.
		progressive := new(Encoder).Encode(planes, EncodeOptions{Quality: quality, Progressive: true})
		if far := furthest(t, decoded(t, progressive), decoded(t, baseline)); far > 0 {
			t.Errorf("%d planes, %dx%d, quality %d: a sample is %d levels off",
				len(planes), planes[0].Width, planes[0].Height, quality, far)
		}
	}
	for _, encoding := range encodings {
		for _, quality := range []int{1, 30, 50, 80, 90, 95, 98, 100} {
			for _, size := range []image.Point{{1, 1}, {9, 17}, {31, 8}, {203, 101}} {
				for _, sample := range []func(i, x, y int) uint8{landscape, noise(3)} {
					check(planesOf(size.X, size.Y, encoding.planes, encoding.sampling, sample), quality)
				}
			}
		}
	}
	// More blocks than one end of band is for, but for a dot on the last.
	check(planesOf(1600, 1400, 1, 1, func(_, x, y int) uint8 {
		if x == 1590 && y == 1390 {
			return 255
		}
		return 77
	}), 80)
	// Noise that is below the last bit nearly everywhere holds back many
	// correction bits.
	grain := noise(9)
	check(planesOf(640, 640, 1, 1, func(i, x, y int) uint8 { return 128 + grain(i, x, y)%8 }), 96)
}

// TestEncodeIsAsGoodAsImageJPEG compares with the standard library's encoder by its
// tables: pictures of no more bytes are no worse.
func TestEncodeIsAsGoodAsImageJPEG(t *testing.T) {
	var e Encoder
	planes := planesOf(301, 203, 3, 2, landscape)
	y, cb, cr := planes[0], planes[1], planes[2]
	m := &image.YCbCr{
		Y: y.Pix, Cb: cb.Pix, Cr: cr.Pix, YStride: y.Stride, CStride: cb.Stride,
		SubsampleRatio: image.YCbCrSubsampleRatio420, Rect: image.Rect(0, 0, y.Width, y.Height),
	}
	for _, quality := range []int{1, 20, 50, 80, 95, 100} {
		data := encodedByK1(&e, planes, EncodeOptions{Quality: quality})
		var theirs bytes.Buffer
		if err := jpeg.Encode(&theirs, m, &jpeg.Options{Quality: quality}); err != nil {
			t.Fatal(err)
		}
		if len(data) > theirs.Len() {
			t.Errorf("quality %d: %d bytes, image/jpeg has %d", quality, len(data), theirs.Len())
		}
		got, peer := decoded(t, data), decoded(t, theirs.Bytes())
		for i := range planes {
			if g, p := psnr(got[i], planes[i]), psnr(peer[i], planes[i]); g < p-0.1 {
				t.Errorf("quality %d, plane %d: %.2f dB, image/jpeg has %.2f", quality, i, g, p)
			}
		}
	}
}

// TestEncodedBytes holds the bytes still, on every processor. Whoever changes
// them on purpose writes the new sums here.
func TestEncodedBytes(t *testing.T) {
	tests := []struct {
		encoding    int
		progressive bool
		sum         string
	}{
		{0, false, "d136bedcce1d3a4c"},
		{1, false, "3f2fe71d1ce5d44a"},
		{2, false, "e74da070db5c9a92"},
		{0, true, "36c3b128e811e0a1"},
		{1, true, "7738e5b24d3f715c"},
		{2, true, "dcb91da8666ac16f"},
	}
	var e Encoder
	for _, test := range tests {
		encoding := encodings[test.encoding]
		planes := planesOf(207, 133, encoding.planes, encoding.sampling, landscape)
		data := e.Encode(planes, EncodeOptions{Quality: 80, Progressive: test.progressive})
		if sum := fmt.Sprintf("%x", sha256.Sum256(data))[:16]; sum != test.sum {
			t.Errorf("%s, progressive %t: sum is %s, want %s", encoding.name, test.progressive, sum, test.sum)
		}
	}
}

// segments lists the segments of a JPEG in hexadecimal, the marker first, without
// the coded data: quantisation tables to their first steps, and of Huffman tables
// where they go.
func segments(t *testing.T, data []byte) []string {
	t.Helper()
	list := []string{"d8"}
	for rest := data[2:]; ; {
		next := 0
		for rest[next] != 0xff || rest[next+1] == 0 {
			next++
		}
		marker := rest[next+1]
		if marker == 0xd9 {
			if len(rest) != next+2 {
				t.Errorf("%d bytes follow the end", len(rest)-next-2)
			}
			return append(list, "d9")
		}
		length := 2 + int(rest[next+2])<<8 + int(rest[next+3])
		payload := rest[next+4 : next+length]
		rest = rest[next+length:]
		switch marker {
		case 0xdb:
			for ; len(payload) > 0; payload = payload[65:] {
				list = append(list, fmt.Sprintf("db %x", payload[:10]))
			}
		case 0xc4:
			for len(payload) > 0 {
				list = append(list, fmt.Sprintf("c4 %02x", payload[0]))
				symbols := 0
				for _, n := range payload[1:17] {
					symbols += int(n)
				}
				payload = payload[17+symbols:]
			}
		default:
			list = append(list, fmt.Sprintf("%02x %x", marker, payload))
		}
	}
}

func TestEncodedSegments(t *testing.T) {
	tests := []struct {
		encoding    int
		progressive bool
		want        []string
	}{
		{0, false, []string{
			"d8", "e0 4a46494600010100000100010000",
			"db 000a0d0d150e15181717",
			"c0 080011002101011100",
			"c4 00", "c4 10", "da 010100003f00",
			"d9",
		}},
		{1, false, []string{
			"d8", "e0 4a46494600010100000100010000",
			"db 000a0d0d150e15181717", "db 01091414211921292222",
			"c0 080011002103011100021101031101",
			"c4 00", "c4 10", "c4 01", "c4 11", "da 03010002110311003f00",
			"d9",
		}},
		{2, false, []string{
			"d8", "e0 4a46494600010100000100010000",
			"db 000a0d0d150e15181717", "db 010a13131d171d1e1e1e",
			"c0 080011002103012200021101031101",
			"c4 00", "c4 10", "c4 01", "c4 11", "da 03010002110311003f00",
			"d9",
		}},
		{0, true, []string{
			"d8", "e0 4a46494600010100000100010000",
			"db 000a0d0d150e15181717",
			"c2 080011002101011100",
			"c4 00", "da 010100000001",
			"c4 10", "da 010100010502",
			"c4 10", "da 010100063f02",
			"c4 10", "da 010100013f21",
			"da 010100000010",
			"c4 10", "da 010100013f10",
			"d9",
		}},
		{2, true, []string{
			"d8", "e0 4a46494600010100000100010000",
			"db 000a0d0d150e15181717", "db 010a13131d171d1e1e1e",
			"c2 080011002103012200021101031101",
			"c4 00", "c4 01", "da 03010002110311000001",
			"c4 10", "da 010100010502",
			"c4 11", "da 010311013f01",
			"c4 11", "da 010211013f01",
			"c4 10", "da 010100063f02",
			"c4 10", "da 010100013f21",
			"da 03010002110311000010",
			"c4 11", "da 010311013f10",
			"c4 11", "da 010211013f10",
			"c4 10", "da 010100013f10",
			"d9",
		}},
	}
	var e Encoder
	for _, test := range tests {
		encoding := encodings[test.encoding]
		planes := planesOf(33, 17, encoding.planes, encoding.sampling, landscape)
		got := segments(t, e.Encode(planes, EncodeOptions{Quality: 50, Progressive: test.progressive}))
		if !slices.Equal(got, test.want) {
			t.Errorf("%s, progressive %t: segments are\n%s\nwant\n%s",
				encoding.name, test.progressive, strings.Join(got, "\n"), strings.Join(test.want, "\n"))
		}
	}
}

// TestEncoderForgets sees the same bytes whatever was encoded before.
func TestEncoderForgets(t *testing.T) {
	var used Encoder
	for _, progressive := range []bool{false, true, false} {
		for _, size := range []image.Point{{100, 80}, {17, 9}, {90, 120}} {
			for _, encoding := range encodings {
				planes := planesOf(size.X, size.Y, encoding.planes, encoding.sampling, landscape)
				o := EncodeOptions{Quality: 20 + size.X%70, Progressive: progressive}
				if !bytes.Equal(used.Encode(planes, o), new(Encoder).Encode(planes, o)) {
					t.Errorf("%s, %v, progressive %t: a used encoder writes other bytes", encoding.name, size, progressive)
				}
			}
		}
	}
}

func TestWarmEncoderAllocatesItsResultAlone(t *testing.T) {
	planes := planesOf(200, 200, 3, 2, landscape)
	for _, progressive := range []bool{false, true} {
		var e Encoder
		o := EncodeOptions{Quality: 80, Progressive: progressive}
		if n := testing.AllocsPerRun(5, func() { e.Encode(planes, o) }); n != 1 {
			t.Errorf("progressive %t: %v allocations, want 1", progressive, n)
		}
	}
}

func TestEncodePanicsAtMisuse(t *testing.T) {
	of := func(width, height int) plane.Plane {
		return plane.Plane{Pix: make([]uint8, width*height), Stride: width, Width: width, Height: height}
	}
	y := of(6, 4)
	tests := []struct {
		planes  []plane.Plane
		quality int
		want    string
	}{
		{[]plane.Plane{y}, 0, "jpeg: quality is 0, must be from 1 to 100"},
		{[]plane.Plane{y}, 101, "jpeg: quality is 101, must be from 1 to 100"},
		{nil, 80, "jpeg: there are 0 planes, must be 1 or 3"},
		{[]plane.Plane{y, y}, 80, "jpeg: there are 2 planes, must be 1 or 3"},
		{[]plane.Plane{y, y, y, y}, 80, "jpeg: there are 4 planes, must be 1 or 3"},
		{[]plane.Plane{{}}, 80, "jpeg: plane 0 is 0x0, must be from 1x1 to 65535x65535"},
		{[]plane.Plane{of(65536, 1)}, 80, "jpeg: plane 0 is 65536x1, must be from 1x1 to 65535x65535"},
		{[]plane.Plane{y, of(3, 2), {Pix: make([]uint8, 5), Stride: 3, Width: 3, Height: 2}}, 80,
			"jpeg: plane 2 is 3x2, which 5 samples of stride 3 are not enough for"},
		{[]plane.Plane{{Pix: make([]uint8, 24), Stride: 5, Width: 6, Height: 4}}, 80,
			"jpeg: plane 0 is 6x4, which 24 samples of stride 5 are not enough for"},
		{[]plane.Plane{y, of(3, 4), of(3, 4)}, 80, "jpeg: planes are 6x4, 3x4 and 3x4, which is neither 4:4:4 nor 4:2:0"},
		{[]plane.Plane{y, of(3, 2), of(6, 4)}, 80, "jpeg: planes are 6x4, 3x2 and 6x4, which is neither 4:4:4 nor 4:2:0"},
	}
	for _, test := range tests {
		func() {
			defer func() {
				if got := recover(); got != test.want {
					t.Errorf("panics with %v, want %v", got, test.want)
				}
			}()
			new(Encoder).Encode(test.planes, EncodeOptions{Quality: test.quality})
		}()
	}
}

// TestCorpusEncode encodes what image/jpeg decodes of a photograph.
func TestCorpusEncode(t *testing.T) {
	planes := photograph(t)
	var e Encoder
	for _, progressive := range []bool{false, true} {
		got := decoded(t, e.Encode(planes, EncodeOptions{Quality: 90, Progressive: progressive}))
		for i, atLeast := range []float64{40, 42, 42} {
			if dB := psnr(got[i], planes[i]); dB < atLeast {
				t.Errorf("progressive %t, plane %d: %.2f dB, want at least %v", progressive, i, dB, atLeast)
			}
		}
	}
}

// photograph is the planes of one in the folder that CORPUS names.
func photograph(t testing.TB) []plane.Plane {
	t.Helper()
	corpus := os.Getenv("CORPUS")
	if _, err := os.Stat(corpus); corpus == "" || err != nil {
		t.Skipf("CORPUS is %q, which is no folder", corpus)
	}
	data, err := os.ReadFile(filepath.Join(corpus, "bench", "p2.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	return decoded(t, data)
}

func FuzzEncode(f *testing.F) {
	f.Add([]byte{0}, uint8(1), uint8(1), uint8(0), uint8(80))
	f.Add([]byte{0, 255}, uint8(17), uint8(33), uint8(1), uint8(100))
	f.Add([]byte("soft and hard \x00\xff edges"), uint8(31), uint8(9), uint8(2), uint8(1))
	var e Encoder
	f.Fuzz(func(t *testing.T, samples []byte, width, height, encoding, quality uint8) {
		if len(samples) == 0 || width == 0 || height == 0 {
			return
		}
		next := 0
		kind := encodings[int(encoding)%len(encodings)]
		planes := planesOf(int(width), int(height), kind.planes, kind.sampling, func(int, int, int) uint8 {
			next++
			return samples[next%len(samples)]
		})
		o := EncodeOptions{Quality: 1 + int(quality)%100}
		baseline := decoded(t, e.Encode(planes, o))
		furthest(t, baseline, planes) // for the sizes
		o.Progressive = true
		if far := furthest(t, decoded(t, e.Encode(planes, o)), baseline); far > 0 {
			t.Errorf("progressive is %d levels off baseline", far)
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	for _, size := range []image.Point{{1440, 1080}, {640, 480}, {200, 200}} {
		planes := planesOf(size.X, size.Y, 3, 2, landscape)
		b.Run(fmt.Sprintf("%dx%d", size.X, size.Y), func(b *testing.B) { benchmarkEncode(b, planes, false) })
		b.Run(fmt.Sprintf("%dx%d-progressive", size.X, size.Y), func(b *testing.B) { benchmarkEncode(b, planes, true) })
	}
	b.Run("photograph", func(b *testing.B) { benchmarkEncode(b, photograph(b), false) })
}

func benchmarkEncode(b *testing.B, planes []plane.Plane, progressive bool) {
	var e Encoder
	bytes := 0
	b.ReportAllocs()
	for b.Loop() {
		bytes = len(e.Encode(planes, EncodeOptions{Quality: 80, Progressive: progressive}))
	}
	b.ReportMetric(float64(bytes), "bytes")
}

// TestEncodedProfile reads the segments back: they are numbered, each has its share, and
// the picture is what it is without them.
func TestEncodedProfile(t *testing.T) {
	for bytesOf, segments := range map[int]int{0: 0, 1: 1, 65_519: 1, 65_520: 2, 200_000: 4} {
		icc := make([]byte, bytesOf)
		for i := range icc {
			icc[i] = byte(i * 31)
		}
		var e Encoder
		planes := planesOf(9, 7, 3, 2, landscape)
		without := e.Encode(planes, EncodeOptions{Quality: 80})
		with := e.Encode(planes, EncodeOptions{Quality: 80, ICC: icc})
		const afterJFIF = 2 + 18
		rest := with[afterJFIF:]
		var got []byte
		n := 0
		for len(rest) > 4 && rest[1] == markerAPP2 {
			length := 2 + int(rest[2])<<8 + int(rest[3])
			part := rest[4:length]
			n++
			if string(part[:12]) != "ICC_PROFILE\x00" || int(part[12]) != n || int(part[13]) != segments {
				t.Errorf("%d bytes: segment %d begins with %q", bytesOf, n, part[:14])
			}
			got = append(got, part[14:]...)
			rest = rest[length:]
		}
		if n != segments || !bytes.Equal(got, icc) {
			t.Errorf("%d bytes: %d segments with %d bytes, want %d", bytesOf, n, len(got), segments)
		}
		if !bytes.Equal(rest, without[afterJFIF:]) {
			t.Errorf("%d bytes: the picture is another than without the profile", bytesOf)
		}
	}
}
