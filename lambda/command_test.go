package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestCommandLine runs the built program.
func TestCommandLine(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "bootstrap")
	if out, err := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	write := func(name string, data []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("in.jpg", picture(t, 80, 60))
	write("text.jpg", []byte("hello"))
	write("drawing.svg", []byte(`<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="8" height="8"/></svg>`))
	whole := picture(t, 80, 60)
	write("half.jpg", whole[:len(whole)/2])
	// A PNG that claims 65,535x65,535 pixels (PNG, 11.2.2), and the beginning of its data.
	large := []byte("\x89PNG\r\n\x1a\n")
	for _, chunk := range []string{"IHDR\x00\x00\xff\xff\x00\x00\xff\xff\x08\x02\x00\x00\x00", "IDAT\x78\x9c"} {
		large = append(binary.BigEndian.AppendUint32(large, uint32(len(chunk)-4)), chunk...)
		large = binary.BigEndian.AppendUint32(large, crc32.ChecksumIEEE([]byte(chunk)))
	}
	write("large.png", large)
	write("mine.yaml", []byte("tiny: {width: 8}\n"))
	write("wrong.yaml", []byte("tiny: {width: 0}\n"))

	tests := []struct {
		name  string
		args  string
		env   string
		code  int
		says  string // on standard error
		width int    // of out.jpg
	}{
		{"a photo", "render --preset thumb in.jpg out.jpg", "", 0, "out.jpg: image/jpeg, 60x60 pixels, ", 60},
		{"a variant of it", "render --preset card@2x in.jpg out.jpg", "PRESET_CARD=width=16,height=12", 0, "32x24 pixels", 32},
		{"a preset changed", "render --preset thumb in.jpg out.jpg", "PRESET_THUMB=width=16,height=12", 0, "16x12 pixels", 16},
		{"a preset of a file", "render --preset tiny in.jpg out.jpg", "PREW_PRESETS=mine.yaml", 0, "8x6 pixels", 8},
		{"help", "--help", "", 0, "", 0},
		{"nothing", "", "", 2, "usage: bootstrap render", 0},
		{"another command", "draw in.jpg out.jpg", "", 2, "expected the command render\n", 0},
		{"an unknown flag", "render --size 3 in.jpg out.jpg", "", 2, "-size\n", 0},
		{"no preset", "render in.jpg out.jpg", "", 2, "--preset is missing\n", 0},
		{"an unknown preset", "render --preset nope in.jpg out.jpg", "", 2, "preset \"nope\" is unknown\n\nusage: bootstrap render --preset NAME PHOTO PREVIEW\n", 0},
		{"one file", "render --preset thumb in.jpg", "", 2, "there are 1 arguments\n", 0},
		{"no such photo", "render --preset thumb nope.jpg out.jpg", "", 1, "open nope.jpg: no such file or directory\n", 0},
		{"no photo", "render --preset thumb text.jpg out.jpg", "", 3, "source_unsupported: text.jpg: not a JPEG, PNG, GIF, BMP, TIFF, WebP, HEIC or AVIF image\n", 0},
		{"an SVG", "render --preset thumb drawing.svg out.jpg", "", 3, "source_unsupported: drawing.svg: ", 0},
		{"half a photo", "render --preset thumb half.jpg out.jpg", "", 4, "source_damaged: half.jpg: ", 0},
		{"too large a photo", "render --preset thumb large.png out.jpg", "", 5, "source_too_large: large.png: ", 0},
		{"nowhere to write", "render --preset thumb in.jpg nope/out.jpg", "", 1, "open nope/out.jpg: no such file or directory\n", 0},
		{"a mistake in the presets", "render --preset tiny in.jpg out.jpg", "PREW_PRESETS=wrong.yaml", 2, "wrong.yaml:1: preset tiny: width: ", 0},
		{"neither on nor off", "render --preset thumb in.jpg out.jpg", "PREW_HEIC=maybe", 2, "PREW_HEIC: \"maybe\", expected on or off\n", 0},
		{"no such presets", "render --preset tiny in.jpg out.jpg", "PREW_PRESETS=nope.yaml", 2, "PREW_PRESETS: open nope.yaml: ", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			os.Remove(filepath.Join(dir, "out.jpg"))
			cmd := exec.Command(program, strings.Fields(test.args)...)
			cmd.Dir = dir
			cmd.Env = []string{test.env}
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			err := cmd.Run()
			if exit, failed := errors.AsType[*exec.ExitError](err); err != nil && !failed || failed != (test.code != 0) || failed && exit.ExitCode() != test.code {
				t.Errorf("ended with %v, want %d", err, test.code)
			}
			if !strings.Contains(stderr.String(), test.says) {
				t.Errorf("said %q, want %q", &stderr, test.says)
			}
			written, err := os.ReadFile(filepath.Join(dir, "out.jpg"))
			if (err == nil) != (test.width > 0) {
				t.Fatalf("reading what was written: %v", err)
			}
			if test.width == 0 {
				return
			}
			size, err := jpeg.DecodeConfig(bytes.NewReader(written))
			if err != nil || size.Width != test.width {
				t.Errorf("width %d (%v), want %d", size.Width, err, test.width)
			}
		})
	}

	t.Run("every refusal has a status of its own, which the help names", func(t *testing.T) {
		help, err := exec.Command(program, "--help").Output()
		if err != nil {
			t.Fatal(err)
		}
		taken := map[int]bool{exitRendered: true, exitFailed: true, exitMisused: true}
		for _, r := range refusals {
			if taken[r.status] || !r.code.Known() {
				t.Errorf("%s, status %d: the status is taken or the code unknown", r.code, r.status)
			}
			taken[r.status] = true
			if line := fmt.Sprintf("\n  %d  %s: %s\n", r.status, r.code, r.means); !bytes.Contains(help, []byte(line)) {
				t.Errorf("the help lacks %q:\n%s", line, help)
			}
		}
	})

	t.Run("through standard input and output", func(t *testing.T) {
		cmd := exec.Command(program, "render", "--preset", "thumb", "-", "-")
		cmd.Stdin = bytes.NewReader(picture(t, 80, 60))
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		if size, err := jpeg.DecodeConfig(bytes.NewReader(out)); err != nil || size.Width != 60 || size.Height != 60 {
			t.Errorf("%dx%d (%v), want 60x60", size.Width, size.Height, err)
		}
	})
}
