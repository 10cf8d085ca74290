package prew

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const (
	// MaxMark is the largest file of a watermark, in bytes. It travels with each request for a
	// render, of which Lambda takes 6 MB, and a mark drawn for screens has some 10 KB.
	MaxMark = 128 << 10
	// MarkFolder is where watermarks lie in the bucket of the previews: the one folder there that
	// the function may read beside its own, so that no request has it show other objects.
	MarkFolder = "marks/"

	inBucket = "s3:" // what a watermark begins with that lies there

	maxMarkMargin = 40 // per cent of the width: a fifth of it is left between two of them

	// maxMarkName is the longest path of a mark's file, in bytes. That of a file system's
	// folder is no longer.
	maxMarkName = 255
)

// Mark is the file of a watermark, a PNG or a WebP. As text it is in base64.
type Mark string

// MarshalText implements encoding.TextMarshaler.
func (m Mark) MarshalText() ([]byte, error) {
	return base64.StdEncoding.AppendEncode(nil, []byte(m)), nil
}

// UnmarshalText implements encoding.TextUnmarshaler. Its error is that of a text which is no
// base64, or of a file that has more than MaxMark bytes.
func (m *Mark) UnmarshalText(text []byte) error {
	file, err := base64.StdEncoding.AppendDecode(nil, text)
	if err == nil && len(file) > MaxMark {
		err = tooLargeMark(len(file))
	}
	*m = Mark(file)
	return err
}

func tooLargeMark(size int) error {
	return fmt.Errorf("a watermark of %d bytes, limit is %d", size, MaxMark)
}

// isMark says whether a text names a watermark: a file by its path from the presets' file on,
// which does not leave the folder of that, or an object below MarkFolder.
func isMark(text string) bool {
	if key, ok := strings.CutPrefix(text, inBucket); ok {
		return strings.HasPrefix(key, MarkFolder) && len(key) <= MaxObject && misspelt(key) == ""
	}
	switch strings.ToLower(filepath.Ext(text)) {
	case ".png", ".webp":
		return len(text) <= maxMarkName && misspelt(text) == ""
	}
	return false
}

// MarkObject is the key of the watermark in the bucket of the previews, where ok says that it
// lies there.
func (p Preset) MarkObject() (key string, ok bool) { return strings.CutPrefix(p.Watermark, inBucket) }

// resolveWatermark fills in what is not said of a watermark, and leaves nothing of one where
// there is none, so that requests of other presets are as they were.
func (p *Preset) resolveWatermark() {
	if p.Watermark == "" {
		p.WatermarkGravity, p.WatermarkWidth, p.WatermarkMargin, p.WatermarkOpacity = "", 0, "", 0
		p.WatermarkTile, p.Mark = false, ""
		return
	}
	p.WatermarkGravity = cmp.Or(p.WatermarkGravity, BottomRight)
	p.WatermarkWidth = cmp.Or(p.WatermarkWidth, 20)
	p.WatermarkMargin = cmp.Or(p.WatermarkMargin, "3")
	p.WatermarkOpacity = cmp.Or(p.WatermarkOpacity, 100)
}

// readMarks reads the files of all watermarks, whose paths begin in a folder. The error joins
// all that can't be, each with where its preset names it.
func (ps *Presets) readMarks(folder string) error {
	var errs []error
	read := map[string]Mark{}
	for _, name := range ps.all() {
		p := ps.presets[name]
		if _, ok := p.MarkObject(); ok || p.Watermark == "" {
			continue
		}
		mark, ok := read[p.Watermark]
		if !ok {
			var err error
			if mark, err = readMark(filepath.Join(folder, p.Watermark)); err != nil {
				errs = append(errs, ps.wrongMark(name, err))
			}
			read[p.Watermark] = mark
		}
		p.Mark = mark
		ps.presets[name] = p
	}
	return errors.Join(errs...)
}

// wrongMark is an error of the watermark of a preset or a variant.
func (ps Presets) wrongMark(name string, err error) error {
	return fmt.Errorf("%s: preset %s: watermark: %w", ps.origins[name]["watermark"], name, err)
}

func readMark(path string) (Mark, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, MaxMark+1))
	if err == nil && len(data) > MaxMark {
		err = fmt.Errorf("%s: more than %d bytes, which is the limit", path, MaxMark)
	}
	if err == nil && len(data) == 0 {
		err = fmt.Errorf("%s: empty, expected a PNG or a WebP", path)
	}
	return Mark(data), err
}

// Marks are the files of all watermarks, by their paths as the presets name them.
func (ps Presets) Marks() map[string]Mark {
	marks := map[string]Mark{}
	for _, name := range ps.all() {
		if p := ps.presets[name]; p.Mark != "" {
			marks[p.Watermark] = p.Mark
		}
	}
	return marks
}

// MarkObjects are the keys of all watermarks in the bucket of the previews, each once.
func (ps Presets) MarkObjects() (keys []string) {
	for _, name := range ps.all() {
		if key, ok := ps.presets[name].MarkObject(); ok {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// CheckMarks has a decoder look at the file of each watermark. The error joins all that it
// refuses, each with where its preset names it.
func (ps Presets) CheckMarks(decode func(Mark) error) error {
	var errs []error
	checked := map[string]bool{}
	for _, name := range ps.all() {
		p := ps.presets[name]
		if p.Mark == "" || checked[p.Watermark] {
			continue
		}
		checked[p.Watermark] = true
		if err := decode(p.Mark); err != nil {
			errs = append(errs, ps.wrongMark(name, fmt.Errorf("%s: %w", p.Watermark, err)))
		}
	}
	return errors.Join(errs...)
}

// all are the names of all presets, each with its variants.
func (ps Presets) all() (names []string) {
	for _, name := range ps.names {
		names = append(append(names, name), ps.Variants(name)...)
	}
	return names
}
