package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"prew"
	"prew/nginx"
	"prew/nginx/count"
)

// counter is this program once more, as a process beside nginx that counts its requests
// and serves the metrics. nginx is its parent and not its child: so signals, exit code and
// process id are nginx's, whoever sends or reads them, and no process beside nginx keeps
// the environment, which may lead to credentials (nginxEnviron).
//
// It can neither outlive nginx nor end before it. It reads from a pipe whose other end
// nginx and its workers inherit without knowing, also those of an nginx that takes over
// (SIGUSR2): when the last of them is gone, however it went, the pipe ends. In a process
// group of its own it hears no Ctrl-C. nginx inherits the socket of the lines too: were
// the counter killed, the kernel would go on throwing lines away in silence, and nginx
// would not log for each request that nobody listens.
type counter struct {
	lines   *count.Lines
	metrics *net.TCPListener
}

// listen opens the sockets of the counter.
func listen(addr string) (*counter, error) {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("PREW_NGINX_METRICS_LISTEN: %w", err)
	}
	lines, err := count.Listen()
	if err != nil {
		return nil, fmt.Errorf("PREW_NGINX_METRICS_LISTEN: %w", err)
	}
	return &counter{lines, listener.(*net.TCPListener)}, nil
}

// start starts the process for the nginx that this one is about to become.
func (c *counter) start(dir string, site nginx.Site) error {
	metrics, errMetrics := c.metrics.File()
	gone, alive, errPipe := os.Pipe()
	itself, errItself := os.Executable()
	if err := errors.Join(errMetrics, errPipe, errItself); err != nil {
		return err
	}
	lines := os.NewFile(uintptr(c.lines.FD()), "lines")
	cmd := exec.Command(itself, "count", filepath.Join(dir, "cache"), strconv.FormatInt(site.MaxCache(), 10), strconv.FormatInt(site.MinFree(), 10))
	cmd.Dir = "/"
	cmd.Env = nginxEnviron(os.LookupEnv)
	cmd.Stderr = os.Stderr
	cmd.ExtraFiles = []*os.File{lines, metrics, gone} // 3, 4 and 5
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	for _, file := range []*os.File{lines, alive} {
		if _, err := unix.Dup(int(file.Fd())); err != nil { // this one nginx inherits
			return err
		}
	}
	return nil
}

// counts is the command of the counter, which counter.start alone gives.
type counts struct {
	Dir     string `arg:""`
	Size    int64  `arg:""`
	MinFree int64  `arg:""`
}

func (c counts) Run() error {
	slog.SetDefault(prew.NewLog(os.Stderr))
	metrics, err := net.FileListener(os.NewFile(4, "metrics"))
	if err != nil {
		return err
	}
	gone := os.NewFile(5, "gone")
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		defer cancel()
		io.Copy(io.Discard, gone) // until nobody holds the other end
	}()
	return count.Serve(ctx, count.Inherited(3), metrics, count.Cache{Dir: c.Dir, Size: c.Size, MinFree: c.MinFree})
}
