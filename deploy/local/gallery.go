package main

import (
	"embed"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
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
}

type galleryPreset struct {
	Name  string `json:"name"`
	Terms string `json:"terms"` // the preset's fields, as text for readers
	HTML  string `json:"html"`  // how a page shows the first photo
}

type galleryPhoto struct {
	Name     string           `json:"name"`
	Path     string           `json:"path"`
	Size     int64            `json:"size"`     // in bytes
	Previews []galleryPreview `json:"previews"` // one for each preset
}

type galleryPreview struct {
	Path     string           `json:"path"`
	Variants []galleryVariant `json:"variants,omitempty"`
}

type galleryVariant struct {
	Name string `json:"name"` // without the preset's: @2x.webp
	Path string `json:"path"`
}

// writeGallery lays the page out in dir, with gallery.json for these photos.
func writeGallery(dir string, photos []photo, presets prew.Presets) error {
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
	content, err := json.Marshal(describe(photos, presets))
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
		html := ""
		if len(photos) > 0 {
			html = presets.Img(prew.Ref{Preset: name, Key: photos[0].key})
		}
		g.Presets = append(g.Presets, galleryPreset{name, strings.Join(terms, ", "), html})
	}
	for _, p := range photos {
		row := galleryPhoto{Name: p.key, Path: prew.Escape("/" + prew.SourceRoot + "/" + p.key), Size: p.size}
		for _, preset := range g.Presets {
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
