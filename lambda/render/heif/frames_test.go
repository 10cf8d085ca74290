package heif

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"hash/crc32"
	"runtime"
	"slices"
	"testing"

	"prew/lambda/render/plane"
	"prew/lambda/render/plane/planetest"
)

// reel is a track that a test builds, of samples in one chunk.
type reel struct {
	kind          string // av01
	width, height int
	properties    []property
	samples       [][]byte
	alphaOf       int
	timescale     int      // 1000
	units         [][2]int // of 40 milliseconds
	elst          []byte
	duration      int
	chunk         int // samples of one, all
	shift         int // bytes by which they are said to lie elsewhere
	header        int // the side that the track's header says, 64
}

// moving is a file that begins as another one and has tracks besides.
func moving(still []byte, reels ...reel) []byte {
	still = bytes.Clone(still)
	copy(still[8:], "avis\x00\x00\x00\x00avis") // of the same size: the places in it hold
	be32 := func(all ...int) (b []byte) {
		for _, v := range all {
			b = binary.BigEndian.AppendUint32(b, uint32(v))
		}
		return b
	}
	var mdat []byte
	movie := func(at int) []byte {
		mdat = nil
		var moov []byte
		for i, r := range reels {
			kind, timescale, units := cmp.Or(r.kind, "av01"), cmp.Or(r.timescale, 1000), r.units
			if units == nil {
				units = [][2]int{{len(r.samples), 40}}
			}
			chunk, header := cmp.Or(r.chunk, len(r.samples)), cmp.Or(r.header, 64)<<16
			stts, stsz, stco := be32(0, len(units)), be32(0, 0, len(r.samples)), []byte{}
			for _, u := range units {
				stts = append(stts, be32(u[0], u[1])...)
			}
			stsc, chunks := []byte{}, 0
			for n, s := range r.samples {
				if n%chunk == 0 {
					mdat = append(mdat, "gap"...)
					stco = append(stco, be32(at+len(mdat)+r.shift)...)
					chunks++
					stsc = append(stsc, be32(chunks, min(chunk, len(r.samples)-n), 1)...)
				}
				stsz = append(stsz, be32(len(s))...)
				mdat = append(mdat, s...)
			}
			entry := append(make([]byte, 24), byte(r.width>>8), byte(r.width), byte(r.height>>8), byte(r.height))
			entry = append(entry, make([]byte, 50)...)
			for _, p := range r.properties {
				entry = appendBox(entry, p.kind, p.body)
			}
			stbl := appendBox(nil, "stsd", be32(0, 1), appendBox(nil, kind, entry))
			stbl = appendBox(stbl, "stts", stts)
			stbl = appendBox(stbl, "stsc", be32(0, chunks), stsc)
			stbl = appendBox(stbl, "stsz", stsz)
			stbl = appendBox(stbl, "stco", be32(0, chunks), stco)
			trak := appendBox(nil, "tkhd", be32(0, 0, 0, i+1, 0, r.duration), make([]byte, 52), be32(header, header))
			if r.alphaOf != 0 {
				trak = appendBox(trak, "tref", appendBox(nil, "auxl", be32(r.alphaOf)))
			}
			if r.elst != nil {
				trak = appendBox(trak, "edts", appendBox(nil, "elst", r.elst))
			}
			mdhd := appendBox(nil, "mdhd", be32(0, 0, 0, timescale, 0, 0))
			trak = appendBox(trak, "mdia", mdhd, appendBox(nil, "minf", appendBox(nil, "stbl", stbl)))
			moov = appendBox(moov, "trak", trak)
		}
		return appendBox(nil, "moov", moov)
	}
	n := len(movie(0))
	moov := movie(len(still) + n + 8)
	return appendBox(slices.Concat(still, moov), "mdat", mdat)
}

// stills is a track of quarters, each coded by itself.
func stills(t testing.TB, n int) (still []byte, r reel) {
	q := quarters(t, AV1)
	r = reel{width: 64, height: 64}
	for _, p := range q.properties {
		if p.kind == "av1C" || p.kind == "colr" { // in this order
			r.properties = append(r.properties, p)
		}
	}
	for range n {
		r.samples = append(r.samples, q.data)
	}
	return q.alone(), r
}

// framesOf returns the canvases of a file, one after another, and for how long each is
// shown.
func framesOf(file []byte) (h Header, a plane.Animation, canvases [][]uint8, delays []int, err error) {
	var d Decoder
	defer d.Close()
	if h, err = d.Open(file); err != nil {
		return h, a, nil, nil, err
	}
	if a, err = d.Animation(); err != nil || a.Frames < 2 {
		return h, a, nil, nil, err
	}
	canvases, delays, err = planetest.Canvases(&d, a.Frames, h.Width, h.Height)
	return h, a, canvases, delays, err
}

// drawn is what the films of testdata show: a square that goes to the right and becomes
// more transparent, on a ground of which the left half lets half of what is behind through.
func drawn(frame, x, y int) [4]int {
	switch left := 4 + 12*frame; {
	case x >= left && x < left+16 && y >= 16 && y < 32:
		return [4]int{230, 30, 30, 255 - 60*frame}
	case x < 32:
		return [4]int{40, 80, 160, 128}
	}
	return [4]int{200, 160, 40, 255}
}

// TestFilmsFrames decodes films with alpha, whose frames but the first are coded by those
// before them. avifenc 0.11 made them of PNGs of what is drawn: moving.avif by
//
//	-s 0 --yuv 420 --min 0 --max 8 --minalpha 0 --maxalpha 4 --timescale 100
//	--duration 10 0.png --duration 4 1.png --duration 50 2.png --duration 23 3.png
//
// and moving-deep.avif by -p -s 6 -d 10, and else the same.
func TestFilmsFrames(t *testing.T) {
	for name, sum := range map[string]uint32{"moving.avif": 0xb72b2c28, "moving-deep.avif": 0x47f8b3b4} {
		h, a, canvases, delays, err := framesOf(testFile(t, name))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if h.Width != 64 || h.Height != 48 || a.Frames != 4 || a.Loops != 0 || a.Pixels != 4*64*48 {
			t.Errorf("%s: %dx%d, %+v", name, h.Width, h.Height, a)
		}
		if want := []int{100, 40, 500, 230}; !slices.Equal(delays, want) {
			t.Errorf("%s: shown for %v ms, want %v", name, delays, want)
		}
		if got := crc32.ChecksumIEEE(slices.Concat(canvases...)); got != sum {
			t.Errorf("%s: its frames have the sum %#x, on other machines %#x", name, got, sum)
		}
		for n, c := range canvases {
			worst := 0
			for y := 2; y < 46; y++ {
				for x := 2; x < 62; x++ {
					want := drawn(n, x, y)
					if drawn(n, x-2, y) != want || drawn(n, x+2, y) != want || drawn(n, x, y-2) != want || drawn(n, x, y+2) != want {
						continue // chroma has half the samples
					}
					for i, v := range c[4*(y*64+x):][:4] {
						worst = max(worst, int(v)-want[i], want[i]-int(v))
					}
				}
			}
			if worst > 6 {
				t.Errorf("%s: frame %d is %d away from what was drawn, expected 6 at most", name, n, worst)
			}
		}
	}
}

// TestFramesAreAsStills decodes films of stills: each of their frames is as the still is,
// and turned and cut as that.
func TestFramesAreAsStills(t *testing.T) {
	for name, views := range map[string][]property{
		"whole":  nil,
		"turned": {prop("irot", "\x01"), prop("imir", "\x00")},
		"cut":    {aperture(33, 31, 1, 1)},
	} {
		_, r := stills(t, 3)
		r.chunk = 2
		r.properties = append(r.properties[:1], views...) // and nothing of colours
		still := quarters(t, AV1).with(views...).alone()
		h, a, canvases, _, err := framesOf(moving(still, r))
		if err != nil || a.Frames != 3 {
			t.Fatalf("%s: %+v, %v", name, a, err)
		}
		var d Decoder
		if _, err := d.Open(still); err != nil {
			t.Fatal(err)
		}
		rows, err := d.pixels(h.Picture)
		if err != nil {
			t.Fatal(err)
		}
		var want []uint8
		for _, p := range slices.Concat(rows...) {
			want = append(want, uint8(p[0]), uint8(p[1]), uint8(p[2]), uint8(p[3]))
		}
		for n, c := range canvases {
			if !bytes.Equal(c, want) {
				t.Errorf("%s: frame %d is another picture", name, n)
			}
		}
	}
}

func TestDelaysAndLoops(t *testing.T) {
	repeated := func(flags, segment byte) []byte {
		return []byte{0, 0, 0, flags, 0, 0, 0, 1, 0, 0, 0, segment, 0, 0, 0, 0, 0, 1, 0, 0}
	}
	for _, test := range []struct {
		name   string
		change func(r *reel)
		loops  int
		delays []int
	}{
		{"as it is", func(r *reel) {}, 0, []int{40, 40, 40}},
		{"thirds of a second", func(r *reel) { r.timescale, r.units = 3, [][2]int{{3, 1}} }, 0, []int{333, 334, 333}},
		{"two runs", func(r *reel) { r.units = [][2]int{{1, 70}, {2, 20}} }, 0, []int{70, 20, 20}},
		{"the last run holds", func(r *reel) { r.units = [][2]int{{1, 70}, {1, 20}} }, 0, []int{70, 20, 20}},
		{"a year", func(r *reel) { r.timescale, r.units = 1, [][2]int{{3, 31536000}} }, 0, []int{maxDelay, maxDelay, maxDelay}},
		{"once", func(r *reel) { r.elst = repeated(0, 120) }, 1, []int{40, 40, 40}},
		{"for ever", func(r *reel) { r.elst, r.duration = repeated(1, 120), 1<<32-1 }, 0, []int{40, 40, 40}},
		{"three times", func(r *reel) { r.elst, r.duration = repeated(1, 120), 360 }, 3, []int{40, 40, 40}},
		{"three times and a bit", func(r *reel) { r.elst, r.duration = repeated(1, 120), 361 }, 4, []int{40, 40, 40}},
	} {
		still, r := stills(t, 3)
		test.change(&r)
		_, a, _, delays, err := framesOf(moving(still, r))
		if err != nil || a.Loops != test.loops || !slices.Equal(delays, test.delays) {
			t.Errorf("%s: shown %d times, for %v, %v, want %d, %v", test.name, a.Loops, delays, err, test.loops, test.delays)
		}
	}
}

// TestFilmsThatAreNone are files that stay as still as their picture.
func TestFilmsThatAreNone(t *testing.T) {
	p3 := colourProperty(nclx{primaries: 12, transfer: 13, matrix: 6, full: true})
	for name, change := range map[string]func(file []byte, r *reel) []byte{
		"another brand": func(file []byte, r *reel) []byte { m := moving(file, *r); copy(m[8:], "avif"); return m },
		"no track":      func(file []byte, r *reel) []byte { return moving(file) },
		"another codec": func(file []byte, r *reel) []byte { r.kind = "hvc1"; return moving(file, *r) },
		"another size":  func(file []byte, r *reel) []byte { r.width = 32; return moving(file, *r) },
		"turned": func(file []byte, r *reel) []byte {
			r.properties = append(r.properties, prop("irot", "\x01"))
			return moving(file, *r)
		},
		"other colours":   func(file []byte, r *reel) []byte { r.properties[1] = p3; return moving(file, *r) },
		"only some alpha": func(file []byte, r *reel) []byte { r.alphaOf = 7; return moving(file, *r) },
	} {
		still, r := stills(t, 3)
		if _, a, _, _, err := framesOf(change(still, &r)); err != nil || a.Frames != 1 || a.Loops != 1 {
			t.Errorf("%s: %+v, %v", name, a, err)
		}
	}
}

func TestFilmErrors(t *testing.T) {
	elst := func(count, flags, segment byte) []byte {
		return []byte{0, 0, 0, flags, 0, 0, 0, count, 0, 0, 0, segment, 0, 0, 0, 0, 0, 1, 0, 0}
	}
	for _, test := range []struct {
		change func(r *reel)
		want   string
	}{
		{func(r *reel) { r.shift = 1 << 20 }, "unsupported HEIF: its codec refuses it"},
		{func(r *reel) { r.samples[2] = []byte{} }, "unsupported HEIF: its codec refuses it"},
		{func(r *reel) { r.samples[1] = []byte{0x32, 2, 0xff, 0xff} }, "damaged HEIF: its codec gives up"},
		{func(r *reel) { r.samples[1] = []byte{0x12, 0} }, "damaged HEIF: its AV1 stream can't be decoded"}, // a delimiter
		{func(r *reel) { r.samples[1] = bytes.Repeat(r.samples[1], 10_000) }, "HEIF beyond a limit: decoding takes too long"},
		{func(r *reel) { r.samples = slices.Repeat(r.samples[:1], 1001) }, "HEIF beyond a limit: it has more than 1000 frames"},
		{func(r *reel) { r.units = [][2]int{} }, "damaged HEIF: a film does not say for how long a picture is shown"},
		{func(r *reel) { r.samples = nil; r.chunk = 1 }, "damaged HEIF: a film has no pictures"},
		{func(r *reel) { r.elst = elst(2, 1, 9) }, "unsupported HEIF: it repeats 2 edits"},
		{func(r *reel) { r.elst = elst(1, 1, 0) }, "damaged HEIF: it repeats nothing"},
		{func(r *reel) { r.elst = elst(1, 1, 9)[:11] }, `damaged HEIF: box "elst" is cut off`},
	} {
		still, r := stills(t, 3)
		test.change(&r)
		_, _, _, _, err := framesOf(moving(still, r))
		if err == nil || err.Error() != test.want {
			t.Errorf("error %v, want %q", err, test.want)
		}
	}
}

// TestFilmsOfAnotherSize are a film that says of what samples are that they are smaller than
// the track is, and one that is larger than the codec is to decode, with its alpha.
func TestFilmsOfAnotherSize(t *testing.T) {
	for _, test := range []struct {
		side int
		want string
	}{
		{32, "unsupported HEIF: its codec makes another picture of it: 64x64"},
		{5000, "HEIF beyond a limit: its codec would have to decode 100 megapixels, limit is 64"},
	} {
		_, r := stills(t, 2)
		r.width, r.height = test.side, test.side
		alpha := r
		alpha.alphaOf = 1
		still := quarters(t, AV1)
		still.properties = append([]property{sizeProperty(test.side, test.side)}, still.properties...)
		if _, _, _, _, err := framesOf(moving(still.alone(), r, alpha)); err == nil || err.Error() != test.want {
			t.Errorf("%d: error %v, want %q", test.side, err, test.want)
		}
	}
}

// TestFilmsThatAreLeft checks that nothing is left of a film that nobody watches to its end.
func TestFilmsThatAreLeft(t *testing.T) {
	film := testFile(t, "moving.avif")
	_, _, want, _, err := framesOf(film)
	if err != nil {
		t.Fatal(err)
	}
	before := runtime.NumGoroutine()
	var d Decoder
	for shown := range len(want) {
		if _, err := d.Open(film); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Animation(); err != nil {
			t.Fatal(err)
		}
		canvas := make([]uint8, 4*64*48)
		for n := range shown {
			if _, err := d.Next(canvas); err != nil || !bytes.Equal(canvas, want[n]) {
				t.Errorf("frame %d of %d is another one, or %v", n, shown, err)
			}
		}
	}
	d.Close()
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines are left", after-before)
	}
}
