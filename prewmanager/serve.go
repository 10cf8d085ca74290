package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"prew/prewmanager/flags"
)

// serve is the command that answers requests.
type serve struct {
	Listen        string `default:"127.0.0.1:8081" help:"Address to answer on."`
	MetricsListen string `placeholder:"ADDRESS" help:"Address to give metrics on, in Prometheus's format; without one there are none."`
	Log           string `default:"json" help:"Form of the log, one line a request: json or text."`

	config `embed:""`
}

// lastSteps is how long flights may take to give their leases back when their own
// time is up, and then traces to be sent: more than a release does with every try.
const lastSteps = 2 * time.Second

// Run serves until SIGTERM or SIGINT, then finishes what is under way.
func (s serve) Run(wrong flags.Errors) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	switch s.Log {
	case "text":
		slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, nil)))
	case "json":
		slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stderr, nil)))
	default:
		wrong = append(wrong, fmt.Errorf("PREW_LOG: %q, expected json or text", s.Log))
	}
	listener, err := net.Listen("tcp", s.Listen)
	if err != nil {
		wrong = append(wrong, fmt.Errorf("PREW_LISTEN: %w", err))
	}
	var metricsListener net.Listener
	if s.MetricsListen != "" {
		if metricsListener, err = net.Listen("tcp", s.MetricsListen); err != nil {
			wrong = append(wrong, fmt.Errorf("PREW_METRICS_LISTEN: %w", err))
		}
	}
	g, err := s.wire(ctx, wrong)
	switch {
	case ctx.Err() != nil:
		return nil // told to end while it was starting
	case err != nil:
		return err
	}
	server := &http.Server{
		Handler:           g,
		ReadHeaderTimeout: 10 * time.Second, // nginx sends a header at once
		IdleTimeout:       2 * time.Minute,  // longer than nginx keeps a connection, so that nginx ends it
		MaxHeaderBytes:    32 << 10,         // a path of 1,024 bytes, each escaped, is a tenth of it
	}
	served := make(chan error, 2)
	go func() { served <- server.Serve(listener) }()
	if metricsListener != nil {
		measured := &http.Server{Handler: g.Measured(), ReadHeaderTimeout: 10 * time.Second}
		defer measured.Close() // last of all: draining is worth watching
		go func() { served <- measured.Serve(metricsListener) }()
	}
	go g.Reach(ctx)
	g.Settle(ctx)
	slog.Info("serving", "address", listener.Addr().String(), "bucket", s.Bucket, "function", s.Function, "presets", g.Presets())
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	// Whoever watches /ready hears of it, nobody else gets in, who is waiting
	// gets an answer, and then flights whose clients have all left give their
	// leases back. Whoever has not read an answer by then is cut off.
	g.Drain()
	finish, cancel := context.WithTimeout(context.Background(), s.AnswerTimeout+lastSteps)
	defer cancel()
	answered, cancel := context.WithTimeout(finish, s.AnswerTimeout)
	defer cancel()
	if server.Shutdown(answered) != nil {
		server.Close()
	}
	return g.close(finish)
}
