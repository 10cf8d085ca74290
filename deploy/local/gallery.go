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
)

//go:embed gallery
var galleryFiles embed.FS

// gallery is the content of gallery.json, which the page shows. Every path in it is
// escaped.
type gallery struct {
	Presets []galleryPreset `json:"presets"`
	Photos  []galleryPhoto  `json:"photos"`

	Replace string `json:"replace,omitempty"` // URL that replaces a photo, see replacer
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

// writeGallery lays the page out in dir, with gallery.json for these photos and the URL that
// replaces one.
func writeGallery(dir string, photos []photo, presets prew.Presets, replace string) error {
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
	described := describe(photos, presets)
	if len(photos) > 1 { // by another one
		described.Replace = replace
	}
	content, err := json.Marshal(described)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "gallery.json"), content, 0o600)
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
			shown.HTML = presets.Img(prew.Ref{Preset: name, Key: photos[first].key})
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
