package png

import (
	"bytes"
	"encoding/binary"
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
	if a, err = d.Animation(); err != nil || a.Frames == 1 {
		return h, a, nil, nil, err
	}
	if canvases, delays, err = planetest.Canvases(&d, a.Frames, h.Width, h.Height); err != nil {
		return h, a, canvases, delays, err
	}
	if taken := d.taken() + cap(d.before) + cap(d.line); taken > a.Memory {
		t.Fatalf("took %d bytes, said %d", taken, a.Memory)
	}
	return h, a, canvases, delays, nil
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
			if [4]uint8(canvas[i:]) == c {
				letter = l
			}
		}
		b = append(b, letter)
	}
	return string(b)
}

// drawnData is the data of a picture that is drawn, in red, green, blue and alpha.
func drawnData(rows string) []byte {
	var data []byte
	for row := range strings.SplitSeq(rows, "/") {
		data = append(data, 0)
		for i := range len(row) {
			c := letters[row[i]]
			data = append(data, c[:]...)
		}
	}
	return packed(data)
}

// scene makes the frames of a file, and numbers them.
type scene struct {
	chunks []byte
	number int
}

// controlled adds the chunk fcTL of a frame that is drawn.
func (s *scene) controlled(x, y, delay, each int, dispose, blend byte, rows string) *scene {
	c := control(s.number, strings.Index(rows+"/", "/"), 1+strings.Count(rows, "/"), x, y)
	binary.BigEndian.PutUint16(c[8+20:], uint16(delay))
	binary.BigEndian.PutUint16(c[8+22:], uint16(each))
	c[8+24], c[8+25] = dispose, blend
	s.number++
	s.chunks = append(s.chunks, mended(append([]byte(signature), c...))[len(signature):]...)
	return s
}

// frame adds a frame that is drawn, shown for a delay in hundredths of a second.
func (s *scene) frame(x, y, delay int, dispose, blend byte, rows string) *scene {
	s.controlled(x, y, delay, 0, dispose, blend, rows)
	s.chunks = append(s.chunks, frameData(s.number, drawnData(rows))...)
	s.number++
	return s
}

// first adds the frame that is the file's picture.
func (s *scene) first(delay int, dispose, blend byte, rows string) *scene {
	s.controlled(0, 0, delay, 0, dispose, blend, rows)
	s.chunks = append(s.chunks, appendChunk(nil, "IDAT", drawnData(rows))...)
	return s
}

// looped is the chunk acTL.
func looped(frames, times int) []byte {
	return appendChunk(nil, "acTL", binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(frames)), uint32(times)))
}

func drawnFile(parts ...[]byte) []byte {
	return slices.Concat([]byte(signature), header(3, 2, 8, typeRGBA, false), slices.Concat(parts...), appendChunk(nil, "IEND", nil))
}

const (
	stays, goes, returns = 0, 1, 2 // dispose
	covers, upon         = 0, 1    // blend
)

func TestFramesAreComposed(t *testing.T) {
	still := appendChunk(nil, "IDAT", drawnData("www/www"))
	s := func() *scene { return new(scene) }
	for name, test := range map[string]struct {
		loops  int // as the file says
		frames int
		still  []byte // a picture that is no frame
		scene  *scene
		want   string // the canvases, with spaces between them
		delays []int
	}{
		"two":                     {0, 2, nil, s().first(7, stays, covers, "krk/gww").frame(1, 0, 300, stays, covers, "g"), "krk/gww kgk/gww", []int{70, 3000}},
		"the picture is no frame": {3, 2, still, s().frame(0, 0, 1, stays, covers, "rr").frame(1, 1, 2, stays, covers, "gg"), "rr./... rr./.gg", []int{10, 20}},
		"half a red covers":       {1, 2, nil, s().first(0, stays, covers, "krk/gww").frame(0, 0, 0, stays, covers, "+.+/++."), "krk/gww +.+/++.", []int{0, 0}},
		"half a red upon":         {1, 2, nil, s().first(0, stays, covers, "krk/gww").frame(0, 0, 0, stays, upon, "+.+/++."), "krk/gww drd/o?w", []int{0, 0}},
		"half a red upon half":    {1, 2, nil, s().first(0, stays, upon, "+++/+++").frame(0, 0, 0, stays, upon, "+.r"), "+++/+++ x+r/+++", []int{0, 0}},
		"the first goes":          {1, 2, nil, s().first(0, goes, covers, "krk/gww").frame(2, 1, 0, stays, upon, "r"), "krk/gww .../..r", []int{0, 0}},
		"a part goes":             {1, 3, nil, s().first(0, stays, covers, "krk/gww").frame(0, 0, 0, goes, covers, "gg").frame(2, 1, 0, stays, upon, "r"), "krk/gww ggk/gww ..k/gwr", []int{0, 0, 0}},
		"a part returns":          {1, 3, nil, s().first(0, stays, covers, "krk/gww").frame(0, 0, 0, returns, covers, "gg").frame(2, 1, 0, stays, upon, "r"), "krk/gww ggk/gww krk/gwr", []int{0, 0, 0}},
		"the first returns":       {1, 2, nil, s().first(0, returns, covers, "krk/gww").frame(2, 1, 0, stays, upon, "r"), "krk/gww .../..r", []int{0, 0}},
		"more than are declared":  {1, 2, nil, s().first(0, stays, covers, "krk/gww").frame(0, 0, 0, goes, covers, "gg").frame(2, 1, 0, stays, upon, "r"), "krk/gww ggk/gww", []int{0, 0}},
		"fewer than are declared": {1, 9, nil, s().first(0, stays, covers, "krk/gww").frame(0, 0, 0, goes, covers, "gg"), "krk/gww ggk/gww", []int{0, 0}},
		"delays of other units":   {1, 2, nil, s().first(0, stays, covers, "krk/gww").controlled(0, 0, 5, 3, stays, covers, "r").data("r"), "krk/gww rrk/gww", []int{0, 1667}},
	} {
		_, a, canvases, delays, err := canvasesOf(t, drawnFile(looped(test.frames, test.loops), test.still, test.scene.chunks))
		var got []string
		for _, canvas := range canvases {
			got = append(got, drawn(canvas, 3))
		}
		if err != nil || strings.Join(got, " ") != test.want || !slices.Equal(delays, test.delays) || a.Loops != test.loops || a.Pixels != 6*a.Frames {
			t.Errorf("%s: %v, delays %v, %+v, %v; expected %s, %v, %d loops", name, got, delays, a, err, test.want, test.delays, test.loops)
		}
	}
}

// data adds data of a frame.
func (s *scene) data(rows string) *scene {
	s.chunks = append(s.chunks, frameData(s.number, drawnData(rows))...)
	s.number++
	return s
}

// TestFramesOfAllKinds checks that a frame has the pixels that it has as the picture of a
// file, whatever its samples are.
func TestFramesOfAllKinds(t *testing.T) {
	const width, height = 11, 9
	for _, kind := range kinds {
		for _, interlaced := range []bool{false, true} {
			head := slices.Concat([]byte(signature), header(width, height, kind.depth, kind.colourType, interlaced))
			if kind.colourType == typePalette {
				head = append(head, appendChunk(nil, "PLTE", bytes.Repeat([]byte{9, 200, 77, 0, 255, 3}, 1<<kind.depth/2))...)
			}
			var data []byte
			n := (width*int(kind.depth)*samplesOf[kind.colourType] + 7) / 8
			for i := range 40 * (n + 1) {
				data = append(data, uint8(i*i*7))
				if i%(n+1) == 0 || interlaced {
					data[i] %= 2 // a filter that there is, wherever a pass begins
				}
			}
			data = packed(data)
			d := new(Decoder)
			_, want, err := decoded(d, slices.Concat(head, appendChunk(nil, "IDAT", data), appendChunk(nil, "IEND", nil)))
			if err != nil {
				t.Fatalf("%v: %v", kind, err)
			}
			_, _, canvases, _, err := canvasesOf(t, slices.Concat(head, animation(2), control(0, width, height, 0, 0), appendChunk(nil, "IDAT", data),
				control(1, width, height, 0, 0), frameData(2, data[:7]), frameData(3, data[7:]), appendChunk(nil, "IEND", nil)))
			if err != nil {
				t.Fatalf("%v, interlaced %v: %v", kind, interlaced, err)
			}
			for i, pixel := range want {
				for c, v := range pixel {
					var eight [1]uint8
					reduce(eight[:], []uint16{v})
					for frame, canvas := range canvases {
						if got := canvas[4*i+c]; got != eight[0] {
							t.Fatalf("%v, interlaced %v: frame %d: sample %d of pixel %d is %x, alone %x", kind, interlaced, frame, c, i, got, v)
						}
					}
				}
			}
		}
	}
}

func TestFramesThatAreRefused(t *testing.T) {
	picture := appendChunk(nil, "IDAT", drawnData("krk/gww"))
	first := slices.Concat(control(0, 3, 2, 0, 0), picture)
	many := new(scene).first(0, stays, covers, "krk/gww")
	for range plane.MaxFrames {
		many.frame(0, 0, 1, stays, covers, "r")
	}
	broken := control(1, 1, 1, 0, 0)
	broken[12] ^= 1
	damaged := frameData(2, drawnData("r"))
	damaged[len(damaged)-1] ^= 1
	for name, test := range map[string]struct {
		parts  [][]byte
		frames int // before it
		err    error
	}{
		"outside":               {[][]byte{animation(2), first, control(1, 2, 1, 2, 0)}, 0, DamagedError("its frame 1 is none")},
		"empty":                 {[][]byte{animation(2), first, control(1, 0, 1, 0, 0)}, 0, DamagedError("its frame 1 is none")},
		"broken":                {[][]byte{animation(2), first, broken}, 0, DamagedError("its frame 1 is none")},
		"the first is a part":   {[][]byte{animation(2), control(0, 3, 1, 0, 0), picture}, 0, DamagedError("its frame 0 is none")},
		"two before the data":   {[][]byte{animation(2), control(0, 3, 2, 0, 0), control(1, 3, 2, 0, 0), picture}, 0, DamagedError("its frame 1 is none")},
		"out of order":          {[][]byte{animation(2), first, control(2, 1, 1, 0, 0)}, 0, DamagedError("its animation does not go on with chunk 1")},
		"data out of order":     {[][]byte{animation(2), first, control(1, 1, 1, 0, 0), frameData(3, drawnData("r"))}, 0, DamagedError("its animation does not go on with chunk 2")},
		"data without a number": {[][]byte{animation(2), first, control(1, 1, 1, 0, 0), appendChunk(nil, "fdAT", []byte{0})}, 0, DamagedError("its animation does not go on with chunk 2")},
		"without data":          {[][]byte{animation(2), first, control(1, 1, 1, 0, 0)}, 1, errShort},
		"too little data":       {[][]byte{animation(2), first, control(1, 2, 1, 0, 0), frameData(2, drawnData("r"))}, 1, errShort},
		"another checksum":      {[][]byte{animation(2), first, control(1, 1, 1, 0, 0), damaged}, 1, DamagedError("the checksum of its data is wrong")},
		"too many":              {[][]byte{animation(5000), many.chunks}, 0, LimitError("it has more than 1000 frames")},
	} {
		_, _, canvases, _, err := canvasesOf(t, drawnFile(test.parts...))
		if err != test.err || len(canvases) != test.frames {
			t.Errorf("%s: %d frames, %v; expected %d, %v", name, len(canvases), err, test.frames, test.err)
		}
	}
}

func FuzzFrames(f *testing.F) {
	for _, test := range animations() {
		f.Add(test.file)
	}
	f.Add(drawnFile(looped(4, 2), new(scene).first(7, returns, covers, "krk/gww").frame(1, 0, 300, returns, upon, "g/+").frame(0, 0, 1, goes, upon, "kk").frame(0, 0, 1, stays, upon, "+").chunks))
	f.Fuzz(func(t *testing.T, file []byte) {
		for _, file := range [][]byte{file, mended(file)} {
			var d Decoder
			h, err := d.Open(file)
			if err != nil || h.Width > fuzzPixels || h.Height > fuzzPixels || h.Width*h.Height > fuzzPixels {
				return
			}
			a, err := d.Animation()
			if err != nil || a.Pixels > 1<<16 {
				return
			}
			_, again, canvases, _, _ := canvasesOf(t, file)
			if again != a {
				t.Fatalf("%+v once and %+v then", a, again)
			}
			if len(canvases) == 0 {
				continue
			}
			_, still, err := decoded(new(Decoder), file)
			if err != nil {
				continue // it reads on to another end
			}
			for i, pixel := range still {
				got := [4]uint8(canvases[0][4*i:])
				for c, v := range pixel {
					var eight [1]uint8
					if reduce(eight[:], []uint16{v}); pixel[3] != 0 && got[c] != eight[0] {
						t.Fatalf("pixel %d of the first frame is %v, alone %v", i, got, pixel)
					}
				}
			}
		}
	})
}
