package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/alecthomas/kong"

	"prew/prewmanager/flags"
	"prew/prewmanager/upkeep"
)

// list is the command that prints which stored previews a purge would delete.
type list struct {
	stored `embed:""`

	Stale   bool     `env:"-" help:"Previews that were stored before their preset last changed."`
	Orphans bool     `env:"-" help:"Previews whose photo is gone."`
	Preset  []string `env:"-" sep:"," placeholder:"NAME" help:"Of these presets alone, with their variants."`
	Prefix  []string `env:"-" sep:"none" placeholder:"PREFIX" help:"Of photos alone whose keys begin so."`
}

// Run prints the name of each object, a line each; with --json only how many there are.
func (l list) Run(k *kong.Kong, wrong flags.Errors) error {
	ctx := interruptible()
	began := time.Now()
	if l.Stale == l.Orphans {
		wrong = append(wrong, errors.New("expected --stale or --orphans"))
	}
	for _, prefix := range l.Prefix {
		if err := isPrefix(prefix); err != nil {
			wrong = append(wrong, err)
		}
	}
	previews, photos, presets, err := l.folders(ctx, wrong)
	if err != nil {
		return err
	}
	selection, err := selectStored(ctx, previews, presets, l.Preset, l.Prefix, l.Stale, l.Orphans)
	if err != nil {
		return err
	}
	shown := newMeter("found", 0)
	info, err := os.Stdout.Stat()
	quiet := err != nil || info.Mode()&os.ModeCharDevice != 0 && !l.JSON // the names are progress enough
	summary, failed := upkeep.Purge{
		Selection: selection, Previews: previews, Photos: photos, Parallel: l.Parallel, Position: upkeep.Nowhere(), Dry: true,
		Found: func(found upkeep.Found) error {
			if l.JSON {
				return nil
			}
			_, err := fmt.Fprintln(k.Stdout, previews.Prefix+found.Preset+"/"+found.Key)
			return err
		},
		Progress: func(s upkeep.Summary) {
			if !quiet {
				shown.at(s.Found, s.Listed)
			}
		},
	}.Run(ctx)
	shown.line.Clear()
	r := report{Command: "list", Bucket: previews.Name, Result: "done", Summary: summary, Seconds: time.Since(began).Seconds()}
	if failed != nil {
		r.Result = "partly done"
	}
	if l.JSON {
		if err := l.print(k, r, ""); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(os.Stderr, "%d previews, %.1f MB\n", summary.Found, float64(summary.Bytes)/1e6)
	}
	switch {
	case failed == nil:
		return nil
	case summary.Found == 0 && upkeep.Refused(failed):
		return exit{refused, failed}
	}
	return exit{partlyDone, failed}
}
