// Command soak runs the whole system for as long as it is told to, under a steady load and
// with faults by a schedule, and measures whether anything grows that should not: goroutines,
// open files, memory, connections, leases, the cache and what is stored. All parts are the real
// ones, the function too. A run of an hour writes docs/bench/soak.md and soak.svg.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"prew/deploy/local/stack"
	"prew/prewmanager/progress"
)

// anHour is the shortest run that says something about a leak, and whose report goes to
// docs/bench.
const anHour = 60 * time.Minute

func main() {
	minutes := flag.String("minutes", os.Getenv("MINUTES"), "how long it runs (default: 60)")
	flag.Parse()
	ctx, release := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	context.AfterFunc(ctx, release)
	if err := command(ctx, os.Stdout, *minutes); err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
}

var errFound = errors.New("not everything is as it has to be")

// command runs the soak, prints what was found and writes the report.
func command(ctx context.Context, out io.Writer, minutes string) error {
	lasts := anHour
	if minutes != "" {
		n, err := strconv.Atoi(minutes)
		if err != nil || n < 1 || n > 10_000 {
			return fmt.Errorf("MINUTES=%s, expected a whole number from 1 to 10000", minutes)
		}
		lasts = time.Duration(n) * time.Minute
	}
	root, err := stack.Root()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "prew-soak-")
	if err != nil {
		return err
	}
	line := progress.New(out)
	r, err := run(ctx, plan{
		dir: dir, lasts: lasts, rate: 200, seed: rand.Uint64(), progress: line.Show,
		alerts: filepath.Join(root, "deploy", "monitoring", "alerts.yaml"),
	})
	line.Clear()
	if err != nil {
		return fmt.Errorf("%w; the logs are in %s", err, dir)
	}
	found := r.find()
	printFindings(out, found)
	for _, text := range r.wrong {
		fmt.Fprintln(out, "  wrong:", text)
	}
	to := filepath.Join(root, ".local", "soak")
	if lasts >= anHour {
		to = filepath.Join(root, "docs", "bench")
	}
	if err := r.writeFiles(to); err != nil {
		return err
	}
	fmt.Fprintln(out, "written:", filepath.Join(to, "soak.md"), "and soak.svg")
	for _, f := range found {
		if !f.Kept {
			return fmt.Errorf("%w; the logs are in %s", errFound, dir)
		}
	}
	return os.RemoveAll(dir)
}

// plan says what a run consists of.
type plan struct {
	dir      string        // holds its data and logs
	lasts    time.Duration // from the first request of the load on
	rate     int           // requests a second
	seed     uint64        // of what is asked for
	alerts   string        // file of the rules that a Prometheus evaluates meanwhile; empty: none
	progress func(string)
}

// run starts the system, learns what its answers have to be, and puts load and faults on it.
func run(ctx context.Context, p plan) (*results, error) {
	s, err := start(ctx, p)
	defer s.stop()
	if err != nil {
		return nil, err
	}
	known, err := learn(ctx, s.nginx.Addr)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	began := time.Now()
	r := &results{lasts: p.lasts, rate: p.rate, began: began, machine: machine(), processes: s.names()}
	loaded, end := context.WithDeadline(ctx, began.Add(p.lasts))
	defer end()
	// What ends one of the three ends all: without faults or samples the load says nothing.
	faults, samples := make(chan error, 1), make(chan error, 1)
	go func() {
		err := s.suffer(loaded, began, &r.faults)
		if err != nil {
			cancel(err)
		}
		faults <- err
	}()
	go func() {
		err := s.watch(loaded, began, func(now sample) {
			r.samples = append(r.samples, now)
			p.progress(r.soFar(now))
		})
		if err != nil {
			cancel(err)
		}
		samples <- err
	}()
	r.load = newLoad(p, s.nginx.Addr, known, began)
	r.load.put(loaded)
	if err := errors.Join(<-faults, <-samples); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if r.leasesLeft, err = s.awaitNoLease(ctx); err != nil {
		return nil, err
	}
	r.renders = s.rendered()
	r.ended, r.unpurged, r.complaints = s.ended(), s.unpurged, s.complaints()
	if s.prometheus != nil {
		if r.alerts, err = s.alerts(ctx, began); err != nil {
			return nil, err
		}
		r.alertsWatched = true
	}
	r.wrong = r.load.told()
	return r, nil
}
