package render

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"image"
	"image/color"
	"image/draw"
	"testing"

	"prew"
	"prew/lambda/render/standin"
)

// standInOf renders the text that stands in for a photo.
func standInOf(t *testing.T, src []byte, p prew.Preset) Preview {
	t.Helper()
	p, err := p.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	preview, err := Render(bytes.NewReader(src), p)
	if err != nil {
		t.Fatal(err)
	}
	if preview.ContentType != "text/plain" {
		t.Errorf("content type is %s", preview.ContentType)
	}
	return preview
}

// TestStandInIsOfThePreview compares with the texts of the pixels that the same preset has as a
// PNG: whatever the kind of a photo, its shape and its turn.
func TestStandInIsOfThePreview(t *testing.T) {
	wide := sign(1200, 800)
	translucent := image.NewNRGBA(wide.Rect)
	draw.DrawMask(translucent, wide.Rect, wide, image.Point{}, image.NewUniform(color.Alpha{128}), image.Point{}, draw.Src)
	for name, src := range map[string][]byte{
		"JPEG": asJPEG(wide), "grey JPEG": asJPEG(greyOf(wide)), "turned JPEG": jpegWithEXIF(asJPEG(wide), exif(binary.BigEndian, 6)), "small JPEG": asJPEG(sign(37, 51)),
		"PNG": asPNG(wide), "translucent PNG": asPNG(translucent), "one pixel": asPNG(sign(1, 1)), "GIF": asGIF(wide, wide.Rect.Max), "panorama": asJPEG(sign(1500, 12)),
	} {
		for _, p := range []prew.Preset{{}, {Height: 50}, {Width: 64, Height: 36, Fit: prew.Cover, Gravity: prew.Top}, {Width: 30, Height: 90, Fit: prew.Fill}} {
			p.Format = prew.ThumbHash
			thumb := standInOf(t, src, p)
			p.Format = prew.BlurHash
			blur := standInOf(t, src, p)
			p, err := p.Resolve()
			if err != nil {
				t.Fatal(err)
			}
			p.Format = prew.PNG
			_, m := rendered(t, src, p)
			w, h := m.Bounds().Dx(), m.Bounds().Dy()
			if max(w, h) > standin.MaxSide || thumb.Width != w || thumb.Height != h {
				t.Errorf("%s, %+v: %dx%d, want %dx%d and at most 100", name, p, thumb.Width, thumb.Height, w, h)
			}
			pixels := image.NewNRGBA(image.Rect(0, 0, w, h))
			draw.Draw(pixels, pixels.Rect, m, m.Bounds().Min, draw.Src)
			if same, ok := m.(*image.NRGBA); ok {
				pixels = same // draw multiplies by alpha and divides again
			}
			if want := base64.StdEncoding.EncodeToString(standin.ThumbHash(pixels.Pix, pixels.Stride, w, h)); string(thumb.Data) != want {
				t.Errorf("%s, %+v: ThumbHash is %s, want %s", name, p, thumb.Data, want)
			}
			across, down := 4, 3
			if h > w {
				across, down = 3, 4
			}
			if want := standin.BlurHash(pixels.Pix, pixels.Stride, w, h, across, down); pixels.Opaque() && string(blur.Data) != want {
				t.Errorf("%s, %+v: BlurHash is %s, want %s", name, p, blur.Data, want)
			}
		}
	}
}

// TestTransparentStandIns: a ThumbHash is transparent, and a BlurHash has the background.
func TestTransparentStandIns(t *testing.T) {
	unseen := asPNG(image.NewNRGBA(image.Rect(0, 0, 40, 30)))
	blur := standInOf(t, unseen, prew.Preset{Format: prew.BlurHash, Background: "#c8781e"})
	if want := "L5M}7k^MfQ^M}pj@fQj@fQfQfQfQ"; string(blur.Data) != want {
		t.Errorf("BlurHash is %s, want %s, of the background", blur.Data, want)
	}
	thumb := standInOf(t, unseen, prew.Preset{Format: prew.ThumbHash, Background: "#c8781e"})
	if want := "AAiCBIAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="; string(thumb.Data) != want {
		t.Errorf("ThumbHash is %s, want %s, of nothing", thumb.Data, want)
	}
}
