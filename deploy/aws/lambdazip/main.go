// Command lambdazip builds the function and packs it as AWS Lambda takes it.
// The same source and presets give the same bytes, wherever and whenever it is built.
package main

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"prew"
)

func main() {
	arch := flag.String("arch", "arm64", "arm64 or amd64")
	presets := flag.String("presets", "", "a file to build in, in place of presets.yaml")
	out := flag.String("o", "lambda.zip", "the file to write")
	flag.Parse()
	if err := run(*arch, *presets, *out); err != nil {
		fmt.Fprintln(os.Stderr, "lambdazip:", err)
		os.Exit(1)
	}
}

func run(arch, presets, out string) error {
	if presets != "" {
		if _, err := prew.ReadPresets(presets, os.Environ()); err != nil {
			return err
		}
	}
	program, err := build(".", arch, presets)
	if err != nil {
		return err
	}
	archive, err := pack(program)
	if err != nil {
		return err
	}
	if err := os.WriteFile(out, archive, 0o644); err != nil {
		return err
	}
	fmt.Printf("%s: %s, %.1f MB, %.1f MB unpacked\n", out, arch, float64(len(archive))/1e6, float64(len(program))/1e6)
	return nil
}

// build compiles the function of the module at root and returns the program. The file
// presets is built in, or presets.yaml if it is empty.
func build(root, arch, presets string) ([]byte, error) {
	if arch != "arm64" && arch != "amd64" {
		return nil, fmt.Errorf("architecture %q, expected arm64 or amd64, the two that Lambda has", arch)
	}
	dir, err := os.MkdirTemp("", "lambdazip")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "bootstrap")
	overlay, err := overlayOf(root, presets, dir)
	if err != nil {
		return nil, err
	}
	command := exec.Command("go", "build",
		"-overlay", overlay,
		"-trimpath",             // no path of the machine in it
		"-buildvcs=false",       // nor the commit, nor whether the checkout was clean
		"-tags", "lambda.norpc", // without the runtime that Lambda retired in 2023
		"-ldflags", "-s -w -buildid=", // neither symbols nor an id that hashes the build's own inputs
		"-o", program, "./lambda")
	command.Dir = root
	// What else in the environment would change the bytes, at its default.
	command.Env = append(os.Environ(), "GOOS=linux", "GOARCH="+arch, "CGO_ENABLED=0",
		"GOFLAGS=", "GOEXPERIMENT=", "GOAMD64=v1", "GOARM64=v8.0")
	if output, err := command.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("go build: %w\n%s", err, output)
	}
	return os.ReadFile(program)
}

// overlayOf writes into dir what go build reads presets in the place of presets.yaml by
// (go help build, "-overlay"), and returns that file.
func overlayOf(root, presets, dir string) (string, error) {
	replaced := map[string]string{}
	if presets != "" {
		embedded, err := filepath.Abs(filepath.Join(root, "presets.yaml"))
		if err != nil {
			return "", err
		}
		if replaced[embedded], err = filepath.Abs(presets); err != nil {
			return "", err
		}
	}
	text, err := json.Marshal(map[string]any{"Replace": replaced})
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "overlay.json")
	return file, os.WriteFile(file, text, 0o600)
}

// pack is the archive: one executable entry, named as provided.al2023 calls it.
func pack(program []byte) ([]byte, error) {
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	w.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(out, flate.BestCompression) // packed once, fetched at every cold start
	})
	header := &zip.FileHeader{
		Name:     "bootstrap",
		Method:   zip.Deflate,
		Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC), // the earliest that zip can say
	}
	header.SetMode(0o755)
	entry, err := w.CreateHeader(header)
	if err != nil {
		return nil, err
	}
	if _, err := entry.Write(program); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return archive.Bytes(), nil
}
