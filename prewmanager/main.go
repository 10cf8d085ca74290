// Prewmanager is the gateway of prew: it answers requests for previews that are
// not in S3 yet, by having each rendered once for everybody who waits.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/alecthomas/kong"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

	"prew"
	"prew/prewmanager/flight"
)

// commandLine is every command, flag and variable there is.
type commandLine struct {
	Serve   serve       `cmd:"" help:"Answer requests for previews. AWS_* variables name region, credentials and endpoints."`
	Presets showPresets `cmd:"" help:"Print the effective presets and where each value comes from."`
}

// presetSource is where presets are read from, for every command alike.
type presetSource struct {
	Presets string `placeholder:"FILE" help:"Presets to use in place of the built-in presets.yaml. PRESET_<NAME> variables apply to either."`
}

func (s presetSource) load() (prew.Presets, error) {
	file, text := "built-in presets.yaml", prew.EmbeddedPresets
	if s.Presets != "" {
		var err error
		if text, err = os.ReadFile(s.Presets); err != nil {
			return prew.Presets{}, fmt.Errorf("presets: %w", err)
		}
		file = s.Presets
	}
	return prew.LoadPresets(file, text, os.Environ())
}

type serve struct {
	presetSource `embed:""`

	Listen        string        `default:"127.0.0.1:8081" help:"Address to answer on."`
	MetricsListen string        `placeholder:"ADDRESS" help:"Address to give metrics on, in Prometheus's format; without one there are none."`
	Redis         string        `default:"127.0.0.1:6379" help:"Redis that holds the leases: host:port or redis://user:password@host:port/db."`
	Bucket        string        `required:"" help:"Bucket with the photos and the previews."`
	Function      string        `required:"" help:"Lambda function that renders: name, ARN, or either with :alias."`
	S3PathStyle   bool          `name:"s3-path-style" env:"PREW_S3_PATH_STYLE" help:"Name the bucket in the path, not in the host, as most stores other than S3 need."`
	CacheControl  string        `default:"${cacheControl}" help:"Cache-Control of previews, answered and stored."`
	NotFoundImage string        `placeholder:"FILE" help:"Picture for what is not found, in place of the drawn one."`
	ErrorImage    string        `placeholder:"FILE" help:"Picture for every other failure, in place of the drawn one."`
	Invokes       int           `default:"64" help:"Most invocations at a time; all gateways together should stay within the function's concurrency."`
	Queue         int           `default:"256" help:"Most previews that wait for an invocation; beyond, the answer is 503 at once."`
	AnswerTimeout time.Duration `default:"30s" help:"Longest time to an answer; nginx waits 35s."`
	InvokeTimeout time.Duration `default:"27s" help:"Longest invocation; the function itself is stopped after 25s."`
	S3Timeout     time.Duration `name:"s3-timeout" env:"PREW_S3_TIMEOUT" default:"8s" help:"Longest call to S3."`
}

// Validate holds that each timeout ends before the one around it, so that it
// is always the innermost that speaks, and that previews can be made at all.
func (s serve) Validate() error {
	if s.Invokes < 1 || s.Queue < 0 {
		return fmt.Errorf("%d invokes, %d in the queue: expected at least 1 and 0", s.Invokes, s.Queue)
	}
	if s.AnswerTimeout <= s.InvokeTimeout || s.InvokeTimeout <= s.S3Timeout || s.S3Timeout <= 0 {
		return fmt.Errorf("answer timeout %v, invoke timeout %v, s3 timeout %v: expected each longer than the next",
			s.AnswerTimeout, s.InvokeTimeout, s.S3Timeout)
	}
	return nil
}

// Run serves until SIGTERM or SIGINT, then finishes what is under way.
func (s serve) Run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	g, err := s.gateway(ctx)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           g,
		ReadHeaderTimeout: 10 * time.Second, // nginx sends a header at once
		IdleTimeout:       2 * time.Minute,  // longer than nginx keeps a connection, so that nginx ends it
		MaxHeaderBytes:    32 << 10,         // a path of 1,024 bytes, each escaped, is a tenth of it
	}
	listener, err := net.Listen("tcp", s.Listen)
	if err != nil {
		return fmt.Errorf("PREW_LISTEN: %w", err)
	}
	served := make(chan error, 2)
	go func() { served <- server.Serve(listener) }()
	if s.MetricsListen != "" {
		listener, err := net.Listen("tcp", s.MetricsListen)
		if err != nil {
			return fmt.Errorf("PREW_METRICS_LISTEN: %w", err)
		}
		measured := &http.Server{Handler: metrics{g}.handler(), ReadHeaderTimeout: 10 * time.Second}
		defer measured.Close() // last of all: draining is worth watching
		go func() { served <- measured.Serve(listener) }()
	}
	slog.Info("serving", "address", listener.Addr().String(), "bucket", s.Bucket, "function", s.Function, "presets", g.presets.Names())
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	// Whoever watches /ready hears of it, nobody else gets in, who is waiting
	// gets an answer, and then flights whose clients have all left give their
	// leases back.
	g.draining.Store(true)
	finish, cancel := context.WithTimeout(context.Background(), s.AnswerTimeout)
	defer cancel()
	return errors.Join(server.Shutdown(finish), g.flights.Close(finish))
}

// gateway wires the gateway that the flags describe; its flights are to be
// closed in the end.
func (s serve) gateway(ctx context.Context) (*gateway, error) {
	presets, err := s.load()
	if err != nil {
		return nil, err
	}
	pictures, err := newPictures(s.NotFoundImage, s.ErrorImage)
	if err != nil {
		return nil, err
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, err
	}
	if cfg.Region == "" {
		return nil, errors.New("AWS_REGION is not set, expected the region of the bucket and the function")
	}
	// Some stores that speak S3 send no checksums.
	cfg.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
	flights, err := flight.New[*preview](s.Redis, s.AnswerTimeout)
	if err != nil {
		return nil, err
	}
	return &gateway{
		presets:      presets,
		flights:      flights,
		storage:      newStorage(cfg, s.Bucket, s.S3PathStyle, s.S3Timeout),
		admission:    newAdmission(s.Invokes, s.Queue),
		function:     newFunction(cfg, s.Function, s.InvokeTimeout),
		pictures:     pictures,
		cacheControl: s.CacheControl,
	}, nil
}

type showPresets struct {
	presetSource `embed:""`
}

func (s showPresets) Run(k *kong.Kong) error {
	presets, err := s.load()
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(k.Stdout, 0, 0, 2, ' ', 0)
	for _, name := range presets.Names() {
		fmt.Fprintln(table, name)
		for _, value := range presets.Explain(name) {
			text := value.Text
			if text == "" {
				text = "-"
			}
			fmt.Fprintf(table, "  %s\t%s\t%s\n", value.Field, text, value.Origin)
		}
	}
	return table.Flush()
}

func main() {
	command := kong.Parse(new(commandLine),
		kong.Name("prewmanager"),
		kong.Description("Serves each preview of each photo, rendered once."),
		kong.DefaultEnvars("PREW"),
		kong.Vars{"cacheControl": prew.DefaultCacheControl},
		kong.ShortUsageOnError(),
	)
	if err := command.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "prewmanager:", err)
		os.Exit(1)
	}
}
