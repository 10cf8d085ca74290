package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	awsconfig "github.com/aws/aws-sdk-go-v2/config"

	"prew"
	"prew/lambda/answer"
	"prew/lambda/store"
	"prew/prewmanager/flags"
	"prew/prewmanager/flight"
	"prew/prewmanager/gateway"
	"prew/prewmanager/pool"
)

// wired is a gateway and, if its function is local, the function's processes.
type wired struct {
	*gateway.Gateway
	pool *pool.Pool // nil if the function is on Lambda
}

// close waits until every flight has landed, or ctx ends, and then ends the
// processes.
func (w wired) close(ctx context.Context) error {
	landed := w.Gateway.Close(ctx)
	if w.pool != nil {
		w.pool.Close()
	}
	return landed
}

// wire builds the gateway that the configuration describes; call close in the end. If
// the configuration has mistakes, it returns all of them, after those in wrong.
func (c config) wire(ctx context.Context, wrong flags.Errors) (wired, error) {
	note := func(err error) {
		if err != nil {
			wrong = append(wrong, err)
		}
	}
	note(c.check())
	presets, err := c.load()
	note(err)
	placeholders, err := answer.NewPlaceholders(c.NotFoundImage, c.ErrorImage)
	note(err)
	if !c.ErrorPictures {
		placeholders = nil
	}
	aws, err := awsconfig.LoadDefaultConfig(ctx, awsconfig.WithHTTPClient(gateway.HTTPClient(c.Invokes+c.Queue)))
	note(err)
	if err == nil && aws.Region == "" {
		note(errors.New("AWS_REGION is not set, expected the region of the bucket and the function"))
	}
	traces, err := gateway.NewTraces(ctx)
	note(err)
	var watcher flight.Watcher
	if traces != nil {
		watcher = traces.Redis
	}
	flights, err := flight.New[*gateway.Preview](c.Redis, c.AnswerTimeout, watcher)
	if err != nil {
		note(fmt.Errorf("PREW_REDIS: %w", err))
	}
	invokes, program := c.Invokes, ""
	if c.Function == onThisMachine {
		invokes = c.renderers()
		program, err = c.renderer()
		note(err)
	}
	if len(wrong) > 0 {
		if flights != nil {
			flights.Close(ctx)
		}
		return wired{}, wrong
	}
	metrics := gateway.NewMetrics()
	var renderers *pool.Pool
	function := gateway.OnLambda(aws, c.Function, c.InvokeTimeout, metrics)
	if program != "" {
		if renderers, err = c.startPool(ctx, program); err != nil {
			flights.Close(ctx)
			return wired{}, err
		}
		function = inPool(renderers, c.InvokeTimeout)
	}
	return wired{gateway.New(gateway.Config{
		Presets:      presets,
		Flights:      flights,
		Photos:       store.Open(aws, c.Photos()),
		Previews:     store.Open(aws, c.Previews()),
		Function:     function,
		S3Timeout:    c.S3Timeout,
		Invokes:      invokes,
		Queue:        c.Queue,
		CacheControl: c.CacheControl,
		Private:      c.Private,
		Placeholders: placeholders,
		Metrics:      metrics,
		Traces:       traces,
	}), renderers}, nil
}

// onThisMachine is the function's name that means no Lambda function but a pool of
// processes of the function's program on this machine.
const onThisMachine = "local"

// renderer finds the program that renders.
func (c config) renderer() (string, error) {
	if c.Renderer != "" {
		program, err := exec.LookPath(c.Renderer)
		if err != nil {
			return "", fmt.Errorf("PREW_RENDERER: %w", err)
		}
		return filepath.Abs(program)
	}
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	program := filepath.Join(filepath.Dir(self), "bootstrap")
	if _, err := exec.LookPath(program); err != nil {
		return "", fmt.Errorf("PREW_RENDERER is not set, and beside this program: %w", err)
	}
	return program, nil
}

// renderers is the number of processes that render: by default as many as there are
// CPUs, and a container may have fewer of them than the machine.
func (c config) renderers() int { return cmp.Or(c.Renderers, runtime.GOMAXPROCS(0)) }

// startPool starts the processes that render; they log to this program's log.
func (c config) startPool(ctx context.Context, program string) (*pool.Pool, error) {
	return pool.Start(ctx, pool.Config{
		Program:   program,
		Processes: c.renderers(),
		Timeout:   prew.FunctionTimeout,
		Memory:    c.RendererMemory,
		Env:       append(functionEnvironment(os.Environ()), c.Environ()...),
		Output:    func(string) (io.Writer, error) { return os.Stderr, nil },
	})
}

// functionEnvironment returns the part of this program's environment that a process
// of the function gets. A process that renders other people's photos gets only what
// it needs to reach S3 and the variables that the function reads
// (docs/configuration.md).
func functionEnvironment(environ []string) []string {
	return slices.DeleteFunc(slices.Clone(environ), func(variable string) bool {
		if strings.HasPrefix(variable, "AWS_LAMBDA_") { // the pool sets these
			return true
		}
		return !slices.ContainsFunc([]string{
			"AWS_", "PRESET_", "PREW_PRESETS=", "PREW_ACL=", "HOME=", "SSL_CERT_",
			"HTTP_PROXY=", "HTTPS_PROXY=", "NO_PROXY=", "http_proxy=", "https_proxy=", "no_proxy=",
		}, func(prefix string) bool { return strings.HasPrefix(variable, prefix) })
	})
}

// inPool returns the function that runs in a pool. It needs no Reach, because
// pool.Start has waited for every process.
func inPool(p *pool.Pool, timeout time.Duration) gateway.Function {
	return gateway.Function{
		Call: func(ctx context.Context, payload []byte) ([]byte, bool, error) {
			answer, err := p.Invoke(ctx, payload)
			return answer.Body, answer.Failed, err
		},
		Reach:   func(context.Context) error { return nil },
		Timeout: timeout,
	}
}
