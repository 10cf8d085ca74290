package render

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"os"
	"path/filepath"
	"testing"

	"prew"
	ownjpeg "prew/lambda/render/jpeg"
	"prew/lambda/render/webp"
)

// coarse is a JPEG with fewer bytes than one of quality 80.
func coarse(m *image.NRGBA) []byte {
	var e engine
	var encoder ownjpeg.Encoder
	return encoder.Encode(e.lumaChroma(m, 2), ownjpeg.EncodeOptions{Quality: 20})
}

// coarseGrey is one of luma alone.
func coarseGrey(m *image.NRGBA) []byte {
	var e engine
	var encoder ownjpeg.Encoder
	return encoder.Encode(e.lumaChroma(m, 2)[:1], ownjpeg.EncodeOptions{Quality: 20})
}

// inserted puts bytes behind the first n of a file.
func inserted(src []byte, n int, bytes ...byte) []byte {
	return append(append(append([]byte{}, src[:n]...), bytes...), src[n:]...)
}

// afterIHDR is where a PNG goes on behind its header.
const afterIHDR = 8 + 25

// TestPreviewIsNotLargerThanItsPhoto has presets that change nothing.
func TestPreviewIsNotLargerThanItsPhoto(t *testing.T) {
	photo := coarse(sign(120, 80))
	tall := jpegWithEXIF(photo, exif(binary.BigEndian, 1))
	drawing, window := asPNG(indexed(sign(120, 80))), asPNG(indexed(glass(120, 80)))
	const jpegType, pngType = "image/jpeg", "image/png"
	tests := []struct {
		name   string
		src    []byte
		preset prew.Preset
		want   []byte // nil if it need only be smaller than the photo
		kind   string
	}{
		{"jpeg", photo, prew.Preset{Width: 640}, photo, jpegType},
		{"jpeg to jpeg", photo, prew.Preset{Width: 640, Format: prew.JPEG}, photo, jpegType},
		{"jpeg as large as its box", photo, prew.Preset{Width: 120, Height: 80, Fit: prew.Cover}, photo, jpegType},
		{"jpeg with metadata", tall, prew.Preset{Width: 640}, photo, jpegType},
		{"jpeg with a comment and more behind it", append(inserted(tall, 2, 0xff, 0xfe, 0, 4, 'h', 'i'), "SEFT"...), prew.Preset{Width: 640}, photo, jpegType},
		{"grey jpeg", coarseGrey(sign(120, 80)), prew.Preset{Width: 640}, coarseGrey(sign(120, 80)), jpegType},
		{"other chroma, and in one scan", photo, prew.Preset{Width: 640, Chroma: prew.Chroma444, Progressive: true}, photo, jpegType},
		{"png", window, prew.Preset{Width: 640}, window, pngType},
		{"png to png", drawing, prew.Preset{Width: 640, Format: prew.PNG}, drawing, pngType},
		{"png with metadata", inserted(window, afterIHDR, pngChunk("tEXt", []byte("Comment\x00hi"))...), prew.Preset{Width: 640}, window, pngType},
		{"png with a tag of sRGB", inserted(window, afterIHDR, pngChunk("sRGB", []byte{0})...), prew.Preset{Width: 640}, window, pngType},
		{"opaque png, smaller than a jpeg", drawing, prew.Preset{Width: 640}, drawing, pngType},
		{"opaque png without its end", drawing[:len(drawing)-12], prew.Preset{Width: 640}, nil, pngType},
		{"gif", asGIF(sign(120, 80), image.Pt(120, 80)), prew.Preset{Width: 640}, nil, pngType},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			preview, _ := rendered(t, test.src, test.preset)
			if preview.ContentType != test.kind {
				t.Errorf("content type is %s, want %s", preview.ContentType, test.kind)
			}
			if test.want == nil && len(preview.Data) > 2*len(test.src) {
				t.Errorf("%d bytes, the photo has %d", len(preview.Data), len(test.src))
			}
			if test.want != nil && !samePicture(preview.Data, test.want) {
				t.Errorf("%d bytes which are not the photo's %d", len(preview.Data), len(test.want))
			}
		})
	}
}

// halftone is a picture of two colours, the dots of print.
func halftone(w, h int, dark, light color.Color) *image.Paletted {
	m := image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{light, dark})
	for y := range h {
		for x := range w {
			m.Pix[y*m.Stride+x] = uint8((x*x/7 + y*y/5 + x*y/11) / 9 % 2)
		}
	}
	return m
}

// TestDrawingIsNotLargerThanItsPhoto has pictures without loss, of kinds that no preset
// asks for, which presets leave as they are: each preview that may be without loss is, and
// is not larger.
func TestDrawingIsNotLargerThanItsPhoto(t *testing.T) {
	fax, err := os.ReadFile("tiff/testdata/fax-g4.tif")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		want *image.Paletted // nil: the fax
	}{
		{"fax", nil},
		{"gif", halftone(300, 200, blue, yellow)},
		{"grey gif", halftone(300, 200, black, white)},
		{"clear gif", halftone(300, 200, blue, clear0)},
	}
	for _, test := range tests {
		src := fax
		if test.want != nil {
			src = encoded(func(b *bytes.Buffer) error { return gif.Encode(b, test.want, nil) })
		}
		for _, format := range []prew.Format{prew.Auto, prew.PNG, prew.WebP} {
			t.Run(test.name+" to "+string(format), func(t *testing.T) {
				preview, m := rendered(t, src, prew.Preset{Width: 640, Format: format, Quality: 100})
				if len(preview.Data) > len(src) {
					t.Errorf("%s of %d bytes, the photo has %d", preview.ContentType, len(preview.Data), len(src))
				}
				if test.want == nil {
					return
				}
				for y := range 200 {
					for x := range 300 {
						got, want := color.NRGBAModel.Convert(m.At(x, y)).(color.NRGBA), color.NRGBAModel.Convert(test.want.At(x, y)).(color.NRGBA)
						if got != want && max(got.A, want.A) > 0 {
							t.Fatalf("pixel %d,%d is %v, want %v", x, y, got, want)
						}
					}
				}
			})
		}
	}
}

// samePicture says whether a preview is a file without metadata, to which it may have
// the header of JFIF in addition.
func samePicture(preview, file []byte) bool {
	if own := ownjpeg.Copy(file); own != nil {
		return bytes.Equal(preview, own)
	}
	return bytes.Equal(preview, file)
}

// TestOnlyWholePicturesAreCopied has photos that are smaller than their previews and are
// encoded all the same.
func TestOnlyWholePicturesAreCopied(t *testing.T) {
	photo := coarse(sign(120, 80))
	picture := asPNG(indexed(glass(120, 80)))
	end := len(photo) - 2
	tests := []struct {
		name   string
		src    []byte
		preset prew.Preset
	}{
		{"shrunk", photo, prew.Preset{Width: 119}},
		{"cropped", photo, prew.Preset{Width: 100, Height: 80, Fit: prew.Cover}},
		{"stored on its side", jpegWithEXIF(photo, exif(binary.BigEndian, 6)), prew.Preset{Width: 640}},
		{"stored mirrored", jpegWithEXIF(photo, exif(binary.BigEndian, 2)), prew.Preset{Width: 640}},
		{"asked for as a PNG", photo, prew.Preset{Width: 640, Format: prew.PNG}},
		{"without its end", photo[:end], prew.Preset{Width: 640}},
		{"with bytes before its end", inserted(photo, end, 0, 0, 0), prew.Preset{Width: 640}},
		{"with bytes before a segment", inserted(photo, 20, 0, 0, 0), prew.Preset{Width: 640}},
		{"cut", photo[:end-200], prew.Preset{Width: 640, Damaged: prew.RenderRest}},
		{"png asked for as a JPEG", picture, prew.Preset{Width: 640, Format: prew.JPEG}},
		{"png without its end", picture[:len(picture)-12], prew.Preset{Width: 640}},
		{"png shrunk", picture, prew.Preset{Width: 119}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			preview, _ := rendered(t, test.src, test.preset)
			if own := ownjpeg.Copy(append(bytes.Clone(test.src), 0xff, 0xd9)); bytes.Equal(preview.Data, own) || bytes.Equal(preview.Data, picture) {
				t.Error("the preview is the photo's own picture")
			}
			if bytes.HasPrefix(preview.Data, photo[:2]) && bytes.Contains(preview.Data, photo[end-60:end-20]) {
				t.Error("the preview has the photo's coded data")
			}
		})
	}
}

// TestWebPIsNotLargerThanItsPhoto has WebPs that are smaller than what would be encoded.
func TestWebPIsNotLargerThanItsPhoto(t *testing.T) {
	var e engine
	var encoder webp.Encoder
	img, window := sign(120, 80), glass(120, 80)
	small := webp.EncodeOptions{Quality: 5}
	lossy := encoder.Encode(e.lumaChroma(img, 2), small)
	small.Alpha = alphaOf(window)
	veiled := encoder.Encode(e.lumaChroma(window, 2), small)
	lossless := encoder.EncodeLossless(img.Pix, img.Stride, 120, 80, webp.EncodeOptions{})
	upright, turned := exif(binary.BigEndian, 1), exif(binary.BigEndian, 6)
	for _, test := range []struct {
		name string
		src  []byte
		want []byte // nil if it is to be encoded
	}{
		{"lossy", lossy, lossy},
		{"with metadata", webpWithEXIF(lossy, 120, 80, upright), lossy},
		{"with alpha", veiled, veiled},
		{"lossless", lossless, lossless},
		{"stored on its side", webpWithEXIF(lossy, 120, 80, turned), nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			preview, _ := rendered(t, test.src, prew.Preset{Width: 640, Format: prew.WebP, Quality: 100})
			if same := bytes.Equal(preview.Data, test.want); same != (test.want != nil) || preview.ContentType != "image/webp" {
				t.Errorf("%s of %d bytes is the photo's picture: %t, want %t", preview.ContentType, len(preview.Data), same, test.want != nil)
			}
			if preview, _ := rendered(t, test.src, prew.Preset{Width: 640}); preview.ContentType == "image/webp" {
				t.Error("it is WebP for those who did not ask for it")
			}
		})
	}
}

// TestCorpusColoursAreNotCopied has a photo whose colours are not sRGB's.
func TestCorpusColoursAreNotCopied(t *testing.T) {
	corpus := os.Getenv("CORPUS")
	src, err := os.ReadFile(filepath.Join(corpus, "..", "pictures", "colour", "p3_small.jpg"))
	if corpus == "" || err != nil {
		t.Skipf("CORPUS is %q, beside which there is no picture: %v", corpus, err)
	}
	for _, colour := range []prew.Colour{prew.SRGB, prew.Keep} {
		preview, _ := rendered(t, src, prew.Preset{Width: 8000, Colour: colour, Quality: 100})
		if bytes.Equal(preview.Data, ownjpeg.Copy(src)) {
			t.Errorf("%s: the preview is the photo's own picture", colour)
		}
	}
}

// TestCorpusPhotosStaySmall renders each JPEG and PNG for a box that it fits into.
func TestCorpusPhotosStaySmall(t *testing.T) {
	corpus := os.Getenv("CORPUS")
	for _, name := range []string{"looks/gps2.jpg", "looks/indexed.png", "jpeg/prog.jpg", "jpeg/gray.jpg"} {
		src, err := os.ReadFile(filepath.Join(corpus, name))
		if corpus == "" || err != nil {
			t.Skipf("CORPUS is %q, which has not the picture: %v", corpus, err)
		}
		for _, quality := range []int{80, 100} {
			preview, _ := rendered(t, src, prew.Preset{Width: 8000, Quality: quality})
			if len(preview.Data) > len(src) {
				t.Errorf("%s: quality %d has %d bytes, the photo has %d", name, quality, len(preview.Data), len(src))
			}
		}
	}
}

// TestLargePhotosAreNotKept reads more than may be kept.
func TestLargePhotosAreNotKept(t *testing.T) {
	var file []byte
	r := recorder{src: bytes.NewReader(make([]byte, mostKept+1)), file: &file}
	part := make([]byte, 1<<20)
	for {
		if n, _ := r.Read(part); n == 0 {
			break
		}
	}
	if !r.leaves || len(file) > mostKept {
		t.Errorf("%d bytes are kept, limit is %d", len(file), mostKept)
	}
}
