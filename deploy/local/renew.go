package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"

	"prew"
	"prew/lambda/store"
	"prew/prewmanager/upkeep"
)

// renew deletes the previews of presets, and of their variants, that have changed since
// the last run with this bucket, or are gone, and all that nginx has kept: a preview that
// is stored is never rendered again. It returns a line that says what it has deleted, empty for
// nothing. What the presets were is in the bucket's record, as gateways keep it; where that
// is missing all previews go. nginx must not be running.
func renew(ctx context.Context, bucket store.Bucket, state string, presets prew.Presets) (said string, err error) {
	previews := upkeep.Folder{Bucket: bucket, Prefix: prew.DefaultPrefix}
	record, known, err := upkeep.ReadRecord(ctx, previews)
	if err != nil {
		return "", err
	}
	now := time.Now()
	fingerprints, err := previews.Fingerprints(ctx, presets)
	if err != nil {
		return "", err
	}
	changed, gone := record.Compare(fingerprints)
	purge := upkeep.Purge{Previews: previews, Parallel: 4, Position: upkeep.Nowhere()} // 4 keep a disk busy
	if known {
		purge.Cutoffs = map[string]time.Time{}
		for _, name := range append(changed, gone...) {
			purge.Cutoffs[name] = now
		}
	}
	deleted, err := purge.Run(ctx)
	if err != nil {
		return "", err
	}
	var parts []string
	switch {
	case !known && deleted.Deleted > 0:
		parts = append(parts, "presets of the last run are unknown: all previews are rendered anew")
	default:
		parts = anew(changed, gone)
	}
	if len(parts) > 0 {
		if err := os.RemoveAll(filepath.Join(state, "nginx", "cache")); err != nil {
			return "", err
		}
	}
	// Written last: a run that ends before finds the same to do.
	if err := upkeep.Forget(ctx, previews, gone); err != nil {
		return "", err
	}
	return strings.Join(parts, "; "), upkeep.Note(ctx, previews, presets, now)
}

// anew says what has become of presets and their variants.
func anew(changed, gone []string) (parts []string) {
	switch {
	case len(changed) == 1:
		parts = append(parts, "presets changed: "+changed[0]+": its previews are rendered anew")
	case len(changed) > 1:
		parts = append(parts, "presets changed: "+strings.Join(changed, ", ")+": their previews are rendered anew")
	}
	if len(gone) > 0 {
		parts = append(parts, "presets gone: "+strings.Join(gone, ", "))
	}
	return parts
}
