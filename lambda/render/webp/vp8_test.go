package webp

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"prew/lambda/render/plane"
)

var update = flag.Bool("update", false, "write the sums of testdata/vp8 anew, and the encoder's sums")

// frameOf decodes the lossy frame of a file into its samples in the limited range: Y',
// Cb and Cr row by row, as dwebp -yuv writes them.
func frameOf(file []byte) ([]byte, error) {
	var c container
	if err := c.read(file); err != nil {
		return nil, err
	}
	if c.lossy == nil {
		return nil, fmt.Errorf("not lossy")
	}
	var v vp8
	if err := v.open(c.lossy, c.frameWidth, c.frameHeight); err != nil {
		return nil, err
	}
	planes, err := v.decode(nil)
	if err != nil {
		return nil, err
	}
	return samplesOf(planes), nil
}

func samplesOf(planes []plane.Plane) (all []byte) {
	for _, p := range planes {
		for y := range p.Height {
			all = append(all, p.Row(y)...)
		}
	}
	return all
}

// dwebp returns what libwebp decodes a file to.
func dwebp(t testing.TB, file string) []byte {
	t.Helper()
	to := filepath.Join(t.TempDir(), "yuv")
	if out, err := exec.Command("dwebp", "-quiet", "-yuv", file, "-o", to).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", file, err, out)
	}
	samples, err := os.ReadFile(to)
	if err != nil {
		t.Fatal(err)
	}
	return samples
}

// plainly has everything decoded without vector instructions until the test ends.
func plainly(t testing.TB) {
	vectors := kernelsInUse()
	kernels{decodeSquaresGo, decodeGridGo, inverseStripGo, reconstructWholeGo, reconstructSquaresGo, reconstructChromaGo,
		filterLumaGo, filterChromaGo, filterSimpleGo, stretchLumaGo, stretchChromaGo}.use()
	t.Cleanup(vectors.use)
}

// kernels is what there is in assembly too.
type kernels struct {
	decodeSquares              func(_ *boolReader, _ *[16]uint8, _, _ *[4]uint8)
	decodeGrid                 func(*boolReader, *grid) uint
	inverseStrip               func(*[strip]int16)
	whole                      func(*surface, int, uint8, edges, *coefficients)
	squares                    func(*surface, int, *[16]uint8, *[4]uint8, *coefficients)
	chroma                     func(_, _ *surface, _ int, _ uint8, _ edges, _ *coefficients)
	filterLuma                 func(*surface, int, *strength, edges)
	filterChroma               func(_, _ *surface, _ int, _ *strength, _ edges)
	filterSimple               func(*surface, int, *strength, edges)
	stretchLuma, stretchChroma func([]uint8)
}

func kernelsInUse() kernels {
	return kernels{decodeSquares, decodeGrid, inverseStrip, reconstructWhole, reconstructSquares, reconstructChroma,
		filterLuma, filterChroma, filterSimple, stretchLuma, stretchChroma}
}

func (k kernels) use() {
	decodeSquares, decodeGrid = k.decodeSquares, k.decodeGrid
	inverseStrip, reconstructWhole, reconstructSquares, reconstructChroma = k.inverseStrip, k.whole, k.squares, k.chroma
	filterLuma, filterChroma, filterSimple = k.filterLuma, k.filterChroma, k.filterSimple
	stretchLuma, stretchChroma = k.stretchLuma, k.stretchChroma
}

// TestFrames holds frames to libwebp's, by the sums of what dwebp -yuv writes. The files
// of testdata/vp8 were made by cwebp with the options in their names; those of several
// partitions, for which it has no option, by libwebp.
func TestFrames(t *testing.T) {
	t.Run("vectors", testFrames)
	t.Run("plain", func(t *testing.T) {
		plainly(t)
		testFrames(t)
	})
}

func testFrames(t *testing.T) {
	files, err := filepath.Glob("testdata/vp8/*.webp")
	if err != nil || len(files) < 50 {
		t.Fatalf("%d sources: %v", len(files), err)
	}
	sum := func(samples []byte) string {
		all := sha256.Sum256(samples)
		return hex.EncodeToString(all[:8])
	}
	const sums = "testdata/vp8/sums"
	if *update {
		var all strings.Builder
		for _, file := range files {
			fmt.Fprintf(&all, "%s %s\n", sum(dwebp(t, file)), filepath.Base(file))
		}
		if err := os.WriteFile(sums, []byte(all.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	golden, err := os.ReadFile(sums)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for line := range strings.Lines(string(golden)) {
		s, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		want[name] = s
	}
	if len(want) != len(files) {
		t.Errorf("%d sums of %d files", len(want), len(files))
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if samples, err := frameOf(src); err != nil {
			t.Errorf("%s: %v", file, err)
		} else if sum(samples) != want[filepath.Base(file)] {
			t.Errorf("%s: other samples than libwebp's", file)
		}
	}
}

// TestFramesOfOptions holds frames that are made for it, with every option of cwebp, to
// dwebp's.
func TestFramesOfOptions(t *testing.T) {
	if _, err := exec.LookPath("cwebp"); err != nil {
		t.Log("there is no cwebp; the frames of testdata/vp8 are held to libwebp's sums all the same")
		return
	}
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 80 {
		width, height := 1+r.IntN(67), 1+r.IntN(67)
		source := filepath.Join(dir, "source.png")
		drawing(t, source, width, height, n)
		pick := func(of ...string) string { return of[r.IntN(len(of))] }
		number := func(below int) string { return fmt.Sprint(r.IntN(below)) }
		options := []string{"-quiet", "-m", number(7), "-q", number(101), "-segments", fmt.Sprint(1 + r.IntN(4)),
			"-sns", number(101), "-f", pick("0", number(101)), "-sharpness", number(8), pick("-strong", "-nostrong"),
			"-partition_limit", pick("0", number(101)), "-pass", fmt.Sprint(1 + r.IntN(3)), pick("-mt", "-noalpha"), pick("-af", "-noalpha"), pick("-jpeg_like", "-noalpha")}
		file := filepath.Join(dir, "made.webp")
		if out, err := exec.Command("cwebp", append(options, source, "-o", file)...).CombinedOutput(); err != nil {
			t.Fatalf("cwebp %v: %v: %s", options, err, out)
		}
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := frameOf(src); err != nil || !bytes.Equal(got, dwebp(t, file)) {
			t.Fatalf("%dx%d, cwebp %v: %v, or other samples than libwebp's", width, height, options, err)
		}
	}
}

// TestFramesOfDamage holds streams with some wrong bits to dwebp's, where both take them:
// what they say no encoder would.
func TestFramesOfDamage(t *testing.T) {
	if _, err := exec.LookPath("dwebp"); err != nil {
		t.Log("there is no dwebp")
		return
	}
	files, err := filepath.Glob("testdata/vp8/*.webp")
	if err != nil || len(files) == 0 {
		t.Fatalf("no sources: %v", err)
	}
	r := rand.New(rand.NewPCG(10, 11))
	damaged, decoded := filepath.Join(t.TempDir(), "webp"), filepath.Join(t.TempDir(), "yuv")
	both := 0
	for range 100 {
		src, err := os.ReadFile(files[r.IntN(len(files))])
		if err != nil {
			t.Fatal(err)
		}
		for range 1 + r.IntN(3) {
			const heads = 30
			src[heads+r.IntN(len(src)-heads)] ^= 1 << r.IntN(8)
		}
		if err := os.WriteFile(damaged, src, 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := frameOf(src)
		if err != nil || exec.Command("dwebp", "-quiet", "-yuv", damaged, "-o", decoded).Run() != nil {
			continue
		}
		both++
		if want, err := os.ReadFile(decoded); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%v, or other samples than libwebp's of %x", err, src)
		}
	}
	if both < 50 {
		t.Errorf("%d of 100 were taken", both)
	}
}

// drawing writes a picture of edges, gradients and noise.
func drawing(t *testing.T, file string, width, height, seed int) {
	r := rand.New(rand.NewPCG(7, uint64(seed)))
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	noise, edge, slope := r.IntN(60)+1, 3+r.IntN(30), r.IntN(9)
	for y := range height {
		for x := range width {
			v := x*slope + y*(8-slope)
			if (x+y/2)/edge%2 == 1 {
				v += 120
			}
			c := func(i int) uint8 { return uint8(min(max((v*(3+i)/3+r.IntN(noise))%300, 0), 255)) }
			m.SetNRGBA(x, y, color.NRGBA{c(0), c(1), c(2), 255})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestCorpusFrames holds every lossy picture of the collections that CORPUS and
// PICTURES name to dwebp's.
func TestCorpusFrames(t *testing.T) {
	held := 0
	for _, variable := range []string{"CORPUS", "PICTURES"} {
		dir := os.Getenv(variable)
		if _, err := os.Stat(dir); err != nil {
			continue
		}
		err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
			if err != nil || e.IsDir() || filepath.Ext(path) != ".webp" {
				return err
			}
			src, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			var c container
			if c.read(src) != nil || c.lossy == nil || c.animated {
				return nil
			}
			got, err := frameOf(src)
			if err != nil {
				t.Logf("%s: %v", path, err)
				return nil
			}
			held++
			if want := dwebp(t, path); len(want) < len(got) || !bytes.Equal(got, want[:len(got)]) {
				t.Errorf("%s: other samples than libwebp's", path)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if held == 0 {
		t.Skip("no collection is named")
	}
	t.Logf("%d pictures", held)
}

// TestVectors holds every step in vectors against the one in plain Go, whatever the
// samples and coefficients are.
func TestVectors(t *testing.T) {
	vectors := kernelsInUse()
	r := rand.New(rand.NewPCG(3, 4))
	var frames [2]vp8 // decoded by vectors, and plainly
	for i := range frames {
		f := &frames[i]
		f.luma.open(48, 48)
		f.cb.open(48, 48)
		f.cr.open(48, 48)
	}
	fill := func() {
		near := r.IntN(3) > 0 // so that filters have something to do
		for _, s := range [][2]*surface{{&frames[0].luma, &frames[1].luma}, {&frames[0].cb, &frames[1].cb}, {&frames[0].cr, &frames[1].cr}} {
			base, spread := r.IntN(256), 1+r.IntN(40)
			for i := range s[0].pix {
				v := r.IntN(256)
				if near {
					v = min(max(base+r.IntN(spread)-spread/2, 0), 255)
				}
				s[0].pix[i] = uint8(v)
			}
			copy(s[1].pix, s[0].pix)
		}
		large := r.IntN(4) == 0
		for i := range frames[0].coefs {
			v := r.NormFloat64() * 60
			if large {
				v = float64(r.IntN(1<<13) - 1<<12)
			}
			frames[0].coefs[i] = int16(v)
		}
		frames[1].coefs = frames[0].coefs
	}
	same := func(what string) {
		t.Helper()
		a, b := &frames[0], &frames[1]
		if !bytes.Equal(a.luma.pix, b.luma.pix) || !bytes.Equal(a.cb.pix, b.cb.pix) || !bytes.Equal(a.cr.pix, b.cr.pix) || a.coefs != b.coefs {
			t.Fatalf("%s: vectors make something else", what)
		}
	}
	for range 400 {
		at := frames[0].luma.start + 16*frames[0].luma.stride + 16
		e := edges(r.IntN(8))

		fill()
		part := r.IntN(strips) * strip
		for i := range frames[0].coefs {
			frames[0].coefs[i] *= int16(1 + 7*r.IntN(2)) // reconstruction has no more than what is left of sixteen bits
		}
		frames[1].coefs = frames[0].coefs
		vectors.inverseStrip((*[strip]int16)(frames[0].coefs[part:]))
		inverseStripGo((*[strip]int16)(frames[1].coefs[part:]))
		same("inverseStrip")

		fill()
		mode := uint8(r.IntN(4))
		vectors.whole(&frames[0].luma, at, mode, e, &frames[0].coefs)
		reconstructWholeGo(&frames[1].luma, at, mode, e, &frames[1].coefs)
		same(fmt.Sprintf("reconstructWhole of mode %d", mode))

		fill()
		vectors.chroma(&frames[0].cb, &frames[0].cr, at, mode, e, &frames[0].coefs)
		reconstructChromaGo(&frames[1].cb, &frames[1].cr, at, mode, e, &frames[1].coefs)
		same(fmt.Sprintf("reconstructChroma of mode %d", mode))

		fill()
		var all [16]uint8
		for i := range all {
			all[i] = uint8(r.IntN(modes))
		}
		right := [4]uint8{uint8(r.Uint32()), uint8(r.Uint32()), uint8(r.Uint32()), uint8(r.Uint32())}
		vectors.squares(&frames[0].luma, at, &all, &right, &frames[0].coefs)
		reconstructSquaresGo(&frames[1].luma, at, &all, &right, &frames[1].coefs)
		same("reconstructSquares")

		interior := r.IntN(64)
		f := strength{uint8(2*interior + r.IntN(64)), uint8(2*interior + r.IntN(64)), uint8(interior), uint8(r.IntN(3))}
		fill()
		vectors.filterLuma(&frames[0].luma, at, &f, e)
		filterLumaGo(&frames[1].luma, at, &f, e)
		same(fmt.Sprintf("filterLuma of edges %d", e))

		fill()
		vectors.filterSimple(&frames[0].luma, at, &f, e)
		filterSimpleGo(&frames[1].luma, at, &f, e)
		same(fmt.Sprintf("filterSimple of edges %d", e))

		fill()
		vectors.filterChroma(&frames[0].cb, &frames[0].cr, at, &f, e)
		filterChromaGo(&frames[1].cb, &frames[1].cr, at, &f, e)
		same(fmt.Sprintf("filterChroma of edges %d", e))

		fill()
		n := r.IntN(200)
		vectors.stretchLuma(frames[0].luma.pix[at:][:n])
		stretchLumaGo(frames[1].luma.pix[at:][:n])
		vectors.stretchChroma(frames[0].cb.pix[at:][:n])
		stretchChromaGo(frames[1].cb.pix[at:][:n])
		same("stretch")
	}
	var every, plain [256]uint8
	for i := range every {
		every[i] = uint8(i)
	}
	plain = every
	luma, lumaPlain := every, every
	vectors.stretchLuma(luma[:])
	stretchLumaGo(lumaPlain[:])
	vectors.stretchChroma(every[:])
	stretchChromaGo(plain[:])
	if luma != lumaPlain || every != plain {
		t.Error("stretch: vectors make something else")
	}
}

// TestRegisters holds what decodes booleans in registers against what does so in plain
// Go, whatever the data and its odds are.
func TestRegisters(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 9))
	data := make([]byte, 8000)
	for range 300 {
		for i := range data {
			data[i] = uint8(r.Uint32())
		}
		if r.IntN(4) == 0 {
			data[0] = 255 // which no encoder writes: it is above the whole interval
		}
		var odds positionOdds
		least := r.IntN(200)
		for position := range odds {
			for context := range odds[position] {
				for node := range odds[position][context] {
					odds[position][context][node] = oddsOf(uint8(least + r.IntN(256-least)))
				}
			}
		}
		random := func(n, below int) (all []uint8) {
			for range n {
				all = append(all, uint8(r.IntN(below)))
			}
			return all
		}
		type state struct {
			reader      boolReader
			above, left coded
			coefs       coefficients
			set         uint

			modes                 [16]uint8
			modesAbove, modesLeft [4]uint8
		}
		first := state{above: coded(random(10, 2)), left: coded(random(10, 2)), modesAbove: [4]uint8(random(4, modes)), modesLeft: [4]uint8(random(4, modes))}
		first.reader.open(data)
		of := grid{odds: &odds, place: &stripPlace, side: 1 << r.IntN(3), first: r.IntN(2), steps: steps{int16(1 + r.IntN(314)), int16(1 + r.IntN(440))}}
		of.at, of.edge = 8*r.IntN(2), r.IntN(9-of.side)
		var states [2]state
		for i, k := range []struct {
			grid    func(*boolReader, *grid) uint
			squares func(_ *boolReader, _ *[16]uint8, _, _ *[4]uint8)
		}{{decodeGrid, decodeSquares}, {decodeGridGo, decodeSquaresGo}} {
			s := &states[i]
			*s = first
			of.above, of.left, of.to = &s.above, &s.left, &s.coefs
			k.squares(&s.reader, &s.modes, &s.modesAbove, &s.modesLeft)
			s.set = k.grid(&s.reader, &of)
			k.squares(&s.reader, &s.modes, &s.modesAbove, &s.modesLeft)
			s.set += k.grid(&s.reader, &of)
			s.reader.data = nil
		}
		if fmt.Sprint(states[0]) != fmt.Sprint(states[1]) {
			t.Fatalf("a grid of %d, from %d on: registers make something else\n%v\n%v", of.side, of.first, states[0], states[1])
		}
	}
}

// TestBooleans decodes what an encoder as RFC 6386 describes it (section 7.3) writes.
func TestBooleans(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 200 {
		var w plainWriter
		w.span = 255
		type boolean struct {
			p   uint8
			set bool
		}
		all := make([]boolean, r.IntN(300)+1)
		for i := range all {
			p := uint8(r.IntN(255) + 1)
			all[i] = boolean{p, r.IntN(256) >= int(p)}
			w.write(p, all[i].set)
		}
		written := w.flush()
		var b boolReader
		b.open(written)
		for i, want := range all {
			if got := b.bool(want.p); got != want.set || b.over {
				t.Fatalf("boolean %d of %d is %v, over %v", i, len(all), got, b.over)
			}
		}
		// Without its last bytes something is missing.
		b.open(written[:max(len(written)-5, 0)])
		for _, want := range all {
			b.bool(want.p)
		}
		if !b.over {
			t.Fatalf("%d booleans are there without the last bytes of %d", len(all), len(written))
		}
	}
}

// plainWriter is the encoder of RFC 6386, section 7.3.
type plainWriter struct {
	out    []byte
	span   uint32
	bottom uint32
	count  int // of bits that are below the byte that comes next
}

func (w *plainWriter) write(p uint8, set bool) {
	if w.out == nil {
		w.count, w.out = 24, []byte{}
	}
	split := 1 + (w.span-1)*uint32(p)>>8
	if set {
		w.bottom += split
		w.span -= split
	} else {
		w.span = split
	}
	for w.span < 128 {
		w.span <<= 1
		if w.bottom>>31 != 0 {
			w.carry()
		}
		w.bottom <<= 1
		if w.count--; w.count == 0 {
			w.out = append(w.out, byte(w.bottom>>24))
			w.bottom &= 1<<24 - 1
			w.count = 8
		}
	}
}

func (w *plainWriter) carry() {
	i := len(w.out) - 1
	for ; w.out[i] == 255; i-- {
		w.out[i] = 0
	}
	w.out[i]++
}

func (w *plainWriter) flush() []byte {
	c, v := w.count, w.bottom
	if v>>(32-uint(c))&1 != 0 {
		w.carry()
	}
	v <<= uint(c & 7)
	for c >>= 3; c > 0; c-- {
		v <<= 8
	}
	for range 4 {
		w.out = append(w.out, byte(v>>24))
		v <<= 8
	}
	return w.out
}

// TestClaims checks that a stream of some bytes is refused at its first row, however
// large it claims to be, and that its header says what that would take.
func TestClaims(t *testing.T) {
	stream := bytes.Clone(source(t, "lossy-one")[12+chunkHead:])
	copy(stream[6:], "\xff\x3f\xff\x3f") // 16383x16383
	var d Decoder
	h, err := d.Open(riff(chunk("VP8 ", stream)))
	if err != nil || h.Memory < 16383*16383*3/2 {
		t.Errorf("%+v, %v", h, err)
	}
	if _, err := d.Row(0); err != errEnd {
		t.Errorf("%v, expected %v", err, errEnd)
	}
}

// TestPartitions checks streams whose partitions end early: their sizes are held against
// what there is.
func TestPartitions(t *testing.T) {
	stream := source(t, "lossy-photo")[12+chunkHead:]
	first := uint24(stream) >> 5
	for at := range vp8Head + first + 1 {
		if _, err := frameOf(riff(chunk("VP8 ", stream[:at]))); err == nil {
			t.Fatalf("whole with %d bytes", at)
		}
	}
	// A first partition that claims too much.
	long := bytes.Clone(stream)
	long[2] = 0xff
	if _, err := frameOf(riff(chunk("VP8 ", long))); err != errEnd {
		t.Errorf("%v, expected %v", err, errEnd)
	}
}

// FuzzVP8 looks for streams that make the decoder panic, or that vectors decode to
// something else than plain Go.
func FuzzVP8(f *testing.F) {
	for _, pattern := range []string{"testdata/*.webp", "testdata/vp8/*.webp"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatalf("no sources: %v", err)
		}
		for _, file := range files {
			src, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			var c container
			if c.read(src) == nil && c.lossy != nil {
				f.Add(c.lossy)
			}
		}
	}
	vectors := kernelsInUse()
	f.Cleanup(vectors.use)
	var decoders [2]vp8 // one for all, so that what one leaves behind meets the next
	f.Fuzz(func(t *testing.T, stream []byte) {
		var c container
		if err := c.read(riff(chunk("VP8 ", stream))); err != nil || c.width*c.height > 1<<16 {
			return
		}
		decode := func(v *vp8, stream []byte) ([]byte, error) {
			if err := v.open(stream, c.width, c.height); err != nil {
				return nil, err
			}
			planes, err := v.decode(nil)
			return samplesOf(planes), err
		}
		// Where much follows, what decodes booleans in registers is used too.
		for _, stream := range [][]byte{c.lossy, append(bytes.Clone(c.lossy), make([]byte, 6000)...)} {
			vectors.use()
			got, err := decode(&decoders[0], stream)
			plainly(t)
			want, plainErr := decode(&decoders[1], stream)
			if err != plainErr || !bytes.Equal(got, want) {
				t.Fatalf("%v in assembly, %v in plain Go, or other samples", err, plainErr)
			}
		}
	})
}
