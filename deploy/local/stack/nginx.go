package stack

import (
	"cmp"
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"prew"
	"prew/deploy/local/process"
	"prew/nginx"
	"prew/nginx/count"
	"prew/nginx/purge"
)

// Nginx is a running nginx.
type Nginx struct {
	*process.Process
	Addr    string // host:port, the site's Listen
	Metrics string // host:port where its metrics are
	Counted string // host:port that nginx sends the lines to which they come from
	Purges  string // host:port that purges of its cache are posted to

	dir    string
	mutex  sync.Mutex // protects the rest
	beside *beside
	ended  bool
}

// Stop stops nginx and then what is beside it.
func (n *Nginx) Stop() {
	n.Process.Stop()
	n.mutex.Lock()
	defer n.mutex.Unlock()
	n.ended = true
	n.beside.stop()
}

// StoreAt is the place of the previews in a bucket of the S3 server at host:port of this
// machine, in their usual folder.
func StoreAt(addr, bucket string) prew.Place {
	return prew.Place{Endpoint: "http://" + addr, Bucket: bucket, Prefix: prew.DefaultPrefix, PathStyle: true}
}

// Beside is where what is beside an nginx listens, each a host:port; empty: a free port.
type Beside struct {
	Metrics string
	Purges  string
}

// StartNginx writes the configuration of a site below dir, starts nginx with it
// and waits until it answers. Its error log is <dir>/error.log. Its metrics and purges are on
// free ports.
func StartNginx(dir string, site nginx.Site) (*Nginx, error) {
	return StartNginxWith(Beside{}, dir, site)
}

// StartNginxWith is StartNginx with metrics and purges at the given addresses.
func StartNginxWith(at Beside, dir string, site nginx.Site) (*Nginx, error) {
	server, err := nginx.Program()
	if err != nil {
		return nil, err
	}
	dir, err = filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	site.User = workers()
	if err := site.Check(dir); err != nil {
		return nil, err
	}
	beside, err := startBeside(at, filepath.Join(dir, "cache"), site)
	if err != nil {
		return nil, err
	}
	site.CountedAt = beside.lines
	config, err := site.Write(dir)
	if err != nil {
		beside.stop()
		return nil, err
	}
	p, err := start(dir, process.Command{
		Name:     "nginx",
		Path:     server,
		Args:     []string{"-e", errorLog(dir), "-p", dir, "-c", config},
		Env:      frugal,
		OnOrphan: syscall.SIGTERM, // if the master were killed, its workers would go on listening
		Ready: func(ctx context.Context) error {
			return Answers(ctx, "http://"+site.Listen+"/health", func(status int) bool { return status == http.StatusOK })
		},
	})
	if err != nil {
		beside.stop()
		return nil, err
	}
	n := &Nginx{Process: p, Addr: site.Listen, Metrics: beside.metrics, Counted: beside.lines, Purges: beside.purges, dir: dir, beside: beside}
	go func() {
		<-p.Done()
		n.Stop()
	}()
	return n, nil
}

// frugal has glibc keep the memory that nginx frees while it reads its configuration (mallopt(3)).
// nginx takes 1.2 MB for each map and frees them after it, and there are some ninety: given back
// to the system and taken again, that was measured to be 34,000 page faults and 0.9 s of CPU for a
// reload, in place of 0.1 s.
var frugal = []string{"MALLOC_MMAP_THRESHOLD_=4194304", "MALLOC_TRIM_THRESHOLD_=16777216"}

// errorLog is where nginx says what is wrong with it, in its folder.
func errorLog(dir string) string { return filepath.Join(dir, "error.log") }

// workers is the user of nginx's workers.
func workers() string {
	if os.Geteuid() == 0 {
		return "root" // nobody, the default, can't enter the folders of a private checkout
	}
	return ""
}

// beside serves the metrics of an nginx and deletes from its cache what was purged, as
// prewnginx has it done by a process beside nginx.
type beside struct {
	metrics, lines, purges string // where it listens, for lines by UDP
	cancel                 context.CancelFunc
	ended                  sync.WaitGroup
}

func startBeside(at Beside, cache string, site nginx.Site) (*beside, error) {
	metrics, err := net.Listen("tcp", cmp.Or(at.Metrics, "127.0.0.1:0"))
	if err != nil {
		return nil, err
	}
	purges, err := net.Listen("tcp", cmp.Or(at.Purges, "127.0.0.1:0"))
	if err != nil {
		metrics.Close()
		return nil, err
	}
	lines, err := count.Listen()
	if err != nil {
		metrics.Close()
		purges.Close()
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	b := &beside{metrics: metrics.Addr().String(), lines: lines.Addr(), purges: purges.Addr().String(), cancel: cancel}
	purger := purge.New(purge.Cache{Dir: cache, Presets: site.Presets})
	// A test that needs one of them sees that it ended.
	b.ended.Go(func() {
		_ = count.Serve(ctx, lines, metrics, count.Cache{Dir: cache, Size: site.MaxCache(), MinFree: site.MinFree()}, purger)
	})
	b.ended.Go(func() { _ = purger.Serve(ctx, purges) })
	return b, nil
}

// stop ends it, and returns when its addresses are free. It may be called again.
func (b *beside) stop() {
	b.cancel()
	b.ended.Wait()
}
