package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"prew"
	"prew/lambda/store"
	"prew/prewmanager/flags"
	"prew/prewmanager/progress"
	"prew/prewmanager/upkeep"
)

// The exit codes of the commands that change or list what is stored.
const (
	calledWrongly = 2
	partlyDone    = 3 // interrupted, or some of it failed, or gateways were not told
	refused       = 4 // nothing was done
)

// exit is an error with which the program ends by a code of its own.
type exit struct {
	code int
	error
}

// Unwrap returns the error itself.
func (e exit) Unwrap() error { return e.error }

// stored is what the commands about stored previews have alike: where these lie, how many
// calls are made at a time, and how it is told.
type stored struct {
	presetSource `embed:""`
	prew.Places  `embed:""`

	Parallel int  `env:"-" default:"16" help:"Calls at a time."`
	JSON     bool `env:"-" name:"json" help:"Print the summary as JSON."`
}

// folders checks the settings and returns where previews lie, and the photos of each preset,
// with the presets.
func (s stored) folders(ctx context.Context, wrong flags.Errors) (previews upkeep.Folder, photos upkeep.Photos, presets prew.Presets, err error) {
	note := func(err error) {
		if err != nil {
			wrong = append(wrong, err)
		}
	}
	if s.Bucket == "" {
		note(errors.New("PREW_BUCKET is not set, expected the bucket of the previews"))
	}
	if s.Parallel < 1 || s.Parallel > mostParallel {
		note(fmt.Errorf("--parallel: %d, expected 1 to %d", s.Parallel, mostParallel))
	}
	presets, err = s.load()
	note(err)
	sources, err := prew.ReadSources(s.Places, os.Environ())
	note(err)
	note(sources.CheckPresets(presets))
	aws, err := store.Load(ctx, 2*s.Parallel) // each listing and each deletion
	note(err)
	if err == nil && aws.Region == "" {
		note(errors.New("AWS_REGION is not set, expected the region of the bucket"))
	}
	if len(wrong) > 0 {
		return previews, photos, presets, exit{calledWrongly, wrong}
	}
	previews = upkeep.Folder{Bucket: store.Open(aws, sources.Previews), Prefix: sources.Previews.Prefix}
	bySource := map[string]upkeep.Folder{}
	for _, source := range sources.All() {
		bySource[source.Name] = upkeep.Folder{
			Bucket: store.Open(aws, source.Photos), Prefix: source.Photos.Prefix, Reserved: source.Photos.Reserved(sources.Previews),
		}
	}
	photos = func(name string) (upkeep.Folder, bool) {
		preset, known := presets.Get(name)
		if !known {
			preset, known = presets.Get(prew.PresetOf(name)) // a variant that is declared no more
		}
		return bySource[preset.Source], known
	}
	return previews, photos, presets, nil
}

// mostParallel is more calls at a time than a bucket's prefix takes: 3,500 deletions a second
// (Amazon S3 User Guide, "Best practices design patterns").
const mostParallel = 1000

// interruptible is a context that the first Ctrl-C or SIGTERM ends; a second one ends the
// program at once.
func interruptible() context.Context {
	ctx, release := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, release)
	return ctx
}

// keys reads a key of a photo from each line. Empty lines count as none.
func keys(r io.Reader) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		lines := bufio.NewScanner(r)
		for lines.Scan() {
			key := lines.Text()
			if key == "" {
				continue
			}
			if err := isKey(key); err != nil {
				yield("", err)
				return
			}
			if !yield(key, nil) {
				return
			}
		}
		if err := lines.Err(); err != nil {
			yield("", err)
		}
	}
}

// isKey returns an error for what can't be the key of a photo.
func isKey(key string) error {
	_, err := prew.ParsePhoto(prew.PhotoPath(key))
	return err
}

// isPrefix returns an error for what no key of a photo begins with.
func isPrefix(prefix string) error {
	if prefix == "" {
		return errors.New("--prefix: empty, expected the beginning of keys, or --all")
	}
	return isKey(strings.TrimSuffix(prefix, "/"))
}

// meter shows how far a command has come: how much of how much, if that is known, how fast,
// and how long it will take.
type meter struct {
	line  *progress.Line
	what  string
	total int64 // 0: not known
	began time.Time
	shown time.Time
}

func newMeter(what string, total int64) *meter {
	return &meter{line: progress.New(os.Stderr), what: what, total: total, began: time.Now()}
}

// at shows that so much is done, of what was listed so far where that is not 0. The caller
// sees to it that no two calls are at once.
func (m *meter) at(done, listed int64) {
	if time.Since(m.shown) < 100*time.Millisecond { // ten times a second is as often as one can read
		return
	}
	m.shown = time.Now()
	m.line.Show(m.text(done, listed, time.Since(m.began)))
}

func (m *meter) text(done, listed int64, took time.Duration) string {
	rate := float64(done) / max(took.Seconds(), 0.001)
	text := fmt.Sprintf("%d", done)
	if m.total > 0 {
		text += fmt.Sprintf(" of %d", m.total)
	}
	text += " " + m.what
	if m.total == 0 && listed > 0 {
		text += fmt.Sprintf(" of %d listed so far", listed)
	}
	text += fmt.Sprintf(", %.0f a second", rate)
	if m.total > done && rate > 0 {
		text += fmt.Sprintf(", %v left", (time.Duration(float64(m.total-done)/rate) * time.Second).Round(time.Second))
	}
	return text
}

// report is the summary of a command as scripts read it.
type report struct {
	Command string `json:"command"`
	Bucket  string `json:"bucket"`
	Result  string `json:"result"` // done, partly done or refused
	DryRun  bool   `json:"dry_run,omitempty"`
	upkeep.Summary
	Resume  string  `json:"resume,omitempty"` // the file from which --resume goes on
	Seconds float64 `json:"seconds"`

	named bool // the previews were named, and are counted whether they were stored or not
}

// joined is an error of several texts.
func joined(texts []string) error { return errors.New(strings.Join(texts, "\n  ")) }

// print prints a summary: as JSON, or in the words of text.
func (s stored) print(k *kong.Kong, r any, text string) error {
	if !s.JSON {
		_, err := fmt.Fprintln(k.Stdout, text)
		return err
	}
	encoder := json.NewEncoder(k.Stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(r)
}
