// Package upkeep keeps the stored previews as they should be: it finds those that are named,
// older than their preset, without a photo, or missing, and deletes them or has them rendered.
//
// Work goes one way: previews are found in listings, page by page (find.go, stale.go, join.go),
// and gathered into batches, of which several are deleted at a time (purge.go), or missing ones
// are asked of gateways (warm.go). What is done of each listing is kept (position.go), so that
// an interrupted command can go on there. record.go is the record of presets that gateways
// keep beside the previews.
package upkeep

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"prew"
	"prew/lambda/store"
)

// Folder is a part of a bucket: everything whose name begins with Prefix, which is empty or
// ends in a slash.
type Folder struct {
	store.Bucket
	Prefix   string
	Reserved string // what begins so below Prefix is another folder's; empty: nothing
}

// Photos is where the photos of a preset or variant lie, if that is known.
type Photos func(name string) (Folder, bool)

// group are the presets and variants that have their photos from one folder.
type group struct {
	photos Folder
	names  []string
}

// groups are the names by where their photos lie, but for those of which that is not known.
func (p Photos) groups(names []string) (groups []group) {
	for _, name := range names {
		photos, known := p(name)
		if !known {
			continue
		}
		i := slices.IndexFunc(groups, func(g group) bool { return g.photos == photos })
		if i < 0 {
			i = len(groups)
			groups = append(groups, group{photos: photos})
		}
		groups[i].names = append(groups[i].names, name)
	}
	return groups
}

// listing is what a position calls the listing of a group.
func (g group) listing(what, prefix string) string {
	return what + "/" + g.photos.Name + "/" + g.photos.Prefix + prefix
}

// Announcer tells gateways of a purge, so that what they render meanwhile is not stored over
// it and their nginx forgets what it has kept.
type Announcer interface {
	// Begin sends payload to all gateways, and returns those keys below match that have a
	// lease now. A key is <bucket>/<name of the preview's object>.
	Begin(ctx context.Context, id string, match func(key string) bool, payload []byte) (leased []string, err error)
	// Wait waits until none of these leases is held by who held it.
	Wait(ctx context.Context, leased []string) error
	// End sends payload to all gateways.
	End(ctx context.Context, payload []byte) error
}

// Expand returns the names that presets stand for: each with its variants, those that are
// declared and those that are stored. A variant stands for itself. No names stand for
// everything that is known or stored. The error is of a name that is neither.
func Expand(presets []string, known prew.Presets, stored []string) (names []string, err error) {
	for _, preset := range known.Names() {
		names = append(append(names, preset), known.Variants(preset)...)
	}
	for _, name := range stored {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(presets) == 0 {
		return names, nil
	}
	for _, preset := range presets {
		if !slices.ContainsFunc(names, func(name string) bool { return name == preset || prew.PresetOf(name) == preset }) {
			return nil, fmt.Errorf("preset %q: not known and nothing is stored of it, expected one of %s", preset, strings.Join(known.Names(), ", "))
		}
	}
	return slices.DeleteFunc(names, func(name string) bool {
		return !slices.Contains(presets, name) && !slices.Contains(presets, prew.PresetOf(name))
	}), nil
}

// Stored lists the presets and variants of which previews are stored, by one call. Where the
// previews lie in the root of a bucket any folder there could be another's, so it lists none.
func (f Folder) Stored(ctx context.Context) ([]string, error) {
	if f.Prefix == "" {
		return nil, nil
	}
	folders, err := f.Folders(ctx, f.Prefix)
	return slices.DeleteFunc(folders, func(name string) bool { return !prew.IsPreset(name) }), err
}

// object is the name of a preview's object.
func (f Folder) object(preset, key string) string { return f.Prefix + preset + "/" + key }

// Object is what a listing says of an object.
type listed struct {
	key  string // without the prefix that was listed
	size int64
	types.Object
}

// list yields what lies below prefix in the folder, in the order of keys, from the first key
// after another one on. Names that end in a slash, which some programs store for folders, are
// left out. While a page is looked at the next one is asked for.
func (f Folder) list(ctx context.Context, prefix, after string) iter.Seq2[listed, error] {
	return func(yield func(listed, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		start := ""
		if after != "" {
			start = f.Prefix + after
		}
		const page = 1000
		pages := make(chan []listed, 1)
		var failed error
		go func() {
			defer close(pages)
			var objects []listed
			for object, err := range f.unreserved(ctx, f.Prefix+prefix, start) {
				if failed = err; err != nil {
					break
				}
				name := aws.ToString(object.Key)
				if strings.HasSuffix(name, "/") {
					continue
				}
				objects = append(objects, listed{strings.TrimPrefix(name, f.Prefix), aws.ToInt64(object.Size), object})
				if len(objects) == page {
					select {
					case pages <- objects:
					case <-ctx.Done():
						failed = ctx.Err()
						return
					}
					objects = nil
				}
			}
			select {
			case pages <- objects:
			case <-ctx.Done():
				failed = ctx.Err()
			}
		}()
		for objects := range pages {
			for _, object := range objects {
				if !yield(object, nil) {
					return
				}
			}
		}
		if failed != nil {
			yield(listed{}, failed)
		}
	}
}

// unreserved lists as ListAfter does, and leaves out what is reserved without listing it.
func (f Folder) unreserved(ctx context.Context, prefix, after string) iter.Seq2[types.Object, error] {
	return func(yield func(types.Object, error) bool) {
		reserved := f.Prefix + f.Reserved
		for object, err := range f.ListAfter(ctx, prefix, after) {
			if err == nil && f.Reserved != "" && strings.HasPrefix(aws.ToString(object.Key), reserved) {
				const last = "\U0010FFFF" // of all characters
				for object, err := range f.ListAfter(ctx, prefix, reserved+last) {
					if !yield(object, err) {
						return
					}
				}
				return
			}
			if !yield(object, err) {
				return
			}
		}
	}
}
