package render

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"testing"

	"prew"
)

// portrait is a grey picture with a square of skin that begins at a point.
func portrait(w, h int, at image.Point, side int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	square := image.Rectangle{Min: at, Max: at.Add(image.Pt(side, side))}
	for y := range h {
		for x := range w {
			c := color.NRGBA{120, 120, 120, 255}
			if image.Pt(x, y).In(square) {
				c = color.NRGBA{200, 150, 120, 255}
			}
			m.SetNRGBA(x, y, c)
		}
	}
	return m
}

// TestSmartKeepsTheFace: in every form of frame, format and turn the preview is the one
// that the gravity gives which says where the face is, byte for byte.
func TestSmartKeepsTheFace(t *testing.T) {
	wide, high := portrait(480, 200, image.Pt(0, 80), 60), portrait(201, 481, image.Pt(60, 0), 60)
	large := portrait(500, 1201, image.Pt(150, 0), 150) // an eighth of it is enough to look at
	tests := map[string]struct {
		src  []byte
		same prew.Gravity
	}{
		"jpeg":             {asJPEG(wide), prew.Left},
		"progressive jpeg": {asProgressiveJPEG(wide), prew.Left},
		"rgb jpeg":         {asRGBCodedJPEG(wide), prew.Left},
		"png":              {asPNG(wide), prew.Left},
		"tiff":             {asTIFF(wide), prew.Left},
		"large jpeg":       {asJPEG(large), prew.Top},
		"high jpeg":        {asJPEG(high), prew.Top},
		"high png":         {asPNG(high), prew.Top},
	}
	for o := 1; o <= 8; o++ {
		test := tests["high jpeg"]
		test.src = jpegWithEXIF(asJPEG(stored(high, o)), exif(binary.BigEndian, uint16(o)))
		tests[fmt.Sprint("turned ", o)] = test
		test.src = jpegWithEXIF(asProgressiveJPEG(stored(large, o)), exif(binary.BigEndian, uint16(o)))
		tests[fmt.Sprint("large, progressive, turned ", o)] = test
	}
	for name, test := range tests {
		for _, p := range []prew.Preset{
			{Width: 100, Height: 100, Format: prew.JPEG},
			{Width: 101, Height: 99, Format: prew.JPEG, Chroma: prew.Chroma444, Progressive: true},
			{Width: 99, Height: 101, Format: prew.PNG},
			{Width: 201, Height: 201, Format: prew.WebP},
		} {
			p.Fit, p.Gravity = prew.Cover, test.same
			want, _ := rendered(t, test.src, p)
			p.Gravity = prew.Smart
			got, _ := rendered(t, test.src, p)
			if !bytes.Equal(got.Data, want.Data) {
				t.Errorf("%s as %s, %dx%d: not what %s gives; kept %v", name, p.Format, p.Width, p.Height, test.same, got.Crop)
			}
			if want.Crop != (image.Rectangle{}) {
				t.Errorf("%s: %s chose %v, expected nothing to be chosen", name, test.same, want.Crop)
			}
		}
	}
}

// TestCorpusSmart: of photos in the folder that CORPUS names, and of those beside it, people see
// in the preview what the photo is of. They were looked at beside what sharp's attention keeps.
func TestCorpusSmart(t *testing.T) {
	corpus := os.Getenv("CORPUS")
	if _, err := os.Stat(corpus); corpus == "" || err != nil {
		t.Skipf("CORPUS is %q, which is no folder", corpus)
	}
	square, tall, wide := image.Pt(240, 240), image.Pt(180, 240), image.Pt(320, 100)
	tests := []struct {
		of, file string
		box      image.Point
		from, to int // between which the part begins, in hundredths of the photo's side
	}{
		{"a leaf before grass", "bench/p2.jpg", square, 0, 22},
		{"a leaf before grass", "bench/p2.jpg", tall, 0, 35},
		{"a grey leaf before grass", "jpeg/gray.jpg", square, 0, 22},
		{"a head above corn", "looks/indexed.png", wide, 0, 4},
		{"a tanned face", "../photos/cid22_pexels-photo-1933873.png", wide, 15, 26},
		{"a tanned face", "../photos/cid22_pexels-photo-1933873.png", tall, 10, 23},
		{"a dark face", "../photos/clic_100f1789.png", wide, 22, 40},
		{"a face before a yellow wall", "../photos/clic_28d24b9c.png", wide, 2, 15},
		{"the basins of a white bathroom", "../photos/cid22_1454804.png", wide, 20, 37},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("%s in %v", test.of, test.box), func(t *testing.T) {
			src, err := os.ReadFile(filepath.Join(corpus, test.file))
			if err != nil {
				t.Skip(err)
			}
			got, _ := rendered(t, src, prew.Preset{Width: test.box.X, Height: test.box.Y, Fit: prew.Cover, Gravity: prew.Smart})
			at := max(100*got.Crop.Min.X/got.Outline.Width, 100*got.Crop.Min.Y/got.Outline.Height)
			if at < test.from || at > test.to {
				t.Errorf("from %d of 100, expected %d to %d", at, test.from, test.to)
			}
		})
	}
}

// TestSmartSaysWhatItKept: the crop is in pixels of the photo as seen.
func TestSmartSaysWhatItKept(t *testing.T) {
	tests := []struct {
		size, at image.Point
		turn     int
		want     image.Rectangle
	}{
		{image.Pt(800, 400), image.Pt(0, 100), 1, image.Rect(0, 0, 400, 400)},
		{image.Pt(800, 400), image.Pt(740, 100), 1, image.Rect(400, 0, 800, 400)},
		{image.Pt(800, 400), image.Pt(370, 100), 1, image.Rect(200, 0, 600, 400)},
		{image.Pt(400, 800), image.Pt(100, 740), 6, image.Rect(0, 400, 400, 800)},
	}
	for _, test := range tests {
		src := jpegWithEXIF(asJPEG(stored(portrait(test.size.X, test.size.Y, test.at, 60), test.turn)), exif(binary.BigEndian, uint16(test.turn)))
		got, _ := rendered(t, src, prew.Preset{Width: 100, Height: 100, Fit: prew.Cover, Gravity: prew.Smart})
		if got.Crop != test.want {
			t.Errorf("%v with a face at %v, turned %d: kept %v, want %v", test.size, test.at, test.turn, got.Crop, test.want)
		}
	}
}

// TestSmartOfSmallPhotos: a photo that is not shrunk is cut all the same, and one that is
// in the box's shape is left as it is.
func TestSmartOfSmallPhotos(t *testing.T) {
	for _, size := range []image.Point{{1, 1}, {1, 9}, {9, 1}, {2, 3}, {3, 2}, {50, 7}, {7, 50}, {1, 300}, {300, 1}, {301, 2}} {
		for _, src := range [][]byte{asJPEG(portrait(size.X, size.Y, image.Pt(0, 0), 2)), asPNG(portrait(size.X, size.Y, image.Pt(0, 0), 2))} {
			for _, box := range []image.Point{{1, 1}, {2, 2}, {5, 3}, {100, 100}} {
				for _, format := range []prew.Format{prew.Auto, prew.JPEG, prew.WebP} {
					p := prew.Preset{Width: box.X, Height: box.Y, Fit: prew.Cover, Gravity: prew.Center, Format: format}
					want, _ := rendered(t, src, p)
					p.Gravity = prew.Smart
					got, _ := rendered(t, src, p)
					if got.Width != want.Width || got.Height != want.Height {
						t.Errorf("%v in %v: %dx%d, want %dx%d", size, box, got.Width, got.Height, want.Width, want.Height)
					}
				}
			}
		}
	}
}
