package main

import (
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"testing"

	"prew"
)

func TestParse(t *testing.T) {
	got, err := parse("in.jpg\tout.jpg\t1440\t0\tcontain\tjpeg\t80\t3\t\t")
	want := job{"in.jpg", "out.jpg", prew.Preset{Width: 1440, Fit: prew.Contain, Format: prew.JPEG, Quality: 80}, false, "", 3}
	if want.preset, _ = want.preset.Resolve(); err != nil || got != want {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
	got, err = parse("in.jpg\tout.jpg\t1440\t1440\tcontain\tjpeg\t80\t3\t\t{\"Preset\":\"fit=pad,blur=2\"}")
	want.preset.Height, want.preset.Fit, want.preset.Blur = 1440, prew.Pad, 2
	if err != nil || got != want {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
	got, err = parse("in.jpg\tout.jpg\t200\t200\tcover\tjpeg\t80\t3\t\t{\"Preset\":\"fit=cover,gravity=focus\",\"Focus\":\"0.3,0.6\"}")
	want.preset.Width, want.preset.Height, want.preset.Fit, want.preset.Blur, want.preset.Gravity, want.focus = 200, 200, prew.Cover, 0, prew.Focus, "0.3,0.6"
	if err != nil || got != want {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
	got, err = parse("in.gif\tout.gif\t200\t0\tcontain\tgif\t80\t3\t\t{\"Preset\":\"animate=true\",\"Animated\":true}")
	if err != nil || got.preset.Format != prew.Auto || !got.preset.Animate {
		t.Errorf("%+v, %v, want a GIF that moves", got, err)
	}
	for _, line := range []string{
		"",
		"in.jpg\tout.jpg\t1440\t0\tcontain\tjpeg\t80\t3\t\tblur=2",
		"in.jpg\tout.jpg\t1440\t0\tcontain\tjpeg\t80\t3\t\t{\"Preset\":\"glow=2\"}",
		"in.jpg\tout.jpg\t1440\t0\tcontain\tjpeg\t80\t3\t",
		"in.jpg\tout.jpg\twide\t0\tcontain\tjpeg\t80\t3\t\t",
		"in.jpg\tout.jpg\t1440\t0\tinside\tjpeg\t80\t3\t\t",
	} {
		if got, err := parse(line); err == nil {
			t.Errorf("%q: %+v, want an error", line, got)
		}
	}
}

func TestRunLeavesThePreview(t *testing.T) {
	photo := filepath.Join(t.TempDir(), "in.jpg")
	file, err := os.Create(photo)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := jpeg.Encode(file, image.NewGray(image.Rect(0, 0, 64, 48)), nil); err != nil {
		t.Fatal(err)
	}
	preview := filepath.Join(t.TempDir(), "out.jpg")
	if _, err := run(photo + "\t" + preview + "\t32\t0\tcontain\tjpeg\t80\t2\t\t"); err != nil {
		t.Fatal(err)
	}
	made, err := os.Open(preview)
	if err != nil {
		t.Fatal(err)
	}
	defer made.Close()
	if config, err := jpeg.DecodeConfig(made); err != nil || config.Width != 32 || config.Height != 24 {
		t.Errorf("%dx%d, %v, want 32x24", config.Width, config.Height, err)
	}
}
