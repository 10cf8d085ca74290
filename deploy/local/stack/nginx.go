package stack

import (
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"

	"prew"
	"prew/deploy/local/process"
	"prew/nginx"
	"prew/nginx/count"
)

// Nginx is a running nginx.
type Nginx struct {
	*process.Process
	Addr    string // host:port, the site's Listen
	Metrics string // host:port where its metrics are
	Counted string // host:port that nginx sends the lines to which they come from

	counting *counting
}

// Stop stops nginx and then its metrics.
func (n *Nginx) Stop() {
	n.Process.Stop()
	n.counting.stop()
}

// StoreAt is the place of the previews in a bucket of the S3 server at host:port of this
// machine, in their usual folder.
func StoreAt(addr, bucket string) prew.Place {
	return prew.Place{Endpoint: "http://" + addr, Bucket: bucket, Prefix: prew.DefaultPrefix, PathStyle: true}
}

// StartNginx writes the configuration of a site below dir, starts nginx with it
// and waits until it answers. Its error log is <dir>/error.log. Its metrics are on a free
// port.
func StartNginx(dir string, site nginx.Site) (*Nginx, error) {
	metrics, err := FreeAddr()
	if err != nil {
		return nil, err
	}
	return StartNginxMeasuredAt(metrics, dir, site)
}

// StartNginxMeasuredAt is StartNginx with the metrics at a host:port.
func StartNginxMeasuredAt(metrics, dir string, site nginx.Site) (*Nginx, error) {
	server, err := nginx.Program()
	if err != nil {
		return nil, err
	}
	dir, err = filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if os.Geteuid() == 0 {
		site.User = "root" // nobody, the default, can't enter the folders of a private checkout
	}
	if err := site.Check(dir); err != nil {
		return nil, err
	}
	counting, err := startCounting(metrics, count.Cache{Dir: filepath.Join(dir, "cache"), Size: site.MaxCache(), MinFree: site.MinFree()})
	if err != nil {
		return nil, err
	}
	site.CountedAt = counting.addr
	config, err := site.Write(dir)
	if err != nil {
		counting.stop()
		return nil, err
	}
	p, err := start(dir, process.Command{
		Name:     "nginx",
		Path:     server,
		Args:     []string{"-e", filepath.Join(dir, "error.log"), "-p", dir, "-c", config},
		OnOrphan: syscall.SIGTERM, // if the master were killed, its workers would go on listening
		Ready: func(ctx context.Context) error {
			return Answers(ctx, "http://"+site.Listen+"/health", func(status int) bool { return status == http.StatusOK })
		},
	})
	if err != nil {
		counting.stop()
		return nil, err
	}
	go func() {
		<-p.Done()
		counting.stop()
	}()
	return &Nginx{p, site.Listen, metrics, counting.addr, counting}, nil
}

// counting serves the metrics of an nginx, as prewnginx has it done by a process beside
// nginx.
type counting struct {
	addr   string // host:port that nginx shall send its lines to
	cancel context.CancelFunc
	ended  chan struct{}
}

func startCounting(metrics string, cache count.Cache) (*counting, error) {
	listener, err := net.Listen("tcp", metrics)
	if err != nil {
		return nil, err
	}
	lines, err := count.Listen()
	if err != nil {
		listener.Close()
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	c := &counting{lines.Addr(), cancel, make(chan struct{})}
	go func() {
		defer close(c.ended)
		_ = count.Serve(ctx, lines, listener, cache) // a test that needs it sees that it ended
	}()
	return c, nil
}

// stop ends it, and returns when its addresses are free. It may be called again.
func (c *counting) stop() {
	c.cancel()
	<-c.ended
}
