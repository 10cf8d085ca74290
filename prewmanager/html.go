package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"github.com/aws/aws-sdk-go-v2/aws"

	"prew"
	"prew/lambda/store"
)

// showHTML is the command that prints how a page shows a picture in a preset.
type showHTML struct {
	presetSource `embed:""`

	Picture bool   `env:"-" help:"Print a <picture> whose addresses mean the same file for everybody, for caches between that do not know Vary."`
	Preset  string `arg:"" help:"Name of a preset."`
	Key     string `arg:"" help:"Key of a photo: /photo/<key> is its address."`
}

func (s showHTML) Run(k *kong.Kong) error {
	presets, err := s.loadNames()
	if err != nil {
		return err
	}
	if !slices.Contains(presets.Names(), s.Preset) {
		return fmt.Errorf("preset %q is unknown, expected one of %s", s.Preset, strings.Join(presets.Names(), ", "))
	}
	ref := prew.Ref{Preset: s.Preset, Key: s.Key}
	if preset, _ := presets.Get(s.Preset); preset.Format.StandsIn() {
		return fmt.Errorf("preset %q is a text, %s, expected a picture: pages read the text from %s", s.Preset, preset.Format, ref.Path())
	}
	places, err := prew.ReadPlaces(os.LookupEnv)
	if err != nil {
		return err
	}
	if _, err := places.Previews().ParsePreview(places.Previews().Prefix + ref.String()); err != nil {
		return err
	}
	var outline prew.Outline
	if places.Bucket != "" {
		if outline, err = outlineOf(places.Previews(), ref, presets); err != nil {
			fmt.Fprintln(os.Stderr, "prewmanager: without size and colour, which are known of a stored preview:", err)
		}
	}
	html := presets.Img(ref, outline)
	if s.Picture {
		html = presets.Picture(ref, outline)
	}
	_, err = fmt.Fprintln(k.Stdout, html)
	return err
}

// outlineOf asks S3 for what a page may know of a stored preview. A preview has no colour to be
// seen behind it where it, or a variant, may be transparent: a JPEG is not, but where the preset
// says that it is one, its photo may be.
func outlineOf(place prew.Place, ref prew.Ref, presets prew.Presets) (prew.Outline, error) {
	ctx, cancel := context.WithTimeout(interruptible(), prew.StoreTimeout)
	defer cancel()
	name, err := place.Preview(ref)
	if err != nil {
		return prew.Outline{}, err
	}
	cfg, err := store.Load(ctx, 1)
	if err != nil {
		return prew.Outline{}, err
	}
	head, err := store.Open(cfg, place).Head(ctx, name)
	if err != nil {
		return prew.Outline{}, err
	}
	outline := prew.OutlineOf(head.Metadata)
	preset, _ := presets.Get(ref.Preset)
	opaque := aws.ToString(head.ContentType) == prew.JPEG.MediaType()
	if !opaque || preset.Format != prew.Auto && len(presets.Formats(ref.Preset)) > 0 {
		outline.Colour = ""
	}
	return outline, nil
}
