package gif

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"slices"
	"strings"
	"testing"

	"prew/lambda/render/plane"
)

// screensOf returns the screens of a file, one after another, and for how long each is shown.
func screensOf(t testing.TB, file []byte) (h Header, a plane.Animation, screens []*image.NRGBA, delays []int, err error) {
	t.Helper()
	var d Decoder
	if h, err = d.Open(file); err != nil {
		t.Fatal(err)
	}
	if a, err = d.Animation(); err != nil {
		return h, a, nil, nil, err
	}
	screen := image.NewNRGBA(image.Rect(0, 0, h.Width, h.Height))
	for i := range screen.Pix { // what was there before does not count
		screen.Pix[i] = 99
	}
	for range a.Frames {
		delay, err := d.Next(screen.Pix)
		if err != nil {
			return h, a, screens, delays, err
		}
		again := *screen
		again.Pix = bytes.Clone(screen.Pix)
		screens, delays = append(screens, &again), append(delays, delay)
	}
	if taken := cap(d.indices) + cap(d.before); taken > a.Memory {
		t.Fatalf("took %d bytes, said %d", taken, a.Memory)
	}
	return h, a, screens, delays, nil
}

// shownFor is the control of a picture: how many hundredths of a second it is shown, what
// becomes of it, and index 2 as transparent if flags have 1.
func shownFor(delay, disposal, flags byte) []byte {
	return []byte{0x21, 0xf9, 4, disposal<<2 | flags, delay, 0, 2, 0}
}

func repeated(name string, times byte) []byte {
	return slices.Concat([]byte{0x21, 0xff, 11}, []byte(name), []byte{3, 1, times, 0, 0})
}

func TestFramesAreComposed(t *testing.T) {
	whole := slices.Concat(descriptor(0, 0, 2, 2, 0), plain(true, 0, 1, 0, 3)) // kr/kw
	dot := slices.Concat(descriptor(1, 0, 1, 1, 0), plain(true, 3))
	hole := slices.Concat(descriptor(0, 0, 2, 2, 0), plain(true, 2, 2, 1, 2))
	for name, test := range map[string]struct {
		parts  [][]byte
		want   string // the screens, with spaces between them
		delays []int
		loops  int
	}{
		"one picture":                {[][]byte{whole}, "kr/kw", []int{0}, 1},
		"without control":            {[][]byte{whole, dot}, "kr/kw kw/kw", []int{0, 0}, 1},
		"left where they are":        {[][]byte{shownFor(7, 1, 0), whole, shownFor(200, 0, 0), dot, hole}, "kr/kw kw/kw gg/rg", []int{70, 2000, 0}, 1},
		"transparent":                {[][]byte{whole, shownFor(1, 0, 1), hole}, "kr/kw kr/rw", []int{0, 10}, 1},
		"transparent the first time": {[][]byte{shownFor(0, 0, 1), hole, dot}, "../r. .w/r.", []int{0, 0}, 1},
		"control is for one picture": {[][]byte{shownFor(9, 2, 1), hole, hole}, "../r. gg/rg", []int{90, 0}, 1},
		"cleared":                    {[][]byte{shownFor(1, 2, 0), whole, dot}, "kr/kw .w/..", []int{10, 0}, 1},
		"a part cleared":             {[][]byte{whole, shownFor(1, 2, 0), dot, shownFor(0, 0, 1), hole}, "kr/kw kw/kw k./rw", []int{0, 10, 0}, 1},
		"before it":                  {[][]byte{whole, shownFor(1, 3, 0), dot, shownFor(0, 0, 1), hole}, "kr/kw kw/kw kr/rw", []int{0, 10, 0}, 1},
		"before it, counted from 0":  {[][]byte{whole, shownFor(1, 4, 0), dot, shownFor(0, 0, 1), hole}, "kr/kw kw/kw kr/rw", []int{0, 10, 0}, 1},
		"before it, twice":           {[][]byte{whole, shownFor(1, 3, 0), hole, shownFor(1, 3, 0), dot, shownFor(0, 0, 1), hole}, "kr/kw gg/rg kw/kw kr/rw", []int{0, 10, 10, 0}, 1},
		"before the first":           {[][]byte{shownFor(1, 3, 0), whole, dot}, "kr/kw .w/..", []int{10, 0}, 1},
		"unknown disposal":           {[][]byte{shownFor(1, 5, 0), whole, dot}, "kr/kw kw/kw", []int{10, 0}, 1},
		"partly outside":             {[][]byte{whole, shownFor(1, 2, 0), descriptor(1, 1, 2, 2, 0), plain(true, 0, 1, 2, 3), dot}, "kr/kw kr/kk kw/k.", []int{0, 10, 0}, 1},
		"outside":                    {[][]byte{whole, shownFor(1, 3, 0), descriptor(9, 9, 2, 2, 0), plain(true, 0, 1, 2, 3), dot}, "kr/kw kr/kw kw/kw", []int{0, 10, 0}, 1},
		"interlaced":                 {[][]byte{whole, descriptor(0, 0, 1, 2, 0x40), plain(true, 1, 2), descriptor(0, 0, 2, 2, 0x40), plain(true, 3, 3, 1, 0)}, "kr/kw rr/gw ww/rk", []int{0, 0, 0}, 1},
		"colours of its own": {[][]byte{whole, descriptor(0, 0, 1, 1, 0x80), []byte{0, 0xff, 0, 0xff, 0xff, 0xff}, plain(true, 0), dot, hole},
			"kr/kw gr/kw gw/kw gg/rg", []int{0, 0, 0, 0}, 1},
		"beyond its colours": {[][]byte{whole, descriptor(0, 0, 2, 1, 0x80), []byte{0, 0xff, 0, 0xff, 0xff, 0xff}, plain(true, 1, 3)}, "kr/kw wr/kw", []int{0, 0}, 1},
		"for ever":           {[][]byte{repeated("NETSCAPE2.0", 0), whole, dot}, "kr/kw kw/kw", []int{0, 0}, 0},
		"three times":        {[][]byte{repeated("NETSCAPE2.0", 2), whole, dot}, "kr/kw kw/kw", []int{0, 0}, 3},
		"said at the end":    {[][]byte{whole, dot, repeated("ANIMEXTS1.0", 1)}, "kr/kw kw/kw", []int{0, 0}, 2},
		"said by a stranger": {[][]byte{repeated("ANIMEXTS9.9", 0), whole, dot}, "kr/kw kw/kw", []int{0, 0}, 1},
		"followed by dirt":   {[][]byte{whole, dot, []byte("dirt")}, "kr/kw kw/kw", []int{0, 0}, 1},
		"cut before a frame": {[][]byte{whole, dot, descriptor(0, 0, 2, 2, 0)[:8]}, "kr/kw kw/kw", []int{0, 0}, 1},
	} {
		_, a, screens, delays, err := screensOf(t, file(2, 2, true, append(test.parts, trailer)...))
		var got []string
		for _, screen := range screens {
			got = append(got, drawn(screen))
		}
		if err != nil || strings.Join(got, " ") != test.want || !slices.Equal(delays, test.delays) || a.Loops != test.loops {
			t.Errorf("%s: %v, delays %v, %d loops, %v; expected %s, %v, %d", name, got, delays, a.Loops, err, test.want, test.delays, test.loops)
		}
	}
}

func TestFramesThatAreRefused(t *testing.T) {
	whole := slices.Concat(descriptor(0, 0, 2, 2, 0), plain(true, 0, 1, 0, 3))
	short := slices.Concat(descriptor(0, 0, 2, 2, 0), plain(true, 0, 1, 0))
	for name, test := range map[string]struct {
		file   []byte
		frames int // before it
		err    error
	}{
		"a pixel short": {file(2, 2, true, whole, short, whole, trailer), 1, DamagedError("its pixels end in stored row 1 of 2")},
		"too large": {file(2, 2, true, whole, []byte("\x2c\x00\x00\x00\x00\x00\x80\x00\x80\x00\x02")), 0,
			LimitError("it is 32768x32768, limit is 300 megapixels")},
		"too many": {file(2, 2, true, bytes.Repeat(whole, plane.MaxFrames+1), trailer), 0, LimitError("it has more than 1000 frames")},
	} {
		_, _, screens, _, err := screensOf(t, test.file)
		if err != test.err || len(screens) != test.frames {
			t.Errorf("%s: %d frames, %v; expected %d, %v", name, len(screens), err, test.frames, test.err)
		}
	}
	if _, a, _, _, err := screensOf(t, file(2, 2, true, bytes.Repeat(whole, plane.MaxFrames), trailer)); err != nil || a.Frames != plane.MaxFrames {
		t.Errorf("as many as there may be: %d, %v", a.Frames, err)
	}
	// Pixels that the screen does not show take time, too.
	big := slices.Concat([]byte("\x2c\x00\x00\x00\x00\x10\x00\x10\x00\x40"), plain(true, 0))
	if _, a, _, _, _ := screensOf(t, file(2, 2, true, whole, big, whole, trailer)); a.Pixels != 4+16*16+4 || a.Memory != 16*16 {
		t.Errorf("%+v", a)
	}
}

// moving is an animation that image/gif wrote, of pictures of any place, with colours of
// their own.
func moving(t testing.TB, frames int) []byte {
	state := uint32(7)
	random := func(n int) int {
		state = state*1664525 + 1013904223
		return int(state>>16) % n
	}
	all := gif.GIF{Config: image.Config{Width: 40, Height: 30}, LoopCount: 2}
	for i := range frames {
		r := image.Rect(random(20), random(15), 20+random(20)+1, 15+random(15)+1)
		if i == 0 {
			r = image.Rect(0, 0, 40, 30)
		}
		m := image.NewPaletted(r, nil)
		for range 2 + random(200) {
			m.Palette = append(m.Palette, color.RGBA{uint8(random(256)), uint8(random(256)), uint8(random(256)), 0xff})
		}
		if random(3) > 0 {
			m.Palette[random(len(m.Palette))] = color.RGBA{}
		}
		for k := range m.Pix {
			m.Pix[k] = uint8(random(len(m.Palette)))
		}
		all.Image, all.Delay = append(all.Image, m), append(all.Delay, random(300))
		all.Disposal = append(all.Disposal, byte(random(4)))
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, &all); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// holdFrames holds the screens of a file to those that are composed, by the words of GIF89a, of
// image/gif's pictures, where that takes the file.
func holdFrames(t *testing.T, file []byte) {
	h, a, screens, delays, err := screensOf(t, file)
	all, theirs := gif.DecodeAll(bytes.NewReader(file))
	if bytes.Contains(file, []byte{0x21, 0x01}) {
		return // image/gif takes plain texts to be as long as they should be
	}
	if theirs != nil || slices.ContainsFunc(all.Image, func(m *image.Paletted) bool { return m.Rect.Empty() }) || a.Frames > len(all.Image) {
		return
	}
	if err != nil || len(screens) != len(all.Image) {
		if _, ok := err.(LimitError); ok {
			return
		}
		t.Fatalf("%d frames, %v, image/gif has %d", len(screens), err, len(all.Image))
	}
	want := image.NewNRGBA(image.Rect(0, 0, h.Width, h.Height))
	for i, m := range all.Image {
		before := bytes.Clone(want.Pix)
		draw.Draw(want, m.Rect, m, m.Rect.Min, draw.Over)
		if !bytes.Equal(screens[i].Pix, want.Pix) || delays[i] != 10*all.Delay[i] {
			t.Fatalf("frame %d: other pixels than image/gif's, or shown for %d ms, not %d0", i, delays[i], all.Delay[i])
		}
		switch all.Disposal[i] {
		case 2:
			draw.Draw(want, m.Rect, image.Transparent, image.Point{}, draw.Src)
		case 3, 4:
			want.Pix = before
		}
	}
}

func TestFramesOfAnotherWriter(t *testing.T) {
	file := moving(t, 40)
	holdFrames(t, file)
	if _, a, screens, _, err := screensOf(t, file); err != nil || len(screens) != 40 || a.Loops != 3 || a.Pixels != 40*40*30 {
		t.Errorf("%+v, %d screens, %v", a, len(screens), err)
	}
}

func FuzzFrames(f *testing.F) {
	whole := slices.Concat(descriptor(0, 0, 2, 2, 0), plain(true, 0, 1, 0, 3))
	f.Add(moving(f, 4))
	f.Add(file(2, 2, true, repeated("NETSCAPE2.0", 2), shownFor(1, 3, 1), whole, shownFor(1, 2, 1), whole, whole, trailer))
	f.Add(file(3, 7, false, whole, descriptor(1, 1, 2, 2, 0xc0), []byte{0, 0, 0, 0xff, 0xff, 0xff}, plain(true, 0, 1, 2, 3), trailer))
	f.Fuzz(func(t *testing.T, file []byte) {
		var d Decoder
		if h, err := d.Open(file); err != nil || h.Width*h.Height > 1<<12 {
			return
		}
		if a, err := d.Animation(); err == nil && a.Pixels > 1<<16 {
			return
		}
		holdFrames(t, file)
		screen, a := make([]uint8, 4*d.picture.width*d.picture.height), plane.Animation{}
		for a, _ = d.Animation(); d.frames < a.Frames; {
			if _, err := d.Next(screen); err != nil {
				break
			}
		}
		if copied := d.CopyAnimation(); copied != nil {
			_, want, screens, _, _ := screensOf(t, file)
			_, got, again, _, err := screensOf(t, copied)
			if err != nil || got != want || !slices.EqualFunc(again, screens, func(a, b *image.NRGBA) bool { return bytes.Equal(a.Pix, b.Pix) }) {
				t.Fatalf("the copy has other frames: %+v, %v, expected %+v", got, err, want)
			}
		}
	})
}

func TestCopyHasNothingElse(t *testing.T) {
	whole := slices.Concat(descriptor(0, 0, 2, 2, 0), plain(true, 0, 1, 0, 3))
	dot := slices.Concat(descriptor(1, 0, 1, 1, 0x80), []byte{9, 9, 9, 8, 8, 8}, plain(true, 1))
	netscape, xmp := repeated("NETSCAPE2.0", 2), []byte("\x21\xff\x0bXMP DataXMP\x01x\x00")
	for name, test := range map[string]struct{ parts, want [][]byte }{
		"all":          {[][]byte{comment, netscape, xmp, shownFor(7, 1, 0), whole, comment, shownFor(1, 3, 1), dot, comment, trailer, []byte("dirt")}, [][]byte{netscape, shownFor(7, 1, 0), whole, shownFor(1, 3, 1), dot, trailer}},
		"no trailer":   {[][]byte{whole, dot}, nil},
		"dirt":         {[][]byte{whole, dot, []byte("dirt"), trailer}, nil},
		"half a block": {[][]byte{whole, dot, []byte{0x21}}, nil},
		"said at last": {[][]byte{whole, dot, netscape, trailer}, [][]byte{whole, dot, netscape, trailer}},
		"one picture":  {[][]byte{whole, trailer}, nil},
		"half a frame": {[][]byte{whole, dot, descriptor(0, 0, 2, 2, 0)[:8]}, nil},
	} {
		src := file(2, 2, true, test.parts...)
		var d Decoder
		if _, err := d.Open(src); err != nil {
			t.Fatal(err)
		}
		a, err := d.Animation()
		if err != nil {
			t.Fatal(err)
		}
		for range a.Frames {
			if _, err := d.Next(make([]uint8, 16)); err != nil {
				t.Fatal(err)
			}
		}
		var want []byte
		if test.want != nil {
			want = file(2, 2, true, test.want...)
		}
		if got := d.CopyAnimation(); !bytes.Equal(got, want) {
			t.Errorf("%s: %x, expected %x", name, got, want)
		}
	}
}
