package render

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"strconv"
	"strings"
	"testing"

	"prew"
)

func TestFocusOf(t *testing.T) {
	for text, want := range map[string]image.Point{
		"0.3,0.6":           image.Pt(300000, 600000),
		"0,1":               image.Pt(0, 1000000),
		"1.000000,0.000001": image.Pt(1000000, 1),
		"0.123456,0.5":      image.Pt(123456, 500000),
	} {
		if got, err := focusOf(text); got != want || err != nil {
			t.Errorf("%q: %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", ",", "0.3", "0.3,", ",0.6", "0.3,0.6,", "0.3,0.6,0.9", "0.3 0.6", "0.3, 0.6", " 0.3,0.6", "0.3,0.6\n", "0.3;0.6",
		".3,0.6", "0.,0.6", "00.3,0.6", "+0.3,0.6", "-0.3,0.6", "0.-3,0.6", "3e-1,0.6", "0x0.3p0,0.6", "NaN,0.6", "Inf,0.6", "0_0.3,0.6",
		"1.000001,0.6", "0.3,1.1", "2,0.6", "0.3,9.999999", "0.1234567,0.6", "30%,60%", "0,3,0,6", "٠.٣,0.6", "0.3,0.6\x00", strings.Repeat("0", 1<<20),
	} {
		got, err := focusOf(text)
		if err == nil || got != (image.Point{}) {
			t.Errorf("%.40q: %v, expected an error and no point", text, got)
		} else if len(err.Error()) > 1000 {
			t.Errorf("%.40q: the error has %d bytes", text, len(err.Error()))
		}
	}
}

// FuzzFocus: what is read is what strconv reads, between 0 and 1.
func FuzzFocus(f *testing.F) {
	f.Add("0.3,0.6")
	f.Add("1,0.000001")
	f.Fuzz(func(t *testing.T, text string) {
		at, err := focusOf(text)
		if err != nil {
			return
		}
		x, y, _ := strings.Cut(text, ",")
		for i, text := range []string{x, y} {
			got := []int{at.X, at.Y}[i]
			want, err := strconv.ParseFloat(text, 64)
			if err != nil || want < 0 || want > 1 || int(want*focusParts+0.5) != got {
				t.Errorf("%q: %d, want %v (%v)", text, got, want, err)
			}
		}
	})
}

// TestWhatLiesAroundAFocus: it is in the middle of the crop, as far as the photo reaches.
func TestWhatLiesAroundAFocus(t *testing.T) {
	pt, rect := image.Pt, image.Rect
	tests := []struct {
		size, box, at image.Point // at is in thousandths
		want          image.Rectangle
	}{
		{pt(3000, 2000), pt(200, 200), pt(500, 500), rect(50, 0, 250, 200)},
		{pt(3000, 2000), pt(200, 200), pt(600, 0), rect(80, 0, 280, 200)},
		{pt(3000, 2000), pt(200, 200), pt(0, 0), rect(0, 0, 200, 200)},
		{pt(3000, 2000), pt(200, 200), pt(333, 0), rect(0, 0, 200, 200)},
		{pt(3000, 2000), pt(200, 200), pt(340, 0), rect(2, 0, 202, 200)},
		{pt(3000, 2000), pt(200, 200), pt(1000, 1000), rect(100, 0, 300, 200)},
		{pt(2000, 3000), pt(200, 200), pt(100, 600), rect(0, 80, 200, 280)},
		{pt(500, 500), pt(640, 360), pt(100, 900), rect(0, 219, 500, 500)},
		{pt(500, 500), pt(640, 360), pt(500, 500), rect(0, 109, 500, 390)},
		{pt(1, 10000), pt(200, 200), pt(500, 1000), rect(0, 9999, 1, 10000)},
		{pt(1, 10000), pt(200, 200), pt(500, 0), rect(0, 0, 1, 1)},
		{pt(16384, 1), pt(1, 1), pt(1000, 500), rect(16383, 0, 16384, 1)},
		{pt(200, 200), pt(200, 200), pt(0, 0), rect(0, 0, 200, 200)},
	}
	for _, test := range tests {
		for o := turn(1); o <= 8; o++ {
			preset := prew.Preset{Width: test.box.X, Height: test.box.Y, Fit: prew.Cover, Gravity: prew.Focus}
			at, stored := test.at.Mul(focusParts/1000), o.size(test.size)
			p := photo{size: stored, turn: o}.plan(image.Rectangle{Max: stored}, &at, preset)
			crop := image.Rectangle{Min: o.size(p.crop.Min), Max: o.size(p.crop.Max)}
			if crop != test.want || p.kept != (image.Point{}) || p.canvas != crop.Size() {
				t.Errorf("%v in %v about %v, turned %d: %v on %v, %v is kept by what is seen, want %v", test.size, test.box, test.at, o, crop, p.canvas, p.kept, test.want)
			}
		}
	}
}

// TestAFocusIsOfThePhotoAndNotOfWhatIsTrimmed: of a photo of 1000x400 as seen a part of
// 600x200 is left, 100 from the left and 150 from the top, of which a square is kept.
func TestAFocusIsOfThePhotoAndNotOfWhatIsTrimmed(t *testing.T) {
	for o := turn(1); o <= 8; o++ {
		stored := o.size(image.Pt(1000, 400))
		left := image.Rect(100, 150, 700, 350)
		part := image.Rectangle{Min: o.size(left.Min), Max: o.size(left.Max)}
		if o.mirrorsX() {
			part.Min.X, part.Max.X = stored.X-part.Max.X, stored.X-part.Min.X
		}
		if o.mirrorsY() {
			part.Min.Y, part.Max.Y = stored.Y-part.Max.Y, stored.Y-part.Min.Y
		}
		if seen := o.part(part, stored); seen != left {
			t.Errorf("turned %d: %v is seen at %v, want %v", o, part, seen, left)
		}
		for at, x := range map[int]int{0: 0, 200_000: 0, 300_000: 50, 400_000: 100, 620_000: 200, 1_000_000: 200} {
			p := photo{size: stored, turn: o}.plan(part, &image.Point{X: at}, prew.Preset{Width: 100, Height: 100, Fit: prew.Cover, Gravity: prew.Focus})
			if want := image.Rect(x, 0, x+100, 100); p.chosen != want {
				t.Errorf("turned %d, about %d: %v, want %v", o, at, p.chosen, want)
			}
		}
	}
}

// pointed is a photo in which an editor has set a point.
type pointed struct {
	*bytes.Reader
	focus string
}

func (p pointed) Focus() string { return p.focus }

func renderedAbout(t *testing.T, src []byte, p prew.Preset, focus string) Preview {
	t.Helper()
	p, err := p.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	preview, err := Render(pointed{bytes.NewReader(src), focus}, p)
	if err != nil {
		t.Fatal(err)
	}
	return preview
}

// TestFocusIsOfThePhotoAsSeen: in every format and turn a point at an edge gives, byte for
// byte, what the gravity of that edge does.
func TestFocusIsOfThePhotoAsSeen(t *testing.T) {
	wide, high := portrait(480, 200, image.Pt(200, 80), 60), portrait(201, 481, image.Pt(60, 200), 60)
	type edge struct {
		focus string
		same  prew.Gravity
	}
	lying := []edge{{"0,0.5", prew.Left}, {"0.5,0.5", prew.Center}, {"1,0.2", prew.Right}}
	standing := []edge{{"0.5,0", prew.Top}, {"0.5,0.5", prew.Center}, {"0.2,1", prew.Bottom}}
	tests := map[string]struct {
		src   []byte
		edges []edge
	}{
		"jpeg": {asJPEG(wide), lying}, "rgb jpeg": {asRGBCodedJPEG(wide), lying}, "png": {asPNG(wide), lying}, "high png": {asPNG(high), standing},
	}
	for o := 1; o <= 8; o++ {
		tests[fmt.Sprint("turned ", o)] = struct {
			src   []byte
			edges []edge
		}{jpegWithEXIF(asJPEG(stored(high, o)), exif(binary.BigEndian, uint16(o))), standing}
	}
	for name, test := range tests {
		for _, edge := range test.edges {
			for _, p := range []prew.Preset{{Width: 100, Height: 100}, {Width: 101, Height: 99, Format: prew.WebP}, {Width: 201, Height: 201, Format: prew.PNG}} {
				p.Fit, p.Gravity = prew.Cover, edge.same
				want, _ := rendered(t, test.src, p)
				p.Gravity = prew.Focus
				got := renderedAbout(t, test.src, p, edge.focus)
				if !bytes.Equal(got.Data, want.Data) || got.Note != "" {
					t.Errorf("%s as %q, %dx%d, about %s: not what %s gives; kept %v, note %q", name, p.Format, p.Width, p.Height, edge.focus, edge.same, got.Crop, got.Note)
				}
				if got.Crop.Empty() {
					t.Errorf("%s about %s: does not say what it kept", name, edge.focus)
				}
			}
		}
	}
}

// TestWithoutAFocus: what there is none of, or can't be read, is kept as smart does, and the
// latter is noted. Other gravities ask for none.
func TestWithoutAFocus(t *testing.T) {
	src := asJPEG(portrait(480, 200, image.Pt(400, 80), 60))
	p := prew.Preset{Width: 100, Height: 100, Fit: prew.Cover, Gravity: prew.Smart}
	smart := renderedAbout(t, src, p, "0,0")
	if smart.Note != "" || smart.Crop.Min.X == 0 {
		t.Errorf("smart: kept %v, note %q", smart.Crop, smart.Note)
	}
	p.Gravity = prew.Focus
	for focus, note := range map[string]string{"": "", "left": `focus: "left", expected two numbers from 0 to 1 with at most 6 decimals, as 0.3,0.6`} {
		got := renderedAbout(t, src, p, focus)
		if !bytes.Equal(got.Data, smart.Data) || got.Crop != smart.Crop || got.Note != note {
			t.Errorf("%q: kept %v, note %q, want %v and %q", focus, got.Crop, got.Note, smart.Crop, note)
		}
	}
	if got := renderedAbout(t, src, p, "0,0"); got.Crop != image.Rect(0, 0, 200, 200) {
		t.Errorf("0,0: kept %v", got.Crop)
	}
	if got, _ := rendered(t, src, p); !bytes.Equal(got.Data, smart.Data) {
		t.Errorf("a source that knows of no focus: kept %v, want %v", got.Crop, smart.Crop)
	}
}
