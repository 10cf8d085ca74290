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

  --preset NAME  one of %[2]s,
                 or a variant of one, as card@2x.webp

PREW_PRESETS=FILE reads the presets from a file, PRESET_<NAME>="width=640"
changes one, AWS_LAMBDA_FUNCTION_MEMORY_SIZE=512 keeps to that many MB,
PREW_HEIC=off refuses HEIC.

Exit status:
  0  rendered
  1  PHOTO can't be read or PREVIEW can't be written
  2  called wrongly
%[3]s
The code of a status from 3 on is printed before the reason.
`

// Exit statuses of the command line. Those of a photo that is not rendered follow,
// in refusals.
const (
	exitRendered = iota
	exitFailed
	exitMisused
)

// refusals are the codes with which a photo is not rendered, with the exit status of
// each and what it means.
var refusals = []struct {
	code   prew.Code
	status int
	means  string
}{
	{prew.SourceUnsupported, 3, "no picture, or of a kind that is not read"},
	{prew.SourceDamaged, 4, "cut short or broken"},
	{prew.SourceTooLarge, 5, "beyond the limits"},
	{prew.RenderPanic, 6, "a bug, which this photo shows; the stack is printed"},
}

// command runs a command line, without the program's name, and returns the exit
// code.
func command(args []string) int {
	limitMemory()
	if err := switchHEIC(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return exitMisused
	}
	presets, err := prew.ReadPresets(os.Getenv("PREW_PRESETS"), os.Environ())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return exitMisused
	}
	var statuses strings.Builder
	for _, r := range refusals {
		fmt.Fprintf(&statuses, "  %d  %s: %s\n", r.status, r.code, r.means)
	}
	help := fmt.Sprintf(usage, filepath.Base(os.Args[0]), strings.Join(presets.Names(), ", "), &statuses)
	job, err := parse(args, presets)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Print(help)
		return exitRendered
	case err != nil:
		fmt.Fprintf(os.Stderr, "%v\n\n%s", err, help)
		return exitMisused
	}
	err = job.run()
	for _, r := range refusals {
		if r.code == refusal(err) {
			fmt.Fprintf(os.Stderr, "%s: %v\n", r.code, err)
			return r.status
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return exitFailed
	}
	return exitRendered
}

// refusal is the code of an error of the photo or of the engine, or "".
func refusal(err error) prew.Code {
	if refused, ok := errors.AsType[*prew.RenderError](err); ok {
		return refused.Code
	}
	if _, ok := errors.AsType[*render.Panic](err); ok {
		return prew.RenderPanic
	}
	return ""
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
	case preset.Watermark != "" && preset.Mark == "":
		return job{}, fmt.Errorf("preset %s: watermark %s lies in a bucket, which this command does not read", *name, preset.Watermark)
	case flags.NArg() != 2:
		return job{}, fmt.Errorf("expected PHOTO and PREVIEW after the flags, there are %d arguments", flags.NArg())
	}
	return job{preset, flags.Arg(0), flags.Arg(1)}, nil
}

// file is a photo on this machine.
type file struct{ *os.File }

// Size is the size of the file in bytes, or 0 if it has none, as a pipe.
func (f file) Size() int {
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return 0
	}
	return int(info.Size())
}

// run renders and prints a line about the preview to standard error.
func (j job) run() error {
	photo := file{os.Stdin}
	if j.from != "-" {
		opened, err := os.Open(j.from)
		if err != nil {
			return err
		}
		defer opened.Close()
		photo = file{opened}
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
	if preview.Note != "" {
		fmt.Fprintf(os.Stderr, "%s: %s\n", j.from, preview.Note)
	}
	fmt.Fprintf(os.Stderr, "%s: %s, %dx%d pixels, %d bytes, %d ms\n", j.to,
		preview.ContentType, preview.Width, preview.Height, len(preview.Data), took.Milliseconds())
	return nil
}
