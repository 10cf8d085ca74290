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

// wired is a gateway and the processes of its function, if it has any.
type wired struct {
	*gateway.Gateway
	pool *pool.Pool // nil where the function is on Lambda
}

// close waits until every flight has landed, or ctx ends, and ends the processes.
func (w wired) close(ctx context.Context) error {
	landed := w.Gateway.Close(ctx)
	if w.pool != nil {
		w.pool.Close()
	}
	return landed
}

// wire builds the gateway that the configuration describes, or returns everything
// that is wrong with it, after what was known to be. It is to be closed in the end.
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

// onThisMachine is the name of the function that is no Lambda function but a
// pool of its program's processes on this machine.
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

// renderers is how many processes render: as many as there are CPUs, of which a
// container may have fewer than the machine.
func (c config) renderers() int { return cmp.Or(c.Renderers, runtime.GOMAXPROCS(0)) }

// startPool starts the processes that render, whose logs are this program's.
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

// functionEnvironment is what of this program's environment a process that
// renders other people's photos is given: what it needs to reach S3, and what
// README.md says that the function reads.
func functionEnvironment(environ []string) []string {
	return slices.DeleteFunc(slices.Clone(environ), func(variable string) bool {
		if strings.HasPrefix(variable, "AWS_LAMBDA_") { // the pool's to set
			return true
		}
		return !slices.ContainsFunc([]string{
			"AWS_", "PRESET_", "PREW_PRESETS=", "PREW_ACL=", "HOME=", "SSL_CERT_",
			"HTTP_PROXY=", "HTTPS_PROXY=", "NO_PROXY=", "http_proxy=", "https_proxy=", "no_proxy=",
		}, func(prefix string) bool { return strings.HasPrefix(variable, prefix) })
	})
}

// inPool is the function in a pool of its processes, which all have started.
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
