package count

import (
	"context"
	"log/slog"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"prew/nginx"
)

// Cache is the cache of an nginx: its folder, and the sizes in bytes that it keeps to.
type Cache struct {
	Dir     string
	Size    int64 // most that it takes on the disk
	MinFree int64 // what it leaves free there
}

const (
	// walkEvery is the least time between two looks at the files of the cache: nginx looks
	// as often whether they are too many.
	walkEvery = 10 * time.Second
	// restFactor is how many times longer a look rests than it works: it takes a fiftieth
	// of a processor at most, however many files there are.
	restFactor = 49
)

// walker knows how much the cache held when it last looked.
type walker struct{ bytes, files atomic.Int64 }

// walk looks at the files of the cache again and again, until ctx is done.
func (w *walker) walk(ctx context.Context, dir string) {
	failing := false
	for ctx.Err() == nil {
		began := time.Now()
		rest := func() {
			if worked := time.Since(began); worked > time.Millisecond {
				wait(ctx, restFactor*worked)
				began = time.Now()
			}
		}
		safely("walk", func() {
			bytes, files, err := nginx.Held(dir, rest)
			if err == nil {
				w.bytes.Store(bytes)
				w.files.Store(files)
			} else if !failing {
				slog.Warn("the cache can't be measured", "error", err.Error())
			}
			failing = err != nil
		})
		wait(ctx, walkEvery)
	}
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// state collects, on each scrape, what is not counted but there: the cache, its disk, and
// the lines that were lost.
type state struct {
	cache  Cache
	walker *walker
	lines  *Lines
}

var (
	cacheBytes   = prometheus.NewDesc("prew_nginx_cache_bytes", "Bytes of the disk that the files of the cache take, measured at least 10 s apart.", nil, nil)
	cacheFiles   = prometheus.NewDesc("prew_nginx_cache_files", "Files of the cache.", nil, nil)
	cacheLimit   = prometheus.NewDesc("prew_nginx_cache_limit_bytes", "Most that the cache may take.", nil, nil)
	cacheMinFree = prometheus.NewDesc("prew_nginx_cache_min_free_bytes", "What the cache leaves free on its disk: with less, nginx removes files.", nil, nil)
	diskBytes    = prometheus.NewDesc("prew_nginx_disk_bytes", "Bytes of the file system that the cache is on.", nil, nil)
	diskFree     = prometheus.NewDesc("prew_nginx_disk_free_bytes", "Bytes of it that are free.", nil, nil)
	linesLost    = prometheus.NewDesc("prew_nginx_lines_lost_total", "Requests that nothing else here counts, because their lines came too fast.", nil, nil)
)

// Describe implements prometheus.Collector.
func (s state) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{cacheBytes, cacheFiles, cacheLimit, cacheMinFree, diskBytes, diskFree, linesLost} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (s state) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, value float64) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value)
	}
	gauge(cacheBytes, float64(s.walker.bytes.Load()))
	gauge(cacheFiles, float64(s.walker.files.Load()))
	gauge(cacheLimit, float64(s.cache.Size))
	gauge(cacheMinFree, float64(s.cache.MinFree))
	var disk syscall.Statfs_t
	if err := syscall.Statfs(s.cache.Dir, &disk); err == nil {
		gauge(diskBytes, float64(disk.Blocks)*float64(disk.Bsize))
		gauge(diskFree, float64(disk.Bavail)*float64(disk.Bsize)) // as nginx reckons it for min_free
	}
	if n, err := s.lines.lost(); err == nil {
		ch <- prometheus.MustNewConstMetric(linesLost, prometheus.CounterValue, float64(n))
	}
}
