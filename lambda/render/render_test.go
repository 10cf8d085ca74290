package render

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	_ "golang.org/x/image/webp" // for its header

	"prew"
	"prew/lambda/render/webp"
)

var update = flag.Bool("update", false, "write what is rendered to testdata")

// rendered renders with a preset that is not resolved yet, and decodes what
// comes of it.
func rendered(t *testing.T, src []byte, p prew.Preset) (Preview, image.Image) {
	t.Helper()
	p, err := p.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	preview, err := Render(bytes.NewReader(src), p)
	if err != nil {
		t.Fatal(err)
	}
	decode := map[string]func(io.Reader) (image.Image, error){
		"image/jpeg": jpeg.Decode, "image/png": png.Decode, "image/webp": decodeWebP, "image/avif": decodeAVIF,
	}[preview.ContentType]
	m, err := decode(bytes.NewReader(preview.Data))
	if err != nil {
		t.Fatalf("the preview can't be decoded: %v", err)
	}
	if m.Bounds() != image.Rect(0, 0, preview.Width, preview.Height) {
		t.Fatalf("the preview is %v, said to be %dx%d", m.Bounds(), preview.Width, preview.Height)
	}
	return preview, m
}

// decodeWebP decodes by package webp. x/image takes the limited range of a lossy one for
// the full one.
func decodeWebP(src io.Reader) (image.Image, error) {
	file, err := io.ReadAll(src)
	if err != nil {
		return nil, err
	}
	var d webp.Decoder
	h, err := d.Open(file)
	if err != nil {
		return nil, err
	}
	m := image.NewNRGBA(image.Rect(0, 0, h.Width, h.Height))
	for y := range h.Height {
		row, err := d.Row(y)
		if err != nil {
			return nil, err
		}
		copy(m.Pix[y*m.Stride:], row.Bytes)
	}
	return m, d.Finish()
}

// decodeAVIF decodes by what decodes photos: as a PNG of the same size.
func decodeAVIF(src io.Reader) (image.Image, error) {
	p, err := prew.Preset{Width: prew.MaxPresetSide, Height: prew.MaxPresetSide, Format: prew.PNG}.Resolve()
	if err != nil {
		return nil, err
	}
	preview, err := Render(src, p)
	if err != nil {
		return nil, err
	}
	return png.Decode(bytes.NewReader(preview.Data))
}

// codeOf renders and says with which code that failed, "" if it did not.
func codeOf(t *testing.T, src []byte) (code prew.Code, message string) {
	t.Helper()
	p, err := prew.Preset{Width: 40, Height: 40}.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	_, err = Render(bytes.NewReader(src), p)
	if err == nil {
		return "", ""
	}
	failure, ok := errors.AsType[*prew.RenderError](err)
	if !ok {
		t.Fatalf("the error is a %T: %v", err, err)
	}
	return failure.Code, failure.Message
}

// near says whether two pictures are of one size and no channel of a pixel is
// further apart than tolerance, of 255. What nobody sees has no colour.
func near(t *testing.T, got, want image.Image, tolerance int) {
	t.Helper()
	if got.Bounds() != want.Bounds() {
		t.Fatalf("size is %v, want %v", got.Bounds().Size(), want.Bounds().Size())
	}
	b := got.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			nearColour(t, got, x, y, want.At(x, y), tolerance)
			if t.Failed() {
				return
			}
		}
	}
}

func nearColour(t *testing.T, m image.Image, x, y int, want color.Color, tolerance int) {
	t.Helper()
	g := color.RGBAModel.Convert(m.At(x, y)).(color.RGBA)
	w := color.RGBAModel.Convert(want).(color.RGBA)
	far := func(a, b uint8) bool { return max(a, b)-min(a, b) > uint8(tolerance) }
	if far(g.R, w.R) || far(g.G, w.G) || far(g.B, w.B) || far(g.A, w.A) {
		t.Errorf("pixel %d,%d is %v, want %v", x, y, g, w)
	}
}

// TestRenderPictures compares with pictures that were looked at. Run it with
// -update to write them anew, and look at them. It also compares bit by bit, whatever
// the architecture: in sums.txt is the SHA-256 of the pixels of each.
func TestRenderPictures(t *testing.T) {
	const jpegType, pngType, webpType, avifType = "image/jpeg", "image/png", "image/webp", "image/avif"
	photo := asJPEG(sign(120, 80))
	badge, badgeOfWebP := prew.Mark(asPNG(glass(64, 40))), prew.Mark(testdata(t, "lossy-alpha.webp"))
	tests := []struct {
		name        string
		src         []byte
		preset      prew.Preset
		contentType string
	}{
		{"contain", photo, prew.Preset{Width: 60, Height: 60}, jpegType},
		{"contain-width", photo, prew.Preset{Width: 45}, jpegType},
		{"contain-height", photo, prew.Preset{Height: 30}, jpegType},
		{"never-enlarged", photo, prew.Preset{Width: 500, Height: 500}, jpegType},
		{"cover", photo, prew.Preset{Width: 40, Height: 40, Fit: prew.Cover}, jpegType},
		{"cover-left", photo, prew.Preset{Width: 40, Height: 40, Fit: prew.Cover, Gravity: prew.Left}, jpegType},
		{"cover-bottom-right", photo, prew.Preset{Width: 60, Height: 20, Fit: prew.Cover, Gravity: prew.BottomRight}, jpegType},
		{"cover-box-too-large", photo, prew.Preset{Width: 300, Height: 300, Fit: prew.Cover}, jpegType},
		{"cover-face", asJPEG(lured(crowd(t, 360, 160, box(250, 20, 90)), box(0, 0, 90))), prew.Preset{Width: 80, Height: 80, Fit: prew.Cover, Gravity: prew.Face}, jpegType},
		{"cover-face-rows", asPNG(lured(crowd(t, 361, 161, box(20, 20, 90)), box(260, 20, 100))), prew.Preset{Width: 40, Height: 41, Fit: prew.Cover, Gravity: prew.Face}, jpegType},
		{"cover-smart", asJPEG(portrait(360, 160, image.Pt(250, 40), 60)), prew.Preset{Width: 40, Height: 80, Fit: prew.Cover, Gravity: prew.Smart}, jpegType},
		{"fill", photo, prew.Preset{Width: 30, Height: 60, Fit: prew.Fill}, jpegType},
		{"pad", photo, prew.Preset{Width: 60, Height: 60, Fit: prew.Pad, Background: "#c03080"}, jpegType},
		{"pad-grey", asJPEG(greyOf(sign(120, 80))), prew.Preset{Width: 70, Height: 21, Fit: prew.Pad, Background: "#c03080"}, jpegType},
		{"pad-alpha", asPNG(glass(120, 80)), prew.Preset{Width: 61, Height: 61, Fit: prew.Pad, Tone: prew.Sepia, Background: "#3080ff"}, jpegType},
		{"pad-turned", jpegWithEXIF(asJPEG(stored(sign(120, 80), 6)), exif(binary.BigEndian, 6)), prew.Preset{Width: 60, Height: 90, Fit: prew.Pad, Background: "#000000", Format: prew.PNG}, pngType},
		{"pad-small", photo, prew.Preset{Width: 600, Height: 600, Fit: prew.Pad}, jpegType},
		{"marked", photo, prew.Preset{Width: 60, Watermark: "m.png", WatermarkWidth: 40, Mark: badge}, jpegType},
		{"marked-444", photo, prew.Preset{Width: 61, Watermark: "m.png", WatermarkGravity: prew.Left, WatermarkOpacity: 50, Mark: badge, Chroma: prew.Chroma444}, jpegType},
		{"marked-tile", photo, prew.Preset{Width: 61, Watermark: "m.webp", WatermarkMargin: "7", WatermarkTile: true, Mark: badgeOfWebP}, jpegType},
		{"marked-webp", photo, prew.Preset{Width: 61, Watermark: "m.webp", WatermarkWidth: 30, WatermarkTile: true, WatermarkOpacity: 60, Mark: badgeOfWebP, Format: prew.WebP}, webpType},
		{"marked-grey", asJPEG(greyOf(sign(120, 80))), prew.Preset{Width: 60, Watermark: "m.png", WatermarkGravity: prew.Center, WatermarkWidth: 50, Mark: badge}, jpegType},
		{"marked-grey-by-grey", asJPEG(greyOf(sign(120, 80))), prew.Preset{Width: 60, Watermark: "m.png", WatermarkGravity: prew.Top, WatermarkWidth: 50, Mark: prew.Mark(asPNG(greyOf(sign(60, 30))))}, jpegType},
		{"marked-png", asPNG(sign(120, 80)), prew.Preset{Width: 60, Watermark: "m.png", WatermarkGravity: prew.TopLeft, WatermarkWidth: 40, Mark: badge, Format: prew.PNG}, pngType},
		{"marked-alpha", asPNG(glass(120, 80)), prew.Preset{Width: 61, Watermark: "m.png", WatermarkWidth: 35, WatermarkTile: true, WatermarkOpacity: 80, Mark: badge}, pngType},
		{"marked-pad", photo, prew.Preset{Width: 60, Height: 61, Fit: prew.Pad, Background: "#c03080", Watermark: "m.png", WatermarkGravity: prew.Bottom, WatermarkWidth: 60, WatermarkMargin: "0", Mark: badge}, jpegType},
		{"pad-blur", photo, prew.Preset{Width: 60, Height: 61, Fit: prew.Pad, Background: prew.Blurred}, jpegType},
		{"pad-blur-alpha", asPNG(glass(120, 80)), prew.Preset{Width: 90, Height: 40, Fit: prew.Pad, Background: prew.Blurred}, jpegType},
		{"pad-blur-round", photo, prew.Preset{Width: 60, Height: 60, Fit: prew.Pad, Background: prew.Blurred, Radius: 10, Format: prew.WebP}, webpType},
		{"chroma-444", photo, prew.Preset{Width: 60, Chroma: prew.Chroma444}, jpegType},
		{"progressive", photo, prew.Preset{Width: 60, Progressive: true}, jpegType},
		{"box", photo, prew.Preset{Width: 45, Kernel: prew.Box}, jpegType},
		{"oversampled", photo, prew.Preset{Width: 45, Oversample: 2}, jpegType},
		{"blurred", photo, prew.Preset{Width: 60, Blur: 1.5}, jpegType},
		{"blurred-wide", photo, prew.Preset{Width: 60, Blur: 6}, jpegType},
		{"blurred-alpha", asPNG(glass(120, 80)), prew.Preset{Width: 60, Blur: 3}, pngType},
		{"sharpened", photo, prew.Preset{Width: 60, Sharpen: 150}, jpegType},
		{"sharpened-alpha", asPNG(glass(120, 80)), prew.Preset{Width: 60, Sharpen: 150}, pngType},
		{"adjusted", photo, prew.Preset{Width: 60, Brightness: 15, Contrast: -30, Saturation: 60}, jpegType},
		{"adjusted-pixels", asPNG(sign(120, 80)), prew.Preset{Width: 60, Brightness: 15, Contrast: -30, Saturation: 60}, jpegType},
		{"tone-grey", photo, prew.Preset{Width: 60, Tone: prew.Grey}, jpegType},
		{"tone-sepia", photo, prew.Preset{Width: 60, Tone: prew.Sepia}, jpegType},
		{"tone-colour", photo, prew.Preset{Width: 61, Tone: "#c03080"}, jpegType},
		{"tone-of-grey", asJPEG(greyOf(sign(120, 80))), prew.Preset{Width: 60, Tone: "#c03080"}, jpegType},
		{"tone-of-turned", jpegWithEXIF(asJPEG(stored(sign(120, 80), 6)), exif(binary.BigEndian, 6)), prew.Preset{Width: 60, Tone: prew.Sepia, Blur: 2, Sharpen: 50, Format: prew.WebP}, webpType},
		{"tone-alpha-on-white", asPNG(glass(120, 80)), prew.Preset{Width: 60, Tone: prew.Sepia, Format: prew.JPEG}, jpegType},
		{"trim", asJPEG(framed(sign(80, 50), 17, 16, 24, 13, white)), prew.Preset{Width: 60, Trim: 30}, jpegType},
		{"trim-alpha", asPNG(framed(glass(80, 50), 7, 15, 24, 13, color.NRGBA{9, 9, 9, 0})), prew.Preset{Width: 60, Trim: 10}, pngType},
		{"trim-turned", jpegWithEXIF(asJPEG(stored(framed(sign(80, 50), 17, 16, 24, 13, white), 6)), exif(binary.BigEndian, 6)), prew.Preset{Width: 40, Height: 40, Fit: prew.Cover, Gravity: prew.Left, Trim: 30}, jpegType},
		{"border", photo, prew.Preset{Width: 60, Border: 3, BorderColour: "#c03080"}, jpegType},
		{"border-on-grey", asJPEG(greyOf(sign(120, 80))), prew.Preset{Width: 61, Border: 5, BorderColour: "#c03080"}, jpegType},
		{"border-alpha", asPNG(glass(120, 80)), prew.Preset{Width: 60, Border: 4, Radius: 12, BorderColour: "#3080ff"}, pngType},
		{"border-round", photo, prew.Preset{Width: 60, Border: 4, Radius: 12}, pngType},
		{"border-round-on-colour", photo, prew.Preset{Width: 61, Border: 6, BorderColour: "#3080ff", Radius: 4, Format: prew.JPEG, Background: "#c03080"}, jpegType},
		{"border-circle", photo, prew.Preset{Width: 41, Height: 41, Fit: prew.Cover, Border: 3, BorderColour: "#c03080", Circle: true, Format: prew.WebP}, webpType},
		{"border-only", photo, prew.Preset{Width: 60, Border: 20, BorderColour: "#c03080"}, jpegType},
		{"round", photo, prew.Preset{Width: 60, Radius: 12}, pngType},
		{"round-on-colour", photo, prew.Preset{Width: 61, Radius: 12, Format: prew.JPEG, Background: "#c03080"}, jpegType},
		{"round-on-grey", asJPEG(greyOf(sign(120, 80))), prew.Preset{Width: 60, Radius: 500, Format: prew.JPEG, Background: "#c03080"}, jpegType},
		{"round-grey", asJPEG(greyOf(sign(120, 80))), prew.Preset{Width: 60, Radius: 7}, pngType},
		{"round-alpha", asPNG(glass(120, 80)), prew.Preset{Width: 60, Radius: 16}, pngType},
		{"round-pixels-on-colour", asPNG(glass(120, 80)), prew.Preset{Width: 60, Radius: 16, Format: prew.JPEG, Background: "#c03080"}, jpegType},
		{"round-webp", photo, prew.Preset{Width: 61, Radius: 12, Format: prew.WebP}, webpType},
		{"round-padded", photo, prew.Preset{Width: 60, Height: 60, Fit: prew.Pad, Background: "#c03080", Radius: 12}, pngType},
		{"circle", photo, prew.Preset{Width: 41, Height: 41, Fit: prew.Cover, Circle: true}, pngType},
		{"ellipse", photo, prew.Preset{Width: 61, Circle: true, Format: prew.WebP}, webpType},
		{"damaged", photo[:len(photo)*2/3], prew.Preset{Width: 60, Damaged: prew.RenderRest}, jpegType},
		{"rgb-coded", asRGBCodedJPEG(sign(120, 80)), prew.Preset{Width: 60}, jpegType},
		{"png-of-jpeg", photo, prew.Preset{Width: 60, Format: prew.PNG}, pngType},
		{"webp-of-jpeg", photo, prew.Preset{Width: 60, Format: prew.WebP}, webpType},
		{"webp-of-png", asPNG(sign(120, 80)), prew.Preset{Width: 60, Format: prew.WebP, Effort: prew.Small}, webpType},
		{"webp-grey", asJPEG(greyOf(sign(120, 80))), prew.Preset{Width: 60, Format: prew.WebP, Effort: prew.Fast}, webpType},
		{"webp-alpha", asPNG(glass(120, 80)), prew.Preset{Width: 60, Format: prew.WebP}, webpType},
		{"webp-indexed", asPNG(indexed(glass(120, 80))), prew.Preset{Width: 500, Format: prew.WebP}, webpType},
		{"avif-of-jpeg", photo, prew.Preset{Width: 60, Format: prew.AVIF}, avifType},
		{"avif-of-png", asPNG(sign(120, 80)), prew.Preset{Width: 60, Format: prew.AVIF, Effort: prew.Small, Chroma: prew.Chroma444}, avifType},
		{"avif-grey", asJPEG(greyOf(sign(120, 80))), prew.Preset{Width: 61, Format: prew.AVIF, Effort: prew.Fast}, avifType},
		{"avif-alpha", asPNG(glass(120, 80)), prew.Preset{Width: 60, Format: prew.AVIF}, avifType},
		{"avif-round", photo, prew.Preset{Width: 61, Radius: 12, Format: prew.AVIF}, avifType},
		{"avif-turned", jpegWithEXIF(asJPEG(stored(sign(120, 80), 6)), exif(binary.BigEndian, 6)), prew.Preset{Width: 40, Height: 41, Fit: prew.Cover, Gravity: prew.Left, Format: prew.AVIF}, avifType},
		{"low-quality", photo, prew.Preset{Width: 60, Quality: 10}, jpegType},
		{"turned", jpegWithEXIF(asJPEG(stored(sign(120, 80), 6)), exif(binary.BigEndian, 6)), prew.Preset{Width: 40, Height: 40, Fit: prew.Cover, Gravity: prew.Left}, jpegType},
		{"grey", asJPEG(greyOf(sign(120, 80))), prew.Preset{Width: 60}, jpegType},
		{"opaque-png", asPNG(sign(120, 80)), prew.Preset{Width: 60}, jpegType},
		{"alpha-kept", asPNG(glass(120, 80)), prew.Preset{Width: 60}, pngType},
		{"alpha-on-white", asPNG(glass(120, 80)), prew.Preset{Width: 60, Format: prew.JPEG}, jpegType},
		{"alpha-on-colour", asPNG(glass(120, 80)), prew.Preset{Width: 60, Format: prew.JPEG, Background: "#3080ff"}, jpegType},
		{"alpha-cropped-away", asPNG(curtain(120, 80)), prew.Preset{Width: 24, Height: 40, Fit: prew.Cover, Gravity: prew.Left}, jpegType},
		{"png16", asPNG(deep(glass(120, 80))), prew.Preset{Width: 60}, pngType},
		{"png-indexed", asPNG(indexed(glass(120, 80))), prew.Preset{Width: 60}, pngType},
		{"gif", asGIF(sign(120, 80), image.Pt(120, 80)), prew.Preset{Width: 60, Format: prew.PNG}, pngType},
		{"gif-offset", asGIF(moved(sign(60, 40), image.Pt(40, 30)), image.Pt(120, 80)), prew.Preset{Width: 60}, pngType},
		{"bmp", asBMP(sign(120, 80)), prew.Preset{Width: 60, Format: prew.PNG}, pngType},
		{"tiff", asTIFF(sign(120, 80)), prew.Preset{Width: 60, Format: prew.PNG}, pngType},
		{"tiff16", asTIFF(deep(glass(120, 80))), prew.Preset{Width: 60}, pngType},
		{"webp-lossy", testdata(t, "lossy.webp"), prew.Preset{Width: 32}, jpegType},
		{"webp-lossy-alpha", testdata(t, "lossy-alpha.webp"), prew.Preset{Width: 32}, pngType},
		{"webp-lossless", testdata(t, "lossless.webp"), prew.Preset{Width: 32}, pngType},
	}
	sums := readSums(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			preview, got := rendered(t, test.src, test.preset)
			sum := sumOf(got)
			if *update {
				sums[test.name] = sum
			}
			if sums[test.name] != sum {
				t.Errorf("the pixels have the sum %s, want %s", sum, sums[test.name])
			}
			if preview.ContentType != test.contentType {
				t.Errorf("content type is %s, want %s", preview.ContentType, test.contentType)
			}
			file := filepath.Join("testdata", test.name+".png")
			if *update {
				if err := os.WriteFile(file, asPNG(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := png.Decode(bytes.NewReader(testdata(t, test.name+".png")))
			if err != nil {
				t.Fatal(err)
			}
			near(t, got, want, 3)
		})
	}
	if *update {
		writeSums(t, sums)
	}
}

// sumOf is the SHA-256 of a picture's pixels, in hexadecimal digits.
func sumOf(m image.Image) string {
	b := m.Bounds()
	var pixels []byte
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c := color.NRGBAModel.Convert(m.At(x, y)).(color.NRGBA)
			pixels = append(pixels, c.R, c.G, c.B, c.A)
		}
	}
	return fmt.Sprintf("%x", sha256.Sum256(pixels))
}

func readSums(t *testing.T) map[string]string {
	sums := map[string]string{}
	for line := range strings.Lines(string(testdata(t, "sums.txt"))) {
		name, sum, _ := strings.Cut(strings.TrimSpace(line), " ")
		sums[name] = sum
	}
	return sums
}

func writeSums(t *testing.T, sums map[string]string) {
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(sums)) {
		fmt.Fprintln(&text, name, sums[name])
	}
	if err := os.WriteFile("testdata/sums.txt", []byte(text.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestRenderWhileItArrives gives the photo in pieces: the preview is the same.
func TestRenderWhileItArrives(t *testing.T) {
	p, err := prew.Preset{Width: 33}.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	for name, src := range map[string][]byte{
		"jpeg":     asJPEG(sign(120, 80)),
		"odd jpeg": asRGBCodedJPEG(sign(120, 80)),
		"png":      asPNG(glass(120, 80)),
	} {
		whole, err := Render(bytes.NewReader(src), p)
		if err != nil {
			t.Fatal(err)
		}
		for _, pieces := range []io.Reader{
			iotest.OneByteReader(bytes.NewReader(src)),
			iotest.HalfReader(bytes.NewReader(src)),
			iotest.DataErrReader(bytes.NewReader(src)),
		} {
			preview, err := Render(pieces, p)
			if err != nil || !bytes.Equal(preview.Data, whole.Data) {
				t.Errorf("%s: a %T gives another preview (%v)", name, pieces, err)
			}
		}
	}
}

// TestErrorsOfTheSourceAreItsOwn breaks off reading everywhere: that says nothing
// of the photo.
func TestErrorsOfTheSourceAreItsOwn(t *testing.T) {
	p, err := prew.Preset{Width: 33}.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("connection reset")
	for name, src := range map[string][]byte{
		"jpeg":     asJPEG(sign(24, 16)),
		"odd jpeg": asRGBCodedJPEG(sign(24, 16)),
		"png":      asPNG(glass(24, 16)),
	} {
		for n := range src {
			_, err := Render(io.MultiReader(bytes.NewReader(src[:n]), iotest.ErrReader(broken)), p)
			if !errors.Is(err, broken) {
				t.Fatalf("%s: broken off after %d bytes: %v, want %v", name, n, err, broken)
			}
		}
	}
}

// TestWarmRenderAllocatesLittle holds what a render allocates against the planes
// of its preview, once the engine has rendered such a photo.
func TestWarmRenderAllocatesLittle(t *testing.T) {
	src := asJPEG(sign(3000, 2000))
	for _, test := range []struct {
		preset prew.Preset
		planes int // bytes
	}{
		{prew.Preset{Width: 1440}, 1440 * 960 * 3 / 2},
		{prew.Preset{Width: 640}, 640 * 427 * 3 / 2},
		{prew.Preset{Width: 200, Height: 200, Fit: prew.Cover}, 200 * 200 * 3 / 2},
	} {
		p, err := test.preset.Resolve()
		if err != nil {
			t.Fatal(err)
		}
		var e engine
		const renders = 5
		var before, after runtime.MemStats
		for i := range 1 + renders {
			if i == 1 {
				runtime.ReadMemStats(&before)
			}
			if _, err := e.render(bytes.NewReader(src), p); err != nil {
				t.Fatal(err)
			}
		}
		runtime.ReadMemStats(&after)
		if each := int(after.TotalAlloc-before.TotalAlloc) / renders; each > 2*test.planes {
			t.Errorf("width %d: %d bytes are allocated, the planes have %d", p.Width, each, test.planes)
		}
	}
}

// TestMemoryIsHeldAgainstThePreset claims a progressive JPEG of 50 megapixels,
// which fits into the memory of a small process for a preview, and in its own size does
// not.
func TestMemoryIsHeldAgainstThePreset(t *testing.T) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(300 << 20))
	src := jpegOf(8640, 5760)
	src[bytes.Index(src, []byte{0xff, 0xc0})+1] = 0xc2
	for _, test := range []struct {
		width int
		want  prew.Code
	}{{1440, prew.SourceDamaged}, {prew.MaxPresetSide, prew.SourceTooLarge}} {
		p, err := prew.Preset{Width: test.width}.Resolve()
		if err != nil {
			t.Fatal(err)
		}
		_, err = Render(bytes.NewReader(src), p)
		failure, ok := errors.AsType[*prew.RenderError](err)
		if !ok || failure.Code != test.want {
			t.Errorf("width %d: %v, want %s", test.width, err, test.want)
		}
	}
}

func TestRenderIsDeterministic(t *testing.T) {
	preset := prew.Preset{Width: 33, Height: 21, Fit: prew.Cover}
	src := asJPEG(sign(120, 80))
	first, _ := rendered(t, src, preset)
	for range 3 {
		if again, _ := rendered(t, src, preset); !bytes.Equal(again.Data, first.Data) {
			t.Fatal("the same photo and preset gave other bytes")
		}
	}
}

func TestTransparentPixelsLendNoColour(t *testing.T) {
	// Columns of opaque blue and of red that is not to be seen.
	m := image.NewNRGBA(image.Rect(0, 0, 64, 64))
	for y := range 64 {
		for x := range 64 {
			m.SetNRGBA(x, y, color.NRGBA{0, 0, 255, 255})
			if x%2 == 1 {
				m.SetNRGBA(x, y, color.NRGBA{255, 0, 0, 0})
			}
		}
	}
	_, got := rendered(t, asPNG(m), prew.Preset{Width: 16})
	for y := range 16 {
		for x := range 16 {
			if c := color.NRGBAModel.Convert(got.At(x, y)).(color.NRGBA); c.R != 0 || c.B != 255 {
				t.Fatalf("pixel %d,%d is %v, want blue", x, y, c)
			}
		}
	}
}

// TestLossyWebPColours holds the colours against those that went into the file,
// six fields in two rows. Taken for full range, white would be 235.
func TestLossyWebPColours(t *testing.T) {
	fields := []color.NRGBA{white, black, red, green, blue, yellow}
	for _, file := range []string{"lossy.webp", "lossy-alpha.webp"} {
		_, got := rendered(t, testdata(t, file), prew.Preset{Width: 64, Format: prew.PNG})
		for i, want := range fields {
			x, y := 64*(2*(i%3)+1)/6, 12+24*(i/3)
			if file == "lossy-alpha.webp" && x >= 32 {
				x += 2 // the field's half that lets light through
				want.A = 128
			}
			nearColour(t, got, x, y, want, 5)
		}
	}
}

func TestSourcesThatAreRefused(t *testing.T) {
	photo := asJPEG(sign(40, 30))
	webp := testdata(t, "lossy.webp")
	tests := []struct {
		name string
		src  []byte
		want prew.Code
		says string // a part of the message
	}{
		{"nothing", nil, prew.SourceUnsupported, "not a JPEG"},
		{"text", []byte("hello, world"), prew.SourceUnsupported, "not a JPEG"},
		{"svg", []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`), prew.SourceUnsupported, "not a JPEG"},
		{"avif of a few bytes", []byte("\x00\x00\x00\x20ftypavif\x00\x00\x00\x00"), prew.SourceDamaged, "AVIF image"},
		{"heic of a few bytes", []byte("\x00\x00\x00\x20ftypheic\x00\x00\x00\x00"), prew.SourceDamaged, "HEIC image"},
		{"video", []byte("\x00\x00\x00\x14ftypisom\x00\x00\x02\x00mp42"), prew.SourceUnsupported, "not a JPEG"},
		{"sound", []byte("RIFF\x00\x00\x00\x00WAVEfmt "), prew.SourceUnsupported, "not a JPEG"},
		{"arithmetic jpeg", bytes.Replace(photo, []byte{0xff, 0xc0}, []byte{0xff, 0xc9}, 1), prew.SourceUnsupported, "JPEG image: unsupported"},
		{"bmp of a jpeg", replaced(asBMP(sign(8, 8)), 30, 4), prew.SourceUnsupported, "BMP image"},
		{"jpeg cut in its header", photo[:30], prew.SourceDamaged, "JPEG image"},
		{"jpeg cut in its data", photo[:len(photo)-200], prew.SourceDamaged, "JPEG image"},
		{"jpeg without the end of its data", photo[:len(photo)-3], prew.SourceDamaged, "JPEG image"},
		{"png with a wrong sum", replaced(asPNG(sign(8, 8)), 60, 0xff), prew.SourceDamaged, "PNG image"},
		{"webp of two sizes", webpFile(vp8x(0, 640, 480), webp[12:]), prew.SourceDamaged, "WebP image"},
		{"gif of no picture", asHeader("GIF89a", le16, 0, 0, 0), prew.SourceDamaged, "GIF image"},

		{"large file", append([]byte("BM"), make([]byte, MaxSourceBytes)...), prew.SourceTooLarge, "more than 318767104 bytes"},
		{"large png", pngOf(20000, 20000), prew.SourceTooLarge, "image is 20000x20000, limit is 300 megapixels"},
		{"long png", pngOf(1, 65501), prew.SourceTooLarge, "image is 1x65501, limit is 65500 pixels a side"},
		{"huge png", pngOf(1<<31-1, 1<<28), prew.SourceTooLarge, "limit is"},
		{"png that unfolds", pngOf(15000, 15000), prew.SourceTooLarge, "PNG image unfolds to 900 MB, limit is 600"},
		{"large gif", gifOf(60000, 60000), prew.SourceTooLarge, "limit is 300 megapixels"},
		{"large jpeg", jpegOf(20000, 20000), prew.SourceTooLarge, "limit is 300 megapixels"},
		{"large bmp", bmpOf(20000, 20000), prew.SourceTooLarge, "limit is"},
		{"large bmp, top down", bmpOf(20000, -20000), prew.SourceTooLarge, "limit is"},
		{"large tiff", tiffFile([]tag{{256, 20000}, {257, 20000}, {258, 8}, {262, 1}, {273, 8}, {279, 100}}, nil), prew.SourceTooLarge, "limit is 300 megapixels"},
		{"large tiff of tiles", tiffFile([]tag{{256, 1 << 30}, {257, 1}, {258, 8}, {262, 1}, {322, 1 << 30}, {323, 16}}, nil), prew.SourceTooLarge, "limit is"},
		{"large webp", webpFile(webpChunk("VP8 ", []byte{0x10, 0, 0, 0x9d, 0x01, 0x2a, 0xff, 0x3f, 0xff, 0x3f})), prew.SourceTooLarge, "WebP image"},
		{"large lossless webp", webpFile(webpChunk("VP8L", []byte{0x2f, 0xff, 0xff, 0xff, 0x0f})), prew.SourceTooLarge, "WebP image"},
		{"large avif", ispe(heifFile(t, "quarters.avif"), 30000, 30000), prew.SourceTooLarge, "limit is 300 megapixels"},
		{"tiff of one strip many times", overlappingTIFF(), prew.SourceDamaged, "its parts have"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			code, message := codeOf(t, test.src)
			if code != test.want || !strings.Contains(message, test.says) {
				t.Errorf("%q: %s, want %q: ... %s", code, message, test.want, test.says)
			}
		})
	}
}

// TestRefusalsCostNoMemory renders what claims to be enormous, and counts.
func TestRefusalsCostNoMemory(t *testing.T) {
	tests := map[string][]byte{
		"png":  pngOf(16384, 16384),
		"gif":  gifOf(30000, 30000),
		"jpeg": jpegOf(20000, 20000),
		"bmp":  bmpOf(20000, 20000),
		"tiff": tiffFile([]tag{{256, 20000}, {257, 20000}, {258, 8}, {262, 1}, {273, 8}, {279, 100}}, nil),
		"avif": ispe(heifFile(t, "quarters.avif"), 16000, 16000),
		"webp": webpFile(vp8x(1<<4, 16383, 16383), webpChunk("ALPH", make([]byte, 100)), webpChunk("VP8 ", []byte{0x10, 0, 0, 0x9d, 0x01, 0x2a, 0xff, 0x3f, 0xff, 0x3f})),
	}
	for name, src := range tests {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			code, _ := codeOf(t, src)
			runtime.ReadMemStats(&after)
			if spent := after.TotalAlloc - before.TotalAlloc; code != prew.SourceTooLarge || spent > 1<<20 {
				t.Errorf("%d bytes were allocated to answer %q", spent, code)
			}
		})
	}
}

// TestEveryPrefixIsRefused cuts files everywhere but behind their last pixel.
func TestEveryPrefixIsRefused(t *testing.T) {
	for name, whole := range map[string][]byte{
		"jpeg": asJPEG(sign(24, 16)),
		"png":  asPNG(glass(24, 16)),
		"bmp":  asBMP(sign(24, 16)),
		"tiff": greyTIFF(greyOf(sign(24, 16)), 1),
		"webp": testdata(t, "lossy.webp"),
		"heic": heifFile(t, "quarters.heic"),
		"avif": heifFile(t, "quarters.avif"),
	} {
		if code, message := codeOf(t, whole); code != "" {
			t.Errorf("%s: the whole of it is refused: %s: %s", name, code, message)
		}
		needed := len(whole)
		switch name {
		case "jpeg":
			needed -= 2
		case "png": // the checksums and the end of what is deflated
			needed = bytes.LastIndex(whole, []byte("IEND")) - 17
		case "webp":
			needed-- // fills up
		}
		for n := range needed {
			if code, _ := codeOf(t, whole[:n]); code != prew.SourceDamaged && code != prew.SourceUnsupported {
				t.Errorf("%s: the first %d of %d bytes give %q", name, n, len(whole), code)
			}
		}
	}
}

// TestJPEGWithoutItsEnd makes sure that the end marker of a JPEG changes nothing.
func TestJPEGWithoutItsEnd(t *testing.T) {
	photo := asJPEG(sign(40, 30))
	want, _ := rendered(t, photo, prew.Preset{Width: 20})
	for name, src := range map[string][]byte{
		"cut":       photo[:len(photo)-2],
		"a trailer": append(bytes.Clone(photo[:len(photo)-2]), "SEFH and SEFT"...),
	} {
		if got, _ := rendered(t, src, prew.Preset{Width: 20}); !bytes.Equal(got.Data, want.Data) {
			t.Errorf("%s: the preview is another", name)
		}
	}
}

// breaking is a source whose reader panics, as a decoder with a bug would.
type breaking struct{ io.Reader }

func (b breaking) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err == io.EOF {
		panic("index out of range [7] with length 7")
	}
	return n, err
}

// TestPanicIsNotThePhotosFault is about a bug: it is an error of its own, with the
// place where it was, and the next photo is rendered.
func TestPanicIsNotThePhotosFault(t *testing.T) {
	p, err := prew.Preset{Width: 20}.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	photo := asJPEG(sign(40, 30))
	_, err = Render(breaking{bytes.NewReader(photo[:len(photo)-40])}, p)
	bug, ok := err.(*Panic)
	if !ok || bug.Error() != "panic: index out of range [7] with length 7" || !bytes.Contains(bug.Stack, []byte("breaking.Read")) {
		t.Fatalf("%T, %v; want a *Panic with its stack", err, err)
	}
	if _, err := Render(bytes.NewReader(photo), p); err != nil {
		t.Errorf("the next photo: %v", err)
	}
}

func FuzzRender(f *testing.F) {
	small := sign(9, 7)
	for _, src := range [][]byte{
		asJPEG(small),
		jpegWithEXIF(asJPEG(small), exif(binary.LittleEndian, 6)),
		asProgressiveJPEG(small),
		asRGBCodedJPEG(small),
		asPNG(glass(9, 7)),
		asPNG(deep(small)),
		asGIF(moved(sign(5, 4), image.Pt(2, 2)), image.Pt(9, 7)),
		asBMP(small),
		asTIFF(small),
		greyTIFF(greyOf(small), 8),
		testdata(f, "lossy.webp"),
		testdata(f, "lossy-alpha.webp"),
		testdata(f, "lossless.webp"),
		square(21, 20, 3).few().asMovingGIF(),
		square(21, 20, 3).asMovingWebP(exif(binary.LittleEndian, 6)),
		square(21, 20, 3).asMovingPNG(),
	} {
		f.Add(src, uint8(0))
	}
	presets := []prew.Preset{
		{Width: 5, Height: 5},
		{Width: 5, Height: 3, Fit: prew.Cover, Gravity: prew.BottomRight, Format: prew.JPEG},
		{Width: 8000, Height: 2, Fit: prew.Fill, Format: prew.PNG},
		{Width: 40, Height: 30, Fit: prew.Cover, Damaged: prew.RenderRest, Chroma: prew.Chroma444, Progressive: true, Kernel: prew.Box},
		{Format: prew.ThumbHash},
		{Width: 9, Height: 7, Fit: prew.Cover, Format: prew.BlurHash},
		{Width: 40, Height: 40, Blur: 3, Sharpen: 100, Brightness: 10, Contrast: 10, Saturation: -10, Tone: "#c03080"},
		{Width: 9, Height: 30, Fit: prew.Pad, Background: "#c03080"},
		{Width: 40, Height: 9, Fit: prew.Cover, Gravity: prew.Smart, Animate: true},
		{Width: 9, Height: 40, Animate: true, Format: prew.WebP, Effort: prew.Fast},
		{Width: 40, Height: 40, Trim: 20, Border: 2, Radius: 7},
		{Width: 30, Height: 9, Fit: prew.Pad, Background: prew.Blurred, Trim: 90, Circle: true, Border: 5, Format: prew.JPEG},
	}
	for i := range presets {
		presets[i], _ = presets[i].Resolve()
	}
	f.Fuzz(func(t *testing.T, src []byte, which uint8) {
		// Larger pictures are as good or bad and cost the fuzzer its time.
		var e engine
		photo, _ := e.open(bytes.NewReader(src))
		if photo.size.X*photo.size.Y > 1<<16 {
			return
		}
		p := presets[int(which)%len(presets)]
		if a, _, _ := photo.moves(p); a.Pixels > 1<<18 {
			return
		}
		preview, err := Render(bytes.NewReader(src), p)
		if err != nil {
			failure, ok := errors.AsType[*prew.RenderError](err)
			if !ok || failure.Code != prew.SourceUnsupported && failure.Code != prew.SourceDamaged && failure.Code != prew.SourceTooLarge {
				t.Fatalf("%T %v", err, err)
			}
			return
		}
		if p.Format.StandsIn() {
			if preview.ContentType != "text/plain" || len(preview.Data) < 8 || len(preview.Data) > 40 {
				t.Fatalf("%s: %s of %dx%d", preview.Data, preview.ContentType, preview.Width, preview.Height)
			}
			return
		}
		size, format, err := image.DecodeConfig(bytes.NewReader(preview.Data))
		if err != nil || size.Width != preview.Width || size.Height != preview.Height || preview.ContentType != "image/"+format {
			t.Fatalf("%s of %dx%d is %s of %dx%d (%v)", preview.ContentType, preview.Width, preview.Height, format, size.Width, size.Height, err)
		}
		if preview.Width < 1 || preview.Height < 1 || preview.Width > p.Width || preview.Height > p.Height {
			t.Fatalf("%dx%d is not inside %dx%d", preview.Width, preview.Height, p.Width, p.Height)
		}
	})
}

// What follows are files that are little more than their headers.

// replaced is b with one byte changed.
func replaced(b []byte, at int, v byte) []byte {
	b[at] = v
	return b
}

func le16(b []byte, v int) []byte { return binary.LittleEndian.AppendUint16(b, uint16(v)) }

func asHeader(magic string, number func([]byte, int) []byte, values ...int) []byte {
	b := []byte(magic)
	for _, v := range values {
		b = number(b, v)
	}
	return append(b, 0)
}

func pngOf(w, h int) []byte {
	ihdr := binary.BigEndian.AppendUint32(nil, uint32(w))
	ihdr = binary.BigEndian.AppendUint32(ihdr, uint32(h))
	ihdr = append(ihdr, 8, 6, 0, 0, 0)
	return append(append([]byte("\x89PNG\r\n\x1a\n"), pngChunk("IHDR", ihdr)...), pngChunk("IDAT", []byte("x\x9c"))...)
}

// gifOf is a small GIF whose screen and whose picture claim another size.
func gifOf(w, h int) []byte {
	b := asGIF(sign(8, 8), image.Pt(8, 8))
	descriptor := bytes.Index(b, []byte{0x2c, 0, 0, 0, 0, 8, 0, 8, 0})
	for _, at := range []int{6, descriptor + 5} {
		binary.LittleEndian.PutUint16(b[at:], uint16(w))
		binary.LittleEndian.PutUint16(b[at+2:], uint16(h))
	}
	return b
}

// jpegOf is a small JPEG whose frame header claims another size.
func jpegOf(w, h int) []byte {
	b := asJPEG(sign(8, 8))
	sof := bytes.Index(b, []byte{0xff, 0xc0})
	binary.BigEndian.PutUint16(b[sof+5:], uint16(h))
	binary.BigEndian.PutUint16(b[sof+7:], uint16(w))
	return b
}

// bmpOf is a small BMP whose header claims another size.
func bmpOf(w, h int) []byte {
	b := asBMP(sign(8, 8))
	binary.LittleEndian.PutUint32(b[18:], uint32(w))
	binary.LittleEndian.PutUint32(b[22:], uint32(int32(h)))
	return b
}

// overlappingTIFF is a TIFF whose 16 tiles are all the same bytes.
func overlappingTIFF() []byte {
	const tiles, tileBytes, entries = 16, 1000, 8
	le := binary.LittleEndian
	at := tiffData(entries)
	var data []byte
	for range tiles { // where the tiles are
		data = le.AppendUint32(data, at)
	}
	for range tiles { // and how many bytes they have
		data = le.AppendUint32(data, tileBytes)
	}
	data = append(data, make([]byte, tileBytes)...)
	b := tiffFile([]tag{{256, 64}, {257, 64}, {258, 8}, {262, 1}, {322, 16}, {323, 16}, {324, at}, {325, at + 4*tiles}}, data)
	const firstEntry, countAt, entry = 10, 4, 12
	le.PutUint32(b[firstEntry+6*entry+countAt:], tiles)
	le.PutUint32(b[firstEntry+7*entry+countAt:], tiles)
	return b
}
