package purge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"prew"
)

// longestScope bounds what is read of a request: 100,000 keys of usual length have 5 MB.
const longestScope = 16 << 20

// Serve answers on listener, which it closes, until ctx is done:
//
//	POST /purge
//
// with a prew.Scope, or a prew.Purge, as JSON. It answers with 200 and {"files": n} when nginx
// answers with nothing any more that the scope is about, with 400 a scope that can't be read or
// is about nothing, and with 500 where that failed for some files.
func (p *Purger) Serve(ctx context.Context, listener net.Listener) error {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /purge", func(w http.ResponseWriter, r *http.Request) {
		// A page in a browser on this machine could send this too; a browser then names the
		// page's origin (Fetch, "HTTP-network-or-cache fetch").
		if r.Header.Get("Origin") != "" {
			http.Error(w, "browsers may not purge", http.StatusForbidden)
			return
		}
		var scope prew.Scope
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, longestScope)).Decode(&scope); err != nil {
			http.Error(w, fmt.Sprintf("scope: %v", err), http.StatusBadRequest)
			return
		}
		if scope.Empty() {
			http.Error(w, "scope: about nothing, expected presets, photos, prefixes or all", http.StatusBadRequest)
			return
		}
		files, err := p.purge(ctx, scope)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, "{\"files\":%d}\n", files)
	})
	server := &http.Server{Handler: mux, ReadTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	go p.learn(ctx)
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// purge makes the first pass at once, whether or not the client waits for it, and the others
// until ctx is done.
func (p *Purger) purge(ctx context.Context, scope prew.Scope) (files int64, err error) {
	began := time.Now()
	for _, later := range repeatedAfter {
		time.AfterFunc(later, func() {
			if ctx.Err() == nil {
				p.counted(newSweep(scope, began.Add(-slack)))
			}
		})
	}
	files, err = p.counted(newSweep(scope, time.Time{}))
	result := "done"
	if err != nil {
		result = "failed"
	}
	p.counts.purges.WithLabelValues(result).Inc()
	p.counts.seconds.Observe(time.Since(began).Seconds())
	return files, err
}

// counted makes a pass and counts its files.
func (p *Purger) counted(s *sweep) (files int64, err error) {
	if err = p.pass(s); err != nil {
		slog.Error("purge failed", "error", err.Error())
	}
	files = s.files.Load()
	p.counts.files.Add(float64(files))
	return files, err
}

// counts are the metrics of purges.
type counts struct {
	purges  *prometheus.CounterVec
	files   prometheus.Counter
	seconds prometheus.Histogram
}

func newCounts() counts {
	c := counts{
		purges: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "prew_nginx_purges_total", Help: "Purges of the cache that were asked for, by result: done or failed."}, []string{"result"}),
		files: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "prew_nginx_purged_files_total", Help: "Files of the cache that were purged."}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "prew_nginx_purge_seconds", Help: "Time until nginx answered with nothing any more that was purged.",
			Buckets: []float64{.001, .01, .1, .2, .5, 1, 2, 5, 10, 30, 60}}),
	}
	for _, result := range []string{"done", "failed"} {
		c.purges.WithLabelValues(result)
	}
	return c
}

// Describe implements prometheus.Collector.
func (p *Purger) Describe(ch chan<- *prometheus.Desc) {
	p.counts.purges.Describe(ch)
	p.counts.files.Describe(ch)
	p.counts.seconds.Describe(ch)
}

// Collect implements prometheus.Collector.
func (p *Purger) Collect(ch chan<- prometheus.Metric) {
	p.counts.purges.Collect(ch)
	p.counts.files.Collect(ch)
	p.counts.seconds.Collect(ch)
}
