package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"prew"
	"prew/deploy/local/playground"
	"prew/deploy/local/stack"
	"prew/lambda/store"
)

// content is what a run shows: photos and presets, with the sources that it adds.
type content struct {
	presets prew.Presets
	written playground.Presets // as which the presets are written
	sources prew.Sources
	added   []other
	photos  []photo // of the default source
}

func readContent(ctx context.Context, s settings) (c content, err error) {
	first, _, err := loadPresets(s.root)
	if err != nil {
		return c, err
	}
	if c.added, err = setOthers(first); err != nil {
		return c, err
	}
	if c.presets, c.written, err = loadPresets(s.root); err != nil {
		return c, err
	}
	c.sources, err = prew.ReadSources(prew.Places{Bucket: stack.Bucket}, os.Environ())
	if err := errors.Join(err, c.sources.CheckPresets(c.presets)); err != nil {
		return c, err
	}
	began := time.Now()
	if c.photos, err = findPhotos(ctx, s.root, s.photos); err != nil {
		return c, err
	}
	progress(fmt.Sprintf("%d photos", len(c.photos)), time.Since(began))
	return c, nil
}

// all are the photos of all sources.
func (c content) all() []photo {
	all := slices.Clone(c.photos)
	for _, o := range c.added {
		all = append(all, o.photosOf(c.photos)...)
	}
	return all
}

// buckets are those of the sources that are added.
func (c content) buckets() (names []string) {
	for _, o := range c.added {
		names = append(names, o.bucket)
	}
	return names
}

// fill puts the photos into the bucket and those of the sources, returns how many it has written,
// and deletes the previews of presets that have changed since the last run.
func (c content) fill(ctx context.Context, bucket store.Bucket, state string) (written int, err error) {
	began := time.Now()
	uploaded, err := upload(ctx, bucket, prew.DefaultSourcePrefix, c.photos)
	if err != nil {
		return 0, err
	}
	written = uploaded
	for _, o := range c.added {
		n, err := upload(ctx, store.Bucket{Client: bucket.Client, Name: o.bucket}, o.prefix, o.photosOf(c.photos))
		if err != nil {
			return 0, err
		}
		written += n
	}
	progress(fmt.Sprintf("bucket, %d photos uploaded", uploaded), time.Since(began))
	said, err := renew(ctx, bucket, state, c.presets)
	if said != "" {
		fmt.Println(said)
	}
	return written, err
}

// loadPresets reads the presets that the gateways will use, as they are written too: those of
// the file PREW_PRESETS or, if that is not set, of presets.yaml as it is now, not as it was
// when the programs were built. It sets PREW_PRESETS to the file for the gateways.
func loadPresets(root string) (presets prew.Presets, written playground.Presets, err error) {
	file, err := filepath.Abs(environment("PREW_PRESETS", filepath.Join(root, "presets.yaml")))
	if err != nil {
		return presets, written, err
	}
	if err := os.Setenv("PREW_PRESETS", file); err != nil {
		return presets, written, err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return presets, written, fmt.Errorf("PREW_PRESETS: %w", err)
	}
	written = playground.Presets{File: file, Text: text, Environ: os.Environ()}
	presets, err = prew.LoadPresets(file, text, written.Environ)
	return presets, written, err
}
