package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"

	"prew/lambda/store"
	"prew/prewmanager/flight"
)

type serve struct {
	presetSource `embed:""`

	Listen        string `default:"127.0.0.1:8081" help:"Address to answer on."`
	MetricsListen string `placeholder:"ADDRESS" help:"Address to give metrics on, in Prometheus's format; without one there are none."`
	Log           string `default:"json" help:"Form of the log, one line a request: json or text."`
	Redis         string `default:"127.0.0.1:6379" help:"Redis that holds the leases: host:port, redis://user:password@host:port/db, or rediss:// for TLS."`

	Bucket      string `placeholder:"NAME" help:"Bucket of the previews, and of the photos unless another is named. Required."`
	S3Region    string `name:"s3-region" env:"PREW_S3_REGION" placeholder:"REGION" help:"Region of the bucket, where it is not AWS_REGION."`
	S3Endpoint  string `name:"s3-endpoint" env:"PREW_S3_ENDPOINT" placeholder:"URL" help:"Where a store other than S3 answers."`
	S3PathStyle bool   `name:"s3-path-style" env:"PREW_S3_PATH_STYLE" help:"Name the bucket in the path, not in the host, as most stores other than S3 need."`
	S3Role      string `name:"s3-role" env:"PREW_S3_ROLE" placeholder:"ARN" help:"Role to assume for the bucket, where another account owns it."`

	SourceBucket    string `placeholder:"NAME" help:"Bucket of the photos, where it is another."`
	SourceRegion    string `placeholder:"REGION" help:"Its region; like the next three, that of the previews' bucket if left out."`
	SourceEndpoint  string `placeholder:"URL" help:"Where its store answers."`
	SourcePathStyle *bool  `help:"Name it in the path, not in the host."`
	SourceRole      string `placeholder:"ARN" help:"Role to assume for it."`
	Private         bool   `help:"Nothing in S3 is public: stream photos and stored previews too."`

	Function       string `placeholder:"NAME" help:"Lambda function that renders: name, ARN, or either with :alias; or local, to render on this machine. Required."`
	Renderer       string `placeholder:"FILE" help:"Program that renders where the function is local; bootstrap beside this one if left out."`
	Renderers      int    `placeholder:"N" help:"Its processes; as many as there are CPUs if left out."`
	RendererMemory int    `default:"512" help:"Most memory of each, in MB; one that has more is ended."`

	CacheControl  string        `default:"${cacheControl}" help:"Cache-Control of previews, answered and stored."`
	NotFoundImage string        `placeholder:"FILE" help:"Picture for what is not found, in place of the drawn one."`
	ErrorImage    string        `placeholder:"FILE" help:"Picture for every other failure, in place of the drawn one."`
	Invokes       int           `default:"64" help:"Most invocations at a time; all gateways together should stay within the function's concurrency. Where that is local there are as many as renderers."`
	Queue         int           `default:"256" help:"Most previews that wait for an invocation; beyond, the answer is 503 at once."`
	AnswerTimeout time.Duration `default:"30s" help:"Longest time to an answer; nginx waits 35s."`
	InvokeTimeout time.Duration `default:"27s" help:"Longest invocation; the function itself is stopped after 25s."`
	S3Timeout     time.Duration `name:"s3-timeout" env:"PREW_S3_TIMEOUT" default:"8s" help:"Longest call to S3."`
}

// mostFlights is beyond what a process has memory for: at some 10 KB each, 10 GB.
const mostFlights = 1_000_000

// check returns what is wrong with the flags, each by the variable's name: that
// there is what previews can't be made without, and that each timeout ends
// before the one around it, so that it is always the innermost that speaks.
func (s serve) check() error {
	var errs []error
	expect := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	expect(s.Bucket != "", "PREW_BUCKET is not set, expected the bucket of the previews")
	expect(s.Function != "", "PREW_FUNCTION is not set, expected a Lambda function or local")
	expect(s.Log == "json" || s.Log == "text", "PREW_LOG: %q, expected json or text", s.Log)
	isURL := func(name, text string) {
		u, err := url.Parse(text)
		expect(text == "" || err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "",
			"%s: %q, expected a URL as https://host:port", name, text)
	}
	isURL("PREW_S3_ENDPOINT", s.S3Endpoint)
	isURL("PREW_SOURCE_ENDPOINT", s.SourceEndpoint)
	for _, name := range tracesTo {
		isURL(name, os.Getenv(name))
	}
	expect(s.Function != onThisMachine || s.InvokeTimeout > functionTimeout,
		"PREW_INVOKE_TIMEOUT: %v, expected more than the %v after which a local function is stopped", s.InvokeTimeout, functionTimeout)
	expect(1 <= s.Invokes && s.Invokes <= mostFlights && 0 <= s.Queue && s.Queue <= mostFlights,
		"PREW_INVOKES: %d, PREW_QUEUE: %d, expected 1 and 0 to %d", s.Invokes, s.Queue, mostFlights)
	expect(s.Renderers >= 0 && s.RendererMemory >= 1, "PREW_RENDERERS: %d, PREW_RENDERER_MEMORY: %d, expected at least 1 and 1 MB", s.Renderers, s.RendererMemory)
	expect(s.AnswerTimeout > s.InvokeTimeout && s.InvokeTimeout > s.S3Timeout && s.S3Timeout > 0,
		"PREW_ANSWER_TIMEOUT: %v, PREW_INVOKE_TIMEOUT: %v, PREW_S3_TIMEOUT: %v, expected each longer than the next",
		s.AnswerTimeout, s.InvokeTimeout, s.S3Timeout)
	return errors.Join(errs...)
}

// places are where the photos and the previews lie. Photos lie where previews
// do, but for what is said of them.
func (s serve) places() (photos, previews store.Place) {
	previews = store.Place{Region: s.S3Region, Endpoint: s.S3Endpoint, PathStyle: s.S3PathStyle, Role: s.S3Role}
	photos = store.Place{
		Region:    cmp.Or(s.SourceRegion, s.S3Region),
		Endpoint:  cmp.Or(s.SourceEndpoint, s.S3Endpoint),
		PathStyle: *cmp.Or(s.SourcePathStyle, &s.S3PathStyle),
		Role:      cmp.Or(s.SourceRole, s.S3Role),
	}
	return photos, previews
}

// lastSteps is how long flights may take to give their leases back when their own
// time is up, and then traces to be sent: more than a release does with every try.
const lastSteps = 2 * time.Second

// Run serves until SIGTERM or SIGINT, then finishes what is under way.
func (s serve) Run(wrong mistakes) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if s.Log == "text" {
		slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, nil)))
	} else {
		slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stderr, nil)))
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
	g, err := s.gateway(ctx, wrong)
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
		measured := &http.Server{Handler: g.measured(), ReadHeaderTimeout: 10 * time.Second}
		defer measured.Close() // last of all: draining is worth watching
		go func() { served <- measured.Serve(metricsListener) }()
	}
	g.flights.Settle(ctx)
	close(g.settled)
	g.ready.Store(true)
	slog.Info("serving", "address", listener.Addr().String(), "bucket", s.Bucket, "function", s.Function, "presets", g.presets.Names())
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	// Whoever watches /ready hears of it, nobody else gets in, who is waiting
	// gets an answer, and then flights whose clients have all left give their
	// leases back. Whoever has not read an answer by then is cut off.
	g.ready.Store(false)
	finish, cancel := context.WithTimeout(context.Background(), s.AnswerTimeout+lastSteps)
	defer cancel()
	answered, cancel := context.WithTimeout(finish, s.AnswerTimeout)
	defer cancel()
	if server.Shutdown(answered) != nil {
		server.Close()
	}
	return g.close(finish)
}

// gateway wires the gateway that the flags describe, or returns everything that
// is wrong with them, after what was known to be. It is to be closed in the end.
func (s serve) gateway(ctx context.Context, wrong mistakes) (*gateway, error) {
	note := func(err error) {
		if err != nil {
			wrong = append(wrong, err)
		}
	}
	note(s.check())
	presets, err := s.load()
	note(err)
	pictures, err := newPictures(s.NotFoundImage, s.ErrorImage)
	note(err)
	cfg, err := config.LoadDefaultConfig(ctx, config.WithHTTPClient(s.client()))
	note(err)
	if err == nil && cfg.Region == "" {
		note(errors.New("AWS_REGION is not set, expected the region of the bucket and the function"))
	}
	traces, err := newTraces(ctx)
	note(err)
	var watcher flight.Watcher
	if traces != nil {
		watcher = traces.redis
	}
	flights, err := flight.New[*preview](s.Redis, s.AnswerTimeout, watcher)
	if err != nil {
		note(fmt.Errorf("PREW_REDIS: %w", err))
	}
	invokes, program := s.Invokes, ""
	if s.Function == onThisMachine {
		invokes = s.renderers()
		program, err = s.renderer()
		note(err)
	}
	if len(wrong) > 0 {
		if flights != nil {
			flights.Close(ctx)
		}
		return nil, wrong
	}
	g := &gateway{
		presets:      presets,
		flights:      flights,
		admission:    newAdmission(invokes, s.Queue),
		pictures:     pictures,
		cacheControl: s.CacheControl,
		private:      s.Private,
		metrics:      newMetrics(),
		traces:       traces,
		settled:      make(chan struct{}),
	}
	photos, previews := s.places()
	stored := func(place store.Place, bucket string) storage {
		return storage{place.Client(cfg), bucket, s.S3Timeout, traces.gateway, g.metrics}
	}
	g.photos = stored(photos, cmp.Or(s.SourceBucket, s.Bucket))
	g.previews = stored(previews, s.Bucket)
	if program == "" {
		g.function = function{onLambda(cfg, s.Function, g.metrics.throttles.Inc), s.InvokeTimeout}
		return g, nil
	}
	if g.pool, err = s.startPool(ctx, program); err != nil {
		g.close(ctx)
		return nil, err
	}
	g.function = function{callPool(g.pool), s.InvokeTimeout}
	return g, nil
}

// client is what Lambda and S3 are called with. It keeps a connection for each
// flight there may be at a time: the SDK keeps 10, and a page of 60 previews would
// begin with 50 handshakes each time.
func (s serve) client() aws.HTTPClient {
	return awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.MaxIdleConns = 0 // no limit but that for a host
		t.MaxIdleConnsPerHost = s.Invokes + s.Queue
	})
}

// close waits until every flight has landed, or ctx ends, and sends the traces
// that are left.
func (g *gateway) close(ctx context.Context) error {
	landed := g.flights.Close(ctx)
	if g.pool != nil {
		g.pool.Close()
	}
	g.traces.close()
	return landed
}
