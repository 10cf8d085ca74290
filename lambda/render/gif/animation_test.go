package gif

import (
	"bytes"
	"crypto/sha256"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the sums in testdata anew")

// moment is a canvas and how long it is shown.
type moment struct {
	canvas *image.NRGBA
	delay  int
}

// animated encodes canvases.
func animated(t testing.TB, moments []moment, loops int, o AnimationOptions) []byte {
	t.Helper()
	var file bytes.Buffer
	a := NewAnimation(&file, moments[0].canvas.Rect.Size(), loops, o)
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

// composed are the canvases that a viewer shows of a file as image/gif reads it.
func composed(t testing.TB, file []byte) []moment {
	t.Helper()
	g, err := gif.DecodeAll(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	canvas := image.NewNRGBA(image.Rect(0, 0, g.Config.Width, g.Config.Height))
	var shown []moment
	for i, f := range g.Image {
		if i > 0 && g.Disposal[i-1] == gif.DisposalBackground {
			everyPixel(g.Image[i-1].Rect, func(x, y int) { canvas.SetNRGBA(x, y, color.NRGBA{}) })
		}
		everyPixel(f.Rect, func(x, y int) {
			if p := color.NRGBAModel.Convert(f.At(x, y)).(color.NRGBA); p.A != 0 {
				canvas.SetNRGBA(x, y, p)
			}
		})
		shown = append(shown, moment{&image.NRGBA{Pix: bytes.Clone(canvas.Pix), Stride: canvas.Stride, Rect: canvas.Rect}, 10 * g.Delay[i]})
	}
	return shown
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

func everyPixel(r image.Rectangle, do func(x, y int)) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			do(x, y)
		}
	}
}

// off says whether pixels are transparent where they are not to be, or the other way
// round, and the mean square by which those that are seen differ.
func off(got, want *image.NRGBA) (wrong int, square int) {
	n := 0
	for i := 0; i < len(want.Pix); i += 4 {
		g, w := got.Pix[i:][:4], want.Pix[i:][:4]
		if (g[3] != 0) != (w[3] >= 0x80) {
			wrong++
			continue
		}
		if g[3] != 0 {
			square += distance(colourOf(g), colourOf(w))
			n++
		}
	}
	return wrong, square / max(n, 1)
}

// The canvases of the tests: pixels by their place and the number of the canvas.
var scenes = []struct {
	name          string
	width, height int
	n             int
	pixel         func(i, x, y int) color.NRGBA
	off           int // mean square
}{
	{"a disc over a drawing", 97, 71, 6, func(i, x, y int) color.NRGBA {
		if inDisc(x, y, 20+9*i, 30, 14) {
			return color.NRGBA{200, 30, 30, 255}
		}
		return color.NRGBA{uint8(x / 24 * 40), 90, uint8(y / 20 * 30), 255}
	}, 0},
	{"a disc over nothing", 97, 71, 6, func(i, x, y int) color.NRGBA {
		if inDisc(x, y, 20+9*i, 30, 14) {
			return color.NRGBA{200, 30, 30, 255}
		}
		return color.NRGBA{}
	}, 0},
	{"a soft disc over nothing", 97, 71, 6, func(i, x, y int) color.NRGBA {
		d := (x-20-9*i)*(x-20-9*i) + (y-30)*(y-30)
		return color.NRGBA{uint8(100 + x), uint8(2 * y), 90, uint8(min(max(900-4*d, 0), 255))}
	}, 30},
	{"a film", 96, 64, 5, func(i, x, y int) color.NRGBA { return photo(x+3*i, y) }, 25},
	{"a disc over a photo", 128, 96, 5, func(i, x, y int) color.NRGBA {
		if inDisc(x, y, 40+9*i, 30, 14) {
			return color.NRGBA{200, 30, 30, 255}
		}
		return photo(x, y)
	}, 25},
	{"another photo each time", 64, 48, 4, func(i, x, y int) color.NRGBA {
		p := photo(x, y)
		return [4]color.NRGBA{p, {p.G, 255 - p.R, p.B, 255}, {p.B, p.G, 255 - p.R, 255}, p}[i]
	}, 20},
	{"more and more colours", 32, 32, 9, func(i, x, y int) color.NRGBA {
		if y/4 >= i {
			return color.NRGBA{A: 255}
		}
		return color.NRGBA{uint8(x * 8), uint8(y / 4 * 30), 0, 255}
	}, toleratedOff},
	{"lines that stay", 60, 60, 8, func(i, x, y int) color.NRGBA {
		if y%8 == 3 && y < 8*i && x > 5 && x < 50 {
			return color.NRGBA{0, 0, 0, 255}
		}
		return color.NRGBA{255, 255, 255, 255}
	}, 0},
	{"one pixel", 1, 1, 3, func(i, x, y int) color.NRGBA { return color.NRGBA{uint8(80 * i), 10, 10, 255} }, 0},
	{"nothing, something, nothing", 40, 30, 3, func(i, x, y int) color.NRGBA {
		if i == 1 && x > 12 && y > 8 && x < 20 && y < 11 {
			return color.NRGBA{10, 200, 10, 128}
		}
		return color.NRGBA{}
	}, 0},
}

// photo has slopes and texture.
func photo(x, y int) color.NRGBA {
	texture := x * 7919 % 31 * y % 13
	return color.NRGBA{uint8(60 + x + texture), uint8(40 + 2*y), uint8(90 + texture + (x+y)/2), 255}
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
		for _, dither := range []bool{false, true} {
			moments := sceneOf(s.width, s.height, s.n, s.pixel)
			shown := composed(t, animated(t, moments, 0, AnimationOptions{Dither: dither}))
			limit := s.off
			if dither {
				limit *= 3
			}
			from := 0
			for i, m := range moments {
				for _, time := range []int{from, from + m.delay - 1} {
					got := at(shown, time)
					if got == nil {
						t.Fatalf("%s: nothing after %d ms", s.name, time)
					}
					if wrong, square := off(got, m.canvas); wrong > 0 || square > limit {
						t.Errorf("%s, dithered %v, canvas %d: %d pixels are wrong, colours are off by %d as mean square",
							s.name, dither, i, wrong, square)
					}
				}
				from += m.delay
			}
			if at(shown, from) != nil {
				t.Errorf("%s: something after %d ms", s.name, from)
			}
		}
	}
}

// TestAnimationOfAnything takes canvases at random that share much or little with the
// ones before.
func TestAnimationOfAnything(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 5))
		size := image.Pt(1+r.IntN(40), 1+r.IntN(40))
		canvas := image.NewNRGBA(image.Rectangle{Max: size})
		alphas := [][]uint8{{255}, {0, 255}, {0, 127, 128, 255}}[r.IntN(3)]
		var moments []moment
		noise := 1 + r.IntN(2)*60
		for range 1 + r.IntN(12) {
			colour := color.NRGBA{uint8(r.Uint32()), uint8(r.Uint32()), uint8(r.Uint32()), alphas[r.IntN(len(alphas))]}
			at := image.Pt(r.IntN(size.X), r.IntN(size.Y))
			rect := image.Rectangle{Min: at, Max: at.Add(image.Pt(r.IntN(size.X+1), r.IntN(size.Y+1)))}.Intersect(canvas.Rect)
			everyPixel(rect, func(x, y int) {
				p := colour
				p.G += uint8(r.IntN(noise))
				canvas.SetNRGBA(x, y, p)
			})
			moments = append(moments, moment{&image.NRGBA{Pix: bytes.Clone(canvas.Pix), Stride: canvas.Stride, Rect: canvas.Rect}, 20 + 10*r.IntN(30)})
		}
		shown, from := composed(t, animated(t, moments, 0, AnimationOptions{})), 0
		for i, m := range moments {
			wrong, square := off(at(shown, from), m.canvas)
			if wrong > 0 || noise == 1 && square > 0 || square > 120 {
				t.Errorf("seed %d, canvas %d: %d pixels are wrong, colours are off by %d as mean square", seed, i, wrong, square)
			}
			from += m.delay
		}
	}
}

// TestAnimationSums holds the bytes, which are the same on every architecture, to sums in
// testdata. Run it with -update to write them anew.
func TestAnimationSums(t *testing.T) {
	var sums strings.Builder
	for _, s := range scenes {
		for _, dither := range []bool{false, true} {
			file := animated(t, sceneOf(s.width, s.height, s.n, s.pixel), 0, AnimationOptions{Dither: dither})
			fmt.Fprintf(&sums, "%s, dithered %v: %d bytes, %x\n", s.name, dither, len(file), sha256.Sum256(file))
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

// TestAnimationSaysWhatStays: frames are what changes alone, what disappears is taken away
// with the frame before, and frames have tables of their own where the file's is not good.
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
	nothing := image.NewNRGBA(image.Rect(0, 0, 64, 48))
	other := scenes[5]
	var others []moment
	for _, m := range sceneOf(other.width, other.height, 3, other.pixel) {
		others = append(others, moment{m.canvas, 50})
	}
	for _, test := range []struct {
		name    string
		moments []moment
		want    string
	}{
		{"over a ground", []moment{{ground(3, 5), 100}, {ground(23, 25), 200}}, "(0,0)-(64,48) 10 keep; (3,5)-(32,32) 20 keep"},
		{"over nothing", []moment{{square(3, 5), 100}, {square(23, 25), 200}, {square(23, 25), 300}, {square(40, 5), 50}},
			"(3,5)-(12,12) 10 take; (23,25)-(32,32) 50 take; (40,5)-(49,12) 5 keep"},
		{"the same", []moment{{square(3, 5), 10}, {square(3, 5), 20}}, "(3,5)-(12,12) 3 keep"},
		{"nothing", []moment{{nothing, 40}}, "(0,0)-(1,1) 4 keep"},
		{"gone", []moment{{square(3, 5), 40}, {nothing, 70}}, "(3,5)-(12,12) 4 take; (0,0)-(1,1) 7 keep"},
		{"a hole later", []moment{{ground(3, 5), 40}, {square(3, 5), 40}}, "(0,0)-(64,48) 4 take; (3,5)-(12,12) 4 keep"},
		{"longer than a frame", []moment{{square(3, 5), 655350 + 30}, {square(6, 6), 20}},
			"(3,5)-(12,12) 65535 keep; (3,5)-(12,12) 3 take; (6,6)-(15,13) 2 keep"},
		{"no drift", []moment{{square(3, 5), 33}, {square(4, 5), 33}, {square(5, 5), 33}, {square(6, 5), 33}},
			"(3,5)-(12,12) 3 take; (4,5)-(13,12) 4 take; (5,5)-(14,12) 3 take; (6,5)-(15,12) 3 keep"},
		{"too fast", []moment{{square(3, 5), 16}, {square(4, 5), 16}, {square(5, 5), 16}, {square(6, 5), 0}},
			"(3,5)-(12,12) 2 take; (5,5)-(14,12) 3 take; (6,5)-(15,12) 2 keep"},
		{"other colours", others, "(0,0)-(64,48) 5 keep; (0,0)-(64,48) 5 keep own; (0,0)-(64,48) 5 keep own"},
	} {
		g, err := gif.DecodeAll(bytes.NewReader(animated(t, test.moments, 0, AnimationOptions{})))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for i, f := range g.Image {
			s := fmt.Sprintf("%v %d %s", f.Rect, g.Delay[i], map[byte]string{gif.DisposalNone: "keep", gif.DisposalBackground: "take"}[g.Disposal[i]])
			if fmt.Sprint(f.Palette[1:]) != fmt.Sprint(g.Config.ColorModel.(color.Palette)[1:]) {
				s += " own"
			}
			got = append(got, s)
		}
		if strings.Join(got, "; ") != test.want {
			t.Errorf("%s:\n%s, want\n%s", test.name, strings.Join(got, "; "), test.want)
		}
	}
}

// TestAnimationLoops: a file says how often it is repeated, not how often it is shown.
func TestAnimationLoops(t *testing.T) {
	moments := sceneOf(3, 3, 2, scenes[0].pixel)
	for loops, want := range map[int]int{0: 0, 1: -1, 2: 1, 65536: 65535, 65537: 0} {
		g, err := gif.DecodeAll(bytes.NewReader(animated(t, moments, loops, AnimationOptions{})))
		if err != nil {
			t.Fatal(err)
		}
		if g.LoopCount != want {
			t.Errorf("%d loops are %d, want %d", loops, g.LoopCount, want)
		}
	}
}

// TestAnimationRefusesWhatIsNone: such calls are the caller's mistake.
func TestAnimationRefusesWhatIsNone(t *testing.T) {
	for name, call := range map[string]func(){
		"no size":        func() { NewAnimation(nil, image.Pt(0, 3), 0, AnimationOptions{}) },
		"too large":      func() { NewAnimation(nil, image.Pt(3, MaxSide+1), 0, AnimationOptions{}) },
		"negative loops": func() { NewAnimation(nil, image.Pt(3, 3), -1, AnimationOptions{}) },
		"other size": func() {
			NewAnimation(nil, image.Pt(3, 3), 0, AnimationOptions{}).Add(image.NewNRGBA(image.Rect(0, 0, 3, 4)), 1)
		},
		"negative delay": func() {
			NewAnimation(nil, image.Pt(3, 3), 0, AnimationOptions{}).Add(image.NewNRGBA(image.Rect(0, 0, 3, 3)), -1)
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
	if err := NewAnimation(nil, image.Pt(3, 3), 0, AnimationOptions{}).Close(); err == nil {
		t.Error("an animation without frames is whole")
	}
}

// TestTableFindsTheNearest looks for colours in all of a table.
// TestTableIsAsLargeAsItTakes holds a slope of few pixels to a table that is smaller than
// its colours are many, and a red pixel that comes later to its red.
func TestTableIsAsLargeAsItTakes(t *testing.T) {
	scene := sceneOf(100, 100, 2, func(i, x, y int) color.NRGBA {
		if i == 1 && x == 33 && y == 12 {
			return color.NRGBA{170, 30, 40, 0xff}
		}
		v := uint8(40 + x + y + i)
		return color.NRGBA{v, v, v, 0xff}
	})
	file := animated(t, scene, 1, AnimationOptions{})
	if colours := 2 << (file[10] & 7); colours > 64 {
		t.Errorf("a table of %d colours, want at most 64", colours)
	}
	for i, shown := range composed(t, file) {
		if wrong, square := off(shown.canvas, scene[i].canvas); wrong != 0 || square > 2*toleratedOff {
			t.Errorf("canvas %d: %d wrong pixels, a mean square of %d, want 0 and at most %d", i, wrong, square, 2*toleratedOff)
		}
		if c := shown.canvas.NRGBAAt(33, 12); i == 1 && (c.R < 160 || c.G > 40) {
			t.Errorf("a red pixel is %v", c)
		}
	}
}

func TestTableFindsTheNearest(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 2, 40, mostColours} {
		var colours []colour
		for range n {
			colours = append(colours, colour(r.IntN(1<<24)))
		}
		var table table
		table.set(colours)
		for range 20_000 {
			c := colour(r.IntN(1 << 24))
			least := 1 << 62
			for _, other := range colours {
				least = min(least, distance(c, other))
			}
			if got := distance(c, table.of(table.nearest(c))); got != least {
				t.Fatalf("%d colours: %06x is off by %d, the nearest by %d", n, c, got, least)
			}
		}
	}
}
