package gameday

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"prew/deploy/local/stack"
)

// looksEvery is how often alerts are asked for: what is said of them is a second late at most.
const looksEvery = time.Second

// watch says what becomes of alerts.
type watch struct {
	prometheus *stack.Prometheus
	since      time.Time
	say        func(line string)

	before map[string]stack.Alert // by all of their labels
}

// look says what has changed since the last look.
func (w *watch) look(ctx context.Context) error {
	alerts, err := w.prometheus.Alerts(ctx)
	if err != nil {
		return err
	}
	now := map[string]stack.Alert{}
	for _, alert := range alerts {
		now[fmt.Sprint(alert.Labels)] = alert // maps print in the order of their keys
	}
	at := time.Since(w.since)
	for _, key := range slices.Sorted(maps.Keys(w.before)) {
		if _, still := now[key]; !still {
			w.say(line(at, "over     "+w.before[key].Name))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(now)) {
		alert := now[key]
		before, known := w.before[key]
		switch {
		case alert.Firing && !before.Firing:
			w.say(line(at, fmt.Sprintf("fires    %s, a %s: %s", alert.Name, alert.Labels["severity"], alert.Annotations["summary"])))
			w.say("            " + strings.TrimSpace(alert.Annotations["description"]))
		case !alert.Firing && !known:
			w.say(line(at, fmt.Sprintf("pending  %s: %s It fires if that is so for %s.", alert.Name, alert.Annotations["summary"], plain(alert.For))))
		}
	}
	w.before = now
	return nil
}

// line begins with the time since the fault, as 1:05.
func line(at time.Duration, text string) string {
	return fmt.Sprintf("%4d:%02d  %s", int(at.Minutes()), int(at.Seconds())%60, text)
}

// plain is a time without the seconds that it has none of: 5m.
func plain(d time.Duration) string {
	if d > 0 && d%time.Minute == 0 {
		return fmt.Sprintf("%dm", int(d.Minutes()))
	}
	return d.String()
}
