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
		if archives[i], err = pack(program); err != nil {
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

func TestArchiveHoldsOneExecutable(t *testing.T) {
	archive, err := pack([]byte("the program"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.File) != 1 {
		t.Fatalf("%d entries, want 1", len(r.File))
	}
	entry := r.File[0]
	if entry.Name != "bootstrap" || entry.Mode() != 0o755 || entry.Modified.Year() != 1980 {
		t.Errorf("%s %v of %v, want bootstrap, executable, of 1980", entry.Name, entry.Mode(), entry.Modified)
	}
	file, err := entry.Open()
	if err != nil {
		t.Fatal(err)
	}
	program, err := io.ReadAll(file)
	if err != nil || string(program) != "the program" {
		t.Errorf("it holds %q, %v", program, err)
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
	file := filepath.Join(t.TempDir(), "wrong.yaml")
	if err := os.WriteFile(file, []byte("thumb: {widht: 77}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "lambda.zip")
	if err := run("386", file, out); err == nil || !strings.Contains(err.Error(), "wrong.yaml:1: preset thumb: widht: unknown field") {
		t.Errorf("got %v", err)
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
