package render

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"testing"

	"prew"
	"prew/lambda/render/jpeg"
)

// stored is how a camera that writes the given orientation stores what is seen.
// The table is that of TIFF 6.0, page 36: where the stored row 0 and column 0
// are seen.
func stored(seen *image.NRGBA, orientation int) *image.NRGBA {
	w, h := seen.Rect.Dx(), seen.Rect.Dy()
	size := image.Pt(w, h)
	if orientation >= 5 {
		size = image.Pt(h, w)
	}
	m := image.NewNRGBA(image.Rectangle{Max: size})
	for y := range size.Y {
		for x := range size.X {
			from := map[int]image.Point{
				1: {x, y},                 // top, left
				2: {w - 1 - x, y},         // top, right
				3: {w - 1 - x, h - 1 - y}, // bottom, right
				4: {x, h - 1 - y},         // bottom, left
				5: {y, x},                 // left, top
				6: {w - 1 - y, x},         // right, top
				7: {w - 1 - y, h - 1 - x}, // right, bottom
				8: {y, h - 1 - x},         // left, bottom
			}[orientation]
			m.SetNRGBA(x, y, seen.NRGBAAt(from.X, from.Y))
		}
	}
	return m
}

func TestEveryOrientationIsSeenUpright(t *testing.T) {
	seen := sign(48, 32)
	_, seenAsJPEG := rendered(t, asJPEG(seen), prew.Preset{Width: 48, Format: prew.PNG})
	for o := 1; o <= 8; o++ {
		m := stored(seen, o)
		tests := map[string]struct {
			src       []byte
			want      image.Image
			tolerance int
		}{
			"JPEG II": {jpegWithEXIF(asJPEG(m), exif(binary.LittleEndian, uint16(o))), seenAsJPEG, 8},
			"JPEG MM": {jpegWithEXIF(asJPEG(m), exif(binary.BigEndian, uint16(o))), seenAsJPEG, 8},
			"PNG":     {pngWithEXIF(asPNG(m), exif(binary.BigEndian, uint16(o))), seen, 0},
			"TIFF":    {greyTIFF(greyOf(m), uint32(o)), greyOf(seen), 0},
		}
		for name, test := range tests {
			t.Run(fmt.Sprint(name, " ", o), func(t *testing.T) {
				_, got := rendered(t, test.src, prew.Preset{Width: 48, Format: prew.PNG})
				near(t, got, test.want, test.tolerance)
			})
		}
	}
}

func TestOrientationOfWebP(t *testing.T) {
	for _, header := range []string{"", "Exif\x00\x00"} { // some writers put it there
		src := webpWithEXIF(testdata(t, "lossy.webp"), 64, 48, append([]byte(header), exif(binary.LittleEndian, 6)...))
		_, got := rendered(t, src, prew.Preset{Height: 64, Format: prew.PNG})
		if size := got.Bounds().Size(); size != image.Pt(48, 64) {
			t.Fatalf("size is %v, want 48x64", size)
		}
		nearColour(t, got, 36, 10, white, 5) // stored at the top left
		nearColour(t, got, 12, 10, green, 5) // stored at the bottom left
		nearColour(t, got, 12, 54, yellow, 5)
	}
}

func TestGravityIsOfThePictureAsSeen(t *testing.T) {
	for o := 1; o <= 8; o++ {
		src := pngWithEXIF(asPNG(stored(sign(48, 32), o)), exif(binary.BigEndian, uint16(o)))
		_, got := rendered(t, src, prew.Preset{Width: 24, Height: 32, Fit: prew.Cover, Gravity: prew.Right, Format: prew.PNG})
		near(t, got, moved(sign(48, 32).SubImage(image.Rect(24, 0, 48, 32)).(*image.NRGBA), image.Pt(-24, 0)), 0)
	}
}

func TestOrientationOfBytes(t *testing.T) {
	photo := asJPEG(sign(8, 8))
	six := exif(binary.BigEndian, 6)
	asLong := append([]byte{}, six...)
	asLong[13], asLong[19], asLong[21] = 4, 0, 6
	tests := []struct {
		name string
		src  []byte
		want turn
	}{
		{"none", photo, 1},
		{"six", jpegWithEXIF(photo, six), 6},
		{"six as a LONG", jpegWithEXIF(photo, asLong), 6},
		{"the first of two", jpegWithEXIF(jpegWithEXIF(photo, exif(binary.BigEndian, 3)), six), 6},
		{"zero", jpegWithEXIF(photo, exif(binary.BigEndian, 0)), 1},
		{"nine", jpegWithEXIF(photo, exif(binary.BigEndian, 9)), 1},
		{"cut short", jpegWithEXIF(photo, six[:12]), 1},
		{"without a directory", jpegWithEXIF(photo, six[:8]), 1},
		{"a directory beyond the end", jpegWithEXIF(photo, replaced(append([]byte{}, six...), 4, 0xff)), 1},
		{"of another order", jpegWithEXIF(photo, replaced(append([]byte{}, six...), 0, 'X')), 1},
		{"after the end of the picture", append(append([]byte{}, photo...), jpegWithEXIF(photo, six)[2:]...), 1},
		{"after fill bytes", append([]byte{0xff, 0xd8, 0xff, 0xff}, jpegWithEXIF(photo, six)[2:]...), 6},
	}
	for _, test := range tests {
		var decoder jpeg.Decoder
		header, err := decoder.ReadHeader(bytes.NewReader(test.src))
		if got := orientation(header.EXIF); err != nil || got != test.want {
			t.Errorf("%s: %d (%v), want %d", test.name, got, err, test.want)
		}
	}
}

func FuzzOrientation(f *testing.F) {
	f.Add(exif(binary.LittleEndian, 3))
	f.Add(exif(binary.BigEndian, 8))
	f.Add(greyTIFF(greyOf(sign(2, 2)), 5))
	f.Fuzz(func(t *testing.T, src []byte) {
		if o := orientation(src); o < 1 || o > 8 {
			t.Fatalf("orientation is %d", o)
		}
	})
}
