// Command lambdazip builds the function and packs it as AWS Lambda takes it.
// The same source and presets give the same bytes, wherever and whenever it is built.
package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/klauspost/compress/flate"

	"prew"
	"prew/lambda/render/mark"
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
	read, err := prew.ReadPresets(presets, os.Environ())
	if err := errors.Join(err, read.CheckMarks(mark.Check)); err != nil {
		return err
	}
	program, err := build(".", arch, presets)
	if err != nil {
		return err
	}
	archive, err := pack(program, read.Marks())
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
		"-trimpath",       // no path of the machine in it
		"-buildvcs=false", // nor the commit, nor whether the checkout was clean
		// Without the runtime that Lambda retired in 2023, and with the environment's
		// credentials alone (lambda/store).
		"-tags", "lambda.norpc,lambda.env",
		"-ldflags", "-s -w -buildid=", // neither symbols nor an id that hashes the build's own inputs
		"-o", program)
	for _, packages := range notInlined {
		command.Args = append(command.Args, "-gcflags="+packages+"=-l")
	}
	command.Args = append(command.Args, "./lambda")
	command.Dir = root
	// What else in the environment would change the bytes, at its default.
	command.Env = append(os.Environ(), "GOOS=linux", "GOARCH="+arch, "CGO_ENABLED=0",
		"GOFLAGS=", "GOEXPERIMENT=", "GOAMD64=v1", "GOARM64=v8.0")
	if output, err := command.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("go build: %w\n%s", err, output)
	}
	return os.ReadFile(program)
}

// notInlined are packages in which nothing is inlined, which makes the zip a fifteenth smaller: what
// waits for the network anyway, what is read at the start or written to the log, and what no function calls.
var notInlined = []string{
	"github.com/aws/...", "github.com/golang-jwt/...", "go.yaml.in/yaml/v3",
	"net", "net/http", "net/url", "mime/multipart", "crypto/tls", "crypto/x509", "vendor/golang.org/x/net/...", "vendor/golang.org/x/text/...",
	"encoding/asn1", "encoding/json", "encoding/xml", "fmt", "log/slog", "math/big", "os", "reflect", "regexp", "regexp/syntax", "time",
	"debug/dwarf", "github.com/tetratelabs/wazero/internal/engine/interpreter",
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

// pack is the archive: an executable entry, named as provided.al2023 calls it, and the files of
// the watermarks by their paths. The function is started in the folder where it is unpacked.
func pack(program []byte, marks map[string]prew.Mark) ([]byte, error) {
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	w.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(out, flate.BestCompression) // packed once, fetched at every cold start
	})
	add := func(name string, mode fs.FileMode, data []byte) error {
		header := &zip.FileHeader{
			Name:     name,
			Method:   zip.Deflate,
			Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC), // the earliest that zip can say
		}
		header.SetMode(mode)
		entry, err := w.CreateHeader(header)
		if err == nil {
			_, err = entry.Write(data)
		}
		return err
	}
	if err := add("bootstrap", 0o755, program); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(marks)) {
		if err := add(name, 0o644, []byte(marks[name])); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return archive.Bytes(), nil
}
