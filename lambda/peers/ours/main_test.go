package main

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"testing"

	"prew"
)

func TestParse(t *testing.T) {
	got, err := parse("in.jpg\tout.jpg\t1440\t0\tcontain\tjpeg\t80\t3\t\t")
	want := job{"in.jpg", "out.jpg", prew.Preset{Width: 1440, Fit: prew.Contain, Format: prew.JPEG, Quality: 80}, false, false, "", 3}
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

// TestRunEncodesAlone: what is encoded alone is the AVIF that the whole job makes, in the chroma
// that is asked for, but for a JPEG of the quality 100 between.
func TestRunEncodesAlone(t *testing.T) {
	photo := filepath.Join(t.TempDir(), "in.jpg")
	picture := image.NewYCbCr(image.Rect(0, 0, 65, 49), image.YCbCrSubsampleRatio444)
	for i := range picture.Y {
		picture.Y[i], picture.Cb[i], picture.Cr[i] = uint8(i%65), uint8(i), uint8(i/65)
	}
	var text bytes.Buffer
	if err := errors.Join(jpeg.Encode(&text, picture, nil), os.WriteFile(photo, text.Bytes(), 0o600)); err != nil {
		t.Fatal(err)
	}
	preview := filepath.Join(t.TempDir(), "out.avif")
	for _, chroma := range []string{"4:2:0", "4:4:4"} {
		var made [2][]byte
		for i, alone := range []bool{false, true} {
			line := fmt.Sprintf("%s\t%s\t33\t0\tcontain\tavif\t80\t2\tbalanced\t{\"Preset\":\"chroma=%s\",\"Alone\":%t}", photo, preview, chroma, alone)
			if _, err := run(line); err != nil {
				t.Fatal(err)
			}
			var err error
			if made[i], err = os.ReadFile(preview); err != nil {
				t.Fatal(err)
			}
		}
		// The last bits of av1C say the chroma.
		whole, alone := bytes.Index(made[0], []byte("av1C")), bytes.Index(made[1], []byte("av1C"))
		if whole < 0 || alone < 0 || !bytes.Equal(made[0][whole:whole+8], made[1][alone:alone+8]) {
			t.Errorf("%s: %q, want about %q", chroma, made[1], made[0])
		}
		if more := len(made[0]) - len(made[1]); more < -20 || more > 20 {
			t.Errorf("%s: %d bytes, want about %d", chroma, len(made[1]), len(made[0]))
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
