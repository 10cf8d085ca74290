package upkeep

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"prew"
	"prew/lambda/store"
)

// Purge deletes stored previews, or only finds them. All fields are required, except where a
// comment says otherwise.
type Purge struct {
	Selection
	Previews Folder
	Photos   Photos // for Orphans
	Parallel int    // calls to delete at a time, and listings at a time
	Position *Position

	Gateways Announcer         // nil: gateways are not told
	Dry      bool              // delete nothing
	Found    func(Found) error // hears of each, one at a time; nil: nobody does
	Progress func(Summary)     // hears how far it is, one at a time; nil: nobody does
}

// Summary says what a command has done.
type Summary struct {
	Listed  int64            `json:"listed"`            // previews that were looked at, or named
	Found   int64            `json:"found"`             // previews that were selected
	Deleted int64            `json:"deleted"`           // of them
	Failed  int64            `json:"failed"`            // of them
	Bytes   int64            `json:"bytes"`             // of what was found
	Presets map[string]int64 `json:"presets,omitempty"` // found, by preset and variant
	Untold  string           `json:"untold,omitempty"`  // why gateways were not told
	Errors  []string         `json:"errors,omitempty"`  // the first few
}

// mostErrors is how many errors a summary has: enough to see what is wrong.
const mostErrors = 10

const (
	// deleteTimeout is the longest call that deletes 1,000 keys. S3 takes one second for it.
	deleteTimeout = 60 * time.Second
	// busyTries is how often keys are tried of which the store says that it is busy.
	busyTries = 6
	busyPause = 200 * time.Millisecond // before the second try; it doubles
)

// Run deletes what is selected. It ends early, with the batches under way, when ctx does; that
// is the error then. Position says how far it has come.
func (p Purge) Run(ctx context.Context) (Summary, error) {
	r := &purging{Purge: p, summary: Summary{Presets: map[string]int64{}}}
	find := &finder{Selection: p.Selection, previews: p.Previews, photos: p.Photos, look: p.Dry, parallel: p.Parallel, position: p.Position}
	var errs []error
	if find.Selection.Photos != nil {
		errs = append(errs, r.pass(ctx, find, find.named, true))
	}
	if find.Selection.Photos == nil || len(p.Prefixes) > 0 {
		if p.Orphans {
			errs = append(errs, r.pass(ctx, find, find.orphans, true))
		} else {
			scope := r.Scope()
			find.found = func(names []string) { // also variants that only the store knows
				for _, name := range names {
					if len(scope.Presets) > 0 && !slices.Contains(scope.Presets, name) {
						scope.Presets = append(scope.Presets, name)
					}
				}
			}
			errs = append(errs, r.announced(ctx, &scope, func() error { return r.pass(ctx, find, find.listings, false) }))
		}
	}
	r.summary.note(errors.Join(errs...))
	return r.summary, errors.Join(errs...)
}

// note adds an error to the summary.
func (s *Summary) note(err error) {
	if err != nil && len(s.Errors) < mostErrors {
		s.Errors = append(s.Errors, strings.ReplaceAll(err.Error(), "\n", "; "))
	}
}

// purging is a purge that runs.
type purging struct {
	Purge
	batches int // begun so far

	mu      sync.Mutex // protects the rest
	summary Summary
}

// batch is what is deleted by one call.
type batch struct {
	number  int
	refs    []prew.Ref
	reached map[string]string
}

// mostPassed is how many candidates that stay are passed over before the position moves.
const mostPassed = 50_000

// pass deletes what find finds, Parallel batches at a time. Where each is true gateways are
// told of each batch by itself, with the photos in it.
func (r *purging) pass(ctx context.Context, f *finder, find func(context.Context) error, each bool) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	batches := make(chan batch)
	var deleting sync.WaitGroup
	for range r.Parallel {
		deleting.Go(func() {
			for b := range batches {
				if err := r.finish(context.WithoutCancel(ctx), b, each); err != nil {
					stop(err)
				}
			}
		})
	}
	var mu sync.Mutex // protects now and passed
	now, passed := batch{reached: map[string]string{}}, 0
	send := func() {
		now.number = r.batches
		r.batches++
		batches <- now
		now, passed = batch{reached: map[string]string{}}, 0
	}
	f.emit = func(some []candidate) error {
		mu.Lock()
		defer mu.Unlock()
		for _, c := range some {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			now.reached[c.listing] = c.reached
			if !c.gone {
				if passed++; passed == mostPassed {
					send()
				}
				continue
			}
			if err := r.found(c.Found); err != nil {
				return err
			}
			if now.refs = append(now.refs, c.Ref); len(now.refs) == store.DeleteAtOnce {
				send()
			}
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.summary.Listed += int64(len(some))
		r.progress()
		return nil
	}
	err := find(ctx)
	if ctx.Err() == nil && len(now.reached) > 0 {
		send()
	}
	close(batches)
	deleting.Wait()
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// progress says how far the purge is; the caller holds mu.
func (r *purging) progress() {
	if r.Progress != nil {
		r.Progress(r.summary)
	}
}

// found counts a preview.
func (r *purging) found(found Found) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.summary.Found++
	r.summary.Bytes += found.Size
	r.summary.Presets[found.Preset]++
	if r.Found != nil {
		return r.Found(found)
	}
	return nil
}

// finish deletes a batch. An error is one that the next batch would have too.
func (r *purging) finish(ctx context.Context, b batch, each bool) (err error) {
	refused := false
	defer func() { r.Position.done(b.number, b.reached, err == nil && !refused) }()
	if r.Dry || len(b.refs) == 0 {
		return nil
	}
	if each {
		scope := prew.Scope{}
		for _, ref := range b.refs {
			if len(r.Presets) > 0 || r.Orphans { // or else all of them, and the photo itself where nginx has it
				scope.Presets = append(scope.Presets, ref.Preset)
			}
			scope.Photos = append(scope.Photos, ref.Key)
		}
		scope.Presets = slices.Compact(slices.Sorted(slices.Values(scope.Presets)))
		scope.Photos = slices.Compact(slices.Sorted(slices.Values(scope.Photos)))
		return r.announced(ctx, &scope, func() (err error) {
			refused, err = r.deleteRefs(ctx, b.refs)
			return err
		})
	}
	refused, err = r.deleteRefs(ctx, b.refs)
	return err
}

// deleteRefs deletes at most 1,000 previews, and counts them. Where the store refuses some of
// them the next ones may go well; an error is of all of them.
func (r *purging) deleteRefs(ctx context.Context, refs []prew.Ref) (someRefused bool, err error) {
	keys := make([]string, len(refs))
	for i, ref := range refs {
		keys[i] = r.Previews.object(ref.Preset, ref.Key)
	}
	refused, err := r.delete(ctx, keys)
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, one := range refused {
		r.summary.note(one)
	}
	failed := len(refused)
	if err != nil {
		failed = len(refs)
	}
	r.summary.Failed += int64(failed)
	r.summary.Deleted += int64(len(refs) - failed)
	r.progress()
	return failed > 0, err
}

// delete deletes keys. It returns what the store refuses of them, each with its key, or the
// error of the call. What the store is too busy for is tried again.
func (r *purging) delete(ctx context.Context, keys []string) (refused []error, err error) {
	wait := busyPause
	for try := 1; len(keys) > 0; try++ {
		call, cancel := context.WithTimeout(ctx, deleteTimeout)
		output, err := r.Previews.DeleteSome(call, keys)
		cancel()
		busy := store.Refusal(err) == prew.StorageBusy
		if err != nil && (!busy || try == busyTries) {
			return nil, err
		}
		if err == nil {
			keys = nil
			for _, e := range output {
				switch code := aws.ToString(e.Code); {
				case try < busyTries && (code == "SlowDown" || code == "InternalError" || code == "ServiceUnavailable"):
					keys = append(keys, aws.ToString(e.Key))
				default:
					refused = append(refused, fmt.Errorf("%s: %s: %s", aws.ToString(e.Key), code, aws.ToString(e.Message)))
				}
			}
		}
		if len(keys) > 0 {
			time.Sleep(wait)
			wait *= 2
		}
	}
	return refused, nil
}

// announced does the work of a purge between two messages to the gateways, and deletes once
// more what was under way, in processes that are dead now, when the purge began. The work may
// find that the scope is larger.
func (r *purging) announced(ctx context.Context, scope *prew.Scope, work func() error) error {
	if r.Gateways == nil || r.Dry {
		return work()
	}
	untold := func(err error) {
		if err != nil {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.summary.Untold = err.Error()
		}
	}
	message := prew.Purge{ID: rand.Text(), Phase: prew.PurgeBegins, Bucket: r.Previews.Name, Scope: *scope}
	begin, err := json.Marshal(message)
	if err != nil {
		return err
	}
	matches := func(key string) bool {
		ref, ok := r.Previews.ref(key)
		return ok && message.Match(ref)
	}
	leased, err := r.Gateways.Begin(ctx, message.ID, matches, begin)
	untold(err)
	failed := work()
	if len(leased) > 0 && failed == nil {
		untold(r.Gateways.Wait(ctx, leased))
		var keys []string
		for _, key := range leased {
			keys = append(keys, strings.TrimPrefix(key, r.Previews.Name+"/"))
		}
		for some := range slices.Chunk(keys, store.DeleteAtOnce) {
			refused, err := r.delete(context.WithoutCancel(ctx), some)
			failed = errors.Join(append(refused, failed, err)...)
		}
	}
	message.Phase, message.Scope = prew.PurgeEnds, *scope
	end, err := json.Marshal(message)
	if err == nil {
		err = r.Gateways.End(context.WithoutCancel(ctx), end)
	}
	untold(err)
	return failed
}

// ref reads the key of a lease, which is <bucket>/<name of the object>.
func (f Folder) ref(key string) (ref prew.Ref, ok bool) {
	name, ok := strings.CutPrefix(key, f.Name+"/"+f.Prefix)
	if !ok {
		return ref, false
	}
	ref.Preset, ref.Key, ok = strings.Cut(name, "/")
	return ref, ok
}

const (
	// mostWild is how many paths with a * CloudFront takes at a time (Amazon CloudFront
	// Developer Guide, "Quotas on invalidations").
	mostWild = 15
	// MostPaths is how many paths without one are worth it: as many a month cost nothing.
	MostPaths = 1000
)

// Paths are the paths at which a CDN has what a scope is about, of these presets and variants,
// in the form of a CloudFront invalidation, where a * at the end stands for the rest (Amazon
// CloudFront Developer Guide, "Invalidate files"). Where there would be too many it is one path,
// of all previews; where aliases are addresses of previews too it is everything.
func Paths(scope prew.Scope, names []string, aliased bool) []string {
	all := []string{"/" + prew.PreviewRoot + "/*"}
	if aliased {
		return []string{"/*"}
	}
	if scope.All {
		return all
	}
	var paths []string
	wild := 0
	for _, name := range names {
		for _, key := range scope.Photos {
			paths = append(paths, prew.Ref{Preset: name, Key: key}.Path())
		}
		prefixes := scope.Prefixes
		if len(prefixes) == 0 && len(scope.Photos) == 0 {
			prefixes = []string{""}
		}
		for _, prefix := range prefixes {
			paths = append(paths, prew.Ref{Preset: name, Key: prefix}.Path()+"*")
			wild++
		}
		if wild > mostWild || len(paths) > MostPaths {
			return all
		}
	}
	return paths
}

// Refused reports whether an error of a purge that has deleted nothing is the store's refusal,
// and not one that may pass.
func Refused(err error) bool {
	switch store.Status(err) {
	case http.StatusForbidden, http.StatusNotFound, http.StatusUnauthorized:
		return true
	}
	return errors.Is(err, errEmpty)
}
