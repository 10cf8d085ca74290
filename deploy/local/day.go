package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"prew"
	"prew/deploy/local/gameday"
	"prew/deploy/local/stack"
)

// newEvery is the pause between two visitors who ask for what is to be rendered. While S3 is slow a
// render takes 6 s, and two processes have time for that.
const newEvery = 4 * time.Second

// lull is how long all is well on a game day: long enough to open the gallery and see it. What is
// in nginx's cache of a photo is purged for the last time 40 s after the photo was uploaded (package
// purge), and shall be there again.
const lull = time.Minute

// beginDay makes a game day begin anew, with gateways that ask for no more renders at a time than
// the function has processes, as they should, unless somebody has set that.
func beginDay(s settings) error {
	for _, part := range []string{"s3", "prometheus", "nginx"} {
		if err := os.RemoveAll(filepath.Join(s.state, part)); err != nil {
			return err
		}
	}
	if os.Getenv("PREW_INVOKES") == "" {
		if err := os.Setenv("PREW_INVOKES", strconv.Itoa(max(1, s.renderers/gateways))); err != nil {
			return err
		}
	}
	if s.fault.Name == gameday.DiskFull {
		return gameday.OwnDisk(s.state)
	}
	return nil
}

// dayOf is the game day of a run.
func dayOf(s settings) *gameday.Day {
	return &gameday.Day{
		Fault: s.fault, State: s.state, Renderers: s.renderers, NewEvery: newEvery,
		Rules: filepath.Join(s.root, "deploy", "monitoring", "alerts.yaml"),
		Every: 15 * time.Second, // as in deploy/monitoring/prometheus.yaml
		After: lull,
		Say:   func(line string) { fmt.Println(line) },
	}
}

// visit has the day take its course, with visitors who ask for what everybody may see of the
// default source.
func visit(ctx context.Context, day *gameday.Day, system *stack.Stack, c content) error {
	day.System = system
	for _, name := range c.presets.Names() {
		if preset, _ := c.presets.Get(name); preset.Source != "" || c.presets.Access(name) != prew.Open {
			continue
		}
		day.Presets = append(append(day.Presets, name), c.presets.Variants(name)...)
		for _, p := range c.photos {
			day.Shown = append(day.Shown, prew.Ref{Preset: name, Key: p.key}.Path())
		}
	}
	return day.Run(ctx)
}
