// Command local runs the whole system on this machine, for `make run`: nginx,
// two gateways, Redis, an S3 server filled with photos, and the function in a
// Lambda emulator. With FRONT=edge a stand-in for CloudFront takes the place of
// nginx, gateways and Redis.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"prew"
	"prew/deploy/local/gameday"
	"prew/deploy/local/stack"
	"prew/lambda/store"
	"prew/prewmanager/flags"
)

// gateways is the number of gateways. Two are enough to see that they coalesce their
// renders and that nginx goes on with one of them.
const gateways = 2

func main() {
	port := flag.String("port", environment("PORT", "8080"), "the port of http://localhost")
	photos := flag.String("photos", os.Getenv("PHOTOS"), "a folder of photos, in place of the samples")
	renderers := flag.String("renderers", environment("RENDERERS", strconv.Itoa(runtime.NumCPU())), "processes of the function")
	presets := flag.String("presets", os.Getenv("PRESETS"), "a file of presets, in place of presets.yaml")
	front := flag.String("front", os.Getenv("FRONT"), "edge: CloudFront, S3 and the function alone, without nginx and gateways")
	chaos := flag.String("chaos", os.Getenv("CHAOS"), "a game day: what of the system breaks after a minute, as docs/gameday.md says")
	state := flag.String("state", "", "the folder of data and logs (default .local of the checkout)")
	flag.Parse()
	if *presets != "" {
		os.Setenv("PREW_PRESETS", *presets)
	}

	// After the first Ctrl-C a second one ends the program at once; its parts end
	// with it.
	ctx, release := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	context.AfterFunc(ctx, release)
	if err := run(ctx, *port, *photos, *renderers, *front, *chaos, *state); err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func environment(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

// run runs the system until ctx is done, which is no error, or until a part dies.
func run(ctx context.Context, port, photos, renderers, front, chaos, state string) error {
	s, err := readSettings(port, photos, renderers, front, chaos, state)
	if err != nil {
		return err
	}
	unlock, err := lock(s.state, s.port)
	if err != nil {
		return err
	}
	defer unlock()
	if err := portIsFree(s.port); err != nil {
		return err
	}
	if s.fault != nil {
		if err := beginDay(s); err != nil {
			return err
		}
	}
	c, err := readContent(ctx, s)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0") // of what the pages ask for
	if err != nil {
		return err
	}
	defer listener.Close()
	gallery := filepath.Join(s.state, "gallery")
	if err := os.RemoveAll(gallery); err != nil { // of the last run
		return err
	}
	if err := removeLogs(s.state); err != nil {
		return err
	}
	config := stack.Config{
		Dir:       s.state,
		Front:     s.front,
		Listen:    fmt.Sprintf("127.0.0.1:%d", s.port),
		Renderers: s.renderers,
		Gateways:  gateways,
		Gallery:   gallery,
		Private:   s.private,
		Buckets:   append(c.buckets(), droppedBucket),
		Events:    true,
		Progress:  progress,

		NoErrorPictures: !s.pictures,
		Fill: func(ctx context.Context, bucket store.Bucket) (written int, err error) {
			return c.fill(ctx, bucket, s.state)
		},
	}
	var day *gameday.Day
	if s.fault != nil {
		day = dayOf(s)
		day.Configure(&config)
	}
	system, err := stack.Start(ctx, config)
	if err != nil {
		return err
	}
	defer system.Stop()
	at := "http://" + listener.Addr().String()
	asks := addresses{Playground: at + "/playground", Presets: at + "/presets"}
	if s.front != stack.Edge && len(c.all()) > 1 { // CloudFront keeps previews of a photo that was replaced until their time is over
		asks.Replace = at + "/replace"
	}
	now := &live{
		file: c.written.File, presets: c.presets, written: c.written, told: make(chan struct{}),
		check: c.sources.CheckPresets, reload: system.Reload, say: func(line string) { fmt.Println(line) },
		renew: func(before, now prew.Presets) (changed, gone []string, err error) {
			changed, gone, err = purge(ctx, system, before, now)
			return changed, gone, errors.Join(err, writePresets(gallery, c.all(), now, asks))
		},
	}
	plays, err := playgroundOf(ctx, system, c.all(), c.added, now.inForce)
	if err != nil {
		return err
	}
	defer plays.Clear(context.WithoutCancel(ctx)) // before the store stops
	pages := servePages(listener, []string{fmt.Sprintf("http://localhost:%d", s.port), fmt.Sprintf("http://127.0.0.1:%d", s.port)},
		newReplacer(store.Bucket{Client: system.S3.Client(), Name: stack.Bucket}, c.all(), c.added), plays, now)
	defer pages.Close()
	// The pages are there when every photo and its event have arrived.
	if err := writeGallery(gallery, c.all(), c.presets, asks); err != nil {
		return err
	}
	announce(system, s.port, s.state, c.presets.Names()[0], c.photos[0], append([]string{stack.Bucket}, c.buckets()...))
	beside, stop := context.WithCancel(ctx)
	var going sync.WaitGroup
	defer going.Wait()
	defer stop()
	ended := make(chan error, 1)
	if day == nil {
		going.Go(func() { now.watch(beside) })
	} else { // its gateways stay as they are, because Prometheus knows where they are
		going.Go(func() { ended <- visit(beside, day, system, c) })
	}
	select {
	case err = <-system.Failed():
	case err = <-ended:
	case <-ctx.Done():
	}
	fmt.Println("\nstopping everything")
	return err
}

// settings are those of a run, as they were given to it.
type settings struct {
	port, renderers   int
	photos            string // a folder; empty: the samples
	front             string
	fault             *gameday.Fault // of a game day; nil: this is none
	private, pictures bool
	root, state       string // folders, absolute
}

func readSettings(port, photos, renderers, front, chaos, state string) (s settings, err error) {
	s = settings{photos: photos, front: front}
	if s.port, err = number("PORT", port, 65535); err != nil {
		return s, err
	}
	if s.renderers, err = number("RENDERERS", renderers, 256); err != nil {
		return s, err
	}
	if front != "" && front != stack.Edge {
		return s, fmt.Errorf("FRONT=%s, expected edge or nothing", front)
	}
	if s.private, err = strconv.ParseBool(environment("PREW_PRIVATE", "0")); err != nil {
		return s, fmt.Errorf("PREW_PRIVATE=%s, expected 1 or 0", os.Getenv("PREW_PRIVATE"))
	}
	var pictures flags.Switch
	if err := pictures.UnmarshalText([]byte(environment("PREW_ERROR_PICTURES", "on"))); err != nil {
		return s, fmt.Errorf("PREW_ERROR_PICTURES: %w", err)
	}
	s.pictures = bool(pictures)
	if err := errors.Join(prew.UnknownVariables(os.Environ())...); err != nil {
		return s, err
	}
	if s.root, err = stack.Root(); err != nil {
		return s, err
	}
	if chaos != "" {
		if front != "" {
			return s, fmt.Errorf("CHAOS=%s and FRONT=%s, expected one of them: the edge has no gateways and no alerts", chaos, front)
		}
		if s.fault, err = gameday.Find(chaos); err != nil {
			return s, err
		}
	}
	// A game day has a folder of its own: it begins anew, and what breaks is not what is there.
	s.state, err = filepath.Abs(cmp.Or(state, filepath.Join(s.root, ".local", chaos)))
	return s, err
}

// number reads a whole number from 1 to most.
func number(name, text string, most int) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		return 0, fmt.Errorf("%s=%s, expected a whole number from 1 to %d", name, text, most)
	}
	return n, nil
}

// lock makes this the only run with its state, until unlock is called or the process
// ends in any way.
func lock(state string, port int) (unlock func(), err error) {
	if err := os.MkdirAll(state, 0o700); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(filepath.Join(state, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer file.Close()
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("%s: %w", file.Name(), err)
		}
		holder := make([]byte, 100) // far more than the line below
		n, _ := file.Read(holder)
		return nil, fmt.Errorf("this checkout is running already: %s (%s)", strings.TrimSpace(string(holder[:n])), state)
	}
	if err := file.Truncate(0); err != nil {
		return nil, err
	}
	if _, err := fmt.Fprintf(file, "process %d, http://localhost:%d/\n", os.Getpid(), port); err != nil {
		return nil, err
	}
	return func() { file.Close() }, nil
}

// portIsFree returns an error, with what to do, if another program listens on a port.
// It also tries IPv6: nginx listens only on IPv4, but for "localhost" a browser tries
// IPv6 first and would reach the other program there.
func portIsFree(port int) error {
	for _, host := range []string{"127.0.0.1", "::1"} {
		listener, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
		switch {
		case err == nil:
			listener.Close()
		case errors.Is(err, syscall.EADDRINUSE):
			return fmt.Errorf("port %d is in use, choose another: PORT=%d make run", port, port%65535+1)
		case host == "127.0.0.1": // an error for IPv6 may mean that the machine has none
			return fmt.Errorf("port %d: %w, choose another: PORT=8080 make run", port, err)
		}
	}
	return nil
}

// removeLogs removes the logs of earlier runs.
func removeLogs(state string) error {
	for _, pattern := range []string{"*.log", "nginx/*.log", "cloudfront/*.log"} {
		logs, err := filepath.Glob(filepath.Join(state, pattern))
		if err != nil {
			return err
		}
		for _, log := range logs {
			if err := os.Remove(log); err != nil {
				return err
			}
		}
	}
	return nil
}

func progress(part string, took time.Duration) {
	fmt.Printf("  %-34s %6.2f s\n", part, took.Seconds())
}

// announce prints the addresses to open.
func announce(system *stack.Stack, port int, state, preset string, p photo, buckets []string) {
	site := fmt.Sprintf("http://localhost:%d", port)
	var addrs []string
	for _, gateway := range system.Gateways {
		addrs = append(addrs, gateway.Addr)
	}
	others, logs := fmt.Sprintf("Function  %s", system.Emulator.FunctionURL), "cloudfront"
	if system.Front == nil {
		others, logs = fmt.Sprintf("Redis     %s\nGateways  %s", system.Redis.Addr, strings.Join(addrs, ", ")), "nginx"
	}
	fmt.Printf(`
Open   %s/
Try    curl -s -o preview -D - %s%s

S3        %s, buckets %s
%s
Lambda    %s/invocations
Logs      %s

Ctrl-C stops everything.
`, site, site, prew.Ref{Preset: preset, Key: p.key}.Path(),
		"http://"+system.S3.Addr, strings.Join(buckets, ", "), others, system.Emulator.URL,
		filepath.Join(state, "*.log")+", "+filepath.Join(state, logs, "*.log"))
}
