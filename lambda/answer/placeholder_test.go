package answer

import (
	"bytes"
	"flag"
	"image/png"
	"os"
	"path/filepath"
	"testing"
	"time"

	"prew"
)

var update = flag.Bool("update", false, "write the golden drawings anew")

// TestDrawingsLookAsTheyShould compares every drawing with its golden file.
// nginx's own errors show the same drawings.
func TestDrawingsLookAsTheyShould(t *testing.T) {
	for file, d := range map[string]drawing{
		"testdata/slashed.png":               {prew.Slashed, 300, 200},
		"testdata/exclaimed.png":             {prew.Exclaimed, 300, 200},
		"testdata/waiting.png":               {prew.Waiting, 300, 200},
		"testdata/tall.png":                  {prew.Exclaimed, 96, 200},
		"../../nginx/pictures/not-found.png": {prew.Slashed, 600, 400},
		"../../nginx/pictures/error.png":     {prew.Exclaimed, 600, 400},
	} {
		t.Run(filepath.Base(file), func(t *testing.T) {
			drawn := d.png()
			if *update {
				if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, drawn, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			golden, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			want, err := png.Decode(bytes.NewReader(golden))
			if err != nil {
				t.Fatal(err)
			}
			got, err := png.Decode(bytes.NewReader(drawn))
			if err != nil {
				t.Fatal(err)
			}
			if got.Bounds() != want.Bounds() {
				t.Fatalf("%v, want %v", got.Bounds(), want.Bounds())
			}
			for y := range got.Bounds().Dy() {
				for x := range got.Bounds().Dx() {
					if got.At(x, y) != want.At(x, y) {
						t.Fatalf("pixel %d,%d is %v, want %v", x, y, got.At(x, y), want.At(x, y))
					}
				}
			}
		})
	}
}

func TestPlaceholderSizes(t *testing.T) {
	p, err := NewPlaceholders("", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		preset        prew.Preset
		width, height int
	}{
		{prew.Preset{}, 600, 400},
		{prew.Preset{Width: 1440}, 1440, 960},
		{prew.Preset{Height: 100}, 150, 100},
		{prew.Preset{Width: 96, Height: 96}, 96, 96},
		{prew.Preset{Width: 1, Height: 1}, 1, 1},
	} {
		got, err := png.DecodeConfig(bytes.NewReader(p.Get(test.preset, prew.Slashed).Data))
		if err != nil || got.Width != test.width || got.Height != test.height {
			t.Errorf("%+v: %dx%d, %v; want %dx%d", test.preset, got.Width, got.Height, err, test.width, test.height)
		}
	}
}

func TestConfiguredPlaceholdersAreSentAsTheyAre(t *testing.T) {
	dir := t.TempDir()
	gif := []byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;")
	file := filepath.Join(dir, "own.gif")
	if err := os.WriteFile(file, gif, 0o644); err != nil {
		t.Fatal(err)
	}
	p, err := NewPlaceholders(file, "")
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Get(prew.Preset{Width: 5, Height: 5}, prew.Slashed); !bytes.Equal(got.Data, gif) || got.ContentType != "image/gif" {
		t.Errorf("not found is %q of %s, want the file", got.Data, got.ContentType)
	}
	if got := p.Get(prew.Preset{Width: 5, Height: 5}, prew.Exclaimed); got.ContentType != "image/png" {
		t.Errorf("an error is %s, want the drawing", got.ContentType)
	}
	// One file may replace both.
	if p, err = NewPlaceholders(file, file); err != nil {
		t.Fatal(err)
	}
	for _, m := range []prew.Drawing{prew.Slashed, prew.Exclaimed} {
		if got := p.Get(prew.Preset{}, m); !bytes.Equal(got.Data, gif) {
			t.Errorf("drawing %v is %s, want the file", m, got.ContentType)
		}
	}
	if _, err := NewPlaceholders("", filepath.Join(dir, "none.png")); err == nil {
		t.Error("a missing file is no error")
	}
	if err := os.WriteFile(file, []byte("hello"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := NewPlaceholders("", file); err == nil {
		t.Error("a text is taken for a picture")
	}
}

// TestLargeDrawingHoldsNobodyUp asks for a small placeholder while a large one, which
// takes tenths of a second, is drawn for two that wait for it.
func TestLargeDrawingHoldsNobodyUp(t *testing.T) {
	p, err := NewPlaceholders("", "")
	if err != nil {
		t.Fatal(err)
	}
	large := make(chan Placeholder, 2)
	for range 2 {
		go func() { large <- p.Get(prew.Preset{Width: 3000, Height: 3000}, prew.Slashed) }()
	}
	for began := false; !began; time.Sleep(time.Millisecond) {
		p.mu.Lock()
		began = len(p.drawn) > 0
		p.mu.Unlock()
	}
	p.Get(prew.Preset{Width: 60, Height: 40}, prew.Slashed)
	if len(large) > 0 {
		t.Error("the small placeholder came after the large one")
	}
	if a, b := <-large, <-large; &a.Data[0] != &b.Data[0] {
		t.Error("the large one was drawn twice")
	}
}

func TestFewPlaceholdersAreKept(t *testing.T) {
	p, err := NewPlaceholders("", "")
	if err != nil {
		t.Fatal(err)
	}
	for width := range maxDrawn + 20 {
		if got := p.Get(prew.Preset{Width: 1 + width, Height: 1}, prew.Slashed); len(got.Data) == 0 {
			t.Fatalf("none of width %d", 1+width)
		}
	}
	if n := len(p.drawn); n != maxDrawn {
		t.Errorf("%d are kept, want %d", n, maxDrawn)
	}
}
