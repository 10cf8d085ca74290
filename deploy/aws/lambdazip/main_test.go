package main

import (
	"archive/zip"
	"bytes"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"prew"
)

// TestTwoCheckoutsGiveTheSameBytes builds from copies of the module whose paths
// differ in name and length.
func TestTwoCheckoutsGiveTheSameBytes(t *testing.T) {
	var archives [2][]byte
	for i, name := range []string{"here", "somewhere-else/deeper"} {
		root := filepath.Join(t.TempDir(), name)
		copyModule(t, "../../..", root)
		program, err := build(root, "arm64", "")
		if err != nil {
			t.Fatal(err)
		}
		if archives[i], err = pack(program, nil); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{root, os.TempDir()} {
			if bytes.Contains(program, []byte(path)) {
				t.Errorf("the program holds the path %s", path)
			}
		}
	}
	if !bytes.Equal(archives[0], archives[1]) {
		t.Error("the two archives differ")
	}
}

func TestArchiveHoldsTheProgramAndWatermarks(t *testing.T) {
	archive, err := pack([]byte("the program"), map[string]prew.Mark{"b/logo.png": "a logo", "a.webp": "another"})
	if err != nil {
		t.Fatal(err)
	}
	r, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	wants := []struct {
		name string
		mode fs.FileMode
		data string
	}{{"bootstrap", 0o755, "the program"}, {"a.webp", 0o644, "another"}, {"b/logo.png", 0o644, "a logo"}}
	if len(r.File) != len(wants) {
		t.Fatalf("%d entries, want %d", len(r.File), len(wants))
	}
	for i, want := range wants {
		entry := r.File[i]
		if entry.Name != want.name || entry.Mode() != want.mode || entry.Modified.Year() != 1980 {
			t.Errorf("%s %v of %v, want %s %v of 1980", entry.Name, entry.Mode(), entry.Modified, want.name, want.mode)
		}
		file, err := entry.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(file)
		if err != nil || string(data) != want.data {
			t.Errorf("%s holds %q, %v", want.name, data, err)
		}
	}
}

func TestUnknownArchitectureIsRefusedBeforeBuilding(t *testing.T) {
	_, err := build("no/such/folder", "386", "")
	if err == nil || !strings.Contains(err.Error(), `"386", expected arm64 or amd64`) {
		t.Errorf("got %v", err)
	}
}

// TestPresetsOfAFileAreBuiltIn: the function has them without the file.
func TestPresetsOfAFileAreBuiltIn(t *testing.T) {
	const text = "only-here: {width: 77}\n"
	file := filepath.Join(t.TempDir(), "other.yaml")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	program, err := build("../../..", "arm64", file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(program, []byte(text)) || bytes.Contains(program, prew.EmbeddedPresets) {
		t.Error("the program has other presets built in")
	}
}

func TestMistakeInPresetsIsSaidBeforeBuilding(t *testing.T) {
	dir := t.TempDir()
	file, out := filepath.Join(dir, "wrong.yaml"), filepath.Join(dir, "lambda.zip")
	if err := os.WriteFile(filepath.Join(dir, "logo.png"), []byte("no logo"), 0o644); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"thumb: {widht: 77}\n":                      "wrong.yaml:1: preset thumb: widht: unknown field",
		"thumb: {width: 77, watermark: gone.png}\n": "wrong.yaml:1: preset thumb: watermark: open " + filepath.Join(dir, "gone.png") + ": no such file",
		"thumb: {width: 77, watermark: logo.png}\n": "wrong.yaml:1: preset thumb: watermark: logo.png: it is no PNG or WebP",
	} {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := run("386", file, out); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", text, err)
		}
	}
}

// copyModule copies what the function is built from.
func copyModule(t *testing.T, from, to string) {
	t.Helper()
	files := os.DirFS(from)
	err := fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if path != "." && strings.HasPrefix(path, ".") || path == "deploy" || entry.Name() == "testdata" {
				return fs.SkipDir
			}
			return nil
		}
		if !entry.Type().IsRegular() {
			return nil
		}
		text, err := fs.ReadFile(files, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, path)
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		return os.WriteFile(target, text, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
}
