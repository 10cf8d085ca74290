package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"prew"
	"prew/lambda/store"
)

// renew deletes the previews of presets, and of their variants, that have changed since
// the last run with this state, or are gone, and all that nginx has kept: a preview that
// is stored is never rendered again. It returns a line that says what it has deleted, empty for
// nothing. It keeps the presets in <state>/presets.json for the next run; where that
// file is missing all previews go. nginx must not be running.
func renew(ctx context.Context, bucket store.Bucket, state string, presets prew.Presets) (said string, err error) {
	record := filepath.Join(state, "presets.json")
	now := map[string]prew.Preset{}
	for _, preset := range presets.Names() {
		for _, name := range append([]string{preset}, presets.Variants(preset)...) {
			now[name], _ = presets.Get(name)
		}
	}
	before, known, err := readRecord(record)
	if err != nil {
		return "", err
	}
	var prefixes, parts []string
	if known {
		var changed, gone []string
		for name, preset := range before {
			switch other, is := now[name]; {
			case !is:
				gone = append(gone, name)
			case other != preset:
				changed = append(changed, name)
			}
		}
		slices.Sort(changed)
		slices.Sort(gone)
		switch len(changed) {
		case 0:
		case 1:
			parts = append(parts, "presets changed: "+changed[0]+": its previews are rendered anew")
		default:
			parts = append(parts, "presets changed: "+strings.Join(changed, ", ")+": their previews are rendered anew")
		}
		if len(gone) > 0 {
			parts = append(parts, "presets gone: "+strings.Join(gone, ", "))
		}
		for _, name := range append(changed, gone...) {
			prefixes = append(prefixes, prew.DefaultPrefix+prew.Ref{Preset: name}.String())
		}
	} else {
		prefixes = []string{prew.DefaultPrefix}
	}
	old, err := below(ctx, bucket, prefixes)
	if err != nil {
		return "", err
	}
	if !known && len(old) > 0 {
		parts = append(parts, "presets of the last run are unknown: all previews are rendered anew")
	}
	if err := bucket.Delete(ctx, old); err != nil {
		return "", err
	}
	if len(parts) > 0 {
		if err := os.RemoveAll(filepath.Join(state, "nginx", "cache")); err != nil {
			return "", err
		}
	}
	// Written last: a run that ends before finds the same to do.
	text, err := json.MarshalIndent(now, "", "  ")
	if err != nil {
		return "", err
	}
	return strings.Join(parts, "; "), os.WriteFile(record, append(text, '\n'), 0o600)
}

// below lists the keys that begin with one of the prefixes.
func below(ctx context.Context, bucket store.Bucket, prefixes []string) (keys []string, err error) {
	for _, prefix := range prefixes {
		for object, err := range bucket.List(ctx, prefix) {
			if err != nil {
				return nil, err
			}
			keys = append(keys, *object.Key)
		}
	}
	return keys, nil
}

// readRecord reads what the last run has kept. A file that is missing, or cut short
// by a machine that stopped, is not known.
func readRecord(file string) (presets map[string]prew.Preset, known bool, err error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	} else if err != nil {
		return nil, false, fmt.Errorf("presets of the last run: %w", err)
	}
	known = json.Unmarshal(text, &presets) == nil
	return presets, known, nil
}
