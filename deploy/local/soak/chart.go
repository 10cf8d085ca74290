package main

import (
	_ "embed"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/template"
	"time"
)

//go:embed chart.svg.tmpl
var chartText string

var chartTemplate = template.Must(template.New("chart").Parse(chartText))

// The chart has six panels, two in a row, each with a line for each process or kind, of a value
// for each minute. All of these are in pixels.
const (
	chartWidth  = 860
	panelWidth  = 355
	panelHeight = 120
	panelsFrom  = 105 // from the top
	panelStepX  = 420
	panelStepY  = 180
	panelLeft   = 60
	legendFrom  = 20
	legendGap   = 40

	letter, letterHeight = 6, 12 // about those of one of the legend
)

// chart is the data of the template, which uses these fields.
type chart struct {
	Width, Height           int
	PanelWidth, PanelHeight int
	Label, Title            string
	Legend                  []chartWord
	Panels                  []chartPanel
	Foot                    []chartWord
}

// chartWord is a text at a place.
type chartWord struct {
	X, Y   int
	Text   string
	Colour int
	Anchor string
}

type chartPanel struct {
	X, Y          int
	Name          string
	Ticks, Labels []chartWord
	Lines         []chartLine
}

type chartLine struct {
	Colour int
	Path   string
}

// line is the values of a line of a panel, one a minute; NaN where there is none.
type line struct {
	colour int
	label  string // beside it; empty: the legend has its name
	values []float64
}

// coloured are the lines of processes in the legend, each with those that share its colour.
var coloured = []struct {
	name      string
	processes []string
}{
	{"gateway-3, which lives", []string{"gateway-3"}},
	{"gateways that are killed", []string{"gateway-1", "gateway-2"}},
	{"nginx", []string{"nginx"}},
	{"Redis", []string{"Redis"}},
	{"S3 server", []string{"the S3 server"}},
	{"the function", []string{"the function"}},
	{"clients, emulator", []string{"this program"}},
}

// writeChart draws the results.
func (r *results) writeChart(out io.Writer) error {
	c := chart{
		Width: chartWidth, PanelWidth: panelWidth, PanelHeight: panelHeight, Title: title(r) + " under faults",
		Label: "Line charts of what every process uses and of how long requests take in " + strings.ToLower(title(r)) + " under faults",
	}
	x := legendFrom
	for colour, of := range coloured {
		c.Legend = append(c.Legend, chartWord{X: x, Y: 60, Text: of.name, Colour: colour})
		x += legendGap + letter*len(of.name)
	}
	for i, m := range []measure{measures[3], measures[0], measures[1], measures[2]} {
		c.Panels = append(c.Panels, r.panel(i, strings.ToUpper(m.name[:1])+m.name[1:], r.ofProcesses(m.of), m.print, false))
	}
	c.Panels = append(c.Panels,
		r.panel(4, "On disk", []line{
			{0, holdings[3].name, r.everyMinute(holdings[3].of)},
			{2, holdings[2].name, r.everyMinute(holdings[2].of)},
		}, megabytes, false),
		r.panel(5, "Time to an answer", []line{
			{2, "hits, median", r.load.hits.everyMinute(0.5)},
			{2, "hits, 99 %", r.load.hits.everyMinute(0.99)},
			{0, "misses, median", r.load.misses.everyMinute(0.5)},
			{0, "misses, 95 %", r.load.misses.everyMinute(0.95)},
		}, func(seconds float64) string { return brief(time.Duration(seconds * float64(time.Second))) }, true))
	y := panelsFrom + 3*panelStepY - 8
	for i, text := range []string{
		fmt.Sprintf("%d requests a second on one machine. Every minute a gateway is killed and Redis restarted, every 5 nginx reloaded, every 10 S3 slow for %s.", r.rate, span(slowFor)),
		fmt.Sprintf("Medians of each minute, all processes of a kind together. %s, %s.", r.machine, r.began.Format("2 January 2006")),
	} {
		c.Foot = append(c.Foot, chartWord{X: 20, Y: y + 17*i, Text: text})
	}
	c.Height = y + 34
	return chartTemplate.Execute(out, c)
}

// ofProcesses are the lines of a measure.
func (r *results) ofProcesses(of func(usage) float64) (lines []line) {
	for colour, group := range coloured {
		for _, name := range group.processes {
			for i, process := range r.processes {
				if process != name {
					continue
				}
				values := r.everyMinute(func(s sample) float64 {
					if v := of(s.usages[i]); v > 0 {
						return v
					}
					return -1
				})
				lines = append(lines, line{colour: colour, values: values})
			}
		}
	}
	return lines
}

// everyMinute are the medians of each minute.
func (r *results) everyMinute(of func(sample) float64) []float64 {
	values := make([]float64, int(r.lasts/time.Minute))
	for minute := range values {
		var in []float64
		for _, s := range r.samples {
			if v := of(s); int(s.after/time.Minute) == minute && v >= 0 {
				in = append(in, v)
			}
		}
		values[minute] = math.NaN()
		if len(in) > 0 {
			values[minute] = median(in)
		}
	}
	return values
}

// everyMinute are a percentile of each minute, in seconds. The last one is left out, in which
// requests of the minute before end.
func (l latencies) everyMinute(part float64) []float64 {
	values := make([]float64, len(l)-2)
	for minute := range values {
		values[minute] = math.NaN()
		if d := l.percentile(part, minute, minute+1); d > 0 {
			values[minute] = d.Seconds()
		}
	}
	return values
}

// panel draws lines in the panel with a number. Its scale begins at 0, or is one of powers of
// ten.
func (r *results) panel(number int, name string, lines []line, print func(float64) string, powers bool) chartPanel {
	p := chartPanel{X: panelLeft + number%2*panelStepX, Y: panelsFrom + number/2*panelStepY, Name: name}
	least, most := math.Inf(1), 0.0
	for _, l := range lines {
		for _, v := range l.values {
			if v > 0 {
				least, most = min(least, v), max(most, v)
			}
		}
	}
	if most == 0 {
		return p
	}
	place := func(v float64) float64 { return panelHeight * (1 - v/(1.05*most)) }
	ticks := []float64{0, most}
	if powers {
		low, high := math.Floor(math.Log10(least)), math.Ceil(math.Log10(most))
		place = func(v float64) float64 { return panelHeight * (1 - (math.Log10(v)-low)/(high-low)) }
		ticks = nil
		for power := low; power <= high; power++ {
			ticks = append(ticks, math.Pow(10, power))
		}
	}
	for _, v := range ticks {
		text := print(v)
		if v == 0 {
			text = "0"
		}
		p.Ticks = append(p.Ticks, chartWord{X: -6, Y: int(place(v)) + 4, Text: text, Anchor: "end"})
	}
	minutes := int(r.lasts / time.Minute)
	for _, minute := range []int{0, minutes / 2, minutes} {
		p.Ticks = append(p.Ticks, chartWord{X: panelWidth * minute / minutes, Y: panelHeight + 15, Text: fmt.Sprintf("%d min", minute), Anchor: "middle"})
	}
	for _, l := range lines {
		var path strings.Builder
		pen, y := "M", 0.0
		for minute, v := range l.values {
			if math.IsNaN(v) || v <= 0 {
				pen = "M"
				continue
			}
			y = place(v)
			fmt.Fprintf(&path, "%s%.0f %.1f", pen, panelWidth*(float64(minute)+0.5)/float64(minutes), y)
			pen = "L"
		}
		if path.Len() == 0 {
			continue
		}
		p.Lines = append(p.Lines, chartLine{l.colour, path.String()})
		if l.label != "" {
			p.Labels = append(p.Labels, chartWord{X: panelWidth, Y: int(y) - 5, Text: l.label, Anchor: "end"})
		}
	}
	// A label that would be on that of the line above is under its own line.
	slices.SortStableFunc(p.Labels, func(a, b chartWord) int { return a.Y - b.Y })
	for i := 1; i < len(p.Labels); i++ {
		if above := p.Labels[i-1].Y; p.Labels[i].Y < above+letterHeight {
			p.Labels[i].Y = max(p.Labels[i].Y+5, above) + letterHeight
		}
	}
	return p
}
