package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"prew"
	"prew/prewmanager/gateway"
	"prew/prewmanager/pool"
)

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
			"AWS_", "PRESET_", "SOURCE_", "PREW_SOURCES=", "PREW_PRESETS=", "PREW_ACL=", "PREW_HEIC=", "HOME=", "SSL_CERT_",
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
