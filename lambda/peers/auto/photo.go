package main

import (
	"bytes"
	"fmt"
	"image"
	_ "image/png"
	"os"

	"prew"
	"prew/lambda/peers/ssimulacra2"
	"prew/lambda/render"
)

// photo is one whose previews are judged.
type photo struct {
	file   string
	side   int // what they fit into
	data   []byte
	before *ssimulacra2.Original // what is encoded
}

// open reads a photo. What is encoded is about its JPEG of quality 100, which has all of its
// samples but for their last bit, so that what chroma loses by its size counts for nobody.
func open(file string, side int) (photo, error) {
	p := photo{file: file, side: side}
	var err error
	if p.data, err = os.ReadFile(file); err != nil {
		return p, err
	}
	best, err := p.render(prew.JPEG, 100, 0)
	if err != nil {
		return p, err
	}
	rgb, size, err := colours(best)
	if err != nil {
		return p, fmt.Errorf("%s: %w", file, err)
	}
	p.before = ssimulacra2.New(rgb, size.X, size.Y)
	return p, nil
}

// render makes a preview of the photo.
func (p photo) render(format prew.Format, quality int, likeness float64) ([]byte, error) {
	preset, err := prew.Preset{Width: p.side, Height: p.side, Format: format, Quality: quality, Likeness: likeness}.Resolve()
	if err != nil {
		return nil, err
	}
	preview, err := render.Render(bytes.NewReader(p.data), preset)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.file, err)
	}
	return preview.Data, nil
}

// score is how good a preview looks, by SSIMULACRA 2.
func (p photo) score(preview []byte) (float64, error) {
	rgb, _, err := colours(preview)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", p.file, err)
	}
	return p.before.Score(rgb), nil
}

// colours decodes a preview, by the engine's own decoders, which tests hold to those of others.
func colours(preview []byte) (rgb []float64, size image.Point, err error) {
	preset, err := prew.Preset{Width: prew.MaxPresetSide, Format: prew.PNG}.Resolve()
	if err != nil {
		return nil, size, err
	}
	same, err := render.Render(bytes.NewReader(preview), preset)
	if err != nil {
		return nil, size, err
	}
	m, _, err := image.Decode(bytes.NewReader(same.Data))
	if err != nil {
		return nil, size, err
	}
	size = m.Bounds().Size()
	for y := range size.Y {
		for x := range size.X {
			r, g, b, _ := m.At(x, y).RGBA()
			rgb = append(rgb, float64(r>>8), float64(g>>8), float64(b>>8))
		}
	}
	return rgb, size, nil
}
