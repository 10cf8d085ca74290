package main

import (
	"image"
	"image/color"
	"image/draw"
	"path/filepath"
	"strings"

	xdraw "golang.org/x/image/draw"
)

// gridRow is a row of a sheet that has pictures of one photo beside one another.
type gridRow struct {
	text  string
	wrong []string // what is not as asked
	cells []*image.NRGBA
}

// height is that of the row, with its texts.
func (r gridRow) height() (tallest int) {
	for _, picture := range r.cells {
		tallest = max(tallest, fitted(picture.Rect.Size()).Dy())
	}
	return caption + tallest + gap
}

// grid draws rows below one another, each with its texts above it.
func grid(rows []gridRow) image.Image {
	columns, height := 2, gap
	for _, r := range rows {
		columns, height = max(columns, len(r.cells)), height+r.height()
	}
	img := image.NewRGBA(image.Rect(0, 0, columns*(cell+gap)+gap, height))
	draw.Draw(img, img.Rect, image.NewUniform(color.Gray{224}), image.Point{}, draw.Src)
	y := gap
	for _, r := range rows {
		ink := color.RGBA{A: 255}
		if r.wrong != nil {
			ink.R = 160
		}
		write(img, ink, gap, y+11, columns, r.text)
		write(img, ink, gap, y+26, columns, strings.Join(r.wrong, "; "))
		for column, picture := range r.cells {
			box := fitted(picture.Rect.Size()).Add(image.Pt(gap+column*(cell+gap), y+caption))
			xdraw.CatmullRom.Scale(img, box, picture, picture.Rect, draw.Over, nil)
		}
		y += r.height()
	}
	return img
}

// writeGrids writes the sheet of what moves and those of what gravities keep, if there are
// any.
func writeGrids(dir string, r report) error {
	sheets := map[string][]gridRow{}
	for _, m := range r.moving {
		line, err := m.row()
		if err != nil {
			return err
		}
		sheets["moving"] = append(sheets["moving"], line)
	}
	for _, c := range r.cropped {
		line, err := c.row()
		if err != nil {
			return err
		}
		name := "gravity-" + c.shape.name
		sheets[name] = append(sheets[name], line)
	}
	for name, rows := range sheets {
		if err := writePNG(filepath.Join(dir, name+".png"), grid(rows)); err != nil {
			return err
		}
	}
	return nil
}
