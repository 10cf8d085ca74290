package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"prew"
)

// The chart of formats has a block for each photo at 1440, in it a line for each format, and in
// that a bar for each renderer in both columns, bytes and time. Bars of a column have one
// scale, so that formats are compared as well as renderers. All of these are in pixels.
const (
	formatsFrom  = 130 // the formats' names begin here
	bytesFrom    = 190
	timeFrom     = 540
	longestBytes = 200
	longestTime  = 200
	lineHeight   = 34
	blockGap     = 12
)

// formatsChart is the data of the template, which uses these fields.
type formatsChart struct {
	Width, Height, BarHeight      int
	Label                         string
	Legend, Columns, Names, Notes []chartText
	Bars                          []chartBar
}

// writeFormatsChart draws bytes and time of the formats.
func (r report) writeFormatsChart(out io.Writer) error {
	shown := slices.DeleteFunc(slices.Clone(r.formats), func(f formatsResult) bool { return f.job.size != sizes[0] })
	c := formatsChart{
		Width: chartWidth, BarHeight: barHeight,
		Label: "Bar chart of bytes and user time of a preview of 1440 pixels as JPEG, WebP and AVIF, " + formatsBy[ours] + " and " + formatsBy[modern],
		Columns: []chartText{
			{formatsFrom - 110, rowsFrom - 44, sizes[0].title(), 0}, {bytesFrom, rowsFrom - 44, "Bytes", 0}, {timeFrom, rowsFrom - 44, "User CPU time of the whole job", 0},
		},
	}
	x := legendFrom + 120
	for _, renderer := range pair {
		c.Legend = append(c.Legend, chartText{x, 32, formatsBy[renderer], renderer})
		x += legendGap + letter*len(formatsBy[renderer])
	}
	var mostBytes, mostTime float64
	for _, f := range shown {
		for _, made := range f.made {
			for _, renderer := range pair {
				mostBytes = max(mostBytes, made.bytes[renderer])
				mostTime = max(mostTime, milliseconds(made.user[renderer]))
			}
		}
	}
	y := rowsFrom - 24
	for _, f := range shown {
		photo, note, _ := strings.Cut(f.job.about, ", ")
		c.Names = append(c.Names, chartText{20, y + 17, photo, 0})
		if note != "" {
			c.Notes = append(c.Notes, chartText{20, y + 34, note, 0})
		}
		for i, made := range f.made {
			c.Names = append(c.Names, chartText{formatsFrom, y + 17, formatNames[threeFormats[i].format], 0})
			for place, renderer := range pair {
				bytes, time := made.bytes[renderer], milliseconds(made.user[renderer])
				at := y + place*barStep
				kilobytes := chartBar{X: bytesFrom, Y: at, Width: int(longestBytes*bytes/mostBytes + 0.5), Renderer: renderer, Text: fmt.Sprintf("%.0f kB", bytes/1000)}
				took := chartBar{X: timeFrom, Y: at, Width: int(longestTime*time/mostTime + 0.5), Renderer: renderer, Text: fmt.Sprintf("%.0f ms", time)}
				if renderer == ours && threeFormats[i].format != prew.JPEG {
					kilobytes.Ratio = fmt.Sprintf("%.2f×", bytes/f.made[0].bytes[ours])
					took.Ratio = fmt.Sprintf("%.1f×", made.ofJPEG[ours])
				}
				c.Bars = append(c.Bars, kilobytes, took)
			}
			y += lineHeight
		}
		y += blockGap
	}
	for i, line := range []string{
		fmt.Sprintf("All as like the photo, by SSIMULACRA 2, as sharp's JPEG of quality %d; one thread, medians of %d rounds in turn. × is of prew's JPEG.", quality, rounds),
		fmt.Sprintf("prew's balanced beside sharp's effort %s for WebP and %s for AVIF. %s; %s, %s.", threeFormats[1].efforts[modern], threeFormats[2].efforts[modern],
			r.renderers[modern], r.machine, r.date.Format("2 January 2006")),
	} {
		c.Notes = append(c.Notes, chartText{20, y + 14 + 17*i, line, 0})
	}
	c.Height = y + 46
	return chartTemplates.ExecuteTemplate(out, "formats.svg.tmpl", c)
}
