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

// Query is a query of the dashboard or of an alert. Its name is that of the panel,
// with the line's if the panel has several, or that of the alert.
type Query struct {
	Name string
	Expr string
}

// Queries returns all queries of the dashboard, with every job and every gateway of a
// Prometheus chosen, and for each alert the part that it compares with its threshold.
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

// values asks for the values of the dashboard's variables, each with those before it
// filled in. It returns the replacer that fills them in as Grafana does if all values
// are chosen.
func (d dashboard) values(ctx context.Context, p *stack.Prometheus) (*strings.Replacer, error) {
	// This is Grafana's own variable: at least four scrapes, and here a minute.
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

// Silent returns the queries without data between two times: those with no value at
// all, or only 0 and the NaN of zero divided by zero.
func Silent(ctx context.Context, p *stack.Prometheus, queries []Query, from, to time.Time) (silent []Query, err error) {
	const most = 5000 // values a series; Prometheus returns at most 11,000
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
