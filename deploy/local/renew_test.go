package main

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"prew"
	"prew/deploy/local/stack"
	"prew/lambda/store"
)

// TestRunRendersAnewWhatAPresetChanged does `make run` with a preset, with a changed
// preset, with the same again, and then without the record of the last run.
func TestRunRendersAnewWhatAPresetChanged(t *testing.T) {
	for _, private := range []string{"0", "1"} {
		t.Run("PREW_PRIVATE="+private, func(t *testing.T) {
			t.Setenv("PREW_PRIVATE", private)
			state, photos := t.TempDir(), t.TempDir()
			writePhoto(t, filepath.Join(photos, "a.jpg"), 400, 300)
			presets := filepath.Join(t.TempDir(), "presets.yaml")
			if err := os.WriteFile(presets, []byte("thumb: {width: 80}\nwide: {width: 200}\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			steps := []struct {
				variable, forget string
				width            int
				thumb, wide      string // X-Prew
			}{
				{"", "", 80, "rendered", "rendered"},
				{"width=64", "", 64, "rendered", "stored"},
				{"width=64", "", 64, "cached", "cached"},
				{"", "", 80, "rendered", "stored"},
				{"", "s3/prew/prew/.presets.json", 80, "rendered", "rendered"},
			}
			if private == "1" {
				steps = steps[:2] // the previews are kept in the same place
			}
			for _, step := range steps {
				t.Setenv("PREW_PRESETS", presets)
				t.Setenv("PRESET_THUMB", step.variable)
				if step.forget != "" {
					if err := os.Remove(filepath.Join(state, step.forget)); err != nil {
						t.Fatal(err)
					}
				}
				site, _, stop := start(t, "", photos, state)
				for _, preview := range []struct {
					preset, answer string
					width          int
				}{{"thumb", step.thumb, step.width}, {"wide", step.wide, 200}} {
					status, header, body := get(t, site+"/prew/"+preview.preset+"/a.jpg")
					picture, _, err := image.DecodeConfig(bytes.NewReader(body))
					if status != http.StatusOK || err != nil || picture.Width != preview.width || header.Get("X-Prew") != preview.answer {
						t.Errorf("%+v: %s: %d, %s and %d pixels wide, %v, want %s and %d", step, preview.preset,
							status, header.Get("X-Prew"), picture.Width, err, preview.answer, preview.width)
					}
				}
				stop()
			}
		})
	}
}

// emptyBucket is the bucket of an S3 server that has just been started.
func emptyBucket(t *testing.T) store.Bucket {
	t.Helper()
	server, err := stack.StartS3(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	if err := server.CreateBucket(t.Context(), stack.Bucket); err != nil {
		t.Fatal(err)
	}
	return store.Bucket{Client: server.Client(), Name: stack.Bucket}
}

func TestRenewalIsSaidOfPresetsThatChangedOrWent(t *testing.T) {
	bucket, state := emptyBucket(t), t.TempDir()
	stored := func(preset string) string { return "prew/" + preset + "/deep/a.jpg" }
	for _, step := range []struct {
		presets string
		said    string
		gone    []string // of a, b, c and c.png
	}{
		{"a: {width: 1}\nb: {width: 1}\n", "presets of the last run are unknown: all previews are rendered anew", []string{"a", "b", "c", "c.png"}},
		{"a: {width: 1}\nb: {width: 1}\n", "", nil},
		{"b: {width: 1, fit: contain}\na: {width: 1}\n", "", nil},
		{"a: {width: 2}\nb: {width: 1}\n", "presets changed: a: its previews are rendered anew", []string{"a"}},
		{"a: {width: 1}\nb: {quality: 7, width: 1}\n", "presets changed: a, b: their previews are rendered anew", []string{"a", "b"}},
		{"a: {width: 1}\nb: {quality: 7, width: 1}\nc: {width: 1}\n", "", nil},
		{"b: {width: 1}\nc: {width: 1}\n", "presets changed: b: its previews are rendered anew; presets gone: a", []string{"a", "b"}},
		{"c: {width: 1}\n", "presets gone: b", []string{"b"}},
		{"c: {width: 1, formats: [png]}\n", "", nil}, // its own previews are as they were
		{"c: {width: 1, formats: [png]}\nc.png: {fit: contain, kernel: box}\n", "presets changed: c.png: its previews are rendered anew", []string{"c.png"}},
		{"c: {width: 2, formats: [png]}\nc.png: {width: 1, kernel: box}\n", "presets changed: c: its previews are rendered anew", []string{"c"}},
		{"c: {width: 2}\n", "presets gone: c.png", []string{"c.png"}},
	} {
		for _, preset := range []string{"a", "b", "c", "c.png"} {
			if _, _, err := bucket.PutIfAbsent(t.Context(), stored(preset), store.Object{}); err != nil {
				t.Fatal(err)
			}
		}
		presets, err := prew.LoadPresets("presets.yaml", []byte(step.presets), nil)
		if err != nil {
			t.Fatal(err)
		}
		said, err := renew(t.Context(), bucket, state, presets)
		if said != step.said || err != nil {
			t.Errorf("%q: %q, %v, want %q", step.presets, said, err, step.said)
		}
		var gone []string
		for _, preset := range []string{"a", "b", "c", "c.png"} {
			if _, err := bucket.Head(t.Context(), stored(preset)); store.Missing(err) {
				gone = append(gone, preset)
			}
		}
		if !slices.Equal(gone, step.gone) {
			t.Errorf("%q: previews of %q are gone, want those of %q", step.presets, gone, step.gone)
		}
	}
}

func TestNothingIsSaidOfAFirstRun(t *testing.T) {
	presets, err := prew.LoadPresets("presets.yaml", []byte("a: {width: 1}\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if said, err := renew(t.Context(), emptyBucket(t), t.TempDir(), presets); said != "" || err != nil {
		t.Errorf("%q, %v", said, err)
	}
}

func writePhoto(t *testing.T, file string, width, height int) {
	t.Helper()
	picture := image.NewGray(image.Rect(0, 0, width, height))
	for i := range picture.Pix {
		picture.Pix[i] = color.Gray{uint8(i)}.Y
	}
	var text bytes.Buffer
	if err := jpeg.Encode(&text, picture, nil); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
