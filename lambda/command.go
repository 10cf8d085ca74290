package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"prew"
	"prew/lambda/render"
)

const usage = `usage: %[1]s render --preset NAME PHOTO PREVIEW

Renders the file PHOTO to the file PREVIEW as the deployed function would: with
its presets, its limits and its code. "-" stands for standard input and output.

  --preset NAME  one of %[2]s

PREW_PRESETS=FILE reads the presets from a file, PRESET_<NAME>="width=640"
changes one. Exit codes: 0 rendered, 1 not rendered, 2 called wrongly.
`

// Exit codes of the command line.
const (
	exitRendered = iota
	exitFailed
	exitMisused
)

// command runs a command line, without the program's name, and returns the exit
// code.
func command(args []string) int {
	presets, err := loadPresets()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return exitMisused
	}
	help := fmt.Sprintf(usage, filepath.Base(os.Args[0]), strings.Join(presets.Names(), ", "))
	job, err := parse(args, presets)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Print(help)
		return exitRendered
	case err != nil:
		fmt.Fprintf(os.Stderr, "%v\n\n%s", err, help)
		return exitMisused
	}
	if err := job.run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return exitFailed
	}
	return exitRendered
}

// job is one file to be rendered to another.
type job struct {
	preset   prew.Preset
	from, to string
}

func parse(args []string, presets prew.Presets) (job, error) {
	flags := flag.NewFlagSet("render", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // the caller prints the error once
	name := flags.String("preset", "", "")
	if len(args) > 0 && args[0] == "render" {
		args = args[1:]
	} else if len(args) == 0 || !strings.HasPrefix(args[0], "-") {
		return job{}, errors.New("expected the command render")
	}
	if err := flags.Parse(args); err != nil {
		return job{}, err
	}
	preset, ok := presets.Get(*name)
	switch {
	case *name == "":
		return job{}, errors.New("--preset is missing")
	case !ok:
		return job{}, fmt.Errorf("preset %q is unknown", *name)
	case flags.NArg() != 2:
		return job{}, fmt.Errorf("expected PHOTO and PREVIEW after the flags, there are %d arguments", flags.NArg())
	}
	return job{preset, flags.Arg(0), flags.Arg(1)}, nil
}

// run renders and prints a line about the preview to standard error.
func (j job) run() error {
	photo := os.Stdin
	if j.from != "-" {
		var err error
		if photo, err = os.Open(j.from); err != nil {
			return err
		}
		defer photo.Close()
	}
	start := time.Now()
	preview, err := render.Render(photo, j.preset)
	took := time.Since(start)
	if bug, ok := errors.AsType[*render.Panic](err); ok {
		return fmt.Errorf("%s: %w\n%s", j.from, bug, bug.Stack)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", j.from, err)
	}
	if j.to == "-" {
		_, err = os.Stdout.Write(preview.Data)
	} else {
		err = os.WriteFile(j.to, preview.Data, 0o666) // before umask
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "%s: %s, %dx%d pixels, %d bytes, %d ms\n", j.to,
		preview.ContentType, preview.Width, preview.Height, len(preview.Data), took.Milliseconds())
	return nil
}
