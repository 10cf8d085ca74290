package webp

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"prew/lambda/render/plane"
	"prew/lambda/render/plane/planetest"
)

// canvasesOf returns the canvases of a file, one after another, and for how long each is
// shown.
func canvasesOf(t testing.TB, file []byte) (h Header, a plane.Animation, canvases [][]uint8, delays []int, err error) {
	t.Helper()
	var d Decoder
	if h, err = d.Open(file); err != nil {
		return h, a, nil, nil, err
	}
	if a, err = d.Animation(); err != nil || !h.Animated {
		return h, a, nil, nil, err
	}
	canvases, delays, err = planetest.Canvases(&d, a.Frames, h.Width, h.Height)
	return h, a, canvases, delays, err
}

// letters are colours: '+' is half a red.
var letters = map[byte][4]uint8{
	'.': {}, 'k': {0, 0, 0, 255}, 'r': {255, 0, 0, 255}, 'g': {0, 255, 0, 255}, 'w': {255, 255, 255, 255},
	'+': {255, 0, 0, 128}, 'o': {128, 127, 0, 255}, 'd': {128, 0, 0, 255}, 'x': {255, 0, 0, 192},
}

// drawn writes a canvas: a letter a pixel.
func drawn(canvas []uint8, width int) string {
	var b []byte
	for i := 0; i < len(canvas); i += 4 {
		if i > 0 && i/4%width == 0 {
			b = append(b, '/')
		}
		letter := byte('?')
		for l, c := range letters {
			if [4]uint8(canvas[i:]) == c || c[3] == 0 && canvas[i+3] == 0 {
				letter = l
			}
		}
		b = append(b, letter)
	}
	return string(b)
}

// drawnPicture is the chunk of a picture that is drawn.
func drawnPicture(drawn string) (chunk []byte, width, height int) {
	rows := strings.Split(drawn, "/")
	width, height = len(rows[0]), len(rows)
	var pix []uint8
	for _, row := range rows {
		for i := range len(row) {
			c := letters[row[i]]
			pix = append(pix, c[:]...)
		}
	}
	var e Encoder
	return e.EncodeLossless(pix, 4*width, width, height, EncodeOptions{})[fileHead:], width, height
}

// drawnFrame is a frame of a picture that is drawn.
func drawnFrame(left, top, delay int, flags byte, letters string) []byte {
	picture, width, height := drawnPicture(letters)
	f := frame(left, top, width, height, picture)
	f[chunkHead+12], f[chunkHead+13], f[chunkHead+15] = byte(delay), byte(delay>>8), flags
	return f
}

func looped(times byte) []byte { return chunk("ANIM", []byte{1, 2, 3, 4, times, 0}) }

func TestFramesAreComposed(t *testing.T) {
	whole := drawnFrame(0, 0, 40, 0, "krk/gww")
	for name, test := range map[string]struct {
		parts  [][]byte
		want   string // the canvases, with spaces between them
		delays []int
		loops  int
	}{
		"one frame":      {[][]byte{whole}, "krk/gww", []int{40}, 1},
		"for ever":       {[][]byte{looped(0), whole, whole}, "krk/gww krk/gww", []int{40, 40}, 0},
		"five times":     {[][]byte{looped(5), whole, whole}, "krk/gww krk/gww", []int{40, 40}, 5},
		"said too late":  {[][]byte{whole, looped(5), whole}, "krk/gww krk/gww", []int{40, 40}, 1},
		"a part":         {[][]byte{whole, drawnFrame(2, 0, 300, 0, "g")}, "krk/gww krg/gww", []int{40, 300}, 1},
		"a part, first":  {[][]byte{drawnFrame(0, 0, 0, 0, "g."), drawnFrame(2, 0, 1, 0, "k/+")}, "g../... g.k/..+", []int{0, 1}, 1},
		"shines through": {[][]byte{whole, drawnFrame(0, 0, 0, 0, "+.+/++.")}, "krk/gww drd/o?w", []int{40, 0}, 1},
		"covers":         {[][]byte{whole, drawnFrame(0, 0, 0, frameCovers, "+.+/++.")}, "krk/gww +.+/++.", []int{40, 0}, 1},
		"half upon half": {[][]byte{drawnFrame(0, 0, 0, 0, "+++/+++"), drawnFrame(0, 0, 0, 0, "+.r")}, "+++/+++ x+r/+++", []int{0, 0}, 1},
		"goes":           {[][]byte{whole, drawnFrame(0, 0, 0, frameClears, "gg"), drawnFrame(2, 0, 0, 0, "w")}, "krk/gww ggk/gww ..w/gww", []int{40, 0, 0}, 1},
		"all goes":       {[][]byte{drawnFrame(0, 0, 0, frameClears, "krk/gww"), drawnFrame(2, 0, 0, 0, "w")}, "krk/gww ..w/...", []int{0, 0}, 1},
		"goes, and is not there": {[][]byte{whole, drawnFrame(2, 0, 0, frameClears, "./."), drawnFrame(0, 0, 0, 0, "+")},
			"krk/gww krk/gww dr./gw.", []int{40, 0, 0}, 1},
	} {
		_, a, canvases, delays, err := canvasesOf(t, riff(append([][]byte{extended(3, 2)}, test.parts...)...))
		var got []string
		for _, canvas := range canvases {
			got = append(got, drawn(canvas, 3))
		}
		if err != nil || strings.Join(got, " ") != test.want || !slices.Equal(delays, test.delays) || a.Loops != test.loops || a.Pixels != 6*a.Frames {
			t.Errorf("%s: %v, delays %v, %+v, %v; expected %s, %v, %d loops", name, got, delays, a, err, test.want, test.delays, test.loops)
		}
	}
}

// TestFramesOfAllKinds checks that a frame is what it would be as a file of its own, after
// frames of other kinds.
func TestFramesOfAllKinds(t *testing.T) {
	names := []string{"lossy-photo", "lossless-photo", "lossy-alpha-best", "lossless-alpha", "lossy-alpha-raw", "lossy-odd", "lossless-odd", "lossy-photo"}
	var frames [][]byte
	for _, name := range names {
		file := source(t, name)
		h, _, err := decode(file)
		if err != nil {
			t.Fatal(err)
		}
		var parts []byte
		for part, content := range chunks(file[fileHead:]) {
			if part == "ALPH" || part == "VP8 " || part == "VP8L" {
				parts = append(parts, chunk(part, content)...)
			}
		}
		f := frame(0, 0, h.Width, h.Height, parts)
		f[chunkHead+15] = frameClears | frameCovers
		frames = append(frames, f)
	}
	const width, height = 120, 100
	_, a, canvases, _, err := canvasesOf(t, riff(append([][]byte{extended(width, height)}, frames...)...))
	if err != nil || a.Frames != len(names) {
		t.Fatalf("%+v, %v", a, err)
	}
	for i, name := range names {
		_, want, err := decode(source(t, name))
		if err != nil {
			t.Fatal(err)
		}
		for y := range want.Rect.Dy() {
			row := want.Pix[y*want.Stride:][:4*want.Rect.Dx()]
			if !bytes.Equal(canvases[i][4*y*width:][:len(row)], row) {
				t.Fatalf("frame %d, %s: row %d has other pixels than the file alone", i, name, y)
			}
		}
	}
}

func TestFramesThatAreRefused(t *testing.T) {
	whole := drawnFrame(0, 0, 40, 0, "krk/gww")
	canvas := extended(3, 2)
	cut := riff(canvas, whole, whole)
	cut = cut[:len(cut)-8]
	for name, test := range map[string]struct {
		file   []byte
		frames int // before it
		err    error
	}{
		"outside":          {riff(canvas, whole, drawnFrame(2, 0, 0, 0, "kk")), 1, DamagedError("its frame of 2x1 lies at 2,0 of 3x2")},
		"nothing":          {riff(canvas, whole, frame(0, 0, 3, 2)), 1, DamagedError("its frame has no picture")},
		"half of its head": {riff(canvas, whole, chunk("ANMF", make([]byte, 9))), 1, DamagedError("it ends inside its frame")},
		"cut short":        {cut, 1, errEnd},
		"too many":         {riff(canvas, bytes.Repeat(whole, plane.MaxFrames+1)), 0, LimitError("it has more than 1000 frames")},
	} {
		_, _, canvases, _, err := canvasesOf(t, test.file)
		if err != test.err || len(canvases) != test.frames {
			t.Errorf("%s: %d frames, %v; expected %d, %v", name, len(canvases), err, test.frames, test.err)
		}
	}
}

// FuzzFrames looks for what makes the decoder panic, and checks that frames that are
// composed lie inside the canvas.
func FuzzFrames(f *testing.F) {
	files, err := filepath.Glob("testdata/anim-*.webp")
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
	f.Add(riff(extended(3, 2), looped(2), drawnFrame(0, 0, 40, 0, "krk/gww"), drawnFrame(2, 0, 0, frameClears, "+/."), drawnFrame(0, 0, 0, 0, "+")))
	f.Fuzz(func(t *testing.T, file []byte) {
		var d Decoder
		h, err := d.Open(file)
		if err != nil || h.Width*h.Height > 1<<14 {
			return
		}
		a, err := d.Animation()
		if err != nil || a.Pixels > 1<<18 {
			return
		}
		_, again, canvases, _, _ := canvasesOf(t, file) // of one with an error, those before it
		if again != a {
			t.Fatalf("%+v once and %+v then", a, again)
		}
		if !h.Animated || len(canvases) == 0 {
			return
		}
		_, m, err := decode(file)
		if err != nil {
			t.Fatalf("the first frame alone: %v", err)
		}
		for i := 0; i < len(m.Pix); i += 4 {
			if m.Pix[i+3] == 0 { // nobody sees the colour
				copy(m.Pix[i:i+4], canvases[0][i:])
			}
		}
		if !bytes.Equal(m.Pix, canvases[0]) {
			t.Fatal("the first frame is not the one that is shown alone")
		}
	})
}

func TestCopyHasNothingElse(t *testing.T) {
	other := chunk("ABCD", []byte("secret"))
	whole, part := drawnFrame(0, 0, 40, 0, "krk/gww"), drawnFrame(2, 0, 300, frameClears, "+")
	picture, width, height := drawnPicture("gkr/wkk")
	src := riff(extended(3, 2), chunk("ICCP", []byte("secret")), looped(7), whole, other, frame(0, 0, width, height, other, picture, other), part, chunk("XMP ", []byte("secret")))
	var d Decoder
	if _, err := d.Open(src); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Animation(); err != nil {
		t.Fatal(err)
	}
	canvas := make([]uint8, 4*6)
	for range 2 {
		if _, err := d.Next(canvas); err != nil {
			t.Fatal(err)
		}
	}
	if d.CopyAnimation() != nil {
		t.Error("a copy before the last frame")
	}
	if _, err := d.Next(canvas); err != nil {
		t.Fatal(err)
	}
	file := d.CopyAnimation()
	_, want, wantCanvases, wantDelays, _ := canvasesOf(t, src)
	_, got, canvases, delays, err := canvasesOf(t, file)
	if err != nil || got.Loops != want.Loops || !slices.Equal(delays, wantDelays) || !slices.EqualFunc(canvases, wantCanvases, bytes.Equal) || bytes.Contains(file, []byte("secret")) {
		t.Errorf("%+v, delays %v, %v, expected %+v, %v, and the same canvases without secrets", got, delays, err, want, wantDelays)
	}
}
