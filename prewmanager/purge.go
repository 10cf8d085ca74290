package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"prew"
	"prew/lambda/store"
	"prew/prewmanager/flags"
	"prew/prewmanager/flight"
	"prew/prewmanager/upkeep"
)

// purge is the command that deletes stored previews.
type purge struct {
	stored `embed:""`

	Redis      string `default:"127.0.0.1:6379" help:"Redis over which gateways are told: host:port or redis://user:password@host:port/db; redis+cluster://host:port,host:port; or redis+sentinel://host:port,host:port/name. With rediss for TLS."`
	RedisIAM   string `placeholder:"NAME" help:"Name of the serverless cache or replication group of ElastiCache that PREW_REDIS is at, where its user is known by IAM."`
	NoGateways bool   `env:"-" help:"There are none to be told, as with CloudFront, S3 and the function alone."`

	Preset  []string `env:"-" sep:"," placeholder:"NAME" help:"Previews of these presets, with their variants; a variant's name is that variant alone."`
	Photo   []string `env:"-" sep:"none" placeholder:"KEY" help:"Previews of these photos; - reads keys from the standard input, a line each."`
	Prefix  []string `env:"-" sep:"none" placeholder:"PREFIX" help:"Previews of photos whose keys begin so."`
	All     bool     `env:"-" help:"All previews; asks first."`
	Changed bool     `env:"-" help:"Of these, or of all, only those that were stored before their preset last changed."`
	Orphans bool     `env:"-" help:"Of these, or of all, only those whose photo is gone."`

	Yes        bool   `env:"-" short:"y" help:"Do not ask."`
	DryRun     bool   `env:"-" help:"Delete nothing; say what would be deleted."`
	Resume     bool   `env:"-" help:"Go on where this command, with the same flags, was interrupted."`
	Cloudfront string `env:"-" placeholder:"ID" help:"Invalidate it in this CloudFront distribution, too."`
}

// Run deletes what the flags name.
func (p purge) Run(k *kong.Kong, wrong flags.Errors) error {
	ctx := interruptible()
	began := time.Now()
	if err := p.check(); err != nil {
		wrong = append(wrong, err)
	}
	previews, photos, presets, err := p.folders(ctx, wrong)
	if err != nil {
		return err
	}
	var gateways upkeep.Announcer
	if !p.NoGateways {
		purger, err := p.purger(ctx)
		if err != nil {
			return exit{calledWrongly, err}
		}
		defer purger.Close()
		gateways = purger
	}
	selection, err := selectStored(ctx, previews, presets, p.Preset, p.Prefix, p.Changed, p.Orphans)
	if err != nil {
		return err
	}
	total := int64(0)
	if len(p.Photo) > 0 {
		selection.Photos = each(p.Photo)
		total = int64(len(p.Photo) * len(selection.Names))
		if slices.Equal(p.Photo, []string{"-"}) {
			selection.Photos, total = keys(os.Stdin), 0
		}
	}
	if p.All && !p.Yes && !p.DryRun && !agreed(fmt.Sprintf("Delete all previews in %s/%s? [y/N] ", previews.Name, previews.Prefix)) {
		return exit{refused, errors.New("nothing is deleted: expected yes, or --yes where nobody can be asked")}
	}
	position, resumed := upkeep.Nowhere(), false
	if !p.DryRun {
		settings := []any{previews.Name, previews.Prefix, p.S3Endpoint, selection.Names, p.Photo, selection.Prefixes, selection.Cutoffs, p.Orphans}
		if position, resumed, err = upkeep.NewPosition("purge", settings, p.Resume); err != nil {
			return err
		}
		if p.Resume && !resumed {
			fmt.Fprintln(os.Stderr, "no such purge was interrupted here: it begins anew")
		}
	}
	touched := map[string]bool{} // keys of photos, for CloudFront; one more than it takes are enough
	shown := newMeter("deleted", total)
	summary, failed := upkeep.Purge{
		Selection: selection, Previews: previews, Photos: photos, Parallel: p.Parallel, Position: position, Gateways: gateways, Dry: p.DryRun,
		Found: func(found upkeep.Found) error {
			if p.Cloudfront != "" && len(touched) <= upkeep.MostPaths {
				touched[found.Key] = true
			}
			return nil
		},
		Progress: func(s upkeep.Summary) { shown.at(s.Deleted, s.Listed) },
	}.Run(ctx)
	shown.line.Clear()
	if p.Cloudfront != "" && !p.DryRun && summary.Deleted > 0 {
		scope := selection.Scope()
		aliased := slices.ContainsFunc(presets.Aliases(), func(a prew.Alias) bool { return slices.Contains(selection.Names, a.Preset) })
		if p.Orphans || len(p.Photo) > 0 {
			scope.Photos, scope.All = slices.Sorted(maps.Keys(touched)), len(touched) > upkeep.MostPaths
		}
		if err := invalidate(context.WithoutCancel(ctx), p.Cloudfront, upkeep.Paths(scope, selection.Names, aliased)); err != nil {
			failed = errors.Join(failed, fmt.Errorf("CloudFront: %w", err))
			summary.Errors = append(summary.Errors, err.Error())
		}
	}
	r := report{Command: "purge", Bucket: previews.Name, Result: "done", DryRun: p.DryRun, Summary: summary, Seconds: time.Since(began).Seconds(), named: len(p.Photo) > 0}
	code := 0
	switch {
	case failed == nil && summary.Failed == 0 && summary.Untold == "":
	case summary.Deleted == 0 && upkeep.Refused(failed):
		r.Result, code = "refused", refused
	default:
		r.Result, code = "partly done", partlyDone
	}
	switch {
	case p.DryRun:
	case code == 0:
		position.Remove()
	case failed != nil || summary.Failed > 0:
		if err := position.Keep(); err != nil {
			summary.Errors = append(summary.Errors, fmt.Sprintf("--resume will begin anew: %v", err))
		} else {
			r.Resume = position.File()
		}
	}
	if err := p.print(k, r, r.String()); err != nil {
		return err
	}
	if code != 0 {
		if ctx.Err() != nil {
			failed = errors.New("interrupted; --resume goes on from " + cmp.Or(r.Resume, "the beginning"))
		}
		if failed == nil {
			failed = joined(append(summary.Errors, untold(summary.Untold)...))
		}
		return exit{code, failed}
	}
	return nil
}

// purger is what tells the gateways.
func (p purge) purger(ctx context.Context) (*flight.Purger, error) {
	cfg, err := store.Load(ctx, 1)
	if err != nil {
		return nil, err
	}
	redis, err := redisAt(p.Redis, p.RedisIAM, cfg)
	if err != nil {
		return nil, err
	}
	purger, err := flight.NewPurger(redis)
	if err != nil {
		return nil, fmt.Errorf("PREW_REDIS: %w", err)
	}
	return purger, nil
}

func untold(why string) []string {
	if why == "" {
		return nil
	}
	return []string{"gateways were not told, caches keep it for up to ten minutes: " + why}
}

// String is the summary as people read it.
func (r report) String() string {
	text := fmt.Sprintf("%d previews deleted", r.Deleted)
	if r.DryRun {
		text = fmt.Sprintf("%d previews would be deleted", r.Found)
	}
	if r.named && !r.DryRun {
		text += ", stored or not"
	}
	if r.Bytes > 0 {
		text += fmt.Sprintf(", %.1f MB", float64(r.Bytes)/1e6)
	}
	if r.Failed > 0 {
		text += fmt.Sprintf("; %d failed", r.Failed)
	}
	text += fmt.Sprintf(", in %.1f s", r.Seconds)
	for _, name := range slices.Sorted(maps.Keys(r.Presets)) {
		text += fmt.Sprintf("\n  %-20s %d", name, r.Presets[name])
	}
	return text
}

// check returns what is wrong with the flags together.
func (p purge) check() error {
	var errs []error
	if len(p.Preset)+len(p.Photo)+len(p.Prefix) == 0 && !p.All && !p.Changed && !p.Orphans {
		errs = append(errs, errors.New("nothing to purge is named, expected --preset, --photo, --prefix, --changed, --orphans or --all"))
	}
	if p.All && len(p.Preset)+len(p.Photo)+len(p.Prefix) > 0 {
		errs = append(errs, errors.New("--all with --preset, --photo or --prefix, expected it alone"))
	}
	if len(p.Photo) > 0 && (p.Changed || p.Orphans) {
		errs = append(errs, errors.New("--photo with --changed or --orphans, expected --prefix"))
	}
	if !slices.Equal(p.Photo, []string{"-"}) {
		for _, key := range p.Photo {
			errs = append(errs, isKey(key))
		}
	}
	for _, prefix := range p.Prefix {
		errs = append(errs, isPrefix(prefix))
	}
	return errors.Join(errs...)
}

// selectStored is what flags select of the stored previews.
func selectStored(ctx context.Context, previews upkeep.Folder, presets prew.Presets, names, prefixes []string, changed, orphans bool) (upkeep.Selection, error) {
	selection := upkeep.Selection{Presets: names, Prefixes: prefixes, Orphans: orphans}
	unreadable := func(err error) error { return exit{refused, fmt.Errorf("bucket %s: %w", previews.Name, err)} }
	record, _, err := upkeep.ReadRecord(ctx, previews)
	if err != nil {
		return selection, unreadable(err)
	}
	if selection.Names, err = upkeep.Expand(names, presets, record.Names()); err != nil {
		stored, failed := previews.Stored(ctx) // perhaps of a preset that has gone
		if failed != nil {
			return selection, unreadable(failed)
		}
		if selection.Names, err = upkeep.Expand(names, presets, stored); err != nil {
			return selection, exit{calledWrongly, err}
		}
	}
	if changed {
		now, err := previews.Fingerprints(ctx, presets)
		if err != nil {
			return selection, unreadable(err)
		}
		if selection.Cutoffs, err = record.Cutoffs(selection.Names, now); err != nil {
			return selection, exit{refused, err}
		}
	}
	return selection, nil
}

// agreed asks a person, if there is one.
func agreed(question string) bool {
	info, err := os.Stdin.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	fmt.Fprint(os.Stderr, question)
	answer, _ := bufio.NewReader(os.Stdin).ReadString('\n')
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes"
}

// each yields keys as keys does.
func each(keys []string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, key := range keys {
			if !yield(key, nil) {
				return
			}
		}
	}
}
