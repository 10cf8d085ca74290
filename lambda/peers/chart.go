package main

import (
	"embed"
	"fmt"
	"io"
	"slices"
	"text/template"
)

//go:embed *.svg.tmpl
var chartFiles embed.FS

var chartTemplates = template.Must(template.ParseFS(chartFiles, "*.tmpl"))

// The chart has a line for each photo and a column for each size. Each cell has a bar
// for each renderer, as long as its user time relative to the rival's, whose bar ends
// at the column's mark. All of these are in pixels.
const (
	chartWidth  = 860
	columnsFrom = 170 // the photos' names are left of it
	columnWidth = 230
	unit        = 105 // length of the rival's bar
	longest     = 165 // a longer bar is cut to this, with its figure beside it
	legendFrom  = 540
	legendGap   = 35
	letter      = 8 // about the width of a letter of the legend
	rowsFrom    = 112
	rowHeight   = 50
	barHeight   = 11
	barStep     = 13
)

// chart is the data of the template, which uses these fields.
type chart struct {
	Width, Height   int
	Legend          []chartText
	Columns         []chartText
	MarkTop, MarkTo int // ends of the mark in each column
	Unit, BarHeight int
	Rows            []chartRow
	Foot            []chartText
}

// chartText is a text at a place. If it belongs to a renderer, it has the renderer's
// number, by which the template colours it.
type chartText struct {
	X, Y     int
	Text     string
	Renderer int
}

type chartRow struct {
	Y          int
	Name, Note string
	Bars       []chartBar
}

type chartBar struct {
	X, Y, Width int
	Renderer    int
	Ratio, Text string // only our bar may have a Ratio
}

// barOrder is the order of the renderers' bars, from the top.
var barOrder = [peers]int{ours, modern, debian}

// writeChart draws the report's times.
func (r report) writeChart(out io.Writer) error {
	c := chart{Width: chartWidth, Unit: unit, BarHeight: barHeight}
	x := legendFrom
	for _, renderer := range barOrder {
		c.Legend = append(c.Legend, chartText{x, 32, r.name(renderer), renderer})
		x += legendGap + letter*len(r.name(renderer))
	}
	for i, size := range sizes {
		c.Columns = append(c.Columns, chartText{columnsFrom + i*columnWidth, rowsFrom - 38, size.title(), 0})
	}
	for _, result := range r.results {
		if n := len(c.Rows); n == 0 || c.Rows[n-1].Name != result.job.about {
			c.Rows = append(c.Rows, chartRow{
				Y: rowsFrom + n*rowHeight, Name: result.job.about, Note: "1 = " + r.name(result.job.rival),
			})
		}
		row := &c.Rows[len(c.Rows)-1]
		row.Bars = append(row.Bars, bars(result, row.Y)...)
	}
	c.MarkTop, c.MarkTo = rowsFrom-12, rowsFrom+len(c.Rows)*rowHeight-8
	for i, line := range []string{
		fmt.Sprintf("User CPU time of one preview, JPEG quality %d, one thread, medians of %d rounds in turn, beside the libvips named at the left.", quality, rounds),
		fmt.Sprintf("%s; %s. %s, %s.", r.renderers[modern], r.renderers[debian], r.machine, r.date.Format("2 January 2006")),
	} {
		c.Foot = append(c.Foot, chartText{20, c.MarkTo + 24 + 17*i, line, 0})
	}
	c.Height = c.MarkTo + 58
	return chartTemplates.ExecuteTemplate(out, "chart.svg.tmpl", c)
}

// bars returns the bars of a job, in a row that starts at y.
func bars(result result, y int) []chartBar {
	var all []chartBar
	column := slices.Index(sizes[:], result.job.size)
	for place, renderer := range barOrder {
		user := result.speed.user[renderer]
		width := unit * float64(user) / float64(result.speed.user[result.job.rival])
		bar := chartBar{
			X: columnsFrom + column*columnWidth, Y: y + place*barStep, Width: min(int(width+0.5), longest),
			Renderer: renderer, Text: fmt.Sprintf("%.0f ms", milliseconds(user)),
		}
		if renderer == ours {
			bar.Ratio = fmt.Sprintf("%.2f", result.speed.ratio[result.job.rival])
		}
		all = append(all, bar)
	}
	return all
}

// title is the name of a size in the chart.
func (s size) title() string {
	if s.height == 0 {
		return fmt.Sprintf("%d wide", s.width)
	}
	return fmt.Sprintf("%d x %d, cropped", s.width, s.height)
}
