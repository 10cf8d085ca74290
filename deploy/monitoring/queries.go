package monitoring

import (
	"context"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"prew/deploy/local/stack"
)

// Query is one of the dashboard's or of the alerts', with the name of the panel,
// and of the line where that has several, or of the alert.
type Query struct {
	Name string
	Expr string
}

// Queries are all of the dashboard, with every job and every gateway chosen that
// a Prometheus knows of, and of each alert what it holds against its threshold.
func Queries(ctx context.Context, p *stack.Prometheus) ([]Query, error) {
	d, err := readDashboard()
	if err != nil {
		return nil, err
	}
	values, err := d.values(ctx, p)
	if err != nil {
		return nil, err
	}
	var all []Query
	for _, panel := range d.Panels {
		for _, target := range panel.Targets {
			name := panel.Title
			if len(panel.Targets) > 1 {
				name += ", " + target.LegendFormat
			}
			all = append(all, Query{name, values.Replace(target.Expr)})
		}
	}
	alerts, err := readAlerts()
	if err != nil {
		return nil, err
	}
	for _, alert := range alerts {
		expr, err := alert.measured()
		if err != nil {
			return nil, err
		}
		all = append(all, Query{alert.Alert, expr})
	}
	return all, nil
}

var labelValues = regexp.MustCompile(`^label_values\((.+), (\w+)\)$`)

// values asks for the values of the dashboard's variables, each with those before
// it in place, and puts them in as Grafana does where all are chosen.
func (d dashboard) values(ctx context.Context, p *stack.Prometheus) (*strings.Replacer, error) {
	// Grafana's own: four scrapes at least, and here a minute.
	pairs := []string{"$__rate_interval", "1m"}
	for _, v := range d.Templating.List {
		if v.Type != "query" {
			continue
		}
		query := labelValues.FindStringSubmatch(v.Query)
		if query == nil {
			return nil, fmt.Errorf("variable %s: query is %q, expected label_values(metric, label)", v.Name, v.Query)
		}
		values, err := p.LabelValues(ctx, query[2], strings.NewReplacer(pairs...).Replace(query[1]))
		if err != nil {
			return nil, err
		}
		for i, value := range values {
			values[i] = regexp.QuoteMeta(value)
		}
		pairs = append(pairs, "$"+v.Name, strings.ReplaceAll("("+strings.Join(values, "|")+")", `\`, `\\`))
	}
	return strings.NewReplacer(pairs...), nil
}

// Silent are those of the queries that say nothing between two times: that have
// no value at all, or none but 0 and the NaN of nothing divided by nothing.
func Silent(ctx context.Context, p *stack.Prometheus, queries []Query, from, to time.Time) (silent []Query, err error) {
	const most = 5000 // values a series: Prometheus gives 11,000
	step := max(250*time.Millisecond, to.Sub(from)/most)
	for _, query := range queries {
		found, err := p.Range(ctx, query.Expr, from, to, step)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", query.Name, err)
		}
		if !slices.ContainsFunc(found, says) {
			silent = append(silent, query)
		}
	}
	return silent, nil
}

func says(s stack.Series) bool {
	return slices.ContainsFunc(s.Values, func(v float64) bool { return v != 0 && !math.IsNaN(v) })
}
