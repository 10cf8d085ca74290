package prew

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWatermarkIsReadFromBesideThePresets(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("logo.png", "a mark")
	file := write("p.yaml", "a:\n  width: 9\n  watermark: logo.png\n  dpr: 2\nb:\n  width: 9\n  watermark: s3:marks/logo.png\nc:\n  width: 9\n")
	presets, err := ReadPresets(file, []string{"PRESET_D=width=9,watermark=logo.png,watermark-width=25", "PRESET_A__2X=watermark-margin=0"})
	if err != nil {
		t.Fatal(err)
	}
	type placed struct {
		watermark string
		gravity   Gravity
		width     int
		margin    string
		opacity   int
		mark      Mark
	}
	for name, want := range map[string]placed{
		"a":    {"logo.png", BottomRight, 20, "3", 100, "a mark"},
		"a@2x": {"logo.png", BottomRight, 20, "0", 100, "a mark"},
		"b":    {"s3:marks/logo.png", BottomRight, 20, "3", 100, ""},
		"c":    {},
		"d":    {"logo.png", BottomRight, 25, "3", 100, "a mark"},
	} {
		p, _ := presets.Get(name)
		if got := (placed{p.Watermark, p.WatermarkGravity, p.WatermarkWidth, p.WatermarkMargin, p.WatermarkOpacity, p.Mark}); got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
	if keys := presets.MarkObjects(); len(keys) != 1 || keys[0] != "marks/logo.png" {
		t.Errorf("objects %q", keys)
	}
	if marks := presets.Marks(); len(marks) != 1 || marks["logo.png"] != "a mark" {
		t.Errorf("marks %q", marks)
	}
	unmarked, err := ReadUnmarked(file, nil)
	if a, _ := unmarked.Get("a"); err != nil || a.Mark != "" || a.Watermark != "logo.png" {
		t.Errorf("unmarked: %+v, %v", a, err)
	}

	// Its file makes a preset another one, and so does each field of it.
	a, _ := presets.Get("a")
	for name, change := range map[string]func(*Preset){
		"file":    func(p *Preset) { p.Mark = "another" },
		"path":    func(p *Preset) { p.Watermark = "other.png" },
		"gravity": func(p *Preset) { p.WatermarkGravity = Top },
		"width":   func(p *Preset) { p.WatermarkWidth = 21 },
		"margin":  func(p *Preset) { p.WatermarkMargin = "0" },
		"opacity": func(p *Preset) { p.WatermarkOpacity = 99 },
		"tile":    func(p *Preset) { p.WatermarkTile = true },
	} {
		other := a
		if change(&other); other.Fingerprint() == a.Fingerprint() {
			t.Errorf("another %s has the same fingerprint", name)
		}
	}
	if plain := (Preset{Width: 9}); !a.Retouches() || plain.Retouches() {
		t.Error("a watermark is no change, or none is one")
	}
}

func TestWrongWatermarkStopsTheStart(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "large.png"), make([]byte, MaxMark+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "empty.webp"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, "p.yaml")
	for mark, want := range map[string]string{
		"gone.png":   ":3: preset a: watermark: open " + filepath.Join(folder, "gone.png") + ": no such file",
		"large.png":  ":3: preset a: watermark: " + filepath.Join(folder, "large.png") + ": more than 131072 bytes, which is the limit",
		"empty.webp": ":3: preset a: watermark: " + filepath.Join(folder, "empty.webp") + ": empty, expected a PNG or a WebP",
	} {
		if err := os.WriteFile(file, []byte("a:\n  width: 9\n  watermark: "+mark+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadPresets(file, nil); err == nil || !strings.HasPrefix(err.Error(), file+want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %s", mark, err, want)
		}
	}
}

func TestWatermarkIsAFileBesideOrAnObjectOfItsFolder(t *testing.T) {
	for text, is := range map[string]bool{
		"logo.png": true, "marks/logo.WEBP": true, "s3:marks/logo.png": true, "s3:marks/a/b": true,
		"": false, "logo": false, "logo.jpg": false, "/etc/logo.png": false, "../logo.png": false, "a/../../logo.png": false,
		"a//logo.png": false, "a\\logo.png": false, "a\x00.png": false, strings.Repeat("a", 252) + ".png": false,
		"s3:": false, "s3:logo.png": false, "s3:marks/": false, "s3:marks/../prew/logo.png": false, "s3:/marks/logo.png": false,
		"s3:marks/" + strings.Repeat("a", MaxObject): false,
	} {
		if isMark(text) != is {
			t.Errorf("%q: %t, want %t", text, !is, is)
		}
	}
}

func TestWatermarkOnTheWire(t *testing.T) {
	request := RenderRequest{SrcBucket: "b", Preset: Preset{Width: 9, Watermark: "logo.png", WatermarkMargin: "0", Mark: "\x89\xff"}}
	text, err := json.Marshal(request)
	const want = `{"src_bucket":"b","src_key":"","dst_bucket":"","preset_name":"","width":9,"watermark":"logo.png","watermark-margin":"0","watermark-file":"if8="}`
	if err != nil || string(text) != want {
		t.Errorf("%s, %v, want %s", text, err, want)
	}
	if read, err := ReadRequest(text); err != nil || read != request {
		t.Errorf("%+v, %v", read, err)
	}
	for _, wrong := range []Mark{"", Mark(make([]byte, MaxMark+1))} {
		text, err := wrong.MarshalText()
		if wrong == "" {
			text = []byte("%")
		}
		if _, failed := ReadRequest([]byte(`{"watermark-file":"` + string(text) + `"}`)); failed == nil || err != nil {
			t.Errorf("%d bytes are taken", len(wrong))
		}
	}
}
