package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sys/unix"

	"prew"
	"prew/nginx"
	"prew/nginx/count"
	"prew/nginx/purge"
)

// beside is this program once more, as a process beside nginx that does what nginx can't: it
// counts the requests and serves the metrics, and deletes from the cache what was purged. nginx
// is its parent and not its child: so signals, exit code and process id are nginx's, whoever
// sends or reads them, and no process beside nginx keeps the environment, which may lead to
// credentials (nginxEnviron).
//
// It can neither outlive nginx nor end before it. It reads from a pipe whose other end
// nginx and its workers inherit without knowing, also those of an nginx that takes over
// (SIGUSR2): when the last of them is gone, however it went, the pipe ends. In a process
// group of its own it hears no Ctrl-C. nginx inherits the socket of the lines too: were
// the process killed, the kernel would go on throwing lines away in silence, and nginx
// would not log for each request that nobody listens.
type beside struct {
	lines   *count.Lines     // nil: nothing is counted
	metrics *net.TCPListener // nil, too
	purges  *net.TCPListener // nil: nothing is purged
}

// listenForMetrics opens the sockets of lines and metrics.
func (b *beside) listenForMetrics(addr string) error {
	metrics, err := listen(addr)
	if err != nil {
		return err
	}
	lines, err := count.Listen()
	if err != nil {
		return err
	}
	b.lines, b.metrics = lines, metrics
	return nil
}

func listen(addr string) (*net.TCPListener, error) {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	return listener.(*net.TCPListener), nil
}

// start starts the process, where there is something to do, for the nginx that this one is
// about to become. presets is the file of the presets, or empty.
func (b *beside) start(dir string, site nginx.Site, presets string) error {
	if b.metrics == nil && b.purges == nil {
		return nil
	}
	gone, alive, errPipe := os.Pipe()
	itself, errItself := os.Executable()
	if err := errors.Join(errPipe, errItself); err != nil {
		return err
	}
	cmd := exec.Command(itself, "beside", filepath.Join(dir, "cache"), strconv.FormatInt(site.MaxCache(), 10), strconv.FormatInt(site.MinFree(), 10))
	cmd.Dir = "/"
	cmd.Env = append(nginxEnviron(os.LookupEnv), presetVariables(os.Environ())...)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	pass := func(flag string, file *os.File) {
		cmd.ExtraFiles = append(cmd.ExtraFiles, file)
		cmd.Args = append(cmd.Args, "--"+flag+"="+strconv.Itoa(2+len(cmd.ExtraFiles))) // after the standard three
	}
	inherited := []*os.File{alive}
	pass("gone", gone)
	if b.metrics != nil {
		metrics, err := b.metrics.File()
		if err != nil {
			return err
		}
		lines := os.NewFile(uintptr(b.lines.FD()), "lines")
		inherited = append(inherited, lines)
		pass("lines", lines)
		pass("metrics", metrics)
	}
	if b.purges != nil {
		purges, err := b.purges.File()
		if err != nil {
			return err
		}
		pass("purges", purges)
		if presets != "" {
			file, err := filepath.Abs(presets)
			if err != nil {
				return err
			}
			cmd.Args = append(cmd.Args, "--presets="+file)
		}
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	for _, file := range inherited {
		if _, err := unix.Dup(int(file.Fd())); err != nil { // this one nginx inherits
			return err
		}
	}
	return nil
}

// presetVariables are those of an environment that change presets, which hold no secrets.
func presetVariables(environ []string) (found []string) {
	for _, entry := range environ {
		if strings.HasPrefix(entry, "PRESET_") {
			found = append(found, entry)
		}
	}
	return found
}

// besides is the command of the process, which beside.start alone gives. Its flags are the
// descriptors that it has inherited, 0 for none.
type besides struct {
	Dir     string `arg:""`
	Size    int64  `arg:""`
	MinFree int64  `arg:""`
	Gone    int    `env:"-"`
	Lines   int    `env:"-"`
	Metrics int    `env:"-"`
	Purges  int    `env:"-"`
	Presets string `env:"-"`
}

func (b besides) Run() error {
	slog.SetDefault(prew.NewLog(os.Stderr))
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	gone := os.NewFile(uintptr(b.Gone), "gone")
	go func() {
		defer cancel()
		io.Copy(io.Discard, gone) // until nobody holds the other end
	}()
	tasks := 0
	ended := make(chan error)
	begin := func(task func() error) {
		tasks++
		go func() { ended <- task() }()
	}
	var counted []prometheus.Collector
	if b.Purges != 0 {
		presets, err := prew.ReadUnmarked(b.Presets, os.Environ())
		if err != nil {
			return err
		}
		listener, err := inherited(b.Purges)
		if err != nil {
			return err
		}
		purger := purge.New(purge.Cache{Dir: b.Dir, Presets: presets})
		counted = append(counted, purger)
		begin(func() error { return purger.Serve(ctx, listener) })
	}
	if b.Metrics != 0 {
		listener, err := inherited(b.Metrics)
		if err != nil {
			return err
		}
		cache := count.Cache{Dir: b.Dir, Size: b.Size, MinFree: b.MinFree}
		begin(func() error { return count.Serve(ctx, count.Inherited(b.Lines), listener, cache, counted...) })
	}
	var errs []error
	for range tasks { // where one fails the other goes on
		errs = append(errs, <-ended)
	}
	return errors.Join(errs...)
}

// inherited is the listener behind a descriptor.
func inherited(fd int) (net.Listener, error) {
	return net.FileListener(os.NewFile(uintptr(fd), "listener"))
}
