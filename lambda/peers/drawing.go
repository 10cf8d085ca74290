package main

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"strings"
)

const drawingWidth, drawingHeight = 900, 600

// drawing is a picture of lines of text and of discs with smooth edges, on white.
func drawing() image.Image {
	sheet := image.NewRGBA(image.Rect(0, 0, drawingWidth, drawingHeight))
	draw.Draw(sheet, sheet.Rect, image.White, image.Point{}, draw.Src)
	words := strings.Fields("a drawing has lines of text on white and discs with smooth edges so that few pixels differ from their neighbours")
	for line := range 24 {
		text := ""
		for i := range 12 {
			text += words[(7*line+i*(line+1))%len(words)] + " " // no two lines are alike
		}
		write(sheet, 20, 25+24*line, text)
	}
	discs := []color.RGBA{{200, 30, 40, 255}, {20, 110, 200, 255}, {250, 180, 20, 255}, {40, 150, 70, 255}, {90, 60, 150, 255}, {60, 60, 60, 255}}
	for i, colour := range discs {
		draw.DrawMask(sheet, sheet.Rect, image.NewUniform(colour), image.Point{},
			disc{float64(560 + 130*(i%3)), float64(180 + 240*(i/3)), float64(40 + 14*i)}, image.Point{}, draw.Over)
	}
	return sheet
}

// disc is a mask whose edge is a pixel wide.
type disc struct{ x, y, radius float64 }

func (d disc) ColorModel() color.Model { return color.AlphaModel }

func (d disc) Bounds() image.Rectangle { return image.Rect(0, 0, drawingWidth, drawingHeight) }

func (d disc) At(x, y int) color.Color {
	inside := d.radius + 0.5 - math.Hypot(float64(x)+0.5-d.x, float64(y)+0.5-d.y)
	return color.Alpha{uint8(255 * min(max(inside, 0), 1))}
}
