// Command chaos puts the fifteen promises of the system to the test: real Redis,
// S3 server, nginx and gateways are killed, frozen, slowed and flooded, and what
// clients see is measured. Only the function is a stand-in, so that its times and
// failures can be set and its runs counted. A Prometheus watches, and in the end
// every query of the dashboard and of the alerts must have data.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"

	"prew/deploy/local/stack"
	"prew/prewmanager/progress"
)

func main() {
	// A hundred thousand clients leave much garbage, and the time to collect it
	// would count as the clients' waiting time.
	debug.SetGCPercent(400)
	network, err := stack.NewNetwork() // first, because it executes this program anew
	if err != nil {
		network = nil
		fmt.Println("no server is cut off from others:", err)
	}
	everything := flag.Bool("full", on("FULL"), "the figures as they were promised")
	race := flag.Bool("race", on("RACE"), "gateways with the race detector, .bin/race/prewmanager")
	only := flag.String("only", os.Getenv("ONLY"), "the numbers of some promises, as 1,3")
	seed := flag.String("seed", os.Getenv("SEED"), "of the faults and their order (default: a new one)")
	flag.Parse()
	size := small
	if *everything {
		size = full
	}
	ctx, release := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	context.AfterFunc(ctx, release)
	if err := run(ctx, os.Stdout, size, network, *race, *only, *seed); err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	}
}

// on reads a switch of the environment, which make sets to 1.
func on(name string) bool {
	value := os.Getenv(name)
	return value != "" && value != "0"
}

var errBroken = errors.New("not every promise was kept")

// run puts the promises to the test, prints the table and writes chaos.json.
func run(ctx context.Context, out io.Writer, size size, network *stack.Network, race bool, only, seedText string) error {
	chosen, err := choose(only)
	if err != nil {
		return err
	}
	seed := rand.Uint64() >> 32 // short enough to be typed
	if seedText != "" {
		if seed, err = strconv.ParseUint(seedText, 10, 64); err != nil {
			return fmt.Errorf("SEED=%s, expected a whole number", seedText)
		}
	}
	if err := enoughFiles(); err != nil {
		return err
	}
	root, err := stack.Root()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "prew-chaos-")
	if err != nil {
		return err
	}
	watch, err := startMonitor(root, dir)
	if err != nil {
		return errors.Join(err, os.RemoveAll(dir))
	}
	defer watch.Stop()
	fmt.Fprintf(out, "SEED=%d\n", seed)
	began := time.Now()
	line := progress.New(out)
	var rows []row
	for _, p := range chosen {
		t := &trial{
			promise:  p,
			size:     size,
			random:   rand.New(rand.NewPCG(seed, uint64(p.number))),
			dir:      dir,
			race:     race,
			network:  network,
			metrics:  watch.addrs,
			front:    watch.front,
			progress: line.Show,
		}
		start := time.Now()
		kept := t.run(ctx)
		if ctx.Err() != nil {
			watch.Stop() // it writes to dir
			os.RemoveAll(dir)
			return ctx.Err()
		}
		line.Clear()
		fmt.Fprintf(out, "%d %s, %s\n", p.number, p.name, time.Since(start).Round(time.Second))
		printRows(out, kept)
		rows = append(rows, kept...)
		forget(t, kept)
	}
	fmt.Fprintf(out, "\n%s\n", time.Since(began).Round(time.Second))
	printTable(out, rows)
	if err := write(filepath.Join(root, ".local", "chaos.json"), rows); err != nil {
		return err
	}
	silent, err := watch.report(ctx, out)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if !r.Kept {
			return fmt.Errorf("%w; the logs are in %s; again with SEED=%d", errBroken, dir, seed)
		}
	}
	// Only all promises together produce data for every query.
	if silent > 0 && len(chosen) == len(promises) {
		return fmt.Errorf("%d queries of the dashboard and the alerts said nothing; Prometheus's data is in %s", silent, dir)
	}
	watch.Stop()
	return os.RemoveAll(dir)
}

// choose finds promises by their numbers; without a number it returns all.
func choose(only string) ([]promise, error) {
	if only == "" {
		return promises, nil
	}
	var chosen []promise
	for word := range strings.SplitSeq(only, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(word))
		if err != nil || n < 1 || n > len(promises) {
			return nil, fmt.Errorf("ONLY=%s, expected numbers from 1 to %d with commas between", only, len(promises))
		}
		chosen = append(chosen, promises[n-1])
	}
	return chosen, nil
}

// enoughFiles returns an error unless this process may open enough files for ten
// thousand clients. A gateway inherits the limit.
func enoughFiles() error {
	const needed = 12_000
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	if limit.Max < needed {
		return fmt.Errorf("at most %d files may be open, %d are needed: ulimit -Hn %d", limit.Max, needed, needed)
	}
	return nil
}

// forget removes the files of a trial, except for the logs of one that failed.
func forget(t *trial, rows []row) {
	broken := false
	for _, r := range rows {
		broken = broken || !r.Kept
	}
	for _, s := range t.systems {
		if broken {
			os.RemoveAll(filepath.Join(s.dir, "s3"))
			os.RemoveAll(filepath.Join(s.dir, "nginx", "cache"))
		} else {
			os.RemoveAll(s.dir)
		}
	}
}

func write(path string, rows []row) error {
	text, err := json.MarshalIndent(rows, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}
