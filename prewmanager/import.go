package main

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"github.com/alecthomas/kong"

	"prew/prewmanager/importer"
)

// importPresets is the command that writes presets for the addresses of another service.
type importPresets struct {
	From   string   `env:"-" required:"" enum:"${services}" placeholder:"SERVICE" help:"The service whose addresses they are: ${services}."`
	Prefix string   `env:"-" placeholder:"PATH" help:"What all its addresses begin with, such as /img, where it is not at the root of its host."`
	Files  []string `arg:"" placeholder:"FILE" help:"Access logs, - for stdin; before them s3imageserver's config.json, or imgproxy's file of presets if it has one."`
}

func (importPresets) Help() string {
	return `It writes presets as YAML to stdout, those that were asked for most first, each with the old addresses as its aliases: pages keep them. What no preset can have, and what will look otherwise, goes to stderr with the number of requests and an example.

  prewmanager import --from imgproxy access.log > presets.yaml
  prewmanager import --from s3imageserver config.json access.log.*.gz > presets.yaml
  zcat cloudfront/*.gz | prewmanager import --from serverless-image-handler - > presets.yaml

Logs are lines in nginx's combined format, JSON or CloudFront's standard log, plain or packed with gzip. GET and HEAD count where they were answered with a picture (status 200, 206 or 304). Where addresses name buckets or hosts, the presets name sources, and comments at their start the SOURCE_<NAME> variables to set.

The exit code is 0 where the presets answer all of these requests, 3 where they do not answer some, 2 where it is called wrongly, and 1 where there is none or something can't be read. docs/moving.md has a note on each service.`
}

// Run writes the presets and the report.
func (s importPresets) Run(k *kong.Kong) error {
	files := s.Files
	var config io.Reader
	if files[0] != "-" {
		file, err := os.Open(files[0])
		if err != nil {
			return err
		}
		defer file.Close()
		head := make([]byte, 4096)
		n, err := io.ReadFull(file, head)
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return err
		}
		if importer.IsConfig(s.From, head[:n]) {
			config, files = io.MultiReader(bytes.NewReader(head[:n]), file), files[1:]
		}
	}
	of, err := importer.New(s.From, config, s.Prefix)
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("%s is no log, expected one after it, or - for stdin", s.Files[0])
	}
	for _, name := range files {
		if err := readLog(of, name); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	presets, err := of.WritePresets(k.Stdout)
	if err != nil {
		return err
	}
	unanswered, err := of.WriteReport(k.Stderr)
	switch {
	case err != nil:
		return err
	case presets == 0:
		return fmt.Errorf("no preset: no log has an address of %s that was answered and that a preset can have", s.From)
	case unanswered > 0:
		return exit{partlyDone, fmt.Errorf("the presets do not answer %d of the requests", unanswered)}
	}
	return nil
}

func readLog(of *importer.Importer, name string) error {
	if name == "-" {
		return of.Read(os.Stdin)
	}
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	return of.Read(file)
}
