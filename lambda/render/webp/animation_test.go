package webp

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// moment is a canvas and how long it is shown.
type moment struct {
	canvas *image.NRGBA
	delay  int
}

// writtenFrame is a frame of a file.
type writtenFrame struct {
	rect            image.Rectangle
	delay           int
	blend, dispose  bool
	lossless, alpha bool
	pixels          *image.NRGBA
}

// animated encodes canvases.
func animated(t testing.TB, moments []moment, loops int, o EncodeOptions) []byte {
	t.Helper()
	var file bytes.Buffer
	a := new(Encoder).NewAnimation(&file, moments[0].canvas.Rect.Size(), loops, o)
	for _, m := range moments {
		if err := a.Add(m.canvas, m.delay); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// framesOf reads what an animation says of its frames, and decodes them one by one: by
// libwebp where it is there, else by this package.
func framesOf(t testing.TB, file []byte) (size image.Point, loops int, flags byte, frames []writtenFrame) {
	t.Helper()
	if got := int(binary.LittleEndian.Uint32(file[4:])) + 8; got != len(file) {
		t.Fatalf("RIFF says %d bytes, there are %d", got, len(file))
	}
	_, err := exec.LookPath("dwebp")
	there := err == nil
	for name, chunk := range chunks(file[fileHead:]) {
		switch name {
		case "VP8X":
			flags, size = chunk[0], image.Pt(uint24(chunk[4:])+1, uint24(chunk[7:])+1)
		case "ANIM":
			loops = int(binary.LittleEndian.Uint16(chunk[4:]))
		case "ANMF":
			at := image.Pt(2*uint24(chunk), 2*uint24(chunk[3:]))
			f := writtenFrame{rect: image.Rectangle{Min: at, Max: at.Add(image.Pt(uint24(chunk[6:])+1, uint24(chunk[9:])+1))},
				delay: uint24(chunk[12:]), blend: chunk[15]&2 == 0, dispose: chunk[15]&1 != 0}
			var picture []namedChunk
			for name, part := range chunks(chunk[frameHead:]) {
				picture = append(picture, namedChunk{name, part})
				f.lossless = f.lossless || name == "VP8L"
				f.alpha = f.alpha || name == "ALPH" || name == "VP8L" && part[4]>>4&1 != 0
			}
			still := assemble(f.rect.Dx(), f.rect.Dy(), true, nil, picture)
			if there {
				f.pixels = &image.NRGBA{Pix: dwebpPixels(t, still), Stride: 4 * f.rect.Dx(), Rect: image.Rectangle{Max: f.rect.Size()}}
			} else if _, f.pixels, err = decode(still); err != nil {
				t.Fatal(err)
			}
			frames = append(frames, f)
		}
	}
	return size, loops, flags, frames
}

// composed are the canvases that a viewer shows (RFC 9649, section 2.7.1.1).
func composed(size image.Point, frames []writtenFrame) []moment {
	canvas := image.NewNRGBA(image.Rectangle{Max: size})
	var shown []moment
	for i, f := range frames {
		if i > 0 && frames[i-1].dispose {
			everyPixel(frames[i-1].rect, func(x, y int) { canvas.SetNRGBA(x, y, color.NRGBA{}) })
		}
		everyPixel(f.rect, func(x, y int) {
			p := f.pixels.NRGBAAt(x-f.rect.Min.X, y-f.rect.Min.Y)
			if under := canvas.NRGBAAt(x, y); f.blend && p.A != 0xff {
				p = over(p, under)
			}
			canvas.SetNRGBA(x, y, p)
		})
		copied := *canvas
		copied.Pix = bytes.Clone(canvas.Pix)
		if n := len(shown); n > 0 && bytes.Equal(shown[n-1].canvas.Pix, copied.Pix) {
			shown[n-1].delay += f.delay
			continue
		}
		shown = append(shown, moment{&copied, f.delay})
	}
	return shown
}

func everyPixel(r image.Rectangle, do func(x, y int)) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			do(x, y)
		}
	}
}

// over blends as RFC 9649, section 2.7.1.1, says.
func over(p, under color.NRGBA) color.NRGBA {
	if p.A == 0 {
		return under
	}
	under.A = uint8(int(under.A) * (255 - int(p.A)) / 255)
	a := int(p.A) + int(under.A)
	mix := func(s, d uint8) uint8 { return uint8((int(s)*int(p.A) + int(d)*int(under.A)) / a) }
	return color.NRGBA{mix(p.R, under.R), mix(p.G, under.G), mix(p.B, under.B), uint8(a)}
}

// at is what is shown at a time in ms.
func at(shown []moment, time int) *image.NRGBA {
	for _, m := range shown {
		if time -= m.delay; time < 0 {
			return m.canvas
		}
	}
	return nil
}

// merged are canvases without those that do not differ from the one before.
func merged(moments []moment) []moment {
	var all []moment
	for _, m := range moments {
		if n := len(all); n > 0 && bytes.Equal(all[n-1].canvas.Pix, m.canvas.Pix) {
			all[n-1].delay += m.delay
			continue
		}
		all = append(all, m)
	}
	return all
}

// off are the largest difference of an alpha and of a colour that is seen, and the mean
// square of the latter.
func off(got, want *image.NRGBA) (alpha, colour int, square float64) {
	n := 0
	for i := 0; i < len(want.Pix); i += 4 {
		g, w := got.Pix[i:][:4], want.Pix[i:][:4]
		alpha = max(alpha, int(g[3])-int(w[3]), int(w[3])-int(g[3]))
		if w[3] == 0 {
			continue
		}
		for j := range 3 {
			d := int(g[j]) - int(w[j])
			colour = max(colour, d, -d)
			square += float64(d * d)
			n++
		}
	}
	return alpha, colour, square / float64(max(n, 1))
}

// The canvases of the tests: pixels by their place and the number of the canvas.
var scenes = []struct {
	name          string
	width, height int
	n             int
	pixel         func(i, x, y int) color.NRGBA
	drawn         bool // so that frames are lossless
}{
	{"a disc over a drawing", 97, 71, 6, func(i, x, y int) color.NRGBA {
		if inDisc(x, y, 20+9*i, 30, 14) {
			return color.NRGBA{200, 30, 30, 255}
		}
		return color.NRGBA{uint8(x / 24 * 40), 90, uint8(y / 20 * 30), 255}
	}, true},
	{"a disc over nothing", 97, 71, 6, func(i, x, y int) color.NRGBA {
		if inDisc(x, y, 20+9*i, 30, 14) {
			return color.NRGBA{200, 30, 30, 255}
		}
		return color.NRGBA{}
	}, true},
	{"a soft disc over nothing", 97, 71, 6, func(i, x, y int) color.NRGBA {
		d := (x-20-9*i)*(x-20-9*i) + (y-30)*(y-30)
		return color.NRGBA{uint8(100 + x), uint8(2 * y), 90, uint8(min(max(900-4*d, 0), 255))}
	}, false},
	{"a film", 96, 64, 5, func(i, x, y int) color.NRGBA {
		return photo(x+3*i, y)
	}, false},
	{"a disc over a photo", 128, 96, 5, func(i, x, y int) color.NRGBA {
		if inDisc(x, y, 40+9*i, 30, 14) {
			return color.NRGBA{200, 30, 30, 255}
		}
		return photo(x, y)
	}, false},
	{"a hole in a photo", 128, 96, 5, func(i, x, y int) color.NRGBA {
		if inDisc(x, y, 40+9*i, 30, 14) {
			return color.NRGBA{}
		}
		return photo(x, y)
	}, false},
	{"lines that stay", 60, 60, 8, func(i, x, y int) color.NRGBA {
		if y%8 == 3 && y < 8*i && x > 5 && x < 50 {
			return color.NRGBA{0, 0, 0, 255}
		}
		return color.NRGBA{255, 255, 255, 255}
	}, true},
	{"one pixel", 1, 1, 3, func(i, x, y int) color.NRGBA { return color.NRGBA{uint8(80 * i), 10, 10, 255} }, true},
	{"nothing, something, nothing", 40, 30, 3, func(i, x, y int) color.NRGBA {
		if i == 1 && x > 12 && y > 8 && x < 20 && y < 11 {
			return color.NRGBA{10, 200, 10, 128}
		}
		return color.NRGBA{}
	}, true},
}

func photo(x, y int) color.NRGBA {
	v := landscape(0, x, y)
	return color.NRGBA{v, uint8(int(v) * 3 / 4), uint8(int(v)/2 + y/2), 255}
}

func inDisc(x, y, atX, atY, radius int) bool {
	return (x-atX)*(x-atX)+(y-atY)*(y-atY) < radius*radius
}

func sceneOf(width, height, n int, pixel func(i, x, y int) color.NRGBA) []moment {
	var moments []moment
	for i := range n {
		m := image.NewNRGBA(image.Rect(0, 0, width, height))
		everyPixel(m.Rect, func(x, y int) { m.SetNRGBA(x, y, pixel(i, x, y)) })
		moments = append(moments, moment{m, 40 + 10*i})
	}
	return moments
}

// TestAnimationShowsWhatWasAdded decodes the frames and puts them together.
func TestAnimationShowsWhatWasAdded(t *testing.T) {
	for _, s := range scenes {
		for _, effort := range []Effort{Fast, Balanced, Small} {
			moments := sceneOf(s.width, s.height, s.n, s.pixel)
			file := animated(t, moments, 3, EncodeOptions{Quality: 90, Effort: effort})
			size, loops, flags, frames := framesOf(t, file)
			if size != moments[0].canvas.Rect.Size() || loops != 3 || flags&hasAnimation == 0 {
				t.Errorf("%s: canvas %v, %d loops, flags %#x", s.name, size, loops, flags)
			}
			got, want := composed(size, frames), merged(moments)
			if len(got) != len(want) {
				t.Errorf("%s: %d canvases, want %d", s.name, len(got), len(want))
				continue
			}
			alpha := false
			for i := range want {
				alpha = alpha || frames[i].alpha
				offAlpha, offColour, square := off(got[i].canvas, want[i].canvas)
				limit := 60.
				if s.drawn {
					limit = 4
				}
				if got[i].delay != want[i].delay || offAlpha != 0 || square > limit || s.drawn && offColour > nearOf(90) {
					t.Errorf("%s, canvas %d, effort %d: %d ms, want %d; alpha is off by %d, colours by %d, %.1f as mean square",
						s.name, i, effort, got[i].delay, want[i].delay, offAlpha, offColour, square)
				}
				if s.drawn && !frames[i].lossless {
					t.Errorf("%s: frame %d is lossy", s.name, i)
				}
			}
			if has := flags&hasAlpha != 0; has != alpha {
				t.Errorf("%s: the file says it has alpha: %v, frames: %v", s.name, has, alpha)
			}
		}
	}
}

// TestAnimationOfAnything takes canvases at random that share much or little with the
// ones before.
func TestAnimationOfAnything(t *testing.T) {
	for seed := range uint64(25) {
		r := rand.New(rand.NewPCG(seed, 5))
		size := image.Pt(1+r.IntN(40), 1+r.IntN(40))
		canvas := image.NewNRGBA(image.Rectangle{Max: size})
		alphas := [][]uint8{{255}, {0, 255}, {0, 100, 255}}[r.IntN(3)]
		var moments []moment
		for range 1 + r.IntN(8) {
			colour := color.NRGBA{uint8(r.Uint32()), uint8(r.Uint32()), uint8(r.Uint32()), alphas[r.IntN(len(alphas))]}
			at := image.Pt(r.IntN(size.X), r.IntN(size.Y))
			rect := image.Rectangle{Min: at, Max: at.Add(image.Pt(r.IntN(size.X+1), r.IntN(size.Y+1)))}.Intersect(canvas.Rect)
			if len(moments) == 0 && len(alphas) == 1 {
				rect = canvas.Rect
			}
			noise := 1 + r.IntN(3)*20
			everyPixel(rect, func(x, y int) {
				p := colour
				p.G += uint8(r.IntN(noise))
				canvas.SetNRGBA(x, y, p)
			})
			moments = append(moments, moment{&image.NRGBA{Pix: bytes.Clone(canvas.Pix), Stride: canvas.Stride, Rect: canvas.Rect}, 1 + r.IntN(200)})
		}
		_, _, _, frames := framesOf(t, animated(t, moments, 0, EncodeOptions{Quality: 100}))
		shown, from := composed(size, frames), 0
		for i, m := range moments {
			alpha, _, square := off(at(shown, from), m.canvas)
			from += m.delay
			if alpha != 0 || square > 150 {
				t.Errorf("seed %d, canvas %d: alpha is off by %d, colours by %.1f as mean square", seed, i, alpha, square)
			}
		}
	}
}

// TestAnimationSums holds the bytes, which are the same on every architecture, to sums in
// testdata. Run it with -update to write them anew.
func TestAnimationSums(t *testing.T) {
	var sums strings.Builder
	for _, s := range scenes {
		for _, quality := range []int{60, 85} {
			file := animated(t, sceneOf(s.width, s.height, s.n, s.pixel), 0, EncodeOptions{Quality: quality})
			fmt.Fprintf(&sums, "%s at %d: %d bytes, %x\n", s.name, quality, len(file), sha256.Sum256(file))
		}
	}
	const file = "testdata/animated.txt"
	if *update {
		if err := os.WriteFile(file, []byte(sums.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if sums.String() != string(want) {
		t.Errorf("animations are\n%swant\n%s", sums.String(), want)
	}
}

// TestAnimationSaysWhatStays: frames are what changes alone, and what disappears is taken
// away with the frame that has it.
func TestAnimationSaysWhatStays(t *testing.T) {
	square := func(x, y int) *image.NRGBA {
		m := image.NewNRGBA(image.Rect(0, 0, 64, 48))
		everyPixel(image.Rect(x, y, x+9, y+7), func(x, y int) { m.SetNRGBA(x, y, color.NRGBA{9, 90, 200, 255}) })
		return m
	}
	ground := func(x, y int) *image.NRGBA {
		m := square(x, y)
		for i := 0; i < len(m.Pix); i += 4 {
			if m.Pix[i+3] == 0 {
				copy(m.Pix[i:], []uint8{255, 255, 255, 255})
			}
		}
		return m
	}
	for _, test := range []struct {
		name    string
		moments []moment
		want    string
	}{
		{"over a ground", []moment{{ground(3, 5), 10}, {ground(23, 25), 20}},
			"(0,0)-(64,48) 10 ms blend; (2,4)-(32,32) 20 ms blend"},
		{"over nothing", []moment{{square(3, 5), 10}, {square(23, 25), 20}, {square(23, 25), 30}, {square(40, 5), 5}},
			"(2,4)-(12,12) 10 ms blend dispose; (22,24)-(32,32) 50 ms blend dispose; (40,4)-(49,12) 5 ms blend"},
		{"the same", []moment{{square(3, 5), 10}, {square(3, 5), 20}}, "(2,4)-(12,12) 30 ms blend"},
		{"nothing", []moment{{image.NewNRGBA(image.Rect(0, 0, 9, 9)), 10}}, "(0,0)-(1,1) 10 ms blend"},
		{"gone", []moment{{square(3, 5), 0}, {image.NewNRGBA(image.Rect(0, 0, 64, 48)), 7}},
			"(2,4)-(12,12) 0 ms blend dispose; (0,0)-(1,1) 7 ms blend"},
		{"longer than a frame", []moment{{square(3, 5), MaxDelay + 3}, {square(6, 6), 2}},
			"(2,4)-(12,12) 16777215 ms blend; (2,4)-(12,12) 3 ms blend dispose; (6,6)-(15,13) 2 ms blend"},
	} {
		_, _, _, frames := framesOf(t, animated(t, test.moments, 0, EncodeOptions{Quality: 80}))
		var got []string
		for _, f := range frames {
			s := fmt.Sprintf("%v %d ms", f.rect, f.delay)
			if f.blend {
				s += " blend"
			}
			if f.dispose {
				s += " dispose"
			}
			got = append(got, s)
		}
		if strings.Join(got, "; ") != test.want {
			t.Errorf("%s:\n%s, want\n%s", test.name, strings.Join(got, "; "), test.want)
		}
	}
}

// TestAnimationIsWholeForWebpmux has libwebp look at the container.
func TestAnimationIsWholeForWebpmux(t *testing.T) {
	if _, err := exec.LookPath("webpmux"); err != nil {
		t.Skip("there is no webpmux")
	}
	for _, s := range scenes {
		file := filepath.Join(t.TempDir(), "webp")
		o := EncodeOptions{Quality: 80, ICC: []byte("a profile")}
		if err := os.WriteFile(file, animated(t, sceneOf(s.width, s.height, s.n, s.pixel), 7, o), 0o644); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command("webpmux", "-info", file).CombinedOutput()
		if err != nil || !strings.Contains(string(out), "Loop Count : 7") || !strings.Contains(string(out), "ICC") {
			t.Errorf("%s: %v\n%s", s.name, err, out)
		}
	}
}

// TestAnimationRefusesWhatIsNone: such calls are the caller's mistake.
func TestAnimationRefusesWhatIsNone(t *testing.T) {
	good := EncodeOptions{Quality: 80}
	for name, call := range map[string]func(){
		"no size":        func() { new(Encoder).NewAnimation(nil, image.Pt(0, 3), 0, good) },
		"too large":      func() { new(Encoder).NewAnimation(nil, image.Pt(3, MaxSide+1), 0, good) },
		"no quality":     func() { new(Encoder).NewAnimation(nil, image.Pt(3, 3), 0, EncodeOptions{}) },
		"negative loops": func() { new(Encoder).NewAnimation(nil, image.Pt(3, 3), -1, good) },
		"other size": func() {
			new(Encoder).NewAnimation(nil, image.Pt(3, 3), 0, good).Add(image.NewNRGBA(image.Rect(0, 0, 3, 4)), 1)
		},
		"negative delay": func() {
			new(Encoder).NewAnimation(nil, image.Pt(3, 3), 0, good).Add(image.NewNRGBA(image.Rect(0, 0, 3, 3)), -1)
		},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			call()
		}()
	}
	if err := new(Encoder).NewAnimation(nil, image.Pt(3, 3), 0, good).Close(); err == nil {
		t.Error("an animation without frames is whole")
	}
}

// TestAnimationTakesPartsOfPictures: a canvas may lie anywhere in its memory.
func TestAnimationTakesPartsOfPictures(t *testing.T) {
	whole := sceneOf(50, 40, 1, scenes[4].pixel)[0].canvas
	part := whole.SubImage(image.Rect(5, 6, 38, 37)).(*image.NRGBA)
	alone := image.NewNRGBA(image.Rect(0, 0, 33, 31))
	everyPixel(alone.Rect, func(x, y int) { alone.SetNRGBA(x, y, whole.NRGBAAt(x+5, y+6)) })
	o := EncodeOptions{Quality: 80}
	if !bytes.Equal(animated(t, []moment{{part, 3}}, 0, o), animated(t, []moment{{alone, 3}}, 0, o)) {
		t.Error("other bytes of a part")
	}
}

// TestUnseenIsWhatDecodersMake holds what the encoder predicts from to what decoders make
// of a frame of which nobody sees some macroblocks, or all.
func TestUnseenIsWhatDecodersMake(t *testing.T) {
	planes := landscapes(160, 120, 3)
	for _, every := range []int{1, 2, 3, 7} {
		for _, effort := range []Effort{Fast, Balanced, Small} {
			e := Encoder{unseen: make([]bool, 10*8)}
			for i := range e.unseen {
				e.unseen[i] = i%every == 0
			}
			if err := e.differs(planes, EncodeOptions{Quality: 80, Effort: effort}); err != nil {
				t.Errorf("one in %d, effort %d: %v", every, effort, err)
			}
		}
	}
}
