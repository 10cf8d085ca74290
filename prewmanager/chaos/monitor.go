package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"prew/deploy/local/stack"
	"prew/deploy/monitoring"
)

// mostGateways is how many gateways a system has at most.
const mostGateways = 3

// monitor is a Prometheus that watches gateways and nginx of all systems. The systems
// follow each other at the same addresses, like gateways that are restarted. It
// takes half a second of CPU in a minute.
type monitor struct {
	*stack.Prometheus
	addrs []string // of the gateways' metrics, mostGateways of them
	front string   // of nginx's
	began time.Time
}

// startMonitor starts a monitor below dir, with the alerts of the checkout at root.
func startMonitor(root, dir string) (*monitor, error) {
	const every = time.Second // faults last some seconds
	m := &monitor{began: time.Now()}
	for range mostGateways {
		addr, err := stack.FreeAddr()
		if err != nil {
			return nil, err
		}
		m.addrs = append(m.addrs, addr)
	}
	var err error
	if m.front, err = stack.FreeAddr(); err != nil {
		return nil, err
	}
	m.Prometheus, err = stack.StartPrometheus(dir, filepath.Join(root, "deploy", "monitoring", "alerts.yaml"), every,
		map[string][]string{"prewmanager": m.addrs, "prewnginx": {m.front}})
	return m, err
}

// report prints how many queries of the dashboard and of the alerts had data during
// the run, which had none, and which alerts fired or would have fired in a longer
// run. It returns the number of queries without data.
func (m *monitor) report(ctx context.Context, out io.Writer) (silent int, err error) {
	now := time.Now()
	queries, err := monitoring.Queries(ctx, m.Prometheus)
	if err != nil {
		return 0, err
	}
	nothing, err := monitoring.Silent(ctx, m.Prometheus, queries, m.began, now)
	if err != nil {
		return 0, err
	}
	fmt.Fprintf(out, "\n%d of %d queries of the dashboard and the alerts have data\n", len(queries)-len(nothing), len(queries))
	for _, query := range nothing {
		fmt.Fprintf(out, "  none  %s\n", query.Name)
	}
	for _, state := range []string{"firing", "pending"} {
		names, err := m.alerts(ctx, state, now)
		if err != nil {
			return 0, err
		}
		if len(names) > 0 {
			fmt.Fprintf(out, "  %s  %s\n", state, strings.Join(names, ", "))
		}
	}
	return len(nothing), nil
}

// alerts names the alerts that were in a state at some time of the run.
func (m *monitor) alerts(ctx context.Context, state string, now time.Time) (names []string, err error) {
	const step = time.Second // as often as they are evaluated
	found, err := m.Range(ctx, fmt.Sprintf("count by (alertname) (ALERTS{alertstate=%q})", state), m.began, now, step)
	for _, series := range found {
		lasted := time.Duration(len(series.Values)) * step
		names = append(names, fmt.Sprintf("%s for %s", series.Labels["alertname"], lasted))
	}
	slices.Sort(names)
	return names, err
}
