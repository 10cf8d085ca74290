package main

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"os"
	"path/filepath"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
)

// sheets is the folder for the contact sheets, one PNG for each photo and format.
const sheets = ".local/contact-sheet"

// A sheet has a row of four pictures for each size, cut to the part where ours differs
// most from the reference.
const (
	cutWidth  = 400
	cutHeight = 300
	gap       = 8
	caption   = 36 // two lines
)

// contactSheets renders the jobs and puts the same part of all previews and of the
// reference beside each other, pixel for pixel.
func contactSheets(chosen []job, corpus string, progress func(string)) (err error) {
	if err := os.MkdirAll(sheets, 0o777); err != nil {
		return err
	}
	workers, stop, err := startAll()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	r := report{}
	for renderer, w := range workers {
		r.renderers[renderer] = w.says
	}
	var judge judge
	for len(chosen) > 0 {
		// The jobs of a photo and format follow one another.
		n := 1
		for n < len(chosen) && chosen[n].about == chosen[0].about {
			n++
		}
		sheet := image.NewRGBA(image.Rect(0, 0, gap+(peers+1)*(cutWidth+gap), gap+n*(caption+cutHeight+gap)))
		draw.Draw(sheet, sheet.Rect, image.White, image.Point{}, draw.Src)
		for i, j := range chosen[:n] {
			progress(j.String())
			for renderer, w := range workers {
				if _, err := w.do(j, photoFile(corpus, j), previewFile(renderer, j), 1); err != nil {
					return err
				}
			}
			previews, err := judge.previews(j, corpus)
			if err != nil {
				return err
			}
			r.drawRow(sheet, gap+i*(caption+cutHeight+gap), j, previews)
		}
		name := filepath.Join(sheets, fmt.Sprintf("%s-%s.png", chosen[0].photo, chosen[0].format))
		if err := writePNG(name, sheet); err != nil {
			return err
		}
		fmt.Println(name)
		chosen = chosen[n:]
	}
	return nil
}

// drawRow draws the previews of a job: ours, the two libvips, the reference.
func (r report) drawRow(sheet *image.RGBA, y int, j job, previews [peers]preview) {
	at := farthest(previews[ours])
	show := func(column int, p picture, title, figures string) {
		x := gap + column*(cutWidth+gap)
		write(sheet, x, y+13, title)
		write(sheet, x, y+29, figures)
		cut := image.Rect(0, 0, min(cutWidth, p.width), min(cutHeight, p.height)).Add(image.Pt(x, y+caption))
		draw.Draw(sheet, cut, p, at, draw.Src)
	}
	for renderer, p := range previews {
		show(renderer, p.picture, r.name(renderer)+", "+j.title(),
			fmt.Sprintf("SSIMULACRA 2 %.1f, PSNR %.2f dB, %d bytes", p.looks.score, p.looks.psnr, p.looks.bytes))
	}
	show(peers, previews[ours].reference, "full decode and Lanczos", fmt.Sprintf("at %v", at))
}

// farthest is the corner of the part in which a preview differs most from its
// reference. It tries parts that lie a quarter of their sides apart.
func farthest(p preview) image.Point {
	var at image.Point
	y, like := p.picture.luma(), p.reference.luma()
	most := -1.0
	for top := 0; top+min(cutHeight, p.picture.height) <= p.picture.height; top += cutHeight / 4 {
		for left := 0; left+min(cutWidth, p.picture.width) <= p.picture.width; left += cutWidth / 4 {
			sum := 0.0
			for row := top; row < min(top+cutHeight, p.picture.height); row++ {
				for i := row*p.picture.width + left; i < row*p.picture.width+min(left+cutWidth, p.picture.width); i++ {
					sum += (y[i] - like[i]) * (y[i] - like[i])
				}
			}
			if sum > most {
				most, at = sum, image.Pt(left, top)
			}
		}
	}
	return at
}

// write writes a line of text whose letters stand on y.
func write(sheet *image.RGBA, x, y int, text string) {
	drawer := font.Drawer{Dst: sheet, Src: image.Black, Face: basicfont.Face7x13, Dot: fixed.P(x, y)}
	drawer.DrawString(text)
}

func writePNG(name string, img image.Image) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	if err := png.Encode(file, img); err != nil {
		return err
	}
	return file.Close()
}

// A picture is an image.Image too, so that it can be drawn.

func (p picture) ColorModel() color.Model { return color.RGBAModel }

func (p picture) Bounds() image.Rectangle { return image.Rect(0, 0, p.width, p.height) }

func (p picture) At(x, y int) color.Color {
	rgb := p.rgb[3*(p.width*y+x):]
	sample := func(v float64) uint8 { return uint8(math.Round(v)) }
	return color.RGBA{sample(rgb[0]), sample(rgb[1]), sample(rgb[2]), 255}
}
