package count

import (
	"context"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Serve counts the lines that come in, and serves /metrics in Prometheus's text format
// (which is what any other path answers, too), with what others count, until ctx is done. Both
// sockets are closed then.
func Serve(ctx context.Context, lines *Lines, listener net.Listener, cache Cache, others ...prometheus.Collector) error {
	ctx, cancel := context.WithCancel(ctx)
	reading := make(chan struct{})
	defer func() {
		cancel()
		<-reading // else it would read from what has this descriptor next
		lines.Close()
	}()
	c, w := newCounts(), new(walker)
	registry := prometheus.NewRegistry()
	registry.MustRegister(append(c.collectors(), state{cache, w, lines},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))...)
	registry.MustRegister(others...)
	server := &http.Server{
		Handler:           promhttp.HandlerFor(registry, promhttp.HandlerOpts{}),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute, // longer than between two scrapes
	}
	defer server.Close()
	ended := make(chan error, 2)
	go func() { ended <- server.Serve(listener) }()
	go func() {
		defer close(reading)
		ended <- lines.read(ctx, c.add)
	}()
	go w.walk(ctx, cache.Dir)
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		return nil
	}
}
