package answer

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"

	"prew"
)

// Placeholder is the picture that the answer to a failure shows.
type Placeholder struct {
	Data        []byte
	ContentType string
}

// maxDrawn is how many placeholders are kept. Sizes come only from presets, so that
// this is enough for a hundred of them with all their drawings; most take some
// kilobytes, and the largest some hundred.
const maxDrawn = 300

// Placeholders draws each placeholder once per drawing and size, and keeps it.
type Placeholders struct {
	notFound, failed *Placeholder // configured files in place of drawings, or nil

	mu    sync.Mutex                     // protects drawn
	drawn map[drawing]func() Placeholder // each draws at its first call
}

// NewPlaceholders reads the files that replace the drawings; an empty name keeps the
// drawing. The error joins all mistakes, each with the name of its variable.
func NewPlaceholders(notFoundFile, errorFile string) (*Placeholders, error) {
	notFound, errNotFound := readPlaceholder("PREW_NOT_FOUND_IMAGE", notFoundFile)
	failed, errFailed := readPlaceholder("PREW_ERROR_IMAGE", errorFile)
	if err := errors.Join(errNotFound, errFailed); err != nil {
		return nil, err
	}
	return &Placeholders{notFound: notFound, failed: failed, drawn: map[drawing]func() Placeholder{}}, nil
}

// readPlaceholder reads the file that a variable names, if it names one.
func readPlaceholder(variable, file string) (*Placeholder, error) {
	if file == "" {
		return nil, nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", variable, err)
	}
	contentType := http.DetectContentType(data)
	if !strings.HasPrefix(contentType, "image/") {
		return nil, fmt.Errorf("%s: %s is %s, expected an image", variable, file, contentType)
	}
	return &Placeholder{data, contentType}, nil
}

// Get returns the placeholder with a drawing, in the size of a preset. A free side
// follows from the other as in 3:2. The zero preset, for a path without a preset,
// gives 600x400.
func (p *Placeholders) Get(preset prew.Preset, what prew.Drawing) Placeholder {
	if what == prew.Slashed && p.notFound != nil {
		return *p.notFound
	}
	if what != prew.Slashed && p.failed != nil {
		return *p.failed
	}
	d := drawing{what, preset.Width, preset.Height}
	switch {
	case d.width == 0 && d.height == 0:
		d.width, d.height = 600, 400
	case d.width == 0:
		d.width = (d.height*3 + 1) / 2
	case d.height == 0:
		d.height = (d.width*2 + 2) / 3
	}
	return p.drawer(d)()
}

// drawer returns the function that draws d, or has drawn it. It is called without the
// lock: a large drawing takes a second, for which only those wait who asked for it.
func (p *Placeholders) drawer(d drawing) func() Placeholder {
	p.mu.Lock()
	defer p.mu.Unlock()
	draw, ok := p.drawn[d]
	if !ok {
		if len(p.drawn) >= maxDrawn {
			for any := range p.drawn {
				delete(p.drawn, any)
				break
			}
		}
		draw = sync.OnceValue(func() Placeholder { return Placeholder{d.png(), "image/png"} })
		p.drawn[d] = draw
	}
	return draw
}
