package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"prew"
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
	html := presets.Img(ref)
	if s.Picture {
		html = presets.Picture(ref)
	}
	_, err = fmt.Fprintln(k.Stdout, html)
	return err
}
