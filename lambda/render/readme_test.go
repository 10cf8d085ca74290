package render

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"prew"
)

// shownInREADME finds a picture of the README's presets, with the text of the preset under it.
var shownInREADME = regexp.MustCompile("docs/presets/([a-z0-9-]+)\\.(jpg|png|webp|gif)[^|]*?<br>`([^`|]+)`")

// pictures is the folder of what the README shows.
const pictures = "../../docs/presets"

// TestPicturesOfTheREADME renders the presets that the README shows, of docs/presets/photo.jpg,
// which was drawn for it: its pictures are what comes of them, to the byte. Run it with -update, as
// make looks does, to write them anew, and look at them.
func TestPicturesOfTheREADME(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	photo, err := os.ReadFile(filepath.Join(pictures, "photo.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	for _, match := range shownInREADME.FindAllStringSubmatch(string(readme), -1) {
		name, kind, preset := match[1], match[2], match[3]
		t.Run(name, func(t *testing.T) {
			p := captioned(t, preset)
			preview, err := Render(bytes.NewReader(photo), p)
			if err != nil {
				t.Fatal(err)
			}
			if p.Format == prew.ThumbHash {
				if !strings.Contains(string(readme), "<br>`"+string(preview.Data)+"`") {
					t.Errorf("the text is %s, which the README does not show", preview.Data)
				}
				preview = drawnThumbHash(t, preview)
			}
			if want := map[string]string{"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp", "gif": "image/gif"}[kind]; preview.ContentType != want {
				t.Errorf("it is a %s, expected %s", preview.ContentType, want)
			}
			file := filepath.Join(pictures, name+"."+kind)
			if *update {
				if err := os.WriteFile(file, preview.Data, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if p.Format == prew.ThumbHash { // its cosines are those of the processor
				near(t, decodedPNG(t, preview.Data), decodedPNG(t, want), 1)
			} else if !bytes.Equal(preview.Data, want) {
				t.Errorf("%s is another picture: write it with -update, and look at it", file)
			}
			if len(preview.Data) > 20_000 {
				t.Errorf("it has %d bytes, a page that shows many has room for 20,000", len(preview.Data))
			}
		})
	}
	files, err := os.ReadDir(pictures)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !strings.Contains(string(readme), file.Name()) {
			t.Errorf("%s is there, and the README does not show it", file.Name())
		}
	}
}

// captioned is the preset that a caption has. Where it names no side, that is 180 pixels.
func captioned(t *testing.T, caption string) prew.Preset {
	for _, side := range []string{"width", "height"} {
		if !strings.Contains(", "+caption, ", "+side+":") && !strings.Contains(caption, "hash") {
			caption = side + ": 180, " + caption
		}
	}
	dir := t.TempDir() // where a caption's watermark is looked for
	if err := os.CopyFS(dir, os.DirFS(pictures)); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "README.md")
	if err := os.WriteFile(file, []byte("shown: {"+caption+"}"), 0o600); err != nil {
		t.Fatal(err)
	}
	presets, err := prew.ReadPresets(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	p, _ := presets.Get("shown")
	return p
}

func decodedPNG(t *testing.T, file []byte) image.Image {
	m, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// drawnThumbHash draws what an opaque ThumbHash says, as the code at evanw.github.io/thumbhash
// does: a small picture, which a page stretches.
func drawnThumbHash(t *testing.T, text Preview) Preview {
	hash, err := base64.StdEncoding.DecodeString(string(text.Data))
	if err != nil {
		t.Fatal(err)
	}
	head, tail := int(hash[0])|int(hash[1])<<8|int(hash[2])<<16, int(hash[3])|int(hash[4])<<8
	m := image.NewNRGBA(image.Rect(0, 0, 32, 32*text.Height/text.Width))
	next := 10 // of the halves of bytes
	channel := func(mean, scale float64, nx, ny int) func(x, y int) float64 {
		type wave struct{ x, y, size float64 }
		var waves []wave
		for cy := range ny {
			for cx := range nx {
				if cx+cy > 0 && cx*ny < nx*(ny-cy) {
					waves = append(waves, wave{float64(cx), float64(cy), scale * (float64(hash[next/2]>>(4*(next%2))&15)/7.5 - 1)})
					next++
				}
			}
		}
		return func(x, y int) float64 {
			v := mean
			for _, w := range waves {
				v += 2 * w.size * math.Cos(math.Pi*w.x*(float64(x)+.5)/float64(m.Rect.Dx())) * math.Cos(math.Pi*w.y*(float64(y)+.5)/float64(m.Rect.Dy()))
			}
			return v
		}
	}
	luma := channel(float64(head&63)/63, float64(head>>18&31)/31, 7, max(3, tail&7))
	yellow := channel(float64(head>>6&63)/31.5-1, 1.25*float64(tail>>3&63)/63, 3, 3)
	red := channel(float64(head>>12&63)/31.5-1, 1.25*float64(tail>>9&63)/63, 3, 3)
	level := func(v float64) uint8 { return uint8(255*min(max(v, 0), 1) + .5) }
	for y := range m.Rect.Dy() {
		for x := range m.Rect.Dx() {
			b := luma(x, y) - 2*yellow(x, y)/3
			r := (3*luma(x, y) - b + red(x, y)) / 2
			m.SetNRGBA(x, y, color.NRGBA{level(r), level(r - red(x, y)), level(b), 255})
		}
	}
	preview, _ := rendered(t, asPNG(m), prew.Preset{Width: m.Rect.Dx(), Format: prew.PNG})
	return preview
}
