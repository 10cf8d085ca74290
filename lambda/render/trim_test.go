package render

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"runtime/debug"
	"testing"

	"prew"
)

// framed is a picture with a border.
func framed(m image.Image, left, top, right, bottom int, c color.Color) *image.NRGBA {
	size := m.Bounds().Size()
	out := image.NewNRGBA(image.Rect(0, 0, left+size.X+right, top+size.Y+bottom))
	draw.Draw(out, out.Rect, image.NewUniform(c), image.Point{}, draw.Src)
	draw.Draw(out, image.Rectangle{Max: size}.Add(image.Pt(left, top)), m, m.Bounds().Min, draw.Src)
	return out
}

// TestTrimLeavesThePhoto compares with what has no border, in every form that frames have.
func TestTrimLeavesThePhoto(t *testing.T) {
	photo := sign(120, 80)
	clear := color.NRGBA{200, 0, 0, 0}
	for _, test := range []struct {
		name      string
		src, want []byte
		tolerance int // of the comparison
	}{
		{"jpeg", asJPEG(framed(photo, 16, 32, 48, 16, white)), asJPEG(photo), 12},
		{"jpeg in colour", asJPEG(framed(photo, 16, 32, 48, 16, color.NRGBA{0, 200, 200, 255})), asJPEG(photo), 40},
		{"progressive", asProgressiveJPEG(framed(photo, 16, 32, 48, 16, white)), asProgressiveJPEG(photo), 12},
		{"rgb-coded", asRGBCodedJPEG(framed(photo, 8, 24, 3, 5, black)), asRGBCodedJPEG(photo), 12},
		{"grey jpeg", asJPEG(greyOf(framed(photo, 8, 24, 7, 9, white))), asJPEG(greyOf(photo)), 12},
		{"png", asPNG(framed(photo, 7, 13, 1, 0, white)), asPNG(photo), 0},
		{"grey png", asPNG(greyOf(framed(photo, 7, 13, 1, 0, white))), asPNG(greyOf(photo)), 0},
		{"deep png", asPNG(deep(framed(photo, 7, 13, 1, 0, white))), asPNG(deep(photo)), 1},
		{"clear png", asPNG(framed(photo, 7, 13, 1, 2, clear)), asPNG(photo), 0},
		{"gif", asGIF(framed(photo, 3, 0, 0, 9, green), image.Pt(123, 89)), asGIF(photo, image.Pt(120, 80)), 0},
		{"tiff", asTIFF(framed(photo, 3, 0, 0, 9, green)), asTIFF(photo), 0},
	} {
		for _, preset := range []prew.Preset{{Width: 500}, {Width: 60}, {Width: 40, Height: 40, Fit: prew.Cover, Gravity: prew.Right}, {Height: 31, Chroma: prew.Chroma444}} {
			preset.Format, preset.Oversample = prew.PNG, prew.MaxOversample
			_, want := rendered(t, test.want, preset)
			preset.Trim = 40
			_, got := rendered(t, test.src, preset)
			if got.Bounds() != want.Bounds() {
				t.Errorf("%s, width %d: %v, want %v", test.name, preset.Width, got.Bounds(), want.Bounds())
				continue
			}
			near(t, got, want, test.tolerance)
			if t.Failed() {
				t.Fatalf("%s, width %d", test.name, preset.Width)
			}
		}
	}
}

// TestTrimBeginsWithASampleOfChroma has photos that begin at odd pixels, of which a column or
// a row is lost, but never all.
func TestTrimBeginsWithASampleOfChroma(t *testing.T) {
	for _, test := range []struct {
		photo     image.Point
		left, top int
		want      image.Point
	}{
		{image.Pt(40, 30), 16, 16, image.Pt(40, 30)},
		{image.Pt(41, 33), 16, 16, image.Pt(41, 33)},
		{image.Pt(41, 33), 17, 19, image.Pt(40, 32)},
		{image.Pt(1, 1), 17, 19, image.Pt(2, 2)},
	} {
		m := image.NewNRGBA(image.Rectangle{Max: test.photo})
		draw.Draw(m, m.Rect, image.NewUniform(black), image.Point{}, draw.Src)
		_, got := rendered(t, asJPEG(framed(m, test.left, test.top, 9, 14, white)), prew.Preset{Width: 100, Trim: 100})
		if got.Bounds().Size() != test.want {
			t.Errorf("%v at %d,%d: %v, want %v", test.photo, test.left, test.top, got.Bounds().Size(), test.want)
		}
	}
}

// TestTrimIsOfOneColour says what is left of a photo of 40 by 30 with bands at its edges.
func TestTrimIsOfOneColour(t *testing.T) {
	almost := color.NRGBA{250, 255, 255, 255}
	photo := sign(40, 30)
	whiteOnly := framed(photo, 3, 5, 2, 1, white)
	for name, test := range map[string]struct {
		m    *image.NRGBA
		trim int
		want image.Point
	}{
		"no border":               {photo, 10, image.Pt(40, 30)},
		"a border":                {whiteOnly, 10, image.Pt(40, 30)},
		"a border, left alone":    {whiteOnly, 0, image.Pt(45, 36)},
		"two":                     {framed(whiteOnly, 4, 4, 4, 4, black), 10, image.Pt(45, 36)},
		"one above, others below": {framed(framed(photo, 0, 0, 3, 4, black), 0, 4, 0, 0, white), 10, image.Pt(43, 34)},
		"within the tolerance":    {framed(whiteOnly, 4, 4, 4, 4, almost), 5, image.Pt(40, 30)},
		"beyond the tolerance":    {framed(whiteOnly, 4, 4, 4, 4, almost), 4, image.Pt(45, 36)},
		"nothing else":            {framed(image.NewNRGBA(image.Rectangle{}), 50, 0, 0, 37, white), 10, image.Pt(50, 37)},
		"everything is near":      {whiteOnly, 255, image.Pt(45, 36)},
		"one pixel":               {framed(image.NewNRGBA(image.Rectangle{}), 1, 1, 0, 0, white), 10, image.Pt(1, 1)},
	} {
		if _, got := rendered(t, asPNG(test.m), prew.Preset{Width: 500, Trim: test.trim, Format: prew.PNG}); got.Bounds().Size() != test.want {
			t.Errorf("%s: %v, want %v", name, got.Bounds().Size(), test.want)
		}
	}
}

// TestTrimIsAsSeen has photos with white at the left or above and black opposite, stored in
// every way, of which the white is at the top left as they are seen.
func TestTrimIsAsSeen(t *testing.T) {
	photo := sign(96, 96)
	for name, test := range map[string]struct{ seen, want *image.NRGBA }{
		"left":  {framed(photo, 16, 0, 32, 0, black), framed(photo, 0, 0, 32, 0, black)},
		"above": {framed(photo, 0, 16, 0, 32, black), framed(photo, 0, 0, 0, 32, black)},
	} {
		band := image.Rect(0, 0, 16, 96)
		if name == "above" {
			band = image.Rect(0, 0, 96, 16)
		}
		draw.Draw(test.seen, band, image.NewUniform(white), image.Point{}, draw.Src)
		want := test.want.Rect.Size()
		for orientation := 1; orientation <= 8; orientation++ {
			src := jpegWithEXIF(asJPEG(stored(test.seen, orientation)), exif(binary.BigEndian, uint16(orientation)))
			_, got := rendered(t, src, prew.Preset{Width: 500, Format: prew.PNG, Trim: 60})
			if got.Bounds().Size() != want {
				t.Errorf("white %s, orientation %d: %v, want %v", name, orientation, got.Bounds().Size(), want)
				continue
			}
			nearColour(t, got, 4, 4, red, 40)
			nearColour(t, got, want.X-4, want.Y-4, black, 40)
			if t.Failed() {
				t.Fatalf("white %s, orientation %d", name, orientation)
			}
		}
	}
}

// TestWhatIsKeptOfATrimmedPhoto is in pixels of the photo as it came, as seen.
func TestWhatIsKeptOfATrimmedPhoto(t *testing.T) {
	for _, turn := range []int{1, 3, 6, 8} {
		m := framed(framed(portrait(800, 400, image.Pt(740, 100), 60), 0, 0, 0, 0, white), 32, 16, 48, 64, white)
		src := jpegWithEXIF(asJPEG(stored(m, turn)), exif(binary.BigEndian, uint16(turn)))
		got, _ := rendered(t, src, prew.Preset{Width: 100, Height: 100, Fit: prew.Cover, Gravity: prew.Smart, Trim: 20})
		if want := image.Rect(432, 16, 832, 416); got.Crop != want {
			t.Errorf("turned %d: kept %v, want %v", turn, got.Crop, want)
		}
	}
}

// TestTrimmedPhotosFitIntoMemory claims photos that pass row by row, or at an eighth of their
// size, where nothing is trimmed, and fail then because there is nothing of them.
func TestTrimmedPhotosFitIntoMemory(t *testing.T) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(200 << 20))
	for name, src := range map[string][]byte{"png": pngOf(8000, 8000), "jpeg": jpegOf(16000, 12000)} {
		for trim, want := range map[int]prew.Code{0: prew.SourceDamaged, 10: prew.SourceTooLarge} {
			p, err := prew.Preset{Width: 100, Trim: trim}.Resolve()
			if err != nil {
				t.Fatal(err)
			}
			_, err = Render(bytes.NewReader(src), p)
			if failure, ok := errors.AsType[*prew.RenderError](err); !ok || failure.Code != want {
				t.Errorf("%s, trim %d: %v, want %s", name, trim, err, want)
			}
		}
	}
}
