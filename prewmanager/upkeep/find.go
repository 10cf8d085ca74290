package upkeep

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"prew"
	"prew/lambda/store"
)

// Selection says which of the stored previews a command is about.
type Selection struct {
	Presets  []string                 // presets, with their variants, and variants; none: all
	Names    []string                 // what they stand for, as far as it is known before the store is asked
	Photos   iter.Seq2[string, error] // keys; nil: those that are listed
	Prefixes []string                 // of keys; none, without Photos too: all
	Cutoffs  map[string]time.Time     // by name: only what is older; nil: of any age
	Orphans  bool                     // only what has no photo any more
}

// Found is a preview that a command is about.
type Found struct {
	prew.Ref
	Size     int64 // in bytes; it and Modified are zero for a preview that was named and not looked at
	Modified time.Time
}

// candidate is a preview that was listed, and its place in the listing.
type candidate struct {
	Found
	gone    bool // it is in the selection
	listing string
	reached string
}

// Scope is the selection as gateways, nginx and CDNs hear of it, but for Photos.
func (s Selection) Scope() prew.Scope {
	scope := prew.Scope{Presets: slices.Clone(s.Names), Prefixes: s.Prefixes}
	switch {
	case s.Cutoffs != nil:
		scope.Presets = slices.DeleteFunc(scope.Presets, func(name string) bool { return s.Cutoffs[name].IsZero() })
	case len(s.Presets) == 0:
		scope.Presets, scope.All = nil, len(s.Prefixes) == 0
	}
	return scope
}

// stored lists the names that are selected and have previews. In the root of a bucket, where
// folders may be another's, these are all names that are known.
func (f *finder) stored(ctx context.Context) ([]string, error) {
	if f.previews.Prefix == "" {
		return f.Names, nil
	}
	names, err := f.previews.Stored(ctx)
	return slices.DeleteFunc(names, func(name string) bool {
		selected := len(f.Presets) == 0 || slices.Contains(f.Names, name) || slices.Contains(f.Presets, prew.PresetOf(name))
		return !selected || f.Cutoffs != nil && f.Cutoffs[name].IsZero()
	}), err
}

// prefixes are those to list: none that begins with another one.
func (s Selection) prefixes() (least []string) {
	if len(s.Prefixes) == 0 {
		return []string{""}
	}
	for _, prefix := range slices.Sorted(slices.Values(s.Prefixes)) {
		if len(least) == 0 || !strings.HasPrefix(prefix, least[len(least)-1]) {
			least = append(least, prefix)
		}
	}
	return least
}

// together is how many candidates are handed on at a time.
const together = 1000

// finder finds previews in a folder.
type finder struct {
	Selection
	previews Folder
	photos   Photos
	parallel int  // listings at a time
	look     bool // whether named previews are stored
	position *Position
	emit     func([]candidate) error
	found    func(names []string) // hears what is going to be listed
}

// listings finds what is selected by listing it: each preset, and each prefix of it, by itself.
func (f *finder) listings(ctx context.Context) error {
	names, err := f.stored(ctx)
	if err != nil {
		return err
	}
	f.found(names)
	var all []error
	var mu sync.Mutex
	var running sync.WaitGroup
	places := make(chan struct{}, f.parallel)
	for _, name := range names {
		for _, prefix := range f.prefixes() {
			places <- struct{}{}
			running.Go(func() {
				defer func() { <-places }()
				if err := f.listing(ctx, name, prefix); err != nil {
					mu.Lock()
					defer mu.Unlock()
					all = append(all, err)
				}
			})
		}
	}
	running.Wait()
	return errors.Join(all...)
}

// listing finds what is selected of one preset below one prefix.
func (f *finder) listing(ctx context.Context, name, prefix string) error {
	listing := name + "/" + prefix
	g := gather{emit: f.emit}
	for object, err := range f.previews.list(ctx, listing, f.position.after(listing)) {
		if err != nil {
			return errors.Join(err, g.rest())
		}
		modified := aws.ToTime(object.LastModified)
		if err := g.add(candidate{
			Found:   Found{prew.Ref{Preset: name, Key: strings.TrimPrefix(object.key, name+"/")}, object.size, modified},
			gone:    f.Cutoffs == nil || modified.Before(f.Cutoffs[name]),
			listing: listing, reached: object.key,
		}); err != nil {
			return err
		}
	}
	return g.rest()
}

// orphans finds the previews whose photo is gone, by listing photos and previews side by side.
func (f *finder) orphans(ctx context.Context) error {
	names, err := f.stored(ctx)
	if err != nil {
		return err
	}
	for _, group := range f.photos.groups(names) {
		for _, prefix := range f.prefixes() {
			if err := f.orphansOf(ctx, group, prefix); err != nil {
				return err
			}
		}
	}
	return nil
}

// orphansOf finds those of the presets that have one source.
func (f *finder) orphansOf(ctx context.Context, of group, prefix string) error {
	listing := of.listing("orphans", prefix)
	g := gather{emit: f.emit}
	for row, err := range join(ctx, of.photos, f.previews, of.names, prefix, f.position.after(listing)) {
		if err != nil {
			return errors.Join(err, g.rest())
		}
		for i, stored := range row.stored {
			if stored == nil {
				continue
			}
			name, modified := of.names[i], aws.ToTime(stored.LastModified)
			cutoff, stale := f.Cutoffs[name]
			c := candidate{
				Found:   Found{prew.Ref{Preset: name, Key: row.key}, stored.size, modified},
				gone:    !row.photo && (f.Cutoffs == nil || stale && modified.Before(cutoff)),
				listing: listing, reached: row.key,
			}
			if err := g.add(c); err != nil {
				return err
			}
		}
	}
	return g.rest()
}

// named finds the previews of named photos, stored or not, because a deletion need not know.
// Where look is true only those that are stored.
func (f *finder) named(ctx context.Context) error {
	const listing = "photos"
	names, err := f.stored(ctx)
	if err != nil {
		return err
	}
	for _, name := range f.Names { // what is rendered just now may be the first of its preset
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	after, _ := strconv.Atoi(f.position.after(listing))
	g := gather{emit: f.emit}
	n := 0
	for key, err := range f.Photos {
		if err != nil {
			return errors.Join(err, g.rest())
		}
		if n++; n <= after {
			continue
		}
		stored := make([]candidate, len(names))
		errs := make([]error, len(names))
		var looking sync.WaitGroup
		for i, name := range names {
			stored[i] = candidate{Found: Found{Ref: prew.Ref{Preset: name, Key: key}}, gone: true, listing: listing, reached: strconv.Itoa(n - 1)}
			if f.look {
				looking.Go(func() { errs[i] = f.lookAt(ctx, &stored[i]) })
			}
		}
		looking.Wait()
		if err := errors.Join(errs...); err != nil {
			return errors.Join(err, g.rest())
		}
		if len(stored) > 0 {
			stored[len(stored)-1].reached = strconv.Itoa(n)
		}
		for _, c := range stored {
			if err := g.add(c); err != nil {
				return err
			}
		}
	}
	return g.rest()
}

// lookAt asks the store for a preview.
func (f *finder) lookAt(ctx context.Context, c *candidate) error {
	head, err := f.previews.Head(ctx, f.previews.object(c.Preset, c.Key))
	if store.Missing(err) {
		c.gone = false
		return nil
	} else if err != nil {
		return err
	}
	c.Size, c.Modified = aws.ToInt64(head.ContentLength), aws.ToTime(head.LastModified)
	return nil
}

// gather hands candidates on, some at a time.
type gather struct {
	emit func([]candidate) error
	some []candidate
}

func (g *gather) add(c candidate) error {
	if g.some = append(g.some, c); len(g.some) < together {
		return nil
	}
	return g.rest()
}

func (g *gather) rest() error {
	some := g.some
	g.some = nil
	return g.emit(some)
}
