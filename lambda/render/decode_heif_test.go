package render

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image/color"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	"prew"
)

// heifFile is a file of package heif's testdata: quarters.* have 64x64 pixels, of which
// the quarters are red and green above, blue and white below.
func heifFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("heif", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// ispe has a file say that its picture has another size.
func ispe(file []byte, width, height int) []byte {
	file = bytes.Clone(file)
	at := bytes.Index(file, []byte("ispe")) + 8
	binary.BigEndian.PutUint32(file[at:], uint32(width))
	binary.BigEndian.PutUint32(file[at+4:], uint32(height))
	return file
}

func TestPicturesOfHEIF(t *testing.T) {
	pure := map[string]color.NRGBA{"red": {255, 0, 0, 255}, "green": {0, 255, 0, 255}, "blue": {0, 0, 255, 255}, "white": {255, 255, 255, 255}}
	for _, test := range []struct {
		file   string
		preset prew.Preset
		want   [4]string
	}{
		{"quarters.heic", prew.Preset{Width: 32}, [4]string{"red", "green", "blue", "white"}},
		{"quarters.avif", prew.Preset{Width: 32}, [4]string{"red", "green", "blue", "white"}},
		{"quarters.heic", prew.Preset{Width: 64, Chroma: prew.Chroma444}, [4]string{"red", "green", "blue", "white"}},
		{"turned.heic", prew.Preset{Width: 32}, [4]string{"green", "white", "red", "blue"}},
		{"turned.avif", prew.Preset{Width: 32}, [4]string{"green", "white", "red", "blue"}},
		{"deep.heic", prew.Preset{Width: 32}, [4]string{"red", "green", "blue", "white"}},
		{"deep.avif", prew.Preset{Width: 32}, [4]string{"red", "green", "blue", "white"}},
	} {
		t.Run(test.file, func(t *testing.T) {
			preview, m := rendered(t, heifFile(t, test.file), test.preset)
			n := preview.Width
			if preview.ContentType != "image/jpeg" || preview.Note != "" {
				t.Errorf("%s, %q", preview.ContentType, preview.Note)
			}
			for i, at := range [4][2]int{{n / 4, n / 4}, {3 * n / 4, n / 4}, {n / 4, 3 * n / 4}, {3 * n / 4, 3 * n / 4}} {
				nearColour(t, m, at[0], at[1], pure[test.want[i]], 12)
			}
		})
	}
}

func TestHEICIsSwitchedOff(t *testing.T) {
	HEIC = false
	defer func() { HEIC = true }()
	if code, message := codeOf(t, heifFile(t, "quarters.heic")); code != prew.SourceUnsupported || message != "HEIC is switched off (PREW_HEIC)" {
		t.Errorf("%s: %s", code, message)
	}
	if code, message := codeOf(t, heifFile(t, "quarters.avif")); code != "" {
		t.Errorf("AVIF, too: %s: %s", code, message)
	}
}

// TestMemoryOfHEIF claims an AVIF of 48 megapixels in one piece, which is refused from its
// header, by the name of its kind.
func TestMemoryOfHEIF(t *testing.T) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(410 << 20))
	p, err := prew.Preset{Width: 40}.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	_, err = Render(bytes.NewReader(ispe(heifFile(t, "quarters.avif"), 8000, 6000)), p)
	failure, ok := errors.AsType[*prew.RenderError](err)
	if !ok || failure.Code != prew.SourceTooLarge || !strings.Contains(failure.Message, "AVIF image is 8000x6000 and needs") {
		t.Errorf("%v", err)
	}
}
