// Package gameday breaks one thing of a running stack while visitors go on asking it, and says
// which alerts come of it, as Prometheus finds them.
package gameday

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"prew/deploy/local/stack"
)

// Fault is one thing that breaks.
type Fault struct {
	Name string
	Does string // what happens, as a sentence without its end

	// Begin breaks it, and returns at once or, where it is work to keep it broken, when ctx ends.
	Begin func(ctx context.Context, d *Day) error
}

// The faults for which something is made before the stack starts.
const (
	S3Slow   = "s3-slow"
	DiskFull = "disk-full" // nginx has a disk of its own, so that nobody's is filled
)

// Faults are all there are.
var Faults = []Fault{
	{"redis-down", "Redis is killed", func(_ context.Context, d *Day) error {
		d.System.Kill(d.System.Redis.Process)
		return nil
	}},
	{"redis-full", "Redis has no memory left", redisFull},
	{S3Slow, fmt.Sprintf("each answer of S3 begins %v later", slowness), func(_ context.Context, d *Day) error {
		d.delay.slow(slowness)
		return nil
	}},
	{"s3-down", "S3 is killed", func(_ context.Context, d *Day) error {
		d.System.Kill(d.System.S3.Process)
		return nil
	}},
	{"function-throttled", "others take every process of the function", func(ctx context.Context, d *Day) error {
		d.System.Emulator.Occupy(ctx)
		return nil
	}},
	{"gateway-down", "the second of two gateways is killed", func(_ context.Context, d *Day) error {
		d.System.Kill(d.System.Gateways[1].Process)
		return nil
	}},
	{DiskFull, "something else fills the disk of nginx's cache", func(ctx context.Context, d *Day) error {
		return fill(ctx, filepath.Join(d.State, "nginx"))
	}},
	{"flood", "a crowd asks for previews that nobody has asked for", func(ctx context.Context, d *Day) error {
		d.flood(ctx)
		return nil
	}},
}

// slowness is how much later S3 answers: a render reads from it and writes to it, and is slow by
// the alert of renders with both. It is less than the 8 s that a call may take.
const slowness = 3 * time.Second

// Find returns the fault with a name.
func Find(name string) (*Fault, error) {
	var names []string
	for i := range Faults {
		if Faults[i].Name == name {
			return &Faults[i], nil
		}
		names = append(names, Faults[i].Name)
	}
	return nil, fmt.Errorf("CHAOS=%s, expected one of %s", name, strings.Join(names, ", "))
}

// redisFull has Redis refuse whatever takes memory, as at its maxmemory.
func redisFull(ctx context.Context, d *Day) error {
	client := redis.NewClient(&redis.Options{Addr: d.System.Redis.Addr})
	defer client.Close()
	return client.ConfigSet(ctx, "maxmemory", "1").Err()
}

// Day is a game day: a stack, and what becomes of it.
type Day struct {
	Fault *Fault
	State string // the stack's folder

	System    *stack.Stack
	Renderers int      // processes of the function
	Shown     []string // paths of previews that visitors ask for again and again
	Presets   []string // and presets in which they ask for photos that are new

	NewEvery time.Duration // the pause between two of the latter

	Rules string        // the file of the alerts
	Every time.Duration // how often Prometheus looks
	After time.Duration // from the start of the visits to the fault
	Say   func(line string)

	delay    delay
	visitors visitors
}

// Configure has the stack of the day made so that its fault can come.
func (d *Day) Configure(c *stack.Config) {
	if d.Fault.Name == S3Slow {
		c.Between = d.delay.between
	}
}

// Run has visitors come, breaks what the fault breaks, and says which alerts come of it, until ctx
// ends, which is no error.
func (d *Day) Run(ctx context.Context) error {
	prometheus, err := d.Watch()
	if err != nil {
		return err
	}
	defer prometheus.Stop()
	ctx, end := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer end()
	running.Go(func() { d.Visit(ctx) })
	d.Say(fmt.Sprintf("Prometheus  %s\n\nIn %v: %s (CHAOS=%s).", prometheus.URL, d.After, d.Fault.Does, d.Fault.Name))
	if pause(ctx, d.After); ctx.Err() != nil {
		return nil
	}
	watching := watch{prometheus: prometheus, since: time.Now(), say: d.Say}
	d.Say(line(0, d.Fault.Does))
	broken := make(chan error, 1)
	running.Go(func() { broken <- d.Fault.Begin(ctx, d) })
	for ticks := time.Tick(looksEvery); ; {
		select {
		case err = <-broken:
		case <-ticks:
			err = watching.look(ctx)
		case <-ctx.Done():
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return fmt.Errorf("CHAOS=%s: %w", d.Fault.Name, err)
		}
	}
}

// Watch starts Prometheus over the system, with the rules of the day.
func (d *Day) Watch() (*stack.Prometheus, error) {
	jobs := map[string][]string{"prewnginx": {d.System.Nginx.Metrics}}
	for _, gateway := range d.System.Gateways {
		jobs["prewmanager"] = append(jobs["prewmanager"], gateway.Metrics)
	}
	return stack.StartPrometheus(d.State, d.Rules, d.Every, jobs)
}
