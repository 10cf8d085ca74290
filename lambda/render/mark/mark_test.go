package mark

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"strings"
	"testing"

	"prew"
)

func encoded(t testing.TB, m image.Image) prew.Mark {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return prew.Mark(b.String())
}

func webpOf(t testing.TB, name string) prew.Mark {
	t.Helper()
	data, err := os.ReadFile("../testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return prew.Mark(data)
}

func TestCheck(t *testing.T) {
	good := encoded(t, image.NewNRGBA(image.Rect(0, 0, 40, 30)))
	for _, test := range []struct {
		file prew.Mark
		want string // in the error; empty: it is good
	}{
		{good, ""},
		{webpOf(t, "lossy-alpha.webp"), ""},
		{webpOf(t, "lossless.webp"), ""},
		{encoded(t, image.NewGray(image.Rect(0, 0, 2000, 2000))), ""},
		{encoded(t, image.NewGray(image.Rect(0, 0, 2000, 2001))), "it is 2000x2001, limit is 4 megapixels"},
		{good + prew.Mark(make([]byte, prew.MaxMark)), "bytes, limit is 131072"},
		{good[:45], "damaged PNG"},
		{webpOf(t, "lossless.webp")[:60], "damaged WebP"},
		{"", "it is no PNG or WebP"},
		{"RIFF", "it is no PNG or WebP"},
		{"\xff\xd8\xff\xe0", "it is no PNG or WebP"},
	} {
		if err := Check(test.file); (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%.20q: %v, want %q", string(test.file), err, test.want)
		}
	}
	if width, height, err := Open(good); width != 40 || height != 30 || err != nil {
		t.Errorf("%dx%d, %v", width, height, err)
	}
}

// FuzzCheck looks for a panic, and for a mark beyond the limits that is taken.
func FuzzCheck(f *testing.F) {
	f.Add([]byte(encoded(f, image.NewNRGBA(image.Rect(0, 0, 4, 3)))))
	f.Add([]byte(webpOf(f, "lossy-alpha.webp")))
	f.Add([]byte(webpOf(f, "lossless.webp")))
	f.Fuzz(func(t *testing.T, file []byte) {
		width, height, err := Open(prew.Mark(file))
		if err == nil && (len(file) > prew.MaxMark || width < 1 || height < 1 || width*height > MaxPixels) {
			t.Errorf("%dx%d of %d bytes is taken", width, height, len(file))
		}
		if checked := Check(prew.Mark(file)); err != nil && checked == nil {
			t.Errorf("it is good, and %v", err)
		}
	})
}
