package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"prew"
	"prew/deploy/local/stack"
)

// renew deletes the previews that the last run with this state has stored in
// presets that have changed since, or are gone, and all that nginx has kept: a
// preview that is stored is never rendered again. It says in one line what it has
// deleted, empty for nothing. It keeps the presets in <state>/presets.json for the
// next run; where that file is missing all previews go. Nothing may be running with
// this state.
func renew(state string, presets prew.Presets) (said string, err error) {
	record := filepath.Join(state, "presets.json")
	now := map[string]prew.Preset{}
	for _, name := range presets.Names() {
		now[name], _ = presets.Get(name)
	}
	before, known, err := readRecord(record)
	if err != nil {
		return "", err
	}
	var old, parts []string
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
			old = append(old, filepath.Join(previews(state), name))
		}
	} else if _, err := os.Stat(previews(state)); err == nil {
		parts = append(parts, "presets of the last run are unknown: all previews are rendered anew")
		old = append(old, previews(state))
	}
	if len(old) > 0 {
		old = append(old, filepath.Join(state, "nginx", "cache"))
	}
	for _, dir := range old {
		if err := os.RemoveAll(dir); err != nil {
			return "", err
		}
	}
	// Written last: a run that ends before finds the same to do.
	text, err := json.MarshalIndent(now, "", "  ")
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(state, 0o700); err != nil {
		return "", err
	}
	return strings.Join(parts, "; "), os.WriteFile(record, append(text, '\n'), 0o600)
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

// previews is the folder in which the S3 server keeps them, one below it for each
// preset.
func previews(state string) string {
	return filepath.Join(state, "s3", stack.Bucket, prew.PreviewRoot)
}
