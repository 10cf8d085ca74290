package main

import (
	"embed"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"prew"
	"prew/deploy/local/playground"
)

//go:embed gallery
var galleryFiles embed.FS

// gallery is the content of gallery.json, which the page shows. Every path in it is
// escaped.
type gallery struct {
	Presets []galleryPreset `json:"presets"`
	Photos  []galleryPhoto  `json:"photos"`

	Replace string `json:"replace,omitempty"` // URL that replaces a photo, see replacer
	Live    string `json:"live,omitempty"`    // URL that says when presets change, see live
}

// palette is the content of playground.json, which the page Playground works with.
type palette struct {
	Choices []prew.Choice   `json:"choices"`
	Presets []palettePreset `json:"presets"`
	Photos  []palettePhoto  `json:"photos"`

	Playground string `json:"playground"` // URL of what renders, see package playground
	Live       string `json:"live,omitempty"`
	MostBytes  int    `json:"mostBytes"` // of a photo that is dropped on the page
}

type palettePreset struct {
	Name   string            `json:"name"`
	Source string            `json:"source,omitempty"`
	Values map[string]string `json:"values"` // of all fields, as PRESET_<NAME> spells them
}

type palettePhoto struct {
	Name   string `json:"name"`
	Source string `json:"source,omitempty"`
	Key    string `json:"key"` // escaped
	Size   int64  `json:"size"`
}

// addresses are those, beside files, that the pages ask.
type addresses struct {
	Replace    string // empty: photos can't be replaced
	Playground string
	Presets    string // empty: they do not change
}

type galleryPreset struct {
	Name  string `json:"name"`
	Terms string `json:"terms"` // the preset's fields, as text for readers
	HTML  string `json:"html"`  // how a page shows the first photo; empty where there is none, and of a stand-in

	StandIn prew.Format `json:"standIn,omitempty"` // the format of a text, which the page draws

	Source string `json:"source,omitempty"`
}

type galleryPhoto struct {
	Name     string           `json:"name"`
	Source   string           `json:"source,omitempty"`
	Path     string           `json:"path"`     // empty where it is of a source that has no addresses
	Size     int64            `json:"size"`     // in bytes
	Previews []galleryPreview `json:"previews"` // one for each preset; without a path where that has another source
}

type galleryPreview struct {
	Path     string           `json:"path"`
	Variants []galleryVariant `json:"variants,omitempty"`
}

type galleryVariant struct {
	Name string `json:"name"` // without the preset's: @2x.webp
	Path string `json:"path"`
}

// writeGallery lays the pages out in dir, for these photos and presets.
func writeGallery(dir string, photos []photo, presets prew.Presets, asks addresses) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	files, err := fs.Sub(galleryFiles, "gallery")
	if err != nil {
		return err
	}
	if err := os.CopyFS(dir, files); err != nil {
		return err
	}
	return writePresets(dir, photos, presets, asks)
}

// writePresets writes what the pages read of the photos and presets. A page never finds half
// of it.
func writePresets(dir string, photos []photo, presets prew.Presets, asks addresses) error {
	described := describe(photos, presets)
	described.Replace, described.Live = asks.Replace, asks.Presets
	for name, content := range map[string]any{"gallery.json": described, "playground.json": paletteOf(photos, presets, asks)} {
		text, err := json.Marshal(content)
		if err != nil {
			return err
		}
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file+".new", text, 0o600); err != nil {
			return err
		}
		if err := os.Rename(file+".new", file); err != nil {
			return err
		}
	}
	return nil
}

func paletteOf(photos []photo, presets prew.Presets, asks addresses) palette {
	p := palette{Choices: prew.Choices(), Playground: asks.Playground, Live: asks.Presets, MostBytes: playground.MaxDropped}
	for _, name := range presets.Names() {
		shown := palettePreset{name, sourceOf(presets, name), map[string]string{}}
		for _, value := range presets.Explain(name) {
			shown.Values[value.Field] = value.Text
		}
		p.Presets = append(p.Presets, shown)
	}
	for _, at := range photos {
		p.Photos = append(p.Photos, palettePhoto{at.key, at.source, prew.Escape(at.key), at.size})
	}
	return p
}

func describe(photos []photo, presets prew.Presets) gallery {
	var g gallery
	for _, name := range presets.Names() {
		var terms []string
		for _, value := range presets.Explain(name) {
			if value.Text != "" && value.Origin != "default" {
				terms = append(terms, value.Field+" "+value.Text)
			}
		}
		shown := galleryPreset{Name: name, Terms: strings.Join(terms, ", "), Source: sourceOf(presets, name)}
		first := slices.IndexFunc(photos, func(p photo) bool { return p.source == shown.Source })
		if preset, _ := presets.Get(name); preset.Format.StandsIn() {
			shown.StandIn = preset.Format
		} else if first >= 0 {
			shown.HTML = presets.Img(prew.Ref{Preset: name, Key: photos[first].key}, prew.Outline{})
		}
		g.Presets = append(g.Presets, shown)
	}
	for _, p := range photos {
		row := galleryPhoto{Name: p.key, Source: p.source, Size: p.size}
		if p.source == "" {
			row.Path = prew.Escape("/" + prew.SourceRoot + "/" + p.key)
		}
		for _, preset := range g.Presets {
			if preset.Source != p.source {
				row.Previews = append(row.Previews, galleryPreview{})
				continue
			}
			preview := galleryPreview{Path: prew.Ref{Preset: preset.Name, Key: p.key}.Path()}
			for _, variant := range presets.Variants(preset.Name) {
				preview.Variants = append(preview.Variants, galleryVariant{strings.TrimPrefix(variant, preset.Name), prew.Ref{Preset: variant, Key: p.key}.Path()})
			}
			row.Previews = append(row.Previews, preview)
		}
		g.Photos = append(g.Photos, row)
	}
	return g
}

// sourceOf is the source of a preset, empty for the default one.
func sourceOf(presets prew.Presets, name string) string {
	preset, _ := presets.Get(name)
	return preset.Source
}
