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

	"prew"
	"prew/prewmanager/flags"
	"prew/prewmanager/flight"
)

// serve is the command that answers requests.
type serve struct {
	Listen        string `default:"127.0.0.1:8081" help:"Address to answer on."`
	MetricsListen string `placeholder:"ADDRESS" help:"Address to serve metrics on, in Prometheus's format; if left out there are none."`
	Log           string `default:"json" help:"Format of the log, one line a request: json or text."`

	config      `embed:""`
	photoEvents `embed:""`
	debugging   `embed:""`
}

// lastSteps is how long flights whose time is up may take to give their leases back,
// and then the traces to be sent. It is more than a release takes with all its tries.
const lastSteps = 2 * time.Second

// fewestOpenFiles is how many files the system must let a gateway have open. Whoever
// waits for a preview is a connection, so it takes a burst of some thousand clients. Go
// raises the soft limit to the hard one by itself.
const fewestOpenFiles = 4096

// checkOpenFiles returns an error where the system allows fewer.
func checkOpenFiles() error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	if limit.Cur < fewestOpenFiles {
		return fmt.Errorf("at most %d open files (ulimit -Hn), expected %d: everybody who waits is a connection (LimitNOFILE of a systemd unit, --ulimit nofile of a container)", limit.Cur, fewestOpenFiles)
	}
	return nil
}

// Run serves until SIGTERM or SIGINT, then finishes what is under way. A second signal
// ends that; what is still under way is then an error.
func (s serve) Run(wrong flags.Errors) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	switch s.Log {
	case "text":
		slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, nil)))
	case "json":
		slog.SetDefault(prew.NewLog(os.Stderr))
	default:
		wrong = append(wrong, fmt.Errorf("PREW_LOG: %q, expected json or text", s.Log))
	}
	if err := checkOpenFiles(); err != nil {
		wrong = append(wrong, err)
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
	eventsListener, wrong := s.photoEvents.listen(wrong)
	debugListener, wrong := s.debugging.listen(wrong)
	g, err := s.wire(ctx, wrong)
	switch {
	case ctx.Err() != nil:
		return nil // a signal came during the start
	case err != nil:
		return err
	}
	server := &http.Server{
		Handler:           g,
		ReadHeaderTimeout: 10 * time.Second, // nginx sends a header at once
		IdleTimeout:       2 * time.Minute,  // longer than nginx keeps a connection, so that nginx ends it
		MaxHeaderBytes:    32 << 10,         // ten times a path of 1,024 bytes, all escaped
	}
	served := make(chan error, 4)
	go func() { served <- server.Serve(listener) }()
	if metricsListener != nil {
		measured := &http.Server{Handler: g.Measured(), ReadHeaderTimeout: 10 * time.Second}
		defer measured.Close() // last, so that draining can be watched
		go func() { served <- measured.Serve(metricsListener) }()
	}
	if debugListener != nil {
		profiled := s.debugging.server()
		defer profiled.Close() // as late, so that what does not end can be looked at
		go func() { served <- profiled.Serve(debugListener) }()
	}
	if eventsListener != nil {
		purger, err := flight.NewPurger(g.redis)
		if err != nil {
			return fmt.Errorf("PREW_REDIS: %w", err)
		}
		defer purger.Close()
		hearing := s.photoEvents.server(ctx, g, purger)
		defer hearing.Close()
		go func() { served <- hearing.Serve(eventsListener) }()
	}
	go func() {
		g.Reach(ctx)
		g.note(ctx)
	}()
	g.Settle(ctx)
	slog.Info("serving", "address", listener.Addr().String(), "bucket", s.Bucket, "function", s.Function, "presets", g.Presets())
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	// First /ready answers that the gateway is not ready. Then no new request is
	// accepted and those that wait get their answers. Then flights whose clients
	// have all left give their leases back. A client that has not read its answer by
	// then is cut off.
	// A second signal cuts all of them off.
	g.Drain()
	again, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	finish, cancel := context.WithTimeout(again, s.AnswerTimeout+lastSteps)
	defer cancel()
	answered, cancel := context.WithTimeout(finish, s.AnswerTimeout)
	defer cancel()
	if server.Shutdown(answered) != nil {
		server.Close()
	}
	err = g.close(finish)
	recorded, cancel := context.WithTimeout(again, lastSteps)
	defer cancel()
	g.retire(recorded) // after the last preview that this gateway has had stored
	return err
}
