package main

import (
	"bytes"
	"fmt"
	"html/template"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"

	xdraw "golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
)

// A sheet has the two previews of a picture beside each other, a row a picture in
// three columns.
const (
	cell    = 240 // a preview is shrunk, or a small one enlarged, to fit
	gap     = 8
	caption = 36 // two lines
	columns = 3
)

// renderers are the names of the previews' files, from left to right.
var renderers = []string{"ours", "sharp"}

// writeSheets writes a PNG a class and a page with every pair in full size.
func writeSheets(dir string, r report) error {
	classes := map[string][]looked{}
	var names []string
	for _, l := range r.all {
		class := l.class()
		if classes[class] == nil {
			names = append(names, class)
		}
		classes[class] = append(classes[class], l)
	}
	slices.Sort(names)
	for _, class := range names {
		img, err := sheet(classes[class])
		if err != nil {
			return err
		}
		if err := writePNG(filepath.Join(dir, strings.ReplaceAll(class, " ", "-")+".png"), img); err != nil {
			return err
		}
	}
	if err := writeGrids(dir, r); err != nil {
		return err
	}
	var all []onPage
	for _, l := range r.all {
		all = append(all, l.onPage())
	}
	var text bytes.Buffer
	if err := page.Execute(&text, all); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "index.html"), text.Bytes(), 0o666) // before umask
}

// onPage is a picture as the page shows it.
type onPage struct {
	Name, Outcome, Figures string
	Wrong, Previews        []string
}

func (l *looked) onPage() onPage {
	v := l.verdict()
	p := onPage{Name: l.file.name, Outcome: string(v.outcome), Figures: l.figures(), Wrong: v.wrong}
	for _, renderer := range renderers {
		if name := l.file.previewFile(renderer); exists(name) {
			p.Previews = append(p.Previews, "previews/"+filepath.Base(name))
		}
	}
	return p
}

var page = template.Must(template.New("").Parse(`<!doctype html>
<meta charset="utf-8">
<title>prew beside sharp</title>
<style>
body { font: 14px sans-serif; background: #ddd }
img { background: repeating-conic-gradient(#bbb 0 25%, #fff 0 50%) 0 0/16px 16px; min-width: 64px; image-rendering: pixelated }
.wrong { color: #a00 }
</style>
<h1>prew, and sharp beside it</h1>
{{range .}}
<h2{{if .Wrong}} class="wrong"{{end}}>{{.Name}}: {{.Outcome}}</h2>
<p>{{.Figures}}{{range .Wrong}}<br>{{.}}{{end}}</p>
{{range .Previews}}<img src="{{.}}" alt="">
{{end}}{{end}}`))

// figures is a line about a picture.
func (l looked) figures() string {
	text := fmt.Sprintf("%d ms, %d MB", l.ours.time.Milliseconds(), l.ours.peak/1e6)
	if d := l.difference; d != nil {
		text = fmt.Sprintf("%s dB, dE %.2f, 95%% %.2f, %s", decibels(d.db), d.mean, d.p95, text)
	}
	return text
}

// sheet draws pictures of a class.
func sheet(all []looked) (image.Image, error) {
	const width, height = 2*cell + 3*gap, caption + cell + gap
	rows := (len(all) + columns - 1) / columns
	img := image.NewRGBA(image.Rect(0, 0, columns*width+gap, rows*height+gap))
	draw.Draw(img, img.Rect, image.NewUniform(color.Gray{224}), image.Point{}, draw.Src)
	for i, l := range all {
		x, y := gap+i%columns*width, gap+i/columns*height
		v := l.verdict()
		ink := color.RGBA{A: 255}
		if v.wrong != nil {
			ink.R = 160
		}
		write(img, ink, x, y+11, 2, l.file.name+": "+string(v.outcome))
		text := l.figures()
		if v.wrong != nil {
			text = strings.Join(v.wrong, "; ")
		}
		write(img, ink, x, y+26, 2, text)
		for column, renderer := range renderers {
			name := l.file.previewFile(renderer)
			if !exists(name) {
				continue
			}
			preview, err := decode(name)
			if err != nil {
				return nil, err
			}
			box := fitted(preview.Rect.Size()).Add(image.Pt(x+column*(cell+gap), y+caption))
			xdraw.CatmullRom.Scale(img, box, preview, preview.Rect, draw.Over, nil)
		}
	}
	return img, nil
}

// fitted is a rectangle of the shape of a size, as large as fits into a cell.
func fitted(size image.Point) image.Rectangle {
	longer := max(size.X, size.Y)
	return image.Rect(0, 0, max(1, size.X*cell/longer), max(1, size.Y*cell/longer))
}

// write writes as much of a text as fits over some cells; its letters stand on y.
func write(img draw.Image, ink color.Color, x, y, cells int, text string) {
	const letter = 7 // the width of one
	text = text[:min(len(text), (cells*(cell+gap)-gap)/letter)]
	drawer := font.Drawer{Dst: img, Src: image.NewUniform(ink), Face: basicfont.Face7x13, Dot: fixed.P(x, y)}
	drawer.DrawString(text)
}

func writePNG(name string, img image.Image) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := png.Encode(file, img); err != nil {
		return err
	}
	return file.Close()
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}
